"""What report 002 ran: its arms, their settings, and what is smaller at other scales."""

from dataclasses import replace
from functools import partial

import numpy as np

from colorization.data.sets import Flower500, Flower1497, FlowerSketches, FlowersRecognition
from colorization.data.white_page import WhitePage
from colorization.models.networks import patchgan, pix2pix_unet, resnet18_unet
from colorization.reproduction.report import Arm, TestSet
from colorization.reproduction.scales import SMALL, SMOKE, Scale, smoke
from colorization.training.config import CycleAdversary, Pretraining
from experiments.pix2pix_tutorial import (
    GAME,
    NETWORKS_SMALL,
    NETWORKS_SMOKE,
    tutorial,
    with_imagenet_weights,
)


def stroke_chroma(true: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Mean chroma given to a drawing's strokes (L under 50) and to its paper, Lab units."""
    chroma = np.linalg.norm(predicted[..., 1:], axis=-1)
    dark = true[..., 0] < 50
    return {
        name: float(chroma[where].mean()) if where.any() else float("nan")
        for name, where in (("chroma_strokes", dark), ("chroma_paper", ~dark))
    }


SCALES = {
    SMALL: Scale(size=64, epochs=lambda n: n * 3 // 10, networks=NETWORKS_SMALL),
    SMOKE: smoke(NETWORKS_SMOKE),
}
# As wide as its ImageNet weights are.
RESNET_SCALES = {SMALL: with_imagenet_weights(SCALES[SMALL])}

# Fifty test images leave much to chance: no arm has seen these 200 either.
TESTED_ON = (
    TestSet("flowers", FlowersRecognition(test=200, train=0)),
    TestSet("sketches", FlowerSketches(), stroke_chroma),
    TestSet("white-page", WhitePage(), stroke_chroma),
)

CYCLE = CycleAdversary(partial(pix2pix_unet, inputs=2, outputs=1), patchgan)

unet = Arm(
    "unet",
    "U-Net (concatenated skips, dropout .5)",
    tutorial(Flower500(test=50, seed=123), epochs=101, batch_size=10),
    primary=True,
    tested_on=TESTED_ON,
)


def _primary(name, title, scales=None, **changes) -> Arm:
    return replace(unet.ablation(name, title, **changes), primary=True, scales=scales or {})


additive = _primary(
    "unet-additive",
    "U-Net of the text (added skips, dropout .2)",
    network=partial(pix2pix_unet, skips="add", dropout=0.2),
)

resnet = _primary(
    "resnet18-unet",
    "ResNet-18 U-Net, L1 first",
    network=resnet18_unet,
    initial_weights="imagenet",
    pretraining=Pretraining(epochs=20),
    snapshots=(20,),
    scales=RESNET_SCALES,
)

cycle = _primary(
    "cyclegan",
    "CycleGAN as run (pool without L, paired)",
    adversary=replace(CYCLE, pool_pairs=False, paired=True),
)

cycle_fixed = _primary(
    "cyclegan-fixed", "CycleGAN (pool of pairs, unpaired)", adversary=CYCLE, reshuffle=True
)

ABLATIONS = (
    unet.ablation("l1-only", "U-Net, L1 alone", adversary=None),
    unet.ablation("gan-alone", "U-Net, GAN without L1", adversary=replace(GAME, pixel_weight=0.0)),
    # A classical GAN, and the half of figure 3 that the report did not run.
    unet.ablation(
        "unconditional-d",
        "U-Net, D not shown the lightness",
        adversary=replace(GAME, conditional=False),
    ),
    unet.ablation("no-skips", "U-Net without skips", network=partial(pix2pix_unet, skips="none")),
    unet.ablation(
        "scalar-d",
        "U-Net, D with one answer for the image",
        adversary=replace(GAME, discriminator=partial(patchgan, field="image")),
    ),
    unet.ablation("shuffled", "U-Net, a new order each epoch", reshuffle=True),
    unet.ablation(
        "flowers-1497", "U-Net, all distinct images", source=Flower1497(test=150, seed=123)
    ),
    replace(
        resnet.ablation("resnet18-unet-l1", "ResNet-18 U-Net after its 20 epochs of L1"),
        trained_by="resnet18-unet",
        snapshot=20,
    ),
    resnet.ablation(
        "resnet18-unet-random", "ResNet-18 U-Net of random weights, L1 first", initial_weights=None
    ),
    resnet.ablation(
        "resnet18-unet-scratch",
        "ResNet-18 U-Net, GAN from the start",
        initial_weights=None,
        pretraining=None,
        snapshots=(),
    ),
)


def _said(epochs: str, weight: str) -> dict[str, str]:
    return {
        "dataset": "flower_500, 450 / 50",
        "image size": "256x256",
        "batch size": "10",
        "epochs": epochs,
        "lr": "2e-4",
        "λ of pixels": weight,
    }


SETTINGS = {
    "unet": _said("101", "100 (L1)"),
    "unet-additive": _said("not given", "not given"),
    "resnet18-unet": _said("20 + 101", "100 (L1)"),
    "cyclegan": _said("101", "100 (cycle)"),
}
