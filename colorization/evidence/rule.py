"""Whether a number supports a claim: the only rule there is."""

from collections.abc import Sequence

import numpy as np

from colorization.evidence.interval import Estimate

SUPPORTED = "supported"

CONTRADICTED = "contradicted"

INCONCLUSIVE = "inconclusive"

ARTEFACT = "artefact"

NOT_RUN = "not run"

VERDICTS = (SUPPORTED, CONTRADICTED, INCONCLUSIVE, ARTEFACT, NOT_RUN)


def verdict(found: Estimate, threshold: float, above: bool) -> str:
    """Whether a number lies where it would support a claim: the only rule there is.

    Supported if the whole interval lies at or beyond the threshold, contradicted if all of it
    falls short (the effect is opposite, absent, or smaller than what counts), and
    inconclusive if the threshold lies within, or if there is no interval.

    Args:
        found: the number with its interval.
        threshold: where the claim begins to hold.
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
