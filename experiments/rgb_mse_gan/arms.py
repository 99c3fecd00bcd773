"""What report 003 ran: its arms, their settings, and what is smaller at other scales."""

from dataclasses import replace
from functools import partial

from colorization.data.sets import Scenes
from colorization.models.networks import pooling_discriminator, valid_unet
from colorization.reproduction.report import Arm
from colorization.reproduction.scales import SMALL, SMOKE, Scale, smoke
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
