"""Estimates against known errors of means."""

from operator import sub, truediv

import numpy as np
import pytest
from scipy.stats import t

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
    variances = [np.var([1, 10, 100], ddof=1) / 3, np.var([5, 3], ddof=1) / 2]
    freedom = sum(variances) ** 2 / (variances[0] ** 2 / 2 + variances[1] ** 2 / 1)
    half = t.ppf(0.975, freedom) * np.sqrt(sum(variances))
    assert (found.low, found.high) == (pytest.approx(33 - half), pytest.approx(33 + half))


def test_sums_of_squares_are_those_of_a_table_of_seeds_and_images():
    values = RANDOM.normal(0, 1, (40, 3)) + RANDOM.normal(0, 2, (40, 1)) + [[0.0, 1.0, 3.0]]
    found = estimate(scores(values, (0, 1, 2)))
    seeds, images = values.mean(0).var(ddof=1) / 3, values.mean(1).var(ddof=1) / 40
    assert [source.of(source.count) for source in found.sources] == [
        (pytest.approx(images), 39),
        (pytest.approx(seeds), 2),
    ]
    freedom = (seeds + images) ** 2 / (seeds**2 / 2 + images**2 / 39)
    half = t.ppf(0.975, freedom) * np.sqrt(seeds + images)
    assert found.high - found.value == pytest.approx(half) == found.half_width(3)
    more = t.ppf(0.975, (seeds / 4 + images) ** 2 / ((seeds / 4) ** 2 / 11 + images**2 / 39))
    assert found.half_width(12) == pytest.approx(more * np.sqrt(seeds / 4 + images))


def test_the_trainings_that_an_answer_would_need():
    found = estimate(scores(RANDOM.normal(0, 1, (400, 1)) + [[0.0, 1.0, 3.0]], (0, 1, 2)))
    needed = found.trainings_for(0.8)
    assert found.half_width(needed) <= 0.8 < found.half_width(needed - 1)
    assert found.trainings_for(0.05) is None  # the images alone leave more open
    one, other = scores([[1, 2, 3]] * 5, (0, 1, 2)), scores([2, 2, 2, 2, 2], (7,))
    assert estimate(one, other, of=sub).trainings_for(1.0) is None  # one training tells nothing


@pytest.mark.parametrize("seeds, images", [(3, 50), (5, 200)])
@pytest.mark.parametrize("deviations", [(1.0, 5.0, 3.0), (2.0, 6.0, 1.0), (1.0, 0.0, 0.5)])
def test_intervals_cover_what_they_should(seeds, images, deviations):
    for covered in coverage(seeds, images, *deviations):
        assert 0.93 <= covered <= 0.97


def test_where_trainings_hardly_differ_intervals_are_too_wide_rather_than_too_narrow():
    assert coverage(3, 50, 0.1, 5.0, 3.0)[0] >= 0.97


def coverage(seeds, images, of_seeds, of_images, rest, draws=2000) -> np.ndarray:
    """How often the truth lies within, of a difference of two arms and of the mean of one; given
    are the deviations of seeds, of images, and of what neither explains."""
    random, covered = np.random.default_rng(5), np.zeros(2)
    for _ in range(draws):
        by_image = random.normal(0, of_images, (images, 1))
        one, other = (
            scores(
                by_image
                + random.normal(0, of_seeds, (1, seeds))
                + random.normal(0, rest, (images, seeds)),
                tuple(f"{arm} {seed}" for seed in range(seeds)),
            )
            for arm in "ab"
        )
        for place, found in enumerate((estimate(one, other, of=sub), estimate(one))):
            covered[place] += found.low <= 0 <= found.high
    return covered / draws


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
    assert (found.value, found.units) == (3, 2)
    assert found.high - 3 == pytest.approx(t.ppf(0.975, 1) * 1.0)  # the deviation over sqrt(2)
    without_two = scores([10, np.nan, np.nan, 40])
    other = scores([1, 2, np.nan, np.nan])
    assert estimate(without_two, other, of=sub).value == 9  # one is in both
    assert estimate(scores([6, 6]), scores([3, 3]), of=truediv).value == 2


def test_one_number_has_no_interval():
    found = estimate(scores([3]))
    assert found.value == 3 and np.isnan(found.low) and np.isnan(found.high)
    three = estimate(scores([[1, 2, 3]], seeds=(0, 1, 2)))
    assert three.high - 2 == pytest.approx(t.ppf(0.975, 2) / np.sqrt(3))
    # Nor has a comparison with it, however many seeds the other side has.
    against = estimate(scores([[1, 2, 3]], seeds=(0, 1, 2)), scores([3], (7,)), of=sub)
    assert against.value == -1 and np.isnan(against.low)


def test_estimates_are_repeatable():
    values = scores(RANDOM.normal(size=50))
    assert estimate(values) == estimate(values)
