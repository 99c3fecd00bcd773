"""Colours enlarged along the edges of the lightness."""

import numpy as np
import pytest

from colorization.colour.guided import enlarge_along
from tests.models.by_hand import numbers

RANDOM = np.random.default_rng(0)


def blocks(values: np.ndarray, side: int) -> np.ndarray:
    """Means of squares, `[B, H, W, C]` to `[B, H / side, W / side, C]`."""
    count, height, width, channels = values.shape
    shape = count, height // side, side, width // side, side, channels
    return values.reshape(shape).mean(axis=(2, 4))


def by_hand(ab, L, epsilon):
    """The filter as its paper writes it, pixel by pixel, but for the last enlargement."""
    small = blocks(L, L.shape[1] // ab.shape[1])
    slope, offset = np.zeros_like(ab), np.zeros_like(ab)

    def window(values, y, x):
        return values[:, max(0, y - 1) : y + 2, max(0, x - 1) : x + 2]

    places = list(np.ndindex(ab.shape[1:3]))
    for y, x in places:
        guide, colours = window(small, y, x), window(ab, y, x)
        mean, mean_ab = guide.mean(axis=(1, 2)), colours.mean(axis=(1, 2))
        away = guide - mean[:, None, None]
        together = (away * (colours - mean_ab[:, None, None])).mean(axis=(1, 2))
        slope[:, y, x] = together / (np.square(away).mean(axis=(1, 2)) + epsilon)
        offset[:, y, x] = mean_ab - slope[:, y, x] * mean
    return [
        np.stack([window(part, y, x).mean(axis=(1, 2)) for y, x in places], axis=1).reshape(
            ab.shape
        )
        for part in (slope, offset)
    ]


def test_it_is_the_guided_filter():
    ab = RANDOM.normal(0, 20, (2, 4, 6, 2)).astype("float32")
    L = RANDOM.uniform(0, 100, (2, 4, 6, 1)).astype("float32")  # as large: nothing is enlarged
    slope, offset = by_hand(ab, L, 50.0)
    np.testing.assert_allclose(numbers(enlarge_along(ab, L, 50.0)), slope * L + offset, atol=1e-3)


@pytest.mark.parametrize("factor", [1, 4])
def test_even_colours_stay_and_even_lightness_makes_no_edges(factor):
    L = RANDOM.uniform(0, 100, (1, 8 * factor, 8 * factor, 1)).astype("float32")
    even = np.broadcast_to(np.float32([30, -20]), (1, 8, 8, 2))
    found = numbers(enlarge_along(even, L, 1.0))
    np.testing.assert_allclose(found, np.broadcast_to(even[:, :1, :1], found.shape), atol=1e-3)
    ab = RANDOM.normal(0, 20, (1, 8, 8, 2)).astype("float32")
    over_gray = numbers(enlarge_along(ab, np.full_like(L, 50), 1.0))
    assert over_gray.std() < ab.std()  # means of means


def test_colours_end_where_the_lightness_does():
    """A dark red disc on a bright blue ground, whose edge runs through the small pixels."""
    y, x = np.mgrid[0:64, 0:64]
    inside = np.hypot(y - 30, x - 33) < 17
    L = np.where(inside, 30, 80).astype("float32")[None, ..., None]
    ab = np.where(inside[..., None], [50, 30], [0, -40]).astype("float32")[None]
    small = blocks(ab, 4)
    away = [
        np.abs(numbers(enlarge_along(small, L, epsilon)) - ab).mean() for epsilon in (10.0, 1e6)
    ]
    assert away[0] < away[1] / 4  # the second hardly looks at the lightness
