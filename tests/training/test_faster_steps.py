"""The fused Adam against Keras' own; whole steps with all faster ways and with none."""

from dataclasses import replace
from functools import partial

import keras
import numpy as np
import pytest

from colorization.models import convolution
from colorization.models.normalization import BatchNormalization
from colorization.models.patchgan import patchgan
from colorization.models.pix2pix_unet import pix2pix_unet
from colorization.training import stages
from colorization.training.adam import Adam
from colorization.training.config import Adversary
from tests.tiny import runs as tiny
from tests.training.adversarial_helpers import built, fitted


@pytest.mark.parametrize("decay", [{}, {"weight_decay": 0.1}])
@pytest.mark.parametrize("changing", [False, True])
def test_updates_and_state_are_those_of_keras(decay, changing):
    cosine = keras.optimizers.schedules.CosineDecay(0.0, 4, warmup_target=0.01, warmup_steps=2)
    found = []
    for kind in (Adam, keras.optimizers.Adam):
        random = np.random.default_rng(0)
        variables = [keras.Variable(random.normal(size=shape)) for shape in ((3, 2), (5,))]
        rate = cosine if changing else 0.01
        optimizer = kind(rate, beta_1=0.5, beta_2=0.9, epsilon=1e-6, **decay)
        optimizer.build(variables)
        for _ in range(5):
            gradients = [random.normal(size=v.shape).astype("float32") for v in variables]
            optimizer.apply([keras.ops.convert_to_tensor(g) for g in gradients])
        found.append([*variables, *optimizer.variables])
    for own, plain in zip(*found, strict=True):
        np.testing.assert_allclose(np.asarray(own), np.asarray(plain), rtol=1e-5, atol=1e-8)


@pytest.mark.usefixtures("data_folder")
def test_the_losses_of_a_step_are_those_of_the_plain_layers(monkeypatch):
    size = tiny.ADVERSARIAL.recipe.size
    config = replace(
        tiny.ADVERSARIAL,
        network=partial(pix2pix_unet, filters=4, levels=4, dropout=0.0),
        adversary=Adversary(partial(patchgan, filters=4, field=16)),
    )
    images = np.random.default_rng(0).integers(0, 256, (12, size, size, 3), "uint8")
    faster = fitted(built(config), images, 4, 1)
    monkeypatch.setattr(convolution, "_as_product", lambda *_: False)
    monkeypatch.setattr(BatchNormalization, "call", keras.layers.BatchNormalization.call)
    monkeypatch.setattr(stages, "Adam", keras.optimizers.Adam)
    plain = fitted(built(config), images, 4, 1)
    assert faster.keys() == plain.keys()
    for name, (loss,) in plain.items():
        assert faster[name][0] == pytest.approx(loss, rel=1e-4), name
