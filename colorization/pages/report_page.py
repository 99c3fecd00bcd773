"""A report's page, tables and figures from stored results alone."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from colorization.evidence.claims import Verdict, judge_all
from colorization.evidence.references import Reference
from colorization.files import write_json, write_text
from colorization.pages import tables
from colorization.pages.claims_section import claims_section
from colorization.pages.figures import draw_figures, figure_list
from colorization.pages.measure_tables import scale_sections
from colorization.reproduction.report import Report
from colorization.results import runs
from colorization.results.stored import Stored
from colorization.serialization import initial_weights

ALL = ("tables", "figures")


def settings_section(stored: Stored, rows: dict[str, dict[str, str]]) -> str:
    """The section of `settings_rows`; "" for a report that prints none."""
    table = settings_rows(stored, rows)
    return "" if table.empty else f"## Settings\n\n{tables.markdown(table)}\n"


def settings_rows(stored: Stored, rows: dict[str, dict[str, str]]) -> pd.DataFrame:
    """The report's settings beside those that ran.

    Args:
        rows: arm name -> the report's own values under the headings of its table.
    """
    lines = []
    for name, said in rows.items():
        lines.append({"arm": f"{name} (report)", **said})
        run = stored.first(name)
        if run is not None:
            lines.append({"arm": f"{name} (run, {run.scale})", **_settings(run)})
    return pd.DataFrame(lines).fillna("–")


def _settings(run: runs.StoredRun) -> dict[str, str]:
    config, objective = run.config, run.config["objective"]
    size = config["recipe"]["size"]
    pretraining = config.get("pretraining")
    rows = {
        "dataset": run.data["source"],
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
        weight = adversary.get("pixel_weight", adversary.get("cycle_weight"))
        kind = "cycle" if "cycle_weight" in adversary else objective["error"]
        rows["λ of pixels"] = f"{weight:g} ({kind})" if weight else "none"
    if config["network"]["build"] == "resnet18_unet":
        rows["initial weights"] = "ImageNet" if initial_weights(config) else "random"
    return rows


def references_section(stored: Stored, references: tuple[Reference, ...]) -> str:
    """The section of a page on reference numbers; "" for a report that has none."""
    if not references:
        return ""
    return f"""\
## Against reference numbers

From the authors' plots and printouts or computed from the data; they hold at full scale.

{tables.markdown(references_rows(stored, references))}
"""


def references_rows(stored: Stored, references: Iterable[Reference]) -> pd.DataFrame:
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
    return pd.DataFrame(lines)


def departures_section(report: Report) -> str:
    """Where the suite departs from the report; "" where its arms ran on other images."""
    if not report.departures:
        return ""
    departs = (
        "Departures from the report" if report.authors else "What is held equal, and what is not"
    )
    return f"## {departs}\n\n{report.departures}\n"


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

{report.citation}: {report.subject}. This page is rendered from the stored results beside it by
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
{departures_section(report)}\
## Figures

The images of a grid are drawn with a fixed seed, or chosen by the rule that is named below it (ΔE
is CIEDE2000).

{figure_list(stored.folder, report.figures)}"""
