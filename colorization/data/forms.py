"""Form images: random regular polygons on white whose colour follows from their side count.

The lightness of an image shows the shapes, the shape decides the colour, so a network can learn
the colours only by recognising shapes. Images are drawn without anti-aliasing.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw

REFERENCE_SIZE = 224  # the pixel measures below hold at this image size and scale with it
RADIUS = (8.0, 24.0)  # circumradius in px
CENTRE = (20.0, 198.0)  # row and column of the centre in px
MAX_POLYGONS = 5
LIGHTNESS = (40.0, 75.0)  # CIE L of the polygons when the lightness is jittered; white has 100


class Shape(NamedTuple):
    """A kind of polygon: side count, sRGB colour (0..255) and CIE ab of its jittered colours."""

    name: str
    sides: int
    rgb: tuple[int, int, int]
    ab: tuple[float, float]


SHAPES = (
    Shape("triangle", 3, (255, 0, 0), (32.0, 27.0)),
    Shape("square", 4, (0, 0, 255), (27.0, -37.0)),
    Shape("pentagon", 5, (255, 255, 0), (-10.0, 45.0)),
    Shape("hexagon", 6, (0, 128, 0), (-45.0, 43.0)),
)
PALETTE = np.array([(255, 255, 255), *(shape.rgb for shape in SHAPES)], np.uint8)
SIDES = np.array([0, *(shape.sides for shape in SHAPES)], np.uint8)


def draw_form(
    rng: np.random.Generator, size: int = REFERENCE_SIZE, jitter_lightness: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Draw one image of 1 to 5 polygons (uniform), later ones over earlier ones.

    Each polygon has 3 to 6 sides (uniform), any rotation, a circumradius uniform in 8..24 px and
    a centre uniform in 20..198 px in both directions at 224 px; all lengths scale with `size`.
    A centre is kept one radius away from the upper and left border, so that every polygon is
    whole. About 3.5 % of the pixels are coloured.

    With `jitter_lightness` the lightness does not give the shape away: each polygon draws its
    CIE L (D65) uniformly from 40..75, whatever its shape, and the shape only fixes (a, b):
    triangle (32, 27), square (27, -37), pentagon (-10, 45), hexagon (-45, 43). These are the hues
    of red, blue, yellow and green with the chroma reduced until all L of the interval lie in the
    sRGB gamut. Rounding to 8 bits moves a and b by less than 0.6 and L by less than 0.2. The
    polygons are the same with and without jitter.

    Args:
        rng: source of all random numbers.
        size: side of the image in pixels, at least 1; below about 64 the side count is hard
            to see.
        jitter_lightness: colours of random lightness in place of the four pure colours.

    Returns:
        The RGB image, uint8 [size, size, 3], and the label map, uint8 [size, size]: the side
        count (3..6) of the polygon seen at a pixel, 0 for the background.

    Raises:
        ValueError: `size` is less than 1.
    """
    if size < 1:
        raise ValueError(f"size must be at least 1 pixel, not {size}")
    scale = size / REFERENCE_SIZE
    count = int(rng.integers(1, MAX_POLYGONS + 1))
    kinds = rng.integers(len(SHAPES), size=count)
    radii = rng.uniform(*RADIUS, count) * scale
    lowest = np.maximum(CENTRE[0] * scale, radii)
    centres = rng.uniform(lowest[:, None], CENTRE[1] * scale, (count, 2))
    rotations = rng.uniform(0, 2 * np.pi, count)

    canvas = Image.new("L", (size, size))
    draw = ImageDraw.Draw(canvas)
    for i, kind in enumerate(kinds):
        corners = _corners(SHAPES[kind].sides, centres[i], radii[i], rotations[i])
        draw.polygon(corners, fill=i + 1)
    polygon_map = np.asarray(canvas)  # 0 for the background, i + 1 for polygon i

    colours = _jittered(rng, kinds) if jitter_lightness else PALETTE[1 + kinds]
    image = np.concatenate([PALETTE[:1], colours])[polygon_map]
    labels = np.concatenate([SIDES[:1], SIDES[1 + kinds]])[polygon_map]
    return image, labels


def generate_forms(
    count: int, *, size: int = REFERENCE_SIZE, seed: int, jitter_lightness: bool = False
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Draw `count` images one after the other, each when it is asked for.

    Image i depends on `seed`, i and `size` alone, not on `count`.

    Args:
        count: number of images, at least 0.
        size: side of the images in pixels.
        seed: a number from 0 up.
        jitter_lightness: see `draw_form`.

    Returns:
        An iterator over pairs of image and label map as `draw_form` returns them.

    Raises:
        ValueError: `count` or `seed` is negative, or `size` is less than 1.
    """
    if count < 0 or seed < 0 or size < 1:
        raise ValueError(f"need count >= 0, seed >= 0, size >= 1, not {count}, {seed}, {size}")
    return (
        draw_form(np.random.default_rng([seed, i]), size, jitter_lightness) for i in range(count)
    )


def side_count_map(rgb: np.ndarray) -> np.ndarray:
    """Tell the shape at every pixel from its colour, for images with the four pure colours.

    A pixel gets the side count of the nearest (in RGB) of the four colours, or 0 if white is
    nearest. Holds for drawn images, and nearly so after JPEG or resizing; it does not hold for
    images with jittered lightness.

    Args:
        rgb: any real or integer type, 0..255, [..., 3].

    Returns:
        Side counts 3..6, 0 for white, uint8 [...].

    Raises:
        ValueError: the last axis does not have length 3.
    """
    if rgb.shape[-1:] != (3,):
        raise ValueError(f"rgb must have shape [..., 3], not {list(rgb.shape)}")
    palette = PALETTE.astype(np.float32)
    # |x - p|^2 is least where x.p - |p|^2 / 2 is greatest
    nearness = rgb.astype(np.float32) @ palette.T - (palette**2).sum(-1) / 2
    return SIDES[nearness.argmax(-1)]


def _corners(
    sides: int, centre: np.ndarray, radius: float, rotation: float
) -> list[tuple[float, float]]:
    angles = rotation + 2 * np.pi / sides * np.arange(sides)
    x = centre[1] + radius * np.cos(angles)
    y = centre[0] + radius * np.sin(angles)
    return list(zip(x.tolist(), y.tolist(), strict=True))


def _jittered(rng: np.random.Generator, kinds: np.ndarray) -> np.ndarray:
    """Colours of random lightness for polygons of the given kinds, uint8 [len(kinds), 3]."""
    from skimage.color import lab2rgb

    lightness = rng.uniform(*LIGHTNESS, len(kinds))
    ab = np.array([SHAPES[kind].ab for kind in kinds])
    rgb = lab2rgb(np.column_stack([lightness, ab]))
    return np.rint(rgb * 255).astype(np.uint8)
