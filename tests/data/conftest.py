"""Fixtures that several modules here share."""

import pytest

from tests.data.prepare_helpers import noise


@pytest.fixture
def source(write_source):
    images = {
        "train": {"c.png": noise(1), "a.png": noise(2), "b.PNG": noise(3)},
        "val": {"x.png": noise(4)},
        "test": {"2.png": noise(5), "10.png": noise(6)},
    }
    return write_source(images)
