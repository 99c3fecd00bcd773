"""Tables of measures, from the committed results."""

from colorization.pages.measure_tables import measures_rows
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
    assert own == "imagenet-mini-751-188-seed0, 64 px, 751 / 188"
