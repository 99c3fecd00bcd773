"""Multiply-accumulates by hand."""

import keras
from keras import layers

from colorization.models.cost import macs, trainable_parameters, without_values
from colorization.models.layers import AlignedUpsampling2D, batch_norm, conv2d, conv2d_transpose
from colorization.models.regression_cnn import regression_cnn


def test_macs_by_hand():
    x = inputs = keras.Input((8, 8, 3))
    x = conv2d(x, 4, 3)  # 9 * 3 * 4 at 64 places
    x = batch_norm(x)
    x = conv2d(x, 5, 4, strides=2, padding=1)  # 16 * 4 * 5 at 16 places
    x = conv2d_transpose(x, 2)  # 16 * 5 * 2 from 16 places
    x = AlignedUpsampling2D()(x)
    x = layers.Dense(7)(layers.Flatten()(x))  # 16 * 16 * 2 * 7
    expected = 9 * 3 * 4 * 64 + 16 * 4 * 5 * 16 + 16 * 5 * 2 * 16 + 16 * 16 * 2 * 7
    assert macs(keras.Model(inputs, x)) == expected


def test_macs_of_the_regression_network():
    network = regression_cnn()
    first = keras.Model(network.inputs, network.get_layer("conv1").output)
    assert macs(first) == 56 * 56 * 16 * 32 == 1_605_632
    halving = 6 * 25_690_112  # conv2, conv3, conv7 and tconv1..3: 16 * 32 * 64 * 28 * 28 each
    middle = 3 * 128 * 128 * 9 * 14 * 14 + 2 * 256 * 256 * 9 * 7 * 7
    last = 32 * 2 * 16 * 56 * 56
    assert macs(network) == 1_605_632 + halving + middle + last == 303_464_448


def test_a_network_without_values_costs_what_it_costs_with_them():
    with without_values():
        outline = regression_cnn()
    network = regression_cnn()
    assert macs(outline) == macs(network)
    assert trainable_parameters(outline) == trainable_parameters(network)
    assert [layer.output.shape for layer in outline.layers] == [
        layer.output.shape for layer in network.layers
    ]
