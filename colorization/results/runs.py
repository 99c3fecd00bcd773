"""Stored runs, read and checked."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from colorization.errors import UserError
from colorization.evaluation.predictors import BASELINES


@dataclass(frozen=True)
class StoredRun:
    """One finished run, read from its results folder."""

    folder: Path

    @property
    def scale(self) -> str:
        return self.folder.parts[-3]

    @property
    def arm(self) -> str:
        return self.folder.parts[-2]

    @property
    def seed(self) -> int:
        return self.config["seed"]

    @property
    def last_epoch(self) -> int:
        """Epochs that the judged network had been trained."""
        return int(self.epochs["epoch"].iloc[-1])

    @cached_property
    def config(self) -> dict:
        return _read_json(self.folder / "config.json")

    @cached_property
    def environment(self) -> dict:
        return _read_json(self.folder / "environment.json")

    @cached_property
    def measures(self) -> dict:
        return _read_json(self.folder / "measures.json")

    @cached_property
    def samples(self) -> dict:
        """Grids by name; none for a seed that figures do not show."""
        path = self.folder / "samples.json"
        return _read_json(path) if path.exists() else {}

    def sample_mosaic(self, name: str) -> np.ndarray:
        with Image.open(self.folder / "samples" / f"{name}.png") as image:
            return np.asarray(image.convert("RGB"))

    @cached_property
    def epochs(self) -> pd.DataFrame:
        return pd.read_csv(self.folder / "epochs.csv")

    @cached_property
    def class_weights(self) -> pd.DataFrame:
        return pd.read_csv(self.folder / "class_weights.csv")

    @cached_property
    def images(self) -> pd.DataFrame:
        return pd.read_csv(self.folder / "images.csv")

    def means(self, split: str) -> dict[str, float]:
        """Measures of a split: means over its images, and those of the whole set."""
        return split_means(self.images, self.measures, split)


def split_means(images: pd.DataFrame, measures: dict, split: str) -> dict[str, float]:
    """Means over a split's images, its set-level measures, and the chroma ratio (of the means)."""
    rows = images[images.split == split].drop(columns=["split", "name"])
    means = rows.replace(np.inf, np.nan).mean().to_dict()
    ratio = means["chroma"] / means["chroma_true"]
    return {**means, **measures[split], "chroma_ratio": ratio}


def load(report_folder: Path) -> list[StoredRun]:
    """Every stored run of a report, sorted by path.

    Raises:
        UserError: a file is missing, or is not as a run leaves it.
    """
    paths = sorted(report_folder.glob("*/*/seed-[0-9]*/measures.json"), key=_in_order)
    runs = [StoredRun(path.parent) for path in paths]
    for run in runs:
        _check(run)
    return runs


# What is read of a run's files: name -> type, and the columns of its tables.
_TEXT, _NUMBER = (str,), (int, float)

_EXPECTED = {
    "config": {
        "seed": (int,),
        "epochs": (int,),
        "batch_size": (int,),
        "learning_rate": _NUMBER,
        **dict.fromkeys(("recipe", "network", "objective"), (dict,)),
    },
    "environment": dict.fromkeys(("device", "precision", "backend"), _TEXT),
    "measures": {
        **dict.fromkeys(("source", "source_title", "source_licence", "prepared"), _TEXT),
        **dict.fromkeys(("parameters", "macs", "train_seconds", "images_per_second"), _NUMBER),
        "training_images": (int,),
        **dict.fromkeys(("train", "test"), (dict,)),
    },
}

_ROW = ("split", "name", "ab_mae", "ciede2000", "chroma", "chroma_true")


def _check(run: StoredRun) -> None:
    for name, fields in _EXPECTED.items():
        found = getattr(run, name)
        for key, types in fields.items():
            if not isinstance(found, dict) or not isinstance(found.get(key), types):
                raise _tampered(run.folder / f"{name}.json", key)
    for name, found, types in (
        ("measures.json", run.measures["test"].get("images"), int),
        ("measures.json", run.measures["train"].get("images"), int),
        ("config.json", run.config["recipe"].get("size"), int),
        *(("samples.json", grid.get("rows"), list) for grid in run.samples.values()),
    ):
        if not isinstance(found, types):
            raise _tampered(run.folder / name, "a field is missing")
    _check_table(run.folder / "epochs.csv", lambda: run.epochs, ("epoch", "seconds"))
    if not {"loss", "loss_G"} & set(run.epochs.columns):
        raise _tampered(run.folder / "epochs.csv", "loss")
    _check_table(run.folder / "images.csv", lambda: run.images, _ROW)


def _check_table(
    path: Path, read: Callable[[], pd.DataFrame], columns: tuple[str, ...]
) -> pd.DataFrame:
    """The table, if every column but names is of numbers and these are there."""
    try:
        table = read()
    except (OSError, ValueError) as error:
        raise _tampered(path, str(error).splitlines()[0]) from None
    for column in {*columns, *table.columns} - {"split", "name"}:
        if column not in table or not pd.api.types.is_numeric_dtype(table[column]):
            raise _tampered(path, column)
    if not len(table) or not {"split", "name"}.intersection(columns) <= set(table.columns):
        raise _tampered(path, "no rows, or no names")
    return table


def _tampered(path: Path, what: str) -> UserError:
    return UserError(f"{path} is not as a run leaves it ({what}); run the arm again")


def _in_order(path: Path) -> tuple:
    *place, seed = path.parent.parts
    return place, int(seed.removeprefix("seed-"))


def load_baselines(report_folder: Path, scale: str) -> dict[str, dict[str, dict]]:
    """{prepared set: {baseline: {split: measures}}} of a scale."""
    found: dict[str, dict[str, dict]] = {}
    for path in sorted((report_folder / scale / "baselines").glob("*/*/measures.json")):
        images, measures = read_baseline(path.parent), _read_json(path)
        splits = images["split"].unique()
        if not all(isinstance(measures.get(split), dict) for split in splits):
            raise _tampered(path, "a split is missing")
        found.setdefault(path.parts[-3], {})[path.parts[-2]] = {
            split: split_means(images, measures, split) for split in splits
        }
    order = [name.replace(" ", "-") for name in BASELINES]
    return {
        key: {name: sets[name] for name in order if name in sets} for key, sets in found.items()
    }


def read_baseline(folder: Path) -> pd.DataFrame:
    """A baseline's rows, one an image.

    Raises:
        UserError: they are missing, or not as a run leaves them.
    """
    path = folder / "images.csv"
    return _check_table(path, lambda: pd.read_csv(path), _ROW)


def _read_json(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error}); run the arm again") from None
