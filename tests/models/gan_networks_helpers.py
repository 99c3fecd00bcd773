"""What the tests of gan networks share."""

from functools import partial

import numpy as np
from keras import layers

from colorization.models.patchgan import patchgan
from colorization.models.pix2pix_unet import pix2pix_unet
from colorization.models.pooling_discriminator import pooling_discriminator
from colorization.models.resnet18_unet import (
    resnet18_unet,
)
from colorization.models.ronneberger_unet import ronneberger_unet
from colorization.models.valid_unet import valid_unet


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
