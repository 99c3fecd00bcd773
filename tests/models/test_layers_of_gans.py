"""Layers of the adversarial networks against their definition."""

import keras
import numpy as np
import pytest
from keras import layers

from colorization.models.initializers import (
    ICNR,
    Normal,
)
from colorization.models.layers import PixelShuffle, conv2d, conv2d_transpose
from tests.models.by_hand import model_of, numbers, scattered
from tests.models.gan_networks_helpers import random_image


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
