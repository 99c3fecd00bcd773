"""What an image set is: images by split, each a path or an `Item`."""

import errno
import os
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np

from colorization.errors import shown


class Item(Protocol):
    """An image before it is decoded. `str(item)` names it in messages."""

    @property
    def name(self) -> str:
        """ "folder/name" in the manifest; the folder is the image's class."""

    @property
    def identity(self) -> tuple:
        """Plain values that change when the image does, found without reading it."""

    def read(self) -> bytes | np.ndarray:
        """The contents of its file, or uint8 `[H, W, 3]` in 8-bit Lab."""


@dataclass(frozen=True)
class ImageFile:
    """The item that a path stands for."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def name(self) -> str:
        return f"{self.path.parent.name}/{self.path.name}"

    @property
    def identity(self) -> tuple:
        return self.path.parent.name, self.path.name, self.path.stat().st_size

    def read(self) -> bytes:
        return contents(self.path)


def as_items(listed: Iterable[Path | Item]) -> list[Item]:
    """What a source lists, each as an item."""
    return [ImageFile(item) if isinstance(item, Path) else item for item in listed]


Splits = Mapping[str, Sequence[Path | Item]]

SPLITS = ("train", "val", "test")

# In place of splits: images that are to be checked first. Their source has `split(count)`, which
# says how so many that can be used are split.
UNSPLIT = "unsplit"

EXTENSIONS = {".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".gif", ".avif"}
EXTENSIONS |= {".tif", ".tiff", ".bmp", ".jp2"}

MOST_BYTES = 1 << 31  # of a file; a photograph of 178 megapixels and 16 bits has 1.4 GB


class NoPhotograph(OSError):
    """What a path leads to is no file that can be read to its end; the message says why."""


@cache
def once(line: str) -> None:
    """Print a line that this process has not printed yet."""
    print(line)


def image_files(folder: Path, say: Callable[[str], None] = once) -> list[Path]:
    """Photographs below a folder, sorted by path: the one rule for colouring and for training.

    Regular files (links to them too) that end in one of `EXTENSIONS`, but for hidden ones and for
    those in hidden folders and in `__MACOSX`; links to folders are not followed. Whether a file is
    what its name says shows when it is read.

    Args:
        folder: as deep as it goes.
        say: called with a line for each path that ends as a photograph does and is none.
    """

    def unreadable(error: OSError) -> None:
        say(f"{shown(error.filename)}: passed over ({error.strerror})")

    found = []
    for place, folders, names in os.walk(folder, onerror=unreadable):
        for name in [name for name in folders if name.startswith(".") or name == "__MACOSX"]:
            folders.remove(name)
        for name in folders:
            if os.path.islink(os.path.join(place, name)):
                say(f"{shown(Path(place, name))}: passed over (a link to a folder)")
        for name in names:
            path = Path(place, name)
            if path.suffix.lower() not in EXTENSIONS:
                continue
            if reason := no_photograph(path):
                say(f"{shown(path)}: passed over ({reason})")
            else:
                found.append(path)
    return sorted(found)


_KINDS = {stat.S_ISFIFO: "a named pipe", stat.S_ISSOCK: "a socket", stat.S_ISDIR: "a folder"}
_KINDS |= {stat.S_ISCHR: "a device", stat.S_ISBLK: "a device"}


def no_photograph(path: Path) -> str | None:
    """Why what lies there, of whatever content, is not taken from a folder; None if it is."""
    if path.name.startswith("._"):
        return "what macOS keeps beside a file"
    if path.name.startswith("."):
        return "hidden"
    return no_file(path)


def no_file(path: Path) -> str | None:
    """Why a path does not lead to a regular file; None if it does, or if reading it will say."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        if error.errno == errno.ELOOP:
            return "a link that leads to itself"
        if error.errno == errno.ENOENT and path.is_symlink():
            return "a link to a file that is gone"
        return None
    return next((kind for test, kind in _KINDS.items() if test(mode)), None)


def contents(path: Path) -> bytes:
    """All of a regular file, without ever waiting for one that is a pipe by now.

    Raises:
        NoPhotograph: it is none, or larger than 2 GB.
        OSError: it cannot be read.
    """
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise NoPhotograph(f"is {no_file(path) or 'no file'}")
        if about.st_size > MOST_BYTES:
            raise NoPhotograph(f"has {about.st_size / 1e9:.1f} GB; 2 GB at most are read")
        return file.read()
