"""How runs are listed, and what is removed."""

import fcntl
import json
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.__main__ import main
from tests import ROOT


@pytest.fixture
def runs(tmp_path, monkeypatch):
    """A finished run, one that was stopped in its second stage, and a damaged one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COLORIZATION_DATA", raising=False)
    folder = tmp_path / "runs" / "report"

    def write(name, config, epochs, *files):
        place = folder / "small" / name / "seed-0"
        place.mkdir(parents=True)
        (place / "config.json").write_text(config)
        (place / "epochs.csv").write_text(epochs)
        for file in files:
            (place / file).write_bytes(b"x" * 1500)

    write(
        "done",
        json.dumps({"epochs": 2, "pretraining": None}),
        "epoch,loss,seconds\n1,5,30\n2,4.5,30\n",
        "network.keras",
        "measures.json",
    )
    write(
        "stopped",
        json.dumps({"epochs": 20, "pretraining": {"epochs": 10}}),
        "epoch,loss,loss_G,loss_D,seconds\n11,,12.25,0.5,60\n12,,11.25,0.625,60\n",
        ".lock",
    )
    write("broken", "{", "")
    return tmp_path / "runs"


def test_every_run_has_a_line(runs, capsys):
    assert main(["status"]) == 0
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines()}
    done, stopped = (lines[f"report/small/{name}/seed-0"] for name in ("done", "stopped"))
    assert "finished  2 " in done and "loss 4.5" in done and "min" not in done and "3 kB" in done
    assert "stopped " in stopped and "12/30" in stopped and "18 min" in stopped
    assert "loss_G 11.25 loss_D 0.625" in stopped
    assert "damaged" in lines["report/small/broken/seed-0"]
    assert "3 runs" in lines["3"] and "free" in lines["3"]


def test_a_run_that_is_being_trained_says_so(runs, capsys):
    with open(runs / "report" / "small" / "stopped" / "seed-0" / ".lock") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert main(["status"]) == 0
        assert "running" in capsys.readouterr().out
        (Path("data") / "prepared" / "a").mkdir(parents=True)
        assert main(["clean", "--yes"]) == 2
    assert "is being trained; wait for it or stop it" in capsys.readouterr().err
    assert (Path("data") / "prepared" / "a").exists()


def test_no_runs_is_one_line(tmp_path, capsys):
    assert main(["status", "--runs", str(tmp_path)]) == 0
    assert "holds no runs yet; make reproduce-<report>" in capsys.readouterr().out


@pytest.mark.parametrize("answer, removed", [("y\n", True), ("n\n", False), ("", False)])
def test_what_can_be_made_again_is_removed_after_a_yes(runs, answer, removed):
    kept = runs / "report" / "small" / "done" / "seed-0" / "network.keras"
    prepared = Path("data") / "prepared" / "flowers-64px"
    smoke = runs / "report" / "smoke" / "arm" / "seed-0"
    for folder in (prepared, smoke, runs / "results" / "report"):
        folder.mkdir(parents=True)
        (folder / "file").write_bytes(b"x" * 10)
    command = [sys.executable, "-m", "experiments", "clean"]
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    done = subprocess.run(command, input=answer, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert f"{prepared}  (made again from the photographs)" in done.stdout
    for folder in (prepared, smoke, runs / "results"):
        assert folder.exists() != removed, folder
    assert kept.exists()
    assert ("3 removed" if removed else "nothing was removed") in done.stdout


def test_nothing_to_remove(runs, capsys):
    assert main(["clean", "--yes"]) == 0
    assert capsys.readouterr().out == "nothing to remove\n"
