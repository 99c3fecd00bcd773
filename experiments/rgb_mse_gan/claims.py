"""What report 003 concludes, in its order, and what would support it."""

import pandas as pd

from colorization.evidence.claims import IMPLIED, OWN, STATED, Claim
from colorization.evidence.criteria import Reading, Test, better, higher
from colorization.evidence.observations import NO_REALISM, WINNING, outputs, same_weights
from colorization.evidence.quantities import Epochs, Images
from colorization.evidence.rule import NO_DIFFERENCE


def _of_first(epochs: pd.DataFrame) -> pd.Series:
    """The training error as a share of the first epoch's."""
    return epochs["loss_G_MSE"] / epochs["loss_G_MSE"].iloc[0]


def _steady(epochs: pd.DataFrame) -> pd.Series:
    """Whether the training error is at most 5 % above that of the epoch before; NaN at first."""
    risen = epochs["loss_G_MSE"] / epochs["loss_G_MSE"].shift()
    return (risen <= 1.05).where(risen.notna())


IDLE = Reading(
    "no gradient of the discriminator reaches the generator, whose weights after a step are the "
    "same to the bit whatever the discriminator is",
    NO_DIFFERENCE,
    "tests/experiments/test_idle_discriminator.py",
)

CLAIMS = (
    Claim(
        "3.2",
        "That the discriminator is trained twice for each step makes a better generator.",
        "methodology, 3",
        OWN,
        (IDLE,),
        aside=(better("ciede2000", "d-twice", than="literal"),),
        confounders="the report says that it is trained twice, not why; its code trains it once.",
        notes=lambda s: same_weights(s, ("literal", "d-twice")),
    ),
    Claim(
        "3.1",
        "The interplay with the discriminator improves the generator.",
        "methodology, 7; conclusion",
        STATED,
        (IDLE,),
        aside=(
            better("ciede2000", "literal", than="without-d"),
            better("ciede2000", "adversarial-1e-3", than="without-d"),
            better("ciede2000", "adversarial-1e-2", than="without-d"),
            higher("chroma_ratio", "adversarial-1e-2", than="without-d"),
        ),
        confounders="the code's generator never asks the discriminator: its loss is the squared "
        "error alone. Beside it, generators whose loss does.",
        notes=lambda s: same_weights(s, ("literal", "without-d")),
    ),
    Claim(
        "3.8",
        "The discriminator is continually challenged.",
        "methodology, 7; conclusion",
        STATED,
        (Test(Epochs("literal", "D accuracy", "D_accuracy", "last", "{:.1%}"), at_most=WINNING),),
        confounders="asked as whether it still errs in one of twenty answers in the end. The "
        "generator does not play against it (3.1); it only comes nearer to the originals.",
    ),
    Claim(
        "3.10",
        "Colours are authentic across diverse domains.",
        "methodology, 8; conclusion",
        STATED,
        reason="the images are outdoor scenes alone; and " + NO_REALISM,
    ),
    Claim(
        "3.4",
        "Dilated convolutions enlarge the field of view, for the better.",
        "steps, 2A",
        OWN,
        (better("ciede2000", "dilation", than="literal"),),
        confounders="the report's code has none.",
    ),
    Claim(
        "3.7",
        "Skip connections help.",
        "steps, 2A",
        IMPLIED,
        (better("ciede2000", "literal", than="no-skips"),),
        aside=(better("ab_mae", "literal", than="no-skips"),),
        confounders="without skips the network has to carry the lightness through the bottleneck, "
        "and CIEDE2000 counts it; ab MAE does not.",
    ),
    Claim(
        "3.5",
        "With a squared error and Adam at 5e-4 training converges stably.",
        "steps, 2C; conclusion",
        STATED,
        (
            Test(
                Epochs(
                    "literal",
                    "training MSE over the first epoch's",
                    _of_first,
                    window="last",
                    form="{:.3f}",
                ),
                at_most=0.5,
            ),
            Test(
                Epochs("literal", "epochs with no rise above 5 %", _steady, form="{:.0%}"),
                at_least=0.9,
            ),
        ),
        confounders="the last layer's ReLU may die, whole channels of it; the more seeds the "
        "better.",
        notes=outputs,
    ),
    Claim(
        "3.9",
        "Adam makes training efficient.",
        "steps, 2C; conclusion",
        STATED,
        reason="no arm has another optimiser to compare with",
    ),
    Claim(
        "3.3",
        "Soft and noisy labels make a better generator.",
        "steps, 3",
        OWN,
        (IDLE,),
        aside=(better("ciede2000", "literal", than="hard-labels"),),
        confounders="the report only lists them; they move the discriminator's loss alone.",
        notes=lambda s: same_weights(s, ("literal", "hard-labels")),
    ),
    Claim(
        "3.6",
        "Colours are vivid and of high fidelity.",
        "conclusion",
        STATED,
        (
            Test(Images("literal", "chroma_ratio"), at_least=0.9),
            Test(
                Images("literal", "ab_mae"),
                Images("literal", "ab_mae", baseline="mean-ab-given-L"),
                at_most=-0.5,
            ),
        ),
    ),
)
