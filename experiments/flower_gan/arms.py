"""What report 000 ran: its arms, their settings, and what is smaller at other scales."""

from dataclasses import replace
from functools import partial

from colorization.colour.scaling import BYTE
from colorization.data.lab_arrays import MultiDomain
from colorization.data.sets import FlowersRecognition
from colorization.models.networks import patchgan, pix2pix_unet, ronneberger_unet
from colorization.reproduction.report import Arm
from colorization.reproduction.scales import SMALL, SMOKE, Scale, smoke
from colorization.training.config import Adversary, Pretraining, TrainingConfig
from colorization.training.gan_loss import GanLoss
from colorization.training.objectives import AbRegression, RgbRegression
from experiments.pix2pix_tutorial import NETWORKS_SMALL, NETWORKS_SMOKE, STRETCHED

CLASSES = 5

PCT = "{:.0%}"

UNET = partial(pix2pix_unet, levels=7, initializer="glorot")

DISCRIMINATOR = partial(patchgan, dropout=0.5, initializer="glorot")

# The losses are summed, and no weight or L1 term is mentioned.
GAME = Adversary(DISCRIMINATOR, gan=GanLoss(discriminator_factor=1.0), pixel_weight=0.0)

flowers = Arm(
    "flowers",
    "flowers, GAN alone",
    TrainingConfig(
        source=FlowersRecognition(test=160),
        recipe=replace(STRETCHED, size=128),
        network=UNET,
        objective=AbRegression(BYTE, "L1"),
        epochs=100,
        batch_size=16,
        learning_rate=2e-4,
        epsilon=1e-7,
        adversary=GAME,
    ),
    primary=True,
)

multi_domain = replace(
    flowers.ablation(
        "multi-domain", "multi-domain set, GAN alone", source=MultiDomain(train=12500, test=160)
    ),
    primary=True,
)

ABLATIONS = (
    flowers.ablation(
        "d-dropout-0",
        "flowers, D without dropout",
        adversary=replace(GAME, discriminator=partial(patchgan, initializer="glorot")),
    ),
    flowers.ablation(
        "d-dropout-0.25",
        "flowers, D with dropout .25",
        adversary=replace(
            GAME, discriminator=partial(patchgan, dropout=0.25, initializer="glorot")
        ),
    ),
    flowers.ablation(
        "l1-100", "flowers, GAN + 100 L1", adversary=replace(GAME, pixel_weight=100.0)
    ),
    flowers.ablation("batch-64", "flowers, batch 64, equal epochs", batch_size=64),
    flowers.ablation(
        "batch-64-equal-updates",
        "flowers, batch 64, equal updates",
        batch_size=64,
        epochs=400,
    ),
    flowers.ablation("lr-5e-4", "flowers, learning rate 5e-4", learning_rate=5e-4),
    flowers.ablation("lr-1e-3", "flowers, learning rate 1e-3", learning_rate=1e-3),
    flowers.ablation(
        "saturating",
        "flowers, G minimises log(1 - D)",
        adversary=replace(GAME, gan=replace(GAME.gan, saturating=True)),
    ),
    flowers.ablation(
        "rgb",
        "flowers, RGB out",
        network=partial(pix2pix_unet, levels=7, initializer="glorot", outputs=3),
        objective=RgbRegression(low=-1.0, error="L1"),
    ),
    flowers.ablation(
        "class-conditional",
        "flowers, G sees the class",
        network=partial(pix2pix_unet, levels=7, initializer="glorot", inputs=1 + CLASSES),
        objective=AbRegression(BYTE, "L1", classes=CLASSES),
    ),
    # Without a loss on pixels nothing asks for the colours of the class.
    flowers.ablation(
        "l1-100-class",
        "flowers, G sees the class, GAN + 100 L1",
        network=partial(pix2pix_unet, levels=7, initializer="glorot", inputs=1 + CLASSES),
        objective=AbRegression(BYTE, "L1", classes=CLASSES),
        adversary=replace(GAME, pixel_weight=100.0),
    ),
    # What the conclusion proposes.
    flowers.ablation("l1-first", "flowers, 20 L1, then GAN", pretraining=Pretraining(epochs=20)),
    flowers.ablation("ronneberger", "flowers, Ronneberger's U-Net", network=ronneberger_unet),
    multi_domain.ablation(
        "multi-domain-coloured",
        "multi-domain set without gray images, GAN alone",
        recipe=replace(multi_domain.config.recipe, drop_near_gray=True),
    ),
)


def _fewer(source):
    """The multi-domain set with as many photographs as two cores get through."""
    return MultiDomain(train=3000, test=600) if isinstance(source, MultiDomain) else source


SCALES = {
    SMALL: Scale(size=64, epochs=lambda n: n // 10, networks=NETWORKS_SMALL, source=_fewer),
    SMOKE: smoke(NETWORKS_SMOKE),
}

SETTINGS = {
    "flowers": {
        "dataset": "flowers-recognition, 4,242",
        "image size": "128x128",
        "batch size": "16",
        "epochs": "100",
        "lr": "2e-4",
        "λ of pixels": "none",
    },
    "multi-domain": {
        "dataset": "image-colorization, 12,660 of 25,000",
        "image size": "128x128",
        "batch size": "16",
        "epochs": "100",
        "lr": "2e-4",
        "λ of pixels": "none",
    },
}
