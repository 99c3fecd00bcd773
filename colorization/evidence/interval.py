"""From stored rows to a verdict on a claim: estimates with intervals, and one rule.

An interval is the percentile bootstrap (`scipy.stats.bootstrap`) over test images and over seeds,
each as far as there are several. Images and seeds are drawn independently of each other: every
image is judged by the network of every seed. Two arms that were judged on the same images are
compared image by image. Their seeds, which have nothing in common, are drawn each for itself, and
all of them count, however many the other arm has. Two snapshots of the same trainings are drawn
together.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

LEVEL = 0.95

RESAMPLES = 4999


@dataclass(frozen=True)
class Scores:
    """A measure of every unit by every run; its mean is the sum of values over that of weights.

    Args:
        units: names of the images (or numbers of the epochs), N of them.
        runs: what tells the S networks from others, such as their configurations; () for
            what no network made, such as a baseline.
        values: `[N, S]`, or `[N, 1]` without runs. NaN where a unit has no value.
        weights: the same shape; None weighs all units alike. For a ratio of totals, such as the
            chroma ratio, these are the lower totals.
    """

    units: tuple
    runs: tuple
    values: np.ndarray
    weights: np.ndarray | None = None

    def __post_init__(self):
        weights = np.ones_like(self.values) if self.weights is None else self.weights
        missing = ~(np.isfinite(self.values) & np.isfinite(weights))
        object.__setattr__(self, "values", np.where(missing, 0.0, self.values))
        object.__setattr__(self, "weights", np.where(missing, 0.0, weights))

    def of_units(self, units: tuple) -> "Scores":
        """These scores of the same units in that order."""
        if units == self.units:
            return self
        return self.at(np.array([self.units.index(unit) for unit in units]))

    def at(self, rows: np.ndarray) -> "Scores":
        """These scores at some rows: their numbers, or whether each is wanted."""
        units = tuple(np.array(self.units, object)[rows])
        return Scores(units, self.runs, self.values[rows], self.weights[rows])

    @property
    def overall(self) -> float:
        """The mean."""
        return float(self.mean(*map(np.arange, self.values.shape)))

    def present(self) -> np.ndarray:
        """Whether a unit has a value in any run, `[N]`."""
        return (self.weights > 0).any(axis=1)

    def mean(self, units: np.ndarray, runs: np.ndarray) -> np.ndarray:
        """Means over drawn units `[..., N]` and runs `[..., S]`, shape `[...]`."""
        drawn = units[..., :, None], runs[..., None, :]
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.values[drawn].sum((-2, -1)) / self.weights[drawn].sum((-2, -1))


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval; NaN limits where there is nothing to resample.

    Attributes:
        units: images (or epochs) behind it.
        seeds: runs of the arm that has fewest; 0 if no network was asked.
    """

    value: float
    low: float
    high: float
    units: int
    seeds: int


def estimate(*terms: Scores, of: Callable[..., np.ndarray] = lambda mean: mean) -> Estimate:
    """A number that follows from the means of one or more scores.

    Terms of the same units are drawn together, without units that one of them has no value for;
    so are terms of the same runs.

    Args:
        terms: the scores.
        of: (the mean of each, all `[...]`) to the number, `[...]`; such as `operator.sub`.
    """
    terms = _aligned(terms)
    units, runs = [("units", t.units) for t in terms], [("runs", t.runs) for t in terms]
    shapes = [term.values.shape for term in terms]
    axes = {key: np.arange(count) for key, (count, _) in zip(units, shapes, strict=True)}
    images = sum(map(len, axes.values()))
    axes |= {key: np.arange(count) for key, (_, count) in zip(runs, shapes, strict=True)}
    drawn = [key for key, axis in axes.items() if len(axis) > 1]
    if any(shape == (1, 1) for shape in shapes):  # one of them cannot be resampled
        drawn = []

    def statistic(*indices, axis=-1):
        shape = indices[0].shape[:-1] if indices else ()
        given = dict(zip(drawn, indices, strict=True))
        chosen = {k: given.get(k, np.broadcast_to(a, (*shape, len(a)))) for k, a in axes.items()}
        return of(
            *(t.mean(chosen[u], chosen[r]) for t, u, r in zip(terms, units, runs, strict=True))
        )

    from scipy.stats import bootstrap  # takes as long to load as all else that verdicts need

    value = float(statistic(*(axes[key] for key in drawn)))
    low = high = float("nan")
    if drawn:
        found = bootstrap(
            [axes[key] for key in drawn],
            statistic,
            n_resamples=RESAMPLES,
            batch=256,
            vectorized=True,
            axis=-1,
            confidence_level=LEVEL,
            method="percentile",
            rng=np.random.default_rng(0),
        ).confidence_interval
        low, high = float(found.low), float(found.high)
    seeds = min((len(term.runs) for term in terms if term.runs), default=0)
    return Estimate(value, low, high, images, seeds)


def _aligned(terms: Sequence[Scores]) -> list[Scores]:
    """Those of the same units in one order, without units that one of them has no value for."""
    result = []
    for term in terms:
        alike = [other for other in terms if set(other.units) == set(term.units)]
        order = alike[0].units
        present = np.all([other.of_units(order).present() for other in alike], axis=0)
        result.append(term.of_units(order).at(present))
    return result
