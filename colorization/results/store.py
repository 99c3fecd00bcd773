"""Stored results: what finished runs leave for tables, figures and verdicts, to be committed.

results/<report>/<scale>/
    runs.json         an entry a run: configuration, environment, measures of whole sets, cost
    epochs.csv        a line an epoch of every run
    <arm>.zip         seed-<n>/images.csv, a row an image; of the arm's lowest seed, which figures
                      show, also what the network answered (`colorization.results.samples`)
    photographs.zip   the images that figures show, each once, named by its pixels
    baselines.json    measures of whole sets: prepared set -> baseline -> split
    baselines.zip     <set>/<baseline>.csv, a row an image
    turns.json        seconds a training image of arms that took turns (`results.turns`)

What people review is text; what only programs read is compressed, and grows at its end. A run is
stored when `runs.json` names it, which is written last. Whoever writes holds `results/`
(`storing`).
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

import pandas as pd

from colorization.files import lock, write_json, write_text
from colorization.results import zips
from colorization.results.runs import (
    EPOCHS,
    PHOTOGRAPHS,
    StoredRun,
    check_rows,
    read_table,
    split_means,
    tampered,
    with_excess,
)
from colorization.state import read_json, read_rows, rows_of

RUNS = "runs.json"
BASELINES = "baselines.json"
GROUND_TRUTH = "ground-truth"  # the baseline that is the original itself
GRAY = "gray"  # the baseline without colours


@dataclass(frozen=True)
class Findings:
    """All that is stored of one run.

    Args:
        arm, seed: whose it is.
        facts: see `StoredRun`.
        epochs: a row an epoch, as text.
        files: name -> contents, in the arm's archive.
        photographs: name -> contents, of the images that it shows.
    """

    arm: str
    seed: int
    facts: dict
    epochs: list[dict[str, str]]
    files: dict[str, bytes]
    photographs: dict[str, bytes] = field(default_factory=dict)


def storing(results: Path, say=print):
    """Hold the results of all reports while they change, or while pages are rendered from them."""
    return lock(results, lambda: say(f"waiting: another process renders {results}"))


class Shelf:
    """The stored results of a report at one scale.

    Args:
        folder: `results/<report>/<scale>`; it need not be there.
    """

    def __init__(self, folder: Path):
        self.folder = folder
        self._truths: dict[str, pd.DataFrame | None] = {}  # read once

    def runs(self) -> list[StoredRun]:
        """Every run, by arm and seed."""
        return [
            StoredRun(
                self.folder / entry["arm"] / f"seed-{entry['seed']}",
                entry["seed"],
                {key: value for key, value in entry.items() if key not in ("arm", "seed")},
                partial(self._read, entry["arm"], entry["seed"]),
                partial(self._truth_of, entry),
            )
            for entry in self._entries()
        ]

    def has(self, arm: str, seed: int) -> bool:
        return any((run["arm"], run["seed"]) == (arm, seed) for run in self._entries())

    def seeds(self, arm: str) -> list[int]:
        return sorted(entry["seed"] for entry in self._entries() if entry["arm"] == arm)

    def _entries(self) -> list[dict]:
        path = self.folder / RUNS
        entries = read_json(path, [])
        there = {"arm": str, "seed": int}
        for entry in entries:
            if not isinstance(entry, dict) or any(
                not isinstance(entry.get(key), kind) for key, kind in there.items()
            ):
                raise tampered(path, "a run without name or seed")
        return entries

    def _read(self, arm: str, seed: int, name: str) -> bytes:
        if name == EPOCHS:
            return self._epochs.get((arm, seed), b"")
        folder, _, photograph = name.rpartition("/")
        if folder == PHOTOGRAPHS:
            return zips.read(self.folder / f"{PHOTOGRAPHS}.zip", photograph)
        return zips.read(self._archive(arm), f"seed-{seed}/{name}")

    def _archive(self, arm: str) -> Path:
        return self.folder / f"{arm}.zip"

    @cached_property
    def _epochs(self) -> dict[tuple[str, int], bytes]:
        """A CSV of epochs for each run."""
        found: dict[tuple[str, int], list[dict]] = {}
        for row in self._epoch_rows():
            found.setdefault((row.pop("arm"), int(row.pop("seed"))), []).append(row)
        return {key: _to_csv(rows).encode() for key, rows in found.items()}

    def _epoch_rows(self) -> list[dict[str, str]]:
        path = self.folder / EPOCHS
        rows = read_rows(path)
        if rows and not {"arm", "seed", "epoch"} <= rows[0].keys():
            raise tampered(path, "a column is missing")
        return rows

    def put(self, found: Findings) -> None:
        """Store a run, in place of one with its arm and seed. Hold the results meanwhile.

        Of an arm's seeds only the lowest keeps what figures show.
        """
        arm, seed = found.arm, found.seed
        others = [
            entry for entry in self._entries() if (entry["arm"], entry["seed"]) != (arm, seed)
        ]
        hidden = {
            f"seed-{entry['seed']}/{name}.webp"
            for entry in others
            if entry["arm"] == arm and entry["seed"] > seed
            for name in entry.pop("shown", {})
        }
        members = {f"seed-{seed}/{name}": contents for name, contents in found.files.items()}
        old = [name for name in zips.names(self._archive(arm)) if name.startswith(f"seed-{seed}/")]
        gone = {*hidden, *old} - members.keys()
        zips.update(self._archive(arm), members, tuple(gone))
        if found.photographs:
            zips.update(self.folder / f"{PHOTOGRAPHS}.zip", found.photographs)
        rows = [r for r in self._epoch_rows() if (r["arm"], r["seed"]) != (arm, str(seed))]
        rows += [{"arm": arm, "seed": str(seed), **row} for row in found.epochs]
        rows.sort(key=lambda row: (row["arm"], int(row["seed"]), int(row["epoch"])))
        write_text(self.folder / EPOCHS, _to_csv(rows))
        entries = [*others, {"arm": arm, "seed": seed, **found.facts}]
        entries.sort(key=lambda entry: (entry["arm"], entry["seed"]))
        write_json(self.folder / RUNS, entries)
        vars(self).pop("_epochs", None)

    def take(self, run: StoredRun) -> Findings:
        """All that is stored of a run of this shelf, to be put into another."""
        prefix = f"seed-{run.seed}/"
        files = {
            name.removeprefix(prefix): zips.read(self._archive(run.arm), name)
            for name in zips.names(self._archive(run.arm))
            if name.startswith(prefix)
        }
        shown = {f"{one}.webp" for grid in run.shown.values() for one in grid["photographs"]}
        photographs = {name: run.read(f"{PHOTOGRAPHS}/{name}") for name in sorted(shown)}
        return Findings(run.arm, run.seed, run.facts, rows_of(run.read(EPOCHS)), files, photographs)

    # ------------------------------------------------------------------ baselines

    def baselines(self) -> dict[str, dict[str, dict]]:
        """{prepared set: {baseline: {split: measures}}}."""
        found: dict[str, dict[str, dict]] = {}
        for prepared, sets in read_json(self.folder / BASELINES, {}).items():
            found[prepared] = {}
            for name, splits in sets.items():
                rows = self.baseline_rows(prepared, name)
                if not set(rows["split"]) <= splits.keys():
                    raise tampered(self.folder / BASELINES, "a split is missing")
                found[prepared][name] = {
                    split: split_means(rows, splits, split) for split in rows["split"].unique()
                }
        return found

    def baseline_rows(self, prepared: str, name: str) -> pd.DataFrame:
        """A baseline's rows, one an image.

        Raises:
            UserError: they are missing, or not as a run leaves them.
        """
        contents = zips.read(self._baselines, f"{prepared}/{name}.csv")

        def read():
            return with_excess(read_table(contents), partial(self._truth, prepared))

        return check_rows(self._baselines / prepared / name, read)

    def _truth_of(self, entry: dict) -> pd.DataFrame | None:
        return self._truth(entry["data"]["prepared"])

    def _truth(self, prepared: str) -> pd.DataFrame | None:
        """Rows of the baseline *ground truth* on a prepared set; None if they are not there."""
        if prepared not in self._truths:
            name = f"{prepared}/{GROUND_TRUTH}.csv"
            self._truths[prepared] = None
            if name in zips.names(self._baselines):
                self._truths[prepared] = read_table(zips.read(self._baselines, name))
        return self._truths[prepared]

    @property
    def _baselines(self) -> Path:
        return self.folder / "baselines.zip"

    def baseline_splits(self, prepared: str, name: str, measure: str) -> set[str]:
        """The splits that a baseline has been judged on, if by that measure (a column), too."""
        stored = read_json(self.folder / BASELINES, {})
        splits = set(stored.get(prepared, {}).get(name, {}))
        return splits if splits and measure in self.baseline_rows(prepared, name) else set()

    def put_baselines(self, prepared: str, found: dict[str, tuple[dict, str]]) -> None:
        """Store baselines of a prepared set: name -> (split -> measures, rows as CSV)."""
        rows = {f"{prepared}/{name}.csv": text.encode() for name, (_, text) in found.items()}
        zips.update(self._baselines, rows)
        self._truths.clear()
        stored = read_json(self.folder / BASELINES, {})
        stored[prepared] = {
            **stored.get(prepared, {}),
            **{name: splits for name, (splits, _) in found.items()},
        }
        write_json(self.folder / BASELINES, stored)

    def take_baselines(self) -> Iterable[tuple[str, dict[str, tuple[dict, str]]]]:
        """What `put_baselines` of another shelf takes, a prepared set at a time."""
        for prepared, sets in read_json(self.folder / BASELINES, {}).items():
            yield (
                prepared,
                {
                    name: (splits, zips.read(self._baselines, f"{prepared}/{name}.csv").decode())
                    for name, splits in sets.items()
                },
            )


def shelves(folder: Path) -> list[Shelf]:
    """The scales of a report's results that hold any run."""
    return [Shelf(path.parent) for path in sorted(folder.glob(f"*/{RUNS}"))]


def holds_results(results: Path) -> bool:
    """Whether there is a run of any report."""
    return any(results.glob(f"*/*/{RUNS}"))


def _to_csv(rows: list[dict[str, str]]) -> str:
    """Rows as CSV, a column for each value that any of them has."""
    columns = list(dict.fromkeys(name for row in rows for name in row if row[name] != ""))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, restval="", extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
