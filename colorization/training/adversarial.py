"""A generator trained against a discriminator, with a loss on pixels beside it or without."""

import keras
import numpy as np
from keras import ops

from colorization.lab import images_to_lab
from colorization.training.config import Adversary
from colorization.training.steps import StepModel, share_of_batch
from colorization.training.supervised import unpack

DISCRIMINATOR_LOG = ("loss_D", "loss_D_real", "loss_D_fake", "D_accuracy", "D_real", "D_fake")


class AdversarialColorizer(StepModel):
    """One generator forward pass, `discriminator_steps` updates of D, then one of G through it.

    The discriminator is given generated and real images in separate passes, so that batch
    normalisation never mixes them (as in pix2pix). With `simultaneous`, G's gradient is taken
    before D moves.

    Logged, as means over the epoch's images: loss_G = loss_G_GAN + loss_G_L1 (or loss_G_MSE;
    each with its weight), loss_D and its parts loss_D_real and loss_D_fake (before the factor),
    D_accuracy (share of right answers at probability 1/2, real and generated alike), and D_real
    and D_fake, the mean probabilities given to "real".

    Args:
        network: the generator, the objective's inputs to its output.
        discriminator: images, joined to the inputs if conditional, to answers `[B, ...]`.
        objective: examples and the loss on pixels.
        adversary: the game.
        space: of the prepared images, "rgb" or "lab8".
    """

    def __init__(self, network, discriminator, objective, adversary: Adversary, space):
        self.pixel_name = f"loss_G_{objective.error}"
        super().__init__(
            ("loss_G", "loss_G_GAN", self.pixel_name, *DISCRIMINATOR_LOG), name="adversarial"
        )
        self.network = network
        self.discriminator = discriminator
        self.objective = objective
        self.adversary = adversary
        self.space = space
        self.pixel_loss = objective.loss()
        self.seeds = keras.random.SeedGenerator(int(np.random.randint(2**31)))
        self.built = True

    def call(self, inputs, training=False):
        return self.network(inputs, training=training)

    def update(self, batch):
        inputs, real = self._examples(batch)
        count = ops.shape(real)[0]
        share = share_of_batch(count)
        variables = self.network.trainable_variables
        (fake,), adjoint = self.record(lambda: (self.network(inputs, training=True),), variables)

        def move_discriminator():
            for _ in range(self.adversary.discriminator_steps):
                logs = self._move_discriminator(inputs, real, fake, share)
            return logs

        def generator_gradients():
            logs, (gradient,) = self.gradient(
                lambda fake: self._generator_loss(inputs, real, fake, share), (fake,)
            )
            return logs, adjoint((gradient,))

        if self.adversary.simultaneous:
            logs_G, gradients = generator_gradients()
            logs_D = move_discriminator()
        else:
            logs_D = move_discriminator()
            logs_G, gradients = generator_gradients()
        self.optimizer.optimizers[0].apply(gradients, variables)
        self.logged.update({**logs_G, **logs_D}, count)

    def judge(self, batch):
        inputs, real = self._examples(batch)
        outputs = self.network(inputs, training=False)
        loss = ops.mean(self.pixel_loss.call(real, outputs))
        self.held_out.update({"loss": loss}, ops.shape(real)[0])

    def _generator_loss(self, inputs, real, fake, share):
        gan, pixel_weight = self.adversary.gan, self.adversary.pixel_weight
        pixel = pixel_weight * ops.mean(self.pixel_loss.call(real, fake))
        adversarial = ops.zeros_like(pixel)
        if gan.weight:
            adversarial = gan.weight * gan.generator(self._answers(inputs, fake))
        loss = adversarial + pixel
        logs = {"loss_G": loss, "loss_G_GAN": adversarial, self.pixel_name: pixel}
        return share * loss, logs

    def _move_discriminator(self, inputs, real, fake, share):
        gan = self.adversary.gan

        def loss():
            answers_fake = self._answers(inputs, fake)
            answers_real = self._answers(inputs, real)
            loss_fake = gan.fake(answers_fake, self.seeds)
            loss_real = gan.real(answers_real, self.seeds)
            value = gan.discriminator_factor * (loss_fake + loss_real)
            p_real, p_fake = gan.probability(answers_real), gan.probability(answers_fake)
            logs = {
                "loss_D": value,
                "loss_D_real": loss_real,
                "loss_D_fake": loss_fake,
                "D_accuracy": share_right(p_real, p_fake),
                "D_real": ops.mean(p_real),
                "D_fake": ops.mean(p_fake),
            }
            return share * value, logs

        variables = self.discriminator.trainable_variables
        return self.minimise(loss, variables, self.optimizer.optimizers[1])

    def _answers(self, inputs, images):
        if self.adversary.conditional:
            images = ops.concatenate([inputs, images], axis=-1)
        return self.discriminator(images, training=True)

    def _examples(self, batch):
        images, labels = unpack(batch)
        return self.objective.examples(images_to_lab(images, self.space), labels=labels)


def share_right(p_real, p_fake):
    """Share of right answers at probability 1/2, as many real as generated images."""
    right = [ops.cast(p_real > 0.5, "float32"), ops.cast(p_fake <= 0.5, "float32")]
    return (ops.mean(right[0]) + ops.mean(right[1])) / 2
