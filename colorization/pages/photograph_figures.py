"""Photographs of a set by themselves: their channels, mirrored, or those of one class."""

from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from colorization.colour.conversion import recolour
from colorization.pages.figures import Figure
from colorization.pages.tiles import columns, mosaic, short, tiles
from colorization.results.runs import StoredRun
from colorization.results.samples import said
from colorization.results.stored import Stored, run_note, seed_and_mean, source_note, titled

MIDDLE = 145  # the sRGB gray of L = 60, on which a and b are shown


def channels(photographs: np.ndarray) -> dict[str, np.ndarray]:
    """Label -> tiles uint8 `[N, H, W, 3]`: sRGB `[N, H, W, 3]`, its channels, and those of Lab.

    Red, green and blue are shown in their own colours, L as gray, a and b each alone at L = 60.
    """
    from skimage.color import rgb2lab

    ab = rgb2lab(photographs)[..., 1:].astype("float32")
    none, gray = np.zeros_like(ab), np.full_like(photographs, MIDDLE)
    found = {"photograph": photographs}
    for index, name in enumerate(("red", "green", "blue")):
        found[name] = np.where(np.arange(3) == index, photographs, 0).astype("uint8")
    found["L"] = recolour(photographs, none)
    for index, name in enumerate(("a: green to red", "b: blue to yellow")):
        found[name] = recolour(gray, np.where(np.arange(2) == index, ab, none), clip=True)
    return found


@dataclass(frozen=True)
class OfSet(Figure):
    """Photographs of an arm's set, without what a network made of them."""

    name: str
    arm: str
    sample: str
    title: str
    suffix = ".webp"
    across = False

    def shows(self, arm: str) -> set[str]:
        return {self.sample} if arm == self.arm else set()

    def bands(self, photographs: np.ndarray) -> dict[str, np.ndarray]:
        """Label -> tiles, uint8 `[N, H, W, 3]`, of photographs `[N, H, W, 3]`."""
        raise NotImplementedError

    def draw(self, path: Path, stored: Stored) -> bool:
        from colorization.pages import image_grids

        run = stored.first(self.arm)
        if run is None or self.sample not in run.shown:
            return False
        bands, names = self.bands(run.photographs(self.sample)), columns(run, self.sample)
        image_grids.image_grid(
            path,
            mosaic(list(bands.values()), self.across),
            rows=names if self.across else list(bands),
            columns=list(bands) if self.across else names,
            title=titled(self.title, run),
            note=f"{said(self.sample, len(names))}\n{source_note(run, self.sample)}",
            scale=max(1, 128 // run.config["recipe"]["size"]) if self.across else None,
        )
        return True


class Channels(OfSet):
    """A photograph a row: as it is, and each channel of RGB and of Lab."""

    across = True

    def bands(self, photographs: np.ndarray) -> dict[str, np.ndarray]:
        return channels(photographs)


class Mirrored(OfSet):
    """A photograph a column: as it is, and as training that mirrors at random may show it."""

    def bands(self, photographs: np.ndarray) -> dict[str, np.ndarray]:
        return {"sample": photographs, "mirrored": photographs[:, :, ::-1]}


@dataclass(frozen=True)
class OfClass(Figure):
    """All photographs of a class among some grids of an arm, gray, coloured, and as they were.

    Args:
        grids: of the arm.
        label: the folder of the class, with which names of its images begin.
    """

    name: str
    arm: str
    grids: tuple[str, ...]
    label: str
    title: str
    suffix = ".webp"

    def shows(self, arm: str) -> set[str]:
        return set(self.grids) if arm == self.arm else set()

    def draw(self, path: Path, stored: Stored) -> bool:
        from colorization.pages import image_grids

        run = stored.first(self.arm)
        if run is None or not set(self.grids) <= run.shown.keys():
            return False
        found = self._found(run)
        if not found:
            return False
        bands = {label: [tile[label] for tile, _ in found.values()] for label in _labels(found)}
        means = seed_and_mean(run, stored.of(self.arm), "test")
        image_grids.image_grid(
            path,
            mosaic([np.stack(band) for band in bands.values()]),
            rows=list(bands),
            columns=[short(PurePosixPath(name).stem) for name in found],
            captions=[f"ΔE {error:.1f}" for _, error in found.values()],
            title=titled(self.title, run),
            note=f"every {self.label} of the test images whose colours are stored; "
            f"{run_note(run)}; all images: {means}\n{source_note(run)}",
        )
        return True

    def _found(self, run: StoredRun) -> dict[str, tuple[dict[str, np.ndarray], float]]:
        """Name -> label -> tile, and how far its colours are off."""
        found = {}
        for grid in self.grids:
            drawn, errors = tiles(run, grid), run.ciede2000(grid)
            for place, name in enumerate(run.shown[grid]["names"]):
                if PurePosixPath(name).parts[0] == self.label:
                    found[name] = {k: band[place] for k, band in drawn.items()}, errors[place]
        return found


def _labels(found: dict) -> list[str]:
    return list(next(iter(found.values()))[0])
