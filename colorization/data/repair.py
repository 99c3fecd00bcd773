"""What a file is that is no image, and files that are whole but for what pixels do not need."""

import io
import struct

from PIL import Image

_KINDS = {
    b"%!PS": "PostScript, which takes another program",
    b"\xc5\xd0\xd3\xc6": "PostScript, which takes another program",
    b"%PDF": "a PDF document",
    b"PK\3\4": "an archive or a document",
    b"\0\5\x16\7": "what macOS keeps beside a file",
    b"version https://git-lfs": "a pointer of Git LFS",
    b"8BPS": "a Photoshop document; save it as TIFF or PNG",
}
_BRANDS = {b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"}


def what_it_is(data: bytes) -> str:
    """What a file is that was not known as an image, for a message."""
    start = data[:256].lstrip(b"\xef\xbb\xbf \r\n\t")
    if not data:
        return "it is empty"
    if not data.strip(b"\0"):
        return "it is nothing but zeros"
    if start.lower().startswith((b"<!doctype html", b"<html")):
        return "it is an HTML page"
    if start.startswith((b"<svg", b"<?xml")):
        return "it is a drawing or a text in XML"
    if data[4:8] == b"ftyp":
        heic = data[8:12] in _BRANDS
        return (
            "it is HEIC; convert it to JPEG first"
            if heic
            else "it is a video, or of a format that is not read"
        )
    for magic, kind in _KINDS.items():
        if data.startswith(magic):
            return f"it is {kind}"
    return "it is no image, or damaged, or of a format that is not read"


def repaired(data: bytes) -> bytes | None:
    """A file without its fault, where all its pixels are there; else nothing.

    A PNG whose text is damaged or unpacks to megabytes; a JPEG that lacks its end
    marker, if no row is missing.
    """
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        chunks = list(png_chunks(data))
        kept = [chunk for name, chunk in chunks if name not in (b"tEXt", b"zTXt", b"iTXt")]
        return data[:8] + b"".join(kept) if len(kept) < len(chunks) else None
    if data.startswith(b"\xff\xd8") and not data.endswith(END):
        data = data.removesuffix(END[:1])
        # A decoder that still needs bits takes them from whatever follows.
        if _pixels(data + END) == _pixels(data + b"\x55\xa0" * 512 + END):
            return data + END
    return None


END = b"\xff\xd9"  # of a JPEG


def _pixels(jpeg: bytes) -> bytes:
    with Image.open(io.BytesIO(jpeg), formats=("JPEG",)) as image:
        return image.tobytes()


def png_chunks(data: bytes):
    """Names of a PNG's chunks and their bytes, as far as they go."""
    at = 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        yield data[at + 4 : at + 8], data[at : at + 12 + length]
        at += 12 + length
