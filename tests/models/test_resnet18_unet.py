"""The residual U-Net against fastai's."""

import keras
import numpy as np
import pytest

from colorization.models.resnet18_unet import resnet18_unet
from tests.models.by_hand import (
    normalisations,
    numbers,
    pattern,
    set_by_formula,
    with_kernel,
)


def test_widths_of_the_residual_unet_are_proportional():
    def widths(filters):
        network = resnet18_unet(32, filters)
        return {layer.name: layer.kernel.shape[-1] for layer in with_kernel(network)}

    narrow, wide = widths(4), widths(8)
    with_image = {"residual_conv1", "residual_conv2"}  # one channel more
    for name in narrow.keys() - with_image - {"last"}:
        assert wide[name] == 2 * narrow[name], name
    assert [wide[name] for name in sorted(with_image)] == [13, 13]


def test_parts_of_the_residual_unet_have_fastais_sizes():
    network = resnet18_unet(32)
    parts = {}
    for layer in network.layers:
        part = layer.name if layer.name == "mid_bn" else layer.name.split("_")[0]
        size = sum(int(np.prod(v.shape)) for v in layer.trainable_variables)
        if size:
            parts[part] = parts.get(part, 0) + size
    assert parts == {
        **{"encoder": 11_170_240, "mid_bn": 1024, "mid": 9_438_720},
        **{"up1": 5_245_440, "up2": 3_180_544, "up3": 1_475_968, "up4": 380_736},
        **{"shuffle": 37_248, "residual": 169_556, "last": 196},
    }


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
