"""Configurations as data: every field is stored, every difference is named; logs resume cleanly."""

import json
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import keras
import numpy as np
import pytest

from colorization.errors import RunFailed, UserError
from colorization.files import replacing, write_text
from colorization.models.regression_cnn import regression_cnn
from colorization.pages.tables import replace_block
from colorization.serialization import differences, initial_weights, to_json
from colorization.training import stages
from colorization.training.callbacks import EpochLog, StopAtNaN
from colorization.training.epochs import read_epochs
from colorization.training.objectives import objective_from_json
from experiments.berkeley import REPORT

ARMS = {arm.name: arm for arm in REPORT.arms}


@pytest.mark.parametrize("arm", REPORT.arms, ids=lambda arm: arm.name)
@pytest.mark.parametrize("scale", ["full", "small", "smoke"])
def test_configuration_survives_json(arm, scale):
    config = REPORT.scaled(arm, scale)
    stored = json.loads(json.dumps(to_json(config)))
    assert objective_from_json(stored["objective"]) == config.objective
    assert stored["network"]["build"] in ("regression_cnn", "classification_cnn")
    assert differences(stored, to_json(config)) == []


@pytest.mark.parametrize("arm", REPORT.arms, ids=lambda arm: arm.name)
def test_scale_changes_sizes_and_counts_only(arm):
    full, small = (to_json(REPORT.scaled(arm, scale)) for scale in ("full", "small"))
    changed = {line.split(":")[0] for line in differences(full, small)}
    assert changed <= {"epochs", "network.filters"}


def test_every_difference_is_named():
    config = ARMS["weighted"].config
    other = replace(config, epochs=3, network=partial(regression_cnn, filters=8))
    assert differences(to_json(config), to_json(other)) == [
        "epochs: stored 200, given 3",
        "network.build: stored 'classification_cnn', given 'regression_cnn'",
        "network.filters: stored None, given 8",
    ]


def test_arms_differ_from_the_reports_own_in_what_they_say():
    """An ablation changes one thing (and the 2x2 of weights and batch is complete)."""

    def changed(one, other):
        lines = differences(to_json(ARMS[one].config), to_json(ARMS[other].config))
        return {line.split(":")[0] for line in lines}

    assert changed("unweighted", "unweighted-batch-10") == {"batch_size"}
    assert changed("weighted", "weighted-batch-5") == {"batch_size"}
    assert changed("unweighted-batch-10", "weighted") == {"objective.rebalancing"}
    assert changed("weighted", "weighted-2d") == {"objective.rebalancing.smoothing"}
    assert changed("weighted", "weighted-annealed-mean") == {"objective.temperature"}
    assert changed("regression", "regression-eval") == {"train_mode_validation"}
    assert changed("forms-56", "forms-56-light") == {"network.light"}
    assert all(
        key.startswith("objective.scaling.")
        for key in changed("regression", "regression-normalised")
    )
    assert all(key.startswith("source.") for key in changed("forms-56", "forms-56-jittered"))


def test_the_reports_settings_are_those_of_its_arms():
    for name, said in REPORT.settings.items():
        config = ARMS[name].config
        assert said["image size"] == f"{config.recipe.size}x{config.recipe.size}"
        assert int(said["batch size"]) == config.batch_size
        assert int(said["epochs"]) == config.epochs
        assert float(said["lr"]) == config.learning_rate
        rebalancing = getattr(config.objective, "rebalancing", None)
        assert (said.get("weight rebalancing") == "yes") == (rebalancing is not None)
        if rebalancing:
            assert float(said["λ"]) == rebalancing.uniform_share
            assert float(said["σ"]) == rebalancing.sigma


def log_of(path, resumed=0):
    log = EpochLog(path, images=100, epochs=5, resumed_epoch=resumed, say=lambda _: None)

    def finish(epoch, loss):
        log.on_epoch_begin(epoch)
        log.on_epoch_end(epoch, {"loss": loss, "val_loss": 2 * loss})

    return finish


def test_epochs_that_run_again_replace_their_rows(tmp_path):
    path = tmp_path / "epochs.csv"
    finish = log_of(path)
    for epoch, loss in enumerate((3.0, 2.0, 1.0)):
        finish(epoch, loss)
    log_of(path, resumed=1)(1, 2.5)
    assert [(row["epoch"], row["loss"]) for row in read_epochs(path)] == [(1, 3.0), (2, 2.5)]


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_any_logged_value_that_is_not_finite_stops(bad):
    StopAtNaN().on_epoch_end(0, {"loss": 1.0, "loss_D": 0.5})
    with pytest.raises(RunFailed, match="loss_D became NaN or infinite in epoch 3"):
        StopAtNaN().on_epoch_end(2, {"loss": 1.0, "loss_D": bad})


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path):
    path = tmp_path / "file"
    write_text(path, "old")
    with pytest.raises(KeyError), replacing(path) as part:
        part.write_text("half")
        raise KeyError
    assert path.read_text() == "old" and list(tmp_path.iterdir()) == [path]


def test_block_between_markers():
    page = "a\n<!-- t -->\nold\n<!-- /t -->\nb\n"
    assert replace_block(page, "t", "new\n") == "a\n<!-- t -->\nnew\n<!-- /t -->\nb\n"
    with pytest.raises(UserError, match="<!-- u -->"):
        replace_block(page, "u", "")


def test_initial_weights_of_either_form_are_read():
    assert initial_weights({"network": {"weights": "imagenet"}}) == "imagenet"
    assert initial_weights({"network": {"weights": None}}) is None
    assert initial_weights({"network": {}, "initial_weights": "imagenet"}) == "imagenet"
    with pytest.raises(ValueError, match="not 'coco'"):
        replace(ARMS["regression"].config, initial_weights="coco")


def test_a_cosine_rises_and_falls_to_nought():
    """40 epochs of 5 batches: up over the first ten steps, down over the others."""
    config = replace(ARMS["regression"].config, epochs=40, batch_size=10, schedule="cosine")
    images = SimpleNamespace(names=lambda split: range(50))
    optimizer = stages._adam(config, images)
    optimizer.build([keras.Variable(np.zeros(2))])
    found = []
    for _ in range(201):
        found.append(float(optimizer.learning_rate) / config.learning_rate)
        optimizer.apply([keras.ops.zeros(2)])
    assert found[0] == 0 and found[5] == pytest.approx(0.5) and found[10] == pytest.approx(1)
    assert found[105] == pytest.approx(0.5) and found[200] == pytest.approx(0, abs=1e-6)
    with pytest.raises(ValueError, match="schedule is 'cosine' or None, not 'linear'"):
        replace(config, schedule="linear")


def test_a_later_field_is_stored_once_it_says_something():
    config = ARMS["weighted"].config
    stored = to_json(config)
    assert not {"schedule", "weight_decay"} & stored.keys()
    assert not {"block", "adjusted", "saturation", "guided"} & stored["objective"].keys()
    changed = to_json(replace(config, schedule="cosine", weight_decay=0.02))
    assert differences(stored, changed) == [
        "schedule: stored None, given 'cosine'",
        "weight_decay: stored None, given 0.02",
    ]
