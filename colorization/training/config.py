"""The configuration of a run: everything that determines its weights, as data."""

import dataclasses
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from colorization.data.prepare import Recipe


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
        shuffle: draw a new order each epoch.
        flip: mirror training images at random.
        train_mode_validation: see `SupervisedColorizer`; also how the test images are judged.
        precision: Keras dtype policy, "float32" or "mixed_bfloat16".
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
    shuffle: bool = True
    flip: bool = False
    train_mode_validation: bool = False
    precision: str = "float32"


def to_json(value) -> Any:
    """A configuration as plain data: dataclasses by field, functions by name and arguments."""
    if isinstance(value, functools.partial):
        return {"build": value.func.__name__, **to_json(value.keywords)}
    if dataclasses.is_dataclass(value):
        fields = {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return {"type": type(value).__name__, **fields}
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if callable(value):
        return {"build": value.__name__}
    return value


def differences(stored: dict, given: dict, prefix: str = "") -> list[str]:
    """What differs between two configurations, as "field: stored X, given Y"."""
    found = []
    for key in sorted(stored.keys() | given.keys()):
        old, new = stored.get(key), given.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            found += differences(old, new, f"{prefix}{key}.")
        elif old != new:
            found.append(f"{prefix}{key}: stored {old!r}, given {new!r}")
    return found
