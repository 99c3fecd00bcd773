"""MIRFLICKR's photographs by what they show, in place of report 000's multi-domain set."""

from dataclasses import dataclass
from pathlib import Path

from colorization.data import roots
from colorization.data.collection import split_in_order
from colorization.data.source import ImageFile, Splits
from colorization.errors import UserError
from colorization.state import read_rows

MANIFEST = "mirflickr/manifest.csv"


@dataclass(frozen=True)
class Labelled(ImageFile):
    """An image file of which is known what it shows."""

    label: str

    @property
    def name(self) -> str:
        return f"{self.label}/{self.path.name}"


@dataclass(frozen=True)
class Mirflickr:
    """Photographs of Flickr, in the order of their numbers; Kaggle's set very probably is of them.

    `mirflickr/manifest.csv` has a row for each: `file`, below `images` beside it, and `domain`.

    Args:
        train: number of training images, the first rows.
        test: number of test images, the next rows.
    """

    train: int = 12500
    test: int = 160

    name = "mirflickr"
    title = "MIRFLICKR"
    licence = "each photograph has its own, of Flickr's Creative Commons ones; research"
    strict = False

    @property
    def key(self) -> str:
        return f"{self.name}-{self.train}-{self.test}"

    def files(self) -> Splits:
        manifest = find_manifest()
        if manifest is None:
            raise UserError(f"there is no {MANIFEST}; data/README.md says what it holds")
        rows = _rows(manifest)
        return split_in_order(rows, train=self.train, test=self.test, place=str(manifest))


def find_manifest() -> Path | None:
    """The manifest below a data root; None if there is none."""
    return roots.find(MANIFEST)


def _rows(manifest: Path) -> list[Labelled]:
    rows = read_rows(manifest)
    if rows and not {"file", "domain"} <= rows[0].keys():
        raise UserError(f"{manifest} has no column file, or none named domain; get the set again")
    folder = manifest.parent / "images"
    return [Labelled(folder / row["file"], row["domain"]) for row in rows]
