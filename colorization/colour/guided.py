"""Colours of a small image, enlarged along the edges of a large one's lightness."""

import keras


def enlarge_along(ab, L, epsilon: float):
    """A guided filter: ab as it would be if it followed L linearly within 3 x 3 small pixels.

    Args:
        ab: float32 `[B, h, w, 2]` in Lab units.
        L: lightness `[B, f h, f w, 1]` in 0..100, f times as large.
        epsilon: variance of L, in Lab units squared, below which ab follows it little.

    Returns:
        float32 `[B, f h, f w, 2]`, ab in Lab units.

    Source: K. He, J. Sun, "Fast Guided Filter", 2015 (arXiv 1505.00996), of one guide channel.
    """
    size = L.shape[1:3]
    factor = size[0] // ab.shape[1]
    small = keras.ops.average_pool(L, factor, strides=factor)  # Keras needs both on JAX
    mean_L, mean_ab = _mean(small), _mean(ab)
    variance = _mean(keras.ops.square(small)) - keras.ops.square(mean_L)
    slope = (_mean(small * ab) - mean_L * mean_ab) / (variance + epsilon)
    offset = mean_ab - slope * mean_L
    both = keras.ops.concatenate([_mean(slope), _mean(offset)], axis=-1)
    both = keras.ops.image.resize(both, size, interpolation="bilinear")
    return both[..., :2] * L + both[..., 2:]


def _mean(x):
    """Of 3 x 3 pixels, of those that there are."""
    return keras.ops.average_pool(x, 3, strides=1, padding="same")
