"""Where a drawing has which colour."""

import numpy as np

BLUE, VERMILION, MUTED = (0, 114, 178), (213, 94, 0), (85, 85, 85)


def where(pixels, colour):
    """Rows and columns of the pixels of a colour."""
    return np.argwhere((pixels == colour).all(axis=-1))


def is_about(pixels, width, height):
    assert width * 0.8 < pixels.shape[1] < width * 1.2
    assert height * 0.8 < pixels.shape[0] < height * 1.2
