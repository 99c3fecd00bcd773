"""A generator against a discriminator: losses and updates by hand, alike on both backends."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from functools import partial

import keras
import numpy as np
import pytest
from keras import ops

from colorization.colour.lab import images_to_lab
from colorization.data.batches import evaluation_dataset
from colorization.errors import RunFailed, UserError
from colorization.models.pix2pix_unet import pix2pix_unet
from colorization.training import stages
from colorization.training.callbacks import StopAtNaN
from colorization.training.config import Adversary
from tests import ROOT
from tests.tiny import runs as tiny
from tests.training.adversarial_helpers import PLAIN, built, counted, fitted

pytestmark = pytest.mark.usefixtures("data_folder")


def test_the_step_is_traced_once(trained):
    """JAX compiles for each of the two sizes of a batch."""
    traces = trained[1]
    assert traces == 1 if keras.backend.backend() == "tensorflow" else 1 <= traces <= 2


@pytest.mark.parametrize("name", ["regression", "classification", "rgb", "pretrained", "cycle"])
def test_the_step_of_every_stage_is_traced_once(name, tmp_path):
    images = tiny.prepared()
    for stage in stages.build_stages(tmp_path, tiny.CONFIGS[name], images):
        traces = counted(stage.model)
        fitted(stage.model, images.images("train")[:8], 5, 2)
        assert len(traces) == 1 if keras.backend.backend() == "tensorflow" else len(traces) <= 2


def test_what_cannot_be_built_is_one_line(tmp_path):
    recipe = replace(tiny.ADVERSARIAL.recipe, size=20)
    odd = replace(tiny.ADVERSARIAL, recipe=recipe, network=partial(pix2pix_unet, levels=3))
    with pytest.raises(UserError, match="a network cannot be built at 20 px: .*multiple") as raised:
        stages.build_stages(tmp_path, odd, tiny.prepared())
    assert "\n" not in str(raised.value)
    two = replace(tiny.ADVERSARIAL, objective=replace(tiny.ADVERSARIAL.objective, classes=2))
    with pytest.raises(UserError, match="has 3 classes .* 2 that this arm colours by"):
        tiny.run("adversarial", tmp_path, objective=two.objective)


def test_training_and_validation_log_their_own(trained):
    logged = {"loss_G", "loss_G_GAN", "loss_G_L1", "loss_D", "loss_D_real", "loss_D_fake"}
    logged |= {"D_accuracy", "D_real", "D_fake"}
    assert set(trained[0]) == {"val_loss"} | logged
    assert all(len(values) == 3 for values in trained[0].values())


def test_logged_sums_and_bounds(trained):
    history = {name: np.array(values) for name, values in trained[0].items()}
    for name in ("D_accuracy", "D_real", "D_fake"):
        assert (history[name] >= 0).all() and (history[name] <= 1).all()
    total = history["loss_G_GAN"] + history["loss_G_L1"]
    np.testing.assert_allclose(history["loss_G"], total, rtol=1e-5)
    total = (history["loss_D_real"] + history["loss_D_fake"]) / 2
    np.testing.assert_allclose(history["loss_D"], total, rtol=1e-5)


def test_validation_is_the_error_with_running_averages_whatever_the_batches(trained):
    model, images = built(tiny.ADVERSARIAL), tiny.prepared().images("val")
    lab = np.asarray(images_to_lab(images, "rgb"))
    expected = np.abs(model.network(lab[..., :1] / 50 - 1, training=False) - lab[..., 1:] / 110)
    before = [np.asarray(variable).copy() for variable in model.variables]
    found = model.evaluate(evaluation_dataset(images, 4), verbose=0, return_dict=True)
    assert found == {"loss": pytest.approx(float(np.mean(expected)), rel=1e-5)}
    for one, other in zip(before, model.variables, strict=True):
        np.testing.assert_array_equal(one, np.asarray(other))


def test_a_discriminator_that_explodes_ends_the_run():
    model = built(replace(PLAIN, adversary=replace(PLAIN.adversary, learning_rate=1e38)))
    images = tiny.prepared().images("train")[:6]
    with pytest.raises(RunFailed, match="loss_G, loss_G_GAN became NaN or infinite in epoch 1"):
        fitted(model, images, 6, 3, callbacks=[StopAtNaN()])
    for name in model.logged.metrics:
        with pytest.raises(RunFailed, match=f"^{name.name} became"):
            StopAtNaN().on_epoch_end(0, {name.name: float("nan"), "val_loss": 1.0})


def test_bfloat16_keeps_weights_answers_and_colours_in_float32():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model = built(tiny.ADVERSARIAL)
    finally:
        keras.config.set_dtype_policy("float32")
    assert {layer.compute_dtype for layer in model.network.layers} == {"bfloat16", "float32"}
    images = tiny.prepared().images("train")
    history = fitted(model, images, 11, 1)
    assert np.isfinite([values[0] for values in history.values()]).all()
    weights = [*model.trainable_variables, *model.optimizer.optimizers[0].variables]
    assert {variable.dtype for variable in weights if "int" not in variable.dtype} == {"float32"}
    L = np.zeros((2, 16, 16, 1), "float32")
    colours = model.network(L, training=True)
    answers = model.discriminator(ops.concatenate([L, colours], axis=-1), training=True)
    for outputs in (colours, answers):
        assert keras.backend.standardize_dtype(outputs.dtype) == "float32"


def losses_of_a_run() -> dict:
    """Losses of the first batch and means of two epochs, without noise and dropout."""
    adversary = Adversary(tiny.DISCRIMINATOR)
    model = built(replace(tiny.ADVERSARIAL, learning_rate=2e-4, adversary=adversary))
    logged = []
    note = keras.callbacks.LambdaCallback(on_train_batch_end=lambda _, logs: logged.append(logs))
    epochs = fitted(model, tiny.prepared().images("train"), 11, 2, callbacks=[note])
    return {"batch": {k: float(v) for k, v in logged[0].items()}, "epochs": epochs}


def test_both_backends_train_alike():
    other = {"tensorflow": "jax", "jax": "tensorflow"}[keras.backend.backend()]
    code = (
        "from tests.training.test_adversarial_runs import *; print(json.dumps(losses_of_a_run()))"
    )
    process = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "KERAS_BACKEND": other},
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    there, here = json.loads(process.stdout.splitlines()[-1]), losses_of_a_run()
    assert there["batch"] == pytest.approx(here["batch"], rel=1e-4)
    assert set(there["epochs"]) == set(here["epochs"])
    for name, means in here["epochs"].items():
        if name != "D_accuracy":  # counts answers on either side of 1/2, however close
            assert there["epochs"][name] == pytest.approx(means, rel=1e-2), name
