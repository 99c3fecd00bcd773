"""What report 000 concludes, and what would support it."""

from pathlib import Path

from colorization.data.lab_arrays import MultiDomain
from colorization.evidence.claims import Claim
from colorization.evidence.criteria import Test, better
from colorization.evidence.observations import WINNING, health, near_gray, weak_discriminator, won
from colorization.evidence.quantities import Epochs, Images, PerRun
from colorization.results.stored import Stored
from experiments.flower_gan.arms import PCT

LANDSCAPES = ("forest", "glacier", "mountain", "sea")


def _landscape(name: str) -> bool:
    return Path(name).name.startswith(LANDSCAPES)


def _stand_in(stored: Stored) -> str:
    run = stored.first("multi-domain")
    if run.data["source"].startswith(MultiDomain.name):
        return ""
    return f"the multi-domain set was not there; {run.data['title']} stand in for it"


def _nothing_dropped(stored: Stored) -> list[str]:
    """That `multi-domain-coloured` was trained on the images of `multi-domain`, where it was."""
    runs = stored.of("multi-domain-coloured")
    if not runs or any(run.data["counts"]["dropped_as_near_gray"] for run in runs):
        return []
    return [
        "none of these photographs is without colour, so that multi-domain-coloured is "
        "multi-domain trained again on the same images: seeds and rounding alone differ"
    ]


def _unlabelled(stored: Stored) -> str:
    return _stand_in(stored) or "the multi-domain set does not say what its photographs show"


CLAIMS = (
    Claim(
        "0.1",
        "Flowers are coloured better than the multi-domain images, in colour and segmentation.",
        "section 4",
        (
            Test(Images("flowers", "ciede2000"), Images("multi-domain", "ciede2000"), at_most=-0.5),
            Test(Images("flowers", "bleed"), Images("multi-domain", "bleed"), at_most=-0.02),
        ),
        undecided=weak_discriminator("flowers", "multi-domain"),
        aside=tuple(
            Test(
                Images(arm, "ciede2000"),
                Images(arm, "ciede2000", baseline="mean-ab-given-L"),
                at_most=1.0,
                ratio=True,
            )
            for arm in ("flowers", "multi-domain")
        ),
        confounders="flowers are more colourful, so that the same skill leaves a larger error; "
        "beside it, each set's error over that of its mean ab given L. What stands in for the "
        "multi-domain set is named with claim 0.6.",
    ),
    Claim(
        "0.2",
        "A batch of 16 is better than one of 64.",
        "section 3.2",
        (better("ciede2000", "flowers", than="batch-64"),),
        undecided=weak_discriminator("flowers", "batch-64"),
        aside=(
            better("ciede2000", "flowers", than="batch-64-equal-updates"),
            better("ab_mae", "flowers", than="batch-64"),
        ),
        confounders="at equal epochs, as the report compared them, a batch of 64 makes a quarter "
        "of the updates.",
    ),
    Claim(
        "0.3",
        "A learning rate of 2e-4 is better than 5e-4.",
        "section 3.2",
        (better("ciede2000", "flowers", than="lr-5e-4"),),
        undecided=weak_discriminator("flowers", "lr-5e-4"),
        aside=(
            better("ciede2000", "flowers", than="lr-1e-3"),
            better("ab_mae", "flowers", than="lr-5e-4"),
        ),
        confounders='the report says "the opposite" of the batch size, that larger is better, but '
        "went from 5e-4 down to 2e-4.",
    ),
    Claim(
        "0.4",
        "Dropout in the discriminator keeps it from winning.",
        "section 3.2.2",
        (
            Test(
                Epochs("d-dropout-0", f"epochs with D accuracy above {WINNING:.0%}", won, form=PCT),
                Epochs("flowers", "", won, form=PCT),
                at_least=0.1,
            ),
        ),
        aside=(
            better("ciede2000", "flowers", than="d-dropout-0"),
            Test(
                Epochs("d-dropout-0", "D accuracy", "D_accuracy", form=PCT),
                Epochs("flowers", "", "D_accuracy", form=PCT),
                at_least=0.05,
            ),
        ),
        confounders="accuracy is that of the discriminator as it trains, with its own dropout, "
        "which lowers it whoever wins.",
        notes=lambda s: health(s, ("d-dropout-0", "d-dropout-0.25", "flowers")),
    ),
    Claim(
        "0.5",
        "Landscapes come out best, people worst.",
        "section 4.2",
        (
            Test(
                Images("multi-domain", "ciede2000", subset=("landscapes", _landscape)),
                Images(
                    "multi-domain", "ciede2000", subset=("the rest", lambda n: not _landscape(n))
                ),
                at_most=-0.5,
            ),
        ),
        unless=_unlabelled,
        confounders="neither set has labels for people; the rest are buildings, streets and the "
        "objects and animals of ImageNet.",
    ),
    Claim(
        "0.6",
        "Numerous multi-domain images are without colour already.",
        "section 2.2",
        (
            Test(
                PerRun("multi-domain", "share of images without colour", near_gray, form=PCT),
                at_least=0.05,
            ),
        ),
        unless=_stand_in,
        aside=(better("ciede2000", "multi-domain-coloured", than="multi-domain"),),
        notes=_nothing_dropped,
        confounders="without colour is Zhang et al.'s rule: no a or b beyond 5 Lab units.",
    ),
    Claim(
        "0.7",
        "Lab with two channels to predict is easier than RGB with three.",
        "section 3.2",
        (better("ab_mae", "flowers", than="rgb"),),
        undecided=weak_discriminator("flowers", "rgb"),
        aside=(better("ciede2000", "flowers", than="rgb"),),
        confounders="the RGB network has to give the lightness too; ab MAE leaves it out.",
    ),
    Claim(
        "0.8",
        "Wrong colours come from missing labels.",
        "sections 4.1 and 5",
        (better("ciede2000", "class-conditional", than="flowers"),),
        undecided=weak_discriminator("flowers", "class-conditional"),
        aside=(
            better("ab_mae", "class-conditional", than="flowers"),
            better("ciede2000", "l1-100", than="flowers"),
        ),
        confounders="the generator sees the class, the discriminator does not. Beside it, what an "
        "L1 loss does, which the report does not have.",
    ),
)
