"""Images decoded, resized and filtered once, into memory-mapped uint8 arrays with a manifest.

A prepared set is a folder:

    train.npy, val.npy, test.npy   uint8 [N, size, size, 3], sRGB or 8-bit Lab
    manifest.json                  source, recipe, and for every file its sha256 and its row, or
                                   why it was left out

It is written under a temporary name and renamed, one image at a time, so that neither memory nor
an interruption matters.
"""

import errno
import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import color, transform

from colorization.data import roots
from colorization.data.images import BadImage, read_rgb
from colorization.data.sources import SPLITS
from colorization.errors import UserError

NEAR_GRAY = 5  # Lab units; Zhang's rule: no abs(a) or abs(b) of the image exceeds it


@dataclass(frozen=True)
class Recipe:
    """How a photograph becomes a row of the array.

    Args:
        size: height and width in pixels.
        crop: scale the short side to `size` and keep the centre, or (False) stretch to the
            square.
        lab_before_resize: convert to Lab at full size and interpolate the Lab image without
            antialiasing, as the regression notebook of report 001 does; the array then holds
            8-bit Lab. Otherwise Pillow's bilinear resize of the RGB image.
    """

    size: int
    crop: bool = True
    lab_before_resize: bool = False

    @property
    def space(self) -> str:
        return "lab8" if self.lab_before_resize else "rgb"

    @property
    def key(self) -> str:
        parts = [f"{self.size}px", "crop" if self.crop else "stretch", self.space]
        return "-".join(parts)


@dataclass(frozen=True)
class PreparedSet:
    """A prepared folder. `images(split)` is a read-only memory map."""

    folder: Path

    @cached_property
    def manifest(self) -> dict:
        return json.loads((self.folder / "manifest.json").read_text())

    @property
    def space(self) -> str:
        return self.manifest["space"]

    @property
    def source(self) -> str:
        return self.manifest["source"]

    @cached_property
    def digest(self) -> str:
        """sha256 over every file's name, split, row and content hash: the set's identity."""
        return _digest(self.manifest["files"], self.manifest["recipe"])

    def images(self, split: str) -> np.ndarray:
        return np.load(self.folder / f"{split}.npy", mmap_mode="r", allow_pickle=False)

    def names(self, split: str) -> list[str]:
        """File names of a split, in the order of its rows."""
        kept = [f for f in self.manifest["files"] if f["split"] == split and "row" in f]
        return [f["name"] for f in sorted(kept, key=lambda f: f["row"])]

    def summary(self) -> str:
        """One line: counts by split and what the rules met."""
        counts = " / ".join(f"{len(self.names(split))} {split}" for split in SPLITS)
        notes = [
            f"{count} {what.replace('_', ' ')}"
            for what, count in self.manifest["counts"].items()
            if count
        ]
        return f"{self.source}: {counts}" + (f" ({', '.join(notes)})" if notes else "")


def prepare(source, recipe: Recipe, progress=lambda text: None) -> PreparedSet:
    """The prepared set of `source` under `recipe`, made now if it is not there yet.

    Args:
        source: see `colorization.data.sources`.
        recipe: size, crop, colour space.
        progress: called with a line of text when there is something to say.

    Raises:
        UserError: a strict source holds a file that cannot be used; nothing is left of a split;
            the disk is full.
    """
    folder = roots.write_root() / "prepared" / f"{source.key}-{recipe.key}"
    files = source.files()
    fingerprint = _fingerprint(files)
    if (folder / "manifest.json").exists():
        prepared = PreparedSet(folder)
        if prepared.manifest["fingerprint"] == fingerprint:
            return prepared
        progress(f"{folder}: the source's files have changed; preparing again")
        shutil.rmtree(folder)
    part = folder.with_name(f"{folder.name}.part{os.getpid()}")
    shutil.rmtree(part, ignore_errors=True)  # of a killed process that had this number
    try:
        part.mkdir(parents=True)
        progress(f"preparing {sum(map(len, files.values()))} images of {source.title}")
        entries = [e for split in files for e in _write_split(part, source, recipe, split, files)]
        manifest = {
            "source": source.key,
            "title": source.title,
            "licence": source.licence,
            "space": recipe.space,
            "recipe": asdict(recipe),
            "fingerprint": fingerprint,
            "counts": _counts(entries),
            "files": entries,
        }
        (part / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
        _publish(part, folder)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise UserError(
                f"disk full while preparing {folder}; make room and run again"
            ) from None
        raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
    prepared = PreparedSet(folder)
    progress(prepared.summary())
    return prepared


def _publish(part: Path, folder: Path) -> None:
    """Rename into place; a second process that was faster has made the same thing."""
    try:
        part.rename(folder)
    except OSError:
        if (folder / "manifest.json").exists():
            return
        shutil.rmtree(folder)  # what a kill left of an older set
        part.rename(folder)


def _write_split(part: Path, source, recipe: Recipe, split: str, files) -> list[dict]:
    """Write one split's array; return its entries of the manifest."""
    entries, rows, shape = [], 0, (recipe.size, recipe.size, 3)
    with open(part / f"{split}.npy", "wb") as array:
        start = _write_header(array, len(files[split]), shape)
        for path in files[split]:
            data = path.read_bytes()
            entry = {
                "name": f"{path.parent.name}/{path.name}",
                "split": split,
                "sha256": hashlib.sha256(data).hexdigest(),
            }
            try:
                image, notes = decode(data, recipe)
            except BadImage as reason:
                if source.strict:
                    raise UserError(
                        f"{path}: {reason}; replace the file, or delete its folder to fetch "
                        f"{source.title} again"
                    ) from None
                entries.append({**entry, "dropped": str(reason)})
                continue
            array.write(image.tobytes())
            entries.append({**entry, "row": rows, **({"notes": notes} if notes else {})})
            rows += 1
        if not rows:
            raise UserError(f"{source.title}: no usable image in its {split} split")
        # Fewer rows than files: numpy pads headers so that the row count can be rewritten.
        array.seek(0)
        if _write_header(array, rows, shape) != start:
            raise RuntimeError(f"the header of {split}.npy changed its length")
    return entries


def _write_header(file, rows: int, shape: tuple) -> int:
    header = {"descr": "|u1", "fortran_order": False, "shape": (rows, *shape)}
    np.lib.format.write_array_header_1_0(file, header)
    return file.tell()


def decode(data: bytes, recipe: Recipe) -> tuple[np.ndarray, list[str]]:
    """An image file's bytes to a row of the array.

    Args:
        data: contents of an image file.
        recipe: size, crop, colour space.

    Returns:
        uint8 `[size, size, 3]` in the recipe's space, and notes: "grayscale" or "cmyk" (the file
        was converted to RGB), "near_gray" (no colour beyond 5 Lab units).

    Raises:
        BadImage: unreadable, or smaller than `size`.
    """
    image, notes = read_rgb(data)
    if min(image.size) < recipe.size:
        raise BadImage(f"is {image.width}x{image.height} px, smaller than {recipe.size} px")
    pixels = _resize(image, recipe)
    lab = _from_lab8(pixels) if recipe.lab_before_resize else color.rgb2lab(pixels)
    if np.abs(lab[..., 1:]).max() <= NEAR_GRAY:
        notes = [*notes, "near_gray"]
    return pixels, notes


def _resize(image: Image.Image, recipe: Recipe) -> np.ndarray:
    size = recipe.size
    if recipe.crop:
        short = min(image.size)
        width, height = (int(size * side / short) for side in image.size)
    else:
        width, height = size, size
    if recipe.lab_before_resize:
        lab = color.rgb2lab(np.asarray(image))
        lab = transform.resize(
            lab, (height, width), order=1, mode="edge", anti_aliasing=False, preserve_range=True
        )
        pixels = _to_lab8(lab)
    else:
        pixels = np.asarray(image.resize((width, height), Image.Resampling.BILINEAR))
    top, left = round((height - size) / 2), round((width - size) / 2)
    return pixels[top : top + size, left : left + size]


def _to_lab8(lab: np.ndarray) -> np.ndarray:
    """Lab units to 8-bit Lab as OpenCV packs it, rounded."""
    lab8 = lab * [255 / 100, 1, 1] + [0, 128, 128]
    return np.clip(np.rint(lab8), 0, 255).astype("uint8")


def _from_lab8(lab8: np.ndarray) -> np.ndarray:
    return lab8 * [100 / 255, 1, 1] - [0, 128, 128]


def _counts(entries: list[dict]) -> dict:
    notes = [note for entry in entries for note in entry.get("notes", [])]
    counted = {note: notes.count(note) for note in ("grayscale", "cmyk", "near_gray")}
    return {**counted, "dropped": sum("dropped" in entry for entry in entries)}


def _fingerprint(files) -> str:
    listing = [
        (split, path.parent.name, path.name, path.stat().st_size)
        for split, paths in files.items()
        for path in paths
    ]
    return hashlib.sha256(json.dumps(listing).encode()).hexdigest()


def _digest(entries, recipe) -> str:
    listing = [(e["name"], e["split"], e.get("row"), e["sha256"]) for e in entries]
    return hashlib.sha256(json.dumps([listing, recipe], sort_keys=True).encode()).hexdigest()
