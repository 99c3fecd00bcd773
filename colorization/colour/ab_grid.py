"""The 313 quantised ab colours of Zhang et al. (2016), by NumPy alone.

The bins are the points of a grid of step 10 in ab space whose colours lie inside sRGB. They are
sorted by a, then b, and for every a the bins are contiguous in b; the table below is therefore
the whole definition.

Source: R. Zhang, P. Isola, A. Efros, "Colorful Image Colorization", ECCV 2016, and the
`pts_in_hull.npy` published with it.
"""

import numpy as np

# a: (smallest b, largest b)
_ROWS = {
    -90: (50, 90),
    -80: (20, 90),
    -70: (0, 90),
    -60: (-20, 90),
    -50: (-30, 100),
    -40: (-40, 100),
    -30: (-50, 100),
    -20: (-50, 100),
    -10: (-60, 100),
    0: (-70, 100),
    10: (-80, 90),
    20: (-80, 90),
    30: (-90, 90),
    40: (-100, 90),
    50: (-100, 80),
    60: (-110, 80),
    70: (-110, 80),
    80: (-110, 70),
    90: (-110, 70),
    100: (-90, 0),
}

GRID = 10

AB_BINS = np.array(
    [(a, b) for a, (low, high) in _ROWS.items() for b in range(low, high + 1, GRID)], "float32"
)

BINS = len(AB_BINS)

GRAY_BIN = int(np.flatnonzero((AB_BINS == 0).all(axis=1))[0])

ROW_A = np.array(list(_ROWS), "float32")

ROW_LOW = np.array([low for low, _ in _ROWS.values()], "float32")

ROW_HIGH = np.array([high for _, high in _ROWS.values()], "float32")

ROW_START = np.cumsum([0, *(ROW_HIGH - ROW_LOW)[:-1] / GRID + 1]).astype("int32")


def nearest_colours(ab: np.ndarray) -> np.ndarray:
    """The colour of the bin nearest to each pixel, by comparing all of them.

    Args:
        ab: `[..., 2]` in Lab units.

    Returns:
        float32 `[..., 2]` in Lab units.
    """
    pixels = ab.reshape(-1, 1, 2)
    return AB_BINS[np.square(pixels - AB_BINS).sum(axis=-1).argmin(axis=-1)].reshape(ab.shape)
