"""A page's samples as its file has them, and what they become: upright, of 8 bits, in sRGB."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image

from colorization.data.profile import in_srgb, lab_in_srgb


@dataclass
class Samples:
    """Samples in full range: white is the largest number of their type, or 1.0.

    Attributes:
        values: uint8, uint16, uint32 or float32, `[H, W]` of "gray", else `[H, W, C]`; of "lab"
            float32 in Lab units.
        space: "gray", "rgb", "cmyk" (0 is no ink) or "lab".
        alpha: `[H, W]` of the same type, not multiplied into the values.
        profile: ICC; may be empty.
        gamma: samples are light to this power, as a PNG without a profile may say.
        orientation: as EXIF has it, 1 to 8.
        duration: milliseconds that an animation shows it.
    """

    values: np.ndarray
    space: str
    alpha: np.ndarray | None = None
    profile: bytes = b""
    gamma: float | None = None
    orientation: int = 1
    duration: float | None = None

    def rgb(self) -> np.ndarray:
        """uint8 `[H, W, 3]`, upright, in sRGB; writable.

        Raises:
            ValueError: floating-point samples beyond 0 to 1.
        """
        values = turned(self.values, self.orientation)
        if self.space == "lab":
            return lab_in_srgb(values)
        values = whole(values)
        if self.profile:
            converted = in_srgb(values, self.space, self.profile)
            if converted is not None:
                return converted
        elif self.gamma:
            values = _gamma_table(self.gamma, values.dtype.itemsize).take(values)
        values = in_8_bits(values)
        if self.space == "gray":
            return np.repeat(values[..., None], 3, axis=-1)
        if self.space == "cmyk":
            return np.array(Image.fromarray(values, "CMYK").convert("RGB"))
        return values if values.flags.writeable and values.flags.c_contiguous else values.copy()

    def transparency(self) -> Image.Image | None:
        """The alpha channel, upright, mode "L"."""
        if self.alpha is None:
            return None
        return Image.fromarray(in_8_bits(whole(turned(self.alpha, self.orientation))))


_TURNS = {
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
    8: lambda a: np.rot90(a),
}


def turned(values: np.ndarray, orientation: int) -> np.ndarray:
    """An image set upright."""
    turn = _TURNS.get(orientation)
    return np.ascontiguousarray(turn(values)) if turn else values


def whole(values: np.ndarray) -> np.ndarray:
    """uint8 as they are, all others as uint16."""
    if values.dtype.kind == "f":
        if not (values.size and values.min() >= 0 and values.max() <= 1):  # nor NaN
            raise ValueError("its samples are floating-point numbers beyond 0 to 1")
        return np.rint(values * 65535).astype("uint16")
    return (values >> 16).astype("uint16") if values.dtype == np.uint32 else values


def in_8_bits(values: np.ndarray) -> np.ndarray:
    """uint8 or uint16 as uint8, rounded."""
    if values.dtype == np.uint8:
        return values
    return ((values.astype("uint32") * 255 + 32767) // 65535).astype("uint8")


@lru_cache(maxsize=16)
def _gamma_table(gamma: float, size: int) -> np.ndarray:
    """uint8 sRGB for each sample of so many bytes."""
    light = np.linspace(0, 1, 256**size) ** (1 / gamma)
    values = np.where(light > 0.0031308, 1.055 * light ** (1 / 2.4) - 0.055, 12.92 * light)
    return np.rint(255 * values).astype("uint8")
