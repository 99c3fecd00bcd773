"""A report's stored results, by arm and scale."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from colorization.reproduction.report import SCALES
from colorization.results import runs
from colorization.results.measures import MEASURES


@dataclass(frozen=True)
class Stored:
    """A report's stored results.

    Args:
        folder: the report's own, below `results/`.
        runs: those that are looked at, sorted by path; see `read`.
    """

    folder: Path
    runs: tuple[runs.StoredRun, ...]
    _baselines: dict = field(default_factory=dict, compare=False, repr=False)  # read once

    @classmethod
    def read(cls, folder: Path) -> "Stored":
        """Every run in the folder."""
        return cls(folder, tuple(runs.load(folder)))

    def of(self, arm: str) -> list[runs.StoredRun]:
        """The arm's runs, every seed, at the largest scale at which there are any."""
        for scale in SCALES:
            found = [run for run in self.runs if run.arm == arm and run.scale == scale]
            if found:
                return found
        return []

    def first(self, arm: str) -> runs.StoredRun | None:
        return next(iter(self.of(arm)), None)

    def at(self, scale: str) -> "Stored":
        """These results at one scale."""
        runs = tuple(run for run in self.runs if run.scale == scale)
        return replace(self, runs=runs)

    def scales_of(self, arms: Iterable[str]) -> list[str]:
        """The scales at which all of `arms` have been run, largest first."""
        arms = set(arms)
        return [s for s in SCALES if arms <= {run.arm for run in self.runs if run.scale == s}]

    def baselines(self, run: runs.StoredRun, split: str = "test") -> dict[str, dict]:
        """Baselines from the run's prepared set, on a split of it or a further test set.

        Returns:
            name -> measures.
        """
        if run.scale not in self._baselines:
            self._baselines[run.scale] = runs.load_baselines(self.folder, run.scale)
        found = self._baselines[run.scale].get(run.measures["prepared"], {})
        return {name: splits[split] for name, splits in found.items() if split in splits}

    def baseline_images(self, run: runs.StoredRun, name: str) -> pd.DataFrame:
        """A baseline's rows, one a test image of the run's prepared set."""
        folder = self.folder / run.scale / "baselines" / run.measures["prepared"] / name
        return runs.read_baseline(folder)


def over_seeds(runs: list[runs.StoredRun], split: str, measures: Iterable[str]) -> dict:
    """Cells of a table, heading -> mean over an arm's seeds with the deviation between them."""
    means = pd.DataFrame([run.means(split) for run in runs]).reindex(columns=list(measures))
    spread = means.std(numeric_only=True) if len(runs) > 1 else {}
    return {MEASURES[m].heading: MEASURES[m].text(means[m].mean(), spread.get(m)) for m in measures}


def run_note(run: runs.StoredRun) -> str:
    """What a figure says of the run it shows."""
    env = run.environment
    return (
        f"arm {run.arm}, scale {run.scale}, seed {run.seed}, {run.last_epoch} epochs, "
        f"batch {run.config['batch_size']}, {env['precision']}, {env['backend']}"
    )


def source_note(run: runs.StoredRun, sample: str = "") -> str:
    """Where the images of a run, or of one of its stored grids, come from."""
    further = run.measures.get("further_sets", {}).get(sample.rpartition("-")[0])
    if further:
        return f"images: {further['title']} ({further['licence']})"
    return f"images: {run.measures['source_title']} ({run.measures['source_licence']})"


def snapshots(run: runs.StoredRun) -> dict[int, str]:
    """Epoch -> name of the split of a run's snapshots, in order."""
    names = [name for name in run.measures if name.startswith("test@")]
    return dict(sorted((int(name.split("@")[1]), name) for name in names))
