"""What report 001 ran: its arms, their settings, and what is smaller at other scales."""

from dataclasses import replace
from functools import partial

from colorization.colour.scaling import UNIT
from colorization.data.berkeley import BSDS500
from colorization.data.form_sets import DietrichForms, GeneratedForms
from colorization.data.recipe import Recipe
from colorization.models.networks import classification_cnn, regression_cnn
from colorization.reproduction.report import Arm
from colorization.reproduction.scales import SMALL, SMOKE, Scale, smoke
from colorization.training.config import TrainingConfig
from colorization.training.objectives import AbClassification, AbRegression, Rebalancing

# At `small` narrow enough that the classifications still see enough epochs to overfit.
NETWORKS_SMALL = {regression_cnn: {"filters": 32}, classification_cnn: {"filters": 16}}

NETWORKS_SMOKE = {regression_cnn: {"filters": 8}, classification_cnn: {"filters": 8}}

SCALES = {
    SMALL: Scale(
        epochs={1000: 120, 500: 60, 200: 100, 50: 25, 10: 10}.get, networks=NETWORKS_SMALL
    ),
    SMOKE: smoke(NETWORKS_SMOKE, size=48),
}

OF_CLASSIFICATION = {SMOKE: smoke(NETWORKS_SMOKE)}

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
    scales=OF_CLASSIFICATION,
)

REBALANCED = AbClassification(
    rebalancing=Rebalancing(smoothing="index", sigma=5, uniform_share=0.5)
)

weighted = replace(
    unweighted.ablation(
        "weighted", "classification, rebalanced, batch 10", objective=REBALANCED, batch_size=10
    ),
    primary=True,
)

# The form data set; the last run with "four layers removed" for lack of memory.
forms = replace(
    weighted.ablation("forms-56", "forms, 56 px", source=DietrichForms(), epochs=50), primary=True
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
    # Colours as likely as they are, from weights that make rare ones likelier.
    weighted.ablation(
        "weighted-corrected",
        "classification, rebalanced, logits corrected by the weights",
        objective=replace(REBALANCED, adjusted=True),
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
    # What the conclusion proposes against overfitting.
    regression.ablation(
        "regression-half", "regression, half the training images", source=BSDS500(train=100)
    ),
    regression.ablation(
        "regression-half-updates",
        "regression, half the training images, equal updates",
        source=BSDS500(train=100),
        epochs=1000,
    ),
    regression.ablation(
        "regression-dropout",
        "regression, dropout .3 around the bottleneck",
        network=partial(regression_cnn, dropout=0.3),
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

# What the report prints in the tables before each section's results.
SETTINGS = {
    "regression": {
        "dataset": "Berkeley",
        "image size": "112x112",
        "batch size": "10",
        "epochs": "500",
        "lr": "1e-3",
    },
    "unweighted": {
        "dataset": "Berkeley",
        "image size": "56x56",
        "batch size": "5",
        "epochs": "200",
        "weight rebalancing": "no",
        "lr": "1e-3",
    },
    "weighted": {
        "dataset": "Berkeley",
        "image size": "56x56",
        "batch size": "10",
        "epochs": "200",
        "weight rebalancing": "yes",
        "λ": "0.5",
        "σ": "5",
        "lr": "1e-3",
    },
    "forms-56": {
        "dataset": "Form dataset",
        "image size": "56x56",
        "batch size": "10",
        "epochs": "50",
        "weight rebalancing": "yes",
        "λ": "0.5",
        "σ": "5",
        "lr": "1e-3",
    },
    "forms-112-light": {
        "dataset": "Form dataset",
        "image size": "112x112",
        "batch size": "10",
        "epochs": "10",
        "weight rebalancing": "yes",
        "λ": "0.5",
        "σ": "5",
        "lr": "1e-3",
    },
}
