"""Fields of a configuration set by name, as `--set adversary.pixel_weight=10` does.

A name is a path: of a dataclass its fields, of a network what its function takes. What follows from
other settings (channels, for one), or has an option of its own, cannot be set.
"""

import dataclasses
import inspect
import math
import typing
from collections.abc import Mapping
from functools import partial, reduce
from typing import Any, Literal

from colorization.errors import UserError
from colorization.models import networks
from colorization.models.cost import without_values
from colorization.training.config import TrainingConfig

ELSEWHERE = {"source": "--data", "precision": "--precision"}
FOLLOWS = {"inputs", "outputs", "channels", "classes"}
SIMPLE = (bool, int, float, str, type(None))


def with_settings(config: TrainingConfig, settings: Mapping[str, str]) -> TrainingConfig:
    """A configuration with some fields changed.

    Args:
        settings: name, such as "batch_size" or "recipe.size", to the value as text.

    Raises:
        UserError: there is no such name, or it cannot have this value.
    """
    for name, text in settings.items():
        config = _set(config, name.split("."), text, name)
    _check(config, settings)
    last = config.all_epochs
    return dataclasses.replace(config, snapshots=tuple(n for n in config.snapshots if n <= last))


def text_of(config: TrainingConfig, name: str) -> str:
    """The value of a field by its name, as it is typed."""
    value: Any = reduce(lambda whole, part: _parts(whole)[part][0], name.split("."), config)
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return f"{value:.12g}".replace("e+", "e") if isinstance(value, float) else str(value)


def names(value: Any, prefix: str = "") -> list[str]:
    """All names below a part of a configuration that can be set."""
    found = []
    for part, (current, hint) in _parts(value).items():
        found += [prefix + part] if _kinds(hint) else names(current, f"{prefix}{part}.")
    return found


def _parts(value: Any) -> dict[str, tuple[Any, Any]]:
    """Name -> (value, type) of what a dataclass or the builder of a network consists of."""
    if dataclasses.is_dataclass(value):
        hints = typing.get_type_hints(type(value))
        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value)}
    elif callable(value):
        function = networks.load(value.func if isinstance(value, partial) else value)
        hints = typing.get_type_hints(function)
        given = value.keywords if isinstance(value, partial) else {}
        parameters = inspect.signature(function).parameters.values()
        fields = {one.name: given.get(one.name, one.default) for one in parameters}
        fields.pop("size", None)  # the recipe's
    else:
        return {}
    hidden = FOLLOWS | (ELSEWHERE.keys() if isinstance(value, TrainingConfig) else set())
    return {name: (one, hints[name]) for name, one in fields.items() if name not in hidden}


def _kinds(hint: Any) -> tuple:
    """The types that a field's text can stand for; () for a field that has parts of its own."""
    choices = (hint,) if typing.get_origin(hint) is Literal else typing.get_args(hint) or (hint,)
    simple = [one for one in choices if one in SIMPLE or typing.get_origin(one) is Literal]
    return tuple(choices) if len(simple) == len(choices) else ()


def _set(value: Any, path: list[str], text: str, name: str) -> Any:
    part, *rest = path
    parts = _parts(value)
    above = name.removesuffix(".".join(path))
    if part in ELSEWHERE and isinstance(value, TrainingConfig):
        raise UserError(f"{part} is not set by --set: use {ELSEWHERE[part]}")
    if part not in parts or bool(rest) == bool(_kinds(parts[part][1])):
        known = sorted(names(value, above), key=lambda one: one.count("."))
        raise UserError(f"there is no setting {name!r} here; there are: {', '.join(known)}")
    current, hint = parts[part]
    new = _set(current, rest, text, name) if rest else _parsed(text, _kinds(hint), name)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        try:
            return dataclasses.replace(value, **{part: new})
        except ValueError as error:
            raise UserError(f"{name}={text}: {error}") from None
    return partial(value, **{part: new})


def _parsed(text: str, kinds: tuple, name: str) -> Any:
    """A value of one of the types.

    Raises:
        UserError: the text stands for none.
    """
    if type(None) in kinds and text == "none":
        return None
    for kind in kinds:
        if kind is bool and text in ("true", "false"):
            return text == "true"
        if typing.get_origin(kind) is Literal and text in typing.get_args(kind):
            return text
        if kind is str and text:
            return text
        if kind in (int, float):
            try:
                number = kind(text)
            except ValueError:
                continue
            if math.isfinite(number):
                return number
    said = {bool: "true or false", int: "a whole number", float: "a number", type(None): "none"}
    wanted = [said.get(kind) or " or ".join(typing.get_args(kind)) or "a word" for kind in kinds]
    raise UserError(f"{name}={text}: {' or '.join(wanted)} is needed")


def _check(config: TrainingConfig, settings: Mapping[str, str]) -> None:
    """Raise `UserError` where networks of this configuration cannot be built."""
    size = config.recipe.size
    try:
        with without_values():
            network = config.network(size=size)
            if config.adversary:
                config.adversary.model(network, config.objective, "rgb", size)
        config.objective.loss()
    except (ValueError, TypeError, KeyError, ZeroDivisionError) as error:
        said = ", ".join(f"{name}={text}" for name, text in settings.items())
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise UserError(f"{said}: there is no such network ({reason})") from None
