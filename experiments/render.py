"""A report's page, tables and figures from stored results alone."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from colorization import figures, results, tables
from colorization.files import held, write_json, write_text
from experiments.claims import Verdict, claims_section, judge_all
from experiments.report import SCALES, Arm, Report
from experiments.stored import Stored, over_seeds, run_note, snapshots, source_note

ALL = ("tables", "figures")


def short(name: str, length: int = 20) -> str:
    """A file's name, or the end of a long one, which is what tells it from others."""
    return name if len(name) <= length else f"…{name[1 - length :]}"


def storing(results_folder: Path, say=print):
    """Hold the results of all reports while they change, or while pages are rendered from them."""
    return held(results_folder, lambda: say(f"waiting: another process renders {results_folder}"))


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
        figures.image_grid(
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
    references: Callable[[Stored, results.StoredRun], dict[str, float]] = lambda *_: {}

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
        figures.curves(
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
        figures.network_diagram(path, self.network(), title=self.title)
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


def settings_section(stored: Stored, rows: dict[str, dict[str, str]]) -> str:
    """The report's settings beside those that ran; "" for one that prints none.

    Args:
        rows: arm name -> the report's own values under the headings of its table.
    """
    if not rows:
        return ""
    lines = []
    for name, said in rows.items():
        lines.append({"arm": f"{name} (report)", **said})
        run = stored.first(name)
        if run is not None:
            lines.append({"arm": f"{name} (run, {run.scale})", **_settings(run)})
    return f"## Settings\n\n{tables.markdown(pd.DataFrame(lines).fillna('–'))}\n"


def _settings(run: results.StoredRun) -> dict[str, str]:
    config, objective = run.config, run.config["objective"]
    size = config["recipe"]["size"]
    pretraining = config.get("pretraining")
    rows = {
        "dataset": run.measures["source"],
        "image size": f"{size}x{size}",
        "batch size": str(config["batch_size"]),
        "epochs": (f"{pretraining['epochs']} + " if pretraining else "") + str(config["epochs"]),
        "lr": f"{config['learning_rate']:g}",
    }
    if objective["type"] == "AbClassification":
        rebalancing = objective["rebalancing"]
        rows["weight rebalancing"] = "yes" if rebalancing else "no"
        rows["λ"] = f"{rebalancing['uniform_share']:g}" if rebalancing else "–"
        rows["σ"] = f"{rebalancing['sigma']:g}" if rebalancing else "–"
    adversary = config.get("adversary")
    if adversary:
        cycle = adversary["type"] == "CycleAdversary"
        weight = adversary["cycle_weight" if cycle else "pixel_weight"]
        kind = "cycle" if cycle else objective["error"]
        rows["λ of pixels"] = f"{weight:g} ({kind})" if weight else "none"
    if config["network"]["build"] == "resnet18_unet":
        rows["initial weights"] = "ImageNet" if config["network"].get("weights") else "random"
    return rows


def measures_table(*args, **keywords) -> str:
    """`measures_rows` as Markdown."""
    table = measures_rows(*args, **keywords)
    return "No results yet.\n" if table.empty else tables.markdown(table)


def measures_rows(
    stored: Stored, arms: Iterable[Arm], measures: Iterable[str], split: str, cost: bool = False
) -> pd.DataFrame:
    """A row of text for each arm (mean over seeds), the baselines of its set before it.

    What does not depend on the training images, such as gray, stands once for all sets with the
    same test images.

    Args:
        split: "train", which has no baselines, "test" or a further test set.
        cost: parameters, MACs and speed beside the measures, and the device that had this speed.
    """
    lines, shown = [], set()
    for arm in arms:
        runs = [run for run in stored.of(arm.name) if split in run.measures]
        if not runs:
            continue
        counts = image_counts(runs[0], "test" if split == "train" else split)
        for name, values in stored.baselines(runs[0], split).items():
            cells = {tables.heading(m): tables.number(m, values.get(m)) for m in measures}
            row = (name, *cells.values())
            if row not in shown:
                shown.add(row)
                label = f"*{name.replace('-', ' ')}*"
                lines.append({"arm": label, "images": counts, "seeds": "–", **cells})
        cells = over_seeds(runs, split, measures)
        if cost:
            cells |= _speed(runs[0]) | {"device": runs[0].environment["device"]}
        label = f"**{arm.name}**{weights_note(arm, runs[0])}"
        lines.append({"arm": label, "images": counts, "seeds": str(len(runs)), **cells})
    return pd.DataFrame(lines).fillna("–")


def weights_note(arm: Arm, run: results.StoredRun) -> str:
    """Said of an arm that was to start from trained weights and did not."""
    wanted = getattr(arm.config.network, "keywords", {}).get("weights")
    return ", from random weights" if wanted and not run.config["network"].get("weights") else ""


def _speed(run: results.StoredRun) -> dict[str, str]:
    """Cells of a table: what a run's network costs."""
    return {
        "parameters": f"{run.measures['parameters']:,}",
        "MACs per image [G]": f"{run.measures['macs'] / 1e9:.3f}",
        "images/s (training)": f"{run.measures['images_per_second']:.1f}",
    }


def image_counts(run: results.StoredRun, split: str = "test") -> str:
    """The set that trained a run, its size in pixels, and how many images train and test."""
    measures, size = run.measures, run.config["recipe"]["size"]
    counts = f"{measures['training_images']} / {measures[split]['images']}"
    return f"{measures['source']}, {size} px, {counts}"


def snapshots_table(stored: Stored, arms: Iterable[Arm], measures: list[str]) -> str:
    """A row for each snapshot of an arm's first run; "" if none."""
    lines = []
    for arm in arms:
        run = stored.first(arm.name)
        for epoch, split in snapshots(run).items() if run else ():
            lines.append(
                {
                    "arm": f"**{arm.name}**",
                    "after epoch": str(epoch),
                    **over_seeds([run], split, measures),
                }
            )
    return tables.markdown(pd.DataFrame(lines)) if lines else ""


def scale_sections(stored: Stored, report: Report) -> str:
    """Measures and cost for each scale that has been run, the largest first."""
    parts = []
    for scale in SCALES:
        at_scale, measures = stored.at(scale), list(report.measures)
        if not at_scale.runs:
            continue
        parts += [f"### Scale {scale}: test images\n"]
        cost = report.compares_cost
        parts += [measures_table(at_scale, report.arms, measures, "test", cost)]
        for name in dict.fromkeys(given.name for arm in report.arms for given in arm.tested_on):
            if any(name in run.measures for run in at_scale.runs):
                parts += [f"### Scale {scale}: {name}, as a second test set\n"]
                parts += [measures_table(at_scale, report.arms, measures, name, cost)]
        parts += [f"### Scale {scale}: training images\n"]
        parts += [measures_table(at_scale, report.arms, measures, "train")]
        if on_the_way := snapshots_table(at_scale, report.arms, measures):
            parts += [f"### Scale {scale}: test images, on the way\n", on_the_way]
        parts += [f"### Scale {scale}: cost\n", cost_table(at_scale, report.arms)]
    return "\n".join(parts) or "No results yet.\n"


def cost_table(stored: Stored, arms: Iterable[Arm]) -> str:
    """Parameters, MACs, time and device of each arm's runs."""
    lines = []
    for arm in arms:
        for run in stored.of(arm.name)[:1]:
            lines.append(
                {
                    "arm": arm.name,
                    **_speed(run),
                    "precision": run.environment["precision"],
                    "minutes": f"{run.measures['train_seconds'] / 60:.1f}",
                    "device": run.environment["device"],
                }
            )
    return tables.markdown(pd.DataFrame(lines)) if lines else "No results yet.\n"


@dataclass(frozen=True)
class Reference:
    """A number that the suite can be checked against.

    Args:
        arm: whose run gives it, at full scale.
        quantity: what it is, with its unit where there is one.
        expected, tolerance: from the authors' plots or from the data.
        measured: (stored results, run) to the number, NaN where the run does not have it.
        form: how it is printed.
    """

    arm: str
    quantity: str
    expected: float
    tolerance: float
    measured: Callable[[Stored, results.StoredRun], float]
    form: str = "{:.1f}"


def logged(column: str, epoch: int):
    """A logged value after `epoch` epochs."""

    def measured(stored: Stored, run: results.StoredRun) -> float:
        rows = run.epochs[run.epochs["epoch"] == epoch]
        return float(rows[column].iloc[0]) if len(rows) else np.nan

    return measured


def baseline(name: str, measure: str, split: str = "test", percent: bool = False):
    """A measure of a baseline on a split of the run's images."""

    def measured(stored: Stored, run: results.StoredRun) -> float:
        value = stored.baselines(run, split).get(name, {}).get(measure, np.nan)
        return 100 * value if percent else value

    return measured


def references_section(stored: Stored, references: tuple[Reference, ...]) -> str:
    """The section of a page on reference numbers; "" for a report that has none."""
    if not references:
        return ""
    return f"""\
## Against reference numbers

From the authors' plots and printouts or computed from the data; they hold at full scale.

{references_table(stored, references)}
"""


def references_table(stored: Stored, references: Iterable[Reference]) -> str:
    lines = []
    for reference in references:
        run = stored.first(reference.arm)
        value = reference.measured(stored, run) if run and run.scale == "full" else np.nan
        inside = abs(value - reference.expected) <= reference.tolerance
        lines.append(
            {
                "quantity": f"{reference.arm}: {reference.quantity}",
                "reference": f"{reference.expected:g} ± {reference.tolerance:g}",
                "measured": (
                    "not run at full scale" if np.isnan(value) else reference.form.format(value)
                ),
                "within": "–" if np.isnan(value) else ("yes" if inside else "no"),
            }
        )
    return tables.markdown(pd.DataFrame(lines))


def render(report: Report, folder: Path, say=print, what: Iterable[str] = ALL) -> None:
    """Draw the report's figures and write its page, `folder/README.md`."""
    stored = Stored.read(folder)
    if "figures" in what:
        draw_figures(stored, report.figures, say)
    verdicts = judge_all(report.claims, stored)
    if report.claims:
        write_json(folder / "claims.json", [given.to_json() for given in verdicts])
    write_text(folder / "README.md", page(report, stored, verdicts))
    say(f"{folder / 'README.md'} is rendered")


def page(report: Report, stored: Stored, verdicts: list[Verdict]) -> str:
    """The report's page in Markdown, from stored results alone."""
    return f"""\
# {report.heading}

{report.cited}: {report.subject}. This page is rendered from the stored results beside it by
`make tables-{report.key}`; nothing in it is typed by hand but what the report itself says. The
measures are defined in [docs/measures.md](../../docs/measures.md). `full` is the report's own
protocol, `small` the same shrunk for a CPU. What compares arms compares them at the largest scale
at which all have been run; a figure shows its arm's largest scale.

{claims_section(verdicts, report.key)}
{references_section(stored, report.references)}\
{settings_section(stored, report.settings)}\
## Measures

PSNR favours desaturated images: read it beside the chroma ratio (1 is as colourful as the
original). Rows in italics are baselines.

{scale_sections(stored, report)}
## {"Departures from the report" if report.authors else "What is held equal, and what is not"}

{report.departures}
## Figures

The images of a grid are drawn with a fixed seed, or chosen by the rule that is named below it (ΔE
is CIEDE2000).

{figure_list(stored.folder, report.figures)}"""
