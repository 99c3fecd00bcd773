"""The arrays of a prepared set, written an image at a time."""

import hashlib
from pathlib import Path

import numpy as np

from colorization.data.decode import decode
from colorization.data.read import BadImage
from colorization.data.recipe import Recipe
from colorization.data.source import UNSPLIT
from colorization.errors import UserError

COPY = "duplicate of "  # how the reason begins why a copy is left out
NEAR_GRAY = "near gray"


class _LeftOut(Exception):
    """An image that the rules of the set leave out; the message says why."""


def write_split(part: Path, source, recipe: Recipe, split: str, items, first: dict) -> list[dict]:
    """Write one split's array; return its entries of the manifest.

    Args:
        part: the folder.
        source, recipe: see `colorization.data.prepared.prepare`.
        items: the images of the split.
        first: sha256 of a kept file -> its name; added to.

    Raises:
        UserError: a strict source holds a file that cannot be used; nothing is left of the split.
    """
    entries, rows, shape = [], 0, (recipe.size, recipe.size, 3)
    with open(part / f"{split}.npy", "wb") as array:
        start = _write_header(array, len(items), shape)
        for item in items:
            entry = {"name": item.name, "split": split}
            try:
                data = _read(item, split)
                entry["sha256"] = digest = hashlib.sha256(data).hexdigest()
                if digest in first and not source.strict:
                    raise _LeftOut(f"{COPY}{first[digest]}")
                image, notes = decode(data, recipe)
                if recipe.drop_near_gray and "near_gray" in notes:
                    raise _LeftOut(NEAR_GRAY)
            except _LeftOut as reason:
                entries.append({**entry, "dropped": str(reason)})
                continue
            except BadImage as reason:
                if source.strict:
                    raise UserError(
                        f"{item}: {reason}; replace the file, or delete its folder to fetch "
                        f"{source.title} again"
                    ) from None
                entries.append({**entry, "dropped": str(reason)})
                continue
            first.setdefault(digest, item.name)
            array.write(image.tobytes())
            entries.append({**entry, "row": rows, **({"notes": notes} if notes else {})})
            rows += 1
        if not rows:
            where = "" if split == UNSPLIT else f" in its {split} split"
            why = f": {items[0]} {entries[0]['dropped']}" if entries else ""
            raise UserError(f"{source.title}: no usable image{where}{why}")
        # Fewer rows than files: numpy pads headers so that the row count can be rewritten.
        array.seek(0)
        if _write_header(array, rows, shape) != start:
            raise RuntimeError(f"the header of {split}.npy changed its length")
    return entries


def _read(item, split: str):
    """An item's contents; one that is checked before it is split may be unreadable."""
    try:
        return item.read()
    except OSError as error:
        if split != UNSPLIT:
            raise
        raise _LeftOut(f"cannot be read ({error.strerror or error})") from None


def divide(part: Path, entries: list[dict], rows: dict[str, list[int]]) -> None:
    """Turn the array of what was not split into those of splits, and say so in the entries.

    Args:
        part: the folder.
        entries: as `write_split` returned them.
        rows: split -> rows of the array that it is to have, in order.
    """
    path = part / f"{UNSPLIT}.npy"
    images = np.load(path, mmap_mode="r")
    kept = [entry for entry in entries if "row" in entry]
    for entry in entries:
        entry["split"] = None
        entry.pop("row", None)
    for split, chosen in rows.items():
        with open(part / f"{split}.npy", "wb") as array:
            _write_header(array, len(chosen), images.shape[1:])
            for row, number in enumerate(chosen):
                array.write(images[number].tobytes())
                kept[number].update(split=split, row=row)
    del images
    path.unlink()


def _write_header(file, rows: int, shape: tuple) -> int:
    header = {"descr": "|u1", "fortran_order": False, "shape": (rows, *shape)}
    np.lib.format.write_array_header_1_0(file, header)
    return file.tell()
