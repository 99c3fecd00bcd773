"""Coloured photographs written with all that their files held beside pixels."""

import io
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from PIL import Image, TiffImagePlugin

from colorization.data import ifd
from colorization.data.metadata import EXIF_HEADER, XMP, XMP_HEADER, XMP_KEY, Metadata, segment
from colorization.data.read import Photograph, PhotographFile
from colorization.files import replacing


@dataclass(frozen=True)
class Format:
    """How files of a suffix are written.

    Attributes:
        name: Pillow's.
        options: Pillow's.
        pages: whether it holds several.
        alpha: whether it holds transparency.
    """

    name: str
    options: dict
    pages: bool = True
    alpha: bool = True


FORMATS = {
    ".jpg": Format("JPEG", {"quality": 95, "subsampling": 0}, pages=False, alpha=False),
    ".png": Format("PNG", {"compress_level": 1}),
    ".webp": Format("WEBP", {"quality": 95}),
    ".tif": Format("TIFF", {"compression": "tiff_lzw"}),
    ".bmp": Format("BMP", {}, pages=False),
}
FORMATS |= dict.fromkeys((".jpeg", ".jpe", ".jfif"), FORMATS[".jpg"])
FORMATS |= {".tiff": FORMATS[".tif"], ".apng": FORMATS[".png"]}

MOST_IN_MEMORY = 1 << 28  # pixels of an animation, which is put together there

_SEGMENT = 65533  # bytes that a segment of a JPEG holds


def output_name(path: Path) -> Path:
    """A photograph's name for its coloured version: a PNG where its format is not written."""
    return path if path.suffix.lower() in FORMATS else path.with_name(f"{path.name}.png")


def refuse_pages(file: PhotographFile, first: Photograph, target: Path) -> None:
    """Say so where the format of the target cannot hold all pages.

    Raises:
        ValueError: it cannot; one line.
    """
    form = FORMATS[target.suffix.lower()]
    if file.count == 1:
        return
    if not form.pages:
        raise ValueError(
            f"{form.name} holds one of its {file.count} pages; rename it to .png or .tif"
        )
    height, width = first.rgb.shape[:2]
    if form.name != "TIFF" and file.count * height * width > MOST_IN_MEMORY:
        raise ValueError(
            f"{file.count} frames of {width}x{height} px are more than memory takes; split it"
        )


def save(photograph: Photograph, target: Path, more: Iterable[Photograph] = ()) -> list[str]:
    """Write it as the target's suffix, one of `FORMATS`, says; a JPEG has no transparency.

    Args:
        photograph: the first page, with the file's metadata.
        target: the file.
        more: the other pages, which are asked for one by one.

    Returns:
        what its file held and this one does not, in words.
    """
    form, metadata = FORMATS[target.suffix.lower()], photograph.metadata
    pages = chain([photograph], more)
    lost = list(metadata.lost)
    write = {"JPEG": _jpeg, "PNG": _png, "WEBP": _webp, "TIFF": _tiff, "BMP": _bmp}[form.name]
    data = write(pages, form, metadata, lost)
    with replacing(target) as part:
        part.write_bytes(data)
    return lost


def _image(photograph: Photograph, form: Format) -> Image.Image:
    image = Image.fromarray(photograph.rgb)
    if photograph.alpha and form.alpha:
        image.putalpha(photograph.alpha)
    return image


def _encoded(image: Image.Image, form: Format, **options) -> bytes:
    data = io.BytesIO()
    image.save(data, form.name, **form.options, **options)
    return data.getvalue()


def _drop_native(metadata: Metadata, form: Format, lost: list[str]) -> Metadata:
    """Without what only a file of its own format can hold, which is said."""
    if metadata.format == form.name or not (metadata.native or metadata.pages):
        return metadata
    if metadata.native or any(metadata.pages):
        lost.append(f"data that only {metadata.format} can hold")
    return replace(metadata, native=b"", pages=())


def _jpeg(pages, form: Format, metadata: Metadata, lost: list[str]) -> bytes:
    metadata = _drop_native(metadata, form, lost)
    parts = []
    for what, header, content in (
        ("EXIF data", b"", metadata.exif),
        ("XMP", XMP_HEADER, metadata.xmp),
        ("profile", b"ICC_PROFILE\0\1\1", metadata.icc),
    ):
        if len(header + content) > _SEGMENT:
            lost.append(f"its {what}, too long for JPEG")
        elif content:
            parts.append(segment(0xE2 if what == "profile" else 0xE1, header + content))
    extra = b"".join(parts) + metadata.native
    return _encoded(_image(next(pages), form), form, extra=extra, **_resolution(metadata))


def _resolution(metadata: Metadata) -> dict:
    return {"dpi": metadata.dpi} if metadata.dpi else {}


def _png(pages, form: Format, metadata: Metadata, lost: list[str]) -> bytes:
    metadata = _drop_native(metadata, form, lost)
    options = _resolution(metadata) | {"exif": metadata.exif, "icc_profile": metadata.icc or None}
    data = _animated(pages, form, metadata, options)
    own = metadata.native
    if metadata.xmp:
        own += _chunk(b"iTXt", XMP_KEY + b"\0\0\0\0" + metadata.xmp)
    return data[:33] + own + data[33:]  # after the header


def _chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return len(content).to_bytes(4, "big") + name + content + check.to_bytes(4, "big")


def _webp(pages, form: Format, metadata: Metadata, lost: list[str]) -> bytes:
    metadata = _drop_native(metadata, form, lost)
    options = {"exif": metadata.exif, "xmp": metadata.xmp, "icc_profile": metadata.icc}
    return _animated(pages, form, metadata, options | {"lossless": metadata.lossless})


def _animated(pages, form: Format, metadata: Metadata, options: dict) -> bytes:
    first, *others = pages
    if not others:
        return _encoded(_image(first, form), form, **options)
    if len({page.rgb.shape for page in (first, *others)}) > 1:
        raise ValueError(
            f"its pages differ in size, which {form.name} cannot hold; rename it to .tif"
        )
    durations = [page.duration or 0 for page in (first, *others)]
    images = [_image(page, form) for page in (first, *others)]
    if len({image.mode for image in images}) > 1:
        images = [image.convert("RGBA") for image in images]
    options |= {"save_all": True, "append_images": images[1:], "loop": metadata.loop or 0}
    if metadata.still and form.name == "PNG":
        options["default_image"], durations = True, durations[1:]
    return _encoded(images[0], form, duration=durations, **options)


def _bmp(pages, form: Format, metadata: Metadata, lost: list[str]) -> bytes:
    if metadata.exif or metadata.xmp or metadata.native or any(metadata.pages):
        lost.append("data that BMP cannot hold")
    return _encoded(_image(next(pages), form), form, **_resolution(metadata))


def _tiff(pages, form: Format, metadata: Metadata, lost: list[str]) -> bytes:
    written = io.BytesIO()
    options = _resolution(metadata) | {"icc_profile": metadata.icc or None}
    count = 0
    with TiffImagePlugin.AppendingTiffWriter(written) as file:
        for page in pages:
            _image(page, form).save(file, form.name, **form.options, **options)
            file.newFrame()
            count += 1
    plain = written.getvalue()
    fields, block = list(metadata.pages), metadata.block
    if metadata.format != "TIFF":
        metadata = _drop_native(metadata, form, lost)
        fields, block = _fields(metadata, count), metadata.exif.removeprefix(EXIF_HEADER)
    if not any(fields):
        return plain
    try:
        data, damaged = ifd.with_fields(plain, fields, block)
    except (ValueError, IndexError) as error:
        lost.append(f"its tags, which are damaged ({error})")
        return plain
    lost += ["EXIF data, which is damaged"] if damaged else []
    return data


def _fields(metadata: Metadata, count: int) -> list[dict[int, ifd.Field]]:
    """EXIF and XMP as tags of a TIFF's first page."""
    fields: dict[int, ifd.Field] = {}
    if exif := metadata.exif.removeprefix(EXIF_HEADER):
        block = ifd.Block(exif)
        fields |= block.directory(block.first()).fields
        fields.pop(ifd.ORIENTATION, None)
    if metadata.xmp:
        fields[XMP] = ifd.Field(XMP, 1, metadata.xmp, 0, "<")
    return [fields, *[{}] * (count - 1)]
