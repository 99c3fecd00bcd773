"""Two hosts, here two processes that meet on loopback, end with the run of one."""

import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from colorization.data.prepared import prepare
from colorization.training import devices
from colorization.training.epochs import read_epochs
from colorization.training.options import RunOptions
from colorization.training.run import train
from experiments.__main__ import main
from tests import ON_JAX, ROOT
from tests.tiny.shared_out import CONFIG, assert_same_run


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def run_hosts(folder: Path, how: str) -> list[str]:
    """One run on two hosts, each in a folder of its own; the last line of each."""
    common = {
        **os.environ,
        **ON_JAX,
        "PYTHONPATH": str(ROOT),
        "KERAS_DISTRIBUTION_JOB_ADDRESSES": f"127.0.0.1:{free_port()}",
        "KERAS_DISTRIBUTION_NUM_PROCESSES": "2",
    }
    started = []
    for number in range(2):
        own = {"KERAS_DISTRIBUTION_PROCESS_ID": str(number)}
        started.append(
            subprocess.Popen(
                [sys.executable, "-m", "tests.tiny.one_of_two_hosts", f"host-{number}", how],
                cwd=folder,
                env={**common, **own, "COLORIZATION_DATA": str(folder)},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    said = [process.communicate(timeout=300) for process in started]
    for process, (_, errors) in zip(started, said, strict=True):
        assert process.returncode == 0, errors
    return [output.splitlines()[-1] for output, _ in said]


def result(folder: Path) -> dict:
    network = keras.saving.load_model(folder / "network.keras", compile=False)
    weights = [np.asarray(value).ravel() for value in network.get_weights()]
    return {"epochs": read_epochs(folder / "epochs.csv"), "weights": weights}


@pytest.mark.slow
def test_two_hosts_give_the_losses_and_weights_of_one(tmp_path, monkeypatch):
    monkeypatch.setenv("COLORIZATION_DATA", str(tmp_path))
    images = prepare(CONFIG.source, CONFIG.recipe)
    train(tmp_path / "one", CONFIG, images, 0, RunOptions(lambda _: None))

    # Stopped between the stages; then the second host has only what the first one gives it.
    assert run_hosts(tmp_path, "stopped") == ["stopped after epoch 1 of 2"] * 2
    assert (tmp_path / "host-0/last.npz").exists()
    shutil.rmtree(tmp_path / "host-1")
    run_hosts(tmp_path, "whole")
    assert_same_run(result(tmp_path / "one"), result(tmp_path / "host-0"))


def test_hosts_need_jax(monkeypatch, capsys):
    monkeypatch.setenv(devices.HOSTS, "2")
    assert main(["reproduce", "berkeley", "--scale", "smoke"]) == 2
    assert "several hosts need KERAS_BACKEND=jax" in capsys.readouterr().err


@pytest.mark.parametrize("count", [1, 2, 3])
def test_hosts_share_a_batch_without_gap_or_overlap(count):
    from colorization.data.batches import share_of

    for size in (3, 8):
        shares = [range(size)[share_of(size, (i, count))] for i in range(count)]
        assert [row for share in shares for row in share] == list(range(size))
