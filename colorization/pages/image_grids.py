"""Photographs as a labelled grid."""

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from colorization.pages.style import (
    HEADING,
    MUTED,
    SMALL,
    TEXT,
    new_figure,
    save,
    styled,
    text_height,
    wrap,
    writer,
)

GAP = 2

LARGE = 640_000  # bytes; a PNG of photographs takes about two thirds of that

LEGIBLE = 96  # pixels: width of a tile with room for a heading

WIDEST = 1130  # pixels: of all columns, so that text is legible where a page makes them narrower


@styled
def image_grid(
    path: Path,
    image: np.ndarray,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    title: str | None = None,
    captions: Sequence[str] | None = None,
    note: str | None = None,
    scale: int | None = None,
) -> None:
    """A mosaic of tiles, taken apart, magnified without smoothing, and labelled.

    Args:
        path: the PNG to write.
        image: uint8 sRGB `[rows * h, columns * w, 3]`.
        rows: a label for each row of tiles, top first.
        columns: a heading for each column.
        captions: a short text for each column, under its last tile.
        note: small print below (source and licence of the photographs).
        scale: whole number of pixels for a pixel; by default tiles become about 185 wide or, if
            the mosaic is so large that the file would grow too much or the page be too narrow,
            just wide enough for text.

    Raises:
        ValueError: the mosaic cannot be cut into so many equal tiles, or the captions are not
            one for each column.
    """
    tiles = _cut(image, len(rows), len(columns))
    if captions is not None and len(captions) != len(columns):
        raise ValueError(f"{len(captions)} captions for {len(columns)} columns")
    if scale is None:
        side, least = tiles.shape[3], math.ceil(LEGIBLE / tiles.shape[3])
        fitting = min(round(185 / side), WIDEST // (side * len(columns)))
        scale = least if tiles.size > LARGE else max(1, least, fitting)
    mosaic = _spaced(np.repeat(np.repeat(tiles, scale, axis=2), scale, axis=3))
    tile_h, tile_w = tiles.shape[2] * scale, tiles.shape[3] * scale

    heads = [wrap(text, tile_w, TEXT) for text in columns]
    feet = [wrap(text, tile_w, TEXT) for text in captions or []]
    sides = [wrap(text, tile_h, TEXT) for text in rows]
    left = 16 + text_height(sides, TEXT)
    width = left + mosaic.shape[1] + 12
    title, note = wrap(title or "", width - 24, HEADING), wrap(note or "", width - 24, SMALL)
    above = [10, text_height([title], HEADING), text_height(heads, TEXT) + 4]
    below = [4, text_height(feet, TEXT), 6 * bool(note), text_height([note], SMALL), 8]

    height = sum(above) + mosaic.shape[0] + sum(below)
    figure = new_figure(width, height)
    figure.figimage(mosaic, left, sum(below), origin="upper")
    write = writer(figure)
    write(12, above[0], title, size=HEADING, va="top")
    for texts, y, va in ((heads, sum(above) - 4, "bottom"), (feet, height - sum(below) + 4, "top")):
        for index, text in enumerate(texts):
            write(left + index * (tile_w + GAP) + tile_w / 2, y, text, ha="center", va=va)
    for index, text in enumerate(sides):
        y = sum(above) + index * (tile_h + GAP) + tile_h / 2
        write(left - 6, y, text, rotation=90, ha="right", va="center", multialignment="center")
    write(12, height - 8, note, size=SMALL, color=MUTED, va="bottom")
    save(path, figure)


def _cut(image: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """A mosaic `[rows * h, columns * w, 3]` as uint8 tiles `[rows, columns, h, w, 3]`."""
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"expected uint8 [H, W, 3], got {image.dtype} {list(image.shape)}")
    height, width = image.shape[:2]
    if not rows or not columns or height % rows or width % columns:
        raise ValueError(f"{height} x {width} pixels are not {rows} x {columns} equal tiles")
    return image.reshape(rows, height // rows, columns, width // columns, 3).swapaxes(1, 2)


def _spaced(tiles: np.ndarray) -> np.ndarray:
    """Tiles `[rows, columns, h, w, 3]` as a picture, framed by gray lines between them."""
    rows, columns, height, width, _ = tiles.shape
    shape = (rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, 3)
    picture = np.full(shape, 221, "uint8")  # the gray of RULE: white tiles must end somewhere
    for row, column in np.ndindex(rows, columns):
        top, left = row * (height + GAP), column * (width + GAP)
        picture[top : top + height, left : left + width] = tiles[row, column]
    return picture
