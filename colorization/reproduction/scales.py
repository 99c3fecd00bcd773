"""The same experiment, smaller: what `small` and `smoke` change, and nothing else."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from colorization.data.form_sets import GeneratedForms
from colorization.scales import SCALES
from colorization.training.config import Networks, TrainingConfig, narrowed

FULL, SMALL, SMOKE = SCALES
# Photographs' place at `smoke`.
SMOKE_IMAGES = GeneratedForms(train=20, val=10, test=10, size=64)


@dataclass(frozen=True)
class Scale:
    """What a scale changes: sizes and counts.

    Args:
        epochs: of full scale to those of this one; for stages and snapshots as well.
        networks: keywords of the networks, generators and discriminators, that are narrower.
        size: height and width in pixels; None for those of full scale.
        batch_size: None for that of full scale.
        source: the image set of full scale to that of this one; None for the same.
        initial_weights: whether trained ones fit the networks; else they start from random ones.
    """

    epochs: Callable[[int], int]
    networks: Networks = field(default_factory=dict)
    size: int | None = None
    batch_size: int | None = None
    source: Callable[[Any], Any] | None = None
    initial_weights: bool = False

    def of(self, config: TrainingConfig) -> TrainingConfig:
        """A configuration of full scale at this one."""
        pretraining = config.pretraining
        if pretraining:
            pretraining = replace(pretraining, epochs=self.epochs(pretraining.epochs))
        return replace(
            config,
            source=self.source(config.source) if self.source else config.source,
            recipe=replace(config.recipe, size=self.size or config.recipe.size),
            network=narrowed(config.network, self.networks),
            epochs=self.epochs(config.epochs),
            batch_size=self.batch_size or config.batch_size,
            snapshots=tuple(self.epochs(epoch) for epoch in config.snapshots),
            pretraining=pretraining,
            adversary=config.adversary and config.adversary.narrowed(self.networks),
            initial_weights=config.initial_weights if self.initial_weights else None,
        )


def smoke(networks: Networks, size: int = 32) -> Scale:
    """Two epochs on drawings."""
    return Scale(epochs=lambda _: 2, networks=networks, size=size, source=lambda _: SMOKE_IMAGES)
