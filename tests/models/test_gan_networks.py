"""The networks of the adversarial reports: their sizes, their arithmetic, how they start."""

from functools import partial

import keras
import numpy as np
import pytest
from keras import ops

from colorization.models.cost import macs, trainable_parameters
from colorization.models.patchgan import patchgan
from colorization.models.pix2pix_unet import pix2pix_unet
from colorization.models.pooling_discriminator import pooling_discriminator
from colorization.models.resnet18_unet import (
    resnet18_unet,
)
from colorization.models.ronneberger_unet import ronneberger_unet
from colorization.models.valid_unet import valid_unet
from tests.models.gan_networks_helpers import random_image, with_kernel

FIELDS = (1, 16, 34, 70, 142, 286)


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
        (valid_unet, 1_406_403, (120, 120, 3), 13.9),
        (partial(valid_unet, 64, dilation=2), 1_406_403, (64, 64, 3), None),
        (pooling_discriminator, 1_907_905, (1,), None),
    ],
)
def test_networks_have_the_published_size(build, parameters, shape, billion_macs):
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


@pytest.mark.parametrize("size", [25, 32, 57])
def test_valid_unet_gives_back_the_size(size):
    assert valid_unet(size, 2).output_shape == (None, size, size, 3)
    if size >= 41:
        assert valid_unet(size, 2, dilation=2).output_shape == (None, size, size, 3)


def test_numbers_of_channels():
    assert pix2pix_unet(8, 2, 3, inputs=2, outputs=1).output_shape == (None, 8, 8, 1)
    assert ronneberger_unet(8, 2, 1, inputs=1, outputs=3).output_shape == (None, 8, 8, 3)
    assert resnet18_unet(32, 2, inputs=3, outputs=3).output_shape == (None, 32, 32, 3)
    assert patchgan(24, channels=1, filters=2).input_shape == (None, 24, 24, 1)


def input_gradient(network, image, place):
    """Gradient of the outputs at `place` with respect to the image, the network in inference."""

    def value(x):
        row, column = place
        return ops.sum(network(x, training=False)[:, row, column])

    if keras.backend.backend() == "jax":
        import jax

        return np.asarray(jax.jit(jax.grad(value))(image))
    import tensorflow as tf

    x = tf.constant(image)
    with tf.GradientTape() as tape:
        tape.watch(x)
        out = value(x)
    return tape.gradient(out, x).numpy()


def reached(gradient):
    """First and last row and column that the gradient reaches: `[(top, bottom), (left, right)]`."""
    where = np.nonzero(np.abs(gradient).max(axis=(0, 3)))
    return [(int(axis.min()), int(axis.max())) for axis in where]


@pytest.mark.parametrize("field", FIELDS)
def test_receptive_field_of_a_logit(field):
    size = -(-3 * field // 64) * 32
    network = patchgan(size, filters=4, field=field)
    middle = network.output_shape[1] // 2
    gradient = input_gradient(network, random_image(network, 1), (middle, middle))
    for first, last in reached(gradient):
        assert last - first + 1 == field
        assert first > 0 and last < size - 1, "the field is cut off by the border"


def test_every_pixel_reaches_the_logit_of_an_image():
    network = patchgan(32, filters=4, field="image")
    gradient = input_gradient(network, random_image(network, 1), (0, 0))
    assert gradient.all()


@pytest.mark.parametrize(("dilation", "field"), [(1, 51), (2, 83)])
def test_receptive_field_of_the_valid_unet(dilation, field):
    network = valid_unet(96, 1, dilation=dilation)
    for layer in with_kernel(network):  # a mean, so that no ReLU is shut
        layer.kernel.assign(np.ones(layer.kernel.shape) / np.prod(layer.kernel.shape[:-1]))
    gradient = input_gradient(network, np.ones((1, 96, 96, 1), "float32"), (48, 48))
    for first, last in reached(gradient):
        assert (first, last) == (48 - field // 2, 48 + field // 2)
