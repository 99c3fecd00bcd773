"""An image to a row of a prepared array: cropped, resized, in the recipe's space."""

import numpy as np
from PIL import Image
from skimage import color, transform

from colorization.data.read import BadImage, read_photograph
from colorization.data.recipe import RESAMPLING, Recipe

NEAR_GRAY = 5  # Lab units; Zhang's rule: no abs(a) or abs(b) of the image exceeds it


def decode(data: bytes | np.ndarray, recipe: Recipe) -> tuple[np.ndarray, list[str]]:
    """An image to a row of the array.

    Args:
        data: contents of an image file, or uint8 `[H, W, 3]` in 8-bit Lab.
        recipe: size, crop, colour space.

    Returns:
        uint8 `[size, size, 3]`, in the recipe's space if `data` is a file and in 8-bit Lab if it
        is not, and notes: "grayscale" or "cmyk" (the file was converted to RGB), "upsampled",
        "near_gray" (no colour beyond 5 Lab units).

    Raises:
        BadImage: unreadable, or smaller than `size` where the recipe minds.
    """
    in_lab = not isinstance(data, bytes)
    # Pillow takes the three planes as RGB and resizes each for itself.
    image, notes = _read(data) if isinstance(data, bytes) else (Image.fromarray(data), [])
    if min(image.size) < recipe.size:
        if not recipe.upsample:
            raise BadImage(f"is {image.width}x{image.height} px, smaller than {recipe.size} px")
        notes = [*notes, "upsampled"]
    to_lab = recipe.lab_before_resize and not in_lab
    pixels = _resize(image, recipe, to_lab)
    lab = _from_lab8(pixels) if in_lab or to_lab else color.rgb2lab(pixels)
    if np.abs(lab[..., 1:]).max() <= NEAR_GRAY:
        notes = [*notes, "near_gray"]
    return pixels, notes


def _read(data: bytes) -> tuple[Image.Image, list[str]]:
    photograph = read_photograph(data)
    return Image.fromarray(photograph.rgb), list(photograph.notes)


def _resize(image: Image.Image, recipe: Recipe, to_lab: bool) -> np.ndarray:
    size = recipe.size
    if recipe.crop:
        short = min(image.size)
        width, height = (int(size * side / short) for side in image.size)
    else:
        width, height = size, size
    if to_lab:
        lab = color.rgb2lab(np.asarray(image))
        lab = transform.resize(
            lab, (height, width), order=1, mode="edge", anti_aliasing=False, preserve_range=True
        )
        pixels = _to_lab8(lab)
    else:
        pixels = np.asarray(image.resize((width, height), RESAMPLING[recipe.resample]))
    top, left = round((height - size) / 2), round((width - size) / 2)
    return pixels[top : top + size, left : left + size]


def _to_lab8(lab: np.ndarray) -> np.ndarray:
    """Lab units to 8-bit Lab as OpenCV packs it, rounded."""
    lab8 = lab * [255 / 100, 1, 1] + [0, 128, 128]
    return np.clip(np.rint(lab8), 0, 255).astype("uint8")


def _from_lab8(lab8: np.ndarray) -> np.ndarray:
    return lab8 * [100 / 255, 1, 1] - [0, 128, 128]
