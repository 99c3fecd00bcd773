"""The pix2pix tutorial that three of the reports build on, and its networks made smaller.

`moein-shariatnia/Deep-Learning`, "Image Colorization Tutorial": a U-Net of 8 levels against a patch
discriminator with a field of 70 px, half the sum of the discriminator's losses, 100 L1.
"""

from dataclasses import replace

from colorization.colour.scaling import UNIT
from colorization.data.recipe import Recipe
from colorization.models.networks import patchgan, pix2pix_unet, resnet18_unet, ronneberger_unet
from colorization.reproduction.scales import Scale
from colorization.training.config import Adversary, TrainingConfig
from colorization.training.objectives import AbRegression

GAME = Adversary(patchgan)
STRETCHED = Recipe(size=256, crop=False, resample="bicubic", upsample=True)


def tutorial(source, *, epochs: int, batch_size: int, snapshots=()) -> TrainingConfig:
    """The tutorial's settings; its loader mirrors at random and keeps one random order."""
    return TrainingConfig(
        source=source,
        recipe=STRETCHED,
        network=pix2pix_unet,
        objective=AbRegression(UNIT, "L1"),
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=2e-4,
        beta_1=0.5,
        reshuffle=False,
        flip=True,
        adversary=GAME,
        snapshots=snapshots,
    )


# Keywords of the networks at each scale, for `colorization.reproduction.scales`.
NETWORKS_SMALL = {
    pix2pix_unet: {"filters": 32, "levels": 6, "max_filters": 256},
    resnet18_unet: {"filters": 32},
    ronneberger_unet: {"filters": 16},
    patchgan: {"filters": 32},
}
NETWORKS_SMOKE = {
    pix2pix_unet: {"filters": 4, "levels": 5, "max_filters": 16},
    resnet18_unet: {"filters": 8},
    ronneberger_unet: {"filters": 4},
    patchgan: {"filters": 4},
}


def with_imagenet_weights(scale: Scale) -> Scale:
    """A scale with the ResNet-18 as wide as its ImageNet weights, which it may start from."""
    return replace(scale, networks={**scale.networks, resnet18_unet: {}}, initial_weights=True)


# Layers of the ResNet-18 U-Net that a diagram draws as one, by how their names begin.
RESNET18_BLOCKS = r"encoder_layer\d_\d|up\d_shuffle|(mid|up\d)(?=_conv)|shuffle|residual"
