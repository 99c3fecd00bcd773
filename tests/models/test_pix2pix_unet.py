"""The U-Net of pix2pix by hand."""

import numpy as np
import pytest
from keras import layers

from colorization.models.pix2pix_unet import pix2pix_unet
from tests.models.by_hand import (
    convolved,
    give_statistics,
    leaky,
    normalisations,
    normalised,
    numbers,
    random_image,
    relu,
    scattered,
    with_kernel,
)


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
