"""What report 004 concludes, in its order, and what would support it."""

from colorization.evidence.claims import IMPLIED, OWN, STATED, Claim
from colorization.evidence.criteria import Test, better, higher, not_worse
from colorization.evidence.observations import NO_REALISM, patch_is_image, random_weights
from colorization.evidence.quantities import Excess, Images
from colorization.results.measures import MEASURES
from colorization.results.stored import Stored

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
        "4.6",
        "Lab is better than RGB.",
        "introduction, slide on Lab",
        OWN,
        (better("ab_mae", "main", than="rgb"),),
        aside=(better("ciede2000", "main", than="rgb"),),
        confounders="the RGB network has to give the lightness too; ab MAE leaves it out.",
    ),
    Claim(
        "4.4",
        "A patch of 70 px is the best.",
        "slide on PatchGAN",
        IMPLIED,
        tuple(not_worse("ciede2000", "main", than=f"patch-{n}") for n in (1, 16, 286)),
        unless=patch_is_image("main", 70),
        aside=(
            *(higher("chroma_ratio", "main", than=f"patch-{n}") for n in (1, 16, 286)),
            *(better("edge_f1", "main", than=f"patch-{n}") for n in (1, 16, 286)),
        ),
        confounders="best is read as not worse than any other. CIEDE2000 rewards caution: a field "
        "of one pixel draws no edges (beside it), and may win by that.",
    ),
    Claim(
        "4.1",
        "More epochs give more realistic colours.",
        "slide on epochs, conclusion",
        STATED,
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
        "4.5",
        "It transfers to COCO.",
        "slide on COCO",
        IMPLIED,
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
        "4.7",
        "The GAN stage makes the network that was pretrained with L1 more colourful.",
        "slide on ResNet-18",
        OWN,
        (higher("chroma_ratio", "resnet18-l1-gan", than="resnet18-l1"),),
        aside=(
            higher("colourfulness", "resnet18-l1-gan", than="resnet18-l1"),
            better("ciede2000", "resnet18-l1-gan", than="resnet18-l1"),
        ),
        confounders="a sentence of the tutorial that the slides follow.",
    ),
    Claim(
        "4.2",
        "A generator pretrained on ImageNet and with L1 is better after 20 epochs.",
        "slide on the comparison, conclusion",
        STATED,
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
        "4.8",
        "Even a small data set and limited means give reasonable results.",
        "conclusion",
        STATED,
        reason=NO_REALISM,
        aside=tuple(Test(Excess(arm, "ab_mae"), at_most=0.0) for arm in ("main", "images-500")),
    ),
    Claim(
        "4.3",
        "A few thousand images are enough.",
        "conclusion",
        IMPLIED,
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
        "4.9",
        "A bigger data set makes the results more realistic.",
        "conclusion",
        STATED,
        reason=NO_REALISM,
        aside=(
            better("ciede2000", "main", than="images-500"),
            higher("chroma_ratio", "main", than="images-500"),
            higher("colourfulness", "main", than="images-500"),
        ),
    ),
)
