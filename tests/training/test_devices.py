"""Several devices give what one gives; memory that runs out is explained."""

import json
import os
import subprocess
import sys

import pytest

from colorization.errors import RunFailed
from colorization.training.run import explained_memory
from experiments.__main__ import main
from tests import ON_JAX, ROOT
from tests.tiny.shared_out import CONFIG, assert_same_run


# A process each, and four runs in it.
@pytest.fixture(
    scope="module",
    params=[pytest.param(backend, marks=pytest.mark.slow) for backend in ("tensorflow", "jax")],
)
def runs(request, tmp_path_factory):
    """Results by name and number of devices, and the backend."""
    folder = tmp_path_factory.mktemp("devices")
    environment = {
        **os.environ,
        **(ON_JAX if request.param == "jax" else {"KERAS_BACKEND": request.param}),
        "PYTHONPATH": str(ROOT),
        "COLORIZATION_DATA": str(folder),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.tiny.two_devices", str(folder)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), request.param


def test_two_devices_give_the_losses_and_weights_of_one(runs):
    found, _ = runs
    assert_same_run(found["even-1"], found["even-2"])


def test_batches_are_shared_unevenly_or_refused(runs):
    found, backend = runs
    if backend == "tensorflow":
        assert_same_run(found["uneven-1"], found["uneven-2"])
    else:
        assert "every batch must be a multiple of 2 devices" in found["uneven-2"]["error"]


def test_a_device_without_an_image_is_refused(runs):
    found, backend = runs
    assert "epochs" in found["single-1"]
    reason = "leave some device without any; use fewer" if backend == "tensorflow" else "on JAX"
    assert reason in found["single-2"]["error"]


def test_a_replicas_loss_weighs_by_its_share_of_the_batch(runs):
    found, backend = runs
    assert found["shares"] == (pytest.approx([2 / 3, 1 / 3]) if backend == "tensorflow" else [1.0])


def test_more_devices_than_there_are_is_one_line(runs):
    assert runs[0]["even-3"]["error"] == "--devices 3: this machine has 2; give 1..2"


@pytest.mark.parametrize("given", ["0", "-1", "two"])
def test_devices_are_a_number_or_all(given, capsys):
    with pytest.raises(SystemExit):
        main(["reproduce", "berkeley", f"--devices={given}"])
    assert "neither a number from 1 nor all" in capsys.readouterr().err


@pytest.mark.parametrize(
    "error", [MemoryError(), RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 1 GiB")]
)
def test_out_of_memory_says_what_to_lower(error):
    advice = r"batches of 8 at 32 px.*smaller batch.*bfloat16"
    with pytest.raises(RunFailed, match=advice), explained_memory(CONFIG):
        raise error


def test_other_errors_stay_what_they_are():
    with pytest.raises(RuntimeError, match="something else"), explained_memory(CONFIG):
        raise RuntimeError("something else")
