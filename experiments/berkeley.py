"""Report 001: Dietrich, Musibau, Sahli, "Grayscale image colorization" (2021).

Two ways to colour the Berkeley photographs: a network that regresses ab from L (section 4.1), and
one that classifies every pixel into 313 ab bins (4.2), without and with rebalanced classes; the
latter also on drawings of polygons whose colour follows from their shape.

    make reproduce-berkeley                 the five runs of the report
    make reproduce-berkeley ARMS=ablation   what separates the factors that it changed together
"""

from dataclasses import replace
from functools import partial

from colorization.data.prepare import Recipe
from colorization.data.sources import BSDS500, AuthorsForms, GeneratedForms
from colorization.lab import UNIT
from colorization.models.classification_cnn import classification_cnn
from colorization.models.regression_cnn import regression_cnn
from colorization.training.config import TrainingConfig
from colorization.training.objectives import AbClassification, AbRegression, Rebalancing
from experiments.report import Arm, Report

# Section 4.1. The authors convert to Lab before they resize, feed raw L, and never call eval().
regression = Arm(
    "regression",
    "regression, 112 px",
    TrainingConfig(
        source=BSDS500(),
        recipe=Recipe(size=112, lab_before_resize=True),
        network=regression_cnn,
        objective=AbRegression(),
        epochs=500,
        batch_size=10,
        train_mode_validation=True,
    ),
    primary=True,
)

# Section 4.2. 56 px "to reduce the calculation time"; the batch is 5 here and 10 with weights.
unweighted = Arm(
    "unweighted",
    "classification, batch 5",
    TrainingConfig(
        source=BSDS500(),
        recipe=Recipe(size=56),
        network=classification_cnn,
        objective=AbClassification(),
        epochs=200,
        batch_size=5,
        train_mode_validation=True,
        precision="mixed_bfloat16",
    ),
    primary=True,
)

REBALANCED = AbClassification(rebalancing=Rebalancing(smoothing="index", sigma=5, uniform_share=0.5))
weighted = replace(
    unweighted.ablation(
        "weighted", "classification, rebalanced, batch 10", objective=REBALANCED, batch_size=10
    ),
    primary=True,
)

# The form data set; the last run with "four layers removed" for lack of memory.
forms = replace(
    weighted.ablation("forms-56", "forms, 56 px", source=AuthorsForms(), epochs=50), primary=True
)
forms_112_light = replace(
    forms.ablation(
        "forms-112-light",
        "forms, 112 px, light network",
        recipe=Recipe(size=112),
        network=partial(classification_cnn, light=True),
        epochs=10,
    ),
    primary=True,
)

ABLATIONS = (
    # The report changes weights and batch size together.
    unweighted.ablation("unweighted-batch-10", "classification, batch 10", batch_size=10),
    weighted.ablation("weighted-batch-5", "classification, rebalanced, batch 5", batch_size=5),
    # Smoothing as the paper means it.
    weighted.ablation(
        "weighted-2d",
        "classification, rebalanced, prior smoothed over ab",
        objective=AbClassification(rebalancing=Rebalancing(smoothing="ab")),
    ),
    # Decoding as Zhang et al. do it; the weights are those of `weighted`.
    replace(
        weighted.ablation(
            "weighted-annealed-mean",
            "classification, rebalanced, annealed mean T=0.38",
            objective=replace(REBALANCED, temperature=0.38),
        ),
        trained_by="weighted",
    ),
    regression.ablation(
        "regression-normalised",
        "regression, L/50-1 and ab/110",
        objective=AbRegression(scaling=UNIT),
    ),
    # Validation with the running averages, as eval() would have it.
    regression.ablation(
        "regression-eval", "regression, eval-mode validation", train_mode_validation=False
    ),
    # Resolution, depth and epochs change together between figures 13 and 14.
    forms.ablation(
        "forms-56-light",
        "forms, 56 px, light network",
        network=partial(classification_cnn, light=True),
    ),
    # Lightness gives most shapes away; here it can't.
    forms.ablation(
        "forms-56-jittered",
        "forms, 56 px, lightness jittered",
        source=GeneratedForms(jitter_lightness=True),
    ),
)


def scaled(arm: Arm, scale: str) -> TrainingConfig:
    """The arm's configuration at a scale: fewer epochs, filters and pixels, nothing else."""
    config = arm.config
    if scale == "full":
        return config
    classifies = isinstance(config.objective, AbClassification)
    if scale == "small":
        epochs = {500: 100, 200: 40, 50: 20, 10: 10}[config.epochs]
        return replace(config, epochs=epochs, network=_narrow(config.network, 32 if classifies else 32))
    size = 32 if classifies else 48
    return replace(
        config,
        epochs=2,
        source=GeneratedForms(train=20, val=10, test=10, size=64),
        recipe=replace(config.recipe, size=size),
        network=_narrow(config.network, 8),
    )


def _narrow(network, filters: int):
    keywords = network.keywords if isinstance(network, partial) else {}
    build = network.func if isinstance(network, partial) else network
    return partial(build, **keywords, filters=filters)


REPORT = Report(
    key="berkeley",
    title="Grayscale image colorization",
    authors="Dietrich, Musibau, Sahli",
    year=2021,
    arms=(regression, unweighted, weighted, forms, forms_112_light, *ABLATIONS),
    scaled=scaled,
)
