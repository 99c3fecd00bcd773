"""What each image owes a measure of a whole set."""

import numpy as np


def jackknifed(whole: float, without: np.ndarray) -> np.ndarray:
    """A set's value as a column whose mean it is.

    An image's number is the set's value plus what its jackknife pseudo-value (Efron, Stein 1981)
    deviates from the mean of these. Intervals take the column as any other, and their variance
    over images is the jackknife's. It says nothing of an image alone, nor of a part of the set.

    Args:
        whole: value of the set.
        without: of the set without each of its N images, `[N]`.
    """
    return whole + (len(without) - 1) * (without.mean() - without)
