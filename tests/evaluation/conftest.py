"""Fixtures that several modules here share."""

import pytest

from colorization.data.prepared import prepare
from colorization.data.recipe import Recipe
from tests.evaluation.by_hand import colourful, prepared_set
from tests.evaluation.evaluate_helpers import SIZE, TEST, TRAIN, patchwork


@pytest.fixture
def five_images(write_source):
    return prepared_set(write_source, [colourful(i) for i in range(5)])


@pytest.fixture
def images(write_source):
    source = write_source(
        {
            "train": {f"{i}.png": image for i, image in enumerate(TRAIN)},
            "val": {"0.png": patchwork(9)},
            "test": {f"{i}.png": image for i, image in enumerate(TEST)},
        }
    )
    return prepare(source, Recipe(SIZE))
