"""The distance between the colours of predictions and of originals."""

import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from colorization.evaluation.colour_distance import between_histograms, colour_distance
from colorization.evidence.interval import Scores, estimate
from tests.evaluation.photographs import coloured, found_in, photograph

PHOTOGRAPHS = np.stack([photograph(seed) for seed in range(24)])


def column(lab, ab):
    each = [between_histograms(one, predicted) for one, predicted in zip(lab, ab, strict=True)]
    return colour_distance(each, lab[0, ..., 0].size)


def distance(lab, ab):
    return column(lab, ab).mean()


def by_hand(lab, ab, directions=8):
    """From the sorted projections themselves, without histograms."""
    level = np.minimum(lab[..., 0] // 10, 9)
    total = 0
    for one in np.unique(level):
        there = level == one
        for angle in np.pi * np.arange(directions) / directions:
            line = np.array([np.cos(angle), np.sin(angle)])
            total += there.sum() * wasserstein_distance(ab[there] @ line, lab[there][:, 1:] @ line)
    return total / directions / level.size


@pytest.mark.parametrize("what", ["gray", "mean ab given L", "nearest bin", "noise"])
def test_it_is_the_sliced_distance_of_the_pixels_themselves(what):
    ab = coloured(PHOTOGRAPHS)[what]
    expected = by_hand(PHOTOGRAPHS, ab)
    assert distance(PHOTOGRAPHS, ab) == pytest.approx(expected, abs=0.25)
    assert expected > 1


def test_eight_directions_are_enough():
    ab = coloured(PHOTOGRAPHS)["gray"]
    assert by_hand(PHOTOGRAPHS, ab) == pytest.approx(by_hand(PHOTOGRAPHS, ab, 64), rel=0.02)


def test_a_shift_of_all_colours_is_its_mean_over_directions():
    shifted = PHOTOGRAPHS[..., 1:] + np.float32([6, 0])
    expected = 6 * np.abs(np.cos(np.pi * np.arange(8) / 8)).mean()
    assert distance(PHOTOGRAPHS, shifted) == pytest.approx(expected, rel=0.01)


def permuted_within_L(lab):
    """Each pixel gets the colour of another of its L, of whichever image."""
    random, level = np.random.default_rng(0), (lab[..., 0] // 10).astype(int)
    ab = lab[..., 1:].copy()
    for one in np.unique(level):
        ab[level == one] = random.permutation(ab[level == one])
    return ab


def check_order(lab):
    found = {what: distance(lab, ab) for what, ab in coloured(lab).items()}
    assert found["ground truth"] == 0
    assert found["nearest bin"] < 0.3 * found["mean ab given L"]
    assert found["nearest bin"] < 0.2 * found["gray"]
    assert found["mean ab given L"] < found["gray"] and found["gray"] < found["noise"]
    assert distance(lab, permuted_within_L(lab)) < 1e-6
    exchanged = distance(lab, np.roll(lab[..., 1:], 1, axis=0))  # L tells what is wrong with it
    assert found["nearest bin"] < exchanged < 0.7 * found["gray"]


def test_what_is_far_from_the_originals_and_what_is_near():
    check_order(PHOTOGRAPHS)


def test_what_is_far_and_near_on_photographs(real_data):
    check_order(found_in(real_data("berkeley/BSR/BSDS500/data/images/test"), 60))


def test_colours_on_the_wrong_lightness_are_far():
    lab = np.zeros((1, 8, 8, 3), "float32")
    lab[:, :4] = 30, 40, 0
    lab[:, 4:] = 80, -40, 0
    assert distance(lab, lab[:, ::-1, :, 1:]) == pytest.approx(
        by_hand(lab, lab[:, ::-1, :, 1:]), rel=0.01
    )


def test_a_lightness_of_its_own_does_not_move_a_pixel_to_another_bin():
    """The bin is the original's: what is compared is what the same pixels were given."""
    lab = PHOTOGRAPHS.copy()
    lab[0, 0, 0, 0] = 100  # white is of the last bin
    assert distance(lab, lab[..., 1:]) == 0


def test_the_variance_over_images_is_the_jackknifes():
    ab = coloured(PHOTOGRAPHS)["mean ab given L"]
    ab[:8] *= 0.3
    whole, count = distance(PHOTOGRAPHS, ab), len(ab)
    without = np.array(
        [distance(np.delete(PHOTOGRAPHS, i, 0), np.delete(ab, i, 0)) for i in range(count)]
    )
    variance = (count - 1) / count * np.square(without - without.mean()).sum()
    scores = Scores(tuple(range(count)), (), column(PHOTOGRAPHS, ab)[:, None])
    found = estimate(scores)
    images = next(source for source in found.sources if not source.trainings)
    assert found.value == pytest.approx(whole)
    assert images.of(count)[0] == pytest.approx(variance) and variance > 0.01


def test_one_image():
    ab = coloured(PHOTOGRAPHS)["gray"]
    (found,) = column(PHOTOGRAPHS[:1], ab[:1])
    assert found == pytest.approx(by_hand(PHOTOGRAPHS[:1], ab[:1]), abs=0.3)
