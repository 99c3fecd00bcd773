"""Adversarial."""

from dataclasses import dataclass, field, replace
from functools import partial

import keras
import numpy as np
import pytest
from keras import ops

from colorization.colour.lab import images_to_lab
from colorization.colour.scaling import UNIT
from colorization.training.config import Adversary
from colorization.training.gan_loss import GanLoss
from colorization.training.network_file import load_network
from colorization.training.objectives import AbRegression
from tests.tiny import runs as tiny
from tests.training.adversarial_helpers import (
    PLAIN,
    built,
    copy_of,
    fitted,
    plain_discriminator,
    plain_generator,
)

pytestmark = pytest.mark.usefixtures("data_folder")


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
    model, images = built(replace(PLAIN, learning_rate=1e-30)), tiny.prepared().images("train")[:5]
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
