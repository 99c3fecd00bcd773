"""The U-Net without padding: its sizes, its field, its arithmetic by hand."""

import numpy as np
import pytest

from colorization.models.valid_unet import valid_unet
from tests.models.by_hand import input_gradient, leaky, numbers, reached, relu, with_kernel


@pytest.mark.parametrize("size", [25, 32, 57])
def test_valid_unet_gives_back_the_size(size):
    assert valid_unet(size, 2).output_shape == (None, size, size, 3)
    if size >= 41:
        assert valid_unet(size, 2, dilation=2).output_shape == (None, size, size, 3)


@pytest.mark.parametrize(("dilation", "field"), [(1, 51), (2, 83)])
def test_receptive_field_of_the_valid_unet(dilation, field):
    network = valid_unet(96, 1, dilation=dilation)
    for layer in with_kernel(network):  # a mean, so that no ReLU is shut
        layer.kernel.assign(np.ones(layer.kernel.shape) / np.prod(layer.kernel.shape[:-1]))
    gradient = input_gradient(network, np.ones((1, 96, 96, 1), "float32"), (48, 48))
    for first, last in reached(gradient):
        assert (first, last) == (48 - field // 2, 48 + field // 2)


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
