"""Evaluate."""

import numpy as np
import pytest
from skimage import color, metrics

from colorization.data.prepared import prepare
from colorization.data.recipe import Recipe
from colorization.errors import UserError
from colorization.evaluation.colour_distance import between_histograms, colour_distance
from colorization.evaluation.evaluate import displayed, evaluate
from colorization.evaluation.predictors import lab_batches
from colorization.evaluation.told_apart import features, told_apart
from tests.evaluation.evaluate_helpers import SIZE, TEST, brute_force_bins, to_rgb8

RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def ground_truth(L, ab):
    return ab


def test_batches_are_the_images_in_lab_in_order(images):
    batches = list(lab_batches(images, "test", 2))
    assert [len(batch) for batch in batches] == [2, 2, 1]
    lab = np.concatenate(batches)
    assert lab.dtype == np.float32
    np.testing.assert_allclose(lab, color.rgb2lab(np.array(TEST)), atol=1e-3)


def test_batches_of_8_bit_lab_are_in_lab_units_too(write_source):
    gray = np.full((SIZE, SIZE, 3), 119, "uint8")
    source = write_source({split: {"a.png": gray} for split in ("train", "val", "test")})
    prepared = prepare(source, Recipe(SIZE, lab_before_resize=True))
    (batch,) = lab_batches(prepared, "val", 2)
    np.testing.assert_allclose(batch[0, 0, 0], color.rgb2lab(gray)[0, 0], atol=100 / 255 / 2)


def test_displayed_is_8_bit_srgb():
    lab = color.rgb2lab(np.array(TEST)).astype("float32")
    np.testing.assert_array_equal(displayed(lab[..., :1], lab[..., 1:]), np.array(TEST))


def test_the_ground_truth_scores_perfectly(images):
    found = evaluate(images, "test", ground_truth, batch_size=2, expected=images.digest)
    assert [row["name"] for row in found.rows] == [f"test/{i}.png" for i in range(5)]
    for row in found.rows:
        assert row["ab_mae"] == row["ab_mse"] == row["ciede2000"] == 0
        assert row["ssim"] == row["auc"] == row["accuracy"] == row["accuracy_coloured"] == 1
        assert row["psnr"] == np.inf
        assert row["chroma"] == row["chroma_true"] > 10
    for name in ("accuracy", "accuracy_balanced", "auc_balanced"):
        assert found.measures[name] == 1
    assert found.measures["images"] == 5 and "confusion" not in found.measures


def test_gray_gets_what_skimage_and_numpy_make_of_it(images):
    found = evaluate(images, "test", lambda L, ab: np.zeros_like(ab), batch_size=2)
    bins = [brute_force_bins(color.rgb2lab(rgb)[..., 1:]) for rgb in TEST]
    for row, rgb, true in zip(found.rows, TEST, bins, strict=True):
        lab = color.rgb2lab(rgb)
        gray = to_rgb8(lab * [1, 0, 0])
        chroma = np.hypot(lab[..., 1], lab[..., 2])
        curve = [(chroma <= tolerance).mean() for tolerance in range(151)]
        expected = {
            "ab_mae": np.abs(lab[..., 1:]).mean(),
            "ab_mse": np.square(lab[..., 1:]).mean(),
            "ciede2000": color.deltaE_ciede2000(color.rgb2lab(rgb), color.rgb2lab(gray)).mean(),
            "psnr": metrics.peak_signal_noise_ratio(rgb, gray),
            "ssim": metrics.structural_similarity(rgb, gray, channel_axis=2),
            "auc": np.mean(curve),
            "chroma": 0,
            "chroma_true": chroma.mean(),
            "colourfulness": 0,
            "accuracy": (true == 120).mean(),
            "accuracy_coloured": 0,
        }
        assert {name: row[name] for name in expected} == pytest.approx(expected, rel=1e-4)
    true = np.concatenate([one.ravel() for one in bins])
    counts = np.bincount(true, minlength=313)
    assert found.measures["majority"] == pytest.approx(counts.max() / counts.sum(), rel=1e-5)
    assert found.measures["accuracy"] == pytest.approx((true == 120).mean(), rel=1e-5)
    chroma = np.linalg.norm(color.rgb2lab(np.array(TEST))[..., 1:], axis=-1).ravel()
    auc = np.clip(151 - np.ceil(chroma), 0, None) / 151
    balanced = np.mean([auc[true == one].mean() for one in np.unique(true)])
    assert found.measures["auc_balanced"] == pytest.approx(balanced, rel=1e-4)


def test_each_row_judges_its_own_image(images):
    """The prediction for an image is the next one's truth: measures are those of the pair."""
    lab = color.rgb2lab(np.array(TEST))
    batches = iter([lab[1:3], lab[3:5], lab[:1]])
    found = evaluate(images, "test", lambda L, ab: next(batches)[..., 1:], batch_size=2)
    truth = evaluate(images, "test", ground_truth)
    for i, row in enumerate(found.rows):
        difference = lab[(i + 1) % 5, ..., 1:] - lab[i, ..., 1:]
        assert row["ab_mse"] == pytest.approx(np.square(difference).mean(), rel=1e-4)
        assert row["ab_mse"] > 100 and row["psnr"] < 30 and row["auc"] < 1
    for name in ("accuracy", "accuracy_balanced", "auc_balanced"):
        assert found.measures[name] < truth.measures[name]


@pytest.mark.parametrize("lightness", [None, 50.0], ids=["ab", "lab"])
def test_what_measures_of_the_set_owe_each_image(images, lightness):
    """Whatever the batches, and whatever lightness a method gives: the original's counts."""
    lab = color.rgb2lab(np.array(TEST)).astype("float32")
    ab = 0.5 * lab[..., 1:]

    def predict(L, true):
        half = 0.5 * true
        if lightness is None:
            return half
        return np.concatenate([np.full_like(L, lightness), half], axis=-1)

    found = evaluate(images, "test", predict, batch_size=2).rows
    pairs = zip(lab, ab, strict=True)
    expected = colour_distance([between_histograms(*pair) for pair in pairs], SIZE**2)
    assert [row["colour_distance"] for row in found] == pytest.approx(expected, rel=1e-3)
    given = lab[..., :1] if lightness is None else np.full_like(lab[..., :1], lightness)
    shown = color.rgb2lab(to_rgb8(np.concatenate([given, ab], axis=-1)))[..., 1:]
    true = color.rgb2lab(np.array(TEST))[..., 1:]
    seen = [features(one[..., 0], *both) for one, *both in zip(lab, true, shown, strict=True)]
    assert [row["told_apart"] for row in found] == list(told_apart(*np.moveaxis(seen, 1, 0)))


def test_half_of_the_pixels_right(write_source):
    half = np.full((SIZE, SIZE, 3), 255, "uint8")
    half[:, :8] = RED
    source = write_source({split: {"a.png": half} for split in ("train", "val", "test")})
    found = evaluate(
        prepare(source, Recipe(SIZE)), "test", lambda L, ab: np.zeros_like(ab), batch_size=1
    )
    (row,) = found.rows
    assert row["accuracy"] == 0.5 and row["accuracy_coloured"] == 0
    assert found.measures["accuracy"] == found.measures["accuracy_balanced"] == 0.5


def test_an_image_without_colour_has_no_accuracy_of_coloured_pixels(write_source):
    white = np.full((SIZE, SIZE, 3), 255, "uint8")
    source = write_source({split: {"a.png": white} for split in ("train", "val", "test")})
    found = evaluate(prepare(source, Recipe(SIZE)), "val", ground_truth)
    assert np.isnan(found.rows[0]["accuracy_coloured"])
    assert found.rows[0]["accuracy"] == 1


def test_another_set_than_the_recorded_one_is_refused(images):
    with pytest.raises(UserError, match="is not the set"):
        evaluate(images, "test", ground_truth, expected="0" * 64)


def test_shapes_confused_by_hand(write_source):
    shapes = np.full((SIZE, SIZE, 3), 255, "uint8")
    shapes[:4] = RED  # 64 pixels
    shapes[4:6] = BLUE  # 32 pixels
    source = write_source({split: {"a.png": shapes} for split in ("train", "val", "test")})
    palette = color.rgb2lab(np.array([[WHITE, RED, BLUE]], "uint8"))[0, :, 1:]
    prepared = prepare(source, Recipe(SIZE))
    truth = evaluate(prepared, "test", ground_truth, palette=palette)
    assert truth.measures["confusion"] == [[160, 0, 0], [0, 64, 0], [0, 0, 32]]

    def predict(L, ab):
        """Red's second half becomes white, blue becomes red; not to the digit."""
        ab = ab.copy()
        ab[:, 2:4], ab[:, 4:6] = [5, -5], palette[1] * 0.9
        return ab

    found = evaluate(prepared, "test", predict, palette=palette)
    assert found.measures["confusion"] == [[160, 0, 0], [32, 32, 0], [0, 32, 0]]
