"""Prepared sets on their way to a machine that has no photographs.

There, a set is its folder with the manifest, sealed; and what the manifest names lies beside all
sets as the files it was, each once however many sets use it:

    data/prepared/<set>/manifest.json, sealed
    data/photos/<sha256>

The arrays are made when they are asked for, by the recipe that made them here.
"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import PIL

from colorization.data.decode import decode
from colorization.data.prepared import PreparedSet, folder_of, prepare
from colorization.data.recipe import Recipe
from colorization.data.source import ImageFile, as_items
from colorization.errors import UserError
from colorization.files import lock, replacing
from colorization.state import read_json

SEALED = "sealed"  # a file in a set that is here for good, without its source
PHOTOGRAPHS = "photos"  # the folder, beside that of the prepared sets
UNPACK = "delete it, and unpack the bundle's pieces again"
ARRAYS = "arrays"  # sealed: what they have to be


def is_sealed(source, recipe: Recipe) -> bool:
    """Whether a set was brought here without its source."""
    return (folder_of(source, recipe) / SEALED).exists()


def images_of(source, recipe: Recipe, progress: Callable = lambda text: None) -> PreparedSet:
    """The prepared set of a source, or what was brought of it; see `prepare`."""
    if is_sealed(source, recipe):
        return restore(folder_of(source, recipe), recipe, progress)
    return prepare(source, recipe, progress)


def photographs(source, images: PreparedSet) -> dict[str, Path] | None:
    """The files that a set keeps, by the sha256 of their bytes; None if it was made of arrays, or
    of photographs that are not here: then its own arrays have to travel.

    Args:
        source, images: what was prepared, as it is now; see `colorization.data.prepared.prepare`.
    """
    if is_carried(images.folder):
        there = _photographs(images)
        return there if all(path.exists() for path in there.values()) else None
    found, entries = {}, images.manifest["files"]
    for split, items in source.files().items():
        mine = [entry for entry in entries if entry["split"] == split]
        for item, entry in zip(as_items(items), mine, strict=True):
            if not isinstance(item, ImageFile):
                return None
            if "row" in entry:
                found[entry["sha256"]] = item.path
    return found


def seal(images: PreparedSet) -> str:
    """The text of the file `sealed` of a set whose photographs travel: what its arrays are."""
    arrays = {split: _digest(images.images(split)) for split in images.splits}
    return json.dumps({ARRAYS: arrays, "pillow": PIL.__version__}) + "\n"


def is_carried(folder: Path) -> bool:
    """Whether a set's arrays are to be made of photographs that were brought along."""
    return (folder / SEALED).exists() and ARRAYS in _sealed(folder)


def has_arrived(folder: Path) -> bool:
    """Whether a set's arrays are there, or all that they are made of."""
    if not (folder / SEALED).exists():
        return False
    images = PreparedSet(folder)
    if all(map(images.is_whole, images.splits)):
        return True
    return is_carried(folder) and all(path.exists() for path in _photographs(images).values())


def restore(folder: Path, recipe: Recipe, progress: Callable = lambda text: None) -> PreparedSet:
    """A carried set, its arrays made if they are not there yet.

    Args:
        folder: of the set.
        recipe: that it was made by.
        progress: called with a line of text when there is something to say.

    Raises:
        UserError: a photograph has not been brought along, or what came is cut off.
    """
    images = PreparedSet(folder)
    with lock(folder.parent, lambda: progress("waiting: another process prepares images")):
        for split in images.splits:
            if not images.is_whole(split):
                if not is_carried(folder):
                    raise UserError(f"{folder / split}.npy is cut off; {UNPACK}")
                progress(f"preparing {len(images.names(split))} {split} images of {images.source}")
                _write(folder, images, split, recipe, progress)
    return images


def _write(folder: Path, images: PreparedSet, split: str, recipe: Recipe, progress) -> None:
    entries, paths = images.kept(split), _photographs(images)
    array = np.empty((len(entries), recipe.size, recipe.size, 3), "uint8")
    for row, entry in enumerate(entries):
        path = paths[entry["sha256"]]
        if not path.exists():
            raise UserError(
                f"{path}, {entry['name']}, is not there; bring the bundle's other pieces"
            )
        array[row] = decode(path.read_bytes(), recipe)[0]
    given = _sealed(folder)
    if _digest(array) != given[ARRAYS][split]:
        progress(
            f"{folder.name}: Pillow {PIL.__version__} decodes the {split} images to other pixels "
            f"than Pillow {given['pillow']} did where they were packed"
        )
    with replacing(folder / f"{split}.npy") as part, open(part, "wb") as file:
        np.save(file, array)


def _sealed(folder: Path) -> dict:
    """What a seal says; nothing where the arrays themselves travelled."""
    text = (folder / SEALED).read_text()
    return {} if text.startswith("used") else read_json(folder / SEALED, {}, UNPACK)


def _photographs(images: PreparedSet) -> dict[str, Path]:
    """Where the photographs of a carried set lie, or are to lie, by their sha256."""
    place = images.folder.parents[1] / PHOTOGRAPHS
    kept = (entry["sha256"] for split in images.splits for entry in images.kept(split))
    return {digest: place / digest for digest in kept}


def _digest(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
