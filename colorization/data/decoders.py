"""Files to samples, page by page: Pillow's for ordinary ones, libvips' for TIFF and deep PNG."""

import io
from contextlib import suppress
from typing import Any, Literal

import numpy as np
from PIL import Image

from colorization.data import ifd
from colorization.data.samples import Samples
from colorization.data.vips import vips

# Read by content, and without starting another program, as EPS would.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "DIB", "AVIF", "JPEG2000", "PPM", "PCX", "QOI")
Image.init()  # Pillow knows only a few of them before

MOST_PIXELS = 2 * (Image.MAX_IMAGE_PIXELS or 0)  # Pillow's own limit, 178 megapixels


class PillowFile:
    """A file of one of `FORMATS`.

    Attributes:
        format: Pillow's name of it.
        count: pages or frames.
        info: what Pillow knows of it beside pixels.
    """

    def __init__(self, data: bytes):
        self._data = data
        self._image = Image.open(io.BytesIO(data), formats=FORMATS)
        self.format, self.info = self._image.format, self._image.info
        self.count = getattr(self._image, "n_frames", 1)
        # Further pictures in a JPEG are previews, gain maps, or for another eye: no pages.
        self.others = self.count - 1 if self.format == "MPO" else 0
        if self.others:
            self.format, self.count = "JPEG", 1

    def samples(self, page: int) -> Samples:
        image = self._image
        if page or self.count > 1:
            image.seek(page)
        orientation = self._orientation()
        if self.format == "PNG" and self.count == 1 and _is_deep(self._data):
            values, alpha = _split(vips().Image.pngload_buffer(self._data, fail_on="error").numpy())
            space = "gray" if values.ndim == 2 else "rgb"
        else:
            values, space, alpha = _pillow_samples(image, self.format or "")
        profile = image.info.get("icc_profile") or b""
        duration = image.info.get("duration") if self.count > 1 else None
        return Samples(values, space, alpha, profile, _gamma(image.info), orientation, duration)

    def _orientation(self) -> int:
        with suppress(Exception):  # damaged EXIF is no reason to lose the photograph
            return self._image.getexif().get(ifd.ORIENTATION, 1)
        return 1


def _gamma(info: dict) -> float | None:
    """A PNG's gamma, if it has no profile and is not made for sRGB, about whose 1/2.2 that is."""
    gamma = info.get("gamma")
    ordinary = not gamma or "srgb" in info or abs(gamma - 1 / 2.2) < 0.02
    return None if ordinary else gamma


def _is_deep(png: bytes) -> bool:
    """Whether Pillow would lose bits, or mistake the gray that is transparent."""
    depth, kind = png[24], png[25]
    return depth == 16 or (depth < 8 and kind == 0 and b"tRNS" in png[:4096])


def _split(values: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Values and alpha of gray or RGB samples."""
    if values.ndim == 2 or values.shape[-1] == 3:
        return values, None
    colours = values[..., :-1]
    return colours[..., 0] if colours.shape[-1] == 1 else colours, values[..., -1]


def _pillow_samples(image: Image.Image, form: str) -> tuple[np.ndarray, str, np.ndarray | None]:
    image.load()
    mode = image.mode
    if mode == "F":
        raise ValueError("its samples are floating-point numbers")
    if mode.startswith("I"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 65535:
            raise ValueError("its samples have more than 16 bits")
        return values.astype("uint16"), "gray", None
    if mode == "CMYK":
        values = np.array(image)
        # Pillow takes for granted that inks are stored inverted, which Adobe's marker says.
        return values if form != "JPEG" or "adobe" in image.info else 255 - values, "cmyk", None
    gray = mode in ("1", "L", "LA", "La")
    if image.has_transparency_data or mode in ("La", "RGBa"):
        values, alpha = _split(np.array(image.convert("LA" if gray else "RGBA")))
        return values, "gray" if gray else "rgb", alpha
    return np.array(image.convert("L" if gray else "RGB")), "gray" if gray else "rgb", None


GRAY, RGB, PALETTE, SEPARATED, YCBCR, LAB, ICC_LAB = 1, 2, 3, 5, 6, 8, 9  # photometric
WHITE_IS_ZERO = 0
JPEG, UNREAD = 7, {34887: "LERC", 34925: "LZMA", 50000: "Zstandard", 50001: "WebP"}  # compression


class TiffFile:
    """A TIFF file; pages marked as thumbnails or masks of others do not count.

    Attributes:
        directories: of its pages.
    """

    format = "TIFF"
    others = 0

    def __init__(self, data: bytes):
        self._data, self._block = data, ifd.Block(data)
        every = list(enumerate(self._block.directories()))
        pages = [(at, d) for at, d in every if not d.number(254, 0) & 5 and d.number(255, 1) != 2]
        self._places, self.directories = zip(*(pages or every[:1]), strict=True)
        self.count, self.info = len(self._places), dict[str, Any]()

    def samples(self, page: int) -> Samples:
        directory = self.directories[page]
        _refuse(directory)
        photometric = directory.number(262, GRAY)
        subsampled = directory.numbers(530) != [1, 1]
        if photometric == YCBCR and subsampled and directory.number(259, 1) != JPEG:
            values, alpha = self._by_pillow(page), None
        else:
            values, alpha = self._by_vips(page, photometric)
        if photometric == YCBCR and not subsampled and directory.number(259, 1) != JPEG:
            values = np.array(Image.fromarray(values, "YCbCr").convert("RGB"))
        profile = directory.fields.get(34675)
        space = {SEPARATED: "cmyk", LAB: "lab", ICC_LAB: "lab"}.get(photometric)
        space = space or ("gray" if values.ndim == 2 else "rgb")
        orientation = directory.number(ifd.ORIENTATION, 1)
        profile = profile.data if profile else b""
        return Samples(values, space, alpha, profile, orientation=orientation)

    def _by_pillow(self, page: int) -> np.ndarray:
        """Old kinds of YCbCr, which libtiff converts if it is asked for RGBA as Pillow does."""
        with Image.open(io.BytesIO(self._data), formats=("TIFF",)) as image:
            image.seek(self._places[page])
            return np.array(image.convert("RGB"))

    def _by_vips(self, page: int, photometric: int) -> tuple[np.ndarray, np.ndarray | None]:
        directory, data = self.directories[page], self._data
        if photometric in (LAB, ICC_LAB):  # for libvips RGB, which it leaves as it is
            changed, place = bytearray(data), directory.fields[262].place
            order: Literal["little", "big"] = "little" if self._block.order == "<" else "big"
            changed[place : place + 2] = RGB.to_bytes(2, order)
            data = bytes(changed)
        image = vips().Image.tiffload_buffer(
            data, page=self._places[page], fail_on="error", unlimited=True
        )
        values = image.numpy()
        if values.ndim == 2:
            return values, None
        count = {WHITE_IS_ZERO: 1, GRAY: 1, SEPARATED: 4}.get(photometric, 3)
        if photometric == PALETTE:
            count = values.shape[-1]
        extra = directory.number(338, 2)
        alpha = values[..., count] if values.shape[-1] > count and extra in (1, 2) else None
        values = values[..., 0] if count == 1 else values[..., :count]
        if photometric in (LAB, ICC_LAB):
            values = _lab(values, photometric)
        return values, alpha


def _refuse(directory: ifd.Directory) -> None:
    """Say what a page has that cannot be turned to pixels without guessing.

    Raises:
        ValueError: one line.
    """
    fields, number = directory.fields, directory.number
    if number(256, 0) * number(257, 0) > MOST_PIXELS:
        raise ValueError(f"{number(256, 0)}x{number(257, 0)} px exceeds limit of {MOST_PIXELS} px")
    bits = directory.numbers(258) or [1]
    kind, photometric = number(339, 1), number(262, GRAY)
    if len(set(bits)) > 1 or bits[0] not in (1, 2, 4, 8, 16, 32):
        raise ValueError(f"its samples have {bits[0]} bits; save it with 8 or 16")
    if kind not in (1, 3, 4):
        raise ValueError("its samples are signed or complex; save it with 8 or 16 unsigned bits")
    if number(259, 1) in UNREAD:
        raise ValueError(f"it is compressed by {UNREAD[number(259, 1)]}; save it with LZW")
    known = (WHITE_IS_ZERO, GRAY, RGB, PALETTE, SEPARATED, YCBCR, LAB, ICC_LAB)
    if photometric not in known or (photometric == SEPARATED and number(332, 1) != 1):
        raise ValueError(f"its colours are of kind {photometric}; save it as RGB or gray")
    if photometric in (LAB, ICC_LAB) and (bits[0] not in (8, 16) or kind == 3):
        raise ValueError(f"it is Lab of {bits[0]} bits; save it as RGB")
    if kind == 3 and photometric == WHITE_IS_ZERO:
        raise ValueError("its samples are floating-point numbers whose 0 is white")
    if bits[0] > 16 and 338 in fields and number(338, 0) == 1:
        raise ValueError(f"its {bits[0]}-bit samples are multiplied by alpha; save it with 16 bits")


def _lab(values: np.ndarray, photometric: int) -> np.ndarray:
    """Samples of CIELab (a and b signed) or ICCLab (shifted by a half) in Lab units."""
    bits = 8 * values.itemsize
    if values.ndim == 2 or values.shape[-1] != 3:
        raise ValueError("its Lab has other than 3 samples")
    if photometric == LAB:
        ab, L = values[..., 1:].view(f"int{bits}"), values[..., 0] / (2**bits - 1)
    else:
        ab = values[..., 1:].astype("float32") - 2 ** (bits - 1)
        L = values[..., 0] / (255 if bits == 8 else 0xFF00)
    ab = ab.astype("float32") / 2 ** (bits - 8)
    return np.concatenate([100 * L[..., None], ab], axis=-1).astype("float32")
