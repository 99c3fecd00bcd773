"""What report 002 ran: its arms, their settings, and what is smaller at other scales."""

from dataclasses import replace
from functools import partial

import numpy as np

from colorization.data.sets import Flower500, Flower1497, FlowerSketches
from colorization.models.networks import patchgan, pix2pix_unet, resnet18_unet
from colorization.reproduction.report import Arm, TestSet
from colorization.reproduction.scales import SMALL, SMOKE, Scale, smoke
from colorization.training.config import CycleAdversary, Pretraining
from experiments.pix2pix_tutorial import GAME, NETWORKS_SMALL, NETWORKS_SMOKE, tutorial


def stroke_chroma(true: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Mean chroma given to a drawing's strokes (L under 50) and to its paper, Lab units."""
    chroma = np.linalg.norm(predicted[..., 1:], axis=-1)
    dark = true[..., 0] < 50
    return {
        name: float(chroma[where].mean()) if where.any() else float("nan")
        for name, where in (("chroma_strokes", dark), ("chroma_paper", ~dark))
    }


SKETCHES = (TestSet("sketches", FlowerSketches(), stroke_chroma),)

CYCLE = CycleAdversary(partial(pix2pix_unet, inputs=2, outputs=1), patchgan)

unet = Arm(
    "unet",
    "U-Net (concatenated skips, dropout .5)",
    tutorial(Flower500(test=50, seed=123), epochs=101, batch_size=10),
    primary=True,
    tested_on=SKETCHES,
)


def _primary(name, title, **changes) -> Arm:
    return replace(unet.ablation(name, title, **changes), primary=True)


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
        unet.ablation("resnet18-unet-l1", "ResNet-18 U-Net after its 20 epochs of L1"),
        config=resnet.config,
        trained_by="resnet18-unet",
        snapshot=20,
    ),
    resnet.ablation(
        "resnet18-unet-scratch",
        "ResNet-18 U-Net, GAN from the start",
        initial_weights=None,
        pretraining=None,
        snapshots=(),
    ),
)

SCALES = {
    SMALL: Scale(size=64, epochs=lambda n: n * 3 // 10, networks=NETWORKS_SMALL),
    SMOKE: smoke(NETWORKS_SMOKE),
}


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
