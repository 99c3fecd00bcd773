"""Report 003: Yadav, a "GAN" from gray to RGB at 120 px, written in Keras.

Its generator's loss is a mean squared error alone: the discriminator is trained beside it and never
asked. The generator has valid convolutions without any downsampling, and a ReLU as its last layer.

    make reproduce-rgb-mse-gan                 the code as it stands
    make reproduce-rgb-mse-gan ARMS=ablation   without D, with a D that counts, and other layers
"""

from dataclasses import replace
from functools import partial

import pandas as pd

from colorization.data.sets import Scenes
from colorization.evidence.claims import IMPLIED, OWN, STATED, Claim
from colorization.evidence.criteria import Reading, Test, better, higher
from colorization.evidence.observations import NO_REALISM, WINNING, outputs, same_weights
from colorization.evidence.quantities import Epochs, Images
from colorization.evidence.rule import NO_DIFFERENCE
from colorization.models.networks import pooling_discriminator, valid_unet
from colorization.pages.comparisons import Compared, gan_grids
from colorization.pages.figures import Diagram
from colorization.pages.loss_curves import LossCurves
from colorization.pages.schemes import CLASSICAL, Scheme
from colorization.reproduction.report import Arm, Report
from colorization.reproduction.scales import SMALL, SMOKE, Scale, smoke
from colorization.results.measures import OF_PHOTOGRAPHS
from colorization.training.config import Adversary, TrainingConfig
from colorization.training.gan_loss import GanLoss
from colorization.training.objectives import RgbRegression
from experiments.pix2pix_tutorial import STRETCHED

GAME = Adversary(
    pooling_discriminator,
    conditional=False,
    gan=GanLoss(from_logits=False, label_noise=0.1, weight=0.0, discriminator_factor=1.0),
    pixel_weight=1.0,
    simultaneous=True,
)

literal = Arm(
    "literal",
    "MSE alone, D trained beside it",
    TrainingConfig(
        source=Scenes(train=2250, test=250),
        recipe=replace(STRETCHED, size=120),
        network=valid_unet,
        objective=RgbRegression(),
        epochs=150,
        batch_size=64,
        learning_rate=5e-4,
        epsilon=1e-7,
        reshuffle=False,
        adversary=GAME,
    ),
    primary=True,
)


ABLATIONS = (
    literal.ablation("without-d", "MSE alone, no D", adversary=None),
    literal.ablation(
        "d-twice", "D moves twice a step", adversary=replace(GAME, discriminator_steps=2)
    ),
    literal.ablation(
        "adversarial-1e-3",
        "MSE + 1e-3 adversarial",
        adversary=replace(GAME, gan=replace(GAME.gan, weight=1e-3)),
    ),
    literal.ablation(
        "adversarial-1e-2",
        "MSE + 1e-2 adversarial",
        adversary=replace(GAME, gan=replace(GAME.gan, weight=1e-2)),
    ),
    literal.ablation(
        "hard-labels",
        "targets of D not smoothed",
        adversary=replace(GAME, gan=replace(GAME.gan, label_noise=0.0)),
    ),
    literal.ablation(
        "sigmoid", "sigmoid as last layer", network=partial(valid_unet, activation="sigmoid")
    ),
    literal.ablation(
        "dilation", "dilation 2 in conv2 and conv3", network=partial(valid_unet, dilation=2)
    ),
    literal.ablation("no-skips", "no skips", network=partial(valid_unet, skips=False)),
    literal.ablation("shuffled", "a new order each epoch", reshuffle=True),
)

NETWORKS_SMALL = {valid_unet: {"filters": 8}, pooling_discriminator: {"filters": 16, "blocks": 2}}
NETWORKS_SMOKE = {valid_unet: {"filters": 2}, pooling_discriminator: {"filters": 4, "blocks": 2}}


SCALES = {
    # A batch of 64 would leave 350 steps.
    SMALL: Scale(size=48, epochs=lambda n: n // 5, networks=NETWORKS_SMALL, batch_size=16),
    SMOKE: smoke(NETWORKS_SMOKE, size=48),
}


SETTINGS = {
    "literal": {
        "dataset": "3,000 scenes in the text, 2,500 in the code",
        "image size": "120x120",
        "batch size": "64",
        "epochs": "150",
        "lr": "5e-4",
        "λ of pixels": "1 (MSE alone)",
    },
}

FIGURES = (
    Scheme("gan", (CLASSICAL, literal), "The structure of a GAN, and that of the report's code"),
    Diagram("generator", literal, "The generator"),
    Diagram("discriminator", literal, "The discriminator", of="discriminator"),
    *gan_grids("results", "literal", "Results", ("random", "best", "worst"), across=True),
    LossCurves("losses", "literal", "Losses and discriminator, as the code stands"),
    LossCurves(
        "losses-adversarial", "adversarial-1e-2", "Losses and discriminator, 1e-2 adversarial"
    ),
    Compared(
        "compared",
        ("literal", "adversarial-1e-2", "sigmoid", "no-skips", "dilation"),
        "test-random",
        "The same scenes, coloured by each arm",
        across=True,
    ),
)


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

DEPARTURES = """\
- The first line of the generator's third block is missing from the report's listing; it is
  restored, since the sizes do not fit without it. So is the call of the training step.
- The scenes lay on a private drive: 2,500 of Intel's scene photographs take their place.
- As the authors' split leaves them, training images come in one random order, the same each epoch.
- Shown images are clipped at white. The report's cast to 8 bits wraps values above 1 round to
  black; the share of such values is in the statement on convergence.
- Predictions are judged with their own lightness, as the report shows them; PSNR and SSIM are
  therefore lower than those of methods that keep the photograph's L.
- At `small`: 48 px, half the filters, two pooling blocks in the discriminator, 30 epochs for 150
  in batches of 16 for 64.
"""

REPORT = Report(
    key="rgb-mse-gan",
    number="003",
    title="Chromatic Dreams: Image Colorization with Generative Adversarial Networks",
    authors="Yadav",
    year=None,
    subject="RGB from gray with a mean squared error and an idle discriminator, on scenes",
    arms=(literal, *ABLATIONS),
    scales=SCALES,
    settings=SETTINGS,
    figures=FIGURES,
    references=(),
    claims=CLAIMS,
    departures=DEPARTURES,
    measures=OF_PHOTOGRAPHS,
)
