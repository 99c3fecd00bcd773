"""Fixtures that several modules here share."""

import pytest

from tests.evaluation.by_hand import colourful, prepared_set


@pytest.fixture
def images(write_source):
    return prepared_set(write_source, [colourful(i) for i in range(5)])
