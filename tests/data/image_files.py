"""Images of noise as arrays and as the bytes of files."""

import io

import numpy as np
from PIL import Image

from colorization.data.recipe import Recipe

SIZE = 16

RECIPE = Recipe(SIZE)


def noise(seed, height=SIZE, width=SIZE):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), "uint8")


def encoded(image, kind="png", **options):
    """The bytes of an image file; `image` is an array or a Pillow image."""
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def left_in(folder):
    """What lies among the prepared sets."""
    found = (folder / "data/prepared").iterdir()
    return [path for path in found if path.name != ".lock"]
