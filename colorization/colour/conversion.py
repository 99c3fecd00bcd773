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

# Tables for `recolour`: a channel of 8 bits to its part of the luminance, luminance of 16 bits to
# (L + 16) / 116, a linear channel of 16 bits to sRGB of 8.
_8, _16 = np.arange(256) / 255, np.arange(65536) / 65535
_LINEAR = np.where(_8 > 0.04045, ((_8 + 0.055) / 1.055) ** 2.4, _8 / 12.92)
_LUMINANCE = (XYZ_FROM_RGB[1][:, None] * _LINEAR).astype("float32")
_LIGHTNESS = np.where(_16 > 0.008856, np.cbrt(_16), 7.787 * _16 + 16 / 116).astype("float32")
_GAMMA = np.where(_16 > 0.0031308, 1.055 * _16 ** (1 / 2.4) - 0.055, 12.92 * _16)
_GAMMA = np.rint(_GAMMA * 255).astype("uint8")


_EDGE = np.float32(1e-4)  # linear light beyond 0..1 that clipping changes by less than 0.1 L
_HALVINGS = 7  # of the chroma that may be left: to 1/128 of what was predicted


def recolour(rgb: np.ndarray, ab: np.ndarray, *, clip: bool = False) -> np.ndarray:
    """The lightness of one image with the colours of another, by NumPy and tables alone.

    Inside sRGB as `rgb_to_lab` and `lab_to_rgb` would have it, within rounding, and several times
    as fast. Of a colour outside, chroma gives way: its hue in Lab and its lightness stay.

    Args:
        rgb: uint8 `[..., 3]`, sRGB.
        ab: float32 `[..., 2]` in Lab units.
        clip: colours outside are clipped channel by channel instead, which changes their
            lightness, as `lab_to_rgb` does where predictions are measured.

    Returns:
        uint8 `[..., 3]`, sRGB.
    """
    luminance = sum(_LUMINANCE[i].take(rgb[..., i]) for i in range(3))
    y = _LIGHTNESS.take(_in_16_bits(luminance))
    a, b = ab[..., 0] * np.float32(1 / 500), ab[..., 1] * np.float32(1 / 200)
    linear = _linear(y, a, b)
    if not clip and len(outside := np.flatnonzero(_outside(linear))):
        y, a, b = (part.take(outside) for part in (y, a, b))
        chroma = _chroma_inside(y, a, b)
        for channel, inside in zip(linear, _linear(y, a * chroma, b * chroma), strict=True):
            channel.put(outside, inside)
    result = np.empty(rgb.shape, "uint8")
    for i, channel in enumerate(linear):
        np.clip(channel, 0, 1, out=channel)
        result[..., i] = _GAMMA.take(_in_16_bits(channel))
    return result


def _in_16_bits(values: np.ndarray) -> np.ndarray:
    """0..1 to 0..65535, rounded."""
    return (values * 65535 + np.float32(0.5)).astype("uint16")


def _linear(y: np.ndarray, a: np.ndarray, b: np.ndarray) -> list[np.ndarray]:
    """Linear RGB of Lab, whose L is `116 y - 16`, whose a is 500 times this one, b 200 times."""
    x, y, z = (_cubed(part) for part in (y + a, y, np.maximum(y - b, 0)))
    linear = []
    for of_x, of_y, of_z in TO_RGB.T:
        channel = x * of_x
        channel += y * of_y
        channel += z * of_z
        linear.append(channel)
    return linear


def _cubed(f: np.ndarray) -> np.ndarray:
    """What (L + 16) / 116 is of: the cube, and a straight line in the dark."""
    cube = f * f
    cube *= f
    if len(dark := np.flatnonzero(f <= 0.2068966)):
        cube.put(dark, (f.take(dark) - 16 / 116) * (1 / 7.787))
    return cube


def _outside(linear: list[np.ndarray]) -> np.ndarray:
    low = np.minimum(np.minimum(linear[0], linear[1]), linear[2])
    high = np.maximum(np.maximum(linear[0], linear[1]), linear[2])
    return (low < -_EDGE) | (high > 1 + _EDGE)


def _chroma_inside(y: np.ndarray, a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """How much of the chroma a colour may keep to lie inside sRGB, found by halving."""
    chroma, step = np.zeros_like(y), np.float32(1)
    for _ in range(_HALVINGS):
        step /= 2
        more = chroma + step
        chroma += step * ~_outside(_linear(y, a * more, b * more))
    return chroma
