"""Fields of a configuration set by name."""

from dataclasses import replace

import pytest

from colorization.errors import UserError
from colorization.serialization import differences, to_json
from colorization.training.settings import names, text_of, with_settings
from tests.tiny.runs import ADVERSARIAL, CLASSIFICATION, CYCLE, PRETRAINED, REGRESSION


@pytest.mark.parametrize("config", [CLASSIFICATION, PRETRAINED], ids=["classes", "pretrained"])
def test_what_is_typed_is_what_is_printed(config):
    """A value set to its own text changes nothing but that a keyword's default is written out."""
    for name in names(config):
        text = text_of(config, name)
        again = with_settings(config, {name: text})
        assert text_of(again, name) == text
        assert all("stored None" in said for said in differences(to_json(config), to_json(again)))


@pytest.mark.parametrize(
    "config, name, typed, value, text",
    [
        (REGRESSION, "batch_size", "08", 8, "8"),
        (REGRESSION, "learning_rate", "1e-4", 1e-4, "0.0001"),
        (REGRESSION, "recipe.crop", "false", False, "false"),
        (REGRESSION, "network.filters", "7", 7, "7"),
        (ADVERSARIAL, "adversary.pixel_weight", "10", 10.0, "10"),
        (ADVERSARIAL, "adversary.learning_rate", "1e-3", 1e-3, "0.001"),
        (ADVERSARIAL, "adversary.discriminator.field", "image", "image", "image"),
        (ADVERSARIAL, "adversary.gan.weight", "1e20", 1e20, "1e20"),
        (CLASSIFICATION, "objective.rebalancing.smoothing", "ab", "ab", "ab"),
        (PRETRAINED, "pretraining.learning_rate", "1", 1.0, "1"),
        (CYCLE, "adversary.reverse.filters", "3", 3, "3"),
    ],
)
def test_a_field_is_set_and_no_other(config, name, typed, value, text):
    found = with_settings(config, {name: typed})
    assert text_of(found, name) == text
    (changed,) = differences(to_json(config), to_json(found))
    assert changed.startswith(f"{name}: stored ") and changed.endswith(f"given {value!r}")


def test_snapshots_after_the_last_epoch_are_left_out():
    assert with_settings(PRETRAINED, {"epochs": "1"}).snapshots == (3,)


@pytest.mark.parametrize(
    "setting, said",
    [
        ("batchsize=8", "no setting 'batchsize' here; there are: epochs, batch_size, "),
        ("network=x", "no setting 'network' here"),
        ("objective.l1=10", "'objective.l1' here; there are: objective.error, objective.scaling."),
        ("batch_size.x=1", "no setting 'batch_size.x'"),
        ("batch_size=x", "batch_size=x: a whole number is needed"),
        ("batch_size=0", "numbers from 1"),
        ("epochs=1.5", "a whole number is needed"),
        ("flip=yes", "true or false is needed"),
        ("learning_rate=nan", "learning_rate=nan: a number is needed"),
        ("learning_rate=-1", "learning_rate is above 0"),
        ("adversary.learning_rate=x", "a number or none is needed"),
        ("adversary.gan.label_noise=2", "label_noise is from 0 to 1"),
        ("adversary.discriminator_steps=0", "discriminator_steps one from 1"),
        ("objective.error=L3", "MSE or L1 is needed"),
        ("network.skips=both", "must be one of 'concat', 'add', 'none'"),
        ("network.filters=0", "no such network"),
        ("recipe.size=18", "size must be a multiple of 2^levels"),
        ("recipe.resample=cubic", "one of bilinear, bicubic"),
        ("source=x", "use --data"),
        ("precision=float32", "use --precision"),
    ],
)
def test_a_wrong_name_or_value_is_a_line_that_says_what_there_is(setting, said):
    name, _, text = setting.partition("=")
    with pytest.raises(UserError) as caught:
        with_settings(ADVERSARIAL, {name: text})
    assert said in str(caught.value) and "\n" not in str(caught.value)


def test_what_cannot_be_trained_is_no_configuration():
    for change in ({"epochs": 0}, {"batch_size": -1}, {"learning_rate": 0.0}, {"beta_1": 1.0}):
        with pytest.raises(ValueError):
            replace(REGRESSION, **change)
