"""Which images of a run figures show, and how those and the network's answers are kept.

A *grid* is a row of images by one rule, such as "test-random", "coco-random", or "test@5-random",
of the network after 5 epochs. What a network answered is kept as 8-bit planes: `a + 128` and
`b + 128`, rounded to Lab units, or sRGB where the network gives its own lightness. Lossy pictures
would be off by more than the differences that count (AVIF and WebP at quality 95: 1.2 to 1.8
CIEDE2000; rounded ab: 0.3).
"""

import hashlib
import io

import numpy as np
from PIL import Image

COUNT = 5  # images of a grid, as in the reports
RULES = {
    "random": "drawn with seed 0",
    "best": "lowest mean CIEDE2000",
    "worst": "highest mean CIEDE2000",
    "miscoloured": "highest mean CIEDE2000 among the half whose edges of colour lie best",
}
GRIDS = (("train", "random"), *(("test", rule) for rule in RULES))


def choose(rows: list[dict], rule: str, count: int = COUNT) -> list[int]:
    """Indices of the images that a rule of `RULES` shows."""
    count = min(count, len(rows))
    if rule == "random":
        return np.random.default_rng(0).choice(len(rows), count, replace=False).tolist()
    order = np.argsort([row["ciede2000"] for row in rows], kind="stable")
    if rule == "best":
        return order[:count].tolist()
    if rule == "miscoloured":
        edges = np.nan_to_num([row["edge_agreement"] for row in rows])
        order = order[edges[order] >= np.median(edges)]
    return order[::-1][:count].tolist()


def split_of(grid: str) -> str:
    """The split whose images a grid shows: "test", "coco", "test@5"."""
    return grid.rpartition("-")[0]


def said(grid: str, count: int) -> str:
    """How the images of a grid were chosen."""
    split, _, rule = grid.rpartition("-")
    return f"{count} {split} images, {RULES[rule]}"


def to_8_bits(ab: np.ndarray) -> np.ndarray:
    """ab `[..., 2]` in Lab units as it is kept, uint8."""
    return (np.rint(ab).clip(-128, 127) + 128).astype("uint8")


def from_8_bits(kept: np.ndarray) -> np.ndarray:
    """What `to_8_bits` kept, float32 in Lab units."""
    return kept.astype("float32") - 128


def encode(tiles: np.ndarray) -> bytes:
    """Tiles uint8 `[N, H, W, 2 or 3]` side by side, as lossless WebP."""
    if tiles.shape[-1] == 2:
        tiles = np.concatenate([tiles, np.full_like(tiles[..., :1], 128)], axis=-1)
    written = io.BytesIO()
    Image.fromarray(np.concatenate(list(tiles), axis=1)).save(
        written, "WEBP", lossless=True, quality=80, method=4, exact=True
    )
    return written.getvalue()


def decode(contents: bytes, count: int) -> np.ndarray:
    """`count` tiles, uint8 `[N, H, W, 3]`, that `encode` put side by side."""
    with Image.open(io.BytesIO(contents)) as image:
        return np.stack(np.split(np.asarray(image.convert("RGB")), count, axis=1))


def digest(photograph: np.ndarray) -> str:
    """The name of a photograph uint8 `[H, W, 3]`, by its pixels."""
    shape = "x".join(map(str, photograph.shape)).encode()
    return hashlib.sha256(shape + photograph.tobytes()).hexdigest()[:16]
