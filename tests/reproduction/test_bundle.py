"""Runs for a machine without network: packed here, run there, merged here."""

import json
import os
import re
import subprocess
import sys
import tarfile
import time
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

from colorization.errors import OutOfTime
from colorization.reproduction.collect import collect
from colorization.reproduction.job import Job, Places
from colorization.reproduction.reproduce import reproduce_run
from colorization.results.store import Shelf
from colorization.results.stored import Stored
from colorization.training.environment import commit
from colorization.training.options import RunOptions
from experiments import report_module
from experiments.__main__ import main
from tests import ON_JAX, ROOT
from tests.tiny import runs as tiny
from tests.tiny.command_line import WITHOUT_TENSORFLOW, finish

ARMS = ["regression", "regression-eval"]


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    """An unpacked bundle of two smoke arms; the machine that packed it had the images' files."""
    here = tmp_path_factory.mktemp("here")
    patch = pytest.MonkeyPatch()
    patch.chdir(here)
    patch.setenv("COLORIZATION_DATA", str(here))
    assert main(["bundle", "berkeley", "--scale", "smoke", "--arms", *ARMS]) == 0
    patch.undo()
    place = tmp_path_factory.mktemp("there")
    with tarfile.open(here / "bundle.tar") as archive:
        assert {member.uname for member in archive} == {""}
        archive.extractall(place, filter="data")
    return place / "colorization-bundle"


def start_there(folder: Path, minutes: float, workers: int = 1) -> subprocess.Popen:
    """With the bundle's own code, on JAX, where there is no data set."""
    left_out = ("COLORIZATION_DATA", "PYTHONPATH")
    environment = {k: v for k, v in os.environ.items() if k not in left_out}
    given = ["run-bundle", "--minutes", str(minutes), "--workers", str(workers)]
    return subprocess.Popen(
        [sys.executable, "-c", WITHOUT_TENSORFLOW, *given],
        cwd=folder,
        env={**environment, **ON_JAX},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run_there(folder: Path, minutes: float) -> subprocess.CompletedProcess:
    return finish(start_there(folder, minutes))


def test_a_bundle_runs_without_network_and_comes_back(there, tmp_path, monkeypatch, capsys):
    none = run_there(there, 1)  # all of it reserved
    assert none.returncode == 1 and none.stdout.count("not finished: berkeley regression") == 2
    assert not (there / "results").exists()

    done = run_there(there, 10)
    assert done.returncode == 0, done.stderr + done.stdout
    assert "fetching" not in done.stderr and "preparing 20 train images" in done.stdout
    assert "pixels" not in done.stdout  # than where they were packed
    assert re.search(r"matrix products reach [\d.]+ TFLOP/s here", done.stdout)
    assert re.search(r"berkeley regression, seed 0 +\d+ +\d+\.\d %( +\d+){3}", done.stdout)
    assert (there / "results.tar.gz").stat().st_size < 500_000

    monkeypatch.chdir(tmp_path)
    target = tmp_path / "runs" / "results"
    for word, named in (("new", []), ("replaced", ["--results", str(target)])):
        assert main(["collect", str(there / "results.tar.gz"), *named]) == 0
        said = capsys.readouterr().out
        assert all(f"{word}: berkeley/smoke/{arm}/seed-0" in said for arm in ARMS)
    stored = {run.arm: run for run in Stored.read(target / "berkeley").runs}
    assert sorted(stored) == ARMS
    found = stored["regression"].environment
    assert found["backend"] == "jax" and found.get("commit") == commit().get("commit")
    assert Shelf(target / "berkeley" / "smoke").baselines()
    assert "regression-eval" in (target / "berkeley/README.md").read_text()
    assert (target / "README.md").exists()


def test_what_was_tried_at_smoke_is_not_published(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for scale, place in (("smoke", "runs/results"), ("small", "results")):
        with tarfile.open(f"{scale}.tar.gz", "w:gz") as archive:
            archive.add(ROOT / "results/common/small", f"results/common/{scale}")
        target, (report,) = collect(Path(f"{scale}.tar.gz"), None, report_module, lambda _: None)
        assert (target, report.key) == (Path(place), "common")
        assert Stored.read(target / "common").at(scale).runs


@pytest.mark.parametrize("weights", [b"an array for each layer", None])
def test_imagenet_weights_go_along(weights, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLORIZATION_DATA", str(tmp_path))
    if weights:
        (tmp_path / "resnet18").mkdir()
        (tmp_path / "resnet18/any.npz").write_bytes(weights)
    assert main(["bundle", "berkeley", "--scale", "smoke", "--arms", ARMS[0]]) == 0
    assert ("without ImageNet weights" in capsys.readouterr().out) is (weights is None)
    with tarfile.open("bundle.tar") as archive:
        place = "colorization-bundle/data/resnet18/any.npz"
        assert (place in archive.getnames()) is (weights is not None)
        assert weights is None or archive.extractfile(place).read() == weights


def test_the_plan_names_every_run_and_the_packages_versions(there):
    plan = json.loads((there / "bundle.json").read_text())
    assert [entry["arm"] for entry in plan["runs"]] == ARMS
    assert all(entry["macs"] > 0 for entry in plan["runs"])
    assert all(entry["sets"] for entry in plan["runs"])
    wheels = dict(line.split("==") for line in (there / "wheels.txt").read_text().split())
    assert wheels["keras"] == keras.__version__ and wheels["numpy"] == np.__version__
    assert {"optree", "namex", "matplotlib"} <= wheels.keys() and "tensorflow" not in wheels


@pytest.mark.usefixtures("data_folder")
@pytest.mark.parametrize("epochs", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_a_deadline_stops_after_an_epoch_and_costs_nothing(tmp_path, epochs):
    """Within a stage, where it has several epochs, and between the two."""
    changes = {"epochs": epochs, "pretraining": replace(tiny.PRETRAINED.pretraining, epochs=epochs)}
    changes |= {"snapshots": (epochs,)}
    tiny.run("pretrained", tmp_path / "whole", **changes)
    stopped = tmp_path / "stopped"
    for epoch in range(1, 2 * epochs):
        with pytest.raises(OutOfTime, match=f"stopped after epoch {epoch} of {2 * epochs}"):
            tiny.run("pretrained", stopped, options={"deadline": time.monotonic()}, **changes)
    # It cannot stop after the last one.
    tiny.run("pretrained", stopped, options={"deadline": time.monotonic()}, **changes)
    one, other = (
        keras.saving.load_model(tmp_path / name / "network.keras", compile=False).get_weights()
        for name in ("whole", "stopped")
    )
    for a, b in zip(one, other, strict=True):
        np.testing.assert_array_equal(a, b)


def test_what_is_trained_too_late_is_judged_next_time(tmp_path, monkeypatch):
    monkeypatch.setenv("COLORIZATION_DATA", str(tmp_path))
    report = report_module("berkeley")

    def go_on(deadline):
        options = RunOptions(say=lambda _: None, deadline=deadline)
        job = Job(report, report.arm("regression"), "smoke", 0)
        reproduce_run(job, Places(tmp_path / "runs", tmp_path / "results"), options)

    for stopped in ("stopped after epoch 1 of 2", "trained, but not judged"):
        with pytest.raises(OutOfTime, match=stopped):
            go_on(time.monotonic())
    assert not Stored.read(tmp_path / "results" / "berkeley").runs
    go_on(float("inf"))
    assert [run.arm for run in Stored.read(tmp_path / "results" / "berkeley").runs] == [
        "regression"
    ]


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["run-bundle", "--minutes", "5"], "there is no bundle.json here; unpack a bundle"),
        (["collect", ""], "name the archive that run-bundle wrote: IN=<file>"),
        (["collect", "nothing"], "nothing is no file; give the archive that run-bundle wrote"),
        (["compare", "x.txt", ""], "name two: A=<folder> B=<folder>"),
        (["collect", "x.txt"], "x.txt cannot be unpacked; give the archive"),
        (["collect", "empty.tar.gz"], "holds no results; give the archive"),
        (["collect", "foreign.tar.gz"], "unknown report 'nobody'"),
        (["bundle", "berkely"], "unknown report 'berkely'"),
    ],
)
def test_mistakes_are_one_line_and_status_2(arguments, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.txt").write_text("x")
    with tarfile.open("empty.tar.gz", "w:gz") as archive:
        archive.add("x.txt")
    with tarfile.open("foreign.tar.gz", "w:gz") as archive:
        archive.add("x.txt", "results/nobody/full/runs.json")
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1
