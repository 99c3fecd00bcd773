"""The user's own photographs: any folder of them, checked before they are split."""

import hashlib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from colorization.data.collection import sorted_below, split_by_seed
from colorization.data.source import UNSPLIT, ImageFile, Splits, image_files
from colorization.errors import UserError

MOST_TO_TEST = 200  # images, where a tenth would be more


@dataclass(frozen=True)
class OwnFile(ImageFile):
    """A photograph below a folder, told apart by where it lies there and by its contents."""

    folder: Path

    @property
    def name(self) -> str:
        """Its path below the folder; what cannot be printed is escaped."""
        below = self.path.relative_to(self.folder).as_posix()
        return "".join(c if c.isprintable() else repr(c)[1:-1] for c in below)

    @property
    def identity(self) -> tuple:
        try:
            about = self.path.stat()
            state = about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns
            return self.name, _sha256(self.path, state)
        except OSError:  # it is left out
            return self.name, None


@cache
def _sha256(path: Path, state: tuple) -> str:
    """Of a file's contents, read once by a process as long as the file's state stays."""
    return hashlib.sha256(ImageFile(path).read()).hexdigest()


@dataclass(frozen=True)
class OwnPhotographs:
    """Photographs in any folder, at any depth.

    Which can be used is known before they are split. A prepared set of them is known by their
    contents: they may be replaced by others of the same names and sizes.

    Args:
        folder: where they are.
        test: number of test images; None for a tenth of those that can be used, at least one and
            at most 200.
        train: number of training images; None for all the others.
        seed: of the split.
    """

    folder: str
    test: int | None = None
    train: int | None = None
    seed: int = 0

    licence = "the user's own"
    strict = False

    def __post_init__(self):
        object.__setattr__(self, "folder", str(self.folder))

    @property
    def name(self) -> str:
        """The folder's name, and a few digits that tell folders of one name apart."""
        path = Path(self.folder).resolve()
        plain = re.sub(r"[^a-z0-9]+", "-", path.name.lower()).strip("-")
        return f"own-{plain}-{hashlib.sha256(bytes(path)).hexdigest()[:6]}"

    @property
    def key(self) -> str:
        train = "all" if self.train is None else self.train
        test = "tenth" if self.test is None else self.test
        return f"{self.name}-{train}-{test}-seed{self.seed}"

    @property
    def title(self) -> str:
        return f"photographs in {self.folder}"

    def files(self) -> Splits:
        """All of them, not split yet.

        Raises:
            UserError: there is no such folder, or there are not two files in it.
        """
        folder = Path(self.folder)
        if not folder.is_dir():
            raise UserError(f"{folder} is not a folder; give one that holds photographs")
        found = sorted_below(folder, image_files(folder))
        if len(found) < 2:
            raise UserError(
                f"{folder} holds {len(found)} photographs; put more there, 2 at the least"
            )
        return {UNSPLIT: [OwnFile(path, folder) for path in found]}

    def split(self, count: int) -> dict[str, list[int]]:
        """Which of `count` photographs that can be used are to be in each split, by number.

        Raises:
            UserError: there are not enough.
        """
        test = min(MOST_TO_TEST, max(1, count // 10)) if self.test is None else self.test
        numbers = list(range(count))
        return split_by_seed(numbers, test=test, train=self.train, seed=self.seed, place=self.title)
