"""Numbers of the authors, or of the data, that the suite's are held against."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from colorization.results import runs
from colorization.results.stored import Stored


@dataclass(frozen=True)
class Reference:
    """A number that the suite can be checked against.

    Args:
        arm: whose run gives it, at full scale.
        quantity: what it is, with its unit where there is one.
        expected, tolerance: from the authors' plots or from the data.
        measured: (stored results, run) to the number, NaN where the run does not have it.
        form: how it is printed.
    """

    arm: str
    quantity: str
    expected: float
    tolerance: float
    measured: Callable[[Stored, runs.StoredRun], float]
    form: str = "{:.1f}"


def logged(column: str, epoch: int):
    """A logged value after `epoch` epochs."""

    def measured(stored: Stored, run: runs.StoredRun) -> float:
        rows = run.epochs[run.epochs["epoch"] == epoch]
        return float(rows[column].iloc[0]) if len(rows) else np.nan

    return measured


def baseline(name: str, measure: str, split: str = "test", percent: bool = False):
    """A measure of a baseline on a split of the run's images."""

    def measured(stored: Stored, run: runs.StoredRun) -> float:
        value = stored.baselines(run, split).get(name, {}).get(measure, np.nan)
        return 100 * value if percent else value

    return measured
