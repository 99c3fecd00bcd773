"""A white page, to ask what a network makes of paper on which nothing is drawn."""

from dataclasses import dataclass

import numpy as np

from colorization.data.source import Splits

SIZE = 256  # pixels


@dataclass(frozen=True)
class Sheet:
    """The page as an `Item` of `colorization.data.source`, in 8-bit Lab."""

    name = "white-page/sheet"
    identity = ("white page", SIZE)

    def __str__(self) -> str:
        return "the white page"

    def read(self) -> np.ndarray:
        return np.full((SIZE, SIZE, 3), (255, 128, 128), "uint8")


@dataclass(frozen=True)
class WhitePage:
    """A single test image of L = 100, a = b = 0."""

    key = name = "white-page"
    title = "a white page"
    licence = "Apache-2.0 (drawn by this code)"
    space = "lab8"
    strict = True

    def files(self) -> Splits:
        return {"test": [Sheet()]}
