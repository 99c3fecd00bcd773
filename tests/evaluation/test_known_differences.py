"""Spot checks of the evaluation as a whole, each of which a plausible mistake would fail.

Expected values come from NumPy and scikit-image, never from `colorization.evaluation.metrics`.
"""

import io
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from skimage import color, metrics

from colorization.colour.ab_grid import AB_BINS
from colorization.data.prepared import prepare
from colorization.data.recipe import Recipe
from colorization.data.source import SPLITS
from colorization.evaluation.evaluate import evaluate
from colorization.evaluation.finished_run import rows_csv
from colorization.results import runs
from tests.evaluation.by_hand import (
    SIZE,
    SPACES,
    ciede2000,
    colourful,
    colourfulness,
    prepared_set,
    slope,
    to_rgb8,
)


def flat(rgb):
    return np.full((SIZE, SIZE, 3), rgb, "uint8")


def near(mask):
    """Pixels with one of the mask within two rows and two columns."""
    return sliding_window_view(np.pad(mask, 2), (5, 5)).any(axis=(-2, -1))


def without_the_set(row):
    """A row without what measures of the whole set owe the image."""
    return {name: row[name] for name in row.keys() - {"colour_distance", "told_apart"}}


def nearest_bins(ab):
    bins = AB_BINS.astype("float64")
    return np.square(ab[:, :, None] - bins).sum(axis=-1).argmin(axis=-1)


def by_hand(lab, predicted):
    """Every measure of one image, from Lab to Lab."""
    ab, ab_predicted = lab[..., 1:], predicted[..., 1:]
    rgb, rgb_predicted = to_rgb8(lab), to_rgb8(predicted)
    error = ab_predicted - ab
    distance = np.sqrt((error**2).sum(axis=-1))
    edges, edges_predicted = slope(ab) > 10, slope(ab_predicted) > 10
    precision = near(edges)[edges_predicted].mean()
    recall = near(edges_predicted)[edges].mean()
    strength = slope(ab_predicted)
    bins, right = nearest_bins(ab), nearest_bins(ab) == nearest_bins(ab_predicted)
    squares = np.square(rgb.astype("float64") - rgb_predicted).mean()
    return {
        "ab_mae": np.abs(error).mean(),
        "ab_mse": (error**2).mean(),
        "ciede2000": ciede2000(color.rgb2lab(rgb), color.rgb2lab(rgb_predicted)).mean(),
        "psnr": 10 * np.log10(255**2 / squares),
        "ssim": np.mean(
            [
                metrics.structural_similarity(
                    rgb[..., i], rgb_predicted[..., i], win_size=7, data_range=255
                )
                for i in range(3)
            ]
        ),
        "auc": np.mean([(distance <= t).mean() for t in range(151)]),
        "chroma": np.sqrt((ab_predicted**2).sum(axis=-1)).mean(),
        "chroma_true": np.sqrt((ab**2).sum(axis=-1)).mean(),
        "colourfulness": colourfulness(rgb_predicted),
        "edge_agreement": np.corrcoef(slope(ab).ravel(), strength.ravel())[0, 1],
        "edge_f1": 2 * precision * recall / (precision + recall),
        "bleed": strength[slope(lab[..., :1]) < 5].sum() / strength.sum(),
        "bleed_true": slope(ab)[slope(lab[..., :1]) < 5].sum() / slope(ab).sum(),
        "accuracy": right.mean(),
        "accuracy_coloured": right[(AB_BINS[bins] != 0).any(axis=-1)].mean(),
    }


@pytest.mark.parametrize("with_L", [False, True], ids=["ab", "lab"])
@pytest.mark.parametrize(
    ("rgb", "ab"),
    [
        ((150, 110, 90), (-20, 30)),
        ((90, 100, 170), (40, -30)),  # blue, where the formula turns
        ((170, 90, 100), (30, -8)),  # across hue 0
        ((130, 130, 130), (12, 25)),
        ((60, 180, 60), (90, -90)),  # beyond sRGB: clipped before it is judged
    ],
)
def test_a_known_tint_has_its_known_ciede2000(write_source, rgb, ab, with_L):
    images = prepared_set(write_source, [flat(rgb)])
    true = color.rgb2lab(np.array(rgb, "uint8"))
    predicted = np.array([true[0] - 7 if with_L else true[0], *ab])
    seen = color.rgb2lab(to_rgb8(predicted))
    expected = ciede2000(true, seen)
    assert expected > 5
    start = 0 if with_L else 1

    def tint(L, _):
        return np.broadcast_to(predicted[start:], (*L.shape[:-1], 3 - start))

    (row,) = evaluate(images, "test", tint).rows
    assert row["ciede2000"] == pytest.approx(expected, rel=1e-4)
    assert row["ab_mae"] == pytest.approx(np.abs(ab - true[1:]).mean(), rel=1e-4)


@SPACES
def test_a_shift_of_ab_by_3_and_4(write_source, lab_before_resize):
    test = [colourful(i) for i in range(5)]
    images = prepared_set(write_source, test, lab_before_resize=lab_before_resize)
    shift = np.array([3, 4], "float32")
    for predict in (lambda L, ab: ab + shift, lambda L, ab: np.concatenate([L, ab - shift], -1)):
        for row in evaluate(images, "test", predict, batch_size=2).rows:
            assert row["ab_mae"] == pytest.approx(3.5, rel=1e-5)
            assert row["ab_mse"] == pytest.approx(12.5, rel=1e-5)


@dataclass(frozen=True)
class Bands:
    """One image of 8-bit Lab, in whole numbers of a and b: an item, and the source of it."""

    lab8: np.ndarray
    key = title = "bands"
    licence = "none"
    name = "bands/0"
    strict = True
    space = "lab8"
    identity = ("bands",)

    def read(self):
        return self.lab8

    def files(self):
        return {"train": [self], "test": [self]}


@pytest.mark.parametrize("outlined", [True, False])
def test_two_bands_of_shifted_colour_by_hand(write_source, outlined):
    """A quarter of ab (-27, -36) beside (6, 8) become (-24, -32) and (9, 12)."""
    write_source({})  # sets the data root
    lab8 = np.full((16, 16, 3), (153, 128 + 6, 128 + 8), "uint8")
    lab8[:, :4] = 102 if outlined else 153, 128 - 27, 128 - 36
    images = prepare(Bands(lab8), Recipe(16))
    found = evaluate(images, "test", lambda L, ab: ab + np.float32([3, 4]))
    rows = pd.read_csv(io.StringIO(rows_csv({"test": found})))
    means = runs.split_means(rows, {"test": found.measures}, "test")
    by_hand = {
        "ab_mae": (3 + 4) / 2,
        "ab_mse": (9 + 16) / 2,
        "auc": 146 / 151,  # within all tolerances from 5 to 150
        "auc_balanced": 146 / 151,
        "chroma_true": (45 + 3 * 10) / 4,
        "chroma": (40 + 3 * 15) / 4,
        "chroma_ratio": 17 / 15,
        "accuracy": 3 / 4,  # (-30, -40) became (-20, -30), (10, 10) stayed
        "accuracy_coloured": 3 / 4,
        "accuracy_balanced": 1 / 2,
        "majority": 3 / 4,
        "edge_f1": 1,  # the step of norm 55 is where it was
        "bleed": 0 if outlined else 1,
    }
    assert {name: means[name] for name in by_hand} == pytest.approx(by_hand, rel=1e-5)


def test_a_row_depends_neither_on_its_batch_nor_on_the_limit(five_images):
    def rows(**options):
        found = evaluate(five_images, "test", lambda L, ab: 0.6 * ab + 2, **options).rows
        return {row.pop("name"): without_the_set(row) for row in found}

    whole = rows(batch_size=5)
    for options in ({"batch_size": 1}, {"batch_size": 3}, {"batch_size": 2, "limit": 3}):
        found = rows(**options)
        assert len(found) == options.get("limit", 5)
        for name, row in found.items():
            assert row == pytest.approx(whole[name], rel=1e-4)


def scene(size=48):
    """Gradients, a disc and a bar with edges in lightness and colour, and some grain."""
    random = np.random.default_rng(7)
    y, x = np.mgrid[:size, :size] / (size - 1)
    lab = np.stack([45 + 25 * x, -6 + 14 * y, 4 + 24 * x * y], axis=-1)
    disc = (x - 0.35) ** 2 + (y - 0.4) ** 2 < 0.05
    lab[disc] = lab[disc] * 0.3 + [20, 38, 10]
    bar = x + 0.3 * y > 0.95
    lab[bar] = lab[bar] * 0.5 + [30, -8, -32]
    lab += random.normal(0, [2, 1.5, 1.5], lab.shape)
    return to_rgb8(lab)


def recoloured(ab):
    """Paler, blotchy, displaced by three pixels, with a square of colour from nowhere."""
    random = np.random.default_rng(11)
    ab = 0.8 * np.roll(ab, 3, axis=1) + random.normal(0, 2.5, ab.shape)
    ab[30:40, 4:14] += [-26, 14]
    return ab


@pytest.mark.parametrize("with_L", [False, True], ids=["ab", "lab"])
def test_one_image_by_hand(write_source, with_L):
    rgb = scene()
    images = prepared_set(write_source, [rgb])
    lab = color.rgb2lab(rgb)
    predicted = np.concatenate([lab[..., :1], recoloured(lab[..., 1:])], axis=-1)
    if with_L:
        predicted[..., 0] = 8 + 0.8 * predicted[..., 0]
    expected = by_hand(lab, predicted)
    for name in ("ssim", "auc", "edge_f1", "bleed", "accuracy", "accuracy_coloured"):
        assert 0.05 < expected[name] < 0.99  # a case that tells
    found = evaluate(images, "test", lambda L, ab: predicted[None, ..., 0 if with_L else 1 :])
    (row,) = found.rows
    assert row.pop("name") == "test/0.png"
    assert without_the_set(row) == pytest.approx(expected, rel=1e-4)

    bins, bins_predicted = nearest_bins(lab[..., 1:]), nearest_bins(predicted[..., 1:])
    distance = np.linalg.norm(predicted[..., 1:] - lab[..., 1:], axis=-1)
    auc = np.mean([distance <= t for t in range(151)], axis=0)
    occurring, counts = np.unique(bins, return_counts=True)
    assert len(occurring) > 10
    assert found.measures == pytest.approx(
        {
            "accuracy": expected["accuracy"],
            "accuracy_balanced": np.mean(
                [(bins_predicted[bins == one] == one).mean() for one in occurring]
            ),
            "auc_balanced": np.mean([auc[bins == one].mean() for one in occurring]),
            "majority": counts.max() / bins.size,
            "images": 1,
        },
        rel=1e-4,
    )


@pytest.mark.parametrize("with_L", [False, True], ids=["ab", "lab"])
def test_one_photograph_by_hand(real_data, write_source, with_L):
    path = sorted(real_data("flowers-recognition/flowers").glob("*/*.jpg"))[0]
    source = write_source({split: {"a.jpg": path.read_bytes()} for split in SPLITS})
    images = prepare(source, Recipe(96, crop=False, resample="bicubic"))
    lab = color.rgb2lab(images.images("test")[0])
    predicted = np.concatenate([lab[..., :1], recoloured(lab[..., 1:])], axis=-1)
    if with_L:
        predicted[..., 0] = 8 + 0.8 * predicted[..., 0]
    found = evaluate(images, "test", lambda L, ab: predicted[None, ..., 0 if with_L else 1 :])
    (row,) = found.rows
    assert row.pop("name") == "test/a.jpg"
    assert without_the_set(row) == pytest.approx(by_hand(lab, predicted), rel=1e-3)
