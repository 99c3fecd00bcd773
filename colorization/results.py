"""Stored results: what a finished run leaves for tables and figures, small enough to commit.

results/<report>/<scale>/<arm>/seed-<n>/
    config.json, environment.json, epochs.csv    as in the run folder
    images.csv                                   one row per train and test image
    measures.json                                of the whole splits, cost, timing
    samples/<set>.png, samples.json              tiles for the grids, and how they were chosen
Further sets and snapshots are further splits of images.csv: "coco", or "test@5" after 5 epochs.
results/<report>/<scale>/baselines/<set>/<baseline>/images.csv, measures.json
"""

import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from colorization.errors import UserError
from colorization.evaluation import BASELINES, Evaluation, Predictor, sample_tiles
from colorization.files import replacing, write_json, write_text

SAMPLES = 5  # columns of a grid, as in the reports
SAMPLE_RULES = {
    "random": "drawn with seed 0",
    "best": "lowest mean CIEDE2000",
    "worst": "highest mean CIEDE2000",
    "miscoloured": "highest mean CIEDE2000 among those of at least median edge F1",
}
GRIDS = (("train", "random"), *(("test", r) for r in SAMPLE_RULES))
PUBLISHED = (
    "config.json",
    "environment.json",
    "epochs.csv",
    "class_weights.csv",
    "images.csv",
    "measures.json",  # last: where it is, the run counts as stored
)


def write_evaluations(folder: Path, evaluations: dict[str, Evaluation], **measures) -> None:
    """Write images.csv and measures.json: split -> evaluation, and what belongs to no split."""
    frames = [pd.DataFrame(e.rows).assign(split=split) for split, e in evaluations.items()]
    table = pd.concat(frames)
    columns = ["split", "name", *table.columns.drop(["split", "name"])]
    write_text(folder / "images.csv", table[columns].to_csv(index=False, lineterminator="\n"))
    sets = {split: e.measures for split, e in evaluations.items()}
    write_json(folder / "measures.json", {**sets, **measures})


def write_samples(
    folder: Path,
    images,
    evaluations: dict[str, Evaluation],
    predict: Predictor,
    *,
    batch_size: int,
    quantised: bool,
    labelled: bool = False,
    grids: tuple = GRIDS,
    title: str = "",
) -> None:
    """Store the tiles of the grids, and in samples.json how they were chosen.

    Args:
        evaluations: split -> evaluation, of the predictor.
        batch_size, quantised, labelled: see `sample_tiles`.
        grids: (split, rule of `SAMPLE_RULES`).
        title: names the grids of a further set, "coco" or "test@5"; otherwise its split does.
    """
    path = folder / "samples.json"
    entries = _read_json(path) if path.exists() else {}
    for split, rule in grids:
        judged = evaluations[split].rows
        chosen = choose(judged, rule)
        row_of = {name: row for row, name in enumerate(images.names(split))}
        rows = [row_of[judged[i]["name"]] for i in chosen]
        mosaic, labels = sample_tiles(images, split, predict, rows, batch_size, quantised, labelled)
        name = f"{title or split}-{rule}"
        with replacing(folder / "samples" / f"{name}.png") as part:
            Image.fromarray(mosaic).save(part, format="png", optimize=True)
        entries[name] = {
            "rule": f"{len(chosen)} {title or split} images, {SAMPLE_RULES[rule]}",
            "rows": labels,
            "names": [Path(judged[i]["name"]).stem for i in chosen],
            "ciede2000": [judged[i]["ciede2000"] for i in chosen],
        }
    write_json(path, entries)


def choose(rows: list[dict], rule: str, count: int = SAMPLES) -> list[int]:
    """Indices of the images that a rule of `SAMPLE_RULES` shows."""
    count = min(count, len(rows))
    if rule == "random":
        return np.random.default_rng(0).choice(len(rows), count, replace=False).tolist()
    order = np.argsort([row["ciede2000"] for row in rows], kind="stable")
    if rule == "best":
        return order[:count].tolist()
    if rule == "miscoloured":
        edges = np.nan_to_num([row["edge_f1"] for row in rows])
        order = order[edges[order] >= np.median(edges)]
    return order[::-1][:count].tolist()


def publish(
    run: Path, target: Path, *, samples: Iterable[str] = ("*",), also: Iterable[str] = ()
) -> None:
    """Copy what is worth keeping from a finished run folder to the results.

    Args:
        samples: patterns of the names of grids whose tiles are kept.
        also: further files that are kept.
    """
    entries = _read_json(run / "samples.json")
    kept = {name: entries[name] for name in entries if any(fnmatch(name, p) for p in samples)}
    if kept:
        write_json(target / "samples.json", kept)
    for name in kept:
        with replacing(target / "samples" / f"{name}.png") as part:
            shutil.copyfile(run / "samples" / f"{name}.png", part)
    for name in (*also, *PUBLISHED):
        if (run / name).exists():
            with replacing(target / name) as part:
                shutil.copyfile(run / name, part)


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


def columns_of(measure: str) -> tuple[str, ...]:
    """The columns of images.csv that a measure is made of: two where it is a ratio of totals."""
    return ("chroma", "chroma_true") if measure == "chroma_ratio" else (measure,)


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
