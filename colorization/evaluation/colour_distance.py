"""How far the colours of a set of predictions lie from the originals', whichever image has them.

The *sliced 1-Wasserstein distance* of two distributions of ab is that of their projections onto a
direction, averaged over directions (Rabin et al. 2012; Bonneel et al. 2015). Here it is taken
within each bin of L, of all pixels of a test set, and averaged over the pixels: right colours on
the wrong photographs cost nothing but what lightness tells of them, and gray is as far off as the
originals are colourful.

Along a line, the distance is the area between the two cumulative histograms, and these add up over
images. The value of a set, and that of the set without one image, follow from their sums.
"""

import numpy as np

from colorization.evaluation.jackknife import jackknifed

L_BIN = 10  # units

DIRECTIONS = 8  # over the half circle

REACH = 135  # Lab units: no colour of sRGB is more saturated (blue: 134)

_ANGLES = np.pi * np.arange(DIRECTIONS) / DIRECTIONS
_LINES = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)], axis=1).tolist()
_LEVELS = 100 // L_BIN
_STEPS = 2 * REACH  # of one Lab unit


def between_histograms(lab: np.ndarray, ab_predicted: np.ndarray) -> np.ndarray:
    """What one image adds to the difference of cumulative histograms, in pixels.

    A pixel is of the bin of the original's L, whatever lightness a method gives it.

    Args:
        lab: the original, `[H, W, 3]` in Lab units.
        ab_predicted: `[H, W, 2]` in Lab units.

    Returns:
        int32 `[8 directions, 10 bins of L, 270 steps of one Lab unit]`.
    """
    level = np.clip(lab[..., 0].ravel() // L_BIN, 0, _LEVELS - 1).astype(int) * _STEPS

    def histogram(ab, cos, sin):
        step = np.clip(ab[0] * cos + ab[1] * sin + REACH, 0, _STEPS - 1).astype(int)
        return np.bincount(level + step, minlength=_LEVELS * _STEPS)

    sides = [np.ascontiguousarray(ab.reshape(-1, 2).T) for ab in (ab_predicted, lab[..., 1:])]
    rows = [histogram(sides[0], *line) - histogram(sides[1], *line) for line in _LINES]
    apart = np.stack(rows).reshape(DIRECTIONS, _LEVELS, _STEPS)
    return apart.cumsum(axis=-1, dtype="int32")


def colour_distance(images: list[np.ndarray], pixels: int) -> np.ndarray:
    """The distance of a set, as a column whose mean it is; `jackknifed` says what its rows are.

    Args:
        images: `between_histograms` of each of the N images.
        pixels: of an image.

    Returns:
        `[N]` in Lab units; the mean is at least 0, and 0 for the originals.
    """
    count, total = len(images), np.sum(images, axis=0)
    whole = np.abs(total).sum() / (DIRECTIONS * pixels * count)
    if count == 1:
        return np.array([whole])
    without = np.array([np.abs(total - one).sum() for one in images])
    return jackknifed(whole, without / (DIRECTIONS * pixels * (count - 1)))
