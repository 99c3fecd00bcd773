"""What every game of generators against discriminators has in common."""

from keras import ops

from colorization.colour.lab import images_to_lab
from colorization.training.steps import StepModel
from colorization.training.supervised import unpack

DISCRIMINATOR_LOG = ("loss_D", "loss_D_real", "loss_D_fake", "D_accuracy", "D_real", "D_fake")


class Game(StepModel):
    """Examples, the discriminators' log, and validation by the loss on pixels.

    Args:
        generator_log: names of the generators' losses.
        name: of the model.
        network: the generator that colours, the objective's inputs to its output.
        objective: examples and the loss on pixels.
        adversary: the rules; see `colorization.training.config`.
        space: of the prepared images, "rgb" or "lab8".
    """

    def __init__(self, generator_log, name, network, objective, adversary, space):
        super().__init__((*generator_log, *DISCRIMINATOR_LOG), name=name)
        self.network = network
        self.objective = objective
        self.adversary = adversary
        self.space = space
        self.pixel_loss = objective.loss()
        self.built = True  # the networks are, and there is nothing else to build

    @property
    def generators(self) -> list:
        """Networks that the first optimiser moves."""
        return [self.network]

    @property
    def discriminators(self) -> list:
        """Networks that the second optimiser moves."""
        raise NotImplementedError

    @property
    def networks(self) -> list:
        return [*self.generators, *self.discriminators]

    def validate(self, batch):
        inputs, real = self._examples(batch)
        outputs = self.network(inputs, training=False)
        loss = ops.mean(self.pixel_loss.call(real, outputs))
        self.held_out.update({"loss": loss}, ops.shape(real)[0])

    def _examples(self, batch):
        images, labels = unpack(batch)
        return self.objective.examples(images_to_lab(images, self.space), labels=labels)

    def _discriminator_loss(self, loss_real, loss_fake, real_answers, fake_answers, share):
        """What the discriminators minimise, and their log; the answers are those on colours."""
        gan = self.adversary.gan
        value = gan.discriminator_factor * (loss_fake + loss_real)
        p_real, p_fake = gan.probability(real_answers), gan.probability(fake_answers)
        logs = {
            "loss_D": value,
            "loss_D_real": loss_real,
            "loss_D_fake": loss_fake,
            "D_accuracy": (_share(p_real > 0.5) + _share(p_fake <= 0.5)) / 2,
            "D_real": ops.mean(p_real),
            "D_fake": ops.mean(p_fake),
        }
        return share * value, logs


def _share(truths):
    return ops.mean(ops.cast(truths, "float32"))
