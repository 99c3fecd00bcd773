"""Whether a number supports a claim: the only rule there is."""

from collections.abc import Sequence

import numpy as np

from colorization.evidence.interval import Estimate

SUPPORTED = "supported"

CONTRADICTED = "contradicted"

NO_DIFFERENCE = "no difference that counts"

INCONCLUSIVE = "inconclusive"

ARTEFACT = "artefact"

ONE_TRAINING = "one training"

TWO_TRAININGS = "two trainings"

NOT_RUN = "not run"

VERDICTS = (
    *(SUPPORTED, CONTRADICTED, NO_DIFFERENCE, INCONCLUSIVE, ARTEFACT),
    *(ONE_TRAINING, TWO_TRAININGS, NOT_RUN),
)

FEW = {1: ONE_TRAINING, 2: TWO_TRAININGS}  # trainings of an arm, too few to judge it by


def verdict(found: Estimate, threshold: float, above: bool, least: float | None = None) -> str:
    """Whether a number lies where it would support a claim: the only rule there is.

    Supported if the whole interval lies at or beyond the threshold. If all of it falls short,
    there is no difference that counts where it lies within plus and minus the least difference, and
    else the claim is contradicted. Inconclusive if the threshold lies within, or if there is no
    interval. With fewer than three trainings of an arm nothing is judged.

    Args:
        found: the number with its interval.
        threshold: where the claim begins to hold.
        above: the claim is that the number is at least the threshold; else that it is at most.
        least: the least difference that counts, where the number is one.
    """
    if found.seeds in FEW:
        return FEW[found.seeds]
    if not np.isfinite([found.low, found.high]).all():
        return INCONCLUSIVE
    nearer, farther = (found.low, found.high) if above else (-found.high, -found.low)
    threshold = threshold if above else -threshold
    if nearer >= threshold:
        return SUPPORTED
    if farther >= threshold:
        return INCONCLUSIVE
    within = least is not None and max(-found.low, found.high) <= least
    return NO_DIFFERENCE if within else CONTRADICTED


def all_of(verdicts: Sequence[str]) -> str:
    """The verdict on a claim that needs several: as bad as its worst."""
    for worst in (CONTRADICTED, NO_DIFFERENCE, ONE_TRAINING, TWO_TRAININGS, INCONCLUSIVE):
        if worst in verdicts:
            return worst
    return SUPPORTED
