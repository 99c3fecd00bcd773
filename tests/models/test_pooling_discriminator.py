"""The pooling discriminator's least sizes."""

import pytest

from colorization.models.pooling_discriminator import pooling_discriminator


@pytest.mark.parametrize(("blocks", "least"), [(1, 14), (2, 32), (3, 52), (4, 92)])
def test_least_size_of_the_pooling_discriminator(blocks, least):
    network = pooling_discriminator(least, filters=1, blocks=blocks)
    assert network.get_layer(f"pool{blocks}").output.shape[1:3] == (1, 1)
