"""The same images as coloured by several arms, or after several epochs."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from colorization.pages import image_grids
from colorization.pages.figures import Figure, Grid, short
from colorization.results.runs import StoredRun
from colorization.results.stored import Stored, run_note, snapshots, source_note


def gan_grids(name: str, arm: str, title: str, rules=("random",), split: str = "test"):
    """Grids of an arm's test images, one for each rule of `results.SAMPLE_RULES`."""
    said = {
        "random": "drawn at random",
        "best": "best",
        "worst": "worst",
        "miscoloured": "wrong colours inside right edges",
    }
    for rule in rules:
        suffix = "" if rule == rules[0] else f"-{rule}"
        yield Grid(f"{name}{suffix}", arm, f"{split}-{rule}", f"{title}, {said[rule]}")


def _bands(run: StoredRun, sample: str) -> dict[str, np.ndarray]:
    """The rows of tiles of a stored grid by their labels."""
    labels = run.samples[sample]["rows"]
    return dict(zip(labels, np.split(run.sample_mosaic(sample), len(labels)), strict=True))


def _stack(
    path, bands: dict[str, np.ndarray], title: str, run: StoredRun, sample: str, note: str, across
):
    """Draw bands of tiles, label -> tiles, of the images of a stored grid: as rows, or across."""
    entry = run.samples[sample]
    names, tiles = [short(name) for name in entry["names"]], list(bands.values())
    if across:
        tiles = [np.concatenate(np.split(band, len(names), axis=1)) for band in tiles]
    image_grids.image_grid(
        path,
        np.concatenate(tiles, axis=1 if across else 0),
        rows=names if across else list(bands),
        columns=list(bands) if across else names,
        title=title,
        note=f"{entry['rule']}; {note}\n{source_note(run, sample)}",
    )


@dataclass(frozen=True)
class Compared(Figure):
    """The same images coloured by several arms, at the largest scale of the first.

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

    def shows(self, arm: str) -> set[str]:
        return {self.sample} if arm in self.arms else set()

    def draw(self, path: Path, stored: Stored) -> bool:
        first = stored.first(self.arms[0])
        if first is None or self.sample not in first.samples:
            return False
        names, own = first.samples[self.sample]["names"], _bands(first, self.sample)
        bands = {"gray": own["gray"]}
        for arm in self.arms:
            run = next((r for r in stored.of(arm) if r.scale == first.scale), None)
            if run is None or run.samples.get(self.sample, {}).get("names") != names:
                continue
            bands[self.label(run)] = _bands(run, self.sample)["re-coloured"]
        if self.original:
            bands["original"] = own["original"]
        note = f"scale {first.scale}, seed {first.seed}"
        _stack(path, bands, self.title, first, self.sample, note, self.across)
        return True


@dataclass(frozen=True)
class OverEpochs(Figure):
    """The same test images as coloured after each snapshot's epoch and at the end."""

    name: str
    arm: str
    title: str

    def shows(self, arm: str) -> set[str]:
        return {"test-random", "test@*-random"} if arm == self.arm else set()

    def draw(self, path: Path, stored: Stored) -> bool:
        run = stored.first(self.arm)
        if run is None:
            return False
        own = _bands(run, "test-random")
        bands = {"gray": own["gray"]}
        for epoch, sample in snapshots(run).items():
            bands[f"epoch {epoch}"] = _bands(run, f"{sample}-random")["re-coloured"]
        bands[f"epoch {run.last_epoch}"] = own["re-coloured"]
        bands["original"] = own["original"]
        _stack(path, bands, self.title, run, "test-random", run_note(run), across=False)
        return True
