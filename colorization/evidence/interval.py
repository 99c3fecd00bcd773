"""From stored rows to a number with its interval: seeds and images are crossed, both are random.

Every network of S trainings judges every one of N images, `X[i, s]`. A number T that follows from
means of such scores (a mean, a difference of means, a ratio of totals) is linearised. What it would
move by if a training, or an image, counted a little more is that one's influence, and these have
the mean 0; the variances that the two choices give T are estimated from them apart:

    trainings, of each arm its own:   S / (S - 1) * sum over s of influence[s]^2,   S - 1 degrees
    images, jointly over all terms:   N / (N - 1) * sum over i of influence[i]^2,   N - 1 degrees

For a mean, the first is the variance of the trainings' means over S, and the second that of the
images' means over N. Their sum is SE^2, its degrees of freedom are Satterthwaite's, and the
interval is T -+ t(0.975, df) * SE. Arms judged on the same images are compared image by image; two
snapshots of the same trainings, training by training.

This is how diagnostic studies with several readers (here trainings) and cases (images) are
analysed: Dorfman, Berbaum, Metz (1992); Obuchowski, Rockette (1995). For trainings of networks
compare Bouthillier et al., "Accounting for variance in machine learning benchmarks" (MLSys 2021).
What neither a training nor an image alone explains is counted in both sums, so intervals are a
little too wide rather than too narrow: `make calibrate` measures it on what is stored.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

LEVEL = 0.95


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
        with np.errstate(invalid="ignore", divide="ignore"):
            return float(self.values.sum() / self.weights.sum())

    def influence(self, axis: int) -> np.ndarray:
        """What each unit (axis 0) or run (axis 1) adds to the mean; they add up to 0."""
        apart = self.values - self.overall * self.weights
        return apart.sum(axis=1 - axis) / self.weights.sum()

    def present(self) -> np.ndarray:
        """Whether a unit has a value in any run, `[N]`."""
        return (self.weights > 0).any(axis=1)


@dataclass(frozen=True)
class Source:
    """One choice at random behind a number: of images, or of an arm's trainings.

    Attributes:
        count: of images, or trainings.
        variance: of the number, for one of them; it falls with their count.
        trainings: whether it is of these.
    """

    count: int
    variance: float
    trainings: bool

    def of(self, count: int) -> tuple[float, int]:
        """The number's variance with so many, and its degrees of freedom."""
        return self.variance / count, count - 1


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval; NaN limits where there is nothing to tell one from.

    Attributes:
        units: images (or epochs) behind it.
        seeds: trainings of the arm that has fewest; 0 if no network was asked.
        sources: what it owes to chance.
    """

    value: float
    low: float
    high: float
    units: int
    seeds: int
    sources: tuple[Source, ...] = ()

    def half_width(self, trainings: int) -> float:
        """Of the interval that so many trainings an arm would give."""
        parts = [s.of(trainings if s.trainings else s.count) for s in self.sources]
        return half_width(parts)

    def trainings_for(self, wanted: float) -> int | None:
        """The least number of trainings an arm for an interval of that half width.

        None where that is not known (an arm with one training) or images alone make it wider.
        """
        return None if self.seeds == 1 else least_trainings(self.half_width, wanted)


def least_trainings(half_width: Callable[[int], float], wanted: float) -> int | None:
    """The least number, of at most 999, with which a half width is what is wanted, or None."""
    return next((count for count in range(2, 1000) if half_width(count) <= wanted), None)


def half_width(parts: Sequence[tuple[float, int]]) -> float:
    """Of the interval for sources of (variance of the number, degrees of freedom)."""
    from scipy.stats import t  # takes as long to load as all else that verdicts need

    total = sum(variance for variance, _ in parts)
    if not total:
        return 0.0
    freedom = total**2 / sum(variance**2 / degrees for variance, degrees in parts if variance)
    return float(t.ppf((1 + LEVEL) / 2, freedom) * np.sqrt(total))


def estimate(*terms: Scores, of: Callable[..., float] = lambda mean: mean) -> Estimate:
    """A number that follows from the means of one or more scores.

    Terms of the same units share their chance, without units that one of them has no value for;
    so do terms of the same runs. An arm with a single training adds no chance of its own: what can
    be said of it is said of that training (`seeds` tells).

    Args:
        terms: the scores.
        of: (the mean of each) to the number; such as `operator.sub`.
    """
    terms = _aligned(terms)
    means = np.array([term.overall for term in terms])
    value, slopes = float(of(*means)), _slopes(of, means)
    found: dict[tuple, np.ndarray] = {}
    for term, slope in zip(terms, slopes, strict=True):
        for axis, key in enumerate((("units", term.units), ("runs", term.runs))):
            influence = slope * term.influence(axis)
            found[key] = found.get(key, 0) + influence
    sources = tuple(
        Source(len(i), len(i) ** 2 / (len(i) - 1) * float((i**2).sum()), kind == "runs")
        for (kind, names), i in found.items()
        if len(i) > 1 and names
    )
    single = any(term.values.shape == (1, 1) for term in terms)  # nothing tells its chance
    half = float("nan")
    if sources and not single:
        half = half_width([source.of(source.count) for source in sources])
    images = sum(len(units) for kind, units in found if kind == "units")
    seeds = min((len(term.runs) for term in terms if term.runs), default=0)
    return Estimate(value, value - half, value + half, images, seeds, sources)


def _slopes(of: Callable[..., float], means: np.ndarray) -> np.ndarray:
    """How fast the number moves with each mean: by central differences."""
    steps = 1e-5 * np.maximum(np.abs(means), 1e-3)
    slopes = []
    for place, step in enumerate(steps):
        moved = np.zeros_like(means)
        moved[place] = step
        slopes.append((of(*(means + moved)) - of(*(means - moved))) / (2 * step))
    return np.array(slopes)


def _aligned(terms: Sequence[Scores]) -> list[Scores]:
    """Those of the same units in one order, without units that one of them has no value for."""
    result = []
    for term in terms:
        alike = [other for other in terms if set(other.units) == set(term.units)]
        order = alike[0].units
        present = np.all([other.of_units(order).present() for other in alike], axis=0)
        result.append(term.of_units(order).at(present))
    return result
