"""Grids of photographs keep every pixel."""

import numpy as np
import pytest
from PIL import Image

from colorization.pages import image_grids
from colorization.pages.image_grids import image_grid
from tests.pages.pixels import BLUE, is_about, where


def mosaic(rows, columns, height, width):
    """uint8 pixels that are all of different colours, none of them gray."""
    index = np.arange(rows * height * columns * width)
    colours = np.stack([index % 16 * 8, 100 + index // 16, 250 - index % 7], axis=-1)
    return colours.astype("uint8").reshape(rows * height, columns * width, 3)


def test_tiles_keep_their_pixels_and_places(png):
    image = mosaic(2, 3, 4, 5)
    labels = {"rows": ["gray", "original"], "columns": ["a.jpg", "b.jpg", "c.jpg"]}
    captions = ["ΔE 1.0", "ΔE 2.0", "ΔE 3.0"]
    pixels = png(image_grid, image, **labels, captions=captions, title="Grid", note="CC0", scale=9)
    is_about(pixels, 180, 220)
    corners = np.zeros((*image.shape[:2], 2), int)
    for place in np.ndindex(image.shape[:2]):
        found = where(pixels, image[place])
        assert len(found) == 81 and (np.ptp(found, axis=0) == 8).all()
        corners[place] = found[0]
    y, x = np.moveaxis(corners - corners[0, 0], -1, 0)
    gap = image_grids.GAP
    assert (y == (np.arange(8) * 9 + np.arange(8) // 4 * gap)[:, None]).all()
    assert (x == (np.arange(15) * 9 + np.arange(15) // 5 * gap)[None, :]).all()


def test_tiles_are_magnified_to_a_readable_size_unless_the_file_would_be_large(tmp_path):
    path = tmp_path / "grid.png"
    for size, columns, drawn in ((56, 2, 168), (112, 2, 224), (112, 5, 112), (64, 14, 128)):
        image = np.zeros((4 * size, columns * size, 3), "uint8")
        image_grid(path, image, rows=["a"] * 4, columns=["b"] * columns)
        with Image.open(path) as opened:
            width = opened.size[0]
        assert 0 < width - columns * drawn < 80


def test_long_labels_of_tiles_are_wrapped(png):
    image = np.full((64, 64, 3), (0, 114, 178), "uint8")
    name = "a_very_long_file_name_without_a_space.jpg"
    options = {"rows": ["original, 313 colours"], "columns": [name], "scale": 1}
    pixels = png(image_grid, image, **options, note="not a formula: $\\frac$")
    assert pixels.shape[1] < 150
    assert len(where(pixels, BLUE)) == 64 * 64  # no text over the tile


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((9, 8, 3), "uint8"),
        np.zeros((8, 9, 3), "uint8"),
        np.zeros((8, 8), "uint8"),
        np.zeros((8, 8, 3)),
    ],
)
def test_a_mosaic_that_cannot_be_cut_is_refused(tmp_path, image):
    with pytest.raises(ValueError):
        image_grid(tmp_path / "grid.png", image, rows=["a", "b"], columns=["c", "d"])
    assert not (tmp_path / "grid.png").exists()


def test_captions_are_one_for_each_column(tmp_path):
    image = np.zeros((8, 8, 3), "uint8")
    with pytest.raises(ValueError, match="1 captions for 2 columns"):
        image_grid(tmp_path / "a.png", image, rows=["a"], columns=["b", "c"], captions=["d"])
