"""One finished run as it is stored: what it is, its epochs, a row an image, what figures show."""

import io
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from colorization.errors import RunUnusable, UserError
from colorization.results import samples
from colorization.state import TRAIN_ANEW, whole

ROWS = "images.csv"  # a row an image of every split
CLASS_WEIGHTS = "class_weights.csv"  # of a run that rebalances
EPOCHS = "epochs.csv"
PHOTOGRAPHS = "photographs"  # what figures show, as it was


@dataclass(frozen=True)
class StoredRun:
    """A finished run.

    Args:
        place: `.../<report>/<scale>/<arm>/seed-<n>`, where it is, or where it would be in a store.
        seed: of its training.
        facts: "config" and "environment" as the run wrote them; "splits", the measures of each
            whole split; "snapshots", after which epochs the network was judged too; "data", what
            it learned from; "cost", what it took; "shown", the images that figures show of it.
        read: (name of a file of the run) to its contents; raises `UserError` without it.
        truth: () to the rows of the baseline *ground truth* on the run's images, or None.
    """

    place: Path
    seed: int
    facts: dict
    read: Callable[[str], bytes]
    truth: Callable[[], pd.DataFrame | None] = lambda: None

    @property
    def scale(self) -> str:
        return self.place.parts[-3]

    @property
    def arm(self) -> str:
        return self.place.parts[-2]

    @property
    def name(self) -> str:
        """Report, scale, arm and seed."""
        return "/".join(self.place.parts[-4:])

    @property
    def config(self) -> dict:
        return self.facts["config"]

    @property
    def environment(self) -> dict:
        return self.facts["environment"]

    @property
    def splits(self) -> dict[str, dict]:
        """Measures of whole splits: "train", "test", further test sets, "test@5" after 5 epochs."""
        return self.facts["splits"]

    @property
    def snapshots(self) -> dict[int, str]:
        """Epoch -> name of the split of a snapshot, in order."""
        return {epoch: f"test@{epoch}" for epoch in sorted(self.facts.get("snapshots", ()))}

    @property
    def data(self) -> dict:
        """The prepared set: source, title, licence, counts, training images, further sets."""
        return self.facts["data"]

    @property
    def cost(self) -> dict:
        """Parameters, MACs, seconds of training, images a second."""
        return self.facts["cost"]

    @property
    def shown(self) -> dict[str, dict]:
        """Grids by name: names and photographs of the images, and the space of the answers; none
        for a seed that figures do not show."""
        return self.facts.get("shown", {})

    @property
    def last_epoch(self) -> int:
        """Epochs that the judged network had been trained."""
        return int(self.epochs["epoch"].iloc[-1])

    @cached_property
    def epochs(self) -> pd.DataFrame:
        return read_table(self.read(EPOCHS)).dropna(axis="columns", how="all")

    @cached_property
    def images(self) -> pd.DataFrame:
        return with_excess(read_table(self.read(ROWS)), self.truth)

    @cached_property
    def class_weights(self) -> pd.DataFrame:
        contents = self.read(CLASS_WEIGHTS)
        return check_table(self.place / CLASS_WEIGHTS, lambda: read_table(contents), ())

    def means(self, split: str) -> dict[str, float]:
        """Measures of a split: means over its images, and those of the whole set."""
        return split_means(self.images, self.splits, split)

    def answers(self, grid: str) -> np.ndarray:
        """What the network answered for the images of a grid, uint8 `[N, H, W, 3]`.

        As `colorization.results.samples` keeps it; `shown[grid]["space"]` is "ab" or "rgb".
        """
        count = len(self.shown[grid]["names"])
        return self._tiles(f"{grid}.webp", count)

    def photographs(self, grid: str) -> np.ndarray:
        """The images of a grid as they were, uint8 sRGB `[N, H, W, 3]`."""
        digests = self.shown[grid]["photographs"]
        return np.concatenate([self._tiles(f"{PHOTOGRAPHS}/{one}.webp", 1) for one in digests])

    def _tiles(self, name: str, count: int) -> np.ndarray:
        """The tiles of one of the run's pictures."""
        try:
            return samples.decode(self.read(name), count)
        except (OSError, ValueError) as error:
            raise tampered(self.place / name, str(error).partition(" <")[0]) from None

    def ciede2000(self, grid: str) -> list[float]:
        """The difference between original and answer of each image of a grid."""
        of_split = self.images[self.images["split"] == samples.split_of(grid)]
        by_name = of_split.set_index("name")["ciede2000"]
        return [float(by_name[name]) for name in self.shown[grid]["names"]]


def read_table(contents: bytes) -> pd.DataFrame:
    """A table of a run's.

    Raises:
        ValueError: it is cut off, or is none.
    """
    return pd.read_csv(io.BytesIO(whole(contents)))


def with_excess(
    rows: pd.DataFrame, truth: Callable[[], pd.DataFrame | None] = lambda: None
) -> pd.DataFrame:
    """Rows with their `bleed_excess`: bleed without the original's, where both are known.

    Rows of older runs lack the original's bleed (`bleed_true`). It is that of the baseline *ground
    truth* on the same images, which has the test images and further test sets.

    Args:
        rows: a row an image.
        truth: () to the rows of that baseline, or None.
    """
    if not {"split", "name", "bleed"} <= set(rows):
        return rows
    if "bleed_true" not in rows:
        known = truth()
        if known is None or "bleed" not in known:
            return rows
        bleed = known.drop_duplicates(["split", "name"]).set_index(["split", "name"])["bleed"]
        judged = rows["split"].str.partition("@")[0]  # a snapshot, on the test images
        there = pd.MultiIndex.from_arrays([judged, rows["name"]])
        rows = rows.assign(bleed_true=bleed.reindex(there).to_numpy())
    if not all(map(pd.api.types.is_numeric_dtype, (rows["bleed"], rows["bleed_true"]))):
        return rows  # `check_rows` says what is wrong with them
    return rows.assign(bleed_excess=rows["bleed"] - rows["bleed_true"])


def split_means(images: pd.DataFrame, splits: dict, split: str) -> dict[str, float]:
    """Means over a split's images, its set-level measures, and the chroma ratio (of the means)."""
    rows = images[images.split == split].drop(columns=["split", "name"])
    means = rows.replace(np.inf, np.nan).mean().to_dict()
    # A white page has no chroma that could be the original's.
    ratio = means["chroma"] / means["chroma_true"] if means["chroma_true"] else math.nan
    return {**means, **splits[split], "chroma_ratio": ratio}


REPLACE = "restore it, or delete the run's folder and run the arm again"

# What is read of a run: name -> type, and the columns of its tables.
_TEXT, _NUMBER = (str,), (int, float)
_EXPECTED: dict[str, dict[str, tuple]] = {
    "config": {
        "seed": (int,),
        "epochs": (int,),
        "batch_size": (int,),
        "learning_rate": _NUMBER,
        **dict.fromkeys(("recipe", "network", "objective"), (dict,)),
    },
    "environment": dict.fromkeys(("device", "precision", "backend"), _TEXT),
    "splits": dict.fromkeys(("train", "test"), (dict,)),
    "data": {
        **dict.fromkeys(("source", "title", "licence", "prepared"), _TEXT),
        "training_images": (int,),
    },
    "cost": dict.fromkeys(("parameters", "macs", "train_seconds", "images_per_second"), _NUMBER),
}
_ROW = ("split", "name", "ab_mae", "ciede2000", "chroma", "chroma_true")


def check(run: StoredRun) -> None:
    """Raise `UserError` where a run is not as it is left."""
    for section, fields in _EXPECTED.items():
        found = run.facts.get(section)
        for key, types in fields.items():
            if not isinstance(found, dict) or not isinstance(found.get(key), types):
                raise tampered(run.place, f"{section}: {key}")
    for found in (
        run.splits["test"].get("images"),
        run.splits["train"].get("images"),
        run.config["recipe"].get("size"),
    ):
        if not isinstance(found, int):
            raise tampered(run.place, "a number is missing")
    for grid in run.shown.values():
        if not isinstance(grid, dict) or not {"names", "photographs", "space"} <= grid.keys():
            raise tampered(run.place, "shown")
    check_table(run.place / EPOCHS, lambda: run.epochs, ("epoch", "seconds"))
    if not {"loss", "loss_G"} & set(run.epochs.columns):
        raise tampered(run.place / EPOCHS, "loss")
    check_rows(run.place / ROWS, lambda: run.images)


def check_whole(run: StoredRun) -> None:
    """The same of a run that has just been finished, and where rows or pictures are missing.

    Raises:
        RunUnusable: of its training.
        UserError: of its evaluation.
    """
    check(run)
    pretraining = run.config.get("pretraining") or {"epochs": 0}
    ends = {run.config["epochs"] + pretraining["epochs"], *run.config.get("snapshots", ())}
    if run.last_epoch not in ends or len(run.epochs) != run.last_epoch:
        raise RunUnusable(f"{run.place / EPOCHS} is cut off after {len(run.epochs)}; {TRAIN_ANEW}")
    counts = run.images["split"].value_counts()
    for split, measures in run.splits.items():
        if counts.get(split, 0) != measures["images"]:
            raise tampered(run.place / ROWS, f"not all images of {split}")
    for grid in run.shown:
        run.answers(grid), run.photographs(grid)


def check_rows(name: Path, read: Callable[[], pd.DataFrame]) -> pd.DataFrame:
    """A table with a row an image, checked."""
    return check_table(name, read, _ROW)


def check_table(
    name: Path, read: Callable[[], pd.DataFrame], columns: Iterable[str]
) -> pd.DataFrame:
    """The table, if every column but names is of numbers and these are there."""
    try:
        table = read()
    except (OSError, ValueError) as error:
        raise tampered(name, str(error).splitlines()[0]) from None
    for column in {*columns, *table.columns} - {"split", "name"}:
        if column not in table or not pd.api.types.is_numeric_dtype(table[column]):
            raise tampered(name, column)
    if not len(table) or not {"split", "name"}.intersection(columns) <= set(table.columns):
        raise tampered(name, "no rows, or no names")
    return table


def tampered(name: Path, what: str) -> UserError:
    return UserError(f"{name} is not as a run leaves it ({what}); {REPLACE}")
