"""What a run needs before it can start: prepared images, test sets, initial weights."""

from collections.abc import Iterator
from dataclasses import replace

from colorization.data.carried import images_of, is_sealed
from colorization.data.prepared import PreparedSet
from colorization.errors import SourceUnavailable, UserError
from colorization.models.imagenet_weights import imagenet_weights
from colorization.reproduction.report import Arm
from colorization.reproduction.scales import SMOKE_IMAGES
from colorization.training.config import TrainingConfig


def obtain(config: TrainingConfig, say=print) -> tuple[TrainingConfig, PreparedSet]:
    """The configuration's prepared images; a stand-in, said aloud, where the source fails.

    Raises:
        SourceUnavailable: there is no stand-in either.
    """
    stand_in = getattr(config.source, "stand_in", None)
    try:
        if stand_in is not None and is_sealed(stand_in, config.recipe):
            raise UserError("a bundle brought no other images")
        return config, images_of(config.source, config.recipe, say)
    except UserError as error:
        if stand_in is None:
            raise SourceUnavailable(str(error)) from None
        missing = str(error)
    say(f"{missing}\n{stand_in.title} stand in for {config.source.title}")
    try:
        return replace(config, source=stand_in), images_of(stand_in, config.recipe, say)
    except UserError as error:
        raise SourceUnavailable(f"{missing}\n{stand_in.title}: {error}") from None


def with_initial_weights(arm: Arm, config: TrainingConfig, say=print) -> TrainingConfig:
    """The configuration, from random weights where a primary arm's trained ones can't be had.

    Raises:
        SourceUnavailable: they can't be had, and the arm is there to show what they do.
    """
    if not config.initial_weights:
        return config
    try:
        imagenet_weights()
    except UserError as error:
        if not arm.primary:
            raise SourceUnavailable(str(error)) from None
        say(f"{error}\nrandom initial weights stand in for those of ImageNet")
        return replace(config, initial_weights=None)
    return config


def test_sets(arm: Arm, config: TrainingConfig, say=print) -> dict[str, tuple]:
    """Further test sets by name: (prepared images, measure); one that can't be had is left out."""
    return {
        given.name: (images, given.measure) for given, _, images in further_sets(arm, config, say)
    }


def further_sets(arm: Arm, config: TrainingConfig, say=print) -> Iterator[tuple]:
    """(test set, the source it is had from, its prepared images), of those that can be had."""
    for given in arm.tested_on:
        source = SMOKE_IMAGES if config.source == SMOKE_IMAGES else given.source
        try:
            found, images = obtain(replace(config, source=source), say)
        except SourceUnavailable as error:
            say(f"not tested on {given.name}: {error}")
            continue
        yield given, found.source, images
