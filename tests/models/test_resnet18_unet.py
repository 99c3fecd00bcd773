"""The residual U-Net against fastai's, and its ImageNet weights."""

import sys
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from colorization.errors import UserError
from colorization.models.resnet18_unet import (
    KERAS_HUB_LAYERS,
    copy_resnet18,
    imagenet_backbone,
    load_imagenet_encoder,
    resnet18_unet,
)
from tests.models.by_hand import (
    give_statistics,
    normalisations,
    numbers,
    pattern,
    random_image,
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


@pytest.fixture(autouse=True)
def no_backbone_yet():
    """A process keeps the backbone that it loaded; a fake must not outlive its test."""
    imagenet_backbone.cache_clear()
    yield
    imagenet_backbone.cache_clear()


class Renamed:
    """A three-channel network of ours as KerasHub names it."""

    def __init__(self, network):
        self.network = network
        self.ours = {theirs: ours for ours, theirs in KERAS_HUB_LAYERS.items()}

    def get_layer(self, name):
        return self.network.get_layer(self.ours[name])


def encoder_features(network):
    names = ["encoder_relu", *(f"encoder_layer{stage}_1_relu" for stage in (1, 2, 3, 4))]
    return keras.Model(network.input, [network.get_layer(name).output for name in names])


def test_every_layer_of_the_encoder_has_a_source():
    network = resnet18_unet(32, 1)
    encoder = [x.name for x in network.layers if x.name.startswith("encoder") and x.weights]
    assert sorted(KERAS_HUB_LAYERS) == sorted(encoder)
    assert len(set(KERAS_HUB_LAYERS.values())) == len(KERAS_HUB_LAYERS)


def test_one_channel_encoder_sees_a_gray_image_as_three_equal_channels():
    color, gray = resnet18_unet(32, 4, inputs=3), resnet18_unet(32, 4)
    give_statistics(color)
    copy_resnet18(Renamed(color), gray)
    image = random_image(gray)
    expected = encoder_features(color)(np.repeat(image, 3, axis=-1))
    for found, wanted in zip(encoder_features(gray)(image), expected, strict=True):
        np.testing.assert_allclose(numbers(found), numbers(wanted), rtol=1e-4, atol=1e-4)


def test_encoder_is_kerashubs():
    """Runs where requirements/pretrained.txt is installed."""
    models = pytest.importorskip("keras_hub.models")
    backbone = models.ResNetBackbone(
        input_conv_filters=[64],
        input_conv_kernel_sizes=[7],
        stackwise_num_filters=[64, 128, 256, 512],
        stackwise_num_blocks=[2, 2, 2, 2],
        stackwise_num_strides=[1, 2, 2, 2],
        block_type="basic_block",
        image_shape=(64, 64, 3),
    )
    assert backbone.count_params() == 11_186_112
    give_statistics(backbone)
    network = resnet18_unet(64)
    copy_resnet18(backbone, network)
    image = random_image(network)
    stages = keras.Model(backbone.input, [backbone.pyramid_outputs[f"P{n}"] for n in (2, 3, 4, 5)])
    found = encoder_features(network)(image)[1:]
    for one, other in zip(found, stages(np.repeat(image, 3, axis=-1)), strict=True):
        one, other = numbers(one), numbers(other)
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4 * np.abs(other).max())


def kerashub(monkeypatch, from_preset):
    models = SimpleNamespace(ResNetBackbone=SimpleNamespace(from_preset=from_preset))
    monkeypatch.setitem(sys.modules, "keras_hub", SimpleNamespace(models=models))
    monkeypatch.setitem(sys.modules, "keras_hub.models", models)


def test_imagenet_weights_come_from_the_preset(monkeypatch):
    asked = []
    source = resnet18_unet(32, inputs=3)

    def from_preset(name):
        asked.append(name)
        return Renamed(source)

    kerashub(monkeypatch, from_preset)
    network = resnet18_unet(32)
    load_imagenet_encoder(network)
    assert asked == ["resnet_18_imagenet"]
    first = numbers(network.get_layer("encoder_conv1").kernel)
    expected = numbers(source.get_layer("encoder_conv1").kernel).sum(axis=2, keepdims=True)
    np.testing.assert_allclose(first, expected, atol=1e-6)


def test_without_kerashub_the_user_is_told_what_to_install(monkeypatch):
    for module in ("keras_hub", "keras_hub.models"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UserError, match="pip install -r .*requirements/pretrained.txt") as caught:
        load_imagenet_encoder(resnet18_unet(32))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("error", [OSError("no route\nto host"), ValueError(), RuntimeError("x")])
def test_a_failed_download_is_one_line(monkeypatch, error):
    def from_preset(name):
        raise error

    kerashub(monkeypatch, from_preset)
    with pytest.raises(UserError, match="resnet_18_imagenet.* could not be downloaded") as caught:
        load_imagenet_encoder(resnet18_unet(32))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "keywords, message",
    [({"filters": 32}, "filters=64, got 32"), ({"inputs": 2}, "inputs=1 or 3, got 2")],
)
def test_imagenet_weights_fit_one_encoder_alone(keywords, message):
    with pytest.raises(ValueError, match=message):
        load_imagenet_encoder(resnet18_unet(32, **keywords))
