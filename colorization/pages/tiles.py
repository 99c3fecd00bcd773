"""The tiles of a stored grid: gray, as the network coloured them, and the originals."""

from pathlib import Path

import numpy as np

from colorization.colour.ab_grid import nearest_colours
from colorization.colour.conversion import recolour
from colorization.results.runs import StoredRun
from colorization.results.samples import from_8_bits, split_of

GRAY, COLOURED, ORIGINAL, QUANTISED = (
    "gray",
    "re-coloured",
    "original",
    "original, 313 colours",
)


def tiles(run: StoredRun, grid: str) -> dict[str, np.ndarray]:
    """Label -> tiles of a run's grid, uint8 sRGB `[N, H, W, 3]`; the rows of a report's figure."""
    photographs = run.photographs(grid)
    answers = run.answers(grid)
    if run.shown[grid]["space"] == "ab":
        answers = recolour(photographs, from_8_bits(answers[..., :2]), clip=True)
    none = np.zeros((*photographs.shape[:-1], 2), "float32")
    found = {GRAY: recolour(photographs, none), COLOURED: answers, ORIGINAL: photographs}
    classifies = run.config["objective"]["type"] == "AbClassification"
    if classifies and split_of(grid) in ("train", "test"):  # as report 001 shows them
        found[QUANTISED] = _in_313_colours(photographs)
    return found


def _in_313_colours(photographs: np.ndarray) -> np.ndarray:
    from skimage.color import rgb2lab

    ab = nearest_colours(rgb2lab(photographs)[..., 1:]).astype("float32")
    return recolour(photographs, ab, clip=True)


def mosaic(rows: list[np.ndarray], across: bool = False) -> np.ndarray:
    """Rows of tiles `[N, H, W, 3]` as one image, uint8 `[rows * H, N * W, 3]`; or as columns."""
    if across:
        rows = list(np.stack(rows, axis=1))
    return np.concatenate([np.concatenate(list(row), axis=1) for row in rows])


def columns(run: StoredRun, grid: str) -> list[str]:
    """Short names of a grid's images."""
    return [short(Path(name).stem) for name in run.shown[grid]["names"]]


def short(name: str, length: int = 20) -> str:
    """A file's name, or the end of a long one, which is what tells it from others."""
    return name if len(name) <= length else f"…{name[1 - length :]}"
