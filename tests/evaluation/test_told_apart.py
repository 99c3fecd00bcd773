"""Whether a fixed classifier tells coloured photographs from originals."""

import numpy as np
import pytest
from skimage import color

from colorization.evaluation.told_apart import FOLDS, features, told_apart
from tests.evaluation.evaluate_helpers import to_rgb8
from tests.evaluation.photographs import coloured, found_in, photograph

PHOTOGRAPHS = np.stack([photograph(seed) for seed in range(60)])


def shown(lab):
    """ab as displayed."""
    return color.rgb2lab(to_rgb8(lab))[..., 1:]


def answers(lab, ab):
    joined = np.concatenate([lab[..., :1], ab], axis=-1)
    pairs = zip(lab, joined, strict=True)
    both = [features(one[..., 0], shown(one), shown(other)) for one, other in pairs]
    return told_apart(*np.moveaxis(both, 1, 0))


def check_checks(lab):
    found = {what: answers(lab, ab) for what, ab in coloured(lab).items()}
    assert (found["ground truth"] == 0.5).all()
    for what in ("gray", "mean ab given L", "noise"):
        assert found[what].mean() >= 0.98, what
    assert found["nearest bin"].mean() > 0.8


def test_the_originals_are_not_told_from_themselves_and_baselines_are():
    check_checks(PHOTOGRAPHS)


def test_the_same_on_photographs(real_data):
    check_checks(found_in(real_data("berkeley/BSR/BSDS500/data/images/test"), 60))


def test_other_photographs_of_the_same_kind_are_not_told_apart():
    """Neither side is made of the other: what is right by luck is right half of the time."""
    seen = np.array([features(one[..., 0], shown(one))[0] for one in PHOTOGRAPHS])
    found = told_apart(seen[::2], seen[1::2])
    assert found.mean() == pytest.approx(0.5, abs=0.2)


def test_weaker_colours_are_told_the_better_the_weaker_they_are():
    shares = (0.99, 0.95, 0.8)
    found = [answers(PHOTOGRAPHS, share * PHOTOGRAPHS[..., 1:]).mean() for share in shares]
    assert found == sorted(found) and found[0] < 0.7 and found[-1] > 0.95


def test_half_a_point_for_the_one_of_two_that_is_right():
    """One feature, higher in originals: each side is judged by its own, not by the difference."""
    first, second = np.arange(20.0)[:, None] + 2, np.arange(20.0)[:, None]
    found = told_apart(first, second)
    assert found[:5].tolist() == found[-5:].tolist() == [0.5] * 5  # both low, both high
    assert found.max() == 1
    found = told_apart(*np.random.default_rng(0).normal(0, 1, (2, 40, 3)))
    assert set(found) == {0, 0.5, 1}


def test_nothing_is_known_of_a_photograph_that_is_judged():
    """Features that say nothing but which photograph it is, on 40 of them: no better than luck.

    A classifier that had seen one of a pair would call the other the opposite.
    """
    random = np.random.default_rng(0)
    found = [told_apart(*random.normal(0, 1, (2, 40, 30))).mean() for _ in range(20)]
    assert np.mean(found) == pytest.approx(0.5, abs=0.05)
    own = random.normal(0, 1, (40, 200))
    found = told_apart(own + random.normal(0, 1e-3, own.shape), own)
    assert 0.3 < found.mean() < 0.7


def test_few_photographs():
    assert np.isnan(told_apart(np.zeros((1, 4)), np.ones((1, 4)))).all()
    assert told_apart(np.zeros((3, 4)), np.ones((3, 4))).tolist() == [1, 1, 1]
    assert FOLDS > 3


@pytest.mark.parametrize("size", [8, 16, 50])
def test_images_of_any_size(size):
    lab = PHOTOGRAPHS[0, :1].repeat(size, axis=0).repeat(2, axis=1)[:, :size]
    found = features(lab[..., 0], lab[..., 1:], 0 * lab[..., 1:])
    assert found.shape == (2, 107) and np.isfinite(found).all()
    np.testing.assert_allclose(np.square(found[:, :75]).sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(np.square(found[:, 75:96]).sum(axis=1), 1, rtol=1e-6)
