"""The 313 quantised ab colours of Zhang et al. (2016): encoding, decoding, class rebalancing.

Source: R. Zhang, P. Isola, A. Efros, "Colorful Image Colorization", ECCV 2016, and the
`pts_in_hull.npy` published with it.
"""

import keras
import numpy as np

from colorization.colour.ab_grid import AB_BINS, BINS, GRID, ROW_A, ROW_HIGH, ROW_LOW, ROW_START

# Squared distances between the bins, `[313, 313]`.
_BETWEEN = ((AB_BINS[:, None, :] - AB_BINS[None, :, :]) ** 2).sum(axis=-1)


def encode_nearest(ab):
    """Index of the bin nearest to each colour (the lowest index where two are equally near).

    The nearest bin of a row is b rounded and clamped to the row, so 20 candidates a pixel are
    compared instead of 313.

    Args:
        ab: tensor or array `[..., 2]` in Lab units.

    Returns:
        int32 tensor `[...]` in 0..312.
    """
    ab = keras.ops.cast(ab, "float32")
    a, b = ab[..., :1], ab[..., 1:]
    # Not b / GRID - 0.5: XLA contracts that into one rounding, and ties move.
    row_b = keras.ops.ceil((b - GRID / 2) / GRID) * GRID
    row_b = keras.ops.minimum(keras.ops.maximum(row_b, ROW_LOW), ROW_HIGH)
    distance = keras.ops.square(a - ROW_A) + keras.ops.square(b - row_b)
    row = keras.ops.expand_dims(keras.ops.argmin(distance, axis=-1), -1)
    b_of_row = keras.ops.take_along_axis(row_b, row, axis=-1)
    offset = (b_of_row - keras.ops.take(ROW_LOW, row)) / GRID
    return keras.ops.squeeze(keras.ops.cast(offset, "int32") + keras.ops.take(ROW_START, row), -1)


def encode_soft(ab, neighbours: int = 5, sigma: float = 5.0):
    """Distribution over the nearest bins, weighted by a Gaussian of their distance.

    Args:
        ab: tensor or array `[..., 2]` in Lab units.
        neighbours: how many nearest bins share the weight (5 in the paper; Zhang's released
            Caffe code has 10).
        sigma: standard deviation of the Gaussian, in Lab units.

    Returns:
        float32 tensor `[..., 313]`, summing to 1 over the last axis.
    """
    ab = keras.ops.cast(ab, "float32")
    around = keras.ops.take(_AROUND, encode_nearest(ab), axis=0)
    bins = keras.ops.take(AB_BINS, around, axis=0)
    distance = keras.ops.sum(keras.ops.square(keras.ops.expand_dims(ab, -2) - bins), axis=-1)
    negated, place = keras.ops.top_k(-distance, neighbours)
    index = keras.ops.take_along_axis(around, place, axis=-1)
    # Relative to the nearest, so that colours far outside the gamut do not underflow to 0 / 0.
    weight = keras.ops.exp((negated - negated[..., :1]) / (2 * sigma**2))
    weight = weight / keras.ops.sum(weight, axis=-1, keepdims=True)
    pixels = keras.ops.reshape(weight, (-1, neighbours))
    count = keras.ops.shape(pixels)[0]
    rows = keras.ops.broadcast_to(keras.ops.arange(count)[:, None], keras.ops.shape(pixels))
    places = keras.ops.stack([rows, keras.ops.reshape(index, (-1, neighbours))], axis=-1)
    places = keras.ops.reshape(places, (-1, 2))
    spread = keras.ops.scatter(places, keras.ops.reshape(pixels, (-1,)), (count, BINS))
    return keras.ops.reshape(spread, (*keras.ops.shape(ab)[:-1], BINS))


def _bins_around(count: int) -> np.ndarray:
    """The bins nearest to each bin, itself first, int32 `[313, count]`."""
    return np.argsort(_BETWEEN, axis=1, kind="stable")[:, :count].astype("int32")


# The nearest bins to a colour are among those near its nearest bin.
_AROUND = _bins_around(40)


def decode(logits, temperature: float = 0.0):
    """Colours from a distribution over the bins.

    Args:
        logits: tensor or array `[..., 313]`.
        temperature: 0 takes the most probable bin (the mode), 1 the mean of the distribution;
            between them lies the annealed mean (0.38 in Zhang et al.).

    Returns:
        float32 tensor `[..., 2]`, ab in Lab units.
    """
    if temperature < 0:
        raise ValueError(f"temperature must be 0 or more, got {temperature}")
    if temperature == 0:
        return keras.ops.take(AB_BINS, _most_probable(logits), axis=0)
    probability = keras.ops.softmax(keras.ops.cast(logits, "float32") / temperature, axis=-1)
    return keras.ops.matmul(probability, AB_BINS)


def _most_probable(logits):
    """Index of the most probable bin, `[..., 313]` to `[...]`."""
    if keras.backend.backend() != "tensorflow":
        return keras.ops.argmax(logits, axis=-1)
    import tensorflow as tf

    # Keras' own looks at the sign of zeros, for which ONNX has no operation.
    return tf.argmax(logits, axis=-1, output_type="int32")


def smooth_over_index(prior: np.ndarray, sigma: float = 5.0) -> np.ndarray:
    """Prior smoothed by a Gaussian over the class *index*, as Dietrich et al. ran it.

    Neighbours in the index are neighbours in b, except at the ends of each row of a. The kernel
    is renormalised at both ends of the index.

    Args:
        prior: `[313]`, summing to 1.
        sigma: standard deviation in indices.

    Returns:
        float64 `[313]`, summing to 1.
    """
    index = np.arange(BINS)
    return _smooth(prior, (index[:, None] - index[None, :]) ** 2, sigma)


def smooth_over_ab(prior: np.ndarray, sigma: float = 5.0) -> np.ndarray:
    """Prior smoothed by a Gaussian over ab *space*, as Zhang et al. describe it.

    Args:
        prior: `[313]`, summing to 1.
        sigma: standard deviation in Lab units.

    Returns:
        float64 `[313]`, summing to 1.
    """
    return _smooth(prior, _BETWEEN, sigma)


def _smooth(prior, squared_distance, sigma):
    kernel = np.exp(-squared_distance / (2 * sigma**2))
    kernel /= kernel.sum(axis=1, keepdims=True)
    smoothed = kernel @ np.asarray(prior, "float64")
    return smoothed / smoothed.sum()


def rebalancing_weights(smoothed: np.ndarray, uniform_share: float = 0.5) -> np.ndarray:
    """Class weights `w ~ ((1 - lambda) p + lambda / 313)^-1` with `sum(p * w) = 1`.

    Args:
        smoothed: smoothed prior p, `[313]`, summing to 1.
        uniform_share: lambda, in [0, 1]; 1 gives equal weights.

    Returns:
        float64 `[313]`. Source: Zhang et al. (2016), equation 4.
    """
    weights = 1.0 / ((1 - uniform_share) * smoothed + uniform_share / BINS)
    return weights / (smoothed @ weights)
