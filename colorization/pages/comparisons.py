"""The same images as coloured by several arms, or after several epochs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from colorization.pages.figures import Figure, Grid
from colorization.pages.tiles import COLOURED, GRAY, ORIGINAL, columns, mosaic, tiles
from colorization.results.runs import StoredRun
from colorization.results.samples import said, split_of
from colorization.results.stored import Stored, run_note, seed_and_mean, source_note, titled


def gan_grids(
    name: str, arm: str, title: str, rules=("random",), split: str = "test", across: bool = False
):
    """Grids of an arm's test images, one for each rule of `colorization.results.samples.RULES`."""
    titles = {
        "random": "drawn at random",
        "best": "best",
        "worst": "worst",
        "miscoloured": "wrong colours inside right edges",
    }
    for rule in rules:
        suffix = "" if rule == rules[0] else f"-{rule}"
        sample, said_too = f"{split}-{rule}", f"{title}, {titles[rule]}"
        yield Grid(f"{name}{suffix}", arm, sample, said_too, across=across)


def _stack(
    path, bands: dict[str, np.ndarray], title: str, run: StoredRun, grid: str, note: str, across
):
    """Draw bands, label -> tiles `[N, H, W, 3]`, of the images of a grid: as rows, or across."""
    from colorization.pages import image_grids

    names = columns(run, grid)
    image_grids.image_grid(
        path,
        mosaic(list(bands.values()), across),
        rows=names if across else list(bands),
        columns=list(bands) if across else names,
        title=titled(title, run),
        note=f"{said(grid, len(names))}; {note}\n{source_note(run, grid)}",
    )


@dataclass(frozen=True)
class Compared(Figure):
    """The same images coloured by several arms, at the largest scale of the first.

    Beside an arm stands how far its colours are off over all images of the set, where those have
    colours to compare with: of the seed that is shown, and over all seeds.

    Args:
        original: show the photographs as they were.
        across: an arm is a column; else a row.
        label: (run) to the text beside what it coloured; by default its arm.
    """

    name: str
    arms: tuple[str, ...]
    sample: str
    title: str
    original: bool = True
    across: bool = False
    label: Callable[[StoredRun], str] = lambda run: run.arm
    suffix = ".webp"

    def shows(self, arm: str) -> set[str]:
        return {self.sample} if arm in self.arms else set()

    def draw(self, path: Path, stored: Stored) -> bool:
        first = stored.first(self.arms[0])
        if first is None or self.sample not in first.shown:
            return False
        own = tiles(first, self.sample)
        bands = {GRAY: own[GRAY]}
        for arm in self.arms:
            runs = stored.at(first.scale).of(arm)
            if not runs or not _same_images(runs[0], first, self.sample):
                continue
            label = self.label(runs[0])
            if self.original:
                means = seed_and_mean(runs[0], runs, split_of(self.sample))
                label += "\n" + (means.replace("; ", ";\n") if self.across else means)
            bands[label] = tiles(runs[0], self.sample)[COLOURED]
        if self.original:
            bands[ORIGINAL] = own[ORIGINAL]
        note = f"trained with seed {first.seed}"
        if self.original:
            note += "; ΔE: mean CIEDE2000 over all images of the set, of that seed; of all seeds"
        _stack(path, bands, self.title, first, self.sample, note, self.across)
        return True


def _same_images(run: StoredRun, other: StoredRun, grid: str) -> bool:
    """Whether a grid of two runs shows the same photographs."""
    mine = run.shown.get(grid, {}).get("photographs")
    return mine == other.shown[grid]["photographs"]


@dataclass(frozen=True)
class OverEpochs(Figure):
    """The same test images as coloured after each snapshot's epoch and at the end."""

    name: str
    arm: str
    title: str
    suffix = ".webp"

    def shows(self, arm: str) -> set[str]:
        return {"test-random", "test@*-random"} if arm == self.arm else set()

    def draw(self, path: Path, stored: Stored) -> bool:
        run = stored.first(self.arm)
        if run is None:
            return False
        own = tiles(run, "test-random")
        bands = {GRAY: own[GRAY]}
        for epoch, split in run.snapshots.items():
            bands[f"epoch {epoch}"] = tiles(run, f"{split}-random")[COLOURED]
        bands[f"epoch {run.last_epoch}"] = own[COLOURED]
        bands[ORIGINAL] = own[ORIGINAL]
        _stack(path, bands, self.title, run, "test-random", run_note(run), across=False)
        return True
