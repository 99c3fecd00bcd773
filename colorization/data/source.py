"""What an image set is: images by split, each a path or an `Item`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np


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
        return self.path.read_bytes()


def as_items(listed: Iterable[Path | Item]) -> list[Item]:
    """What a source lists, each as an item."""
    return [ImageFile(item) if isinstance(item, Path) else item for item in listed]


Splits = Mapping[str, Sequence[Path | Item]]

SPLITS = ("train", "val", "test")

EXTENSIONS = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"}


def image_files(folder: Path) -> list[Path]:
    """Image files below `folder`, sorted by path."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in EXTENSIONS)
