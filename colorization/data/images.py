"""Reading image files of any kind that people have, by one rule for training and colouring."""

import io

import numpy as np
from PIL import Image, ImageOps

GRAYSCALE_MODES = {"1", "L", "LA", "I", "I;16", "I;16B"}


class BadImage(Exception):
    """An image that cannot be used; the message says why."""


def read_rgb(data: bytes) -> tuple[Image.Image, list[str]]:
    """An image file's bytes to an upright RGB image.

    EXIF orientation is applied. Grayscale (of 1, 8 or 16 bits) and CMYK are converted.

    Args:
        data: contents of the file.

    Returns:
        the image, mode "RGB", and notes: "grayscale" or "cmyk" where it was converted.

    Raises:
        BadImage: damaged, or no image at all.
    """
    try:
        with Image.open(io.BytesIO(data)) as file:
            mode = file.mode
            image = ImageOps.exif_transpose(file)
            if mode.startswith("I"):  # Pillow clips 16 bits instead of scaling them
                image = Image.fromarray((np.asarray(image) / 257).clip(0, 255).astype("uint8"))
            image = image.convert("RGB")
    except MemoryError:
        raise
    except Exception as error:  # Pillow's decoders raise whatever they stumble over
        raise BadImage(f"cannot be read ({' '.join(str(error).split())[:120]})") from None
    if mode in GRAYSCALE_MODES:
        return image, ["grayscale"]
    return image, ["cmyk"] if mode == "CMYK" else []
