"""What networks see of Lab: the reports' scalings."""

import numpy as np
import pytest
from keras import ops

from colorization.colour.lab import lab8_to_lab
from colorization.colour.scaling import BYTE, RAW, UNIT


def numbers(tensor):
    return ops.convert_to_numpy(tensor)


@pytest.mark.parametrize(
    ("scaling", "L", "ab"),
    [
        (RAW, {0: 0, 25: 25, 100: 100}, {-110: -110, 0: 0, 55: 55}),
        (UNIT, {0: -1, 25: -0.5, 50: 0, 100: 1}, {-110: -1, 0: 0, 55: 0.5, 110: 1}),
        (BYTE, {0: -1, 20: 51 / 127.5 - 1, 100: 1}, {-128: -1, 0: 128 / 127.5 - 1, 127: 1}),
    ],
    ids=["raw", "unit", "byte"],
)
def test_scalings(scaling, L, ab):
    for value, scaled in L.items():
        assert scaling.scale_L(value) == pytest.approx(scaled, abs=1e-12)
    for value, scaled in ab.items():
        assert scaling.scale_ab(value) == pytest.approx(scaled, abs=1e-12)
        assert scaling.unscale_ab(scaled) == pytest.approx(value, abs=1e-12)


def test_byte_scaling_is_8_bit_lab_mapped_to_one():
    lab8 = np.repeat(np.arange(256, dtype="uint8")[:, None], 3, axis=1)
    lab = numbers(lab8_to_lab(lab8))
    expected = np.arange(256) / 127.5 - 1
    np.testing.assert_allclose(BYTE.scale_L(lab[:, 0]), expected, atol=1e-6)
    np.testing.assert_allclose(BYTE.scale_ab(lab[:, 1:]), expected[:, None] * [1, 1], atol=1e-6)
