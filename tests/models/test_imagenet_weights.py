"""ImageNet weights of the residual U-Net's encoder: torchvision's file, or KerasHub's."""

import sys
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from PIL import Image

from colorization.errors import UserError
from colorization.evaluation import kernel_distance
from colorization.models.imagenet_weights import (
    KERAS_HUB_LAYERS,
    TORCHVISION_LAYERS,
    from_keras_hub,
    imagenet_weights,
    load_imagenet_encoder,
    set_encoder,
    torchvision_file,
)
from colorization.models.resnet18_unet import resnet18_unet
from tests.models.by_hand import give_statistics, numbers, random_image


@pytest.fixture(autouse=True)
def no_weights_yet(tmp_path, monkeypatch):
    """A process keeps the weights that it loaded; a fake must not outlive its test."""
    monkeypatch.setenv("COLORIZATION_DATA", str(tmp_path))
    imagenet_weights.cache_clear()
    yield
    imagenet_weights.cache_clear()


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
    for sources in (KERAS_HUB_LAYERS, TORCHVISION_LAYERS):
        assert sorted(sources) == sorted(encoder)
        assert len(set(sources.values())) == len(sources)


def test_one_channel_encoder_sees_a_gray_image_as_three_equal_channels():
    color, gray = resnet18_unet(32, 4, inputs=3), resnet18_unet(32, 4)
    give_statistics(color)
    set_encoder(gray, from_keras_hub(Renamed(color)))
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
    set_encoder(network, from_keras_hub(backbone))
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


def torchvision(network, path, **changes):
    """The encoder of three channels as torchvision's state dict, in half precision as `savez`."""
    arrays = {}
    for ours, theirs in TORCHVISION_LAYERS.items():
        weights = network.get_layer(ours).get_weights()
        if len(weights) == 1:
            arrays[f"{theirs}.weight"] = weights[0].transpose(3, 2, 0, 1).astype("float16")
        else:
            parts = ("weight", "bias", "running_mean", "running_var")
            arrays.update({f"{theirs}.{p}": w for p, w in zip(parts, weights, strict=True)})
    path.parent.mkdir(exist_ok=True)
    np.savez(path, **{**arrays, **changes})


def test_a_file_of_torchvisions_arrays_comes_first(tmp_path, monkeypatch):
    for module in ("keras_hub", "keras_hub.models"):
        monkeypatch.setitem(sys.modules, module, None)
    color, gray = resnet18_unet(32, inputs=3), resnet18_unet(32)
    give_statistics(color)
    torchvision(color, tmp_path / "resnet18" / "weights.npz")
    load_imagenet_encoder(gray)
    image = random_image(gray)
    expected = encoder_features(color)(np.repeat(image, 3, axis=-1))
    for found, wanted in zip(encoder_features(gray)(image), expected, strict=True):
        wanted = numbers(wanted)
        np.testing.assert_allclose(numbers(found), wanted, atol=3e-3 * np.abs(wanted).max())
    assert "weights.npz, sha256 " in imagenet_weights().origin


@pytest.mark.parametrize(
    "contents, reason", [(b"", "No data left"), (b"PK not a zip", "resnet18"), (None, "bn1.bias")]
)
def test_a_damaged_file_is_named(tmp_path, contents, reason):
    path = tmp_path / "resnet18" / "weights.npz"
    path.parent.mkdir()
    if contents is None:
        np.savez(path, **{"conv1.weight": np.zeros((64, 3, 7, 7)), "bn1.weight": np.zeros(64)})
    else:
        path.write_bytes(contents)
    with pytest.raises(UserError, match=f"weights.npz does not hold.*{reason}") as caught:
        imagenet_weights()
    assert "\n" not in str(caught.value)


# ImageNet's number of each of Imagenette's ten classes, whose folders are easy to have.
IMAGENETTE = {
    **{"n01440764": 0, "n02102040": 217, "n02979186": 482, "n03000684": 491, "n03028079": 497},
    **{"n03394916": 566, "n03417042": 569, "n03425413": 571, "n03445777": 574, "n03888257": 701},
}


def test_torchvisions_file_knows_photographs(real_data, monkeypatch):
    monkeypatch.setenv("COLORIZATION_DATA", str(real_data("resnet18").parent))
    photographs = real_data("imagenet-mini/imagenet-mini/train")
    network = resnet18_unet(224, inputs=3)
    load_imagenet_encoder(network)
    last = keras.Model(network.input, encoder_features(network).outputs[-1])
    with np.load(torchvision_file()) as arrays:
        weight, bias = (arrays[f"fc.{name}"].astype("float32") for name in ("weight", "bias"))
    right = []
    for folder, label in IMAGENETTE.items():
        for path in sorted((photographs / folder).iterdir())[:8]:
            with Image.open(path) as image:
                rgb = np.asarray(image.convert("RGB").resize((224, 224))) / 255
            given = (rgb - kernel_distance.MEAN) / kernel_distance.DEVIATION
            features = numbers(last(given[None].astype("float32"))).mean(axis=(1, 2))
            right.append((features @ weight.T + bias).argmax() == label)
    assert np.mean(right) > 0.55  # 65 % of Imagenette's are (of a thousand classes)
