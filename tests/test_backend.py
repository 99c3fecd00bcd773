"""A Python that lacks Keras or its backend is told so in one line, by every command."""

import os
import subprocess
import sys

import keras
import pytest

import benchmarks.training
import benchmarks.turns
import colorization.__main__
import experiments.__main__
from tests import ROOT

COMMANDS = pytest.mark.parametrize(
    ("main", "arguments"),
    [
        (experiments.__main__.main, ["data", "berkeley"]),
        (colorization.__main__.main, ["colorize", "photo.jpg"]),
        (benchmarks.training.main, ["berkeley"]),
        (benchmarks.turns.main, ["berkeley", "regression"]),
    ],
    ids=["experiments", "colorization", "benchmarks", "turns"],
)


def error_of(main, arguments, capsys) -> str:
    assert main(arguments) == 2
    return capsys.readouterr().err.removesuffix("\n")


@COMMANDS
def test_without_keras(main, arguments, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "keras", None)
    expected = f"error: {sys.executable} has no keras; use .venv/bin/python, which make sets up"
    assert error_of(main, arguments, capsys) == expected


@COMMANDS
def test_a_mistyped_backend(main, arguments, monkeypatch, capsys):
    monkeypatch.setenv("KERAS_BACKEND", "jaxx")
    expected = "error: KERAS_BACKEND=jaxx: the suite trains on tensorflow or jax"
    assert error_of(main, arguments, capsys) == expected


@pytest.mark.parametrize(
    ("has_jax", "advice"),
    [
        (True, "it has JAX: set KERAS_BACKEND=jax"),
        (False, "use .venv/bin/python, which make sets up"),
    ],
)
def test_without_tensorflow(has_jax, advice, monkeypatch, capsys):
    monkeypatch.setattr("colorization.backend.find_spec", lambda name: has_jax or None)
    monkeypatch.setattr(keras.backend, "backend", lambda: "tensorflow")
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    expected = f"error: {sys.executable} has no tensorflow; {advice}"
    assert error_of(experiments.__main__.main, ["data", "berkeley"], capsys) == expected


def test_without_jax():
    code = """
import sys
sys.modules["jax"] = None
from experiments.__main__ import main
main(["data", "berkeley"])
"""
    environment = {**os.environ, "KERAS_BACKEND": "jax"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True
    )
    advice = f"{sys.executable} -m pip install jax"
    assert done.stderr == f"error: {sys.executable} has no jax; {advice}\n"


WITHOUT_KERAS = """
import sys

class NoKeras:
    def find_spec(name, *_):
        if name == "keras":
            raise ModuleNotFoundError(name=name)

sys.meta_path.insert(0, NoKeras)
from experiments.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def test_arms_are_listed_without_keras():
    def run(*arguments):
        command = [sys.executable, "-c", WITHOUT_KERAS, *arguments]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert "primary   regression" in run("list", "berkeley").stdout
    needed = run("data", "berkeley")
    assert needed.returncode == 2
    remedy = "use .venv/bin/python, which make sets up"
    assert needed.stderr == f"error: {sys.executable} has no keras; {remedy}\n"
