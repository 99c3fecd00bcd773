"""The configuration of a run: everything that determines its weights, as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from colorization.data.recipe import Recipe
from colorization.serialization import LATER
from colorization.training.gan_loss import GanLoss

Networks = Mapping[Callable, dict]  # builder -> keywords that replace its own


def narrowed(build: Callable, networks: Networks) -> Callable:
    """A network's builder with some keywords replaced.

    Args:
        build: a function of `colorization.models.networks` or a `functools.partial` of one.
        networks: what replaces the keywords that it is given.
    """
    function = build.func if isinstance(build, partial) else build
    given = build.keywords if isinstance(build, partial) else {}
    changes = networks.get(function, {})
    return partial(function, **{**given, **changes}) if given or changes else function


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

    def __post_init__(self):
        if self.epochs < 1 or self.learning_rate <= 0:
            raise ValueError("epochs is a number from 1, learning_rate is above 0")


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

    def __post_init__(self):
        if self.pixel_weight < 0 or self.discriminator_steps < 1:
            raise ValueError("pixel_weight is a number from 0, discriminator_steps one from 1")

    several_devices = True  # whether a batch can be shared out

    def build_discriminator(self, size: int, objective):
        """The discriminator of images of `size` pixels, with as many channels as it is shown."""
        channels = objective.output_channels + (1 if self.conditional else 0)
        return self.discriminator(size=size, channels=channels)

    def model(self, network, objective, space: str, size: int):
        """The game that trains a network."""
        from colorization.training.adversarial import AdversarialColorizer

        discriminator = self.build_discriminator(size, objective)
        return AdversarialColorizer(network, discriminator, objective, self, space)

    def narrowed(self, networks: "Networks") -> "Adversary":
        """The same with other keywords for its networks; see `narrowed`."""
        return replace(self, discriminator=narrowed(self.discriminator, networks))

    def step_macs(self, network: int, size: int, objective) -> int:
        """Multiply-accumulates of a step, an image, of which the network alone has `network`."""
        from colorization.models.cost import macs

        judge = macs(self.build_discriminator(size, objective))
        return 3 * network + (6 * self.discriminator_steps + 2) * judge


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

    def __post_init__(self):
        if self.cycle_weight < 0 or self.pool < 0:
            raise ValueError("cycle_weight and pool are from 0")

    several_devices = False  # the pool lies on one
    learning_rate = None  # of the discriminators: the generators'

    def model(self, network, objective, space: str, size: int):
        """The game that trains a network."""
        from colorization.training.cycle import CycleColorizer

        return CycleColorizer(
            network,
            self.reverse(size=size),
            self.discriminator(size=size, channels=3),
            self.discriminator(size=size, channels=1),
            objective,
            self,
            space,
            size,
        )

    def narrowed(self, networks: "Networks") -> "CycleAdversary":
        """The same with other keywords for its networks; see `narrowed`."""
        return replace(
            self,
            reverse=narrowed(self.reverse, networks),
            discriminator=narrowed(self.discriminator, networks),
        )

    def step_macs(self, network: int, size: int, objective) -> int:
        """Multiply-accumulates of a step, an image: two of each network, and both ways round."""
        return 21 * network


@dataclass(frozen=True)
class TrainingConfig:
    """One training run, but for its seed.

    Args:
        source: image set, see `colorization.data.sources`.
        recipe: how its images are prepared.
        network: builds the network from a size in pixels; a function of
            `colorization.models.networks` or a `functools.partial` of one.
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
        schedule: "cosine" lets the learning rate rise over the first twentieth of the steps and
            fall to nought along a half cosine; None keeps it.
        move: share of their side that training images are moved by at most, at random, either way;
            what comes in is mirrored at the margin.
        weight_decay: decoupled from the gradient, as in AdamW, times the learning rate.
        initial_weights: "imagenet" for an encoder that starts from ImageNet's, see
            `colorization.models.imagenet_weights`; None for random ones.
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
    initial_weights: str | None = None
    schedule: str | None = field(default=None, metadata=LATER)
    weight_decay: float = field(default=0.0, metadata=LATER)
    move: float = field(default=0.0, metadata=LATER)

    def __post_init__(self):
        if self.schedule not in (None, "cosine"):
            raise ValueError(f"schedule is 'cosine' or None, not {self.schedule!r}")
        if self.initial_weights not in (None, "imagenet"):
            raise ValueError(f"initial_weights is 'imagenet' or None, not {self.initial_weights!r}")
        if not 0 <= self.move < 1:
            raise ValueError("move is a share from 0 to below 1")
        if min(self.epochs, self.batch_size, self.recipe.size) < 1:
            raise ValueError("epochs, batch_size and size are numbers from 1")
        if self.learning_rate <= 0 or not (0 <= self.beta_1 < 1 and 0 <= self.beta_2 < 1):
            raise ValueError("learning_rate is above 0; beta_1 and beta_2 are from 0 to below 1")

    @property
    def all_epochs(self) -> int:
        """Epochs of all stages."""
        return self.epochs + (self.pretraining.epochs if self.pretraining else 0)
