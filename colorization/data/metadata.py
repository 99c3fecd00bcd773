"""What a file holds beside its pixels, kept as the bytes that it is.

Only what would be wrong of the result is changed: the orientation, which has been applied, becomes
1 in its place, thumbnails (which are gray) are unlinked, a profile that was applied becomes sRGB's.
"""

import re
import struct
import zlib
from dataclasses import dataclass, field, replace
from functools import lru_cache

from PIL import ImageCms

from colorization.data import ifd
from colorization.data.profile import is_srgb, space_of
from colorization.data.repair import png_chunks

EXIF_HEADER = b"Exif\0\0"
XMP_HEADER = b"http://ns.adobe.com/xap/1.0/\0"
XMP = 700  # the tag of a TIFF

# Tags of a TIFF page that say how its pixels lie there, or what has been applied to them.
_OF_PIXELS = {*range(254, 269), *range(273, 274), ifd.ORIENTATION, *range(277, 282), 284}
_OF_PIXELS |= {*range(288, 296), 301, *range(317, 323), *range(322, 326), 330, 332, 333, 334}
_OF_PIXELS |= {*range(336, 348), *range(512, 533), 34675, 37724, 50341}


@dataclass(frozen=True)
class Metadata:
    """What else a file holds.

    Attributes:
        format: Pillow's name of the file's.
        exif: with its header "Exif"; may be empty, as all others.
        xmp: the packet.
        icc: sRGB's profile where the file had one.
        dpi: horizontal and vertical.
        native: what only a file of the same format can hold: segments of a JPEG with their
            markers, chunks of a PNG, the comment of a GIF.
        pages: a TIFF's fields by tag, for each page, and `block`, the file that they are of.
        loop: how often an animation is shown, 0 for ever; None without end or number.
        still: the first picture of an animated PNG is not of the animation.
        lossless: of a WebP.
        lost: what cannot be kept, in words.
    """

    format: str = ""
    exif: bytes = b""
    xmp: bytes = b""
    icc: bytes = b""
    dpi: tuple[float, float] | None = None
    native: bytes = b""
    pages: tuple[dict[int, ifd.Field], ...] = ()
    block: bytes = field(default=b"", repr=False)
    loop: int | None = None
    still: bool = False
    lossless: bool = False
    lost: tuple[str, ...] = ()


def metadata_of(data: bytes, file) -> Metadata:
    """Of a file's contents.

    Args:
        data: the contents.
        file: `PillowFile` or `TiffFile`.
    """
    if file.format == "TIFF":
        pages = tuple(_fields(directory) for directory in file.directories)
        profile = file.directories[0].fields.get(34675)
        return Metadata("TIFF", pages=pages, block=data, icc=_icc(profile.data if profile else b""))
    info, native = file.info, b""
    exif, xmp = info.get("exif") or b"", info.get("xmp") or b""
    lost: list[str] = []
    dpi = info.get("dpi")
    if file.format == "JPEG":
        native = _jpeg_segments(data)
        dpi = dpi if info.get("jfif_unit") else None  # or it is EXIF's own, or a guess
    elif file.format == "PNG":
        native, xmp, lost = _png_chunks(data)
        dpi = None
    elif file.format == "GIF":
        comment = info.get("comment", b"")
        native = comment if isinstance(comment, bytes) else comment.encode()
    if exif:
        try:
            exif = EXIF_HEADER + ifd.upright(exif.removeprefix(EXIF_HEADER))
        except ValueError as error:
            exif, lost = b"", [f"its EXIF data, which is damaged ({error})"]
    return Metadata(
        file.format,
        exif,
        _upright_xmp(xmp),
        _icc(info.get("icc_profile") or b""),
        _positive(dpi),
        native,
        loop=info.get("loop", 1 if file.format == "GIF" else None),
        still=bool(info.get("default_image")),
        lossless=file.format == "WEBP" and b"VP8L" in data and b"VP8 " not in data,
        lost=tuple(lost),
    )


def _fields(directory: ifd.Directory) -> dict[int, ifd.Field]:
    """A page's fields that are not of its pixels."""
    fields = {t: f for t, f in directory.fields.items() if t not in _OF_PIXELS and f.data}
    if XMP in fields:
        fields[XMP] = replace(fields[XMP], data=_upright_xmp(fields[XMP].data))
    return fields


def _positive(dpi) -> tuple[float, float] | None:
    try:
        across, down = (float(value) for value in dpi)
        return (across, down) if 0 < across < 65536 and 0 < down < 65536 else None
    except (TypeError, ValueError, ZeroDivisionError):
        return None


def _icc(profile: bytes) -> bytes:
    if not profile or space_of(profile) is None:
        return b""
    return profile if space_of(profile) == "rgb" and is_srgb(profile) else srgb()


@lru_cache(maxsize=1)
def srgb() -> bytes:
    """sRGB's profile, without the moment at which it was made."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[:24] + struct.pack(">6H", 2000, 1, 1, 0, 0, 0) + profile[36:]


def _upright_xmp(xmp: bytes) -> bytes:
    return re.sub(rb'(tiff:Orientation(?:\s*=\s*["\']|>))[2-8]', rb"\g<1>1", xmp)


def segment(marker: int, content: bytes) -> bytes:
    """A segment of a JPEG file."""
    return struct.pack(">BBH", 0xFF, marker, len(content) + 2) + content


def _jpeg_segments(data: bytes) -> bytes:
    """All of a JPEG's application data and comments that fit its result, in order."""
    found, at = [], 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != 0xDA:
        if data[at + 1] == 0xFF:  # a filling byte
            at += 1
            continue
        marker, length = data[at + 1], struct.unpack_from(">H", data, at + 2)[0]
        content = data[at + 4 : at + 2 + length]
        if _fits(marker, content):
            found.append(segment(marker, content))
        at += 2 + length
    return b"".join(found)


def _fits(marker: int, content: bytes) -> bool:
    if marker == 0xFE:
        return True
    if not 0xE1 <= marker <= 0xEF:
        return False  # JFIF's resolution is written again, its thumbnail is gray
    apart = (EXIF_HEADER, XMP_HEADER, b"ICC_PROFILE\0", b"MPF\0", b"Adobe\0")
    return not content.startswith(apart) and not (marker == 0xEE and content.startswith(b"Adobe"))


XMP_KEY = b"XML:com.adobe.xmp\0"  # in a PNG

_KEPT = (b"tIME", b"sRGB")  # although unsafe to copy by their names


def _png_chunks(data: bytes) -> tuple[bytes, bytes, list[str]]:
    """Chunks of a PNG that are safe to copy whatever becomes of its pixels; its XMP; what is lost.

    Text is lost that no reader would unpack.
    """
    found, xmp, lost = [], b"", []
    for name, chunk in png_chunks(data):
        if name in TEXT and (text := _text(name, chunk[8:-4])) is None:
            lost = ["text that is damaged or unpacks to megabytes"]
        elif name == b"iTXt" and chunk[8:].startswith(XMP_KEY):
            xmp = text or b""
        elif name in _KEPT or (name[:1].islower() and name[3:4].islower() and name != b"eXIf"):
            found.append(chunk)
    return b"".join(found), xmp, lost


def _text(name: bytes, content: bytes) -> bytes | None:
    """What a chunk of text says, unpacked; None if it is damaged or too long."""
    rest = content.partition(b"\0")[2]
    packed = name == b"zTXt" or (name == b"iTXt" and rest[:1] == b"\1")
    text = rest if name == b"tEXt" else rest[1:]
    if name == b"iTXt":
        text = rest[2:].split(b"\0", 2)[-1]
    if packed:
        unpack = zlib.decompressobj()
        try:
            text = unpack.decompress(text, MOST_TEXT)
        except zlib.error:
            return None
        if unpack.unconsumed_tail:
            return None
    return text


TEXT = (b"tEXt", b"zTXt", b"iTXt")
MOST_TEXT = 1 << 20  # bytes that one unpacks to, which is what Pillow takes

XMP_KEY = b"XML:com.adobe.xmp\0"  # in a PNG

_KEPT = (b"tIME", b"sRGB")  # although unsafe to copy by their names
