"""A tiny run whose batches are shared out, and what has to be equal."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from colorization.colour.scaling import UNIT
from colorization.data.form_sets import GeneratedForms
from colorization.data.recipe import Recipe
from colorization.models.patchgan import patchgan
from colorization.models.pix2pix_unet import pix2pix_unet
from colorization.training.config import Adversary, Pretraining, TrainingConfig
from colorization.training.objectives import AbRegression

# Both stages, batch normalisation, no dropout: each device would draw its own.
CONFIG = TrainingConfig(
    source=GeneratedForms(train=12, val=4, test=4, size=32),
    recipe=Recipe(size=32),
    network=partial(pix2pix_unet, filters=4, levels=2, dropout=0.0),
    objective=AbRegression(UNIT, "L1"),
    epochs=1,
    batch_size=8,
    beta_1=0.5,
    adversary=Adversary(partial(patchgan, filters=4, field=16)),
    pretraining=Pretraining(1),
)

# Batches of 5, 5 and 3, that two devices share as 3 and 2 and as 2 and 1.
UNEVEN = replace(CONFIG, source=replace(CONFIG.source, train=13), batch_size=5)

# A last batch of 1.
SINGLE = replace(UNEVEN, source=replace(CONFIG.source, train=11))


def assert_same_run(one: dict, other: dict) -> None:
    for a, b in zip(one["epochs"], other["epochs"], strict=True):
        for name in a.keys() - {"seconds", "images_per_second"}:
            assert a[name] == pytest.approx(b[name], rel=1e-3, abs=1e-4), name
    for a, b in zip(one["weights"], other["weights"], strict=True):
        np.testing.assert_allclose(a, b, rtol=0.05, atol=2e-3)
