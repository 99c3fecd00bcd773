"""Confusion matrices: which cell is dark, shares of rows."""

import numpy as np
import pytest

from colorization.pages import confusion_matrices
from colorization.pages.confusion_matrices import confusion
from tests.pages.pixels import is_about, where

DARKEST = (0, 64, 95)  # of the confusion matrices' colours


def test_rows_are_what_was_drawn_and_columns_what_it_became(png):
    panels = {"56 px": [[0, 40], [5, 5]], "112 px": [[0, 0], [7, 0]]}
    pixels = png(confusion, panels, ["square", "hexagon"], title="Shapes", note="seed 0")
    is_about(pixels, 430, 290)
    dark = where(pixels, DARKEST)
    left, right = dark[dark[:, 1] < 250], dark[dark[:, 1] > 250]
    for cell, cells in ((left, (0, 1)), (right, (1, 0))):
        assert 0.7 * confusion_matrices.CELL**2 < len(cell) < confusion_matrices.CELL**2
        assert (np.ptp(cell, axis=0) < confusion_matrices.CELL).all(), cells
    assert left[:, 0].max() < right[:, 0].min()  # upper row, lower row
    assert (
        right[:, 1].min() - left[:, 1].max() < confusion_matrices.CELL
    )  # right column, left column


def test_shares_are_of_the_row():
    shares = confusion_matrices._row_shares([[1, 3], [0, 0]], 2)
    assert shares[0].tolist() == [0.25, 0.75] and np.isnan(shares[1]).all()
    texts = [confusion_matrices._percent(share) for share in (0, 0.0004, 0.123, 0.9999, 1, np.nan)]
    assert texts == ["0 %", "0.0 %", "12.3 %", "100.0 %", "100 %", "–"]


def test_trainings_count_alike_however_many_pixels_they_had():
    shares = confusion_matrices._mean_shares([[[1, 0], [0, 1]], [[0, 100], [0, 100]]], 2)
    assert shares.tolist() == [[0.5, 0.5], [0, 1]]
    assert confusion_matrices._mean_shares([[1, 3], [1, 0]], 2).tolist() == [[0.25, 0.75], [1, 0]]


@pytest.mark.parametrize("counts", [[[1, 2]], [[1, 2, 3]] * 3, [1, 2]])
def test_a_matrix_of_another_size_is_refused(tmp_path, counts):
    with pytest.raises(ValueError, match="2 x 2"):
        confusion(tmp_path / "a.png", {"a": counts}, ["square", "hexagon"])
