"""Sets of photographs that come without a split of their own: a seeded rule makes one."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd

from colorization.data import archives, download, kaggle, roots
from colorization.data.source import Splits, image_files
from colorization.errors import UserError

Image = TypeVar("Image")  # a path, or what else is to be split


def split_by_seed(
    paths: list[Image],
    *,
    test: int,
    train: int | None,
    seed: int,
    place: str,
    turn_of: Callable[[Image], object] | None = None,
) -> dict[str, list[Image]]:
    """The test and the training split of a list of images.

    Args:
        paths: sorted, or what else is to be split; each split keeps their order.
        test: number of test images.
        train: number of training images; None for all the others.
        seed: of the permutation.
        place: where the images are, for the message.
        turn_of: image to its class, if classes take turns: the test images, then the training
            images, come of as many as there are, however many images each has.

    Returns:
        "train" and "test", or one of them where the other is to have no image.

    Raises:
        UserError: there are not enough images.
        ValueError: a negative number.
    """
    if test < 0 or (train or 0) < 0:
        raise ValueError(f"need test, train >= 0, not {test}, {train}")
    needed = test + (1 if train is None else train)
    if len(paths) < needed:
        parts = f"{test} to test" + ("" if train == 0 else f" and {needed - test} to train")
        raise UserError(
            f"{place}: {len(paths)} images are there and {needed} are needed ({parts}); add some,"
            " or ask for fewer"
        )
    order = np.random.RandomState(seed).permutation(len(paths))
    if turn_of:
        classes = pd.Series([turn_of(paths[i]) for i in order])
        order = order[np.argsort(classes.groupby(classes).cumcount(), kind="stable")]
    stop = None if train is None else test + train
    chosen = {"train": order[test:stop], "test": order[:test]}
    return {
        split: [paths[i] for i in sorted(indices)]
        for split, indices in chosen.items()
        if len(indices)
    }


def split_in_order(
    items: list[Image], *, train: int, test: int, place: str
) -> dict[str, list[Image]]:
    """The first items to train, the next to test; a split of none is left out.

    Args:
        place: what has them, for the message.

    Raises:
        UserError: there are not enough.
    """
    needed = train + test
    if len(items) < needed:
        raise UserError(
            f"{place} has {len(items)} rows and {needed} are needed"
            f" ({train} to train and {test} to test); ask for fewer, or get the"
            " whole set"
        )
    splits = {"train": items[:train], "test": items[train:needed]}
    return {split: chosen for split, chosen in splits.items() if chosen}


def sorted_below(folder: Path, paths: list[Path]) -> list[Path]:
    """Paths sorted by their part below `folder`, alike on every system."""
    return sorted(paths, key=lambda path: path.relative_to(folder).as_posix())


class Collection:
    """A folder of photographs, found below a data root or else fetched.

    Attributes:
        name: of the set, part of its key.
        title, licence: for people.
        home: the folder below a root that the set is fetched into; None for `name`.
        layouts: glob patterns of the set's folder as archives have it. They are looked for below
            `home`, below what was unpacked there, and below a root itself. A pattern may also be
            that of files in the folder.
        classes: folders that hold the images; if there are none, all images below the set's folder
            belong to it.
        slug: of the data set on Kaggle; where there is none,
        archive: name and address of a file to download.
    """

    name: str
    title: str
    licence: str
    home: str | None = None
    layouts: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    slug: str | None = None
    archive: tuple[str, str] = ("", "")
    strict = False

    def photographs(self) -> list[Path]:
        """All images of the set, sorted by their path below its folder.

        Raises:
            UserError: the set is not there and cannot be fetched, or lacks a class.
        """
        found = self._find_or_fetch()
        folder = found.parent if found.is_file() else found
        return sorted_below(folder, self._images(folder, () if found.is_file() else self.classes))

    def _find_or_fetch(self) -> Path:
        """What the first layout that is there matches: the set's folder, or a file in it."""
        return self._find() or self._fetch()

    def _find(self) -> Path | None:
        home = self.home or self.name
        prefixes = (f"{home}/", f"{home}/unpacked/", "")
        return roots.find(*(prefix + layout for layout in self.layouts for prefix in prefixes))

    def _fetch(self) -> Path:
        home = roots.write_root() / (self.home or self.name)
        target = home / "unpacked"
        if not target.exists():
            origin = kaggle.page(self.slug) if self.slug else self.archive[1]
            with download.fetching(self.title, self.licence, origin, home):
                if not target.exists():
                    self._fetch_into(home, target)
        if found := self._find():
            return found
        raise UserError(f"{target} holds no {self.layouts[0]}; delete it and run again")

    def _fetch_into(self, home: Path, target: Path) -> None:
        if self.slug:
            kaggle.fetch_dataset(self.slug, home)
        else:
            name, url = self.archive
            archives.unpack(download.fetch([url], home / name), target)

    def _images(self, folder: Path, classes: tuple[str, ...]) -> list[Path]:
        for name in classes:
            if not (folder / name).is_dir():
                raise UserError(
                    f"{folder} has no folder {name}, which {self.title} has; put it there, or move"
                    f" {folder} away to have the set fetched"
                )
        folders = [folder / name for name in classes] or [folder]
        return [path for folder in folders for path in image_files(folder)]


class SeededSplit(Collection):
    """What sets with the fields `test`, `train` and `seed` have in common.

    Attributes:
        by_turns: whether folders, which are classes, take turns; see `split_by_seed`.
    """

    by_turns = False

    test: int
    train: int | None
    seed: int

    @property
    def key(self) -> str:
        train = "all" if self.train is None else self.train
        return f"{self.name}-{train}-{self.test}-seed{self.seed}"

    def files(self) -> Splits:
        return split_by_seed(
            self.photographs(),
            test=self.test,
            train=self.train,
            seed=self.seed,
            place=self.title,
            turn_of=(lambda path: path.parent) if self.by_turns else None,
        )


P = TypeVar("P", bound="Photographs")


@dataclass(frozen=True)
class Photographs(SeededSplit):
    """A collection with a seeded split.

    Args:
        test: number of test images.
        train: number of training images; None for all the others.
        seed: of the split.
    """

    test: int
    train: int | None = None
    seed: int = 0

    def _split_of(self, kind: type[P]) -> P:
        return kind(test=self.test, train=self.train, seed=self.seed)


@dataclass(frozen=True)
class Mixture(SeededSplit):
    """Several collections as one.

    Args:
        parts: collections, all images of each; their own splits do not matter.
        test, train, seed: as for `Photographs`, of the whole.
    """

    parts: tuple[Collection, ...]
    test: int
    train: int | None = None
    seed: int = 0

    @property
    def name(self) -> str:
        return "+".join(part.name for part in self.parts)

    @property
    def title(self) -> str:
        return " and ".join(part.title for part in self.parts)

    @property
    def licence(self) -> str:
        return "; ".join(f"{part.title}: {part.licence}" for part in self.parts)

    def photographs(self) -> list[Path]:
        """Images of the parts, one part after the other."""
        return [path for part in self.parts for path in part.photographs()]
