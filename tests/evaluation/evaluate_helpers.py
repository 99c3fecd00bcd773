"""What the tests of evaluate share."""

import numpy as np
from skimage import color

from colorization.colour.ab_grid import AB_BINS

SIZE = 16


def patchwork(seed):
    """Random colours in patches of 4 px, `[16, 16, 3]`."""
    patches = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), "uint8")
    return patches.repeat(4, axis=0).repeat(4, axis=1)


TRAIN = [patchwork(seed) for seed in (1, 2, 3)]

TEST = [patchwork(seed) for seed in (4, 5, 6, 7, 8)]


def to_rgb8(lab):
    return np.rint(color.lab2rgb(lab) * 255).astype("uint8")


def brute_force_bins(ab):
    distances = np.square(ab[..., None, :] - AB_BINS.astype("float64")).sum(axis=-1)
    return distances.argmin(axis=-1)
