"""ImageNet weights in the encoder of the ResNet-18 U-Net."""

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
from tests.models.by_hand import numbers
from tests.models.gan_networks_helpers import give_statistics, random_image


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
    with pytest.raises(UserError, match="pip install -r requirements/pretrained.txt") as caught:
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
