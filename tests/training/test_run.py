"""Runs: the same seed gives the same weights, also across a kill; one process a run; NaN stops."""

import functools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest

from colorization.colour.lab import images_to_lab
from colorization.errors import RunFailed, UserError
from colorization.training import checkpoint, stages
from colorization.training import run as runs
from colorization.training.callbacks import snapshot_path
from colorization.training.epochs import read_epochs
from colorization.training.network_file import load_network
from colorization.training.objectives import AbRegression
from colorization.training.supervised import SupervisedColorizer
from tests import ROOT
from tests.tiny import runs as tiny

pytestmark = pytest.mark.usefixtures("data_folder")


@pytest.fixture(scope="module")
def undisturbed_run(tmp_path_factory):
    """`undisturbed_run(name)`: the folder of a finished run, trained once for all tests."""

    @functools.cache
    def folder_of(name):
        folder = tmp_path_factory.mktemp("undisturbed") / "run"
        tiny.run(name, folder)
        return folder

    return folder_of


@pytest.fixture(params=tiny.CONFIGS)
def undisturbed(request, undisturbed_run):
    return request.param, undisturbed_run(request.param)


def weights(folder: Path) -> list[np.ndarray]:
    return keras.saving.load_model(folder / "network.keras", compile=False).get_weights()


def assert_same_weights(one: Path, other: Path) -> None:
    for a, b in zip(weights(one), weights(other), strict=True):
        np.testing.assert_array_equal(a, b)


def losses(folder: Path) -> list[dict]:
    timings = ("seconds", "images_per_second")
    return [
        {k: v for k, v in row.items() if k not in timings}
        for row in read_epochs(folder / "epochs.csv")
    ]


def start(name: str, folder: Path, *killed_in: int) -> subprocess.Popen:
    arguments = [name, str(folder), *map(str, killed_in)]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.tiny.runs", *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(process: subprocess.Popen, text: str) -> None:
    for line in process.stdout:
        if text in line:
            return
    pytest.fail(f"{text!r} never came: {process.stderr.read()}")


# The regression's step is the first stage of the run of two stages below.
@pytest.mark.parametrize(
    "name",
    [
        "adversarial",
        *(pytest.param(n, marks=pytest.mark.slow) for n in ("classification", "cycle")),
    ],
)
def test_killed_run_ends_with_the_weights_of_an_undisturbed_one(name, undisturbed_run, tmp_path):
    reference = undisturbed_run(name)
    killed = tmp_path / "killed"
    process = start(name, killed)
    wait_for(process, "epoch 3/6")
    time.sleep(0.01)  # into the fourth epoch
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (killed / "last.npz").exists() and not (killed / "network.keras").exists()

    said = []
    tiny.run(name, killed, say=said.append)
    assert said[0].startswith("resuming after epoch")
    assert_same_weights(reference, killed)
    assert losses(reference) == losses(killed)
    assert not list(killed.glob("*.part")) and not list(killed.glob(".*.part"))


@pytest.mark.slow
def test_run_of_two_stages_killed_in_either_and_between_them(undisturbed_run, tmp_path):
    """Epochs 1 to 3 are the pretraining; a run killed in epoch n has a checkpoint of n - 1."""
    reference, killed = undisturbed_run("pretrained"), tmp_path / "killed"
    for epoch in (2, 4, 6):
        process = start("pretrained", killed, epoch)
        _, errors = process.communicate()
        assert process.returncode == -signal.SIGKILL, errors
        assert checkpoint.finished_epochs(killed / "last.npz") == epoch - 1
    said = []
    tiny.run("pretrained", killed, say=said.append)
    assert said[0] == "resuming after epoch 5 of 6"
    assert_same_weights(reference, killed)
    assert losses(reference) == losses(killed)
    for epoch in (3, 6):
        one, other = (checkpoint_arrays(snapshot_path(f, epoch)) for f in (reference, killed))
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)


def checkpoint_arrays(path: Path) -> list[np.ndarray]:
    with np.load(path) as stored:
        return [stored[name] for name in sorted(stored.files)]


def test_stages_log_their_own_losses(undisturbed_run):
    rows = losses(undisturbed_run("pretrained"))
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4, 5, 6]
    assert all(set(row) == {"epoch", "loss", "val_loss"} for row in rows[:3])
    logged = {"loss_G", "loss_G_GAN", "loss_G_L1", "loss_D", "loss_D_real", "loss_D_fake"}
    logged |= {"D_accuracy", "D_real", "D_fake"}
    assert all(set(row) == {"epoch", "val_loss"} | logged for row in rows[3:])


def test_snapshots_are_the_network_after_their_epochs(undisturbed_run, tmp_path):
    """That after the pretraining is the network of a run that is nothing but the pretraining."""
    reference, alone = undisturbed_run("pretrained"), tmp_path / "alone"
    pretraining = tiny.PRETRAINED.pretraining
    tiny.run(
        "pretrained",
        alone,
        epochs=pretraining.epochs,
        learning_rate=pretraining.learning_rate,
        beta_1=pretraining.beta_1,
        pretraining=None,
        adversary=None,
        snapshots=(),
    )
    for folder, epoch in ((alone, 3), (reference, 6)):
        network = load_network(folder)
        variables = [np.asarray(variable) for variable in network.variables]
        assert checkpoint.restore(snapshot_path(reference, epoch), network.variables) == epoch
        for before, after in zip(variables, network.variables, strict=True):
            np.testing.assert_array_equal(before, np.asarray(after))
    assert losses(alone) == losses(reference)[:3]
    assert sorted(reference.glob("snapshot-*")) == [snapshot_path(reference, n) for n in (3, 6)]


@pytest.mark.parametrize(
    "name", ["regression", pytest.param("classification", marks=pytest.mark.slow)]
)
def test_another_seed_gives_other_weights(name, undisturbed_run, tmp_path):
    tiny.run(name, tmp_path / "run", seed=1, epochs=1)
    assert not np.array_equal(weights(undisturbed_run(name))[0], weights(tmp_path / "run")[0])


def test_finished_run_is_not_trained_again(undisturbed):
    name, reference = undisturbed
    before = (reference / "network.keras").stat().st_mtime_ns
    tiny.run(name, reference, say=pytest.fail)
    assert (reference / "network.keras").stat().st_mtime_ns == before


def test_another_configuration_is_refused_and_named(undisturbed):
    name, reference = undisturbed
    with pytest.raises(UserError, match="learning_rate: stored 0.001, given 0.5"):
        tiny.run(name, reference, learning_rate=0.5)


def test_loss_falls(undisturbed):
    rows = losses(undisturbed[1])
    assert [row["epoch"] for row in rows] == [1, 2, 3, 4, 5, 6]
    for name in ("loss", "loss_G"):
        values = [row[name] for row in rows if name in row]
        assert not values or values[-1] < values[0]


def test_second_start_of_a_run_stops(tmp_path):
    folder = tmp_path / "run"
    with runs.locked(folder), pytest.raises(UserError, match="trained by another process"):
        tiny.run("regression", folder)


def test_second_process_stops_too(tmp_path):
    folder = tmp_path / "run"
    with runs.locked(folder):
        process = start("regression", folder)
        _, errors = process.communicate()
    assert process.returncode == 1 and "trained by another process" in errors


def test_nan_ends_the_run_and_keeps_the_last_good_checkpoint(tmp_path, monkeypatch):
    adam, after_two_epochs = stages.Adam, 10

    class NanLater(keras.optimizers.schedules.LearningRateSchedule):
        def __call__(self, step):
            return keras.ops.where(step < after_two_epochs, 1e-3, float("nan"))

    monkeypatch.setattr(stages, "Adam", lambda *_: adam(NanLater()))
    folder = tmp_path / "run"
    with pytest.raises(RunFailed, match="became NaN or infinite in epoch 3"):
        tiny.run("regression", folder)
    assert [row["epoch"] for row in read_epochs(folder / "epochs.csv")] == [1, 2]
    model = stages.build_stages(folder, tiny.REGRESSION, tiny.prepared())[0].model
    assert checkpoint.restore(folder / "last.npz", runs.training_state(model)) == 2
    assert all(np.isfinite(w).all() for w in model.network.get_weights())
    assert not (folder / "network.keras").exists()


def test_damaged_checkpoint_is_one_clear_line(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "last.npz").write_bytes(b"PK\x03\x04 not a checkpoint")
    with pytest.raises(UserError, match="is not a checkpoint"):
        tiny.run("regression", folder)


def test_train_mode_validation_uses_and_moves_batch_statistics():
    images = tiny.prepared()
    array = images.images("val")[:4]
    moved = {}
    for train_mode in (True, False):
        keras.utils.set_random_seed(0)
        network = tiny.REGRESSION.network(size=16)
        model = SupervisedColorizer(
            network, AbRegression(), images.space, train_mode_validation=train_mode
        )
        model.compile(optimizer="adam")
        before = [v.numpy().copy() for v in network.non_trainable_variables]
        loss = model.evaluate(array, batch_size=4, verbose=0, return_dict=True)["loss"]
        after = [np.asarray(v) for v in network.non_trainable_variables]
        moved[train_mode] = any(
            not np.array_equal(a, b) for a, b in zip(before, after, strict=True)
        )
        lab = np.asarray(images_to_lab(array, images.space))
        expected = np.asarray(network(lab[..., :1], training=train_mode))
        assert loss == pytest.approx(np.square(expected - lab[..., 1:]).mean(), rel=1e-4)
    assert moved == {True: True, False: False}


@pytest.mark.parametrize(
    "name", ["regression", pytest.param("classification", marks=pytest.mark.slow)]
)
def test_validation_mode_leaves_the_trained_weights_alone(name, undisturbed_run, tmp_path):
    """Only batch normalisation's running averages may differ: training never reads them."""
    reference = undisturbed_run(name)
    other = tmp_path / "run"
    tiny.run(name, other, train_mode_validation=False)
    one, two = (
        keras.saving.load_model(f / "network.keras", compile=False) for f in (reference, other)
    )
    for a, b in zip(one.trainable_variables, two.trainable_variables, strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))
    assert any(
        not np.array_equal(np.asarray(a), np.asarray(b))
        for a, b in zip(one.non_trainable_variables, two.non_trainable_variables, strict=True)
    )
