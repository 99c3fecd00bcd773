import json

import keras
import numpy as np
import pytest
from keras import ops
from PIL import Image

from colorization.colour.ab_bins import (
    encode_nearest,
    rebalancing_weights,
    smooth_over_ab,
    smooth_over_index,
)
from colorization.colour.ab_grid import AB_BINS
from colorization.colour.lab import lab_to_rgb, rgb_to_lab
from colorization.colour.scaling import BYTE, RAW, UNIT
from colorization.serialization import to_json
from colorization.training.objectives import (
    AbClassification,
    AbRegression,
    Rebalancing,
    RgbRegression,
    class_prior,
    objective_from_json,
)
from colorization.training.supervised import SupervisedColorizer

# Two images of one row: gray, on bin 120; near bin 0 (-90, 50); near bin 312 (100, 0).
LAB = np.array([[[[10, 0, 0], [20, -88, 51]]], [[[30, 99, -3], [40, 1, -2]]]], "float32")
BINS = [[[120, 0]], [[312, 120]]]


def numbers(tensor):
    return ops.convert_to_numpy(tensor)


def nearest_of(lab):
    return numbers(encode_nearest(lab[..., 1:]))


def rgb_of(ab):
    """A colour of sRGB near ab."""
    return np.rint(numbers(lab_to_rgb(np.array([[60.0, *ab]]))) * 255).astype("uint8")[0]


class Logits(keras.layers.Layer):
    """The same logits for every pixel, whatever it is."""

    def __init__(self, classes):
        super().__init__()
        self.logits = self.add_weight(shape=(classes,), initializer="zeros")

    def call(self, x):
        return 0 * x + self.logits


def test_regression_in_raw_units():
    objective = AbRegression()
    L, ab = objective.examples(ops.convert_to_tensor(LAB))
    np.testing.assert_array_equal(numbers(L), LAB[..., :1])
    np.testing.assert_array_equal(numbers(ab), LAB[..., 1:])
    np.testing.assert_array_equal(numbers(objective.decode(ab)), LAB[..., 1:])
    assert objective.class_statistics(iter([LAB])) is None
    assert objective.metrics() == []


def test_regression_in_scaled_units():
    objective = AbRegression(UNIT)
    L, ab = objective.examples(ops.convert_to_tensor(LAB))
    np.testing.assert_allclose(numbers(L).ravel(), [-0.8, -0.6, -0.4, -0.2], rtol=1e-6)
    np.testing.assert_allclose(numbers(ab)[0, 0, 1], [-88 / 110, 51 / 110], rtol=1e-6)
    np.testing.assert_allclose(numbers(objective.decode(ab)), LAB[..., 1:], rtol=1e-5)


def test_regression_decodes_half_precision_to_float32():
    ab = numbers(AbRegression(UNIT).decode(ops.cast([[[[0.5, -1.0]]]], "bfloat16")))
    assert ab.dtype == np.float32
    np.testing.assert_array_equal(ab, [[[[55, -110]]]])


def test_squared_error_is_the_mean_over_pixels_and_channels():
    predicted = LAB[..., 1:] + np.array([3.0, -4.0], "float32")
    predicted[0, 0, 0] = LAB[0, 0, 0, 1:]  # one pixel of four is right
    loss = AbRegression().loss()(LAB[..., 1:], predicted)
    assert float(loss) == pytest.approx(3 / 4 * (9 + 16) / 2)


@pytest.mark.parametrize("objective", [AbRegression(error="L1"), RgbRegression(error="L1")])
def test_absolute_error_is_the_mean_over_pixels_and_channels(objective):
    target = np.zeros((2, 1, 2, 2), "float32")
    predicted = np.full_like(target, 3.0)
    predicted[..., 1] = -4.0
    predicted[0, 0, 0] = 0.0  # one pixel of four is right
    assert float(objective.loss()(target, predicted)) == pytest.approx(3 / 4 * (3 + 4) / 2)


def test_classes_are_planes_beside_lightness():
    objective = AbRegression(UNIT, "L1", classes=3)
    labels = np.array([2, 0], "uint8")
    inputs, ab = objective.examples(ops.convert_to_tensor(LAB), labels=labels)
    L, plain_ab = AbRegression(UNIT).examples(ops.convert_to_tensor(LAB))
    inputs = numbers(inputs)
    np.testing.assert_array_equal(inputs[..., :1], numbers(L))
    np.testing.assert_array_equal(numbers(ab), numbers(plain_ab))
    np.testing.assert_array_equal(inputs[0, ..., 1:], [[[0, 0, 1]] * 2])
    np.testing.assert_array_equal(inputs[1, ..., 1:], [[[1, 0, 0]] * 2])
    without_colour = objective.inputs(ops.convert_to_tensor(LAB[..., :1]), labels)
    np.testing.assert_array_equal(numbers(without_colour), inputs)
    assert (inputs.shape[-1], ab.shape[-1]) == (4, 2)
    assert inputs.shape[-1] == 4 and objective.output_channels == 2


def colours(count=4096):
    """Every corner of the RGB cube and random colours, uint8 `[1, 1, count, 3]`."""
    corners = np.array(np.meshgrid([0, 255], [0, 255], [0, 255])).reshape(3, -1).T
    random = np.random.default_rng(0).integers(0, 256, (count - 8, 3))
    return np.concatenate([corners, random]).astype("uint8")[None, None]


@pytest.mark.parametrize("low", [0.0, -1.0])
def test_rgb_comes_back_from_lab_exactly_and_gray_is_pillows(low):
    rgb = colours()
    gray, target = RgbRegression(low).examples(rgb_to_lab(rgb))
    scale = 255 / (1 - low)
    np.testing.assert_allclose((numbers(target) - low) * scale, rgb, atol=1e-4)
    levels = np.rint((numbers(gray) - low) * scale)
    np.testing.assert_allclose((numbers(gray) - low) * scale, levels, atol=1e-4)
    difference = levels[0, ..., 0] - np.asarray(Image.fromarray(rgb[0]).convert("L"))
    # Pillow's weights are multiples of 2^-16: now and then a rounding goes the other way.
    assert np.abs(difference).max() <= 1 and (difference != 0).mean() < 1e-3
    assert numbers(target).min() == low and numbers(target).max() == 1


def test_rgb_sees_the_same_gray_in_lightness_alone():
    levels = np.arange(256, dtype="uint8")[None, None, :, None]
    lab = numbers(rgb_to_lab(np.repeat(levels, 3, axis=-1)))
    gray = numbers(RgbRegression().inputs(ops.convert_to_tensor(lab[..., :1])))
    np.testing.assert_allclose(gray * 255, levels, atol=1e-4)
    np.testing.assert_array_equal(numbers(RgbRegression().inputs(ops.convert_to_tensor(lab))), gray)


@pytest.mark.parametrize("low", [0.0, -1.0])
def test_rgb_is_decoded_to_lab_with_a_lightness_of_its_own(low):
    lab = numbers(rgb_to_lab(colours()))
    objective = RgbRegression(low)
    _, target = objective.examples(ops.convert_to_tensor(lab))
    np.testing.assert_allclose(numbers(objective.decode(target)), lab, atol=1e-2)
    beyond = np.array([[[[low - 1, 1.5, 1.0]]]], "float32")  # cyan once clipped
    cyan = rgb_to_lab(np.array([[[[0, 255, 255]]]], "uint8"))
    np.testing.assert_allclose(numbers(objective.decode(beyond)), numbers(cyan), atol=1e-4)
    decoded = numbers(objective.decode(ops.cast(beyond, "bfloat16")))
    assert decoded.dtype == np.float32


def test_rgb_outputs_beyond_white_and_dead_channels_are_measured():
    outputs = np.zeros((2, 2, 2, 3), "float32")
    outputs[..., 1] = 0.3  # constant
    outputs[0, 0, :, 2] = 1.0, 1.01
    outputs[1, 1, 1, 0] = 2.0
    assert RgbRegression().output_measures([outputs[:1], outputs[1:]]) == {
        "share_above_white": 2 / 24,
        "constant_channels": 1,
    }


def test_rgb_has_neither_classes_nor_statistics():
    objective = RgbRegression()
    assert (objective.classes, objective.output_channels) == (0, 3)
    assert objective.metrics() == [] and objective.class_statistics(iter([LAB])) is None
    loss = objective.loss()(np.zeros((1, 1, 1, 3)), np.array([[[[1.0, 2.0, 4.0]]]]))
    assert float(loss) == pytest.approx((1 + 4 + 16) / 3)


def test_targets_are_the_nearest_bins():
    L, target = AbClassification().examples(ops.convert_to_tensor(LAB))
    np.testing.assert_array_equal(numbers(L), LAB[..., :1])
    np.testing.assert_array_equal(numbers(target), BINS)
    L, _ = AbClassification(scaling=UNIT).examples(ops.convert_to_tensor(LAB))
    np.testing.assert_allclose(numbers(L).ravel(), [-0.8, -0.6, -0.4, -0.2], rtol=1e-6)


def logits():
    """Cross-entropies of ln 2 for bins 120 and 0 and about 1000 for the others."""
    values = np.full((2, 1, 2, 313), -1000, "float32")
    values[..., [0, 120]] = 0
    return values


def test_cross_entropy_and_accuracy_by_hand():
    objective = AbClassification()
    values = logits()
    values[0, 0, 0, 120] = np.log(3)  # -> ln(4 / 3), the only pixel whose class wins
    values[1, 0, 0, 312] = 0  # -> ln 3
    values[1, 0, 1, 0] = 1  # -> ln(1 + e)
    _, target = objective.examples(ops.convert_to_tensor(LAB))
    losses = np.log([4 / 3, 2, 3, 1 + np.e])
    assert float(objective.loss()(target, values)) == pytest.approx(losses.mean(), rel=1e-6)
    (accuracy,) = objective.metrics()
    values[0, 0, 1, 120] = 2  # bin 0 loses
    accuracy.update_state(target, values)
    assert accuracy.name == "accuracy"
    # Only the first pixel: at the third three classes are equal and the first of them counts.
    assert float(accuracy.result()) == pytest.approx(1 / 4)


@pytest.mark.parametrize("neighbours", [1, 5])
def test_weighted_cross_entropy_is_not_divided_by_the_weights(neighbours):
    objective = AbClassification(Rebalancing(), neighbours=neighbours)
    weights = np.ones(313)
    weights[[120, 0, 312]] = 0.25, 6, 3
    _, target, weight = objective.examples(ops.convert_to_tensor(LAB), weights)
    np.testing.assert_array_equal(numbers(weight), [[[0.25, 6]], [[3, 0.25]]])
    uniform = np.zeros((2, 1, 2, 313), "float32")  # cross-entropy ln 313 everywhere
    loss = objective.loss()(target, uniform, weight)
    assert float(loss) == pytest.approx(np.log(313) * (0.25 + 6 + 3 + 0.25) / 4, rel=1e-5)


def test_weights_follow_the_true_class_not_the_pixel():
    objective = AbClassification(Rebalancing())
    weights = np.arange(313, dtype="float64")
    _, target, weight = objective.examples(ops.convert_to_tensor(LAB), weights)
    values = logits()
    values[1, 0, 0, 312] = 0
    expected = (120 * np.log(2) + 0 + 312 * np.log(3) + 120 * np.log(2)) / 4
    assert float(objective.loss()(target, values, weight)) == pytest.approx(expected, rel=1e-5)


def test_soft_targets():
    objective = AbClassification(neighbours=5)
    _, target = objective.examples(ops.convert_to_tensor(LAB))
    soft = numbers(target)
    assert soft.shape == (2, 1, 2, 313)
    np.testing.assert_allclose(soft.sum(axis=-1), 1, rtol=1e-5)
    np.testing.assert_array_equal(soft.argmax(axis=-1), BINS)
    # Gray: 1 for itself and exp(-2) for each of four neighbours.
    share = 1 / (1 + 4 * np.exp(-2))
    assert soft[0, 0, 0, 120] == pytest.approx(share, rel=1e-5)
    values = np.zeros((2, 1, 2, 313), "float32")
    values[0, 0, 0, 120] = np.log(4.0)
    mean = (3 * np.log(313) + np.log(316) - share * np.log(4)) / 4
    assert float(objective.loss()(target, values)) == pytest.approx(mean, rel=1e-5)
    (accuracy,) = objective.metrics()
    accuracy.update_state(target, values + np.eye(313, dtype="float32")[120] * 1e-3)
    assert float(accuracy.result()) == pytest.approx(2 / 4)


def test_blocks_have_one_target_and_colours_are_enlarged():
    random = np.random.default_rng(0)
    lab = random.uniform(-40, 40, (2, 8, 8, 3)).astype("float32")
    objective = AbClassification(block=4)
    L, target = map(numbers, objective.examples(lab))
    assert L.shape == (2, 8, 8, 1) and target.shape == (2, 2, 2)
    mean = lab[1, 4:, :4, 1:].mean(axis=(0, 1))
    assert target[1, 1, 0] == np.square(AB_BINS - mean).sum(axis=1).argmin()
    found = numbers(objective.decode(np.eye(313, dtype="float32")[target]))
    assert found.shape == (2, 8, 8, 2)
    np.testing.assert_allclose(found[1, 7, 0], AB_BINS[target[1, 1, 0]], atol=1e-3)


@pytest.mark.parametrize("adjusted", [False, True])
def test_adjusted_logits_are_those_without_rebalancing(adjusted):
    """Two colours, one in four pixels the second; logits that no pixel tells apart."""
    weights = np.full(313, 2.0)
    weights[0] = 6.0
    image = np.zeros((1, 8, 8, 3), "uint8")
    image[:, ::2, ::2] = rgb_of(AB_BINS[0])
    lab = numbers(rgb_to_lab(image))
    bins = nearest_of(lab)
    network = keras.Sequential([keras.Input((8, 8, 1)), Logits(313)])
    objective = AbClassification(adjusted=adjusted)
    model = SupervisedColorizer(network, objective, "rgb", weights)
    optimizer = keras.optimizers.SGD(0.5)
    optimizer.build(network.trainable_variables)
    model.compile(optimizer=optimizer)
    model.fit(image, epochs=400, batch_size=1, verbose=0)
    logits = numbers(network.layers[-1].logits)
    rare, common = bins[0, 0, 0], bins[0, 1, 1]
    odds = np.exp(logits[rare] - logits[common])
    assert odds == pytest.approx(1 / 3 if adjusted else weights[rare] / 2 / 3, rel=0.02)


def test_classification_decodes_with_its_temperature():
    values = np.full((1, 1, 1, 313), -1e4, "float32")
    values[..., [0, 312]] = np.log([1.0, 3.0])
    mode = numbers(AbClassification().decode(values))
    np.testing.assert_array_equal(mode[0, 0, 0], [100, 0])
    mean = numbers(AbClassification(temperature=1.0).decode(values))
    np.testing.assert_allclose(mean[0, 0, 0], [(3 * 100 - 90) / 4, 50 / 4], rtol=1e-5)
    stronger = numbers(AbClassification(temperature=1.0, saturation=1.2).decode(values))
    np.testing.assert_allclose(stronger, 1.2 * mean, rtol=1e-5)


def test_class_prior_by_hand():
    # Batches of different sizes: 4 pixels of which 2 gray, then 4 times 4 on bin 7.
    more = np.concatenate([np.zeros((4, 2, 2, 1)), np.broadcast_to(AB_BINS[7], (4, 2, 2, 2))], -1)
    expected = np.zeros(313)
    expected[[0, 7, 120, 312]] = 1 / 20, 16 / 20, 2 / 20, 1 / 20
    prior = class_prior(iter([LAB, more.astype("float32")]))
    assert prior.dtype == np.float64
    np.testing.assert_allclose(prior, expected)


@pytest.mark.parametrize(
    ("smoothing", "smooth"), [("index", smooth_over_index), ("ab", smooth_over_ab)]
)
def test_class_statistics(smoothing, smooth):
    objective = AbClassification(Rebalancing(smoothing, sigma=7.0, uniform_share=0.3))
    found = objective.class_statistics(iter([LAB]))
    prior = np.zeros(313)
    prior[[0, 120, 312]] = 0.25, 0.5, 0.25
    assert list(found) == ["prior", "smoothed", "weight"]
    np.testing.assert_allclose(found["prior"], prior)
    np.testing.assert_allclose(found["smoothed"], smooth(prior, 7.0))
    np.testing.assert_allclose(found["weight"], rebalancing_weights(smooth(prior, 7.0), 0.3))
    assert found["smoothed"] @ found["weight"] == pytest.approx(1)


def test_without_rebalancing_the_images_are_not_even_read():
    assert AbClassification().class_statistics(1 / 0 for _ in range(1)) is None


def test_the_reports_settings_are_the_defaults():
    assert AbClassification() == AbClassification(None, 1, 0.0, RAW)
    assert Rebalancing() == Rebalancing("index", 5.0, 0.5)
    assert AbRegression().scaling == RAW


@pytest.mark.parametrize(
    "objective",
    [
        AbRegression(UNIT),
        AbRegression(BYTE, "L1", classes=4),
        AbClassification(Rebalancing("ab")),
        RgbRegression(-1.0, "L1"),
    ],
)
def test_objectives_can_be_stored_as_configuration(objective):
    stored = json.loads(json.dumps(to_json(objective)))
    assert objective_from_json(stored) == objective
    assert objective_from_json(to_json(type(objective)())) != objective
