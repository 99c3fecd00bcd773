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
        (0.1, 0.4, 0.5, True, rule.NO_DIFFERENCE),  # there, but too small to count
        (-0.6, 0.4, 0.5, True, rule.CONTRADICTED),  # or the opposite, by more than counts
        (0.1, 0.5, 0.5, True, rule.INCONCLUSIVE),
        (-0.9, -0.5, -0.5, False, rule.SUPPORTED),
        (-0.9, -0.4, -0.5, False, rule.INCONCLUSIVE),
        (-0.4, 2.0, -0.5, False, rule.CONTRADICTED),
        (0.0, 0.0, -0.5, False, rule.NO_DIFFERENCE),  # identical networks
        (-0.9, -0.6, -0.5, True, rule.CONTRADICTED),  # worse, where it must not be
        (float("nan"), float("nan"), 0.5, True, rule.INCONCLUSIVE),
    ],
)
def test_the_rule(low, high, threshold, above, expected):
    found = Estimate((low + high) / 2, low, high, 10, 3)
    assert verdict(found, threshold, above, least=0.5) == expected


def test_a_number_that_is_no_difference_is_contradicted_by_all_that_falls_short():
    assert verdict(Estimate(0.3, 0.2, 0.4, 10, 3), 0.5, above=True) == rule.CONTRADICTED


@pytest.mark.parametrize(
    "trainings, expected",
    [(0, rule.SUPPORTED), (1, rule.ONE_TRAINING), (2, rule.TWO_TRAININGS), (3, rule.SUPPORTED)],
)
def test_nothing_is_judged_by_fewer_than_three_trainings(trainings, expected):
    """None is behind what a baseline gives, or the reading of the code."""
    assert verdict(Estimate(1.0, 0.9, 1.1, 10, trainings), 0.5, above=True) == expected


def test_a_claim_is_as_bad_as_its_worst_test():
    assert all_of([rule.SUPPORTED, rule.SUPPORTED]) == rule.SUPPORTED
    assert all_of([rule.SUPPORTED, rule.INCONCLUSIVE]) == rule.INCONCLUSIVE
    assert all_of([rule.INCONCLUSIVE, rule.CONTRADICTED]) == rule.CONTRADICTED
    assert all_of([rule.INCONCLUSIVE, rule.ONE_TRAINING]) == rule.ONE_TRAINING
    assert all_of([rule.NO_DIFFERENCE, rule.ONE_TRAINING]) == rule.NO_DIFFERENCE
