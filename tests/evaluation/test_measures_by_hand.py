"""Spot checks."""

import numpy as np
import pytest
from skimage import color

from colorization.evaluation.evaluate import evaluate
from colorization.evaluation.predictors import baselines, lab_batches
from tests.evaluation.by_hand import (
    SPACES,
    ciede2000,
    colourful,
    colourfulness,
    prepared_set,
    slope,
    to_rgb8,
)


def true_ab(L, ab):
    return ab


def true_lab(L, ab):
    return np.concatenate([L, ab], axis=-1)


def mean_of(rows, measure):
    return np.mean([row[measure] for row in rows])


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
        ((50, 2.4900, -0.0010), (50, -2.4900, 0.0011), 7.2195),
        ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_ciede2000_by_hand_gives_the_published_values(first, second, expected):
    """Pairs of the table of Sharma, Wu, Dalal (2005)."""
    assert ciede2000(first, second) == pytest.approx(expected, abs=5e-5)
    assert ciede2000(second, first) == pytest.approx(expected, abs=5e-5)


@SPACES
@pytest.mark.parametrize("predict", [true_ab, true_lab], ids=["ab", "lab"])
def test_the_truth_is_perfect_in_every_measure(write_source, predict, lab_before_resize):
    test = [colourful(i) for i in range(5)]
    images = prepared_set(write_source, test, lab_before_resize=lab_before_resize)
    found = evaluate(images, "test", predict, batch_size=2)
    rows = images.images("test")
    true = rows * [100 / 255, 1, 1] - [0, 128, 128] if lab_before_resize else color.rgb2lab(rows)
    for i, (row, lab) in enumerate(zip(found.rows, true, strict=True)):
        chroma = np.linalg.norm(lab[..., 1:], axis=-1).mean()
        strength, flat_L = slope(lab[..., 1:]), slope(lab[..., :1]) < 5
        assert chroma > 20
        # Every measure: one that is added needs its perfect value here.
        assert row.pop("name") == f"test/{i}.png"
        assert row == pytest.approx(
            {
                **dict.fromkeys(("ab_mae", "ab_mse", "ciede2000", "colour_distance"), 0),
                **dict.fromkeys(("ssim", "auc", "edge_f1", "accuracy", "accuracy_coloured"), 1),
                "edge_agreement": 1,
                "told_apart": 0.5,
                "psnr": np.inf,
                "chroma": chroma,
                "chroma_true": chroma,
                "colourfulness": colourfulness(to_rgb8(lab)),
                "bleed": strength[flat_L].sum() / strength.sum(),
                "bleed_true": strength[flat_L].sum() / strength.sum(),
            },
            rel=1e-3,
            abs=1e-9,
        )
    perfect = {name: found.measures[name] for name in found.measures if name != "majority"}
    assert perfect == {
        "accuracy": 1,
        "accuracy_balanced": 1,
        "auc_balanced": 1,
        "images": 5,
    }


def gray_lab(L, ab):
    return np.concatenate([L, 0 * ab], axis=-1)


@pytest.mark.parametrize("predict", [lambda L, ab: 0 * ab, gray_lab], ids=["ab", "lab"])
def test_gray_gets_exactly_the_rows_of_the_gray_baseline(five_images, predict):
    found = evaluate(five_images, "test", predict, batch_size=2)
    baseline = evaluate(five_images, "test", baselines(five_images)["gray"], batch_size=50)
    np.testing.assert_equal(found.rows, baseline.rows)
    np.testing.assert_equal(found.measures, baseline.measures)
    for row in found.rows:
        assert row["chroma"] == row["edge_f1"] == row["accuracy"] == 0
        assert row["colourfulness"] < 0.5  # a channel may be rounded the other way
        assert np.isnan(row["bleed"]) and row["chroma_true"] > 20


def test_another_images_colours_are_worse_than_none_in_particular(five_images):
    """Image i gets the colours of image i + 1: worse than the mean, and that than the truth."""
    ab = np.concatenate(list(lab_batches(five_images, "test", 2)))[..., 1:]
    given = iter(np.split(np.roll(ab, -1, axis=0), [2, 4]))
    permuted = evaluate(five_images, "test", lambda L, ab: next(given), batch_size=2).rows
    mean = evaluate(five_images, "test", baselines(five_images)["mean ab"], batch_size=2).rows
    truth = evaluate(five_images, "test", true_ab, batch_size=2).rows
    for measure in ("ab_mae", "ciede2000"):
        assert mean_of(permuted, measure) > 1.2 * mean_of(mean, measure) > 5
        for row, other, perfect in zip(permuted, mean, truth, strict=True):
            assert row["name"] == other["name"] == perfect["name"]
            assert row[measure] > other[measure] > perfect[measure] == 0
    # As colourful as the truth: chroma does not tell them apart.
    assert mean_of(permuted, "chroma") == pytest.approx(mean_of(truth, "chroma"), rel=1e-5)
