"""Estimates against known errors of means."""

from operator import sub, truediv

import numpy as np
import pytest

from colorization.evidence.interval import Scores, estimate
from tests.evidence.claims_helpers import NAMES, RANDOM


def scores(values, seeds=(0,), units=None, weights=None):
    values = np.asarray(values, float).reshape(-1, max(len(seeds), 1))
    units = units or tuple(range(len(values)))
    return Scores(units, tuple(seeds), values, weights)


def test_interval_over_images_is_that_of_the_mean():
    values = RANDOM.normal(5, 2, 400)
    found = estimate(scores(values))
    half = 1.96 * values.std() / 20
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert found.high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_the_same_images_are_compared_image_by_image():
    base = RANDOM.normal(0, 10, 200)
    one, other = base + 1, base[::-1]
    first, elsewhere = scores(one, units=NAMES), scores(base, units=tuple(range(200)))
    paired = estimate(first, scores(other, units=NAMES[::-1]), of=sub)
    apart = estimate(first, elsewhere, of=sub)
    assert (paired.low, paired.high) == pytest.approx((1, 1))
    assert apart.high - apart.low > 3
    assert (paired.units, apart.units) == (200, 400)


def test_seeds_widen_the_interval():
    base = RANDOM.normal(0, 1, (200, 1))
    alike, apart = base + np.zeros((1, 3)), base + np.array([[-3.0, 0.0, 3.0]])
    narrow, wide = (estimate(scores(v, seeds=(0, 1, 2))) for v in (alike, apart))
    assert narrow.value == pytest.approx(wide.value)
    assert wide.high - wide.low > 5 * (narrow.high - narrow.low)


def test_each_arm_counts_with_all_its_seeds():
    one = scores([[1, 10, 100]] * 5, seeds=("one 0", "one 1", "one 2"))
    other = scores([[5, 3]] * 5, seeds=("other 0", "other 1"))
    found = estimate(one, other, of=sub)
    assert (found.value, found.seeds) == (pytest.approx(37 - 4), 2)
    alone = estimate(one)
    assert found.low == pytest.approx(alone.low - 4, abs=1.5)
    assert found.high == pytest.approx(alone.high - 4, abs=1.5)


def test_two_numbers_of_the_same_runs_are_drawn_together():
    """What a run has more of in the end than at first does not depend on the run's luck."""
    luck, first = np.array([[0.0, 50.0, 100.0]]), RANDOM.normal(0, 1, (30, 1))
    seeds = ("0", "1", "2")
    one, other = scores(first + luck + 7, seeds), scores(first + luck, seeds)
    found = estimate(one, other, of=sub)
    assert (found.low, found.high) == (pytest.approx(7), pytest.approx(7))
    apart = estimate(one, scores(first + luck, ("3", "4", "5")), of=sub)
    assert apart.high - apart.low > 50


def test_a_baseline_has_no_seeds():
    one = scores([[1, 2], [3, 4]], seeds=(0, 1))
    assert estimate(one, scores([1, 1], seeds=()), of=sub).value == pytest.approx(1.5)


def test_ratio_of_totals_and_missing_values():
    chroma = scores([1, 2, np.nan], weights=np.array([[2.0], [2.0], [9.0]]))
    assert estimate(chroma).value == pytest.approx(3 / 4)
    found = estimate(scores([2, np.inf, 4]))
    assert (found.value, found.low, found.high, found.units) == (3, 2, 4, 2)
    without_two = scores([10, np.nan, np.nan, 40])
    other = scores([1, 2, np.nan, np.nan])
    assert estimate(without_two, other, of=sub).value == 9  # one is in both
    assert estimate(scores([6, 6]), scores([3, 3]), of=truediv).value == 2


def test_one_number_has_no_interval():
    found = estimate(scores([3]))
    assert found.value == 3 and np.isnan(found.low) and np.isnan(found.high)
    three = estimate(scores([[1, 2, 3]], seeds=(0, 1, 2)))
    assert (three.low, three.high) == (1, 3)
    # Nor has a comparison with it, however many seeds the other side has.
    against = estimate(scores([[1, 2, 3]], seeds=(0, 1, 2)), scores([3], (7,)), of=sub)
    assert against.value == -1 and np.isnan(against.low)


def test_estimates_are_repeatable():
    values = scores(RANDOM.normal(size=50))
    assert estimate(values) == estimate(values)
