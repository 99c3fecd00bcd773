"""How the adversarial networks start."""

import json
from functools import partial

import keras
import numpy as np
import pytest

from colorization.models.initializers import (
    ICNR,
    FanInUniform,
    GlorotUniform,
    KaimingNormal,
    Normal,
)
from colorization.models.layers import CUSTOM_OBJECTS, PixelShuffle
from colorization.models.patchgan import patchgan
from colorization.models.pix2pix_unet import pix2pix_unet
from colorization.models.pooling_discriminator import pooling_discriminator
from colorization.models.resnet18_unet import (
    resnet18_unet,
)
from colorization.models.ronneberger_unet import ronneberger_unet
from colorization.models.valid_unet import valid_unet
from tests.models.by_hand import numbers
from tests.models.gan_networks_helpers import normalisations, with_kernel


@pytest.mark.parametrize(
    "build",
    [partial(pix2pix_unet, 64, 16, 6), partial(patchgan, 64, filters=16)],
    ids=["pix2pix", "patchgan"],
)
def test_pix2pix_initialisation(build):
    keras.utils.set_random_seed(0)
    network = build()
    kernels = np.concatenate([numbers(layer.kernel).ravel() for layer in with_kernel(network)])
    gammas = np.concatenate([numbers(layer.gamma) for layer in normalisations(network)])
    assert kernels.mean() == pytest.approx(0, abs=2e-4)
    assert kernels.std() == pytest.approx(0.02, rel=0.01)
    assert np.abs(kernels).max() > 0.07, "not truncated"
    assert gammas.mean() == pytest.approx(1, abs=5e-3)
    assert gammas.std() == pytest.approx(0.02, rel=0.15)
    for variable in network.trainable_variables:
        if variable.path.endswith(("bias", "beta")):
            assert not numbers(variable).any()


@pytest.mark.parametrize(
    "build",
    [
        partial(pix2pix_unet, 64, 16, 6, initializer="glorot"),
        partial(patchgan, 64, filters=16, initializer="glorot"),
        partial(ronneberger_unet, 16, 16),
        partial(valid_unet, 32),
        partial(pooling_discriminator, 32, blocks=2),
    ],
    ids=["pix2pix", "patchgan", "ronneberger", "valid", "pooling"],
)
def test_glorot_initialisation(build):
    network = build()
    for layer in with_kernel(network):
        kernel = numbers(layer.kernel)
        fans = np.prod(kernel.shape[:-2]) * (kernel.shape[-2] + kernel.shape[-1])
        bound = np.sqrt(6 / fans)
        assert np.abs(kernel).max() <= bound
        if kernel.size > 500:
            assert np.abs(kernel).max() > 0.95 * bound
            assert kernel.std() == pytest.approx(bound / np.sqrt(3), rel=0.1)
        assert not layer.use_bias or not numbers(layer.bias).any()
    assert all((numbers(layer.gamma) == 1).all() for layer in normalisations(network))


def test_glorot_is_keras_own_distribution():
    for shape in ((3, 3, 8, 32), (4, 4, 32, 8), (20, 30)):
        ours = numbers(GlorotUniform()(shape))
        theirs = numbers(keras.initializers.GlorotUniform(seed=0)(shape))
        assert np.abs(ours).max() == pytest.approx(np.abs(theirs).max(), rel=0.02)


def test_residual_unet_starts_as_fastais():
    keras.utils.set_random_seed(0)
    network = resnet18_unet(32, 16)

    def std(name):
        return numbers(network.get_layer(name).kernel).std()

    def fan(name, channels):
        height, width, inputs, outputs = network.get_layer(name).kernel.shape
        return height * width * (inputs if channels == "in" else outputs)

    for name in ("mid_conv1", "up1_conv1", "up4_conv2", "residual_conv1", "up2_shuffle_conv"):
        assert std(name) == pytest.approx(np.sqrt(2 / fan(name, "in")), rel=0.05), name
    for name in ("encoder_layer2_0_conv1", "encoder_layer4_1_conv2", "encoder_layer3_0_shortcut"):
        assert std(name) == pytest.approx(np.sqrt(2 / fan(name, "out")), rel=0.05), name
    # Layers that fastai leaves with PyTorch's start: the first (made anew for one channel), the
    # last; and the bias of the last.
    for name in ("encoder_conv1", "last"):
        kernel = numbers(network.get_layer(name).kernel)
        assert 0.8 < np.abs(kernel).max() * np.sqrt(fan(name, "in")) <= 1, name
    bias = numbers(network.get_layer("last").bias)
    assert bias.any() and np.abs(bias).max() < 0.05

    for layer in normalisations(network):
        gamma, beta, mean, variance = map(numbers, layer.weights)
        assert (gamma == 1).all() and (variance == 1).all() and not mean.any()
        assert (beta == np.float32(0 if layer.name.startswith("encoder") else 1e-3)).all()
    decoder = [layer for layer in with_kernel(network) if not layer.name.startswith("encoder")]
    assert all(layer.use_bias for layer in decoder)
    assert not any(numbers(layer.bias).any() for layer in decoder[:-1])
    kernel = numbers(network.get_layer("up1_shuffle_conv").kernel)
    np.testing.assert_array_equal(kernel, np.repeat(kernel[..., ::4], 4, axis=-1))


def test_a_seed_gives_the_same_weights(tiny):
    def weights(seed):
        keras.utils.set_random_seed(seed)
        return [numbers(variable) for variable in tiny().trainable_variables]

    first = weights(0)
    for one, other in zip(first, weights(0), strict=True):
        np.testing.assert_array_equal(one, other)
    assert any((one != other).any() for one, other in zip(first, weights(1), strict=True))


def test_weights_come_from_numpys_generator():
    """Which all backends share."""
    keras.utils.set_random_seed(3)
    kernel, *_ = with_kernel(pix2pix_unet(8, 4, 2))
    expected = np.random.RandomState(3).normal(0, 0.02, (4, 4, 1, 4))
    np.testing.assert_allclose(numbers(kernel.kernel), expected, rtol=1e-6)


@pytest.mark.parametrize(
    "initializer",
    [FanInUniform(12), Normal(1.0, 0.5), GlorotUniform(), KaimingNormal("fan_out"), ICNR()],
    ids=lambda initializer: type(initializer).__name__,
)
def test_initialisers_can_be_stored(initializer):
    stored = json.loads(json.dumps(keras.saving.serialize_keras_object(initializer)))
    again = keras.saving.deserialize_keras_object(stored)
    assert type(again) is type(initializer)
    assert again.get_config() == initializer.get_config()
    assert CUSTOM_OBJECTS[stored["registered_name"]] is type(initializer)


def test_stored_networks_need_nothing_else():
    registered = keras.saving.get_custom_objects().items()
    module = PixelShuffle.__module__
    assert {name: thing for name, thing in registered if thing.__module__ == module} == (
        CUSTOM_OBJECTS
    )
