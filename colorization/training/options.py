"""How a run is carried out."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from colorization.errors import UserError
from colorization.training.devices import (
    memory,
)

RESIDENT_SHARE = 1 / 4  # of an accelerator's memory that training images may take


@dataclass(frozen=True)
class RunOptions:
    """How a run is carried out. The weights it ends with do not depend on it, but for rounding.

    Args:
        say: called with lines of text, one for each epoch among them.
        checkpoint_seconds: least time between two checkpoints.
        devices: on which each batch is shared out.
        watchers: each is called with the run folder, its configuration, its prepared images and
            the number of epochs already finished, and gives a callback with a method `close`.
        feeding: where batches are put together, "host" or "device", which then holds all training
            images; "auto" takes an accelerator that has room.
        deadline: `time.monotonic()` at which to have stopped, after an epoch.
    """

    say: Callable[[str], None] = print
    checkpoint_seconds: float = 30
    devices: int = 1
    watchers: tuple[Callable, ...] = ()
    feeding: str = "auto"
    deadline: float = math.inf

    def holds_on_device(self, images: np.ndarray) -> bool:
        """Whether the device is to hold these training images.

        Raises:
            UserError: it is, and there are several devices.
        """
        if self.feeding == "device" and self.devices > 1:
            raise UserError("--feeding device holds the images on one device; use --devices 1")
        if self.feeding != "auto" or self.devices > 1:
            return self.feeding == "device"
        room = memory()
        return room is not None and images.nbytes <= RESIDENT_SHARE * room
