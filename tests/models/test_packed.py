"""Networks as they come with the suite."""

import keras
import numpy as np
import pytest

from colorization.colour.scaling import UNIT
from colorization.errors import RunUnusable
from colorization.models.networks import pix2pix_unet
from colorization.models.packed import BITS, rounded, save_packed
from tests.models.by_hand import numbers

RANDOM = np.random.default_rng(0)


def saved(path, policy: str) -> keras.Model:
    before = keras.config.dtype_policy().name
    try:
        keras.config.set_dtype_policy(policy)
        network = pix2pix_unet(size=32, levels=5, filters=16)
    finally:
        keras.config.set_dtype_policy(before)
    network.save(path)
    return network


@pytest.mark.parametrize("policy", ["float32", "mixed_bfloat16"])
def test_a_packed_network_is_small_computes_in_float32_and_colours_alike(policy, tmp_path):
    network = saved(tmp_path / "whole.keras", policy)
    save_packed(tmp_path / "whole.keras", tmp_path / "packed.keras")
    sizes = [(tmp_path / f"{name}.keras").stat().st_size for name in ("whole", "packed")]
    assert sizes[1] < 0.4 * sizes[0]
    packed = keras.saving.load_model(tmp_path / "packed.keras", compile=False)
    assert {layer.dtype_policy.name for layer in packed.layers} == {"float32"}
    for one, other in zip(packed.get_weights(), network.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=2**-BITS, atol=1e-6)
    L = RANDOM.uniform(-1, 1, (2, 32, 32, 1)).astype("float32")
    one, other = (UNIT.unscale_ab(numbers(net(L, training=False))) for net in (packed, network))
    assert np.abs(one - other).mean() < 0.05 * np.abs(other).mean()


def test_the_same_network_is_the_same_bytes(tmp_path):
    saved(tmp_path / "whole.keras", "float32")
    for name in ("one", "two"):
        save_packed(tmp_path / "whole.keras", tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_rounded_numbers_are_the_nearest_of_so_many_digits():
    values = RANDOM.normal(size=1000).astype("float32")
    found = rounded(values)
    assert (np.abs(found - values) <= 2.0 ** -(BITS + 1) * 2 * np.abs(values)).all()
    digits = found / np.exp2(np.floor(np.log2(np.abs(found))) - (BITS - 1))
    np.testing.assert_array_equal(digits, np.round(digits))


def test_a_file_that_is_cut_off_is_said(tmp_path):
    (tmp_path / "cut.keras").write_bytes(b"PK")
    with pytest.raises(RunUnusable, match="is damaged"):
        save_packed(tmp_path / "cut.keras", tmp_path / "packed.keras")
