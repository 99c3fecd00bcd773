"""Tables of measures, from the committed results."""

import pandas as pd
import pytest

from colorization.pages.measure_tables import judged_tables, measures_rows, without_constant
from colorization.results.stored import Stored
from experiments import report_module
from tests import ROOT


def rows(key: str, split: str):
    report = report_module(key)
    stored = Stored.read(ROOT / "results" / key).at("small")
    return measures_rows(stored, report.arms, report.measures, split).set_index("arm")


def test_a_further_test_set_is_named_by_itself_beside_what_trained_the_network():
    coco = "COCO 2017, 64 px, 100; trained on 751 of imagenet-mini-751-188-seed0"
    assert rows("imagenet-cgan", "coco").loc["**main**", "images"] == coco
    drawn = rows("flower-cgan", "sketches").loc["**unet**", "images"]
    assert drawn.startswith("the sketches of report 002, 64 px, 3; trained on 450 of flower-500")
    own = rows("imagenet-cgan", "test").loc["**main**", "images"]
    assert own == "imagenet-mini-751-188-seed0, 64 px, 188; trained on 751 others"
    learned = rows("imagenet-cgan", "train").loc["**main**", "images"]
    assert learned == "imagenet-mini-751-188-seed0, 64 px, 200 of the 751 that trained it"


@pytest.mark.parametrize("key", ["berkeley", "flower-gan", "imagenet-cgan"])
def test_each_set_of_test_images_has_a_table_with_its_own_baselines(key):
    found = list(judged_tables(Stored.read(ROOT / "results" / key), report_module(key)))
    for table in found:
        names = list(table.rows["arm"])
        assert names.count("*gray*") == names.count("*ground truth*") == (table.split != "train")
    places = [table.place for table in found if (table.scale, table.split) == ("small", "test")]
    sets = {"berkeley": 5, "flower-gan": 2, "imagenet-cgan": 1}  # photographs, forms, and sizes
    assert places == list(range(sets[key]))


def test_columns_that_tell_no_row_from_another_are_said_once():
    table = pd.DataFrame(
        {
            "arm": ["*gray*", "**a**", "**b**"],
            "images": ["x, 8 px, 2"] * 3,
            "seeds": ["–", "1", "3"],
            "KID": ["–"] * 3,
            "told apart": ["100.0%", "–", "–"],  # of the baseline alone
            "PSNR": ["1.00", "–", "2.00"],
        }
    )
    rows, said = without_constant(table)
    assert list(rows) == ["arm", "seeds", "PSNR"] and said == "images: x, 8 px, 2"
