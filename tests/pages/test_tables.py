"""Tables in Markdown."""

import pandas as pd
import pytest

from colorization.pages.tables import markdown, of_numbers


@pytest.mark.parametrize(
    "cells",
    (
        ["3,004,610", "–"],
        ["26.90 ± 4.84", "13.15"],
        ["+6.97 [+4.78, +9.10]", "-0.50"],
        ["82.5%", "256x256", "23 (2 of 2 runs)"],
    ),
)
def test_columns_of_numbers(cells):
    assert of_numbers(cells)


@pytest.mark.parametrize("cell", ("unet", "bsds500, 200", "5 flowers", "not given", "-", ""))
def test_columns_with_words(cell):
    assert not of_numbers(["1.0", cell])


def test_numbers_are_aligned_right_and_names_are_not():
    table = pd.DataFrame({"no": ["1"], "arm": ["a|b"], "images": ["160"]})
    assert markdown(table) == "| no | arm | images |\n| --- | --- | ---: |\n| 1 | a\\|b | 160 |\n"
