"""What report 004 ran: its arms, their settings, and what is smaller at other scales."""

from dataclasses import replace
from functools import partial

from colorization.data.sets import Coco, ImagenetMini
from colorization.models.networks import patchgan, pix2pix_unet, resnet18_unet
from colorization.reproduction.report import Arm, TestSet
from colorization.reproduction.scales import SMALL, SMOKE, Scale, smoke
from colorization.training.config import Pretraining
from colorization.training.objectives import RgbRegression
from experiments.pix2pix_tutorial import (
    GAME,
    NETWORKS_SMALL,
    NETWORKS_SMOKE,
    tutorial,
    with_imagenet_weights,
)

COCO = (TestSet("coco", Coco(test=100)),)

# Every photograph to train, a third of the epochs, a quarter of those to test.
SCALES = {
    SMALL: Scale(
        size=64,
        epochs=lambda n: n // 3,
        networks=NETWORKS_SMALL,
        source=lambda source: replace(source, test=250),
    ),
    SMOKE: smoke(NETWORKS_SMOKE, size=64),
}
# As wide as its ImageNet weights are; so are those that start from random ones beside it.
RESNET_SCALES = {SMALL: with_imagenet_weights(SCALES[SMALL])}

main = Arm(
    "main",
    "U-Net, 45 epochs",
    tutorial(
        ImagenetMini(train=4000, test=1000),
        epochs=45,
        batch_size=16,
        snapshots=(5, 15, 20, 30, 40),
    ),
    primary=True,
    tested_on=COCO,
)

L1_FIRST = {"pretraining": Pretraining(epochs=20), "epochs": 20, "snapshots": (20,)}


def _resnet(name: str, title: str, **changes) -> Arm:
    arm = main.ablation(name, title, network=resnet18_unet, **changes)
    return replace(arm, scales=RESNET_SCALES)


resnet = replace(
    _resnet(
        "resnet18-l1-gan",
        "ResNet-18 (ImageNet), 20 L1 + 20",
        initial_weights="imagenet",
        **L1_FIRST,
    ),
    primary=True,
)


def _snapshot(of: Arm, name: str, title: str, epoch: int) -> Arm:
    return replace(of, name=name, title=title, primary=False, trained_by=of.name, snapshot=epoch)


# A to H of the comparison at 20 epochs; G is the slides' run.
FACTORS = (
    _snapshot(main, "unet-20", "A: U-Net, 20", 20),
    _snapshot(main, "unet-40", "B: U-Net, 40", 40),
    main.ablation("unet-l1-gan", "C: U-Net, 20 L1 + 20", **L1_FIRST),
    _resnet("resnet18-random", "D: ResNet-18 (random), 20", epochs=20, snapshots=()),
    _resnet(
        "resnet18-imagenet",
        "E: ResNet-18 (ImageNet), 20",
        initial_weights="imagenet",
        epochs=20,
        snapshots=(),
    ),
    _resnet("resnet18-random-l1-gan", "F: ResNet-18 (random), 20 L1 + 20", **L1_FIRST),
    _snapshot(resnet, "resnet18-l1", "H: ResNet-18 (ImageNet), 20 L1", 20),
)


def _largest_field(scale: str) -> Scale:
    """For a field of 286 px, which needs 96 px: 142 is the largest with an answer at 64 px."""
    networks = SCALES[scale].networks
    widest = {**networks, patchgan: {**networks[patchgan], "field": 142}}
    return replace(SCALES[scale], networks=widest)


PATCHES = tuple(
    main.ablation(
        f"patch-{field}",
        f"U-Net, D with a field of {field} px",
        adversary=replace(GAME, discriminator=partial(patchgan, field=field)),
        snapshots=(),
    )
    for field in (1, 16, 286)
)

PATCHES = (
    *PATCHES[:2],
    replace(PATCHES[2], scales={scale: _largest_field(scale) for scale in SCALES}),
)

SIZES = tuple(
    main.ablation(
        f"images-{count}",
        f"U-Net, {count} images, 4/5 of them to train",
        source=ImagenetMini(train=count * 4 // 5, test=1000),
        snapshots=(),
    )
    for count in (500, 1000, 2500)
)

RGB = main.ablation(
    "rgb",
    "U-Net, RGB out",
    network=partial(pix2pix_unet, outputs=3),
    objective=RgbRegression(low=-1.0, error="L1"),
    snapshots=(),
)


def _said(epochs: str) -> dict[str, str]:
    return {
        "dataset": "ImageNet-mini, 4,000 / 1,000",
        "image size": "256x256",
        "batch size": "not given",
        "epochs": epochs,
        "lr": "not given",
        "λ of pixels": "not given (L1)",
    }


SETTINGS = {"main": _said("45"), "resnet18-l1-gan": _said("20 + 20")}
