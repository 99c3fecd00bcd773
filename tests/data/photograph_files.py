"""Photographs in every way that a file can hold them: bars of four grays, written byte by byte.

No library writes all of these: linear profiles, samples of odd bits, white that is zero, a key that
is transparent. The bars are 40, 100, 160 and 220 in sRGB.
"""

import io
import struct
import zlib

import numpy as np
from PIL import Image

GRAYS = (40, 100, 160, 220)
LIGHTNESS = (16.1, 42.4, 65.9, 87.8)  # of the bars, in Lab units
BARS = np.repeat(np.array(GRAYS, "uint8"), 24)[None].repeat(64, 0)


def light(values: np.ndarray) -> np.ndarray:
    """Linear light in 0..1 of sRGB in 0..255."""
    value = values / 255
    return np.where(value > 0.04045, ((value + 0.055) / 1.055) ** 2.4, value / 12.92)


def whole(values: np.ndarray, bits: int) -> np.ndarray:
    """Values in 0..1 as whole numbers of so many bits."""
    kind = "uint8" if bits <= 8 else "uint16" if bits <= 16 else "uint32"
    return np.rint(values * (2.0**bits - 1)).astype(kind)


def encoded(pixels: np.ndarray, form: str = "PNG", **options) -> bytes:
    data = io.BytesIO()
    Image.fromarray(pixels).save(data, form, **options)
    return data.getvalue()


def profile(space: str, gamma: float, name: str = "a profile") -> bytes:
    """A matrix profile with sRGB's primaries, or a gray one, of another gamma.

    Args:
        space: "RGB" or "GRAY".
        gamma: light is the sample to this power.
        name: its description.
    """
    xyz = {"wtpt": (0.9642, 1.0, 0.8249)}
    if space == "RGB":
        xyz["rXYZ"] = (0.4361, 0.2225, 0.0139)
        xyz["gXYZ"] = (0.3851, 0.7169, 0.0971)
        xyz["bXYZ"] = (0.1431, 0.0606, 0.7141)
    curve = b"curv" + struct.pack(">IIH", 0, 1, round(gamma * 256)) + b"\0\0"
    text = name.encode() + b"\0"
    desc = b"desc" + struct.pack(">II", 0, len(text)) + text + b"\0" * 78
    tags = {"desc": desc, "cprt": b"text\0\0\0\0none\0"}
    tags |= {
        tag: b"XYZ \0\0\0\0" + struct.pack(">3i", *(round(v * 65536) for v in values))
        for tag, values in xyz.items()
    }
    tags |= dict.fromkeys(("rTRC", "gTRC", "bTRC") if space == "RGB" else ("kTRC",), curve)
    table, body, at = b"", b"", 128 + 4 + 12 * len(tags)
    for tag, content in tags.items():
        content += b"\0" * (-len(content) % 4)
        table += tag.encode() + struct.pack(">II", at + len(body), len(content))
        body += content
    head = struct.pack(
        ">I4sI4s4s4s", at + len(body), b"", 0x02400000, b"mntr", space.ljust(4).encode(), b"XYZ "
    )
    head += struct.pack(">6H", 2026, 1, 1, 0, 0, 0) + b"acsp" + b"\0" * 28
    head += struct.pack(">3i", 63190, 65536, 54061) + b"\0" * 48
    return head + struct.pack(">I", len(tags)) + table + body


def chunk(name: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + name
        + content
        + struct.pack(">I", zlib.crc32(name + content))
    )


def png(samples: np.ndarray, *chunks: tuple[bytes, bytes], bits: int | None = None) -> bytes:
    """A PNG of uint8 or uint16 samples `[H, W]` or `[H, W, C]`, with chunks before its pixels."""
    height, width = samples.shape[:2]
    samples = samples.reshape(height, width, -1)
    kind, bits = {1: 0, 2: 4, 3: 2, 4: 6}[samples.shape[-1]], bits or samples.itemsize * 8
    lines = b"".join(b"\0" + packed(samples[row : row + 1], bits, ">") for row in range(height))
    header = struct.pack(">IIBB3x", width, height, bits, kind)
    parts = [(b"IHDR", header), *chunks, (b"IDAT", zlib.compress(lines)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def icc_chunk(profile: bytes) -> tuple[bytes, bytes]:
    return b"iCCP", b"a\0\0" + zlib.compress(profile)


def packed(samples: np.ndarray, bits: int, order: str) -> bytes:
    """Rows of samples `[H, W, C]`, each of so many bits and padded to whole bytes."""
    if bits >= 8 and bits % 8 == 0:
        return samples.astype(samples.dtype.newbyteorder(order)).tobytes()
    rows = samples.reshape(len(samples), -1)
    places = rows[..., None].astype("uint32") >> np.arange(bits - 1, -1, -1, dtype="uint32") & 1
    return np.packbits(places.reshape(len(rows), -1).astype("uint8"), axis=-1).tobytes()


def tiff(*pages: dict, order: str = "<") -> bytes:
    """A TIFF file, its strips uncompressed.

    Args:
        pages: each with `samples` `[H, W]` or `[H, W, C]`, and if need be `bits` of a sample,
            `planar`, and `tags`: more of them, or other values, by number; a number is a SHORT,
            bytes are bytes, text is ASCII, a list of numbers SHORTs.
        order: "<" or ">".
    """
    data = bytearray({"<": b"II*\0", ">": b"MM\0*"}[order] + struct.pack(order + "I", 0))
    link = 4
    for page in pages:
        samples = page["samples"]
        height, width = samples.shape[:2]
        samples = samples.reshape(height, width, -1)
        count, bits = samples.shape[-1], page.get("bits", samples.itemsize * 8)
        planes = (
            [samples[..., i : i + 1] for i in range(count)] if page.get("planar") else [samples]
        )
        places, sizes = [], []
        for plane in planes:
            places.append(len(data))
            data += packed(plane, bits, order)
            sizes.append(len(data) - places[-1])
            data += b"\0" * (len(data) % 2)
        tags = {256: width, 257: height, 258: [bits] * count, 259: 1, 262: 2 if count > 2 else 1}
        tags |= {273: ("I", places), 277: count, 278: height, 279: ("I", sizes)}
        tags |= {284: 2} if page.get("planar") else {}
        tags |= {339: [{"f": 3, "i": 2}.get(samples.dtype.kind, 1)] * count}
        entries = []
        for tag, value in sorted((tags | page.get("tags", {})).items()):
            entries.append((tag, *_field(value, order)))
        at = len(data)
        struct.pack_into(order + "I", data, link, at)
        beyond = at + 2 + 12 * len(entries) + 4
        directory, more = struct.pack(order + "H", len(entries)), b""
        for tag, kind, number, content in entries:
            directory += struct.pack(order + "HHI", tag, kind, number)
            if len(content) > 4:
                directory += struct.pack(order + "I", beyond + len(more))
                more += content + b"\0" * (len(content) % 2)
            else:
                directory += content.ljust(4, b"\0")
        link = at + len(directory)
        data += directory + b"\0\0\0\0" + more
    return bytes(data)


def _field(value, order: str) -> tuple[int, int, bytes]:
    """Type, count and content of a tag's value."""
    if isinstance(value, bytes):
        return 7, len(value), value
    if isinstance(value, str):
        return 2, len(value) + 1, value.encode() + b"\0"
    kind, values = value if isinstance(value, tuple) else ("H", value)
    values = values if isinstance(values, list) else [values]
    number = {"B": 1, "H": 3, "I": 4, "2I": 5}[kind]
    if kind == "2I":
        return number, len(values), b"".join(struct.pack(order + "2I", *v) for v in values)
    return number, len(values), struct.pack(f"{order}{len(values)}{kind}", *values)
