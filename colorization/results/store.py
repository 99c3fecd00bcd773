"""Stored results: what a finished run leaves for tables and figures, small enough to commit.

results/<report>/<scale>/<arm>/seed-<n>/
    config.json, environment.json, epochs.csv    as in the run folder
    images.csv                                   one row per train and test image
    measures.json                                of the whole splits, cost, timing
    samples/<set>.png, samples.json              tiles for the grids, and how they were chosen
Further sets and snapshots are further splits of images.csv: "coco", or "test@5" after 5 epochs.
results/<report>/<scale>/baselines/<set>/<baseline>/images.csv, measures.json
"""

import shutil
from collections.abc import Iterable
from fnmatch import fnmatch
from pathlib import Path

import numpy as np

from colorization.files import held, replacing, write_json
from colorization.results.runs import _read_json

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


def storing(results_folder: Path, say=print):
    """Hold the results of all reports while they change, or while pages are rendered from them."""
    return held(results_folder, lambda: say(f"waiting: another process renders {results_folder}"))
