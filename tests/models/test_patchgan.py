"""PatchGANs: receptive fields, arithmetic by hand, least sizes."""

import numpy as np
import pytest

from colorization.models.patchgan import patchgan
from tests.models.by_hand import (
    convolved,
    give_statistics,
    input_gradient,
    leaky,
    normalised,
    numbers,
    random_image,
    reached,
)

FIELDS = (1, 16, 34, 70, 142, 286)


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


@pytest.mark.parametrize(
    ("field", "least"), [(1, 1), (16, 6), (34, 12), (70, 24), (142, 48), (286, 96)]
)
def test_least_size_of_a_field(field, least):
    assert patchgan(least, filters=1, field=field).output_shape == (None, 1, 1, 1)
    if least > 1:
        message = f"size must be at least {least} for field {field}, got {least - 1}"
        with pytest.raises(ValueError, match=message):
            patchgan(least - 1, filters=1, field=field)
