"""The matrices and the white point of sRGB and CIE Lab, and an image recoloured by NumPy alone."""

import numpy as np

XYZ_FROM_RGB = np.array(
    [
        [0.412453, 0.357580, 0.180423],
        [0.212671, 0.715160, 0.072169],
        [0.019334, 0.119193, 0.950227],
    ]
)
WHITE = np.array([0.95047, 1.0, 1.08883])
TO_RGB = (np.linalg.inv(XYZ_FROM_RGB) * WHITE[None, :]).T.astype("float32")

# Tables for `recolour`: a channel of 8 bits to its part of the luminance, a linear channel of 16
# bits to sRGB of 8.
_8, _16 = np.arange(256) / 255, np.arange(65536) / 65535
_LINEAR = np.where(_8 > 0.04045, ((_8 + 0.055) / 1.055) ** 2.4, _8 / 12.92)
_LUMINANCE = (XYZ_FROM_RGB[1][:, None] * _LINEAR).astype("float32")
_GAMMA = np.where(_16 > 0.0031308, 1.055 * _16 ** (1 / 2.4) - 0.055, 12.92 * _16)
_GAMMA = np.rint(_GAMMA * 255).astype("uint8")


def recolour(rgb: np.ndarray, ab: np.ndarray) -> np.ndarray:
    """The lightness of one image with the colours of another, by NumPy and tables alone.

    As `rgb_to_lab` and `lab_to_rgb` would have it, within rounding, and several times as fast.

    Args:
        rgb: uint8 `[..., 3]`, sRGB.
        ab: float32 `[..., 2]` in Lab units.

    Returns:
        uint8 `[..., 3]`, sRGB; clipped channel by channel.
    """
    luminance = sum(_LUMINANCE[i][rgb[..., i]] for i in range(3))
    y = np.where(luminance > 0.008856, np.cbrt(luminance), 7.787 * luminance + 16 / 116)
    x = y + ab[..., 0] * np.float32(1 / 500)
    z = np.maximum(y - ab[..., 1] * np.float32(1 / 200), 0)
    xyz = [np.where(f > 0.2068966, f * f * f, (f - 16 / 116) * (1 / 7.787)) for f in (x, y, z)]
    result = np.empty(rgb.shape, "uint8")
    for channel in range(3):
        linear = sum(part * weight for part, weight in zip(xyz, TO_RGB[:, channel], strict=True))
        np.clip(linear, 0, 1, out=linear)
        result[..., channel] = _GAMMA[(linear * 65535 + np.float32(0.5)).astype("uint16")]
    return result
