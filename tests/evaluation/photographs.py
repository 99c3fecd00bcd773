"""Images with what the measures of sets look at: palettes of their own, edges, shades, grain."""

import numpy as np
from PIL import Image
from skimage import color

from colorization.colour.ab_grid import nearest_colours
from tests.evaluation.evaluate_helpers import to_rgb8

SIZE = 48


def photograph(seed: int) -> np.ndarray:
    """Lab of an image that 8-bit sRGB can show, `[48, 48, 3]`: shaded discs before a sky."""
    random = np.random.default_rng(seed)
    y, x = np.mgrid[:SIZE, :SIZE] / (SIZE - 1)
    lab = np.stack([75 - 20 * y, -2 - 6 * y, -25 + 30 * y + random.normal(0, 6)], axis=-1)
    for _ in range(6):
        middle, radius = random.uniform(0, 1, 2), random.uniform(0.08, 0.3)
        inside = np.hypot(x - middle[0], y - middle[1]) < radius
        shade = random.uniform(25, 60) + 30 * (x - middle[0])
        colour = random.choice([(25, 45), (-25, 30), (45, 10), (10, -20)]) + random.normal(0, 6, 2)
        disc = np.stack([shade, *(shade / 60 * one for one in colour)], axis=-1)
        lab[inside] = disc[inside]
    lab += random.normal(0, (1.5, 0.8, 0.8), lab.shape)
    return color.rgb2lab(to_rgb8(lab)).astype("float32")


def coloured(lab: np.ndarray) -> dict[str, np.ndarray]:
    """ab by what each measure is to be checked with, for photographs `[N, H, W, 3]`."""
    random, ab = np.random.default_rng(1), lab[..., 1:]
    level = np.rint(lab[..., 0]).astype(int)
    means = np.zeros_like(ab)
    for one in np.unique(level):
        means[level == one] = ab[level == one].mean(axis=0)
    return {
        "ground truth": ab,
        "gray": 0 * ab,
        "mean ab given L": means,
        "nearest bin": np.stack([nearest_colours(one) for one in ab]),
        "noise": random.uniform(-60, 60, ab.shape).astype("float32"),
    }


def found_in(folder, count: int) -> np.ndarray:
    """Lab of real photographs at 64 pixels."""
    paths = sorted(folder.glob("*.jpg"))[:count]
    images = [Image.open(path).convert("RGB").resize((64, 64), Image.BICUBIC) for path in paths]
    return color.rgb2lab(np.stack(images)).astype("float32")
