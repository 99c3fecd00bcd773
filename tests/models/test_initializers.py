"""First weights: their distributions, their seed, and that they can be stored."""

import json
from functools import partial

import keras
import numpy as np
import pytest

from colorization.models.initializers import (
    ICNR,
    INITIALIZATIONS,
    FanInUniform,
    GlorotUniform,
    KaimingNormal,
    Normal,
)
from colorization.models.layers import (
    CUSTOM_OBJECTS,
    conv2d,
    conv2d_transpose,
)
from colorization.models.patchgan import patchgan
from colorization.models.pix2pix_unet import pix2pix_unet
from colorization.models.pooling_discriminator import pooling_discriminator
from colorization.models.ronneberger_unet import ronneberger_unet
from colorization.models.valid_unet import valid_unet
from tests.models.by_hand import (
    model_of,
    normalisations,
    numbers,
    with_kernel,
)


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


def test_initialisations_are_named():
    assert set(INITIALIZATIONS) == {"normal", "glorot"}
