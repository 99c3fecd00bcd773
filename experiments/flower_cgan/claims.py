"""What report 002 concludes, in its order, and what would support it."""

from colorization.evidence.claims import OWN, STATED, Claim
from colorization.evidence.criteria import Test, better, higher, not_worse
from colorization.evidence.observations import (
    NO_EDGES,
    NO_REALISM,
    compared_cost,
    patch_is_image,
    random_weights,
    weak_discriminator,
)
from colorization.evidence.quantities import Excess, Images, PerRun, Seconds
from colorization.evidence.references import Reference, logged
from colorization.results.measures import MEASURES
from colorization.results.stored import Stored

# L1 of the pretraining on 450 images in ab/110, printed in the authors' notebook. Theirs start
# from ImageNet weights.
REFERENCES = tuple(
    Reference(
        "resnet18-unet",
        f"L1 of the pretraining, epoch {epoch}",
        expected,
        0.01,
        logged("loss", epoch),
        form="{:.3f}",
    )
    for epoch, expected in ((1, 0.1622), (2, 0.13963), (10, 0.13338), (20, 0.12843))
)


def _time(arm: str, **threshold) -> Test:
    """An arm's seconds an image over those of the U-Net."""
    return Test(Seconds(arm), Seconds("unet"), ratio=True, **threshold)


def _no_white_page(_: Stored) -> str:
    return "what the network makes of a white page, beside the paper, was not recorded"


CLAIMS = (
    Claim(
        "2.11",
        "Lab with two channels makes training and predicting much easier than RGB.",
        "section 3",
        STATED,
        reason="no arm of this report gives RGB; claim 4.6 asks it of the same network",
    ),
    Claim(
        "2.12",
        "The adversarial loss teaches high frequencies, L1 the low ones.",
        "section 4.1",
        STATED,
        reason=NO_EDGES,
        aside=(better("edge_f1", "unet", than="l1-only"),),
    ),
    Claim(
        "2.13",
        "The adversarial loss alone is enough for colourful images.",
        "section 4.3",
        STATED,
        (Test(Images("gan-alone", "chroma_ratio"), at_least=0.9),),
        undecided=weak_discriminator("gan-alone"),
    ),
    Claim(
        "2.14",
        "L1 beside the adversarial loss improves the model further.",
        "section 4.3",
        STATED,
        (better("ciede2000", "unet", than="gan-alone"),),
        undecided=weak_discriminator("gan-alone"),
    ),
    Claim(
        "2.5",
        "L1 alone gives conservative colours, the GAN makes them vivid.",
        "section 4.3",
        STATED,
        (higher("chroma_ratio", "unet", than="l1-only"),),
        aside=(
            higher("colourfulness", "unet", than="l1-only"),
            better("ciede2000", "unet", than="l1-only"),
        ),
    ),
    Claim(
        "2.6",
        "A patch discriminator is better than one with a single answer.",
        "section 4.5.1",
        STATED,
        (better("ciede2000", "unet", than="scalar-d"),),
        unless=patch_is_image("unet", 70),
        aside=(
            better("edge_f1", "unet", than="scalar-d"),
            higher("chroma_ratio", "unet", than="scalar-d"),
        ),
    ),
    Claim(
        "2.16",
        "Skips keep the features of the outer blocks.",
        "section 4.5.2",
        STATED,
        (better("ciede2000", "unet", than="no-skips"),),
        aside=(better("edge_f1", "unet", than="no-skips"),),
        confounders="asked as whether the U-Net is better with them.",
    ),
    Claim(
        "2.8",
        "Added skips are as good as concatenated ones.",
        "section 4.5.2",
        OWN,
        (not_worse("ciede2000", "unet-additive", than="unet"),),
        aside=(
            not_worse("edge_f1", "unet-additive", than="unet"),
            not_worse("ab_mae", "unet-additive", than="unet"),
        ),
        confounders="dropout differs too, .2 in the text and .5 in the code.",
    ),
    Claim(
        "2.10",
        "A cGAN gives reasonable colours, and with the proper inner structure realistic ones.",
        "sections 5.1 and 6",
        STATED,
        reason=NO_REALISM,
        aside=tuple(Test(Excess(arm, "ab_mae"), at_most=0.0) for arm in ("unet", "resnet18-unet")),
    ),
    Claim(
        "2.9",
        "The U-Net cannot decide on the colour of rare flowers.",
        "section 5.1",
        STATED,
        reason="the set does not say which flowers its photographs show",
    ),
    Claim(
        "2.1",
        "The U-Net's colours spill over boundaries.",
        "section 5.1",
        STATED,
        (
            Test(
                Images("unet", "bleed"),
                Images("unet", "bleed", baseline="ground-truth"),
                at_least=MEASURES["bleed"].counts,
            ),
        ),
        confounders="originals bleed too, at this size: what lies above their bleed counts.",
    ),
    Claim(
        "2.2",
        "With a ResNet-18 backbone quality improves and boundaries are sharper.",
        "sections 4.5.3 and 5.1",
        STATED,
        (
            better("ciede2000", "resnet18-unet", than="unet"),
            better("edge_f1", "resnet18-unet", than="unet"),
        ),
        aside=(
            better("bleed", "resnet18-unet", than="unet"),
            better("ciede2000", "resnet18-unet-scratch", than="unet"),
            better("ciede2000", "resnet18-unet", than="resnet18-unet-l1"),
        ),
        unless=random_weights("resnet18-unet"),
        confounders="it has 20 more epochs of L1 and ImageNet weights.",
    ),
    Claim(
        "2.3",
        'The ResNet version trains in a fraction of the U-Net\'s time (printed as "xx times").',
        "sections 4.5.3 and 5.1",
        STATED,
        (_time("resnet18-unet", at_most=1.0),),
        confounders="the number was never filled in. Steps against a discriminator are timed; the "
        "epochs of L1 come on top.",
        notes=lambda s: compared_cost(s, ("unet", "resnet18-unet")),
    ),
    Claim(
        "2.4",
        "CycleGAN after as many epochs is much worse, and takes twice the time.",
        "section 5.2",
        STATED,
        (better("ciede2000", "unet", than="cyclegan"), _time("cyclegan", at_least=2.0)),
        aside=(
            better("ciede2000", "unet", than="cyclegan-fixed"),
            better("ciede2000", "cyclegan-fixed", than="cyclegan"),
            higher("chroma_ratio", "unet", than="cyclegan"),
        ),
        confounders="as run, its discriminator was shown colours joined to other images' "
        "lightness; `cyclegan-fixed` is not.",
        notes=lambda s: compared_cost(s, ("unet", "cyclegan")),
    ),
    Claim(
        "2.17",
        "Given the time, CycleGAN may become as good as the cGAN or better.",
        "sections 5.2 and 6.1",
        STATED,
        reason="no arm trains CycleGAN for longer than the cGAN, nor did the report",
    ),
    Claim(
        "2.7",
        "It works on sketches drawn by hand.",
        "section 5.3",
        STATED,
        (
            Test(
                Images("unet", "chroma_strokes", split="sketches"),
                Images("unet", "chroma_paper", split="sketches"),
                at_least=2.0,
            ),
            Test(
                Images("unet", "chroma_strokes", split="sketches"),
                PerRun("unet", "chroma of photographs", lambda run: run.means("test")["chroma"]),
                at_least=0.5,
                ratio=True,
            ),
        ),
        unless=_no_white_page,
        aside=(
            Test(Images("unet", "chroma_paper", split="sketches"), at_most=5.0),
            Test(Images("resnet18-unet", "chroma_paper", split="sketches"), at_most=5.0),
            Test(
                Images("resnet18-unet", "chroma_strokes", split="sketches"),
                Images("resnet18-unet", "chroma_paper", split="sketches"),
                at_least=2.0,
            ),
        ),
        confounders="three sketches, which have no right colours: it is asked whether the "
        "drawing is coloured as a photograph is, by half at least, and the paper left as a white "
        "page would be.",
    ),
    Claim(
        "2.15",
        "Within the same time a cGAN is better than a classical GAN and than CycleGAN.",
        "section 6",
        STATED,
        (
            better("ciede2000", "unet", than="unconditional-d"),
            better("ciede2000", "unet", than="cyclegan"),
        ),
        confounders="the report ran no classical GAN; here its discriminator is not shown the "
        "lightness, and L1 stays. Epochs are equal, time is not: CycleGAN's take longer (2.4).",
    ),
)
