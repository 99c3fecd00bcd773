"""The adversarial networks against NumPy, layer by layer."""

from functools import partial

import numpy as np
import pytest
from keras import layers

from colorization.models.patchgan import patchgan
from colorization.models.pix2pix_unet import pix2pix_unet
from colorization.models.pooling_discriminator import pooling_discriminator
from colorization.models.resnet18_unet import (
    resnet18_unet,
)
from colorization.models.ronneberger_unet import ronneberger_unet
from colorization.models.valid_unet import valid_unet
from tests.models.by_hand import convolved, numbers, pattern, scattered, set_by_formula
from tests.models.gan_networks_helpers import (
    give_statistics,
    normalisations,
    random_image,
    with_kernel,
)


def leaky(x, slope=0.2):
    return np.where(x > 0, x, slope * x)


def relu(x):
    return np.maximum(x, 0)


def normalised(x, layer):
    gamma, beta, mean, variance = map(numbers, layer.weights)
    return (x - mean) / np.sqrt(variance + 1e-5) * gamma + beta


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("skips", ["concat", "add", "none"])
def test_pix2pix_unet_by_hand(skips, in_place):
    """`in_place`: as if the leaky ReLU changed what the skip carries, as it does in PyTorch."""
    network = pix2pix_unet(8, 3, 3, skips=skips, initializer="glorot")
    give_statistics(network)
    x = random_image(network)

    def down(x, name):
        return convolved(x, numbers(network.get_layer(name).kernel), 0, 2, 1, 1)

    def up(x, name, bias=0):
        kernel = numbers(network.get_layer(name).kernel)
        return scattered(relu(x), kernel, bias, stride=2, padding=1)

    def join(skip, x):
        skip = leaky(skip) if in_place else skip
        if skips == "concat":
            return np.concatenate([skip, x], axis=-1)
        return skip + x if skips == "add" else x

    first = down(x, "down1")
    second = normalised(down(leaky(first), "down2"), network.get_layer("down2_bn"))
    y = down(leaky(second), "down3")
    y = join(second, normalised(up(y, "up3"), network.get_layer("up3_bn")))
    y = join(first, normalised(up(y, "up2"), network.get_layer("up2_bn")))
    y = np.tanh(up(y, "up1", numbers(network.get_layer("up1").bias)))

    difference = np.abs(numbers(network(x)) - y).max()
    if skips == "add" and in_place:  # there it matters
        assert difference > 1e-3
    else:
        assert difference < 1e-5


def test_pix2pix_unet_normalises_all_but_the_first_the_innermost_and_the_last():
    network = pix2pix_unet(64, 2, 6)
    expected = {f"down{level}_bn" for level in (2, 3, 4, 5)} | {f"up{n}_bn" for n in range(2, 7)}
    assert {layer.name for layer in normalisations(network)} == expected
    assert [layer.name for layer in with_kernel(network) if layer.use_bias] == ["up1"]


@pytest.mark.parametrize(
    ("levels", "blocks"), [(8, (7, 6, 5)), (7, (6, 5)), (6, (5,)), (5, ()), (3, ())]
)
def test_dropout_of_the_pix2pix_unet_is_above_the_innermost_block(levels, blocks):
    def dropouts(**options):
        network = pix2pix_unet(2**levels, 1, levels, **options)
        return [layer for layer in network.layers if isinstance(layer, layers.Dropout)]

    assert [layer.name for layer in dropouts()] == [f"up{n}_dropout" for n in blocks]
    assert {layer.rate for layer in dropouts(dropout=0.2)} <= {0.2}
    assert dropouts(dropout=0) == []


def test_dropout_comes_after_the_normalisation_and_before_the_skip():
    names = [layer.name for layer in pix2pix_unet(64, 1, 6).layers]
    at = names.index("up5")
    assert names[at : at + 4] == ["up5", "up5_bn", "up5_dropout", "up5_skip"]


@pytest.mark.parametrize("size", [6, 9])
def test_patchgan_by_hand(size):
    network = patchgan(size, channels=2, filters=3, field=16, initializer="glorot")
    give_statistics(network)
    for name in ("conv1", "logits"):
        bias = network.get_layer(name).bias
        bias.assign(np.linspace(-1, 1, bias.shape[0]))
    x = random_image(network)

    def conv(x, name, stride):
        layer = network.get_layer(name)
        bias = numbers(layer.bias) if layer.use_bias else 0
        return convolved(x, numbers(layer.kernel), bias, stride, 1, 1)

    y = leaky(conv(x, "conv1", 2))
    y = leaky(normalised(conv(y, "conv2", 1), network.get_layer("conv2_bn")))
    y = conv(y, "logits", 1)
    assert y.shape == (2, size // 2 - 2, size // 2 - 2, 1)
    np.testing.assert_allclose(numbers(network(x)), y, atol=1e-5)


@pytest.mark.parametrize("field", [1, "image"])
def test_smallest_and_largest_field_by_hand(field):
    network = patchgan(8, channels=2, filters=3, field=field, initializer="glorot")
    give_statistics(network)
    x = random_image(network)

    def conv(x, name, stride=1, padding=0):
        kernel = numbers(network.get_layer(name).kernel)
        return convolved(x, kernel, 0, stride, 1, padding)

    if field == 1:
        y = normalised(conv(leaky(conv(x, "conv1")), "conv2"), network.get_layer("conv2_bn"))
        y = conv(leaky(y), "logits")
    else:
        y = conv(leaky(conv(x, "conv1", 2, 1)), "logits")
        assert y.shape == (2, 1, 1, 1)
    np.testing.assert_allclose(numbers(network(x)), y, atol=1e-5)


def test_patchgan_drops_out_after_every_leaky_relu():
    names = [layer.name for layer in patchgan(24, filters=1, dropout=0.5).layers]
    after = [names[at + 1] for at, name in enumerate(names) if name.endswith("_relu")]
    assert after == [f"conv{number}_dropout" for number in (1, 2, 3, 4)]
    assert "conv1_bn" not in names and "conv4_bn" in names
    assert not any("dropout" in layer.name for layer in patchgan(24, filters=1).layers)


@pytest.mark.parametrize("skips", [True, False])
def test_valid_unet_by_hand(skips):
    """Each kernel is the mean over its input channels at its centre, each image constant; what
    comes of the middle pixel is then arithmetic with single numbers."""
    network = valid_unet(25, 1, skips=skips)
    for layer in with_kernel(network):
        kernel = np.zeros(layer.kernel.shape)
        centre = kernel.shape[0] // 2
        kernel[centre, centre] = 1 / layer.input.shape[-1]
        layer.kernel.assign(kernel)
        layer.bias.assign(np.full(layer.bias.shape, -0.5 if layer.name == "conv1_1" else 0.1))
    image = np.full((1, 25, 25, 1), 0.2, "float32")

    def down(x, first_bias=0.1):
        for bias in (first_bias, 0.1, 0.1):
            x = leaky(x + bias, 0.3)
        return x

    conv1 = down(0.2, first_bias=-0.5)
    conv2 = down(conv1)
    conv3 = down(conv2)
    x = np.tanh(conv3 + 0.1)
    for skip in (conv3, conv2, conv1):
        if skips:  # as many channels from above as from below
            x = (x + skip) / 2
        x = relu(x + 0.1) + 0.2
    np.testing.assert_allclose(numbers(network(image))[0, 12, 12], x, atol=1e-6)


def test_activations():
    def last(network):
        return network.layers[-1].name

    for build in (partial(pix2pix_unet, 8, 1, 2), partial(ronneberger_unet, 8, 1, 1)):
        assert [last(build(activation=name)) for name in ("tanh", "sigmoid")] == ["tanh", "sigmoid"]
        assert last(build(activation="linear")) in ("up1", "last")
    assert last(valid_unet(25, 1)) == "relu"
    assert last(valid_unet(25, 1, activation="sigmoid")) == "sigmoid"
    assert last(valid_unet(25, 1, activation="linear")) == "up1_3"
    names = [layer.name for layer in valid_unet(25, 1, bottleneck_activation="relu").layers]
    assert "bottleneck_relu" in names and "bottleneck_tanh" not in names


def test_residual_unet_is_fastais():
    """Computed in float64 with fastai 2.8.12 and PyTorch 2.15, in train mode, with the weights of
    `test_models`, but sqrt(6 / fan_in) in kernels, so that the deep layers count.

    Tensors are numbered in the order of `trainable_variables`.
    """
    network = resnet18_unet(64)
    set_by_formula(network)
    for layer in with_kernel(network):
        layer.kernel.assign(np.sqrt(2) * numbers(layer.kernel))
    out = numbers(network(pattern(99, (2, 64, 64, 1)).astype("float32"), training=True))
    assert out.mean() == pytest.approx(-0.007984919, abs=1e-5)
    assert out.std() == pytest.approx(0.28742984, abs=1e-5)
    expected = [[-0.13768779, -0.08794353], [-0.3134847, -0.45509446], [0.4359972, 0.22107969]]
    np.testing.assert_allclose(out[[0, 1, 1], [0, 32, 63], [0, 21, 63]], expected, atol=3e-5)


def test_order_of_layers_without_normalisation():
    kinds = {"Conv2D": "c", "Conv2DTranspose": "t", "ReLU": "r", "MaxPooling2D": "p"}
    kinds |= {"Dense": "d", "Flatten": "f", "Concatenate": "+", "Activation": "a"}
    kinds |= {"InputLayer": "", "LeakyReLU": "l"}

    def order(network):
        return "".join(kinds[type(layer).__name__] for layer in network.layers)

    assert order(ronneberger_unet(8, 1, 2)) == "crcrp" * 2 + "crcr" + "t+crcr" * 2 + "ca"
    assert order(pooling_discriminator(92, filters=1)) == "crcrp" * 4 + "f" + "dr" * 3 + "da"
    assert order(valid_unet(25, 1)) == "cl" * 9 + "ca" + "+trtrtr" * 2 + "+trtrta"
