"""What is taken away: every format colours as the run does, from lightness to ab."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from keras import backend

from colorization.__main__ import main
from colorization.errors import UserError
from colorization.photographs import export as exporting
from colorization.photographs.colorizer import Colorizer
from colorization.photographs.export import RUNNERS, export, fixed_image, in_float32

ON_TENSORFLOW = pytest.mark.skipif(
    backend.backend() != "tensorflow", reason="these are exported by TensorFlow"
)
RUNS = ("regression", "rgb", "classification")


@pytest.fixture(scope="module")
def runs(finished, tmp_path_factory):
    """A folder with a finished run of each kind."""
    folder = tmp_path_factory.mktemp("runs")
    for name in RUNS:
        shutil.copytree(finished(name), folder / name)
    return folder


@ON_TENSORFLOW
@pytest.mark.parametrize(
    "form", [pytest.param(f, marks=[] if f == "saved_model" else pytest.mark.slow) for f in RUNNERS]
)
@pytest.mark.parametrize("name", RUNS)
def test_what_is_exported_colours_as_the_run(runs, tmp_path, name, form):
    pytest.importorskip({"onnx": "onnxruntime", "litert": "ai_edge_litert"}.get(form, "keras"))
    said = []
    try:
        written = export(runs / name, form, tmp_path / "out", said.append)
    except UserError as error:  # what a format cannot carry is one line, and leaves nothing
        assert (name, form) == ("classification", "litert")
        assert "litert cannot carry this network: " in str(error) and "\n" not in str(error)
        assert list((tmp_path / "out").iterdir()) == []
        return
    assert "differs from the run's by at most" in said[0]
    L = np.random.default_rng(0).uniform(0, 100, (1, 16, 16, 1)).astype("float32")
    colorizer = Colorizer.load(runs / name)
    expected = replace(colorizer, network=in_float32(colorizer.network)).predict(L[..., 0])
    np.testing.assert_allclose(RUNNERS[form](written, L), expected, atol=0.05)


def test_a_network_of_bfloat16_computes_in_float32_with_the_same_weights(runs):
    network = Colorizer.load(runs / "classification").network
    found = in_float32(network)
    assert {layer.compute_dtype for layer in found.layers} == {"float32"}
    assert "bfloat16" in {layer.compute_dtype for layer in network.layers}
    x = np.random.default_rng(0).uniform(0, 100, (1, 16, 16, 1)).astype("float32")
    away = np.abs(np.asarray(found(x)) - np.asarray(network(x))).max()
    assert 0 < away < 0.05 * np.abs(np.asarray(found(x))).max()


@pytest.mark.parametrize("name", RUNS)
def test_the_keras_file_is_the_network(runs, tmp_path, name):
    written = export(runs / name, "keras", tmp_path, lambda _: None)
    assert written.read_bytes() == (runs / name / "network.keras").read_bytes()


def test_how_to_use_it_is_written_beside_it(runs, tmp_path):
    export(runs / "regression", "keras", tmp_path, lambda _: None)
    said = json.loads((tmp_path / "network.keras.json").read_text())
    assert said["recipe"]["size"] == 16 and said["objective"]["type"] == "AbRegression"
    assert said["trained_on"]


def test_one_that_does_not_reproduce_the_run_is_not_left_there(runs, tmp_path, monkeypatch):
    colorizer = Colorizer.load(runs / "regression")
    network = exporting.keras.saving.load_model

    def damaged(path, **keywords):
        found = network(path, **keywords)
        found.set_weights([weight + 0.1 for weight in found.get_weights()])
        return found

    monkeypatch.setattr(exporting.keras.saving, "load_model", damaged)
    monkeypatch.setattr(exporting.Colorizer, "load", lambda _: colorizer)
    with pytest.raises(UserError, match="keras does not reproduce .* choose another format"):
        export(runs / "regression", "keras", tmp_path, lambda _: None)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_package_is_named(runs, tmp_path, monkeypatch):
    def missing(path, L):
        raise ImportError("No module named 'onnxruntime'", name="onnxruntime")

    monkeypatch.setitem(exporting.RUNNERS, "onnx", missing)
    monkeypatch.setattr(exporting, "_write", lambda model, kind, target: target.touch())
    monkeypatch.setattr(exporting.keras.backend, "backend", lambda: "tensorflow")
    monkeypatch.setattr(exporting, "lightness_to_ab", lambda *_, **__: None)
    with pytest.raises(UserError, match="onnxruntime is needed: .*requirements/export.txt"):
        export(runs / "regression", "onnx", tmp_path, lambda _: None)


def test_another_backend_is_told_which(runs, tmp_path, monkeypatch):
    monkeypatch.setattr(exporting.keras.backend, "backend", lambda: "jax")
    with pytest.raises(UserError, match="set KERAS_BACKEND=tensorflow"):
        export(runs / "regression", "onnx", tmp_path, lambda _: None)


def test_the_fixed_image_is_a_lightness():
    L = fixed_image(32)
    assert L.dtype == "float32" and L.shape == (32, 32)
    assert 0 <= L.min() < 20 and 80 < L.max() <= 100


def test_mistakes_are_one_line(tmp_path, capsys):
    assert main(["export", "--run", str(tmp_path), "--format", "onnx"]) == 2
    assert "is not a run folder" in capsys.readouterr().err
    with pytest.raises(SystemExit) as raised:
        main(["export", "--format", "onyx"])
    assert raised.value.code == 2
    assert "invalid choice: 'onyx'" in capsys.readouterr().err
    assert not Path("exported").exists()
