"""Reading image files of any kind that people have."""

import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import tifffile
from PIL import Image, ImageCms, ImageOps

GRAYSCALE_MODES = {"1", "L", "LA", "I", "I;16", "I;16B"}


class BadImage(Exception):
    """An image that cannot be used; the message says why."""


def read_rgb(data: bytes) -> tuple[Image.Image, list[str]]:
    """An image file's bytes to an upright RGB image, as the reports' loaders would have it.

    EXIF orientation is applied, a colour profile is not (see `read_photograph`). Grayscale (of 1,
    8 or 16 bits) and CMYK are converted.

    Args:
        data: contents of the file.

    Returns:
        the image, mode "RGB", and notes: "grayscale" or "cmyk" where it was converted.

    Raises:
        BadImage: damaged, or no image at all.
    """
    try:
        with Image.open(io.BytesIO(data)) as file:
            mode = file.mode
            image = ImageOps.exif_transpose(file)
            image = _in_8_bits(image).convert("RGB")
    except MemoryError:
        raise
    except Exception as error:  # Pillow's decoders raise whatever they stumble over
        raise _unreadable(error) from None
    if mode in GRAYSCALE_MODES:
        return image, ["grayscale"]
    return image, ["cmyk"] if mode == "CMYK" else []


@dataclass
class Photograph:
    """An upright photograph in sRGB.

    Attributes:
        rgb: uint8 `[H, W, 3]`, writable.
        alpha: mode "L" where it has transparency.
        exif: its EXIF data, without the orientation that has been applied; may be empty, and is
            of a TIFF, where the same tags say how the pixels are packed.
    """

    rgb: np.ndarray
    alpha: Image.Image | None = None
    exif: bytes = b""


def read_photograph(data: bytes) -> Photograph:
    """An image file's bytes to what a viewer would show.

    EXIF orientation is applied, and an embedded colour profile. Grayscale, palette, CMYK and 16
    bits are converted; of several frames the first is taken.

    Raises:
        BadImage: damaged, no image at all, or of more than 178 megapixels.
        MemoryError: too large for this machine.
    """
    try:
        with _open(data) as file:
            image = _upright(file)
        alpha = None
        if image.has_transparency_data:
            image = image.convert("RGBA")
            alpha = image.getchannel("A")
        exif = image.getexif() if file.format != "TIFF" else None
        return Photograph(np.array(_in_srgb(image)), alpha, exif.tobytes() if exif else b"")
    except MemoryError:
        raise
    except Exception as error:  # Pillow's decoders raise whatever they stumble over
        raise _unreadable(error) from None


def _unreadable(error: Exception) -> BadImage:
    if isinstance(error, Image.UnidentifiedImageError):  # its text names an object in memory
        return BadImage("cannot be read (it is no image, or of a format that Pillow does not know)")
    return BadImage(f"cannot be read ({' '.join(str(error).split())[:120]})")


def _in_8_bits(image: Image.Image) -> Image.Image:
    """Samples of 16 bits scaled, which Pillow would clip; numbers without a range are refused."""
    if image.mode == "F":
        raise ValueError("its samples are floating-point numbers")
    if not image.mode.startswith("I"):
        return image
    return Image.fromarray((np.asarray(image) / 257).clip(0, 255).round().astype("uint8"))


def _open(data: bytes) -> Image.Image:
    """Pillow's image, or, of a TIFF with samples that Pillow does not know, tifffile's."""
    try:
        return Image.open(io.BytesIO(data))
    except Image.UnidentifiedImageError:
        if data[:4] not in (b"II*\0", b"MM\0*"):
            raise
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        page: Any = file.pages[0]
        most = Image.MAX_IMAGE_PIXELS
        if most and page.imagewidth * page.imagelength > 2 * most:
            raise ValueError("it is too large")
        if page.dtype != np.uint16:
            raise ValueError(f"its samples are {page.dtype}")
        return Image.fromarray((page.asarray() / 257).round().astype("uint8"))


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except Image.DecompressionBombError:
        raise
    except Exception:  # damaged EXIF is no reason to lose the photograph, damaged pixels are
        image.load()
        return image.copy()


_SRGB = ImageCms.createProfile("sRGB")


def _in_srgb(image: Image.Image) -> Image.Image:
    image = _in_8_bits(image)
    profile = image.info.get("icc_profile")
    if image.mode not in ("L", "RGB", "CMYK"):
        image = image.convert("RGB")
    if profile:
        try:
            given = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if not ImageCms.getProfileDescription(given).startswith("sRGB"):
                turned = ImageCms.profileToProfile(image, given, _SRGB, outputMode="RGB")
                return turned or image  # None where it is turned in place
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # damaged, or of another colour space: as if there were none
    return image.convert("RGB")
