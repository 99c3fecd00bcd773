"""sRGB <-> CIE L*a*b* (D65, 2 degree observer) on tensors of any Keras backend.

The arithmetic is scikit-image's (`skimage.color.rgb2lab`, `lab2rgb`), so that a network
trained here sees the numbers that the reports' networks saw. L lies in [0, 100]; a and b of
colours inside sRGB lie in about [-86.2, 98.3] and [-107.9, 94.5].
"""

import keras
import numpy as np

from colorization.colour.conversion import TO_RGB, WHITE, XYZ_FROM_RGB

_FROM_RGB = (XYZ_FROM_RGB / WHITE[:, None]).T.astype("float32")


def rgb_to_lab(rgb):
    """sRGB to Lab.

    Args:
        rgb: tensor or array `[..., 3]`, uint8 in 0..255 or float in [0, 1].

    Returns:
        float32 tensor `[..., 3]`: L in [0, 100], a and b in Lab units.
    """
    scale = 255.0 if keras.backend.standardize_dtype(rgb.dtype) == "uint8" else 1.0
    rgb = keras.ops.cast(rgb, "float32") / scale
    linear = keras.ops.where(
        rgb > 0.04045,
        keras.ops.power((keras.ops.maximum(rgb, 0.04045) + 0.055) / 1.055, 2.4),
        rgb / 12.92,
    )
    xyz = _product(linear, _FROM_RGB)
    f = keras.ops.where(
        xyz > 0.008856,
        keras.ops.power(keras.ops.maximum(xyz, 0.008856), 1 / 3),
        7.787 * xyz + 16 / 116,
    )
    x, y, z = f[..., 0], f[..., 1], f[..., 2]
    return keras.ops.stack([116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)], axis=-1)


def lab_to_rgb(lab):
    """Lab to sRGB; colours outside sRGB are clipped channel by channel, as scikit-image does.

    Args:
        lab: tensor or array `[..., 3]` in Lab units.

    Returns:
        float32 tensor `[..., 3]` in [0, 1].
    """
    lab = keras.ops.cast(lab, "float32")
    y = (lab[..., 0] + 16.0) / 116.0
    x = lab[..., 1] / 500.0 + y
    z = keras.ops.maximum(y - lab[..., 2] / 200.0, 0.0)
    f = keras.ops.stack([x, y, z], axis=-1)
    xyz = keras.ops.where(f > 0.2068966, keras.ops.power(f, 3), (f - 16 / 116) / 7.787)
    linear = _product(xyz, TO_RGB)
    rgb = keras.ops.where(
        linear > 0.0031308,
        1.055 * keras.ops.power(keras.ops.maximum(linear, 0.0031308), 1 / 2.4) - 0.055,
        12.92 * linear,
    )
    return keras.ops.clip(rgb, 0.0, 1.0)


def _product(pixels, matrix):
    """`pixels @ matrix`, not as a matrix product: GPUs round the factors of those to 10 bits."""
    return sum(pixels[..., i : i + 1] * row for i, row in enumerate(matrix))


def lab8_to_lab(lab8):
    """8-bit Lab as OpenCV packs it (L * 255 / 100, a + 128, b + 128) to Lab units.

    Args:
        lab8: uint8 tensor or array `[..., 3]`.

    Returns:
        float32 tensor `[..., 3]`.
    """
    scale = np.array([100 / 255, 1.0, 1.0], "float32")
    return keras.ops.cast(lab8, "float32") * scale - np.array([0.0, 128.0, 128.0], "float32")


def images_to_lab(images, space: str):
    """Rows of a prepared array to Lab units: `space` is "rgb" (8-bit sRGB) or "lab8"."""
    return lab8_to_lab(images) if space == "lab8" else rgb_to_lab(images)
