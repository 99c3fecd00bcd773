"""A photograph before and after, side by side in one image."""

from pathlib import Path

import numpy as np
from PIL import Image

from colorization.files import replacing
from colorization.photographs.save import FORMATS

SIDE = 1000  # pixels that each photograph may have in width and height

GRAY = 8  # of 255, that the channels of a gray photograph may differ by after compression


def at_most(rgb: np.ndarray, side: int) -> Image.Image:
    """An image of at most `side` pixels in width and height."""
    image = Image.fromarray(rgb)
    image.thumbnail((side, side))
    return image


def save_side_by_side(original: Image.Image, coloured: Image.Image, target: Path) -> None:
    """Write gray | coloured, and | original where that has colours, as the target's suffix says.

    Args:
        original, coloured: RGB, of one size.
        target: the file, of a suffix in `colorization.photographs.save.FORMATS`.
    """
    shown = [original.convert("L"), coloured]
    if np.ptp(np.asarray(original), axis=-1).max() > GRAY:
        shown.append(original)
    row = Image.new("RGB", (len(shown) * original.width, original.height))
    for place, image in enumerate(shown):
        row.paste(image, (place * original.width, 0))
    form = FORMATS[target.suffix.lower()]
    with replacing(target) as part:
        row.save(part, form.name, **form.options)
