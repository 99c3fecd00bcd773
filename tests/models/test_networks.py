"""All adversarial networks: sizes, seeds, storing, precision, and what is refused."""

from functools import partial

import keras
import numpy as np
import pytest

from colorization.backend import compiled
from colorization.models.cost import macs, trainable_parameters, without_values
from colorization.models.layers import CUSTOM_OBJECTS
from colorization.models.patchgan import patchgan
from colorization.models.pix2pix_unet import pix2pix_unet
from colorization.models.pooling_discriminator import pooling_discriminator
from colorization.models.resnet18_classifier import resnet18_classifier
from colorization.models.resnet18_unet import resnet18_unet
from colorization.models.ronneberger_unet import ronneberger_unet
from colorization.models.valid_unet import valid_unet
from tests.models.by_hand import give_statistics, numbers, random_image, with_kernel

# ---------------------------------------------------------------- sizes


@pytest.mark.parametrize(
    ("build", "parameters", "shape", "billion_macs"),
    [
        (pix2pix_unet, 54_409_858, (256, 256, 2), 5.98),
        (partial(pix2pix_unet, 128, levels=7), 41_824_898, (128, 128, 2), None),
        (partial(pix2pix_unet, skips="add"), 39_072_386, (256, 256, 2), 3.98),
        (partial(patchgan, field=1), 8_832, (256, 256, 1), None),
        (partial(patchgan, field=16), 136_513, (126, 126, 1), None),
        (partial(patchgan, field=34), 663_361, (62, 62, 1), None),
        (patchgan, 2_765_633, (30, 30, 1), 3.15),
        (partial(patchgan, 128), 2_765_633, (14, 14, 1), None),
        (partial(patchgan, field=142), 6_960_961, (14, 14, 1), None),
        (partial(patchgan, field=286), 11_156_289, (6, 6, 1), None),
        (partial(patchgan, field="image"), 11_156_289, (1, 1, 1), None),
        (ronneberger_unet, 31_030_658, (128, 128, 2), None),
        (resnet18_unet, 31_099_672, (256, 256, 2), 28.4),
        (resnet18_classifier, 5_779_609, (32, 32, 313), 1.222),
        (valid_unet, 1_406_403, (120, 120, 3), 13.9),
        (partial(valid_unet, 64, dilation=2), 1_406_403, (64, 64, 3), None),
        (pooling_discriminator, 1_907_905, (1,), None),
    ],
)
def test_networks_have_the_published_size(build, parameters, shape, billion_macs):
    with without_values():
        network = build()
    assert trainable_parameters(network) == parameters
    assert network.output_shape == (None, *shape)
    if billion_macs:
        assert macs(network) / 1e9 == pytest.approx(billion_macs, rel=2e-3)


@pytest.mark.parametrize(
    "build",
    [
        partial(pix2pix_unet, 64, levels=6),
        partial(patchgan, 64, field=142),
        partial(patchgan, 64, field="image"),
        partial(ronneberger_unet, 16),
        partial(valid_unet, 32),
        partial(pooling_discriminator, 32, blocks=2),
    ],
    ids=["pix2pix", "patchgan", "patchgan image", "ronneberger", "valid", "pooling"],
)
def test_a_narrower_network_is_the_same_network(build):
    narrow, wide = build(filters=2), build(filters=8)
    assert [layer.name for layer in narrow.layers] == [layer.name for layer in wide.layers]
    for one, other in zip(with_kernel(narrow), with_kernel(wide), strict=True):
        ratios = np.array(other.kernel.shape) / one.kernel.shape
        # Height and width as they are; four times the channels, but for those of the image and
        # of the output.
        assert set(ratios[:-2]) <= {1}
        assert set(ratios[-2:]) <= {1, 4} and 4 in ratios[-2:]


PIX2PIX_SIZES = {
    **{"down1": (128, 2), "down2": (64, 4), "down3": (32, 8), "down4": (16, 16)},
    **{"down5": (8, 16), "down6": (4, 16), "down7": (2, 16), "down8": (1, 16)},
    **{"up8": (2, 16), "up7": (4, 16), "up6": (8, 16), "up5": (16, 16)},
    **{"up4": (32, 8), "up3": (64, 4), "up2": (128, 2), "up1": (256, 2)},
}

RESNET_SIZES = {
    **{"encoder_conv1": (128, 4), "encoder_layer1_1_conv2": (64, 4)},
    **{"encoder_layer2_1_conv2": (32, 8), "encoder_layer3_1_conv2": (16, 16)},
    **{"encoder_layer4_1_conv2": (8, 32), "mid_conv1": (8, 64), "mid_conv2": (8, 32)},
    **{"up1_shuffle_pixels": (16, 16), "up1_conv2": (16, 32), "up2_shuffle_pixels": (32, 16)},
    **{"up2_conv2": (32, 24), "up3_shuffle_pixels": (64, 12), "up3_conv2": (64, 16)},
    **{"up4_shuffle_pixels": (128, 8), "up4_conv1": (128, 6), "up4_conv2": (128, 6)},
    **{"shuffle_pixels": (256, 6), "residual_conv1": (256, 7), "last": (256, 2)},
}

VALID_SIZES = {
    **{"conv1_1": (116, 16), "conv1_2": (114, 32), "conv1_3": (112, 32)},
    **{"conv2_1": (108, 32), "conv2_2": (106, 64), "conv2_3": (104, 64)},
    **{"conv3_1": (100, 64), "conv3_2": (98, 128), "conv3_3": (96, 128), "bottleneck": (96, 128)},
    **{"skip3": (96, 256), "up3_1": (98, 128), "up3_2": (100, 128), "up3_3": (104, 64)},
    **{"skip2": (104, 128), "up2_1": (106, 64), "up2_2": (108, 64), "up2_3": (112, 32)},
    **{"skip1": (112, 64), "up1_1": (114, 32), "up1_2": (116, 32), "up1_3": (120, 3)},
}

POOLING_SIZES = {
    **{"conv1_1": (114, 32), "conv1_2": (108, 32), "pool1": (54, 32)},
    **{"conv2_1": (50, 64), "conv2_2": (46, 64), "pool2": (23, 64)},
    **{"conv3_1": (21, 128), "conv3_2": (19, 128), "pool3": (9, 128)},
    **{"conv4_1": (7, 256), "conv4_2": (5, 256), "pool4": (2, 256)},
}

RONNEBERGER_SIZES = {
    **{"down1_conv2": (32, 2), "down2_conv2": (16, 4), "down3_conv2": (8, 8)},
    **{"down4_conv2": (4, 16), "bottom_conv2": (2, 32), "up4": (4, 16), "up4_skip": (4, 32)},
    **{"up3_conv2": (8, 8), "up2_conv2": (16, 4), "up1_conv2": (32, 2), "last": (32, 2)},
}


@pytest.mark.parametrize(
    ("build", "sizes"),
    [
        (partial(pix2pix_unet, filters=2), PIX2PIX_SIZES),
        (partial(resnet18_unet, filters=4), RESNET_SIZES),
        (valid_unet, VALID_SIZES),
        (pooling_discriminator, POOLING_SIZES),
        (partial(ronneberger_unet, 32, filters=2), RONNEBERGER_SIZES),
    ],
    ids=["pix2pix", "resnet18", "valid", "pooling", "ronneberger"],
)
def test_layers_have_the_tables_sizes(build, sizes):
    network = build()
    for name, (size, channels) in sizes.items():
        assert network.get_layer(name).output.shape == (None, size, size, channels), name


def test_numbers_of_channels():
    assert pix2pix_unet(8, 2, 3, inputs=2, outputs=1).output_shape == (None, 8, 8, 1)
    assert ronneberger_unet(8, 2, 1, inputs=1, outputs=3).output_shape == (None, 8, 8, 3)
    assert resnet18_unet(32, 2, inputs=3, outputs=3).output_shape == (None, 32, 32, 3)
    assert patchgan(24, channels=1, filters=2).input_shape == (None, 24, 24, 1)


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


def test_order_of_layers_without_normalisation():
    kinds = {"Conv2D": "c", "Conv2DTranspose": "t", "ReLU": "r", "MaxPooling2D": "p"}
    kinds |= {"Dense": "d", "Flatten": "f", "Concatenate": "+", "Activation": "a"}
    kinds |= {"InputLayer": "", "LeakyReLU": "l"}

    def order(network):
        return "".join(kinds[type(layer).__name__] for layer in network.layers)

    assert order(ronneberger_unet(8, 1, 2)) == "crcrp" * 2 + "crcr" + "t+crcr" * 2 + "ca"
    assert order(pooling_discriminator(92, filters=1)) == "crcrp" * 4 + "f" + "dr" * 3 + "da"
    assert order(valid_unet(25, 1)) == "cl" * 9 + "ca" + "+trtrtr" * 2 + "+trtrta"


TINY = {
    "pix2pix": partial(pix2pix_unet, 64, 2, 6),
    "pix2pix add": partial(pix2pix_unet, 8, 2, 3, skips="add", activation="linear"),
    "patchgan": partial(patchgan, 24, filters=2, dropout=0.5),
    "patchgan 1": partial(patchgan, 4, filters=2, field=1),
    "patchgan image": partial(patchgan, 16, filters=2, field="image"),
    "ronneberger": partial(ronneberger_unet, 8, 2, 2),
    "resnet18": partial(resnet18_unet, 32, 2),
    "resnet18 classifier": partial(resnet18_classifier, 32, 2, 4, 7),
    "valid": partial(valid_unet, 41, 1, dilation=2),
    "pooling": partial(pooling_discriminator, 32, filters=16, blocks=2),  # 8 in its last ReLU
}


@pytest.fixture(params=TINY)
def tiny(request):
    return TINY[request.param]


def test_a_seed_gives_the_same_weights(tiny):
    def weights(seed):
        keras.utils.set_random_seed(seed)
        return [numbers(variable) for variable in tiny().trainable_variables]

    first = weights(0)
    for one, other in zip(first, weights(0), strict=True):
        np.testing.assert_array_equal(one, other)
    assert any((one != other).any() for one, other in zip(first, weights(1), strict=True))


def test_stored_networks_need_nothing_else():
    registered = keras.saving.get_custom_objects().items()
    ours = {n: c for n, c in registered if c.__module__.startswith("colorization.models.")}
    assert ours == CUSTOM_OBJECTS


# ---------------------------------------------------------------- storing, precision


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


# ---------------------------------------------------------------- what is refused


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
