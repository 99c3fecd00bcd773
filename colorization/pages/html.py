"""All results as one static HTML page, `results/index.html`: no network, no framework.

Claims, learning curves as SVG, and the stored grids with a slider from gray over the prediction to
the original. The templates beside it hold all that is HTML, CSS and JavaScript.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from matplotlib.ticker import LogLocator, MaxNLocator

from colorization.evidence.observations import measured
from colorization.evidence.rule import VERDICTS
from colorization.pages import tables
from colorization.pages.loss_curves import G_LOSSES, far_apart, series
from colorization.pages.measure_tables import measures_rows
from colorization.pages.overview import primary_runs, stored_claims, verdict_counts
from colorization.reproduction.report import SCALES, Arm, Report
from colorization.results.runs import StoredRun
from colorization.results.stored import Stored, run_note, source_note

TEMPLATES = Path(__file__).parent / "templates"

GRID = "test-random"

# Of a chart, in the units of its viewBox.
WIDTH, HEIGHT, LEFT, BOTTOM, MARGIN = 360, 210, 46, 30, 10


def page(reports: Iterable[Report], results: Path) -> str:
    """The page in HTML; images are addressed relative to `results`."""
    reports = list(reports)
    claims = {report.key: stored_claims(results / report.key) for report in reports}
    claiming = [report for report in reports if report.claims]
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    environment.filters |= {
        f.__name__: f for f in (marked, tables.aligned_right, tables.capitalized)
    }
    sections = [_section(report, results, claims[report.key]) for report in reports]
    return environment.get_template("page.html").render(
        counts=verdict_counts(claiming, claims),
        primary=primary_runs(claiming, results),
        sections=[section for section in sections if section["tables"]],
        total=sum(len(found) for found in claims.values()),
        verdicts=VERDICTS,
    )


def marked(text: str) -> Markup:
    """Text with the little Markdown that stored results use: *em*, **strong**, `code`, a link.

    A link to a report's page goes to its section.
    """
    text = str(escape(text))
    text = re.sub(r"\*\*(.+?)\*\*", r"<strong>\1</strong>", text)
    text = re.sub(r"\*(.+?)\*", r"<em>\1</em>", text)
    text = re.sub(r"`(.+?)`", r"<code>\1</code>", text)
    return Markup(re.sub(r"\[(.+?)\]\((.+?)/README\.md\)", r'<a href="#\2">\1</a>', text))


def _section(report: Report, results: Path, claims: list[dict]) -> dict:
    stored = Stored.read(results / report.key)
    runs = [(arm, run) for arm in report.arms if (run := stored.first(arm.name))]
    return {
        "report": report,
        "claims": claims,
        "strips": _strips(report, runs),
        "curves": [
            {"arm": arm, "note": run_note(run), "charts": _charts(run)}
            for arm, run in runs
            if arm.primary and not arm.trained_by
        ],
        "tables": list(_tables(report, stored)),
    }


def _strips(report: Report, runs: list[tuple[Arm, StoredRun]]) -> dict[str, list[dict]]:
    """Where the images come from -> a strip for each arm that shows some of those."""
    found: dict[str, list[dict]] = {}
    for arm, run in runs:
        if GRID in run.samples:
            found.setdefault(source_note(run), []).append(_strip(report, arm, run))
    return found


def _strip(report: Report, arm: Arm, run: StoredRun) -> dict:
    """A row of test images of an arm, and where its parts are in the stored mosaic."""
    entry = run.samples[GRID]
    return {
        "arm": arm,
        "image": f"{report.key}/{run.scale}/{run.arm}/{run.folder.name}/samples/{GRID}.png",
        "rows": len(entry["rows"]),
        "columns": len(entry["names"]),
        "places": {label: entry["rows"].index(label) for label in LAYERS},
        "note": f"scale {run.scale}; {measured(run, 'test')}",
    }


LAYERS = ("gray", "re-coloured", "original")


def _tables(report: Report, stored: Stored):
    """(heading, table) for each scale and each set of test images."""
    names = {"test": "test images"}
    for arm in report.arms:
        names |= {given.name: f"{given.name}, as a second test set" for given in arm.tested_on}
    for scale in SCALES:
        for split, name in names.items():
            at = stored.at(scale)
            rows = measures_rows(at, report.arms, report.measures, split, report.compares_cost)
            if not rows.empty:
                yield f"Scale {scale}: {name}", _without_constant(rows)


def _without_constant(rows: pd.DataFrame) -> pd.DataFrame:
    """The table without the columns that say the same in every row, which its caption says."""
    there = [c for c in ("images", "seeds", "device") if c in rows]
    same = [c for c in there if rows[c].replace("–", np.nan).nunique() <= 1]
    said = [f"{c}: {next(v for v in rows[c] if v != '–')}" for c in same]
    result = rows.drop(columns=same)
    result.attrs["said"] = "; ".join(said)
    return result


@dataclass(frozen=True)
class Chart:
    """A line chart, in the units of its viewBox.

    Attributes:
        title, y_label: text.
        lines: (label, points as SVG has them).
        x_ticks, y_ticks: (position, text).
    """

    title: str
    y_label: str
    lines: list[tuple[str, str]]
    x_ticks: list[tuple[float, str]]
    y_ticks: list[tuple[float, str]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - MARGIN
    top: int = MARGIN
    bottom: int = HEIGHT - BOTTOM


def _charts(run: StoredRun) -> list[Chart]:
    """What a run logged: the generator's losses and the discriminator's answers, or the loss."""
    if "loss_D" in run.epochs:
        answers = series(run, ("D_accuracy", "D_real", "D_fake"))
        return [
            chart("generator", "loss", series(run, G_LOSSES)),
            chart("answers of the discriminator", "share, probability", answers, (0.0, 1.0)),
        ]
    x = run.epochs["epoch"].to_numpy()
    losses = {"training": "loss", "validation": "val_loss"}
    found = {k: (x, run.epochs[c].to_numpy()) for k, c in losses.items() if c in run.epochs}
    return [chart("loss", "loss", found)]


def chart(title: str, y_label: str, lines: dict, limits: tuple | None = None) -> Chart:
    """A chart of label -> (x, y); on a logarithmic scale where y is `far_apart`."""
    xs, ys = (np.concatenate([pair[i] for pair in lines.values()]) for i in (0, 1))
    low, high = limits or (min(0.0, ys.min()), ys.max())
    log = limits is None and far_apart(lines)
    if log:
        ticks = LogLocator(subs=(1, 2, 5) if ys.max() / ys.min() < 100 else (1,))
        low, high = ys.min(), ys.max()
        y_ticks = [t for t in ticks.tick_values(low, high) if low <= t <= high]
        scale = np.log
    else:
        y_ticks = [t for t in MaxNLocator(4).tick_values(low, high) if t >= low]
        high, scale = max(high, y_ticks[-1]), np.asarray
    first, last = xs.min(), max(xs.max(), xs.min() + 1)

    def x_at(x):
        return LEFT + (x - first) / (last - first) * (WIDTH - MARGIN - LEFT)

    def y_at(y):
        share = (scale(y) - scale(low)) / max(scale(high) - scale(low), 1e-12)
        return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - MARGIN)

    x_ticks = [t for t in MaxNLocator(5, integer=True).tick_values(first, last)]
    return Chart(
        title,
        y_label + (" (log)" if log else ""),
        [
            (label, " ".join(f"{a:.1f},{b:.1f}" for a, b in zip(x_at(x), y_at(y), strict=True)))
            for label, (x, y) in lines.items()
        ],
        [(round(float(x_at(t)), 1), f"{t:.0f}") for t in x_ticks if first <= t <= last],
        [(round(float(y_at(t)), 1), _short(t)) for t in y_ticks],
    )


def _short(value: float) -> str:
    """A tick's label without needless digits."""
    digits = 0 if value == 0 else max(0, 1 - math.floor(math.log10(abs(value))))
    text = f"{value:.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
