"""A tiny run that trains in seconds, for tests and for the processes that tests start."""

import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

from colorization.data.prepare import Recipe, prepare
from colorization.data.sources import GeneratedForms
from colorization.models.classification_cnn import classification_cnn
from colorization.models.regression_cnn import regression_cnn
from colorization.training.config import TrainingConfig
from colorization.training.objectives import AbClassification, AbRegression, Rebalancing
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
CONFIGS = {"regression": REGRESSION, "classification": CLASSIFICATION}


def run(name: str, folder: Path, seed: int = 0, say=print, **changes) -> None:
    config = replace(CONFIGS[name], **changes)
    images = prepare(config.source, config.recipe)
    train(folder, config, images, seed, say=say, checkpoint_seconds=0)


if __name__ == "__main__":
    run(sys.argv[1], Path(sys.argv[2]), say=partial(print, flush=True))
