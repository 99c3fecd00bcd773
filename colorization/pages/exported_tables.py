"""Stored measures for other programs: one tidy CSV of every number, and tables in LaTeX."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from colorization.files import write_text
from colorization.pages.measure_tables import judged_tables
from colorization.pages.tables import aligned_right
from colorization.reproduction.report import Report
from colorization.results.measures import MEASURES
from colorization.results.stored import Stored

COLUMNS = ["report", "arm", "scale", "seed", "split", "set", "measure", "value"]

# A strong or emphasised name at the start of a cell, as Markdown has it.
MARKED = re.compile(r"(\*\*|\*)(.+?)\1(.*)")
COMMANDS = {"**": "textbf", "*": "textit"}


def write_csv(reports: Iterable[Report], results: Path, folder: Path) -> list[Path]:
    """Write `measures.csv`: a line for each number of each run and baseline.

    `set` is the prepared set that the run's images are from; a baseline has no seed. `split` is
    "train", "test", a further test set, or "test@20": the test images after 20 epochs. Values are
    in the units of `colorization.results.measures`; shares are not percentages.
    """
    rows = [row for report in reports for row in _numbers(report.key, results / report.key)]
    target = folder / "measures.csv"
    write_text(target, pd.DataFrame(rows, columns=COLUMNS).to_csv(index=False))
    return [target]


def _numbers(report: str, folder: Path) -> Iterator[tuple]:
    stored, shown = Stored.read(folder), set()
    for run in stored.runs:
        prepared = run.data["prepared"]
        for split in run.splits:
            place = report, run.arm, run.scale, run.seed, split, prepared
            yield from _values(place, run.means(split))
            for name, means in stored.baselines(run, split).items():
                of_baseline = report, name, run.scale, "", split, prepared
                if of_baseline not in shown:
                    shown.add(of_baseline)
                    yield from _values(of_baseline, means)


def _values(place: tuple, means: dict[str, float]) -> Iterator[tuple]:
    for measure in MEASURES:
        if pd.notna(means.get(measure)):
            yield *place, measure, f"{means[measure]:.6g}"


def write_latex(reports: Iterable[Report], results: Path, folder: Path) -> list[Path]:
    """Write a `<report>-<scale>-<split>.tex` for each table of measures of the reports' pages.

    A second set of images of that split has a `-2` before the suffix. Each is a `tabular` with the
    rules of booktabs in a `table`, to be read in by `\\input`.
    """
    written = []
    for report in reports:
        for table in judged_tables(Stored.read(results / report.key), report):
            number = f"-{table.place + 1}" if table.place else ""
            target = folder / f"{report.key}-{table.scale}-{table.split}{number}.tex"
            heading = f"{report.title}: {table.heading[0].lower()}{table.heading[1:]}"
            caption = "; ".join(filter(None, (heading, table.images)))
            write_text(target, latex(table.rows, caption, f"tab:{target.stem}"))
            written.append(target)
    return written


def latex(table: pd.DataFrame, caption: str, label: str) -> str:
    """A table of text, its first column with Markdown's emphasis, as LaTeX."""
    columns = "".join("r" if right else "l" for right in aligned_right(table))
    first = table.columns[0]
    styled = (
        table.style.hide(axis="index")
        .format(escape="latex")
        .format_index(escape="latex", axis="columns")
    )
    return styled.format(_emphasised, subset=[first], escape="latex").to_latex(
        hrules=True,
        column_format=columns,
        caption=_escaped(caption),
        label=label,
        position="htbp",
        position_float="centering",
    )


def _escaped(text: str) -> str:
    return re.sub(r"([&%$#_{}])", r"\\\1", text)


def _emphasised(cell: str) -> str:
    found = MARKED.fullmatch(cell)
    return rf"\{COMMANDS[found[1]]}{{{found[2]}}}{found[3]}" if found else cell
