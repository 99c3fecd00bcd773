"""From a configuration to the compiled models that train it, one a stage."""

from dataclasses import dataclass, replace
from pathlib import Path

import keras
import numpy as np
from keras import ops

from colorization.colour.ab_grid import AB_BINS
from colorization.colour.lab import images_to_lab
from colorization.data.batches import batches_per_epoch
from colorization.data.prepared import PreparedSet
from colorization.errors import UserError
from colorization.files import write_text
from colorization.models.imagenet_weights import load_imagenet_encoder
from colorization.training.adam import Adam
from colorization.training.config import TrainingConfig
from colorization.training.steps import optimizer_for
from colorization.training.supervised import SupervisedColorizer


@dataclass(frozen=True)
class Stage:
    """A model that trains the run's network from epoch `start` (exclusive) to `end`."""

    start: int
    end: int
    model: keras.Model


def build_stages(folder: Path, config: TrainingConfig, images: PreparedSet) -> list[Stage]:
    """The compiled models of a run in their order, optimisers built, ready to be restored.

    All of them train the same network. It is built first, so that a seed gives it the same
    initial weights whatever it is trained against.

    Raises:
        UserError: a network cannot be built at this size.
    """
    size = config.recipe.size
    try:
        network = config.network(size=size)
        if config.initial_weights:
            load_imagenet_encoder(network)
        main = _main_model(folder, config, images, network)
    except ValueError as error:
        raise UserError(f"a network cannot be built at {size} px: {error}") from None
    start, stages = 0, []
    if config.pretraining:
        first = config.pretraining
        model = SupervisedColorizer(network, config.objective, images.space)
        adam = replace(
            config, learning_rate=first.learning_rate, beta_1=first.beta_1, epochs=first.epochs
        )
        _compile(model, [(_adam(adam, images), network.trainable_variables)])
        stages, start = [Stage(0, first.epochs, model)], first.epochs
    return [*stages, Stage(start, config.all_epochs, main)]


def _main_model(folder, config, images, network):
    """The model of the last stage: supervised, against a discriminator, or a cycle."""
    size, adversary = config.recipe.size, config.adversary
    if adversary is None:
        weights = class_weights(folder, config, images)
        model = SupervisedColorizer(
            network, config.objective, images.space, weights, config.train_mode_validation
        )
        return _compile(model, [(_adam(config, images), network.trainable_variables)])
    model = adversary.model(network, config.objective, images.space, size)
    groups = [
        (_adam(config, images), _variables(model.generators)),
        (_adam(config, images, adversary.learning_rate), _variables(model.discriminators)),
    ]
    return _compile(model, groups)


def _variables(networks: list[keras.Model]) -> list:
    return [variable for network in networks for variable in network.trainable_variables]


def _adam(config: TrainingConfig, images: PreparedSet, learning_rate: float | None = None):
    rate = config.learning_rate if learning_rate is None else learning_rate
    if config.schedule == "cosine":
        steps = config.epochs * batches_per_epoch(len(images.names("train")), config.batch_size)
        warm_up = max(1, steps // 20)
        rate = keras.optimizers.schedules.CosineDecay(
            0.0, max(1, steps - warm_up), warmup_target=rate, warmup_steps=warm_up
        )
    decay = {"weight_decay": config.weight_decay} if config.weight_decay else {}
    return Adam(rate, config.beta_1, config.beta_2, config.epsilon, **decay)


def _compile(model, groups):
    """Compile with one optimiser a group; built here, so that its state can be restored."""
    if len(groups) > 1:
        optimizer = optimizer_for(groups)
    else:
        optimizer, variables = groups[0]
        optimizer.build(variables)
    model.compile(optimizer=optimizer)
    return model


def class_weights(folder: Path, config: TrainingConfig, images: PreparedSet) -> np.ndarray | None:
    """The objective's class weights from the training images; stored in the run folder."""
    train_images = images.images("train")
    batches = (train_images[start : start + 50] for start in range(0, len(train_images), 50))
    statistics = config.objective.class_statistics(
        images_to_lab(ops.convert_to_tensor(batch), images.space) for batch in batches
    )
    if statistics is None:
        return None
    lines = ["a,b," + ",".join(statistics)]
    for ab, *values in zip(AB_BINS, *statistics.values(), strict=True):
        lines.append(",".join(f"{value:.6g}" for value in (*ab, *values)))
    write_text(folder / "class_weights.csv", "\n".join(lines) + "\n")
    return statistics["weight"]
