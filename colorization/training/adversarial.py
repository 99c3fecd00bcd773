"""A generator trained against a discriminator, with a loss on pixels beside it or without."""

import keras
import numpy as np
from keras import ops

from colorization.training.config import Adversary
from colorization.training.game import Game
from colorization.training.steps import share_of_batch


class AdversarialColorizer(Game):
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
        discriminator: images, joined to their lightness if conditional, to answers `[B, ...]`.
        objective: examples and the loss on pixels.
        adversary: the game.
        space: of the prepared images, "rgb" or "lab8".
    """

    def __init__(self, network, discriminator, objective, adversary: Adversary, space):
        self.pixel_name = f"loss_G_{objective.error}"
        log = ("loss_G", "loss_G_GAN", self.pixel_name)
        super().__init__(log, "adversarial", network, objective, adversary, space)
        self.discriminator = discriminator
        self.seeds = keras.random.SeedGenerator(int(np.random.randint(2**31)))

    @property
    def discriminators(self):
        return [self.discriminator]

    def update(self, batch):
        inputs, real = self._examples(batch)
        count = ops.shape(real)[0]
        share = share_of_batch(count)
        variables = self.network.trainable_variables
        (fake,), _, adjoint = self.record(
            lambda: ((self.network(inputs, training=True),), {}), variables
        )

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
            return self._discriminator_loss(loss_real, loss_fake, answers_real, answers_fake, share)

        variables = self.discriminator.trainable_variables
        return self.minimise(loss, variables, self.optimizer.optimizers[1])

    def _answers(self, inputs, images):
        if self.adversary.conditional:
            images = ops.concatenate([inputs[..., :1], images], axis=-1)
        return self.discriminator(images, training=True)
