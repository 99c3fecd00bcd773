"""Whether the rule finds differences where there are none: every arm set against itself.

Of each arm with several trainings, the variances of trainings, images and what neither explains are
estimated from its stored rows (two-way analysis of variance). Two arms of three trainings each are
then drawn with these, again and again, which differ by nothing but chance, judged on the same
images. A 95 % interval may call that a difference in one of twenty draws.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from operator import sub

import numpy as np
import pandas as pd

from colorization.evidence import interval
from colorization.evidence.interval import Scores, estimate, least_trainings
from colorization.evidence.quantities import Images
from colorization.results.measures import MEASURES
from colorization.results.stored import Stored
from colorization.scales import SCALES

TRAININGS = 3  # a side
DRAWS = 2000
MEASURE = "ciede2000"


@dataclass(frozen=True)
class Components:
    """Standard deviations of a score, by what it owes them to, and the number of images."""

    trainings: float
    images: float
    rest: float
    count: int

    @classmethod
    def of(cls, values: np.ndarray) -> "Components":
        """From scores of images by trainings, `[N, S]`."""
        images, trainings = values.shape
        by_training, by_image = values.mean(0), values.mean(1)
        apart = values - by_image[:, None] - by_training + values.mean()
        rest = (apart**2).sum() / ((images - 1) * (trainings - 1))
        of_trainings = max(0.0, by_training.var(ddof=1) - rest / images)
        of_images = max(0.0, by_image.var(ddof=1) - rest / trainings)
        return cls(*np.sqrt([of_trainings, of_images, rest]).tolist(), images)

    def draw(self, random: np.random.Generator) -> tuple[Scores, Scores]:
        """Two arms that differ by chance alone, on the same images."""
        by_image = random.normal(0, self.images, (self.count, 1))
        units = tuple(range(self.count))
        return tuple(
            Scores(
                units,
                tuple(f"{side} {number}" for number in range(TRAININGS)),
                by_image
                + random.normal(0, self.trainings, (1, TRAININGS))
                + random.normal(0, self.rest, (self.count, TRAININGS)),
            )
            for side in "ab"
        )


def false_differences(components: Components, draws: int = DRAWS, seed: int = 0) -> float:
    """Share of draws in which the interval of the difference lies on one side of 0."""
    random, found = np.random.default_rng(seed), 0
    for _ in range(draws):
        given = estimate(*components.draw(random), of=sub)
        found += given.low > 0 or given.high < 0
    return found / draws


def half_width(components: Components, trainings: int) -> float:
    """Of the interval of a difference between two such arms of so many trainings."""
    rest = components.rest**2 / components.count / trainings
    of_one = components.trainings**2 / trainings + rest, trainings - 1
    return interval.half_width([of_one, of_one, (2 * rest, components.count - 1)])


def calibrate(reports: Iterable[tuple[str, Iterable[str], Stored]]) -> pd.DataFrame:
    """What is known of each arm and scale with three trainings or more, a row each.

    Args:
        reports: key, names of the arms, and stored results of each.
    """
    least = MEASURES[MEASURE].counts
    rows = []
    for key, arms, stored in reports:
        for scale in SCALES:
            there = stored.at(scale)
            for arm in arms:
                if len(there.of(arm)) < TRAININGS:
                    continue
                (scores,) = Images(arm, MEASURE).terms(there)
                found = Components.of(scores.values[scores.present()])
                width = partial(half_width, found)
                rows.append(
                    {
                        "report": key,
                        "scale": scale,
                        "arm": arm,
                        "trainings": len(there.of(arm)),
                        "images": found.count,
                        "sd of trainings": round(found.trainings, 3),
                        "sd of images": round(found.images, 3),
                        "sd of the rest": round(found.rest, 3),
                        "false differences": false_differences(found),
                        f"± of {TRAININGS} trainings": round(width(TRAININGS), 2),
                        f"trainings for ± {2 * least:g}": least_trainings(width, 2 * least),
                        f"trainings for ± {least:g}": least_trainings(width, least),
                    }
                )
    found = pd.DataFrame(rows)
    whole = [name for name in found if name.startswith("trainings for")]
    return found.astype(dict.fromkeys(whole, "Int64"))


def kept(found: pd.DataFrame) -> tuple[str, str]:
    """What is stored of it as CSV, and what it comes to, in words."""
    shares = found["false differences"]
    worst = found.loc[shares.idxmax()]
    name = f"{worst['report']} {worst['arm']}"
    said = f"false differences: {shares.mean():.1%} on average, {shares.max():.1%} at most ({name})"
    return found.to_csv(index=False), f"{said}, of {DRAWS} draws an arm"
