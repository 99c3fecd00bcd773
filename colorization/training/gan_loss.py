"""The adversarial loss: how a discriminator's answers become numbers to minimise."""

from dataclasses import dataclass

import keras


@dataclass(frozen=True)
class GanLoss:
    """Binary cross-entropy between a discriminator's answers and "real" or "fake".

    Args:
        from_logits: the discriminator ends without a sigmoid.
        saturating: the generator minimises log(1 - D(fake)), as Goodfellow's value function
            says, instead of -log D(fake).
        label_noise: targets are 1 - U(0, noise) for real and U(0, noise) for fake, drawn anew for
            every answer and step.
        weight: of the generator's adversarial term; 0 leaves the generator untouched by it.
        discriminator_factor: of the sum of the discriminator's two terms; pix2pix has 1/2.
    """

    from_logits: bool = True
    saturating: bool = False
    label_noise: float = 0.0
    weight: float = 1.0
    discriminator_factor: float = 0.5

    def __post_init__(self):
        if not 0 <= self.label_noise <= 1 or self.weight < 0 or self.discriminator_factor < 0:
            raise ValueError("label_noise is from 0 to 1, weight and discriminator_factor from 0")

    def real(self, answers, seeds):
        """The discriminator's loss on real images; `seeds` is a `keras.random.SeedGenerator`."""
        return self._cross_entropy(1.0 - self._noise(answers, seeds), answers)

    def fake(self, answers, seeds):
        """The discriminator's loss on generated images."""
        return self._cross_entropy(self._noise(answers, seeds), answers)

    def generator(self, answers):
        """The generator's loss on the answers to its images, before `weight`."""
        if self.saturating:
            return -self._cross_entropy(keras.ops.zeros_like(answers), answers)
        return self._cross_entropy(keras.ops.ones_like(answers), answers)

    def probability(self, answers):
        """Answers as the probability of "real"."""
        return keras.ops.sigmoid(answers) if self.from_logits else answers

    def _noise(self, answers, seeds):
        if not self.label_noise:
            return keras.ops.zeros_like(answers)
        return keras.random.uniform(keras.ops.shape(answers), 0.0, self.label_noise, seed=seeds)

    def _cross_entropy(self, targets, answers):
        losses = keras.ops.binary_crossentropy(targets, answers, from_logits=self.from_logits)
        return keras.ops.mean(losses)
