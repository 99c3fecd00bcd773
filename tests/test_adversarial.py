"""A generator against a discriminator: losses and updates by hand, alike on both backends."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import layers, ops

from colorization.colour.lab import images_to_lab
from colorization.colour.scaling import UNIT
from colorization.data.batches import evaluation_dataset, training_dataset
from colorization.errors import RunFailed, UserError
from colorization.models.initializers import GlorotUniform
from colorization.models.layers import conv2d
from colorization.models.pix2pix_unet import pix2pix_unet
from colorization.training import stages
from colorization.training.callbacks import StopAtNaN
from colorization.training.config import Adversary
from colorization.training.gan_loss import GanLoss
from colorization.training.network_file import load_network
from colorization.training.objectives import AbRegression
from tests import training_fixtures as tiny

ROOT = Path(__file__).parent.parent
pytestmark = pytest.mark.usefixtures("data_folder")


# ---------------------------------------------------------------- by hand


def plain_generator(size: int, inputs: int = 1) -> keras.Model:
    """Two convolutions: neither normalisation nor dropout."""
    image = keras.Input((size, size, inputs))
    x = layers.Activation("tanh")(conv2d(image, 3, 3, initializer=GlorotUniform()))
    return keras.Model(image, conv2d(x, 2, 3, initializer=GlorotUniform()))


def plain_discriminator(size: int, channels: int, probability: bool = False) -> keras.Model:
    """Answers of 4x4 patches, as logits or probabilities."""
    image = keras.Input((size, size, channels))
    x = conv2d(image, 3, 4, strides=4, padding=0, initializer=GlorotUniform())
    x = conv2d(layers.LeakyReLU(0.2)(x), 1, 1, initializer=GlorotUniform())
    return keras.Model(image, layers.Activation("sigmoid")(x) if probability else x)


@dataclass
class Adam:
    """Adam in NumPy, with epsilon where Keras has it: beside the root of the uncorrected v."""

    rate: float
    beta_1: float
    beta_2: float
    epsilon: float
    steps: int = 0
    moments: dict = field(default_factory=dict)

    def step(self, variables, gradients):
        self.steps += 1
        for index, (variable, gradient) in enumerate(zip(variables, gradients, strict=True)):
            m, v = self.moments.get(index, (0.0, 0.0))
            m = self.beta_1 * m + (1 - self.beta_1) * gradient
            v = self.beta_2 * v + (1 - self.beta_2) * gradient**2
            self.moments[index] = m, v
            m_hat, root = m / (1 - self.beta_1**self.steps), np.sqrt(1 - self.beta_2**self.steps)
            change = self.rate * m_hat * root / (np.sqrt(v) + self.epsilon)
            variable.assign(np.asarray(variable) - change)


def gradients_of(loss, variables):
    """A scalar function of no arguments, and its gradients as float64 NumPy arrays."""
    if keras.backend.backend() == "jax":
        import jax

        def pure(values):
            with keras.StatelessScope(list(zip(variables, values, strict=True))):
                return loss()

        value, gradients = jax.value_and_grad(pure)([variable.value for variable in variables])
    else:
        import tensorflow as tf

        with tf.GradientTape() as tape:
            value = loss()
        gradients = tape.gradient(value, [variable.value for variable in variables])
    return float(value), [np.asarray(gradient, "float64") for gradient in gradients]


@dataclass
class GameByHand:
    """The rules of `Adversary` on copies of networks, with the same images in each round."""

    config: object
    network: keras.Model
    discriminator: keras.Model
    inputs: np.ndarray
    real: np.ndarray

    def __post_init__(self):
        config, rate = self.config, self.config.adversary.learning_rate
        rest = (config.beta_1, config.beta_2, config.epsilon)
        self.adam_G = Adam(config.learning_rate, *rest)
        self.adam_D = Adam(rate or config.learning_rate, *rest)

    def answers(self, images):
        if self.config.adversary.conditional:
            images = ops.concatenate([self.inputs[..., :1], images], axis=-1)
        return self.discriminator(images)

    def log_d(self, answers, real):
        """log D for real, log(1 - D) for fake, mean over the answers."""
        if not self.config.adversary.gan.from_logits:
            return ops.mean(ops.log(answers if real else 1 - answers))
        return -ops.mean(ops.softplus(-answers if real else answers))

    def generator_loss(self):
        """Its parts, each weighted, from the inputs on."""
        adversary, gan = self.config.adversary, self.config.adversary.gan
        fake = self.network(self.inputs)
        answers = self.answers(fake)
        adversarial = self.log_d(answers, False) if gan.saturating else -self.log_d(answers, True)
        power = {"L1": ops.abs, "MSE": ops.square}[self.config.objective.error]
        return gan.weight * adversarial, adversary.pixel_weight * ops.mean(power(fake - self.real))

    def discriminator_loss(self, fake):
        factor = self.config.adversary.gan.discriminator_factor
        real_term = -self.log_d(self.answers(self.real), True)
        fake_term = -self.log_d(self.answers(fake), False)
        return factor * (real_term + fake_term), real_term, fake_term

    def round(self) -> dict:
        """Move both networks once; what is to be logged."""
        adversary = self.config.adversary
        fake = np.asarray(self.network(self.inputs))
        variables_G = self.network.trainable_variables
        variables_D = self.discriminator.trainable_variables

        def generator():
            logs = dict(zip(("loss_G_GAN", pixel), map(float, self.generator_loss()), strict=True))
            value, gradients = gradients_of(lambda: sum(self.generator_loss()), variables_G)
            return {"loss_G": value, **logs}, gradients

        pixel = f"loss_G_{self.config.objective.error}"
        if adversary.simultaneous:
            logs_G, gradients_G = generator()
        for _ in range(adversary.discriminator_steps):
            names = ("loss_D", "loss_D_real", "loss_D_fake")
            values = map(float, self.discriminator_loss(fake))
            logs_D = {**dict(zip(names, values, strict=True)), **self.probabilities(fake)}
            _, gradients = gradients_of(lambda: self.discriminator_loss(fake)[0], variables_D)
            self.adam_D.step(variables_D, gradients)
        if not adversary.simultaneous:
            logs_G, gradients_G = generator()
        self.adam_G.step(variables_G, gradients_G)
        return {**logs_G, **logs_D}

    def probabilities(self, fake):
        real, fake = (np.asarray(self.answers(images), "float64") for images in (self.real, fake))
        if self.config.adversary.gan.from_logits:
            real, fake = (1 / (1 + np.exp(-answers)) for answers in (real, fake))
        right = np.concatenate([(real > 0.5).ravel(), (fake <= 0.5).ravel()]).mean()
        return {"D_accuracy": right, "D_real": real.mean(), "D_fake": fake.mean()}


PLAIN = replace(
    tiny.ADVERSARIAL,
    network=plain_generator,
    learning_rate=1e-2,
    beta_2=0.9,
    epsilon=1e-3,  # large enough to be seen
    flip=False,
    adversary=Adversary(plain_discriminator),
)
GAMES = {
    "alternating": PLAIN,
    "simultaneous, unconditional, rates of their own": replace(
        PLAIN,
        objective=AbRegression(UNIT, "MSE"),
        adversary=Adversary(
            plain_discriminator,
            conditional=False,
            gan=GanLoss(weight=0.5, discriminator_factor=1.0),
            pixel_weight=10.0,
            simultaneous=True,
            learning_rate=3e-2,
        ),
    ),
    "several steps, probabilities, classes, a GAN alone": replace(
        PLAIN,
        network=partial(plain_generator, inputs=3),
        objective=AbRegression(UNIT, "L1", classes=2),
        adversary=Adversary(
            partial(plain_discriminator, probability=True),
            gan=GanLoss(from_logits=False, saturating=True),
            pixel_weight=0.0,
            discriminator_steps=3,
        ),
    ),
}


def built(config, seed=0):
    """The compiled model of a configuration, as a run builds it."""
    keras.utils.set_random_seed(seed)
    return stages.build_stages(Path(), config, tiny.prepared())[-1].model


def fitted(model, images, batch_size, epochs, labels=None, **arguments):
    """Train on images in one order; the losses of each epoch by name."""
    batches = training_dataset(
        images, batch_size, seed=0, first_epoch=0, epochs=epochs, reshuffle=False, labels=labels
    )
    steps = -(-len(images) // batch_size)
    fit = partial(model.fit, batches, steps_per_epoch=steps, epochs=epochs, shuffle=False)
    return fit(verbose=0, **arguments).history


def copy_of(network, builder):
    copy = builder()
    copy.set_weights(network.get_weights())
    return copy


@pytest.mark.parametrize("game", GAMES)
def test_losses_and_weights_by_hand(game):
    """Two rounds, so that moments and a moved discriminator count."""
    config = GAMES[game]
    model, images = built(config), tiny.prepared().images("train")[:6]
    labels = np.array([0, 1, 1, 0, 1, 0], "uint8") if config.objective.classes else None
    lab = np.asarray(images_to_lab(images, "rgb"))
    inputs, real = lab[..., :1] / 50 - 1, lab[..., 1:] / 110
    if labels is not None:
        planes = np.broadcast_to(np.eye(2)[labels][:, None, None], (*lab.shape[:3], 2))
        inputs = np.concatenate([inputs, planes], axis=-1).astype("float32")
    channels = 3 if config.adversary.conditional else 2
    hand = GameByHand(
        config,
        copy_of(model.network, partial(config.network, size=16)),
        copy_of(
            model.discriminator, partial(config.adversary.discriminator, size=16, channels=channels)
        ),
        inputs,
        real,
    )
    history = fitted(model, images, len(images), 2, labels)
    for number in (0, 1):
        for name, expected in hand.round().items():
            found = history[name][number]
            assert found == pytest.approx(expected, rel=1e-4, abs=1e-6), (number, name)
    for trained, by_hand in (
        (model.network, hand.network),
        (model.discriminator, hand.discriminator),
    ):
        for one, other in zip(trained.get_weights(), by_hand.get_weights(), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-3, atol=2e-5)


def test_an_epochs_means_count_every_image_once():
    """Also those of a smaller last batch; nothing moves here."""
    model, images = built(replace(PLAIN, learning_rate=0.0)), tiny.prepared().images("train")[:5]
    lab = np.asarray(images_to_lab(images, "rgb"))
    inputs, real = lab[..., :1] / 50 - 1, lab[..., 1:] / 110
    answers = np.asarray(model.discriminator(np.concatenate([inputs, real], axis=-1)))
    expected = 100 * np.abs(np.asarray(model.network(inputs)) - real).mean()
    history = fitted(model, images, 4, 1)
    assert history["loss_G_L1"][0] == pytest.approx(expected, rel=1e-4)
    assert history["D_real"][0] == pytest.approx((1 / (1 + np.exp(-answers))).mean(), rel=1e-4)


def test_without_its_weight_the_gan_leaves_the_generator_alone(tmp_path):
    """Weights, moments of batch normalisation and all are those of supervised training."""
    adversary = replace(tiny.ADVERSARIAL.adversary, gan=GanLoss(weight=0.0), pixel_weight=1.0)
    networks = []
    for name, changes in (("alone", None), ("against", adversary)):
        tiny.run("adversarial", tmp_path / name, epochs=2, batch_size=11, adversary=changes)
        networks.append(load_network(tmp_path / name).get_weights())
    for alone, against in zip(*networks, strict=True):
        np.testing.assert_array_equal(alone, against)


# ---------------------------------------------------------------- how it runs


def counted(model) -> list:
    """What grows by one element whenever the model's training step is traced."""
    traces, update = [], model.update

    def counting(batch):
        traces.append(None)
        return update(batch)

    model.update = counting
    return traces


@pytest.fixture(scope="module")
def trained(data_folder):
    """(history, number of traces) of three epochs with a smaller last batch, validated."""
    model, images = built(tiny.ADVERSARIAL), tiny.prepared()
    traces = counted(model)
    validation = evaluation_dataset(images.images("val"), 5)
    history = fitted(model, images.images("train"), 5, 3, validation_data=validation)
    return history, len(traces)


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


# ---------------------------------------------------------------- both backends


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
    code = "from tests.test_adversarial import *; print(json.dumps(losses_of_a_run()))"
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
