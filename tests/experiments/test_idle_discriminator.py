"""Report 003's discriminator has no say: the fact that claims 3.1 to 3.3 rest on."""

from dataclasses import replace
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from colorization.training import stages
from experiments import report_module
from tests.training.adversarial_helpers import fitted

REPORT = report_module("rgb-mse-gan")


def weights_after_a_step(arm: str, discriminator: int = 0, batch_size: int = 4) -> list[np.ndarray]:
    """The generator's, after one step of a real arm at `smoke` on images that are always the same.

    Args:
        arm: of the report.
        discriminator: draws its weights, biases and all; the generator starts as ever.
    """
    config = replace(REPORT.scaled(REPORT.arm(arm), "smoke"), batch_size=batch_size)
    size = config.recipe.size
    images = np.random.default_rng(0).integers(0, 256, (batch_size, size, size, 3), "uint8")
    keras.utils.set_random_seed(0)
    prepared = SimpleNamespace(space=config.recipe.space, images=lambda split: images)
    model = stages.build_stages(None, config, prepared)[-1].model
    if config.adversary:
        rng = np.random.default_rng(discriminator)
        drawn = [rng.normal(0, 0.1, w.shape) for w in model.discriminator.get_weights()]
        model.discriminator.set_weights(drawn)
    fitted(model, images, batch_size, epochs=1)
    return model.network.get_weights()


@pytest.fixture(scope="module")
def after() -> list[np.ndarray]:
    """The weights of the arm as the report's code stands."""
    return weights_after_a_step("literal")


def same(one: list[np.ndarray], other: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(
    "arm, discriminator",
    [("literal", 1), ("literal", 2), ("without-d", 0), ("d-twice", 1), ("hard-labels", 1)],
)
def test_the_generator_is_the_same_whatever_the_discriminator_is(after, arm, discriminator):
    """Its weights, its number of steps, its labels, or that there is none."""
    assert same(weights_after_a_step(arm, discriminator), after)


def test_a_discriminator_that_is_asked_moves_the_generator():
    one, other = (weights_after_a_step("adversarial-1e-2", seed) for seed in (1, 2))
    assert not same(one, other)


def test_a_step_moves_the_generator(after):
    config = REPORT.scaled(REPORT.arm("literal"), "smoke")
    keras.utils.set_random_seed(0)
    before = config.network(size=config.recipe.size).get_weights()
    assert not same(before, after)
