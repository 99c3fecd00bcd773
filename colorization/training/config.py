"""The configuration of a run: everything that determines its weights, as data."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from colorization.data.recipe import Recipe
from colorization.training.gan_loss import GanLoss


@dataclass(frozen=True)
class Pretraining:
    """A first stage: the network learns the objective alone, without an adversary.

    Args:
        epochs: of this stage, before those of the configuration.
        learning_rate, beta_1: of its own Adam.
    """

    epochs: int
    learning_rate: float = 1e-4
    beta_1: float = 0.9


@dataclass(frozen=True)
class Adversary:
    """The discriminator and the rules of the game (see `AdversarialColorizer`).

    Args:
        discriminator: builds it from `size` and `channels`; a function of
            `colorization.models` or a `functools.partial` of one.
        conditional: it sees the lightness beside the image, else the image alone; never its class.
        gan: the adversarial loss.
        pixel_weight: lambda, of the objective's loss; 0 for a GAN alone.
        simultaneous: both move from the same point; else the discriminator moves first.
        discriminator_steps: updates of the discriminator for each of the generator.
        learning_rate: of the discriminator's Adam, if not the generator's.
    """

    discriminator: Callable
    conditional: bool = True
    gan: GanLoss = GanLoss()
    pixel_weight: float = 100.0
    simultaneous: bool = False
    discriminator_steps: int = 1
    learning_rate: float | None = None

    def build_discriminator(self, size: int, objective):
        """The discriminator of images of `size` pixels, with as many channels as it is shown."""
        channels = objective.output_channels + (1 if self.conditional else 0)
        return self.discriminator(size=size, channels=channels)


@dataclass(frozen=True)
class CycleAdversary:
    """Two generators and two discriminators tied by cycle consistency (see `CycleColorizer`).

    Args:
        reverse: builds the generator from colour to lightness, from `size`.
        discriminator: builds either discriminator from `size` and `channels`.
        gan: the adversarial loss.
        cycle_weight: lambda of the L1 between an image and its way there and back.
        pool: generated colours kept to be shown to the discriminator again.
        pool_pairs: keep each with the lightness it was made for; else it is joined to the current
            batch's lightness, as Cheng and Zhang ran it.
        paired: lightness and true colours of a batch come from the same photographs.
    """

    reverse: Callable
    discriminator: Callable
    gan: GanLoss = GanLoss()
    cycle_weight: float = 100.0
    pool: int = 100
    pool_pairs: bool = True
    paired: bool = False


@dataclass(frozen=True)
class TrainingConfig:
    """One training run, but for its seed.

    Args:
        source: image set, see `colorization.data.sources`.
        recipe: how its images are prepared.
        network: builds the network from a size in pixels; a function of
            `colorization.models` or a `functools.partial` of one.
        objective: inputs, targets, loss and decoding.
        epochs, batch_size: as in the report.
        learning_rate, beta_1, beta_2, epsilon: of Adam; PyTorch's defaults.
        reshuffle: draw a new order each epoch, else one for all.
        flip: mirror training images at random.
        train_mode_validation: see `SupervisedColorizer`; also how the test images are judged.
        precision: Keras dtype policy, "float32" or "mixed_bfloat16".
        adversary: None trains towards the objective alone.
        pretraining: a first stage without the adversary; its epochs come before `epochs`.
        snapshots: epochs, counted from the first stage on, after which the network is kept so
            that it can be judged as it was then.
    """

    source: Any
    recipe: Recipe
    network: Callable
    objective: Any
    epochs: int
    batch_size: int
    learning_rate: float = 1e-3
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    reshuffle: bool = True
    flip: bool = False
    train_mode_validation: bool = False
    precision: str = "float32"
    adversary: Adversary | CycleAdversary | None = None
    pretraining: Pretraining | None = None
    snapshots: tuple[int, ...] = ()

    @property
    def all_epochs(self) -> int:
        """Epochs of all stages."""
        return self.epochs + (self.pretraining.epochs if self.pretraining else 0)
