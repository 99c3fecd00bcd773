"""What of stored results a claim can be about: measures of images, epochs, a number a run."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from colorization.evidence.interval import Scores
from colorization.results.measures import MEASURES, columns_of, with_sign
from colorization.results.runs import StoredRun
from colorization.results.stored import Stored

WINDOW = 0.1  # of the epochs: the first and the last tenth


@dataclass(frozen=True)
class Images:
    """A measure of the images that an arm, or a baseline on its images, was judged on.

    Args:
        arm: whose runs, of every seed.
        measure: a column of images.csv, or "chroma_ratio".
        split: "test", "train", the name of a further test set, or several joined by "+", whose
            images are taken together.
        baseline: name of the one that is judged in place of the arm, or "".
        snapshot: number of the snapshot, from 0, that is judged in place of the end; or None.
        subset: what the images are, for a part of them, as `what: (name) -> whether it is one`.

    Raises:
        ValueError: a part of the images, of a measure of whole sets.
    """

    arm: str
    measure: str
    split: str = "test"
    baseline: str = ""
    snapshot: int | None = None
    subset: tuple[str, Callable[[str], bool]] | None = None

    absent = "a test set of its own was not there, or its rows lack the measure"

    def __post_init__(self):
        if self.subset and MEASURES[self.measure].whole:
            raise ValueError(f"{self.quantity} is of a whole set, not of its {self.subset[0]}")

    def terms(self, stored: Stored) -> tuple[Scores]:
        runs = stored.of(self.arm)
        names = () if self.baseline else _trainings(runs)
        rows = self._rows(stored, runs)
        parts = [self._of(table, runs[0]) for table in rows]
        units = parts[0].index
        arrays = [
            np.stack([part.loc[units, column].to_numpy(float) for part in parts], axis=1)
            for column in columns_of(self.measure)
        ]
        return (Scores(tuple(units), names, *arrays),)

    def has_run(self, stored: Stored) -> bool:
        """Whether there are such rows: a further test set may not have been there, and older runs
        were not judged by every measure."""
        runs = stored.of(self.arm)
        tables = self._rows(stored, runs) if runs else []
        return bool(tables) and all(
            set(self._splits(runs[0])) <= set(table["split"])
            and len(self._of(table, runs[0]))
            and set(columns_of(self.measure)) <= set(table)
            for table in tables
        )

    def _of(self, table: pd.DataFrame, run: StoredRun) -> pd.DataFrame:
        """The rows of its images, each by the set that it is of and its name."""
        table = table[table["split"].isin(self._splits(run))]
        if self.subset:
            table = table[table["name"].map(self.subset[1]).astype(bool)]
        return table.set_index(table["split"].str.split("@").str[0] + " " + table["name"])

    def _rows(self, stored: Stored, runs: list[StoredRun]) -> list[pd.DataFrame]:
        """A table for each run, or that of the baseline."""
        if self.baseline:
            return [stored.baseline_images(runs[0], self.baseline)]
        return [run.images for run in runs]

    def _splits(self, run: StoredRun) -> list[str]:
        if self.snapshot is None:
            return self.split.split("+")
        return list(run.snapshots.values())[self.snapshot : self.snapshot + 1] or ["none"]

    def label(self, stored: Stored | None = None) -> str:
        what = self.baseline.replace("-", " ") or self.arm
        if self.snapshot is not None:
            runs = stored.of(self.arm) if stored else ()
            epoch = self._splits(runs[0])[0].partition("@")[2] if runs else ""
            what += f" (epoch {epoch})" if epoch else f" (snapshot {self.snapshot + 1})"
        if self.split != "test":
            what += f" ({self.split})"
        return f"{what}, {self.subset[0]}" if self.subset else what

    @property
    def quantity(self) -> str:
        return MEASURES[self.measure].name

    def number(self, value: float, signed: bool = False) -> str:
        return MEASURES[self.measure].text(value, signed=signed)


@dataclass(frozen=True)
class Gap:
    """How far a measure on an arm's test images lies above that on its training images.

    Args:
        arm: whose runs, of every seed.
        measure: a column of images.csv.
    """

    arm: str
    measure: str

    absent = Images.absent

    @property
    def parts(self) -> tuple[Images, Images]:
        return Images(self.arm, self.measure), Images(self.arm, self.measure, split="train")

    def terms(self, stored: Stored) -> tuple[Scores, Scores]:
        return tuple(term for part in self.parts for term in part.terms(stored))

    def has_run(self, stored: Stored) -> bool:
        return all(part.has_run(stored) for part in self.parts)

    def label(self, stored: Stored | None = None) -> str:
        return self.arm

    @property
    def quantity(self) -> str:
        return f"{self.parts[0].quantity} on test − on training images"

    def number(self, value: float, signed: bool = False) -> str:
        return MEASURES[self.measure].text(value, signed=True)


@dataclass(frozen=True)
class Excess(Gap):
    """How far a measure of an arm lies above that of a baseline on the same images.

    So much of an error is the network's, and not that of how colourful the set is.

    Args:
        arm: whose runs, of every seed.
        measure: a column of images.csv.
        baseline: its name.
        split, subset: as of `Images`.
    """

    baseline: str = "mean-ab-given-L"
    split: str = "test"
    subset: tuple[str, Callable[[str], bool]] | None = None

    @property
    def parts(self) -> tuple[Images, Images]:
        where = {"split": self.split, "subset": self.subset}
        return tuple(
            Images(self.arm, self.measure, baseline=b, **where) for b in ("", self.baseline)
        )

    def label(self, stored: Stored | None = None) -> str:
        return self.parts[0].label(stored)

    @property
    def quantity(self) -> str:
        return f"{self.parts[0].quantity} over that of {self.baseline.replace('-', ' ')}"


@dataclass(frozen=True)
class Epochs:
    """A logged value of an arm over the epochs, or over the first or last tenth of them.

    Its interval is over those epochs (as if each were independent of the one before, which they are
    not quite) and over seeds.

    Args:
        arm: whose runs, of every seed.
        quantity: what the value is, with its unit.
        value: (epochs.csv) to a value an epoch; or the name of a column.
        window: "all", "first" or "last".
        form: how a number is printed.
    """

    arm: str
    quantity: str
    value: Callable[[pd.DataFrame], Any] | str
    window: str = "all"
    form: str = "{:.3g}"

    absent = "its arm was not run"

    def terms(self, stored: Stored) -> tuple[Scores]:
        runs = stored.of(self.arm)
        columns = [
            np.asarray(self.value(r.epochs) if callable(self.value) else r.epochs[self.value])
            for r in runs
        ]
        count = len(columns[0])
        tenth = max(2, round(WINDOW * count))
        window = {"all": slice(None), "first": slice(tenth), "last": slice(count - tenth, None)}
        values = np.stack(columns, axis=1).astype(float)[window[self.window]]
        units = tuple(np.arange(count)[window[self.window]].tolist())
        return (Scores(units, _trainings(runs), values),)

    def has_run(self, stored: Stored) -> bool:
        return bool(stored.of(self.arm))

    def label(self, stored: Stored | None = None) -> str:
        part = {"all": "", "first": ", first tenth", "last": ", last tenth"}[self.window]
        return f"{self.arm}{part}"

    def number(self, value: float, signed: bool = False) -> str:
        return (with_sign(self.form) if signed else self.form).format(value)


@dataclass(frozen=True)
class PerRun:
    """One number a run: its interval is over seeds alone, and there is none with one seed.

    Args:
        needs: columns of images.csv without which a run has no such number.
    """

    arm: str
    quantity: str
    value: Callable[[StoredRun], float]
    form: str = "{:.3g}"
    needs: tuple[str, ...] = ()

    absent = Images.absent

    def terms(self, stored: Stored) -> tuple[Scores]:
        runs = stored.of(self.arm)
        values = np.array([[self.value(run) for run in runs]], float)
        return (Scores(("run",), _trainings(runs), values),)

    number = Epochs.number

    def has_run(self, stored: Stored) -> bool:
        runs = stored.of(self.arm)
        return bool(runs) and all(set(self.needs) <= set(run.images) for run in runs)

    def label(self, stored: Stored | None = None) -> str:
        return self.arm


@dataclass(frozen=True)
class Seconds:
    """Seconds that a training step takes an image, of arms that were timed in turns.

    Its interval is over the rounds, in each of which every arm had its turn, so that what else the
    machine did falls on all of them; no training is behind it (`benchmarks.turns`).
    """

    arm: str

    quantity = "seconds a training image"
    absent = "its arms were not timed in turns here (`python -m benchmarks.turns`)"

    def terms(self, stored: Stored) -> tuple[Scores]:
        seconds = self._measured(stored)
        units = tuple(f"round {number}" for number in range(len(seconds)))
        return (Scores(units, (), np.array(seconds, float)[:, None]),)

    def has_run(self, stored: Stored) -> bool:
        return bool(self._measured(stored))

    def _measured(self, stored: Stored) -> list[float]:
        run = stored.first(self.arm)
        return stored.turns(run.scale).get(self.arm, []) if run else []

    def label(self, stored: Stored | None = None) -> str:
        return self.arm

    def number(self, value: float, signed: bool = False) -> str:
        return f"{value:.3g}"


def _trainings(runs: list[StoredRun]) -> tuple:
    """What tells trainings apart, seed and all; a snapshot shares that of its trainer."""
    return tuple(json.dumps(run.config, sort_keys=True) for run in runs)


Part = Images | Gap | Epochs | PerRun | Seconds
