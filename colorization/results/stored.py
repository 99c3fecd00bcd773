"""A report's stored results, asked by arm and scale."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from colorization.results.measures import MEASURES
from colorization.results.runs import StoredRun, check
from colorization.results.samples import split_of
from colorization.results.store import Shelf, shelves
from colorization.results.turns import read_turns
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
        return read_turns(self.folder / scale)["seconds"]

    def timed_on(self, scale: str) -> str:
        """The device on which they did."""
        return read_turns(self.folder / scale)["environment"].get("device", "")

    def baseline_images(self, run: StoredRun, name: str) -> pd.DataFrame:
        """A baseline's rows, one a test image of the run's prepared set."""
        return Shelf(self.folder / run.scale).baseline_rows(run.data["prepared"], name)


def over_seeds(runs: list[StoredRun], split: str, measures: Iterable[str]) -> dict:
    """Cells of a table, heading -> mean over an arm's seeds with the deviation between them."""
    means = pd.DataFrame([run.means(split) for run in runs]).reindex(columns=list(measures))
    spread = means.std(numeric_only=True) if len(runs) > 1 else pd.Series()
    return {MEASURES[m].heading: MEASURES[m].text(means[m].mean(), spread.get(m)) for m in measures}


def by_epoch(
    runs: list[StoredRun], column: str | Callable[[pd.DataFrame], ArrayLike]
) -> tuple[np.ndarray, ...]:
    """What an arm's runs logged: epochs, and the mean over the runs after each.

    Args:
        column: of the epoch log, or (epoch log) to a number an epoch; epochs without it are left
            out.

    Returns:
        epochs `[E]`, mean `[E]` and, of several runs, the lowest and the highest `[E]`.
    """
    take = column if callable(column) else lambda epochs: epochs[column]
    logs = [pd.Series(np.asarray(take(run.epochs)), run.epochs["epoch"]) for run in runs]
    values = pd.concat(logs, axis=1).dropna(how="all")
    found = values.mean(axis=1), *((values.min(axis=1), values.max(axis=1)) if runs[1:] else ())
    return values.index.to_numpy(), *(part.to_numpy() for part in found)


def titled(title: str, run: StoredRun) -> str:
    """The title of a figure, with the scale of what it shows."""
    return f"{title} (scale {run.scale}, {run.config['recipe']['size']} px)"


def run_note(*runs: StoredRun) -> str:
    """What a figure says of the run, or of the runs of an arm, that it shows."""
    run, env = runs[0], runs[0].environment
    return (
        f"arm {run.arm}, scale {run.scale}, {seeds_said(runs)}, {run.last_epoch} epochs, "
        f"batch {run.config['batch_size']}, {env['precision']}, {env['backend']}"
    )


def seeds_said(runs: Sequence[StoredRun]) -> str:
    """The seed, or that lines are means over several."""
    if len(runs) == 1:
        return f"seed {runs[0].seed}"
    return f"mean of {len(runs)} seeds (band: lowest to highest)"


def seed_and_mean(shown: StoredRun, runs: Sequence[StoredRun], split: str) -> str:
    """How good the seed that pictures show is beside the mean of the arm, which tables print."""
    means = [run.means(split)["ciede2000"] for run in runs if split in run.splits]
    own = f"ΔE {shown.means(split)['ciede2000']:.1f}"
    return f"{own}; {np.mean(means):.1f} over {len(means)} seeds" if len(means) > 1 else own


def source_note(run: StoredRun, grid: str = "") -> str:
    """Where the images of a run, or of one of its grids, come from."""
    further = run.data.get("further_sets", {}).get(split_of(grid))
    said = further or run.data
    return f"images: {said['title']} ({said['licence']})"
