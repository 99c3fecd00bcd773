"""From stored rows to a verdict on a claim: estimates with intervals, and one rule.

An interval is the percentile bootstrap (`scipy.stats.bootstrap`) over test images and, where there
are several, over seeds. Images and seeds are drawn independently of each other: every image is
judged by the network of every seed. Two arms judged on the same images are compared image by image.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import bootstrap

LEVEL = 0.95
RESAMPLES = 4999

SUPPORTED = "supported"
CONTRADICTED = "contradicted"
INCONCLUSIVE = "inconclusive"
ARTEFACT = "artefact"
NOT_RUN = "not run"
VERDICTS = (SUPPORTED, CONTRADICTED, INCONCLUSIVE, ARTEFACT, NOT_RUN)


@dataclass(frozen=True)
class Scores:
    """A measure of every unit in every seed; its mean is the sum of values over that of weights.

    Args:
        units: names of the images (or numbers of the epochs), N of them.
        seeds: S of them; () for what no seed has changed, such as a baseline.
        values: `[N, S]`, or `[N, 1]` without seeds. NaN where a unit has no value.
        weights: the same shape; None weighs all units alike. For a ratio of totals, such as the
            chroma ratio, these are the lower totals.
    """

    units: tuple
    seeds: tuple[int, ...]
    values: np.ndarray
    weights: np.ndarray | None = None

    def __post_init__(self):
        weights = np.ones_like(self.values) if self.weights is None else self.weights
        missing = ~(np.isfinite(self.values) & np.isfinite(weights))
        object.__setattr__(self, "values", np.where(missing, 0.0, self.values))
        object.__setattr__(self, "weights", np.where(missing, 0.0, weights))

    def of_seeds(self, seeds: tuple[int, ...]) -> "Scores":
        """These scores in some seeds, in that order; all the same where there are none."""
        if not self.seeds:
            return self
        columns = [self.seeds.index(seed) for seed in seeds]
        return Scores(self.units, seeds, self.values[:, columns], self.weights[:, columns])

    def of_units(self, units: tuple) -> "Scores":
        """These scores of the same units in that order."""
        return self.at(np.array([self.units.index(unit) for unit in units]))

    def at(self, rows: np.ndarray) -> "Scores":
        """These scores at some rows: their numbers, or whether each is wanted."""
        units = tuple(np.array(self.units, object)[rows])
        return Scores(units, self.seeds, self.values[rows], self.weights[rows])

    def present(self) -> np.ndarray:
        """Whether a unit has a value in any seed, `[N]`."""
        return (self.weights > 0).any(axis=1)

    def mean(self, units: np.ndarray, seeds: np.ndarray) -> np.ndarray:
        """Means over drawn units `[..., N]` and seeds `[..., S]`, shape `[...]`."""
        if not self.seeds:
            seeds = np.zeros((*seeds.shape[:-1], 1), int)
        drawn = units[..., :, None], seeds[..., None, :]
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.values[drawn].sum((-2, -1)) / self.weights[drawn].sum((-2, -1))


@dataclass(frozen=True)
class Estimate:
    """A number with its 95 % interval; NaN limits where there is nothing to resample."""

    value: float
    low: float
    high: float
    units: int
    seeds: int


def estimate(first: Scores, second: Scores | None = None, ratio: bool = False) -> Estimate:
    """The mean of scores, or how those of two arms differ.

    Args:
        first, second: of one arm, or of two that are compared in the seeds that both have.
        ratio: the first mean divided by the second; else the second is subtracted.

    Raises:
        ValueError: the two have no seed in common.
    """
    samples = [first] if second is None else [first, second]
    seeds = _common_seeds(samples)
    samples = [sample.of_seeds(seeds) for sample in samples]
    paired = second is not None and set(first.units) == set(second.units)
    if paired:
        samples[1] = samples[1].of_units(first.units)
        present = samples[0].present() & samples[1].present()
        samples = [sample.at(present) for sample in samples]
    else:
        samples = [sample.at(sample.present()) for sample in samples]
    counts = [len(sample.units) for sample in samples][: 1 if paired else None]
    axes = [np.arange(count) for count in (*counts, max(len(seeds), 1))]
    drawn = [i for i, axis in enumerate(axes) if len(axis) > 1]

    def statistic(*indices, axis=-1):
        shape = indices[0].shape[:-1] if indices else ()
        given = dict(zip(drawn, indices, strict=True))
        chosen = [given.get(i, np.broadcast_to(a, (*shape, len(a)))) for i, a in enumerate(axes)]
        *units, of_seeds = chosen
        means = [
            sample.mean(rows, of_seeds)
            for sample, rows in zip(samples, units * 2 if paired else units, strict=True)
        ]
        if len(means) == 1:
            return means[0]
        return means[0] / means[1] if ratio else means[0] - means[1]

    value = float(statistic(*(axes[i] for i in drawn)))
    low = high = float("nan")
    if drawn:
        found = bootstrap(
            [axes[i] for i in drawn],
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
    return Estimate(value, low, high, sum(counts), len(seeds))


def _common_seeds(samples: Sequence[Scores]) -> tuple[int, ...]:
    with_seeds = [sample.seeds for sample in samples if sample.seeds]
    if not with_seeds:
        return ()
    common = [seed for seed in with_seeds[0] if all(seed in others for others in with_seeds)]
    if not common:
        raise ValueError("the arms have no seed in common")
    return tuple(common)


def verdict(found: Estimate, threshold: float, above: bool) -> str:
    """Whether a number lies where it would support a claim: the only rule there is.

    Supported if the whole interval lies at or beyond the threshold, contradicted if all of it
    falls short (the effect is opposite, absent, or smaller than what was fixed as counting), and
    inconclusive if the threshold lies within, or if there is no interval.

    Args:
        found: the number with its interval.
        threshold: fixed before the run.
        above: the claim is that the number is at least the threshold; else that it is at most.
    """
    if not np.isfinite([found.low, found.high]).all():
        return INCONCLUSIVE
    nearer, farther = (found.low, found.high) if above else (-found.high, -found.low)
    threshold = threshold if above else -threshold
    if nearer >= threshold:
        return SUPPORTED
    return CONTRADICTED if farther < threshold else INCONCLUSIVE


def all_of(verdicts: Sequence[str]) -> str:
    """The verdict on a claim that needs several: as bad as its worst."""
    for worst in (CONTRADICTED, INCONCLUSIVE):
        if worst in verdicts:
            return worst
    return SUPPORTED
