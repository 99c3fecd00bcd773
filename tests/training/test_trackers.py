"""Runs in Weights & Biases and in MLflow, where they are installed; neither needs a network."""

import sys
import time

import pytest

from colorization.errors import OutOfTime, UserError
from colorization.training.epochs import read_epochs
from colorization.training.trackers import TRACKERS, tracker
from tests.tiny import runs as tiny


def train(folder, name: str, **options):
    options["watchers"] = (tracker(name),)
    tiny.run("pretrained", folder, say=lambda _: None, options=options)


def without_speed(folder) -> list[dict]:
    rows = read_epochs(folder / "epochs.csv")
    return [{k: v for k, v in row.items() if "second" not in k} for row in rows]


@pytest.fixture
def folder(data_folder, tmp_path):
    return tmp_path / "report" / "small" / "pretrained" / "seed-0"


def test_mlflow_has_configuration_and_epochs_and_changes_nothing(folder, tmp_path, monkeypatch):
    """Of a run that was stopped after its first epoch and went on."""
    mlflow = pytest.importorskip("mlflow")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    with pytest.raises(OutOfTime):
        train(folder, "mlflow", deadline=time.monotonic())
    train(folder, "mlflow")
    tiny.run("pretrained", tmp_path / "plain", say=lambda _: None)
    assert without_speed(folder) == without_speed(tmp_path / "plain")
    (run,) = mlflow.search_runs(experiment_names=["report"], output_format="list")
    assert run.info.run_name == "small/pretrained/seed-0" and run.info.status == "FINISHED"
    assert run.data.params["recipe.size"] == "16" and run.data.params["seed"] == "0"
    client = mlflow.MlflowClient()
    history = client.get_metric_history(run.info.run_id, "val_loss")
    logged = [row["val_loss"] for row in without_speed(folder)]
    assert [one.value for one in history] == pytest.approx(logged, rel=1e-4)


def test_wandb_writes_what_it_would_send(folder, monkeypatch):
    pytest.importorskip("wandb")
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    train(folder, "wandb")
    (written,) = folder.glob("wandb/offline-run-*/run-*.wandb")
    assert (folder / "wandb-run").read_text() in written.name
    contents = written.read_bytes()
    for name in (b"epoch/loss_D", b"epoch/val_loss", b"small/pretrained/seed-0", b"recipe.size"):
        assert name in contents, name


@pytest.mark.parametrize("name", TRACKERS)
def test_without_its_package_a_line_names_what_to_install(name, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(UserError, match=f"--track {name} needs {name}: .*requirements/{name}.txt"):
        train(folder, name)


def test_what_a_tracker_refuses_is_a_line(folder, tmp_path, monkeypatch):
    pytest.importorskip("mlflow")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "nowhere://at/all")
    with pytest.raises(UserError, match="mlflow does not take the run") as caught:
        train(folder, "mlflow")
    assert "\n" not in str(caught.value)
