"""The one rule of verdicts."""

import pytest

from colorization.evidence import rule
from colorization.evidence.interval import Estimate
from colorization.evidence.rule import all_of, verdict


@pytest.mark.parametrize(
    "low, high, threshold, above, expected",
    [
        (0.5, 0.9, 0.5, True, rule.SUPPORTED),
        (0.4, 0.9, 0.5, True, rule.INCONCLUSIVE),
        (0.1, 0.4, 0.5, True, rule.CONTRADICTED),  # there, but too small to count
        (0.1, 0.5, 0.5, True, rule.INCONCLUSIVE),
        (-0.9, -0.5, -0.5, False, rule.SUPPORTED),
        (-0.9, -0.4, -0.5, False, rule.INCONCLUSIVE),
        (-0.4, 2.0, -0.5, False, rule.CONTRADICTED),
        (0.0, 0.0, -0.5, False, rule.CONTRADICTED),  # identical networks
        (float("nan"), float("nan"), 0.5, True, rule.INCONCLUSIVE),
    ],
)
def test_the_rule(low, high, threshold, above, expected):
    assert verdict(Estimate((low + high) / 2, low, high, 10, 1), threshold, above) == expected


def test_a_claim_is_as_bad_as_its_worst_test():
    assert all_of([rule.SUPPORTED, rule.SUPPORTED]) == rule.SUPPORTED
    assert all_of([rule.SUPPORTED, rule.INCONCLUSIVE]) == rule.INCONCLUSIVE
    assert all_of([rule.INCONCLUSIVE, rule.CONTRADICTED]) == rule.CONTRADICTED
