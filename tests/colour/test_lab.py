"""sRGB and Lab, both ways, against scikit-image and published values."""

import numpy as np
import pytest
from keras import ops
from skimage import color

from colorization.backend import compiled
from colorization.colour.lab import images_to_lab, lab8_to_lab, lab_to_rgb, rgb_to_lab

LEVELS = np.unique([*range(0, 256, 5), 1, 2, 9, 10, 11, 12, 254, 255])  # both sides of the knees


@pytest.fixture(scope="module")
def cube():
    """A sample of the 8-bit sRGB cube with its corners, uint8 `[N, 3]`, and its Lab."""
    rgb = np.stack(np.meshgrid(LEVELS, LEVELS, LEVELS, indexing="ij"), -1).reshape(-1, 3)
    return rgb.astype("uint8"), color.rgb2lab(rgb.astype("uint8"))


def numbers(tensor):
    return ops.convert_to_numpy(tensor)


@pytest.mark.parametrize(
    "given",
    [
        lambda rgb: rgb,
        ops.convert_to_tensor,
        lambda rgb: rgb.astype("float32") / 255,
        lambda rgb: rgb / 255,
        lambda rgb: ops.convert_to_tensor(rgb.astype("float32") / 255),
    ],
    ids=["uint8 array", "uint8 tensor", "float32 array", "float64 array", "float32 tensor"],
)
def test_rgb_to_lab_is_that_of_skimage(cube, given):
    rgb, expected = cube
    lab = numbers(rgb_to_lab(given(rgb)))
    assert lab.dtype == np.float32
    np.testing.assert_allclose(lab, expected, rtol=0, atol=1e-3)


@pytest.mark.parametrize("kind", ["uint8", "float32"])
def test_rgb_to_lab_in_a_compiled_function(cube, kind):
    rgb, expected = cube
    given = rgb if kind == "uint8" else rgb.astype("float32") / 255
    lab = numbers(compiled(rgb_to_lab)(ops.convert_to_tensor(given)))
    np.testing.assert_allclose(lab, expected, rtol=0, atol=1e-3)


def test_published_values():
    # B. Lindbloom's calculator for sRGB, D65, to the four digits that its constants share.
    rgb = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255], [0, 0, 0]], "uint8")
    expected = [[53.24, 80.09, 67.20], [87.73, -86.18, 83.18], [32.30, 79.19, -107.86]]
    lab = numbers(rgb_to_lab(rgb))
    np.testing.assert_allclose(lab, [*expected, [100, 0, 0], [0, 0, 0]], atol=0.02)


def test_leading_axes_are_kept(cube):
    rgb, expected = cube[0][:120].reshape(2, 3, 4, 5, 3), cube[1][:120]
    lab = numbers(rgb_to_lab(rgb))
    assert lab.shape == rgb.shape
    np.testing.assert_allclose(lab.reshape(-1, 3), expected, atol=1e-3)


def test_to_lab_and_back_gives_every_8_bit_colour_again(cube):
    rgb, _ = cube
    again = numbers(lab_to_rgb(rgb_to_lab(rgb)))
    np.testing.assert_array_equal(np.rint(again * 255).astype("uint8"), rgb)


@pytest.mark.filterwarnings("ignore:Conversion from CIE-LAB")
def test_lab_to_rgb_is_that_of_skimage_outside_srgb_too():
    axes = np.arange(0, 101, 5), np.arange(-128, 129, 16), np.arange(-128, 129, 16)
    lab = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3).astype("float32")
    expected = color.lab2rgb(lab.astype("float64"))
    inside = np.all((expected > 0) & (expected < 1), axis=1)
    assert 0.1 < inside.mean() < 0.5
    for function in (lab_to_rgb, compiled(lab_to_rgb)):
        rgb = numbers(function(ops.convert_to_tensor(lab)))
        assert rgb.dtype == np.float32
        np.testing.assert_allclose(rgb, expected, rtol=0, atol=2e-5)


def test_8_bit_lab():
    lab8 = np.array([[255, 128, 128], [0, 0, 255], [51, 148, 98], [1, 127, 129]], "uint8")
    expected = [[100, 0, 0], [0, -128, 127], [20, 20, -30], [100 / 255, -1, 1]]
    for given in (lab8, ops.convert_to_tensor(lab8)):
        lab = numbers(lab8_to_lab(given))
        assert lab.dtype == np.float32
        np.testing.assert_allclose(lab, expected, atol=1e-5)


def test_prepared_rows_are_read_in_their_space():
    row = np.array([[200, 128, 128]], "uint8")
    np.testing.assert_allclose(numbers(images_to_lab(row, "lab8")), [[20000 / 255, 0, 0]], 1e-6)
    expected = color.rgb2lab(row[None])[0]
    np.testing.assert_allclose(numbers(images_to_lab(row, "rgb")), expected, atol=1e-3)
