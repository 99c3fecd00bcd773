"""Photographs that are published as arrays of 8-bit Lab instead of files."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from colorization.data.collection import Collection, Mixture, split_in_order
from colorization.data.mirflickr import Mirflickr, find_manifest
from colorization.data.sets import ImagenetMini, Scenes
from colorization.data.source import Splits
from colorization.errors import UserError

SIZE = 224  # pixels


class LabArrays:
    """Rows of memory-mapped arrays, as the multi-domain set has them.

    Args:
        folder: holds `l/gray_scale.npy`, uint8 `[N, 224, 224]`, and `ab/ab/ab1.npy`, `ab2.npy` and
            `ab3.npy`, uint8 `[n, 224, 224, 2]` with N rows together: L * 255 / 100, a + 128 and
            b + 128.

    Raises:
        UserError: a file is missing, is no such array, or the numbers of rows do not agree.
    """

    def __init__(self, folder: Path):
        self.lightness_file = folder / "l/gray_scale.npy"
        self.ab_files = [folder / f"ab/ab/ab{number}.npy" for number in (1, 2, 3)]
        self.lightness = _open(self.lightness_file, ())
        self.ab = [_open(path, (2,)) for path in self.ab_files]
        rows = sum(map(len, self.ab))
        if rows != len(self.lightness):
            raise UserError(
                f"{self.lightness_file} has {len(self.lightness)} rows and"
                f" {self.ab_files[0].parent}/ab*.npy have {rows} together, where they should have"
                " the same number; get the set again"
            )

    def __len__(self) -> int:
        return len(self.lightness)

    def __getitem__(self, row: int) -> np.ndarray:
        """One image, uint8 `[224, 224, 3]` in 8-bit Lab."""
        left = row
        for part in self.ab:
            if left < len(part):
                return np.concatenate([self.lightness[row][..., None], part[left]], axis=-1)
            left -= len(part)
        raise IndexError(row)

    @cached_property
    def identity(self) -> tuple:
        """Size and time of change of the files: arrays of one shape all have one size."""
        stats = [path.stat() for path in (self.lightness_file, *self.ab_files)]
        return tuple(number for stat in stats for number in (stat.st_size, stat.st_mtime_ns))


@dataclass(frozen=True, eq=False)
class LabRow:
    """One row of the arrays; an `Item` of `colorization.data.sources`."""

    arrays: LabArrays
    row: int

    def __str__(self) -> str:
        return f"row {self.row} of {self.arrays.lightness_file}"

    @property
    def name(self) -> str:
        return f"{MultiDomain.name}/{self.row:05d}"

    @property
    def identity(self) -> tuple:
        return self.name, *self.arrays.identity

    def read(self) -> np.ndarray:
        return self.arrays[self.row]


@dataclass(frozen=True)
class MultiDomain(Collection):
    """The multi-domain set of report 000, from Kaggle: 25,000 photographs of 224 px in Lab.

    Args:
        train: number of training images, the first rows.
        test: number of test images, the next rows.
    """

    train: int = 12500
    test: int = 160

    name = "multi-domain"
    title = "Kaggle's multi-domain set"
    licence = "not stated"
    layouts = ("l/gray_scale.npy", "image-colorization/l/gray_scale.npy")
    slug = "shravankumar9892/image-colorization"
    space = "lab8"

    @property
    def key(self) -> str:
        return f"{self.name}-{self.train}-{self.test}"

    @property
    def stand_in(self) -> Mirflickr | Mixture:
        if find_manifest():
            return Mirflickr(train=self.train, test=self.test)
        parts = (Scenes(test=0), ImagenetMini(test=0))
        return Mixture(parts=parts, test=self.test, train=self.train)

    def files(self) -> Splits:
        arrays = LabArrays(self._find_or_fetch().parents[1])
        rows = [LabRow(arrays, row) for row in range(len(arrays))]
        place = str(arrays.lightness_file)
        return split_in_order(rows, train=self.train, test=self.test, place=place)


def _open(path: Path, channels: tuple[int, ...]) -> np.ndarray:
    """A memory map of uint8 `[N, 224, 224, *channels]`."""
    shape = (SIZE, SIZE, *channels)
    wanted = f"uint8 [N, {', '.join(map(str, shape))}]"
    if not path.is_file():
        raise UserError(f"{path} is missing, which should hold {wanted}; get the whole set")
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError, OSError) as error:
        text = " ".join(str(error).split())[:120]
        raise UserError(
            f"{path} cannot be read as an array of {wanted} ({text}); get it again"
        ) from None
    if array.dtype != np.uint8 or array.shape[1:] != shape:
        found = f"{array.dtype} [{', '.join(map(str, array.shape))}]"
        raise UserError(f"{path} holds {found} where {wanted} is expected; get it again")
    return array
