"""Several devices give what one gives; memory that runs out is explained."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from colorization.colour.scaling import UNIT
from colorization.data.form_sets import GeneratedForms
from colorization.data.recipe import Recipe
from colorization.errors import RunFailed
from colorization.models.patchgan import patchgan
from colorization.models.pix2pix_unet import pix2pix_unet
from colorization.training.config import Adversary, Pretraining, TrainingConfig
from colorization.training.objectives import AbRegression
from colorization.training.run import explained_memory
from experiments.__main__ import main

ROOT = Path(__file__).parent.parent
# Both stages, batch normalisation, no dropout: each device would draw its own.
CONFIG = TrainingConfig(
    source=GeneratedForms(train=12, val=4, test=4, size=32),
    recipe=Recipe(size=32),
    network=partial(pix2pix_unet, filters=4, levels=4, max_filters=8, dropout=0.0),
    objective=AbRegression(UNIT, "L1"),
    epochs=1,
    batch_size=8,
    beta_1=0.5,
    adversary=Adversary(partial(patchgan, filters=4)),
    pretraining=Pretraining(1),
)
# Batches of 5, 5 and 3, that two devices share as 3 and 2 and as 2 and 1.
UNEVEN = replace(CONFIG, source=replace(CONFIG.source, train=13), batch_size=5)
# A last batch of 1.
SINGLE = replace(UNEVEN, source=replace(CONFIG.source, train=11))


@pytest.fixture(scope="module", params=["tensorflow", "jax"])
def runs(request, tmp_path_factory):
    """Results by name and number of devices, and the backend."""
    folder = tmp_path_factory.mktemp("devices")
    environment = {
        **os.environ,
        "KERAS_BACKEND": request.param,
        "PYTHONPATH": str(ROOT),
        "COLORIZATION_DATA": str(folder),
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.two_devices", str(folder)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), request.param


def assert_same_run(one: dict, other: dict) -> None:
    for a, b in zip(one["epochs"], other["epochs"], strict=True):
        for name in a.keys() - {"seconds", "images_per_second"}:
            assert a[name] == pytest.approx(b[name], rel=1e-3, abs=1e-4), name
    for a, b in zip(one["weights"], other["weights"], strict=True):
        np.testing.assert_allclose(a, b, rtol=0.05, atol=2e-3)


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
