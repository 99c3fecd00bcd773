"""Variants of arms: what `--set` trains has a name of its own and is mixed with nothing."""

import json

import pytest

from colorization.errors import RunUnusable, UserError
from colorization.reproduction.job import Job
from colorization.results.stored import Stored
from experiments import report_module
from experiments.__main__ import main
from tests.tiny import command_line

REPORT = report_module("flower-cgan")
ARGUMENTS = ("reproduce", "flower-cgan", "--arms", "l1-only", "--scale", "smoke")


def variant(arm: str, scale: str = "small", **settings: str):
    return REPORT.variant(REPORT.arm(arm), settings, scale)


@pytest.mark.slow
def test_a_variant_stands_beside_its_arm(tmp_path):
    """Trained after the arm, with its results, it changes nothing of that and no verdict."""
    assert command_line.run(tmp_path, *ARGUMENTS).returncode == 0
    folder = tmp_path / "runs" / "results" / "flower-cgan"
    claims, alone = (folder / "claims.json").read_bytes(), Stored.read(folder).first("l1-only")
    done = command_line.run(tmp_path, *ARGUMENTS, "--set", "batch_size=08", "--set", "epochs=1")
    assert done.returncode == 0, done.stderr
    name = "l1-only+batch_size=8+epochs=1"
    run = tmp_path / "runs" / "flower-cgan" / "smoke" / name / "seed-0"
    config = json.loads((run / "config.json").read_text())
    assert (config["batch_size"], config["epochs"]) == (8, 1)
    stored = Stored.read(folder)
    assert (folder / "claims.json").read_bytes() == claims
    assert stored.first("l1-only").facts == alone.facts
    assert [one.last_epoch for arm in ("l1-only", name) for one in stored.of(arm)] == [2, 1]
    assert f"| **{name}** |" in (folder / "README.md").read_text()


def test_a_name_says_what_is_set_whatever_the_order():
    arm = variant("unet", batch_size="8", **{"adversary.pixel_weight": "1e1"})
    assert arm.name == "unet+adversary.pixel_weight=10+batch_size=8"
    assert REPORT.arm(arm.name) == arm
    config = REPORT.scaled(arm, "full")
    assert (config.batch_size, config.adversary.pixel_weight) == (8, 10)


def test_a_variant_of_an_arm_that_judges_another_judges_a_variant_of_that():
    job = Job(REPORT, variant("resnet18-unet-l1", batch_size="8"), "small", 0)
    assert job.trainer.arm.name == "resnet18-unet+batch_size=8"
    assert job.trainer.config.batch_size == 8 and job.snapshot == 6


def test_a_snapshot_that_is_never_reached_is_said():
    arm = variant("resnet18-unet-l1", **{"pretraining.epochs": "1", "epochs": "1"})
    with pytest.raises(RunUnusable, match="set more"):
        _ = Job(REPORT, arm, "small", 0).snapshot


@pytest.mark.parametrize(
    "arm, setting, said",
    [
        ("unet", "batchsize=8", "flower-cgan unet: there is no setting 'batchsize' here"),
        ("l1-only", "adversary.pixel_weight=1", "flower-cgan l1-only: there is no setting"),
        ("unet+batch_size", "epochs=1", "flower-cgan has no arm 'unet+batch_size'"),
        ("unet+batch_size=0", "epochs=1", "numbers from 1"),
    ],
)
def test_mistakes_are_one_line_before_any_work(arm, setting, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    command = ["reproduce", "flower-cgan", "--scale", "small", "--arms", arm, "--set", setting]
    assert main(command) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_stored_name_that_is_none_is_said():
    with pytest.raises(UserError, match="has no arm 'unet.x'"):
        REPORT.arms_among(["unet+x"])
