from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers, ops
from PIL import Image
from skimage import color, metrics

from colorization.colour.ab_grid import AB_BINS
from colorization.colour.scaling import UNIT
from colorization.data.prepared import prepare
from colorization.data.recipe import Recipe
from colorization.errors import UserError
from colorization.evaluation.evaluate import displayed, evaluate
from colorization.evaluation.finished_run import write_samples
from colorization.evaluation.predictors import BASELINES, baselines, lab_batches, network_predictor
from colorization.files import write_json
from colorization.pages.tiles import tiles
from colorization.results.run_folder import read_run
from colorization.training.objectives import AbClassification, AbRegression, RgbRegression

SIZE = 16
RED, BLUE, WHITE = (255, 0, 0), (0, 0, 255), (255, 255, 255)


def patchwork(seed):
    """Random colours in patches of 4 px, `[16, 16, 3]`."""
    patches = np.random.default_rng(seed).integers(0, 256, (4, 4, 3), "uint8")
    return patches.repeat(4, axis=0).repeat(4, axis=1)


TRAIN = [patchwork(seed) for seed in (1, 2, 3)]
TEST = [patchwork(seed) for seed in (4, 5, 6, 7, 8)]


@pytest.fixture
def images(write_source):
    source = write_source(
        {
            "train": {f"{i}.png": image for i, image in enumerate(TRAIN)},
            "val": {"0.png": patchwork(9)},
            "test": {f"{i}.png": image for i, image in enumerate(TEST)},
        }
    )
    return prepare(source, Recipe(SIZE))


def to_rgb8(lab):
    return np.rint(color.lab2rgb(lab) * 255).astype("uint8")


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


def brute_force_bins(ab):
    distances = np.square(ab[..., None, :] - AB_BINS.astype("float64")).sum(axis=-1)
    return distances.argmin(axis=-1)


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


# ---------------------------------------------------------------- baselines


def test_baselines_are_named_in_the_order_of_the_tables(images):
    assert tuple(baselines(images)) == BASELINES


def test_gray_nearest_bin_and_ground_truth(images):
    predictors = baselines(images)
    lab = color.rgb2lab(np.array(TEST))
    L, ab = lab[..., :1], lab[..., 1:]
    assert not predictors["gray"](L, ab).any()
    np.testing.assert_array_equal(predictors["ground truth"](L, ab), ab)
    np.testing.assert_array_equal(predictors["nearest bin"](L, ab), AB_BINS[brute_force_bins(ab)])


def test_mean_ab_and_mean_ab_given_L_come_from_the_training_images(images):
    predictors = baselines(images)
    train = color.rgb2lab(np.array(TRAIN)).reshape(-1, 3)
    mean = train[:, 1:].mean(axis=0)
    L = np.arange(0, 101, dtype="float32").reshape(1, 1, 101, 1)
    unused = np.zeros((1, 1, 101, 2), "float32")
    np.testing.assert_allclose(predictors["mean ab"](L, unused), unused + mean, atol=1e-3)
    expected = np.empty((101, 2))
    for level in range(101):
        members = train[np.rint(train[:, 0]) == level, 1:]
        expected[level] = members.mean(axis=0) if len(members) else mean
    assert 5 < len({tuple(row) for row in expected.round(3)}) < 101
    for nudge in (0, 0.4, -0.4):
        found = predictors["mean ab given L"](L + nudge, unused)
        np.testing.assert_allclose(found[0, 0], expected, atol=1e-3)


def test_the_more_a_baseline_knows_the_smaller_its_error_on_the_training_images(images):
    errors = {
        name: np.mean([row["ab_mse"] for row in evaluate(images, "train", predict).rows])
        for name, predict in baselines(images).items()
    }
    assert errors["gray"] > errors["mean ab"] > errors["mean ab given L"]
    assert errors["nearest bin"] > errors["ground truth"] == 0


# ---------------------------------------------------------------- networks as predictors


def test_a_networks_input_is_scaled_and_its_output_decoded():
    L = keras.Input((SIZE, SIZE, 1))
    network = keras.Model(L, layers.Concatenate()([L, L]))
    predict = network_predictor(network, AbRegression(UNIT), batch_statistics=False)
    values = np.random.default_rng(0).uniform(0, 100, (2, SIZE, SIZE, 1)).astype("float32")
    expected = np.repeat((values / 50 - 1) * 110, 2, axis=-1)
    np.testing.assert_allclose(predict(values, None), expected, rtol=1e-4, atol=1e-3)


def test_a_classifiers_output_is_decoded_to_ab():
    L = keras.Input((SIZE, SIZE, 1))
    bias = np.full(313, -100, "float32")
    bias[312] = 0
    logits = layers.Dense(313, kernel_initializer="zeros", name="logits")
    network = keras.Model(L, logits(L))
    logits.bias.assign(bias)
    predict = network_predictor(network, AbClassification(), batch_statistics=False)
    ab = predict(np.ones((1, SIZE, SIZE, 1), "float32"), None)
    np.testing.assert_array_equal(ab, np.broadcast_to([100, 0], (1, SIZE, SIZE, 2)))


@pytest.mark.parametrize("batch_statistics", [True, False])
def test_normalisation_is_by_the_batch_or_by_running_averages(batch_statistics):
    inputs = keras.Input((2, 2, 1))
    norm = layers.BatchNormalization(epsilon=0)
    network = keras.Model(inputs, norm(inputs))
    L = np.array([2.0, 4, 6, 8], "float32").reshape(1, 2, 2, 1)
    found = network_predictor(network, AbRegression(), batch_statistics)(L, None).ravel()
    expected = (L.ravel() - 5) / np.sqrt(5) if batch_statistics else L.ravel()
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_batch_statistics_bring_no_dropout_along():
    inputs = keras.Input((4, 4, 1))
    x = layers.Dropout(0.5)(layers.BatchNormalization(epsilon=0)(inputs))
    network = keras.Model(inputs, layers.Conv2D(2, 1, use_bias=False)(x))
    L = np.arange(16, dtype="float32").reshape(1, 4, 4, 1)
    found = network_predictor(network, AbRegression(), batch_statistics=True)(L, None)
    kernel = ops.convert_to_numpy(network.layers[-1].kernel)[0, 0, 0]
    np.testing.assert_allclose(found, (L - L.mean()) / L.std() * kernel, rtol=1e-4, atol=1e-5)
    assert network.layers[2].rate == 0.5


def test_judging_leaves_the_network_as_it_was():
    inputs = keras.Input((2, 2, 1))
    network = keras.Model(inputs, layers.BatchNormalization()(inputs))
    before = [ops.convert_to_numpy(v).copy() for v in network.variables]
    predict = network_predictor(network, AbRegression(), batch_statistics=True)
    predict(np.full((1, 2, 2, 1), 50, "float32"), None)
    for variable, value in zip(network.variables, before, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(variable), value)


def test_a_network_that_takes_lightness_never_sees_the_true_colours():
    L = keras.Input((SIZE, SIZE, 1))
    network = keras.Model(L, layers.Concatenate()([L, L]))
    predict = network_predictor(network, AbRegression(UNIT), batch_statistics=False)
    random = np.random.default_rng(0)
    values = random.uniform(0, 100, (2, SIZE, SIZE, 1)).astype("float32")
    ab = random.uniform(-80, 80, (2, SIZE, SIZE, 2)).astype("float32")
    np.testing.assert_array_equal(predict(values, ab), predict(values, -ab))


def test_a_prediction_with_its_own_lightness_is_judged_with_it(images):
    """RGB that is right in colour and too dark: no error of ab, but of what is displayed."""

    def darker(L, ab):
        return np.concatenate([L - 10, ab], axis=-1)

    rows = evaluate(images, "test", darker).rows
    assert all(row["ab_mae"] == 0 and row["ciede2000"] > 3 for row in rows)


def test_an_rgb_network_sees_pillows_gray_and_is_judged_in_lab(images):
    gray = keras.Input((SIZE, SIZE, 1))
    network = keras.Model(gray, layers.Concatenate()([gray, gray, gray]))
    predict = network_predictor(network, RgbRegression(), batch_statistics=False)
    (lab,) = lab_batches(images, "test", 5)
    found = displayed(lab[..., :1], predict(lab[..., :1], lab[..., 1:]))
    expected = np.array([Image.fromarray(image).convert("L") for image in TEST])
    assert np.abs(found.astype(int) - expected[..., None]).max() <= 1


def test_a_limit_spreads_over_the_split_and_labels_follow_their_images(write_source):
    source = write_source(
        {
            "test": {f"{i}.png": plain_gray(i) for i in range(9)},
            "train": {"a.png": TRAIN[0]},
            "val": {"b.png": TRAIN[1]},
        }
    )
    prepared = prepare(source, Recipe(SIZE))
    seen = []

    def predict(L, ab, labels):
        seen.extend(zip(L.mean(axis=(1, 2, 3)), labels, strict=True))
        return ab

    rows = evaluate(prepared, "test", predict, batch_size=2, limit=5, labelled=True).rows
    assert [row["name"] for row in rows] == [f"test/{i}.png" for i in (0, 2, 4, 6, 8)]
    assert [label for _, label in seen] == [prepared.classes.index("test")] * 5
    assert [L for L, _ in seen] == sorted(L for L, _ in seen)


def plain_gray(step):
    return np.full((SIZE, SIZE, 3), 10 + 20 * step, "uint8")


def test_extra_measures_get_the_true_and_the_predicted_image(images):
    def extra(true, predicted):
        return {"mean_a": float(predicted[..., 1].mean()), "L": float(true[..., 0].mean())}

    def predict(L, ab):
        return np.broadcast_to(np.array([7, 0], "float32"), ab.shape)

    rows = evaluate(images, "test", predict, extra=extra).rows
    assert [row["mean_a"] for row in rows] == [7] * 5
    assert rows[0]["L"] == pytest.approx(color.rgb2lab(TEST[0])[..., 0].mean(), rel=1e-4)


# ---------------------------------------------------------------- tiles


@pytest.mark.parametrize("objective", ["AbRegression", "AbClassification"])
def test_what_is_shown_is_what_was_judged(images, tmp_path, objective):
    seen = []

    def predict(L, ab):
        seen.append(len(L))
        return np.broadcast_to(np.array([40, -30], "float32"), ab.shape)

    found = {split: evaluate(images, split, predict, batch_size=2) for split in ("test", "train")}
    assert seen[:3] == [2, 2, 1]  # and it is not predicted again to be shown
    folder = tmp_path / "report" / "small" / "arm" / "seed-0"
    shown = write_samples(folder, {"test": images, "train": images}, found)
    assert len(seen) == 3 + -(-len(TRAIN) // 2)
    write_json(folder / "config.json", {"seed": 0, "objective": {"type": objective}})
    write_json(folder / "measures.json", {"shown": shown})
    run = read_run(folder)
    bands = tiles(run, "test-worst")
    quantised = objective == "AbClassification"
    rows = ["gray", "re-coloured", "original", "original, 313 colours"][: 3 + quantised]
    assert list(bands) == rows
    assert all(one.shape == (5, SIZE, SIZE, 3) and one.dtype == np.uint8 for one in bands.values())
    for place, name in enumerate(run.shown["test-worst"]["names"]):
        original = TEST[int(Path(name).stem)]
        shown = {label: band[place].astype(int) for label, band in bands.items()}
        lab = color.rgb2lab(original)
        assert np.ptp(shown["gray"], axis=-1).max() <= 1
        assert np.abs(shown["gray"] - to_rgb8(lab * [1, 0, 0])).max() <= 1
        assert np.abs(shown["original"] - original).max() <= 1
        recoloured = np.concatenate([lab[..., :1], np.full((SIZE, SIZE, 2), (40, -30))], axis=-1)
        assert np.abs(shown["re-coloured"] - to_rgb8(recoloured)).max() <= 1
        if quantised:
            ab = AB_BINS[brute_force_bins(lab[..., 1:])]
            expected = to_rgb8(np.concatenate([lab[..., :1], ab], axis=-1))
            assert np.abs(shown["original, 313 colours"] - expected).max() <= 1


def test_a_method_with_its_own_lightness_is_shown_with_it(images, tmp_path):
    def predict(L, ab):
        return np.broadcast_to(np.array([60, 40, -30], "float32"), (*ab.shape[:-1], 3))

    found = {split: evaluate(images, split, predict) for split in ("test", "train")}
    folder = tmp_path / "report" / "small" / "arm" / "seed-0"
    shown = write_samples(folder, {"test": images, "train": images}, found)
    assert shown["test-random"]["space"] == "rgb"
    write_json(folder / "config.json", {"seed": 0, "objective": {"type": "RgbRegression"}})
    write_json(folder / "measures.json", {"shown": shown})
    expected = to_rgb8(np.array([[[60.0, 40.0, -30.0]]]))
    coloured = tiles(read_run(folder), "test-random")["re-coloured"]
    assert np.abs(coloured.astype(int) - expected).max() <= 1
