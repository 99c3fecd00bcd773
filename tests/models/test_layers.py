"""Layers."""

import json

import keras
import numpy as np
import pytest

from colorization.models.initializers import FanInUniform
from colorization.models.layers import AlignedUpsampling2D, batch_norm, conv2d, conv2d_transpose
from tests.models.by_hand import convolved, model_of, numbers, scattered


@pytest.mark.parametrize(
    ("kernel", "stride", "dilation", "padding", "given", "size"),
    [
        (1, 1, 1, 0, None, 5),
        (3, 1, 1, 1, None, 6),
        (3, 2, 1, 1, None, 6),
        (3, 2, 1, 1, None, 7),
        (4, 2, 1, 1, 1, 8),
        (4, 2, 1, 1, None, 7),
        (4, 1, 1, 1, 1, 6),  # the tail of a PatchGAN: one pixel smaller
        (3, 1, 2, 2, None, 7),
        (3, 1, 1, 0, 0, 6),
    ],
)
def test_convolution(kernel, stride, dilation, padding, given, size):
    model = model_of(
        lambda x: conv2d(x, 3, kernel, strides=stride, dilation=dilation, padding=given),
        (size, size, 2),
    )
    x = np.random.default_rng(0).normal(size=(2, size, size, 2)).astype("float32")
    weights, bias = map(numbers, model.trainable_variables)
    expected = convolved(x, weights, bias, stride, dilation, padding)
    np.testing.assert_allclose(numbers(model(x)), expected, atol=1e-5)


@pytest.mark.parametrize(
    "size",
    [
        (6, 7),
        pytest.param((7, 6)),
    ],
)
def test_convolution_of_an_oblong_image(size):
    model = model_of(lambda x: conv2d(x, 3, 3, strides=2), (*size, 2))
    x = np.random.default_rng(0).normal(size=(1, *size, 2)).astype("float32")
    weights, bias = map(numbers, model.trainable_variables)
    expected = convolved(x, weights, bias, stride=2, dilation=1, padding=1)
    np.testing.assert_allclose(numbers(model(x)), expected, atol=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (3, 3), (4, 5)])
def test_transposed_convolution(size):
    model = model_of(lambda x: conv2d_transpose(x, 3), (*size, 2))
    x = np.random.default_rng(0).normal(size=(2, *size, 2)).astype("float32")
    weights, bias = map(numbers, model.trainable_variables)
    expected = scattered(x, weights, bias, stride=2, padding=1)
    assert expected.shape == (2, 2 * size[0], 2 * size[1], 3)
    np.testing.assert_allclose(numbers(model(x)), expected, atol=1e-5)


def test_aligned_upsampling_by_hand():
    x = np.array([[0.0, 3.0], [6.0, 9.0]], "float32")[None, :, :, None]
    expected = [[0, 1, 2, 3], [2, 3, 4, 5], [4, 5, 6, 7], [6, 7, 8, 9]]
    np.testing.assert_allclose(numbers(AlignedUpsampling2D(2)(x))[0, :, :, 0], expected, atol=1e-6)


@pytest.mark.parametrize(("height", "width", "factor"), [(3, 5, 2), (4, 2, 3), (1, 3, 2)])
def test_aligned_upsampling_follows_its_formula(height, width, factor):
    x = np.random.default_rng(0).normal(size=(1, height, width, 2)).astype("float32")
    layer = AlignedUpsampling2D(factor)
    out = numbers(layer(x))
    assert out.shape == layer.compute_output_shape(x.shape)
    for row in range(factor * height):
        for column in range(factor * width):
            at = []
            for place, size in ((row, height), (column, width)):
                position = place * (size - 1) / (factor * size - 1)
                low = min(int(position), max(size - 2, 0))
                at.append((low, min(low + 1, size - 1), position - low))
            (top, bottom, v), (left, right, h) = at
            upper = x[0, top, left] * (1 - h) + x[0, top, right] * h
            lower = x[0, bottom, left] * (1 - h) + x[0, bottom, right] * h
            np.testing.assert_allclose(out[0, row, column], upper * (1 - v) + lower * v, atol=1e-5)


def test_batch_normalisation_has_pytorchs_constants():
    model = model_of(batch_norm, (1, 1, 1))
    x = np.array([4.99, 5.01], "float32").reshape(2, 1, 1, 1)  # mean 5, variance 1e-4
    out = numbers(model(x, training=True)).ravel()
    np.testing.assert_allclose(out, np.array([-0.01, 0.01]) / np.sqrt(1.1e-4), rtol=1e-3)
    mean, variance = map(numbers, model.non_trainable_variables)
    np.testing.assert_allclose(mean, 0.1 * 5, rtol=1e-5)
    # A known departure: PyTorch takes the unbiased variance (here 2e-4) into its running average,
    # Keras the biased one. The reports' layers average over 100 values and more.
    np.testing.assert_allclose(variance, 0.9 + 0.1 * 1e-4, rtol=1e-6)


@pytest.mark.parametrize(
    ("layer", "fan_in"),
    [
        (lambda x: conv2d(x, 40, 3), 3 * 3 * 6),
        (lambda x: conv2d(x, 40, 4, strides=2, padding=1), 4 * 4 * 6),
        (lambda x: conv2d_transpose(x, 40), 4 * 4 * 40),
    ],
    ids=["3x3", "4x4", "transposed"],
)
def test_first_weights_are_pytorchs_from_numpys_generator(layer, fan_in):
    keras.utils.set_random_seed(3)
    kernel, bias = map(numbers, model_of(layer, (8, 8, 6)).trainable_variables)
    bound = 1 / np.sqrt(fan_in)
    expected = np.random.RandomState(3)
    np.testing.assert_allclose(kernel, expected.uniform(-bound, bound, kernel.shape), rtol=1e-6)
    np.testing.assert_allclose(bias, expected.uniform(-bound, bound, bias.shape), rtol=1e-6)
    assert 0.98 * bound < np.abs(kernel).max() <= bound
    assert kernel.std() == pytest.approx(bound / np.sqrt(3), rel=0.05)


def test_initialiser_can_be_stored():
    stored = keras.saving.serialize_keras_object(FanInUniform(12))
    again = keras.saving.deserialize_keras_object(json.loads(json.dumps(stored)))
    assert isinstance(again, FanInUniform) and again.fan_in == 12
