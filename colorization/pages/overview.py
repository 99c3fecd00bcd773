"""All reports at a glance: the table of the README, and `results/README.md`."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pandas as pd

from colorization.evidence.claims import decided_by, stored_claims
from colorization.evidence.rule import VERDICTS
from colorization.pages import tables
from colorization.pages.findings import findings
from colorization.pages.measure_tables import measures_rows, weights_note, without_constant
from colorization.reproduction.report import Report
from colorization.results.measures import MEASURES
from colorization.results.stored import Stored, over_seeds
from colorization.scales import SCALES

RUN = ("full", "small")  # scales whose training is worth a word

COLUMNS = ("ab_mae", "ciede2000", "colour_distance", "told_apart", "chroma_ratio", "colourfulness")


def reports_table(reports: Iterable[Report], results: Path) -> str:
    """The reports as a Markdown table: command, page, and the minutes their stored runs took."""
    lines, minutes = [], {scale: Minutes() for scale in RUN}
    for report in reports:
        authors = f"[{report.citation}]({report.url})" if report.url else report.citation
        stored = Stored.read(results / report.key)
        own = {scale: _minutes(report, stored.at(scale)) for scale in RUN}
        minutes = {scale: minutes[scale] + own[scale] for scale in RUN}
        line = {
            "": report.number or "–",
            "report": f"{authors}, *{report.title}*: {report.subject}",
            "command": f"`make reproduce-{report.key}`",
            "results": f"[{report.key}](results/{report.key}/README.md)",
        }
        lines.append(line | {f"minutes, {scale}": str(own[scale]) for scale in RUN})
    total = {"": "", "report": "all", "command": "`make reproduce`"}
    total["results"] = "[all](results/README.md)"
    lines.append(total | {f"minutes, {scale}": str(minutes[scale]) for scale in RUN})
    return tables.markdown(pd.DataFrame(lines))


class Minutes(NamedTuple):
    """What the training of a report's own arms took, of how many of them."""

    taken: float = 0.0
    done: int = 0
    of: int = 0

    def __add__(self, other: tuple) -> "Minutes":
        return Minutes(*map(sum, zip(self, other, strict=True)))

    def __str__(self) -> str:
        if not self.done:
            return "not run"
        return f"{self.taken:.0f}" + (f" ({self.done} of {self.of} runs)" * (self.done < self.of))


def _minutes(report: Report, stored: Stored) -> Minutes:
    """Of one training of each of the report's own arms."""
    trained = [arm for arm in report.arms if arm.primary and not arm.trained_by]
    runs = [run for arm in trained if (run := stored.first(arm.name))]
    taken = sum(run.cost["train_seconds"] for run in runs) / 60
    return Minutes(taken, len(runs), len(trained))


def findings_list(reports: Iterable[Report], results: Path) -> str:
    """What was learnt, as a Markdown list."""
    return "".join(f"- {sentence}\n" for sentence in findings(reports, results))


def results_page(reports: Iterable[Report], results: Path) -> str:
    """`results/README.md`: verdicts and primary runs of every report, from stored results alone."""
    reports = list(reports)
    learnt = findings_list(reports, results)
    comparisons = [report for report in reports if report.compares_cost]
    reports = [report for report in reports if not report.compares_cost]
    claims = {report.key: stored_claims(results / report.key) for report in reports}
    return f"""\
# Results

Rendered from the stored results below this folder by `make tables`. Each report's page has its
tables, figures and departures; [docs/measures.md](../docs/measures.md) defines measures and
verdicts.

## What was learnt

{learnt or f"Nothing yet.{chr(10)}"}
## Verdicts

{tables.markdown(verdict_counts(reports, claims))}
{"".join(_comparison_section(report, results / report.key) for report in comparisons)}\
## Every claim

{_all_claims(reports, claims)}
## What the reports themselves ran

Test images, at the largest scale that was run; *gray* and *mean ab given L* are baselines that no
network made.

{_markdown(primary_runs(reports, results))}"""


def _markdown(table: pd.DataFrame) -> str:
    return "None yet.\n" if table.empty else tables.markdown(table)


def _comparison_section(report: Report, folder: Path) -> str:
    """A report's own section, at its largest scale; "" where it has not been run."""
    stored = Stored.read(folder)
    scale = next((s for s in SCALES if stored.at(s).runs), None)
    if scale is None:
        return ""
    rows = measures_rows(stored.at(scale), report.arms, report.measures, "test", cost=True)
    table, said = without_constant(rows)
    return f"""\
## {report.title}

{tables.capitalized(report.subject)}, at scale {scale}; test images.
[Its page]({report.key}/README.md) says what is held equal, and what the networks make of
photographs of another kind. {tables.capitalized(said)}.

{tables.markdown(table)}
"""


def departures_page(reports: Iterable[Report]) -> str:
    """`docs/departures.md`: where the suite departs from each report."""
    sections = [
        f"## {report.heading}\n\n{report.citation}.\n\n{report.departures}"
        for report in reports
        if report.authors
    ]
    return f"""\
# Departures from the reports

Rendered from the reports' modules by `make tables`; a report's results page ends with its own.

{chr(10).join(sections)}"""


def verdict_counts(reports: Iterable[Report], claims: dict[str, list[dict]]) -> pd.DataFrame:
    """Reports by verdicts, as text."""
    lines = []
    for report in reports:
        counts = Counter(claim["verdict"] for claim in claims[report.key])
        page = f"[{report.label}]({report.key}/README.md)"
        lines.append({"report": page, **{v: str(counts[v] or "–") for v in VERDICTS}})
    return pd.DataFrame(lines)


def _all_claims(reports, claims) -> str:
    lines = [
        {
            "": claim["number"],
            "claim": claim["claim"],
            "from": f"{claim['where']}: {claim['basis']}",
            "verdict": f"**{claim['verdict']}**",
            "decided by": decided_by(
                [_decided(test) for test in claim["tests"]], claim["verdict"], claim["reason"]
            ),
            "at": claim["at"],
        }
        for report in reports
        for claim in claims[report.key]
    ]
    return _markdown(pd.DataFrame(lines))


def _decided(test: dict) -> str:
    return f"{test['test']} {test['supports']}".strip() + f": {test['measured']}"


def primary_runs(reports: Iterable[Report], results: Path) -> pd.DataFrame:
    """What the reports themselves ran, an arm a row, as text."""
    lines = []
    for report in reports:
        stored = Stored.read(results / report.key)
        for arm in report.arms:
            runs = stored.of(arm.name) if arm.primary else []
            if not runs:
                continue
            run, baselines = runs[0], stored.baselines(runs[0])
            line = {
                "report": report.key,
                "arm": f"**{arm.name}**{weights_note(arm, run)}",
                "scale": run.scale,
                "seeds": str(len(runs)),
                "test images": f"{run.data['source']}, {run.splits['test']['images']}",
            }
            line |= over_seeds(runs, "test", COLUMNS)
            for name in ("gray", "mean-ab-given-L"):
                value = baselines.get(name, {}).get("ciede2000")
                heading = f"CIEDE2000 of *{name.replace('-', ' ')}*"
                line[heading] = MEASURES["ciede2000"].text(value)
            line["minutes"] = f"{run.cost['train_seconds'] / 60:.0f}"
            line["device"] = run.environment["device"]
            lines.append(line)
    return pd.DataFrame(lines)
