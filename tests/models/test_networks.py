"""Report 001's networks: its tables, storing, precision, cost."""

from functools import partial

import keras
import numpy as np
import pytest
from keras import layers

from colorization.models.classification_cnn import classification_cnn
from colorization.models.cost import macs, trainable_parameters
from colorization.models.layers import AlignedUpsampling2D, batch_norm, conv2d, conv2d_transpose
from colorization.models.regression_cnn import regression_cnn
from tests.models.by_hand import numbers

REGRESSION_SIZES = {
    **{"conv1": (56, 32), "conv2": (28, 64), "conv3": (14, 128)},
    **{"conv4": (14, 128), "conv5": (14, 128), "conv6": (14, 128)},
    **{"conv7": (7, 256), "conv8": (7, 256), "conv9": (7, 256)},
    **{"tconv1": (14, 128), "tconv2": (28, 64), "tconv3": (56, 32), "tconv4": (112, 2)},
}

CLASSIFICATION_SIZES = {
    **{"conv1_1": (56, 64), "conv1_2": (28, 64), "conv2_1": (28, 128), "conv2_2": (14, 128)},
    **{"conv3_1": (14, 256), "conv3_2": (14, 256), "conv3_3": (7, 256), "conv4_1": (7, 512)},
    **{"conv5_1": (7, 512), "conv6_1": (7, 512), "conv7_1": (7, 512)},
    **{"conv8_1": (14, 256), "conv8_up": (28, 256), "conv8_2": (56, 256), "conv8_3": (56, 256)},
    "logits": (56, 313),
}

LIGHT_SIZES = {
    **{"conv1_1": (112, 64), "conv1_2": (56, 64), "conv2_1": (56, 128), "conv2_2": (28, 128)},
    **{"conv3_1": (28, 256), "conv3_2": (14, 256), "conv4_1": (14, 512)},
    **{"conv8_1": (28, 256), "conv8_up": (56, 256), "conv8_2": (112, 256), "conv8_3": (112, 256)},
    "logits": (112, 313),
}


@pytest.fixture(
    scope="module",
    params=[
        (regression_cnn, 3_004_610, REGRESSION_SIZES),
        (classification_cnn, 13_815_673, CLASSIFICATION_SIZES),
        (partial(classification_cnn, size=112, light=True), 6_143_097, LIGHT_SIZES),
    ],
    ids=["regression", "classification", "light"],
)
def published(request):
    build, parameters, sizes = request.param
    return build(), parameters, sizes


def test_trainable_parameters_are_the_published_number(published):
    network, parameters, _ = published
    assert trainable_parameters(network) == parameters
    assert network.count_params() - parameters == sum(
        2 * layer.gamma.shape[0]
        for layer in network.layers
        if isinstance(layer, layers.BatchNormalization)
    )


def test_layers_have_the_tables_sizes(published):
    network, _, sizes = published
    with_kernel = {layer.name for layer in network.layers if hasattr(layer, "kernel")}
    assert with_kernel | {"conv8_up"} & sizes.keys() == sizes.keys()
    for name, (size, channels) in sizes.items():
        assert network.get_layer(name).output.shape == (None, size, size, channels), name


def test_every_regression_layer_but_the_last_is_normalised_then_rectified():
    names = [layer.name for layer in regression_cnn(16, 2).layers if "pad" not in layer.name]
    blocks = [name for name in REGRESSION_SIZES if name != "tconv4"]
    expected = [part for name in blocks for part in (name, f"{name}_bn", f"{name}_relu")]
    assert names == ["L", *expected, "tconv4"]


def test_classification_layers_are_rectified_then_normalised_at_the_blocks_end():
    kinds = {"Conv2D": "c", "Conv2DTranspose": "t", "ReLU": "r", "BatchNormalization": "n"}
    kinds |= {"AlignedUpsampling2D": "u", "InputLayer": "", "ZeroPadding2D": ""}

    def order(network):
        return "".join(kinds[type(layer).__name__] for layer in network.layers)

    blocks = "crcrncrcrncrcrcrncrncrnrcrncrn"
    assert order(classification_cnn(8, 1, classes=2)) == blocks + "trutrcrc"
    light = "crcrncrcrncrcrncrn"
    assert order(classification_cnn(8, 1, light=True, classes=2)) == light + "trutrcrc"


@pytest.mark.parametrize(("build", "size"), [(regression_cnn, 120), (classification_cnn, 60)])
def test_a_size_that_cannot_be_halved_often_enough_is_refused(build, size):
    with pytest.raises(ValueError, match=f"multiple of .* got {size}"):
        build(size)


TINY = [
    partial(regression_cnn, 16, 2),
    partial(classification_cnn, 8, 2, classes=7),
    partial(classification_cnn, 8, 2, light=True, classes=7),
]

TINY_IDS = ["regression", "classification", "light"]


@pytest.mark.parametrize("build", TINY, ids=TINY_IDS)
def test_stored_networks_give_identical_outputs(build, tmp_path):
    network = build()
    L = np.random.default_rng(0).uniform(0, 100, (2, *network.input_shape[1:])).astype("float32")
    network(L, training=True)  # running averages of their own
    network.save(tmp_path / "network.keras")
    again = keras.saving.load_model(tmp_path / "network.keras", safe_mode=True)
    for training in (False, True):
        expected = numbers(network(L, training=training))
        np.testing.assert_array_equal(numbers(again(L, training=training)), expected)


@pytest.mark.parametrize("build", TINY, ids=TINY_IDS)
def test_outputs_are_float32_under_mixed_precision(build):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = build()
    finally:
        keras.config.set_dtype_policy("float32")
    hidden = [layer for layer in network.layers if hasattr(layer, "kernel")][:-1]
    assert {layer.compute_dtype for layer in hidden} == {"bfloat16"}
    assert {variable.dtype for variable in network.trainable_variables} == {"float32"}
    out = network(np.ones((1, *network.input_shape[1:]), "float32"))
    assert keras.backend.standardize_dtype(out.dtype) == "float32"


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
