"""A report's stored results, asked by arm and scale."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

import pandas as pd

from colorization.results.measures import MEASURES
from colorization.results.runs import StoredRun, check
from colorization.results.samples import split_of
from colorization.results.store import Shelf, shelves
from colorization.scales import SCALES


@dataclass(frozen=True)
class Stored:
    """A report's stored results.

    Args:
        folder: the report's own, below `results/`.
        runs: those that are looked at, by scale, arm and seed; see `read`.
    """

    folder: Path
    runs: tuple[StoredRun, ...]
    _baselines: dict = field(default_factory=dict, compare=False, repr=False)  # read once

    @classmethod
    def read(cls, folder: Path) -> "Stored":
        """Every run in the folder.

        Raises:
            UserError: something is missing, or is not as a run leaves it.
        """
        runs = tuple(run for shelf in shelves(folder) for run in shelf.runs())
        for run in runs:
            check(run)
        return cls(folder, runs)

    def of(self, arm: str) -> list[StoredRun]:
        """The arm's runs, every seed, at the largest scale at which there are any."""
        for scale in SCALES:
            found = [run for run in self.runs if run.arm == arm and run.scale == scale]
            if found:
                return found
        return []

    def first(self, arm: str) -> StoredRun | None:
        return next(iter(self.of(arm)), None)

    def at(self, scale: str) -> "Stored":
        """These results at one scale."""
        return replace(self, runs=tuple(run for run in self.runs if run.scale == scale))

    def scales_of(self, arms: Iterable[str]) -> list[str]:
        """The scales at which all of `arms` have been run, largest first."""
        arms = set(arms)
        return [s for s in SCALES if arms <= {run.arm for run in self.runs if run.scale == s}]

    def baselines(self, run: StoredRun, split: str = "test") -> dict[str, dict]:
        """Baselines from the run's prepared set, on a split of it or a further test set.

        Returns:
            name -> measures.
        """
        if run.scale not in self._baselines:
            self._baselines[run.scale] = Shelf(self.folder / run.scale).baselines()
        found = self._baselines[run.scale].get(run.data["prepared"], {})
        return {name: splits[split] for name, splits in found.items() if split in splits}

    def turns(self, scale: str) -> dict[str, list[float]]:
        """Arm -> seconds a training image, of each round in which arms took turns; {} if none."""
        return Shelf(self.folder / scale).turns()["seconds"]

    def timed_on(self, scale: str) -> str:
        """The device on which they did."""
        return Shelf(self.folder / scale).turns()["environment"].get("device", "")

    def baseline_images(self, run: StoredRun, name: str) -> pd.DataFrame:
        """A baseline's rows, one a test image of the run's prepared set."""
        return Shelf(self.folder / run.scale).baseline_rows(run.data["prepared"], name)


def over_seeds(runs: list[StoredRun], split: str, measures: Iterable[str]) -> dict:
    """Cells of a table, heading -> mean over an arm's seeds with the deviation between them."""
    means = pd.DataFrame([run.means(split) for run in runs]).reindex(columns=list(measures))
    spread = means.std(numeric_only=True) if len(runs) > 1 else {}
    return {MEASURES[m].heading: MEASURES[m].text(means[m].mean(), spread.get(m)) for m in measures}


def run_note(run: StoredRun) -> str:
    """What a figure says of the run it shows."""
    env = run.environment
    return (
        f"arm {run.arm}, scale {run.scale}, seed {run.seed}, {run.last_epoch} epochs, "
        f"batch {run.config['batch_size']}, {env['precision']}, {env['backend']}"
    )


def source_note(run: StoredRun, grid: str = "") -> str:
    """Where the images of a run, or of one of its grids, come from."""
    further = run.data.get("further_sets", {}).get(split_of(grid))
    said = further or run.data
    return f"images: {said['title']} ({said['licence']})"
