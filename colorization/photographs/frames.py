"""Photographs that are the frames of a video: in their order, with colours that flicker less.

A network colours each frame for itself, and what it is unsure of changes from one to the next. So
each pixel keeps part of the colours before, as long as its lightness stays; where it changes,
something has moved, and takes no colours of what was there.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from colorization.photographs.jobs import Job

HOLD = 0.8  # share of the colours before, where lightness stays
MOVED = 10.0  # L; from this change on no colour is kept
CUT = 15.0  # L; mean change of a frame from which on it begins another scene


def in_order(jobs: Iterable[Job]) -> list[Job]:
    """By folder, and in it as people count: frame-2 before frame-10."""

    def place(job: Job):
        parts = re.split(r"(\d+)", job.photograph.name)
        return job.photograph.parent, [int(p) if p.isdecimal() else p for p in parts]

    return sorted(jobs, key=place)


class Steady:
    """An exponential average of the colours of frames, given one after the other."""

    def __init__(self) -> None:
        self._before: tuple[Path, np.ndarray, np.ndarray] | None = None

    def __call__(self, folder: Path, L: np.ndarray, ab: np.ndarray) -> np.ndarray:
        """The next frame's colours.

        Args:
            folder: whose frame it is; another one is another video.
            L: float32 `[h, w]` in 0..100.
            ab: float32 `[h, w, 2]` in Lab units, as predicted for the frame alone.

        Returns:
            float32 `[h, w, 2]`: averaged, or `ab` itself for the first frame of a scene.
        """
        if self._before:
            last, L_before, ab_before = self._before
            if last == folder and L_before.shape == L.shape:
                change = np.abs(L - L_before)
                if change.mean() < CUT:
                    hold = HOLD * np.clip(1 - change / MOVED, 0, 1)[..., None]
                    ab = ab + hold * (ab_before - ab)
        self._before = folder, L, ab
        return ab
