"""What the tests of spot checks share."""

import numpy as np
import pytest
from skimage import color

from colorization.data.prepared import prepare
from colorization.data.recipe import Recipe

SIZE = 24

SPACES = pytest.mark.parametrize("lab_before_resize", [False, True], ids=["rgb", "lab8"])


def colourful(index, size=SIZE):
    """A textured image of one strong hue; neighbours in `index` are far apart in hue."""
    random = np.random.default_rng(index)
    angle = np.deg2rad(137.5 * index)
    lab = np.empty((size, size, 3))
    lab[..., 0] = random.uniform(45, 75, (size // 4, size // 4)).repeat(4, 0).repeat(4, 1)
    lab[..., 1:] = 40 * np.array([np.cos(angle), np.sin(angle)])
    lab[..., 1:] += random.normal(0, 8, (size // 4, size // 4, 2)).repeat(4, 0).repeat(4, 1)
    return to_rgb8(lab)


def to_rgb8(lab):
    """Lab to what a viewer sees, by scikit-image."""
    return np.rint(np.clip(color.lab2rgb(lab), 0, 1) * 255).astype("uint8")


def prepared_set(write_source, test, **recipe):
    """Test images among colourful training images."""
    size = len(test[0])
    images = {
        "train": {f"{i}.png": colourful(100 + i, size) for i in range(6)},
        "val": {"0.png": colourful(200, size)},
        "test": {f"{i}.png": image for i, image in enumerate(test)},
    }
    return prepare(write_source(images), Recipe(size, **recipe))


def ciede2000(lab1, lab2):
    """Sharma, Wu, Dalal (2005), equations 2 to 22, with unit weights; hues in degrees."""
    (L1, a1, b1), (L2, a2, b2) = (
        np.moveaxis(np.asarray(lab, "float64"), -1, 0) for lab in (lab1, lab2)
    )
    mean_chroma7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    G = 0.5 * (1 - np.sqrt(mean_chroma7 / (mean_chroma7 + 25.0**7)))
    a1, a2 = (1 + G) * a1, (1 + G) * a2
    C1, C2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    gray = C1 * C2 == 0
    turn = h2 - h1
    dh = np.where(turn > 180, turn - 360, np.where(turn < -180, turn + 360, turn))
    dh = np.where(gray, 0, dh)
    dL, dC, dH = L2 - L1, C2 - C1, 2 * np.sqrt(C1 * C2) * np.sin(np.radians(dh / 2))
    L, C, total = (L1 + L2) / 2, (C1 + C2) / 2, h1 + h2
    h = np.where(np.abs(turn) <= 180, total, np.where(total < 360, total + 360, total - 360)) / 2
    h = np.where(gray, total, h)
    T = 1 - 0.17 * np.cos(np.radians(h - 30)) + 0.24 * np.cos(np.radians(2 * h))
    T += 0.32 * np.cos(np.radians(3 * h + 6)) - 0.20 * np.cos(np.radians(4 * h - 63))
    S_L = 1 + 0.015 * (L - 50) ** 2 / np.sqrt(20 + (L - 50) ** 2)
    S_C, S_H = 1 + 0.045 * C, 1 + 0.015 * C * T
    rotation = 2 * np.sqrt(C**7 / (C**7 + 25.0**7))
    rotation *= -np.sin(np.radians(60 * np.exp(-(((h - 275) / 25) ** 2))))
    dL, dC, dH = dL / S_L, dC / S_C, dH / S_H
    return np.sqrt(dL**2 + dC**2 + dH**2 + rotation * dC * dH)


def slope(channels):
    """Norm of the gradient: central differences, at the border those to the next pixel."""
    squares = np.zeros(channels.shape[:2])
    for axis in (0, 1):
        along = np.moveaxis(np.asarray(channels, "float64"), axis, 0)
        difference = np.empty_like(along)
        difference[1:-1] = (along[2:] - along[:-2]) / 2
        difference[0], difference[-1] = along[1] - along[0], along[-1] - along[-2]
        squares += np.square(np.moveaxis(difference, 0, axis)).sum(axis=-1)
    return np.sqrt(squares)


def colourfulness(rgb):
    red, green, blue = (rgb[..., i].astype("float64") for i in range(3))
    rg, yb = red - green, 0.5 * (red + green) - blue
    return np.sqrt(rg.var() + yb.var()) + 0.3 * np.sqrt(rg.mean() ** 2 + yb.mean() ** 2)
