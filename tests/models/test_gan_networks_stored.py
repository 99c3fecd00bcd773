"""Adversarial networks stored and loaded, in bfloat16, and arguments that are refused."""

from functools import partial

import keras
import numpy as np
import pytest

from colorization.backend import compiled
from colorization.models.initializers import (
    INITIALIZATIONS,
)
from colorization.models.layers import CUSTOM_OBJECTS
from colorization.models.patchgan import patchgan
from colorization.models.pix2pix_unet import pix2pix_unet
from colorization.models.pooling_discriminator import pooling_discriminator
from colorization.models.resnet18_unet import (
    load_imagenet_encoder,
    resnet18_unet,
)
from colorization.models.ronneberger_unet import ronneberger_unet
from colorization.models.valid_unet import valid_unet
from tests.models.by_hand import numbers
from tests.models.gan_networks_helpers import give_statistics, random_image, with_kernel


def test_stored_networks_give_identical_outputs(tiny, tmp_path):
    network = tiny()
    give_statistics(network)
    network.save(tmp_path / "network.keras")
    again = keras.saving.load_model(
        tmp_path / "network.keras", custom_objects=CUSTOM_OBJECTS, compile=False, safe_mode=True
    )
    image = random_image(network)
    found, expected = (
        compiled(partial(model, training=False))(image) for model in (again, network)
    )
    np.testing.assert_array_equal(numbers(found), numbers(expected))
    assert numbers(expected).std() > 0


def test_outputs_are_float32_under_mixed_precision(tiny):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        network = tiny()
    finally:
        keras.config.set_dtype_policy("float32")
    *hidden, last = with_kernel(network)
    assert {layer.compute_dtype for layer in hidden} == {"bfloat16"}
    assert last.compute_dtype == network.output.dtype == "float32"
    assert {variable.dtype for variable in network.trainable_variables} == {"float32"}


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (partial(pix2pix_unet, 200), r"size must be a multiple of 2\^levels = 256, got 200"),
        (partial(pix2pix_unet, 0), r"multiple of 2\^levels = 256, got 0"),
        (partial(pix2pix_unet, 8, levels=1), "levels must be at least 2, got 1"),
        (partial(pix2pix_unet, skips="sum"), "skips must be one of 'concat', 'add', 'none', got"),
        (partial(pix2pix_unet, activation="relu"), "one of 'tanh', 'linear', 'sigmoid', got"),
        (partial(pix2pix_unet, initializer="he"), "one of 'normal', 'glorot', got 'he'"),
        (partial(patchgan, field=64), "one of 1, 16, 34, 70, 142, 286, 'image', got 64"),
        (partial(patchgan, initializer=None), "one of 'normal', 'glorot', got None"),
        (partial(patchgan, 0, field=1), "size must be at least 1 for field 1, got 0"),
        (partial(patchgan, 100, field="image"), "must be 8, 16, 32, .* 'image', got 100"),
        (partial(ronneberger_unet, 100, levels=3), r"multiple of 2\^levels = 8, got 100"),
        (partial(ronneberger_unet, levels=0), "levels must be at least 1, got 0"),
        (partial(ronneberger_unet, activation="x"), "'sigmoid', got 'x'"),
        (partial(ronneberger_unet, initializer="x"), "'glorot', got 'x'"),
        (partial(resnet18_unet, 120), "size must be a multiple of 32, got 120"),
        (partial(valid_unet, 24), "size must be at least 25 for dilation 1, got 24"),
        (partial(valid_unet, 40, dilation=2), "size must be at least 41 for dilation 2, got 40"),
        (partial(valid_unet, activation="tanh"), "'relu', 'sigmoid', 'linear', got 'tanh'"),
        (partial(valid_unet, bottleneck_activation="x"), "'tanh', 'relu', got 'x'"),
        (partial(pooling_discriminator, 64), "size must be at least 92 for 4 blocks, got 64"),
        (partial(pooling_discriminator, 51, blocks=3), "at least 52 for 3 blocks, got 51"),
        (partial(pooling_discriminator, blocks=5), "blocks must be 1 to 4, got 5"),
    ],
)
def test_wrong_arguments_are_refused(build, message):
    with pytest.raises(ValueError, match=message):
        build()


@pytest.mark.parametrize(
    ("field", "least"), [(1, 1), (16, 6), (34, 12), (70, 24), (142, 48), (286, 96)]
)
def test_least_size_of_a_field(field, least):
    assert patchgan(least, filters=1, field=field).output_shape == (None, 1, 1, 1)
    if least > 1:
        message = f"size must be at least {least} for field {field}, got {least - 1}"
        with pytest.raises(ValueError, match=message):
            patchgan(least - 1, filters=1, field=field)


@pytest.mark.parametrize(("blocks", "least"), [(1, 14), (2, 32), (3, 52), (4, 92)])
def test_least_size_of_the_pooling_discriminator(blocks, least):
    network = pooling_discriminator(least, filters=1, blocks=blocks)
    assert network.get_layer(f"pool{blocks}").output.shape[1:3] == (1, 1)


def test_initialisations_are_named():
    assert set(INITIALIZATIONS) == {"normal", "glorot"}


@pytest.mark.parametrize(
    "keywords, message",
    [({"filters": 32}, "filters=64, got 32"), ({"inputs": 2}, "inputs=1 or 3, got 2")],
)
def test_imagenet_weights_fit_one_encoder_alone(keywords, message):
    with pytest.raises(ValueError, match=message):
        load_imagenet_encoder(resnet18_unet(32, **keywords))
