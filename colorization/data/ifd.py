"""Directories of tags: what TIFF files and EXIF blocks are made of, read and changed byte for byte.

Libraries that rewrite EXIF lose what they do not know (maker notes count offsets from the block's
start) or fail at a value that its type cannot hold. Here values stay the bytes that they are.
"""

import struct
from dataclasses import dataclass, replace

ORIENTATION = 0x0112
EXIF, GPS, INTEROPERABILITY = 0x8769, 0x8825, 0xA005  # directories within directories
WITHIN = (EXIF, GPS, INTEROPERABILITY)

# By type: struct's letter of a value's parts, and how many bytes a value has.
_TYPES = {1: "B", 2: "s", 3: "H", 4: "I", 5: "I", 6: "b", 7: "s", 8: "h", 9: "i", 10: "i"}
_TYPES |= {11: "f", 12: "d", 13: "I", 16: "Q", 17: "q", 18: "Q"}
_WHOLE = (1, 3, 4, 6, 8, 9, 13, 16, 17)
_SIZES = {kind: struct.calcsize(letter) for kind, letter in _TYPES.items()} | {5: 8, 10: 8}


@dataclass(frozen=True)
class Field:
    """A tag with its value.

    Attributes:
        tag, kind: numbers of the tag and of its type, as the TIFF specification has them.
        data: the value's bytes; cut short where the file is.
        place: where they lie in the block.
        order: "<" or ">".
    """

    tag: int
    kind: int
    data: bytes
    place: int
    order: str

    def numbers(self) -> list[int]:
        """Whole numbers; none of another type."""
        if self.kind not in _WHOLE:
            return []
        letter = _TYPES[self.kind]
        return list(
            struct.unpack(f"{self.order}{len(self.data) // _SIZES[self.kind]}{letter}", self.data)
        )

    def turned(self, order: str) -> "Field":
        """The same value in another order of bytes."""
        letter = _TYPES[self.kind]
        size = struct.calcsize(letter)
        if order == self.order or size == 1:
            return replace(self, order=order)
        parts = [self.data[at : at + size][::-1] for at in range(0, len(self.data), size)]
        return replace(self, data=b"".join(parts), order=order)


@dataclass(frozen=True)
class Directory:
    """Fields by tag, where the next directory begins (0: nowhere), and where that is said."""

    fields: dict[int, Field]
    following: int
    link: int

    def numbers(self, tag: int) -> list[int]:
        """The numbers of a tag; none where there is no such one."""
        return self.fields[tag].numbers() if tag in self.fields else []

    def number(self, tag: int, otherwise: int) -> int:
        """The first number of a tag."""
        return next(iter(self.numbers(tag)), otherwise)


class Block:
    """A TIFF file or the content of an EXIF block.

    Args:
        data: beginning with "II" or "MM".

    Raises:
        ValueError: it begins otherwise.
    """

    def __init__(self, data: bytes):
        self.data = data
        self.order = {b"II": "<", b"MM": ">"}.get(bytes(data[:2]), "")
        magic = struct.unpack_from(f"{self.order}H", data, 2)[0] if self.order and data[3:] else 0
        if magic not in (42, 43):
            raise ValueError("no TIFF header")
        self.big = magic == 43
        self._offset = "Q" if self.big else "I"

    def first(self) -> int:
        """Where the first directory begins."""
        return self._unpack(self._offset, 8 if self.big else 4)

    def directory(self, at: int) -> Directory:
        """The directory that begins there.

        Raises:
            ValueError: the block ends before its entries do.
        """
        number, entry, inline = ("Q", 20, 8) if self.big else ("H", 12, 4)
        count, start = self._unpack(number, at), at + struct.calcsize(number)
        link = start + entry * count
        following = self._unpack(self._offset, link) if link + inline <= len(self.data) else 0
        if link > len(self.data):
            raise ValueError("a directory is cut off")
        fields: dict[int, Field] = {}
        for place in range(start, link, entry):
            tag, kind = (self._unpack("H", place + 2 * i) for i in (0, 1))
            if kind not in _SIZES:
                continue
            size = self._unpack(self._offset, place + 4) * _SIZES[kind]
            value = place + entry - inline
            if size > inline:
                value = self._unpack(self._offset, value)
            fields.setdefault(
                tag, Field(tag, kind, bytes(self.data[value : value + size]), value, self.order)
            )
        return Directory(fields, following, link)

    def directories(self) -> list[Directory]:
        """The file's pages, in order; a chain that leads back into itself ends there."""
        found: dict[int, Directory] = {}
        at = self.first()
        while at and at not in found:
            found[at] = self.directory(at)
            at = found[at].following
        return list(found.values())

    def _unpack(self, letter: str, at: int) -> int:
        try:
            return struct.unpack_from(self.order + letter, self.data, at)[0]
        except struct.error:
            raise ValueError("the block is cut off") from None


def upright(exif: bytes) -> bytes:
    """An EXIF block with orientation 1 and its thumbnail unlinked, all other bytes as they were.

    Args:
        exif: beginning with "II" or "MM".

    Raises:
        ValueError: its first directory cannot be read.
    """
    block, changed = Block(exif), bytearray(exif)
    directory = block.directory(block.first())
    field = directory.fields.get(ORIENTATION)
    if field and field.numbers():
        struct.pack_into(block.order + _TYPES[field.kind], changed, field.place, 1)
    if directory.following:
        struct.pack_into(block.order + block._offset, changed, directory.link, 0)
    return bytes(changed)


def with_fields(tiff: bytes, pages: list[dict[int, Field]], source: bytes) -> tuple[bytes, int]:
    """A classic TIFF file with more fields for each of its pages, of another block.

    Args:
        tiff: the file; its own fields stay where both have one.
        pages: fields by tag, for as many pages as there are.
        source: the block that they are of, for the directories within.

    Returns:
        the file, and how many directories within were damaged and are left out.

    Raises:
        ValueError: one of the two cannot be read.
    """
    block, writer = Block(tiff), _Writer(bytearray(tiff), Block(tiff).order, Block(source))
    link = 4
    for directory, more in zip(block.directories(), pages, strict=True):
        fields = {tag: f.turned(block.order) for tag, f in more.items()} | directory.fields
        at, following = writer.append(fields)
        struct.pack_into(f"{block.order}I", writer.result, link, at)
        link = following
    return bytes(writer.result), writer.damaged


@dataclass
class _Writer:
    """Writes directories to the end of a file."""

    result: bytearray
    order: str
    source: Block
    damaged: int = 0

    def append(self, fields: dict[int, Field], depth: int = 0) -> tuple[int, int]:
        """Where the directory begins, and where it says which one follows."""
        entries = b""
        for tag, field in sorted(fields.items()):
            if tag in WITHIN:
                if depth == 2:  # they lead in a circle
                    continue
                try:
                    place = field.turned(self.source.order).numbers()[0]
                    within = self.source.directory(place).fields.items()
                except (ValueError, IndexError):
                    self.damaged += 1
                    continue
                at, _ = self.append({t: f.turned(self.order) for t, f in within}, depth + 1)
                field = Field(tag, 4, struct.pack(f"{self.order}I", at), 0, self.order)
            entries += self._entry(field)
        self._even()
        at, count = len(self.result), len(entries) // 12
        self.result += struct.pack(f"{self.order}H", count) + entries + b"\0" * 4
        return at, at + 2 + len(entries)

    def _entry(self, field: Field) -> bytes:
        content = field.data
        if len(content) > 4:
            self._even()
            place = len(self.result)
            self.result += content
            content = struct.pack(f"{self.order}I", place)
        count = len(field.data) // _SIZES[field.kind]
        head = struct.pack(f"{self.order}HHI", field.tag, field.kind, count)
        return head + content.ljust(4, b"\0")

    def _even(self) -> None:
        self.result += b"\0" * (len(self.result) % 2)
