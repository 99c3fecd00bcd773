"""The model card: metadata that the Hub reads, numbers that are stored, nothing that is not."""

from pathlib import Path

import pytest

from colorization.data.berkeley import BSDS500
from colorization.data.collection import Mixture
from colorization.data.sets import FlowersRecognition, ImagenetMini, Scenes
from colorization.data.union import Union, training_sets
from colorization.results.model_card import facts_of, known_facts, model_card
from colorization.results.store import GRAY, Shelf
from tests import ROOT

SHELF = Shelf(ROOT / "results" / "common" / "small")
SETS = [{"name": "a-set", "title": "A | set", "licence": 'its own: "free"; mostly'}]


@pytest.fixture(scope="module")
def run():
    return next(run for run in SHELF.runs() if run.arm == "light")


@pytest.fixture(scope="module")
def facts(run):
    return facts_of(run, lambda split: {"ciede2000": 1.25, "psnr": float("inf")}, SETS)


def metadata(card):
    yaml = pytest.importorskip("yaml")
    start, front, rest = card.split("---\n", 2)
    assert start == "" and rest
    return yaml.safe_load(front)


def test_the_metadata_is_yaml_with_every_stored_measure(run, facts):
    found = metadata(model_card(run.config, facts, ["network.keras"]))
    assert found["license"] == "other" and found["library_name"] == "keras"
    assert found["datasets"] == ["a-set"]
    (model,) = found["model-index"]
    for result, split in zip(model["results"], ["test", "berkeley"], strict=True):
        assert result["task"]["type"] == "image-to-image"
        means = run.means(split)
        values = {one["type"]: one["value"] for one in result["metrics"]}
        assert {"ciede2000", "chroma_ratio", "psnr"} <= set(values) <= set(found["metrics"])
        for name, value in values.items():
            assert value == pytest.approx(means[name], rel=1e-5)
    assert [one["dataset"]["name"] for one in model["results"]] == [
        *("Flowers Recognition (test)", "BSDS500"),
    ]


def test_people_read_data_licences_measures_cost_and_limits(run, facts):
    card = model_card(run.config, facts, ["network.keras", "ATTRIBUTION.csv"])
    assert '| A \\| set | its own: "free"; mostly |' in card
    assert "2,940 photographs" in card and "`ATTRIBUTION.csv` names authors" in card
    minutes = run.cost["train_seconds"] / 60
    assert f"{minutes:.0f} minutes of training on: {run.environment['device']}." in card
    ours = run.means("test")["ciede2000"]
    assert f"| CIEDE2000 | lower | {ours:.2f} (1.25) |" in card
    assert f"({ours:.2f}) than none at all (1.25)" in card
    assert "64 px" in card
    assert "ATTRIBUTION" not in model_card(run.config, facts, ["network.keras"])


def test_what_is_better_than_gray_is_not_called_worse(run):
    facts = facts_of(run, lambda split: {"ciede2000": 99.0})
    assert "than none at all" not in model_card(run.config, facts, [])


def test_a_run_that_was_not_judged_has_a_card_without_measures(run, tmp_path):
    assert known_facts(tmp_path) == {}
    card = model_card(run.config, {}, ["network.onnx", "network.onnx.json"])
    assert set(metadata(card)) == {
        *("license", "license_name", "library_name", "pipeline_tag", "tags"),
    }
    assert "`network.onnx.json` says what" in card and "python" not in card.lower()
    assert "not stored" in card and "None" not in card


def test_gray_is_a_baseline_of_the_store(run):
    """Under the name and for the splits that a card asks it for."""
    baselines = SHELF.baselines()[run.data["prepared"]]
    assert {"test", "berkeley"} <= set(baselines[GRAY])
    assert len(SHELF.baseline_rows(run.data["prepared"], GRAY))


def test_the_sets_of_a_union_are_named_one_by_one():
    flowers, scenes, mini = FlowersRecognition(test=1), Scenes(test=1), ImagenetMini(test=1)
    mixture = Mixture(parts=(flowers, scenes), test=1)
    found = training_sets(Union("all", train=(mixture, BSDS500()), test=(mini,)))
    assert [one["title"] for one in found] == [flowers.title, scenes.title, BSDS500().title]
    assert found[0]["licence"] == flowers.licence
    assert training_sets(mini)[0]["name"] == "imagenet-mini"


def test_what_a_folder_says_is_read_as_it_was_written(facts, tmp_path):
    from colorization.files import write_json

    write_json(tmp_path / "measures.json", facts)
    assert known_facts(Path(tmp_path)) == facts
