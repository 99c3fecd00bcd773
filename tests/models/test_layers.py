"""Layers by their definition in NumPy."""

import keras
import numpy as np
import pytest
from keras import layers

from colorization.models.initializers import (
    ICNR,
    Normal,
)
from colorization.models.layers import (
    AlignedUpsampling2D,
    PixelShuffle,
    batch_norm,
    conv2d,
    conv2d_transpose,
)
from tests.models.by_hand import convolved, model_of, numbers, random_image, scattered


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


@pytest.mark.parametrize(("kernel", "padding"), [(4, 1), (2, 0)])
def test_strided_transposed_convolution_without_a_bias(kernel, padding):
    model = model_of(lambda x: conv2d_transpose(x, 3, kernel, use_bias=False), (4, 5, 2))
    x = random_image(model)
    (weights,) = map(numbers, model.trainable_variables)
    padded = np.pad(weights, ((0, 0),) * 4)
    if padding:
        expected = scattered(x, padded, 0, stride=2, padding=padding)
    else:  # nothing overlaps
        expected = np.einsum("bhwc,ijoc->bhiwjo", x, weights).reshape(2, 8, 10, 3)
    np.testing.assert_allclose(numbers(model(x)), expected, atol=1e-5)


@pytest.mark.parametrize(("kernel", "dilation"), [(3, 1), (5, 1), (3, 2), (5, 2)])
def test_valid_transposed_convolution_undoes_a_margin(kernel, dilation):
    size = 2 * (kernel - 1) * dilation + 1
    margin = dilation * (kernel - 1)
    model = model_of(
        lambda x: conv2d_transpose(
            x, 3, kernel, strides=1, dilation=dilation, padding="valid", initializer=Normal()
        ),
        (size, size, 2),
    )
    x = random_image(model)
    weights, bias = map(numbers, model.trainable_variables)
    assert not bias.any()
    expected = np.zeros((2, size + margin, size + margin, 3))
    for i in range(kernel):
        for j in range(kernel):
            rows, columns = i * dilation, j * dilation
            expected[:, rows : rows + size, columns : columns + size] += x @ weights[i, j].T
    np.testing.assert_allclose(numbers(model(x)), expected, atol=1e-5)


def test_pixel_shuffle_has_pytorchs_order():
    layer = PixelShuffle()
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 12)).astype("float32")
    out = numbers(layer(x))
    assert out.shape == layer.compute_output_shape(x.shape) == (2, 6, 10, 3)
    for channel in range(3):
        for i in range(2):
            for j in range(2):
                found = out[:, i::2, j::2, channel]
                np.testing.assert_array_equal(found, x[..., 4 * channel + 2 * i + j])


def test_icnr_starts_as_nearest_neighbour_upsampling():
    def both(x):
        x = conv2d(x, 24, 1, initializer=ICNR())
        return layers.Concatenate()([PixelShuffle()(x), layers.UpSampling2D(2)(x)])

    keras.utils.set_random_seed(0)
    model = model_of(both, (3, 4, 5))
    out = numbers(model(random_image(model)))
    shuffled, repeated = out[..., :6], out[..., 6:]
    np.testing.assert_array_equal(shuffled, repeated[..., ::4])
    assert len(np.unique(shuffled[0, 0, 0])) == 6, "channels differ"
