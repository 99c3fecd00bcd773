"""A recoloured image has the lightness that it had, also where no colour of sRGB is so strong."""

import numpy as np
import pytest
from skimage import color

from colorization.colour.conversion import recolour

GRAYS = np.repeat(np.arange(256, dtype="uint8")[:, None, None], 3, axis=2).repeat(240, axis=1)
HUES = np.linspace(0, 2 * np.pi, 240, endpoint=False)


def of_chroma(chroma: float) -> np.ndarray:
    """ab of every hue, `[256, 240, 2]`."""
    ab = chroma * np.stack([np.cos(HUES), np.sin(HUES)], axis=-1)
    return np.broadcast_to(ab, (256, 240, 2)).astype("float32")


@pytest.mark.parametrize("chroma", [0, 3, 20, 60, 130, 1000])
def test_lightness_stays_whatever_colour_is_predicted(chroma):
    result = recolour(GRAYS, of_chroma(chroma))
    change = color.rgb2lab(result)[..., 0] - color.rgb2lab(GRAYS)[..., 0]
    assert np.abs(change).max() < 0.3  # rounding to 8 bits


@pytest.mark.filterwarnings("ignore:Conversion from CIE-LAB")
def test_inside_srgb_colours_are_those_of_skimage_and_clipping_is_asked_for():
    rgb, ab = GRAYS[:, :, :], of_chroma(25)
    lab = np.concatenate([color.rgb2lab(rgb)[..., :1], ab], axis=-1)
    expected = color.lab2rgb(lab) * 255
    inside = np.all((expected > 1) & (expected < 254), axis=-1)
    assert 0.3 < inside.mean() < 0.9
    assert np.abs(recolour(rgb, ab) - expected)[inside].max() < 0.6
    clipped = recolour(rgb, ab, clip=True)
    assert np.abs(clipped - expected).max() < 0.7
    lightness = np.abs(color.rgb2lab(clipped)[..., 0] - lab[..., 0])
    assert lightness.max() > 4  # which is why it is not what photographs are coloured by


def test_outside_hue_stays_and_chroma_is_as_high_as_it_can_be():
    ab = of_chroma(130)
    result = color.rgb2lab(recolour(GRAYS, ab))[60:200, :, 1:]
    chroma = np.linalg.norm(result, axis=-1)
    hue = np.degrees(np.arctan2(result[..., 1], result[..., 0]) - HUES)
    assert np.abs((hue + 180) % 360 - 180)[chroma > 10].max() < 4
    stronger = chroma + 3  # would leave sRGB
    lab = np.concatenate(
        [color.rgb2lab(GRAYS[60:200])[..., :1], ab[60:200] / 130 * stronger[..., None]], axis=-1
    )
    linear = color.lab2xyz(lab) @ np.linalg.inv(color.colorconv.xyz_from_rgb).T
    outside = (linear.min(axis=-1) < 0) | (linear.max(axis=-1) > 1)
    assert outside.mean() > 0.99
