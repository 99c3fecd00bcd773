"""Tiny runs that train in seconds, for tests and for the processes that tests start."""

import os
import signal
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

from colorization.colour.scaling import UNIT
from colorization.data.form_sets import GeneratedForms
from colorization.data.prepared import PreparedSet, prepare
from colorization.data.recipe import Recipe
from colorization.models.classification_cnn import classification_cnn
from colorization.models.patchgan import patchgan
from colorization.models.pix2pix_unet import pix2pix_unet
from colorization.models.regression_cnn import regression_cnn
from colorization.training.config import Adversary, CycleAdversary, Pretraining, TrainingConfig
from colorization.training.gan_loss import GanLoss
from colorization.training.objectives import (
    AbClassification,
    AbRegression,
    Rebalancing,
    RgbRegression,
)
from colorization.training.options import RunOptions
from colorization.training.run import train

REGRESSION = TrainingConfig(
    source=GeneratedForms(train=22, val=6, test=6, size=32),
    recipe=Recipe(size=16),
    network=partial(regression_cnn, filters=4),
    objective=AbRegression(),
    epochs=6,
    batch_size=5,
    flip=True,
    train_mode_validation=True,
)
CLASSIFICATION = replace(
    REGRESSION,
    network=partial(classification_cnn, filters=4),
    objective=AbClassification(rebalancing=Rebalancing()),
    precision="mixed_bfloat16",
)
UNET = partial(pix2pix_unet, filters=4, levels=2)
DISCRIMINATOR = partial(patchgan, filters=4, field=16)
ADVERSARIAL = replace(
    REGRESSION,
    network=UNET,
    objective=AbRegression(UNIT, "L1"),
    beta_1=0.5,
    train_mode_validation=False,
    adversary=Adversary(partial(DISCRIMINATOR, dropout=0.3), gan=GanLoss(label_noise=0.1)),
)
PRETRAINED = replace(
    ADVERSARIAL, epochs=3, pretraining=Pretraining(3, learning_rate=2e-3), snapshots=(3, 6)
)
CYCLE = replace(
    ADVERSARIAL,
    adversary=CycleAdversary(partial(UNET, inputs=2, outputs=1), DISCRIMINATOR, pool=10),
)
RGB = replace(
    REGRESSION,
    network=partial(UNET, outputs=3),
    objective=RgbRegression(low=-1.0, error="L1"),
    train_mode_validation=False,
)
CONFIGS = {
    "regression": REGRESSION,
    "rgb": RGB,
    "classification": CLASSIFICATION,
    "adversarial": ADVERSARIAL,
    "pretrained": PRETRAINED,
    "cycle": CYCLE,
}


def prepared() -> PreparedSet:
    """The images of all these runs."""
    return prepare(REGRESSION.source, REGRESSION.recipe)


def run(
    name: str, folder: Path, seed: int = 0, say=print, options: dict | None = None, **changes
) -> None:
    config = replace(CONFIGS[name], **changes)
    images = prepare(config.source, config.recipe)
    train(folder, config, images, seed, RunOptions(say, checkpoint_seconds=0, **(options or {})))


def run_until(name: str, folder: Path, epoch: int) -> None:
    """Run and be killed in `epoch`: it has been logged but is not in the checkpoint yet."""

    def say(line):
        print(line, flush=True)
        if line.startswith(f"epoch {epoch}/"):
            os.kill(os.getpid(), signal.SIGKILL)

    run(name, folder, say=say)


if __name__ == "__main__":
    name, folder, *killed_in = sys.argv[1:]
    if killed_in:
        run_until(name, Path(folder), int(killed_in[0]))
    else:
        run(name, Path(folder), say=partial(print, flush=True))
