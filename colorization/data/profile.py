"""Samples with an ICC profile to sRGB, by what the profile says and not by its name."""

from functools import lru_cache

import numpy as np

from colorization.data.vips import vips

INTENT = "perceptual"

_SPACES = {b"GRAY": "gray", b"RGB ": "rgb", b"CMYK": "cmyk"}
_INTERPRETATIONS = {
    ("gray", 1): "b-w",
    ("gray", 2): "grey16",
    ("rgb", 1): "srgb",
    ("rgb", 2): "rgb16",
    ("cmyk", 1): "cmyk",
    ("cmyk", 2): "cmyk",
}


def in_srgb(values: np.ndarray, space: str, profile: bytes) -> np.ndarray | None:
    """Samples in sRGB, or nothing where the profile leaves them as they are.

    Gray samples under a profile of RGB are three equal ones.

    Args:
        values: uint8 or uint16, `[H, W]` of "gray", else `[H, W, C]`.
        space: "gray", "rgb" or "cmyk".
        profile: an ICC profile.

    Returns:
        uint8 `[H, W, 3]`; None if the profile is sRGB's own, damaged, or of another space.
    """
    of = space_of(profile)
    if space == "gray" and of == "rgb":
        values, space = np.repeat(values[..., None], 3, axis=-1), "rgb"
    if of != space or (space == "rgb" and is_srgb(profile)):
        return None
    if space == "gray":
        table = _gray_table(profile, values.dtype.itemsize)
        return None if table is None else np.repeat(table[values][..., None], 3, axis=-1)
    try:
        return _transformed(values, space, profile)
    except vips().Error:
        return None


def space_of(profile: bytes) -> str | None:
    return _SPACES.get(bytes(profile[16:20])) if profile[36:40] == b"acsp" else None


@lru_cache(maxsize=64)
def is_srgb(profile: bytes) -> bool:
    """Whether no colour of a grid moves by more than two steps of 8 bits."""
    grid = np.stack(np.meshgrid(*[np.arange(0, 256, 15, dtype="uint8")] * 3), axis=-1)
    grid = grid.reshape(18, -1, 3)
    try:
        return bool(np.abs(_transformed(grid, "rgb", profile).astype(int) - grid).max() <= 2)
    except vips().Error:
        return False


def _transformed(values: np.ndarray, space: str, profile: bytes) -> np.ndarray:
    image = _image(values, space, profile)
    return image.icc_transform("srgb", embedded=True, depth=8, intent=INTENT).numpy()


@lru_cache(maxsize=16)
def _gray_table(profile: bytes, size: int) -> np.ndarray | None:
    """uint8 sRGB for each gray of so many bytes.

    By way of XYZ in floating point: LittleCMS' short way for 16 bits is wrong in a linear
    profile's dark tones.
    """
    ramp = np.arange(256**size).astype(f"uint{8 * size}").reshape(1, -1)
    options = {"intent": INTENT, "pcs": "xyz"}
    try:
        light = _image(ramp, "gray", profile).icc_import(embedded=True, **options)
        return light.icc_export(output_profile="srgb", depth=8, **options).numpy()[0, :, 1].copy()
    except vips().Error:
        return None


def _image(values: np.ndarray, space: str, profile: bytes):
    interpretation = _INTERPRETATIONS[space, values.dtype.itemsize]
    image = vips().Image.new_from_array(np.ascontiguousarray(values), interpretation=interpretation)
    image = image.copy()
    image.set_type(vips().GValue.blob_type, "icc-profile-data", profile)
    return image


def lab_in_srgb(lab: np.ndarray) -> np.ndarray:
    """CIE Lab of D50, as files have it, in sRGB.

    Args:
        lab: float32 `[H, W, 3]` in Lab units.

    Returns:
        uint8 `[H, W, 3]`.
    """
    image = vips().Image.new_from_array(lab, interpretation="lab")
    return image.icc_export(output_profile="srgb", depth=8, intent=INTENT, pcs="lab").numpy()
