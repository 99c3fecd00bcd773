"""Image files of any kind that people have, read in one order by everything that reads any.

Identified by content; then tags and profile, pages, samples in one range whatever their bits and
sign, orientation, the profile, transparency. Ordinary files are Pillow's, whose pixels the stored
results have seen. TIFF and PNG of 16 bits are libvips': of what was tried it alone read planes,
white that is zero, Lab, keys and premultiplied alpha as they are meant (Pillow and tifffile gave
negatives, stripes or the raw numbers, imagecodecs is three times its size and leaves them to us).
"""

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from PIL import Image

from colorization.data.decoders import PillowFile, TiffFile
from colorization.data.metadata import Metadata, metadata_of
from colorization.data.repair import repaired, what_it_is


class BadImage(Exception):
    """An image that cannot be used; the message says why."""


@dataclass
class Photograph:
    """A page of a file, upright, in sRGB.

    Attributes:
        rgb: uint8 `[H, W, 3]`, writable.
        alpha: mode "L" where it has transparency.
        notes: "grayscale" or "cmyk" where it was converted.
        metadata: what else the file holds, to be written with it.
        duration: milliseconds that an animation shows it.
    """

    rgb: np.ndarray
    alpha: Image.Image | None = None
    notes: tuple[str, ...] = ()
    metadata: Metadata = field(default_factory=Metadata)
    duration: float | None = None


class PhotographFile:
    """An opened file, whose pages are read one by one.

    Args:
        data: its contents.

    Raises:
        BadImage: no image, or of a format that is not read.
        MemoryError: too large for this machine.
    """

    def __init__(self, data: bytes):
        self._data = data
        self._file = _attempt(lambda: _open(data), data)

    @property
    def count(self) -> int:
        """Pages, or frames of an animation."""
        return self._file.count

    @property
    def others(self) -> int:
        """Pictures beside the photograph that are no pages: previews, gain maps."""
        return self._file.others

    @cached_property
    def metadata(self) -> Metadata:
        try:
            return metadata_of(self._data, self._file)
        except Exception:  # costs what it is, not the photograph
            return Metadata(self._file.format, lost=("its metadata, which is damaged",))

    def page(self, number: int = 0) -> Photograph:
        """A page; of an animation a whole frame, whatever the file stores of it.

        Raises:
            BadImage: damaged.
            MemoryError: too large for this machine.
        """
        return _attempt(lambda: self._page(number), self._data)

    def _page(self, number: int) -> Photograph:
        try:
            samples = self._file.samples(number)
        except Exception:
            if number or not (mended := repaired(self._data)):
                raise
            samples = _open(mended).samples(number)
        notes = {"gray": ("grayscale",), "cmyk": ("cmyk",)}.get(samples.space, ())
        rgb, alpha = samples.rgb(), samples.transparency()
        return Photograph(rgb, alpha, notes, self.metadata, samples.duration)


def read_photograph(data: bytes) -> Photograph:
    """An image file's bytes to what a viewer would show; of several pages the first.

    Raises:
        BadImage: damaged, no image at all, or of more than 178 megapixels.
        MemoryError: too large for this machine.
    """
    return PhotographFile(data).page()


def _open(data: bytes) -> PillowFile | TiffFile:
    if data[:4] in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
        return TiffFile(data)
    try:
        return PillowFile(data)
    except Exception:
        if mended := repaired(data):
            return PillowFile(mended)
        raise


def _attempt(read, data: bytes):
    try:
        return read()
    except MemoryError:
        raise
    except Image.UnidentifiedImageError:  # its text names an object in memory
        raise BadImage(f"cannot be read ({what_it_is(data)})") from None
    except Exception as error:  # decoders raise whatever they stumble over
        text = getattr(error, "detail", "") or str(error)  # libvips has the former
        text = " ".join(text.split())[:120] or type(error).__name__
        raise BadImage(f"cannot be read ({text})") from None
