"""Report 004: course slides (Padova), pix2pix on ImageNet-mini, and a ResNet-18 generator.

45 epochs of the tutorial's pix2pix; then the same game with a ResNet-18 U-Net after 20 epochs of L1
alone, 20 epochs against 20 of the former. The published pair differs in backbone, initial weights,
pretraining and number of epochs; the arms take these apart.

    make reproduce-imagenet-cgan                 the slides' two runs
    make reproduce-imagenet-cgan ARMS=ablation   the factors of their comparison, patches, sizes
"""

from dataclasses import replace
from functools import partial

from colorization.data.sets import Coco, ImagenetMini
from colorization.evidence.claims import Claim
from colorization.evidence.criteria import Test, better, higher, not_worse
from colorization.evidence.observations import random_weights
from colorization.evidence.quantities import Images
from colorization.models.networks import patchgan, pix2pix_unet, resnet18_unet
from colorization.pages.comparisons import Compared, OverEpochs, gan_grids
from colorization.pages.figures import Diagram
from colorization.pages.loss_curves import LossCurves, LossesCompared
from colorization.reproduction.report import Arm, Report, TestSet
from colorization.reproduction.scales import SMALL, SMOKE, Scale, smoke
from colorization.results.measures import MEASURES, OF_PHOTOGRAPHS
from colorization.results.stored import Stored
from colorization.training.config import Pretraining
from colorization.training.objectives import RgbRegression
from experiments.tutorial import GAME, NETWORKS_SMALL, NETWORKS_SMOKE, tutorial

COCO = (TestSet("coco", Coco(test=100)),)

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
resnet = replace(
    main.ablation(
        "resnet18-l1-gan",
        "ResNet-18 (ImageNet), 20 L1 + 20",
        network=resnet18_unet,
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
    main.ablation(
        "resnet18-random",
        "D: ResNet-18 (random), 20",
        network=resnet18_unet,
        epochs=20,
        snapshots=(),
    ),
    main.ablation(
        "resnet18-imagenet",
        "E: ResNet-18 (ImageNet), 20",
        network=resnet18_unet,
        initial_weights="imagenet",
        epochs=20,
        snapshots=(),
    ),
    main.ablation(
        "resnet18-random-l1-gan",
        "F: ResNet-18 (random), 20 L1 + 20",
        network=resnet18_unet,
        **L1_FIRST,
    ),
    _snapshot(resnet, "resnet18-l1", "H: ResNet-18 (ImageNet), 20 L1", 20),
)
# The set at `small` has 939 photographs: as large a share of them to train.
SMALL_TRAIN, SMALL_TEST = 751, 188


def _fewer(source: ImagenetMini) -> ImagenetMini:
    return ImagenetMini(train=source.train * SMALL_TRAIN // 4000, test=SMALL_TEST)


SCALES = {
    SMALL: Scale(size=64, epochs=lambda n: n, networks=NETWORKS_SMALL, source=_fewer),
    SMOKE: smoke(NETWORKS_SMOKE, size=64),
}


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

FIGURES = (
    Diagram("unet", main, "The generator, a U-Net"),
    Diagram("patchgan", main, "The discriminator, a PatchGAN", of="discriminator"),
    Diagram("resnet18", resnet, "The ResNet-18 generator"),
    LossCurves("losses", "main", "Losses over the epochs"),
    OverEpochs("over-epochs", "main", "Test images over the epochs"),
    *gan_grids("results", "main", "Gray, coloured, original", ("random", "best", "worst")),
    *gan_grids("coco", "main", "The same on COCO", ("random",), split="coco"),
    LossCurves("losses-resnet", "resnet18-l1-gan", "Losses, ResNet-18 generator"),
    LossesCompared(
        "losses-compared", ("main", "resnet18-l1-gan"), "Losses, U-Net and ResNet-18 generator"
    ),
    Compared("lab-and-rgb", ("main", "rgb"), "test-random", "Lab and RGB"),
    Compared(
        "main-and-resnet",
        ("unet-20", "resnet18-l1-gan"),
        "test-random",
        "U-Net and ResNet-18 generator, both after 20 epochs against D",
    ),
    Compared(
        "factors",
        ("unet-20", "unet-40", "unet-l1-gan", "resnet18-random", "resnet18-l1-gan", "resnet18-l1"),
        "test-random",
        "The factors of that comparison",
    ),
    Compared(
        "patches",
        ("patch-1", "patch-16", "main", "patch-286"),
        "test-random",
        "Discriminators of four fields",
        label=lambda run: f"{run.config['adversary']['discriminator'].get('field', 70)} px",
    ),
    Compared(
        "sizes",
        ("images-500", "images-1000", "images-2500", "main"),
        "test-random",
        "Training sets of four sizes",
        label=lambda run: f"{run.data['training_images']} images",
    ),
)

AT_20 = (
    *("unet-20", "unet-40", "unet-l1-gan", "resnet18-random", "resnet18-imagenet"),
    *("resnet18-random-l1-gan", "resnet18-l1-gan", "resnet18-l1"),
)


def _not_thousands(stored: Stored) -> str:
    """Why stored results say nothing about thousands of images, or ""."""
    counts = [stored.first(arm).data["training_images"] for arm in ("images-2500", "main")]
    if counts[0] >= 1000:
        return ""
    return f"its training sets have {counts[0]} and {counts[1]} photographs here, not thousands"


CLAIMS = (
    Claim(
        "4.1",
        "More epochs give more realistic colours.",
        "slides on results",
        (
            Test(
                Images("main", "ciede2000"),
                Images("main", "ciede2000", snapshot=0),
                at_most=-MEASURES["ciede2000"].counts,
            ),
        ),
        aside=tuple(
            Test(Images("main", measure), Images("main", measure, snapshot=i), at_least=0.0)
            for measure in ("colourfulness", "edge_f1")
            for i in (0, 3)
        ),
        confounders="snapshots of one run.",
    ),
    Claim(
        "4.2",
        "A generator pretrained on ImageNet and with L1 is better after 20 epochs.",
        "slides on ResNet-18",
        (better("ciede2000", "resnet18-l1-gan", than="unet-20"),),
        aside=(
            better("ciede2000", "resnet18-l1-gan", than="unet-40"),
            better("ciede2000", "unet-l1-gan", than="unet-40"),
            better("ciede2000", "resnet18-l1-gan", than="unet-l1-gan"),
            better("ciede2000", "resnet18-l1-gan", than="resnet18-random"),
            better("ciede2000", "resnet18-imagenet", than="resnet18-random"),
        ),
        unless=random_weights("resnet18-l1-gan"),
        confounders="backbone, its weights, L1 first, and 40 epochs in all against 20 change at "
        "once; beside it, one at a time.",
    ),
    Claim(
        "4.3",
        "A few thousand images are enough.",
        "conclusion",
        (not_worse("ciede2000", "images-2500", than="main"),),
        unless=_not_thousands,
        aside=(
            not_worse("ciede2000", "images-1000", than="main"),
            not_worse("ciede2000", "images-500", than="main"),
        ),
        confounders="enough means that half the images do as well; at equal epochs they also make "
        "half the updates.",
    ),
    Claim(
        "4.4",
        "A patch of 70 px is the best.",
        "slide on the discriminator",
        tuple(not_worse("ciede2000", "main", than=f"patch-{n}") for n in (1, 16, 286)),
        aside=(
            *(higher("chroma_ratio", "main", than=f"patch-{n}") for n in (1, 16, 286)),
            *(better("edge_f1", "main", than=f"patch-{n}") for n in (1, 16, 286)),
        ),
        confounders="best is read as not worse than any other. CIEDE2000 rewards caution: a field "
        "of one pixel draws no edges (beside it), and may win by that.",
    ),
    Claim(
        "4.5",
        "It transfers to COCO.",
        "slide on COCO",
        (
            Test(
                Images("main", "ciede2000", split="coco"),
                Images("main", "ciede2000"),
                at_most=MEASURES["ciede2000"].counts,
            ),
        ),
        aside=(
            Test(
                Images("main", "chroma_ratio", split="coco"),
                Images("main", "chroma_ratio"),
                at_least=-MEASURES["chroma_ratio"].counts,
            ),
        ),
        confounders="the sets differ in how colourful they are; whether the slides trained on COCO "
        "is not said.",
    ),
    Claim(
        "4.6",
        "Lab is better than RGB.",
        "slide on Lab",
        (better("ab_mae", "main", than="rgb"),),
        aside=(better("ciede2000", "main", than="rgb"),),
        confounders="the RGB network has to give the lightness too; ab MAE leaves it out.",
    ),
    Claim(
        "4.7",
        "The GAN stage makes the network that was pretrained with L1 more colourful.",
        "the tutorial that the slides follow",
        (higher("chroma_ratio", "resnet18-l1-gan", than="resnet18-l1"),),
        aside=(
            higher("colourfulness", "resnet18-l1-gan", than="resnet18-l1"),
            better("ciede2000", "resnet18-l1-gan", than="resnet18-l1"),
        ),
    ),
)

DEPARTURES = """\
- ImageNet weights of the ResNet-18 are KerasHub's (timm's `resnet18.a1_in1k`); fastai took those of
  torchvision, of the same architecture but another training recipe.
- Loss weight, learning rate, batch size and initial weights are not on the slides; they are those
  of the tutorial that the slides follow. Like it, training images come in one random order, the
  same each epoch.
- The slides list seven encoder layers and a decoder of eight levels; eight are built.
- Where ImageNet weights cannot be downloaded, and at `small`, where the network is narrower than
  they are, the ResNet-18 starts from random ones; arm E is then the same as D, and G as F.
- At `small`: 64 px, 6 levels from 32 filters (at most 256), 751 photographs to train and 188 to
  test, every epoch of the slides. The largest patch is 142 px there instead of 286, and the
  data sizes are the same shares of 751. They are one photograph for each class
  (github.com/EliSchwartz/imagenet-sample-images) in the place of ImageNet-mini's, so that no class
  of a test image was trained on.
"""

REPORT = Report(
    key="imagenet-cgan",
    number="004",
    title="Image Colorization using Conditional Generative Adversarial Networks",
    authors="Rangrasasl, Joulaei, Roshana",
    year=2023,
    subject="pix2pix with a U-Net and a pretrained ResNet-18 generator, on ImageNet-mini",
    arms=(main, resnet, *FACTORS, *PATCHES, *SIZES, RGB),
    scales=SCALES,
    settings=SETTINGS,
    figures=FIGURES,
    references=(),
    claims=CLAIMS,
    departures=DEPARTURES,
    measures=OF_PHOTOGRAPHS,
)
