"""Fixtures that several modules here share."""

import pytest

from colorization.data.batches import evaluation_dataset
from tests.tiny import runs as tiny
from tests.training.adversarial_helpers import built, counted, fitted


@pytest.fixture(scope="module")
def trained(data_folder):
    """(history, number of traces) of three epochs with a smaller last batch, validated."""
    model, images = built(tiny.ADVERSARIAL), tiny.prepared()
    traces = counted(model)
    validation = evaluation_dataset(images.images("val"), 5)
    history = fitted(model, images.images("train"), 5, 3, validation_data=validation)
    return history, len(traces)
