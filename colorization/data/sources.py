"""The image sets: where each is found, or fetched from, and how its files are split.

A source is a frozen dataclass with a `key`, a `title`, a `licence`, and one method,
`files() -> {split: [image, ...]}`, which looks for the set in its native layout, then downloads
it. Not every source has a "val" split, or a "train" one. An image is the path of a file, or an
`Item`, and the images of a split are sorted by name. Further attributes:

    strict     True: a file that cannot be used is an error. False: it is left out, and so is a
               copy of an earlier file
    stand_in   another source of the same splits, for when this one cannot be had; optional
    space      "lab8" where the images are 8-bit Lab arrays; optional

Sets of photographs are in `photographs`, arrays in `lab_arrays`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from PIL import Image

from colorization.data import download, forms, roots
from colorization.errors import UserError
from colorization.files import held, replacing


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


Splits = dict[str, list[Path | Item]]
SPLITS = ("train", "val", "test")
EXTENSIONS = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"}


def image_files(folder: Path) -> list[Path]:
    """Image files below `folder`, sorted by path."""
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in EXTENSIONS)


@dataclass(frozen=True)
class BSDS500:
    """The Berkeley Segmentation Data Set, in its own split of 200 / 100 / 200 photographs.

    Args:
        train: how many of the 200 are used to train, evenly spread over their names.
    """

    train: int = 200

    title = "BSDS500"
    licence = "non-commercial research and education"
    strict = True  # a benchmark with a fixed list: a file that cannot be read is an error
    archives = (
        (
            "BSR_bsds500.tgz",
            "https://www2.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/BSR/BSR_bsds500.tgz",
        ),
        ("BSDS500-master.zip", "https://github.com/BIDS/BSDS500/archive/refs/heads/master.zip"),
    )
    counts = {"train": 200, "val": 100, "test": 200}

    @property
    def key(self) -> str:
        return "bsds500" if self.train == 200 else f"bsds500-train{self.train}"

    def files(self) -> Splits:
        images = self._find() or self._download()
        splits = {split: image_files(images / split) for split in SPLITS}
        for split, count in self.counts.items():
            if len(splits[split]) != count:
                raise UserError(
                    f"{images / split} holds {len(splits[split])} images where BSDS500 has "
                    f"{count}; delete {images} to download it again"
                )
        spread = (i * len(splits["train"]) // self.train for i in range(self.train))
        return {**splits, "train": [splits["train"][i] for i in spread]}

    def _find(self) -> Path | None:
        return roots.find(*(f"{'*/' * depth}BSDS500/data/images" for depth in range(4)))

    def _download(self) -> Path:
        folder = roots.write_root() / "berkeley"
        origin = " or ".join(url for _, url in self.archives)
        with download.fetching(self.title, self.licence, origin, folder):
            return self._find() or self._download_into(folder)

    def _download_into(self, folder: Path) -> Path:
        failures = []
        for name, url in self.archives:
            try:
                archive = download.fetch([url], folder / name)
                download.unpack(archive, folder / name.split(".")[0])
            except UserError as error:
                failures.append(str(error))
                continue
            if images := self._find():
                return images
            failures.append(f"{archive} holds no BSDS500/data/images; delete it and run again")
        raise UserError("; ".join(failures))


@dataclass(frozen=True)
class AuthorsForms:
    """The form data set published with report 001: 200 / 100 / 200 drawings of 224 px.

    Where it can't be had, `GeneratedForms` with the same counts stands in.
    """

    key = "forms-authors"
    title = "form data set of the report's authors"
    licence = "not stated by its authors"
    strict = True
    url = (
        "https://github.com/Alban999/Grayscale-Image-Colorization/raw/master/"
        "Classification/form_Datasets.zip"
    )
    sha256 = "40b695b552dd9061b2cbe780a4d1e369dad0365ffe29b2aceee152b94141092a"
    folders = {"train": "training", "val": "validation", "test": "testing"}

    @property
    def stand_in(self) -> "GeneratedForms":
        return GeneratedForms()

    def files(self) -> Splits:
        pattern = "form_Datasets/training"
        training = roots.find(pattern, f"*/{pattern}", f"*/*/{pattern}")
        folder = training.parent if training else self._unpack()
        return {split: image_files(folder / name) for split, name in self.folders.items()}

    def _unpack(self) -> Path:
        home = roots.write_root() / "forms"
        target = home / "unpacked"
        archive = roots.find("form_Datasets.zip", "*/form_Datasets.zip")
        with download.fetching(self.title, self.licence, str(archive or self.url), home):
            if not target.exists():
                archive = archive or download.fetch(
                    [self.url], home / "form_Datasets.zip", sha256=self.sha256
                )
                download.unpack(archive, target)
        return target / "form_Datasets"


@dataclass(frozen=True)
class GeneratedForms:
    """Form images drawn here, any number of them (see `colorization.data.forms`).

    Args:
        train, val, test: number of images.
        size: height and width in pixels.
        seed: of the generator; the splits never share an image.
        jitter_lightness: draw the set in which lightness does not give the shape away.
    """

    train: int = 200
    val: int = 100
    test: int = 200
    size: int = 224
    seed: int = 0
    jitter_lightness: bool = False

    title = "generated forms"
    licence = "Apache-2.0 (drawn by this code)"
    strict = True

    @property
    def key(self) -> str:
        jitter = "-jittered" if self.jitter_lightness else ""
        counts = f"{self.train}-{self.val}-{self.test}"
        return f"forms-generated{jitter}-{counts}-{self.size}px-seed{self.seed}"

    def files(self) -> Splits:
        folder = roots.write_root() / "forms" / self.key
        with held(folder, lambda: None):  # another process that draws them is done in seconds
            return {split: list(self._draw(folder, split)) for split in SPLITS}

    def _draw(self, folder: Path, split: str):
        count, stream = getattr(self, split), 3 * self.seed + SPLITS.index(split)
        target = folder / split
        target.mkdir(parents=True, exist_ok=True)
        paths = [target / f"{index:05d}.png" for index in range(count)]
        if all(path.exists() for path in paths):
            return paths
        images = forms.generate_forms(
            count, size=self.size, seed=stream, jitter_lightness=self.jitter_lightness
        )
        for path, (rgb, _) in zip(paths, images, strict=True):
            with replacing(path) as part:
                Image.fromarray(rgb).save(part, format="png")
        return paths
