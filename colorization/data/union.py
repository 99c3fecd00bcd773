"""Several sets as one, each in its own split."""

from dataclasses import dataclass
from typing import Any

from colorization.data.source import Splits


@dataclass(frozen=True)
class Union:
    """The training images of some sets, and the test images of some.

    Args:
        name: of the whole.
        train, test: image sets, of images of one space; what else they hold is left aside.
    """

    name: str
    train: tuple[Any, ...]
    test: tuple[Any, ...]

    strict = False

    @property
    def key(self) -> str:
        return f"{self.name} ({' + '.join(part.key for part in self._parts)})"

    @property
    def title(self) -> str:
        return ", ".join(part.title for part in self._parts)

    @property
    def licence(self) -> str:
        return "; ".join(f"{part.title}: {part.licence}" for part in self._parts)

    @property
    def _parts(self) -> tuple[Any, ...]:
        return tuple(dict.fromkeys((*self.train, *self.test)))

    def files(self) -> Splits:
        chosen = {"train": self.train, "test": self.test}
        return {
            split: [item for part in parts for item in part.files()[split]]
            for split, parts in chosen.items()
        }


def training_sets(source) -> list[dict[str, str]]:
    """ "name", "title" and "licence" of each set that an image set takes training images of."""
    parts = source.train if isinstance(source, Union) else getattr(source, "parts", None)
    if parts:
        return [one for part in parts for one in training_sets(part)]
    name = getattr(source, "name", source.key)
    return [{"name": name, "title": source.title, "licence": source.licence}]
