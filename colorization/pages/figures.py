"""What a report can ask to be drawn from its stored results."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from colorization.pages import diagram, image_grids, line_charts
from colorization.reproduction.report import Arm
from colorization.results import runs
from colorization.results.stored import Stored, run_note, source_note


def short(name: str, length: int = 20) -> str:
    """A file's name, or the end of a long one, which is what tells it from others."""
    return name if len(name) <= length else f"…{name[1 - length :]}"


class Figure:
    """What a report draws: a name, a title, and `draw(path, stored)` to whether it could."""

    def shows(self, arm: str) -> set[str]:
        """Patterns of the names of an arm's grids whose stored tiles it needs."""
        return set()


@dataclass(frozen=True)
class Grid(Figure):
    """A grid of tiles: gray, re-coloured, original, five columns."""

    name: str
    arm: str
    sample: str
    title: str

    def shows(self, arm: str) -> set[str]:
        return {self.sample} if arm == self.arm else set()

    def draw(self, path: Path, stored: Stored) -> bool:
        run = stored.first(self.arm)
        if run is None or self.sample not in run.samples:
            return False
        entry = run.samples[self.sample]
        image_grids.image_grid(
            path,
            run.sample_mosaic(self.sample),
            rows=entry["rows"],
            columns=[short(name) for name in entry["names"]],
            captions=[f"ΔE {value:.1f}" for value in entry["ciede2000"]],
            title=self.title,
            note=f"{entry['rule']}; {run_note(run)}\n{source_note(run, self.sample)}",
        )
        return True


@dataclass(frozen=True)
class Curves(Figure):
    """Training and validation columns of the epoch log against the epoch."""

    name: str
    arm: str
    column: str
    y_label: str
    title: str
    percent: bool = False
    references: Callable[[Stored, runs.StoredRun], dict[str, float]] = lambda *_: {}

    def draw(self, path: Path, stored: Stored) -> bool:
        run = stored.first(self.arm)
        if run is None:
            return False
        factor = 100 if self.percent else 1
        x = run.epochs["epoch"].to_numpy()
        series = {
            label: (x, factor * run.epochs[column].to_numpy())
            for label, column in (("training", self.column), ("validation", f"val_{self.column}"))
        }
        references = {k: factor * v for k, v in self.references(stored, run).items()}
        line_charts.curves(
            path,
            series,
            y_label=self.y_label,
            title=self.title,
            references=references,
            note=run_note(run),
        )
        return True


@dataclass(frozen=True)
class Diagram(Figure):
    """A network of an arm at full scale, layer by layer, from the code.

    Args:
        of: "network", or "discriminator".
    """

    name: str
    arm: Arm
    title: str
    of: str = "network"

    def draw(self, path: Path, stored: Stored) -> bool:
        diagram.network_diagram(path, self.network(), title=self.title)
        return True

    def network(self):
        config, size = self.arm.config, self.arm.config.recipe.size
        if self.of == "discriminator":
            return config.adversary.build_discriminator(size, config.objective)
        return without_download(config.network)(size=size)


@dataclass(frozen=True)
class Custom(Figure):
    """A figure with a drawing function of its own."""

    name: str
    title: str
    draw_with: Callable[[Path, Stored], bool]

    def draw(self, path: Path, stored: Stored) -> bool:
        return self.draw_with(path, stored)


def without_download(build: Callable) -> Callable:
    """A network's builder that starts from random weights where it would fetch trained ones."""
    if isinstance(build, partial) and build.keywords.get("weights"):
        return partial(build, weights=None)
    return build


def draw_figures(stored: Stored, specifications: Iterable, say=print) -> None:
    """Draw every figure whose arm has results to `figures/` in the report's folder."""
    for figure in specifications:
        path = stored.folder / "figures" / f"{figure.name}.png"
        if not figure.draw(path, stored):
            path.unlink(missing_ok=True)
            say(f"{figure.name}: no results yet")


def figure_list(folder: Path, specifications: Iterable) -> str:
    """The drawn figures as Markdown, in order."""
    parts = []
    for figure in specifications:
        if (folder / "figures" / f"{figure.name}.png").exists():
            parts.append(f"**{figure.title}**\n\n![{figure.title}](figures/{figure.name}.png)\n")
    return "\n".join(parts)
