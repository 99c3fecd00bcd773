"""Fixtures that several modules here share."""

import pytest

from tests.experiments.spot_checks_helpers import colourful, prepared_set


@pytest.fixture
def images(write_source):
    return prepared_set(write_source, [colourful(i) for i in range(5)])
