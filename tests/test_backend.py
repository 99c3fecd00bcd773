"""A Python that lacks Keras or its backend is told so in one line, by every command."""

import json
import os
import subprocess
import sys

import keras
import pytest

import benchmarks.training
import benchmarks.turns
import colorization.__main__
import experiments.__main__
from colorization.backend import has_accelerator, unused_gpu
from tests import ROOT
from tests.tiny.command_line import run as experiments_in

COMMANDS = pytest.mark.parametrize(
    ("main", "arguments"),
    [
        (experiments.__main__.main, ["data", "berkeley"]),
        (colorization.__main__.main, ["export"]),
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


RETRACED = """
import sys
from colorization.backend import import_quietly
import_quietly()
import tensorflow as tf
tf.get_logger().warning("something else")
for number in range(20):
    tf.function(lambda x: x + number)(tf.constant(1.0))
class Model:
    @tf.function
    def step(self, x): return x
for size in range(1, 20): Model.step(None, tf.zeros(size))
"""


def test_functions_that_are_traced_again_are_not_warned_of():
    command = [sys.executable, "-c", RETRACED]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert said.returncode == 0, said.stderr
    assert "something else" in said.stderr and "retracing" not in said.stderr


OTHERS = {"floatx": "float16", "epsilon": 1e-3, "image_data_format": "channels_first"}
SETTINGS = """
import sys
from colorization.backend import import_quietly
import_quietly()
import keras
config = keras.config
print(config.floatx(), config.epsilon(), config.image_data_format(), config.backend())
print(config.max_epochs(), config.max_steps_per_epoch(), config.is_nnx_enabled())
"""


def settings(tmp_path, keras_json, **environment) -> subprocess.CompletedProcess:
    (tmp_path / "keras.json").write_text(keras_json)
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"} | environment
    return subprocess.run(
        [sys.executable, "-c", SETTINGS],
        env={**environment, "KERAS_HOME": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


def test_settings_for_other_programs_are_left_aside(tmp_path):
    keras_json = json.dumps({**OTHERS, "backend": "jax"})
    done = settings(tmp_path, keras_json, KERAS_MAX_EPOCHS="1", KERAS_NNX_ENABLED="true")
    assert done.returncode == 0, done.stderr
    expected = ["float32 1e-07 channels_last tensorflow", "None None False"]
    assert done.stdout.splitlines() == expected
    (said,) = done.stderr.splitlines()
    given = (f"{name} {value} of {tmp_path / 'keras.json'}" for name, value in OTHERS.items())
    for one in (*given, "backend jax of", "KERAS_MAX_EPOCHS=1", "KERAS_NNX_ENABLED=true"):
        assert one in said


def test_a_chosen_backend_is_honoured(tmp_path):
    done = settings(tmp_path, json.dumps({"backend": "tensorflow"}), KERAS_BACKEND="jax")
    assert done.stdout.splitlines()[0] == "float32 1e-07 channels_last jax"
    assert done.stderr == ""


@pytest.mark.parametrize("keras_json", ['{"floatx": "float12"}', "[]", '{"epsilon": "small"}'])
def test_settings_that_stop_keras_are_named(keras_json, tmp_path):
    (tmp_path / "keras.json").write_text(keras_json)
    done = subprocess.run(
        [sys.executable, "-m", "experiments", "data", "berkeley"],
        env={**os.environ, "KERAS_HOME": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert f"Keras cannot read {tmp_path / 'keras.json'}" in done.stderr.splitlines()[-1]


def train(folder, *others, **environment) -> str:
    """The epoch log of a tiny training in a process of its own, without its seconds."""
    command = [sys.executable, "-m", "experiments", "reproduce", "flower-cgan", "--arms", "unet"]
    done = subprocess.run(
        [*command, "--scale", "smoke", *others],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    log = (folder / "runs/flower-cgan/smoke/unet/seed-0/epochs.csv").read_text()
    return "\n".join(line.rpartition(",")[0].rpartition(",")[0] for line in log.splitlines())


@pytest.mark.slow
def test_a_training_is_the_same_whatever_other_programs_are_given(tmp_path):
    folders = [tmp_path / name for name in ("plain", "settings")]
    for folder in folders:
        (folder / "keras").mkdir(parents=True)
    (folders[1] / "keras/keras.json").write_text(json.dumps(OTHERS))
    given = {"KERAS_MAX_EPOCHS": "1", "TF_ENABLE_AUTO_MIXED_PRECISION": "1"}
    plain = train(folders[0], KERAS_HOME=str(folders[0] / "keras"))
    others = train(folders[1], KERAS_HOME=str(folders[1] / "keras"), **given)
    assert len(plain.splitlines()) == 3 and others == plain


SMI = """#!/bin/sh
case "$*" in *-L*) echo "GPU 0: Some card (UUID: GPU-0)";; esac
"""


@pytest.fixture
def some_card(tmp_path, monkeypatch):
    """A machine whose driver lists a GPU that no framework here finds."""
    if has_accelerator():
        pytest.skip("a GPU is there, and used")
    smi = tmp_path / "bin" / "nvidia-smi"
    smi.parent.mkdir()
    smi.write_text(SMI)
    smi.chmod(0o755)
    monkeypatch.setenv("PATH", f"{smi.parent}:{os.environ['PATH']}")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    return smi


def test_a_gpu_that_is_not_used_is_said(some_card, monkeypatch):
    said = "GPU not used: Some card is there, and TensorFlow does not find it"
    assert unused_gpu().startswith(said) and "make clean" in unused_gpu()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    assert unused_gpu() == f"{said}; CUDA_VISIBLE_DEVICES=-1 is set: unset it"
    some_card.write_text("#!/bin/sh\necho NVIDIA-SMI has failed\nexit 9\n")
    assert unused_gpu() is None


def test_a_command_that_trains_says_it(some_card, tmp_path):
    done = experiments_in(tmp_path, "data", "berkeley", "--scale", "smoke")
    assert done.returncode == 0, done.stderr
    (said,) = [line for line in done.stdout.splitlines() if "GPU" in line]
    assert said.startswith("GPU not used: Some card is there")


def test_a_gpu_that_jax_does_not_use_is_said(some_card, on_jax):
    code = "from colorization.backend import *\nimport_quietly()\nprint(unused_gpu())"
    said = on_jax(code)
    assert "JAX does not find it" in said and "jax[cuda12]" in said


@pytest.mark.parametrize(
    ("program", "word"),
    [("experiments", "status"), ("experiments", "list"), ("colorization", "colorize x.jpg")],
)
def test_windows_is_told_what_it_needs(program, word):
    code = "import sys\nsys.modules['fcntl'] = None\n"
    code += f"from {program}.__main__ import main\nsys.exit(main({word.split()}))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert "WSL" in done.stderr and len(done.stderr.splitlines()) == 1


def test_who_reads_only_the_first_lines_is_told_no_error():
    command = [sys.executable, "-m", "experiments", "claims"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout.readline()
        process.stdout.close()
        assert (process.wait(60), process.stderr.read()) == (0, "")


@pytest.mark.parametrize("given", ["70000", "0", "-1", "http", "tcp://10.0.0.1:80", "8080.5"])
def test_a_port_that_is_none_is_refused(given, capsys):
    with pytest.raises(SystemExit) as end:
        colorization.__main__.main(["demo", f"--port={given}"])
    assert end.value.code == 2
    (said,) = capsys.readouterr().err.splitlines()
    assert f"PORT={given} is no port" in said
