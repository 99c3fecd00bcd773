"""Fixtures that several modules here share."""

import pytest

from tests.models.gan_networks_helpers import TINY


@pytest.fixture(params=TINY)
def tiny(request):
    return TINY[request.param]
