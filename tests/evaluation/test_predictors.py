"""Baselines and networks as predictors."""

import keras
import numpy as np
import pytest
from keras import layers, ops
from PIL import Image
from skimage import color

from colorization.colour.ab_grid import AB_BINS
from colorization.colour.scaling import UNIT
from colorization.data.prepared import prepare
from colorization.data.recipe import Recipe
from colorization.evaluation.evaluate import displayed, evaluate
from colorization.evaluation.predictors import BASELINES, baselines, lab_batches, network_predictor
from colorization.training.objectives import AbClassification, AbRegression, RgbRegression
from tests.evaluation.evaluate_helpers import SIZE, TEST, TRAIN, brute_force_bins


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
