"""CycleGAN: two generators that undo each other, each against a discriminator."""

import keras
import numpy as np
from keras import ops

from colorization.training.config import CycleAdversary
from colorization.training.game import Game
from colorization.training.image_pool import ImagePool
from colorization.training.steps import share_of_batch


class CycleColorizer(Game):
    """Lightness to colour and back; the discriminators move first, then both generators at once.

    Logged: the sums over both directions of loss_G_GAN, loss_G_cycle (weighted), loss_D and its
    parts, and accuracy and mean probabilities of the discriminator of colours.

    Args:
        network: the generator that colours, scaled L to scaled ab.
        reverse: scaled ab to scaled L.
        discriminator: of colours, sees L and ab.
        reverse_discriminator: of lightness, sees L.
        objective: examples.
        adversary: the game.
        space: of the prepared images, "rgb" or "lab8".
        size: height and width in pixels.
    """

    def __init__(
        self,
        network,
        reverse,
        discriminator,
        reverse_discriminator,
        objective,
        adversary: CycleAdversary,
        space: str,
        size: int,
    ):
        log = ("loss_G", "loss_G_GAN", "loss_G_cycle")
        super().__init__(log, "cycle", network, objective, adversary, space)
        self.reverse = reverse
        self.discriminator = discriminator
        self.reverse_discriminator = reverse_discriminator
        channels = 3 if adversary.pool_pairs else 2
        self.colour_pool = ImagePool(adversary.pool, (size, size, channels), name="colour_pool")
        self.lightness_pool = ImagePool(adversary.pool, (size, size, 1), name="lightness_pool")
        self.seeds = keras.random.SeedGenerator(int(np.random.randint(2**31)))

    @property
    def generators(self):
        return [self.network, self.reverse]

    @property
    def discriminators(self):
        return [self.discriminator, self.reverse_discriminator]

    def update(self, batch):
        L, ab = self._examples(batch)
        true_L = L  # of the photographs whose colours these are
        if not self.adversary.paired:
            order = self._others(ops.shape(L)[0])
            true_L, ab = ops.take(L, order, axis=0), ops.take(ab, order, axis=0)
        count = ops.shape(L)[0]
        share = share_of_batch(count)

        def there_and_back():
            fake_ab = self.network(L, training=True)
            back_L = self.reverse(fake_ab, training=True)
            fake_L = self.reverse(ab, training=True)
            back_ab = self.network(fake_L, training=True)
            return (fake_ab, back_L, fake_L, back_ab), {}

        variables = [*self.network.trainable_variables, *self.reverse.trainable_variables]
        generated, _, adjoint = self.record(there_and_back, variables)
        logs_D = self._move_discriminators(L, true_L, ab, generated, share)
        logs_G, gradients = self.gradient(
            lambda *generated: self._generator_loss(L, ab, generated, share), tuple(generated)
        )
        self.optimizer.optimizers[0].apply(adjoint(gradients), variables)
        self.logged.update({**logs_G, **logs_D}, count)

    def _others(self, count):
        """Rows of a batch moved on by a random number of places, so that none keeps its own."""
        steps = keras.random.randint((), 1, ops.maximum(count, 2), seed=self.seeds)
        return (ops.arange(count) + steps) % count

    def _generator_loss(self, L, ab, generated, share):
        gan, weight = self.adversary.gan, self.adversary.cycle_weight
        fake_ab, back_L, fake_L, back_ab = generated
        answers = self.discriminator(ops.concatenate([L, fake_ab], axis=-1), training=True)
        reverse_answers = self.reverse_discriminator(fake_L, training=True)
        adversarial = gan.weight * (gan.generator(answers) + gan.generator(reverse_answers))
        cycle = weight * (ops.mean(ops.abs(back_L - L)) + ops.mean(ops.abs(back_ab - ab)))
        loss = adversarial + cycle
        logs = {"loss_G": loss, "loss_G_GAN": adversarial, "loss_G_cycle": cycle}
        return share * loss, logs

    def _move_discriminators(self, L, true_L, ab, generated, share):
        gan = self.adversary.gan
        fake_ab, _, fake_L, _ = generated
        if self.adversary.pool_pairs:
            shown = self.colour_pool.exchange(ops.concatenate([L, fake_ab], axis=-1))
        else:
            shown = ops.concatenate([L, self.colour_pool.exchange(fake_ab)], axis=-1)
        shown_L = self.lightness_pool.exchange(fake_L)
        real = ops.concatenate([true_L, ab], axis=-1)

        def loss():
            fake_answers = self.discriminator(shown, training=True)
            real_answers = self.discriminator(real, training=True)
            reverse_fake = self.reverse_discriminator(shown_L, training=True)
            reverse_real = self.reverse_discriminator(L, training=True)
            seeds = self.seeds
            loss_fake = gan.fake(fake_answers, seeds) + gan.fake(reverse_fake, seeds)
            loss_real = gan.real(real_answers, seeds) + gan.real(reverse_real, seeds)
            return self._discriminator_loss(loss_real, loss_fake, real_answers, fake_answers, share)

        discriminators = (self.discriminator, self.reverse_discriminator)
        variables = [v for network in discriminators for v in network.trainable_variables]
        return self.minimise(loss, variables, self.optimizer.optimizers[1])
