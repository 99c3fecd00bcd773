"""What a report can ask to be drawn from its stored results.

Matplotlib, and the networks' Keras, are imported when something is drawn: reports name figures.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from colorization.pages.boxes import gathered, part_of
from colorization.pages.tiles import columns, mosaic, tiles
from colorization.reproduction.report import Arm
from colorization.results.runs import StoredRun
from colorization.results.samples import said, split_of
from colorization.results.stored import (
    Stored,
    by_epoch,
    run_note,
    seed_and_mean,
    source_note,
    titled,
)


class Figure:
    """What a report draws: a name, a title, and `draw(path, stored)` to whether it could.

    Attributes:
        suffix: of its file, which says how it is written.
        kept: it is committed with the results; else `make figures` draws it where it is wanted.
        of_code: it is drawn from the code alone, without results.
    """

    name: str
    title: str
    suffix = ".svg"
    kept = True
    of_code = False

    def shows(self, arm: str) -> set[str]:
        """Patterns of the names of an arm's grids that it needs."""
        return set()

    def path(self, folder: Path) -> Path:
        """Its file below the folder of its report."""
        return folder / "figures" / f"{self.name}{self.suffix}"


@dataclass(frozen=True)
class Grid(Figure):
    """A grid of tiles: gray, re-coloured, original, five columns.

    Args:
        across: an image is a row; else a column.
    """

    name: str
    arm: str
    sample: str
    title: str
    across: bool = False
    suffix = ".png"
    kept = False

    def shows(self, arm: str) -> set[str]:
        return {self.sample} if arm == self.arm else set()

    def draw(self, path: Path, stored: Stored) -> bool:
        from colorization.pages import image_grids

        run = stored.first(self.arm)
        if run is None or self.sample not in run.shown:
            return False
        bands, names = tiles(run, self.sample), columns(run, self.sample)
        rule = said(self.sample, len(names))
        all_images = seed_and_mean(run, stored.of(self.arm), split_of(self.sample))
        errors = [f"ΔE {value:.1f}" for value in run.ciede2000(self.sample)]
        labelled = [f"{name}\n{error}" for name, error in zip(names, errors, strict=True)]
        image_grids.image_grid(
            path,
            mosaic(list(bands.values()), self.across),
            rows=labelled if self.across else list(bands),
            columns=list(bands) if self.across else names,
            captions=None if self.across else errors,
            title=titled(self.title, run),
            note=f"{rule}; {run_note(run)}; all images: {all_images}\n"
            f"{source_note(run, self.sample)}",
        )
        return True


@dataclass(frozen=True)
class Curves(Figure):
    """Training and validation columns of the epoch log against the epoch, the mean over seeds."""

    name: str
    arm: str
    column: str
    y_label: str
    title: str
    percent: bool = False
    references: Callable[[Stored, StoredRun], dict[str, float]] = lambda *_: {}

    def draw(self, path: Path, stored: Stored) -> bool:
        from colorization.pages import line_charts

        runs = stored.of(self.arm)
        if not runs:
            return False
        factor = 100 if self.percent else 1
        series = {}
        for label, column in (("training", self.column), ("validation", f"val_{self.column}")):
            x, *y = by_epoch(runs, column)
            series[label] = (x, *(factor * part for part in y))
        references = {k: factor * v for k, v in self.references(stored, runs[0]).items()}
        line_charts.curves(
            path,
            series,
            y_label=self.y_label,
            title=titled(self.title, runs[0]),
            references=references,
            note=run_note(*runs),
        )
        return True


@dataclass(frozen=True)
class Diagram(Figure):
    """A network of an arm at full scale, layer by layer, from the code.

    Args:
        of: "network", or "discriminator".
        blocks: a regular expression of names; layers whose names begin with the same match of it
            are drawn as one block.
        part: draw only the layers whose names begin so.
    """

    name: str
    arm: Arm
    title: str
    of: str = "network"
    blocks: str = ""
    part: str = ""
    of_code = True

    def draw(self, path: Path, stored: Stored) -> bool:
        from colorization.pages import diagram

        title = f"{self.title} (full scale, {self.arm.config.recipe.size} px)"
        diagram.network_diagram(path, self.network(), title=title, shown=self._shown)
        return True

    def _shown(self, boxes: list) -> list:
        if self.part:
            return part_of(boxes, self.part)
        return gathered(boxes, self.blocks) if self.blocks else boxes

    def network(self):
        from colorization.models.cost import without_values

        config, size = self.arm.config, self.arm.config.recipe.size
        with without_values():
            if self.of == "discriminator":
                return config.adversary.build_discriminator(size, config.objective)
            return config.network(size=size)


@dataclass(frozen=True)
class Custom(Figure):
    """A figure with a drawing function of its own."""

    name: str
    title: str
    draw_with: Callable[[Path, Stored], bool]

    def draw(self, path: Path, stored: Stored) -> bool:
        return self.draw_with(path, stored)


def draw_figures(stored: Stored, specifications: Iterable, say=print) -> None:
    """Draw every figure whose arm has results to `figures/` in the report's folder."""
    missing = []
    for figure in specifications:
        path = figure.path(stored.folder)
        if not figure.draw(path, stored):
            path.unlink(missing_ok=True)
            missing.append(figure.name)
    if missing:
        say(f"not drawn, since their arms have no results yet: {', '.join(missing)}")


def figure_list(folder: Path, specifications: Iterable[Figure]) -> str:
    """The figures that are kept as Markdown, in order; then what else can be drawn."""
    specifications = list(specifications)
    parts = []
    for figure in specifications:
        if figure.kept and figure.path(folder).exists():
            name = figure.path(folder).name
            parts.append(f"**{figure.title}**\n\n![{figure.title}](figures/{name})\n")
    others = [figure for figure in specifications if not figure.kept]
    if others:
        parts.append(f"`make figures-{folder.name}` draws these, too, from what is stored:\n")
        parts.append("\n".join(f"- `{figure.name}`: {figure.title}" for figure in others) + "\n")
    return "\n".join(parts)
