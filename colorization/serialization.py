"""A configuration as plain data, and what two of them differ in."""

import dataclasses
import functools
from typing import Any

# Metadata of a field that came after runs had been stored: left out as long as it is the default,
# so that a configuration of then and the same of now are one.
LATER = {"later": True}


def to_json(value) -> Any:
    """A configuration as plain data: dataclasses by field, functions by name and arguments."""
    if isinstance(value, functools.partial):
        return {"build": value.func.__name__, **to_json(value.keywords)}
    if dataclasses.is_dataclass(value):
        fields = {
            field.name: to_json(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if not field.metadata or getattr(value, field.name) != field.default
        }
        return {"type": type(value).__name__, **fields}
    if isinstance(value, dict):
        return {key: to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if callable(value):
        return {"build": value.__name__}
    return value


def initial_weights(config: dict) -> str | None:
    """What a stored configuration's network started from: "imagenet", or None for random weights.

    Until it was a field of its own, it was an argument of the network.
    """
    return config.get("initial_weights", config["network"].get("weights"))


def differences(
    stored: dict, given: dict, prefix: str = "", said: str = "stored {!r}, given {!r}"
) -> list[str]:
    """What differs between two configurations, as "field: stored X, given Y", or as `said`."""
    found = []
    for key in sorted(stored.keys() | given.keys()):
        old, new = stored.get(key), given.get(key)
        if isinstance(old, dict) and isinstance(new, dict):
            found += differences(old, new, f"{prefix}{key}.", said)
        elif old != new:
            found.append(f"{prefix}{key}: {said.format(old, new)}")
    return found
