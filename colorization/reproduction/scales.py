"""The same experiment, smaller: what `small` and `smoke` change, and nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

from colorization.data.form_sets import GeneratedForms
from colorization.training.config import TrainingConfig

# Photographs' place at `smoke`.
SMOKE_IMAGES = GeneratedForms(train=20, val=10, test=10, size=64)


def narrowed(build: Callable, keywords: Mapping[Callable, dict]) -> Callable:
    """A network's builder with some keywords replaced.

    Args:
        build: a function of `colorization.models` or a `functools.partial` of one.
        keywords: builder -> what replaces the keywords that it is given.
    """
    function = build.func if isinstance(build, partial) else build
    given = build.keywords if isinstance(build, partial) else {}
    changes = keywords.get(function, {})
    return partial(function, **{**given, **changes}) if given or changes else function


def shrunk(
    config: TrainingConfig,
    *,
    size: int,
    epochs: Callable[[int], int],
    keywords: Mapping[Callable, dict],
    source=None,
) -> TrainingConfig:
    """A configuration with fewer pixels, epochs and filters.

    Args:
        size: height and width in pixels.
        epochs: of full scale to those of this one; for stages and snapshots as well.
        keywords: see `narrowed`; for generators and discriminators.
        source: in place of the configuration's.
    """
    pretraining = config.pretraining
    if pretraining:
        pretraining = replace(pretraining, epochs=epochs(pretraining.epochs))
    adversary = config.adversary
    if adversary:
        builders = ("discriminator", "reverse")
        adversary = replace(
            adversary,
            **{
                name: narrowed(getattr(adversary, name), keywords)
                for name in builders
                if hasattr(adversary, name)
            },
        )
    return replace(
        config,
        source=source or config.source,
        recipe=replace(config.recipe, size=size),
        network=narrowed(config.network, keywords),
        epochs=epochs(config.epochs),
        snapshots=tuple(epochs(epoch) for epoch in config.snapshots),
        pretraining=pretraining,
        adversary=adversary,
    )
