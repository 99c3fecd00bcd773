"""The networks of the adversarial reports: their sizes, their arithmetic, how they start."""

import json
import sys
from functools import partial
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers, ops

from colorization.backend import compiled
from colorization.errors import UserError
from colorization.models.cost import macs, trainable_parameters
from colorization.models.initializers import (
    ICNR,
    INITIALIZATIONS,
    FanInUniform,
    GlorotUniform,
    KaimingNormal,
    Normal,
)
from colorization.models.layers import CUSTOM_OBJECTS, PixelShuffle, conv2d, conv2d_transpose
from colorization.models.patchgan import patchgan
from colorization.models.pix2pix_unet import pix2pix_unet
from colorization.models.pooling_discriminator import pooling_discriminator
from colorization.models.resnet18_unet import (
    KERAS_HUB_LAYERS,
    copy_resnet18,
    imagenet_backbone,
    load_imagenet_encoder,
    resnet18_unet,
)
from colorization.models.ronneberger_unet import ronneberger_unet
from colorization.models.valid_unet import valid_unet
from tests.test_models import convolved, model_of, numbers, pattern, scattered, set_by_formula

FIELDS = (1, 16, 34, 70, 142, 286)


def with_kernel(network):
    return [layer for layer in network.layers if hasattr(layer, "kernel")]


def normalisations(network):
    return [layer for layer in network.layers if isinstance(layer, layers.BatchNormalization)]


def random_image(network, batch=2):
    shape = (batch, *network.input_shape[1:])
    return np.random.default_rng(0).uniform(-1, 1, shape).astype("float32")


def give_statistics(network):
    """Running averages, gammas and betas that no two channels share."""
    rng = np.random.default_rng(1)
    for layer in normalisations(network):
        for variable in layer.weights:
            variable.assign(rng.uniform(0.5, 1.5, variable.shape))


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


# ---------------------------------------------------------------- receptive fields


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


# ---------------------------------------------------------------- layers by their definition


@pytest.mark.parametrize(("kernel", "padding"), [(4, 1), (2, 0)])
def test_strided_transposed_convolution_without_a_bias(kernel, padding):
    model = model_of(lambda x: conv2d_transpose(x, 3, kernel, use_bias=False), (4, 5, 2))
    x = random_image(model)
    (weights,) = map(numbers, model.trainable_variables)
    padded = np.pad(weights, ((0, 0),) * 4)
    if padding:
        expected = scattered(x, padded, 0, stride=2, padding=padding)
    else:  # nothing overlaps
        expected = np.einsum("bhwc,ijoc->bhiwjo", x, weights).reshape(2, 8, 10, 3)
    np.testing.assert_allclose(numbers(model(x)), expected, atol=1e-5)


@pytest.mark.parametrize(("kernel", "dilation"), [(3, 1), (5, 1), (3, 2), (5, 2)])
def test_valid_transposed_convolution_undoes_a_margin(kernel, dilation):
    size = 2 * (kernel - 1) * dilation + 1
    margin = dilation * (kernel - 1)
    model = model_of(
        lambda x: conv2d_transpose(
            x, 3, kernel, strides=1, dilation=dilation, padding="valid", initializer=Normal()
        ),
        (size, size, 2),
    )
    x = random_image(model)
    weights, bias = map(numbers, model.trainable_variables)
    assert not bias.any()
    expected = np.zeros((2, size + margin, size + margin, 3))
    for i in range(kernel):
        for j in range(kernel):
            rows, columns = i * dilation, j * dilation
            expected[:, rows : rows + size, columns : columns + size] += x @ weights[i, j].T
    np.testing.assert_allclose(numbers(model(x)), expected, atol=1e-5)


def test_pixel_shuffle_has_pytorchs_order():
    layer = PixelShuffle()
    x = np.random.default_rng(0).normal(size=(2, 3, 5, 12)).astype("float32")
    out = numbers(layer(x))
    assert out.shape == layer.compute_output_shape(x.shape) == (2, 6, 10, 3)
    for channel in range(3):
        for i in range(2):
            for j in range(2):
                found = out[:, i::2, j::2, channel]
                np.testing.assert_array_equal(found, x[..., 4 * channel + 2 * i + j])


def test_icnr_starts_as_nearest_neighbour_upsampling():
    def both(x):
        x = conv2d(x, 24, 1, initializer=ICNR())
        return layers.Concatenate()([PixelShuffle()(x), layers.UpSampling2D(2)(x)])

    keras.utils.set_random_seed(0)
    model = model_of(both, (3, 4, 5))
    out = numbers(model(random_image(model)))
    shuffled, repeated = out[..., :6], out[..., 6:]
    np.testing.assert_array_equal(shuffled, repeated[..., ::4])
    assert len(np.unique(shuffled[0, 0, 0])) == 6, "channels differ"


# ---------------------------------------------------------------- networks by hand


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


# ---------------------------------------------------------------- how they start


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


TINY = {
    "pix2pix": partial(pix2pix_unet, 64, 2, 6),
    "pix2pix add": partial(pix2pix_unet, 8, 2, 3, skips="add", activation="linear"),
    "patchgan": partial(patchgan, 24, filters=2, dropout=0.5),
    "patchgan 1": partial(patchgan, 4, filters=2, field=1),
    "patchgan image": partial(patchgan, 16, filters=2, field="image"),
    "ronneberger": partial(ronneberger_unet, 8, 2, 2),
    "resnet18": partial(resnet18_unet, 32, 2),
    "valid": partial(valid_unet, 41, 1, dilation=2),
    "pooling": partial(pooling_discriminator, 32, filters=2, blocks=2),
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


# ---------------------------------------------------------------- ImageNet weights


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


@pytest.mark.parametrize(
    ("field", "least"), [(1, 1), (16, 6), (34, 12), (70, 24), (142, 48), (286, 96)]
)
def test_least_size_of_a_field(field, least):
    assert patchgan(least, filters=1, field=field).output_shape == (None, 1, 1, 1)
    if least > 1:
        message = f"size must be at least {least} for field {field}, got {least - 1}"
        with pytest.raises(ValueError, match=message):
            patchgan(least - 1, filters=1, field=field)


@pytest.mark.parametrize(("blocks", "least"), [(1, 14), (2, 32), (3, 52), (4, 92)])
def test_least_size_of_the_pooling_discriminator(blocks, least):
    network = pooling_discriminator(least, filters=1, blocks=blocks)
    assert network.get_layer(f"pool{blocks}").output.shape[1:3] == (1, 1)


def test_initialisations_are_named():
    assert set(INITIALIZATIONS) == {"normal", "glorot"}


@pytest.mark.parametrize(
    "keywords, message",
    [({"filters": 32}, "filters=64, got 32"), ({"inputs": 2}, "inputs=1 or 3, got 2")],
)
def test_imagenet_weights_fit_one_encoder_alone(keywords, message):
    with pytest.raises(ValueError, match=message):
        load_imagenet_encoder(resnet18_unet(32, **keywords))
