"""All results as one static HTML page, `results/index.html`: no network, no framework.

What was learnt, then of each report its pictures with a slider from gray over the prediction to the
original, claims, measures, learning curves and figures; the pictures are drawn beside it. The
templates hold all HTML, CSS and JavaScript.
"""

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from colorization.evidence.claims import stored_claims
from colorization.evidence.rule import NOT_RUN, VERDICTS
from colorization.files import write_text
from colorization.pages import page_pictures, tables
from colorization.pages.findings import findings
from colorization.pages.measure_tables import judged_tables
from colorization.pages.overview import primary_runs, verdict_counts
from colorization.pages.report_page import references_rows, settings_rows
from colorization.reproduction.report import Report
from colorization.results.measures import MEASURES
from colorization.results.stored import Stored

TEMPLATES = Path(__file__).parent / "templates"
# Columns that a narrow window has no room for.
LESS = ("scale", "seeds", "device", "parameters", "MACs per image [G]", "images/s (training)")
# Columns of what the reports ran that stand in their own sections.
ELSEWHERE = ["test images", MEASURES["ab_mae"].heading, "minutes", "device"]


def page(reports: Iterable[Report], results: Path) -> str:
    """The page in HTML; images are addressed relative to `results`."""
    reports = list(reports)
    return _rendered(reports, results, *_content(reports, results))


def write_page(reports: Iterable[Report], results: Path) -> Path:
    """Write `index.html` and the pictures that it shows to a folder of results.

    Returns:
        the page.
    """
    reports = list(reports)
    sections, methods = _content(reports, results)
    for section in sections:
        for strips in (*section["strips"].values(), *section["more_strips"].values()):
            for strip in strips:
                page_pictures.draw_strip(strip, results)
        for curve in section["curves"]:
            page_pictures.draw_curve(curve, results)
    page_pictures.draw_side_by_side(methods, results)
    target = results / "index.html"
    write_text(target, _rendered(reports, results, sections, methods))
    return target


def _content(reports: Iterable[Report], results: Path) -> tuple[list[dict], dict]:
    """A section of each report that has results, and the methods side by side."""
    sections, methods = [], {}
    for report in reports:
        stored = Stored.read(results / report.key)
        section = _section(report, stored)
        if section["tables"]:
            sections.append(section)
        methods = methods or page_pictures.side_by_side(report, stored)
    return sections, methods


def _rendered(reports: list[Report], results: Path, sections: list[dict], methods: dict) -> str:
    claiming = [section["report"] for section in sections if section["report"].claims]
    claims = {report.key: stored_claims(results / report.key) for report in reports}
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=StrictUndefined,
    )
    filters = (marked, tables.aligned_right, tables.capitalized, listed)
    environment.filters |= {given.__name__: given for given in filters}
    return environment.get_template("page.html").render(
        counts=verdict_counts(claiming, claims),
        findings=findings(reports, results),
        less=LESS,
        methods=methods,
        primary=_primary(claiming, results),
        sections=sections,
        verdicts=VERDICTS,
    )


def marked(text: str) -> Markup:
    """Text with the little Markdown that stored results use: *em*, **strong**, `code`, a link.

    A link to a report's page goes to its section.
    """
    text = str(escape(text))
    text = re.sub(r"\*\*(.+?\*?)\*\*", r"<strong>\1</strong>", text)
    text = re.sub(r"\*(.+?)\*", r"<em>\1</em>", text)
    text = re.sub(r"`(.+?)`", r"<code>\1</code>", text)
    return Markup(re.sub(r"\[(.+?)\]\((.+?)/README\.md\)", r'<a href="#\2">\1</a>', text))


def listed(text: str) -> list[str]:
    """The items of a Markdown list, each on one line."""
    return [" ".join(item.split()) for item in re.split(r"^- ", text, flags=re.M)[1:]]


def _section(report: Report, stored: Stored) -> dict:
    found = [(arm, runs) for arm in report.arms if (runs := stored.of(arm.name))]
    claims = stored_claims(stored.folder)
    return {
        "report": report,
        "counts": Counter(claim["verdict"] for claim in claims),
        "claims": [claim for claim in claims if claim["verdict"] != NOT_RUN],
        "not_run": [claim for claim in claims if claim["verdict"] == NOT_RUN],
        "strips": page_pictures.strips(report, [pair for pair in found if pair[0].primary]),
        "more_strips": page_pictures.strips(
            report, [pair for pair in found if not pair[0].primary]
        ),
        "curves": [
            page_pictures.curve(report, arm, runs)
            for arm, runs in found
            if arm.primary and not arm.trained_by
        ],
        "tables": [table for table in judged_tables(stored, report) if table.split != "train"],
        "figures": page_pictures.figures(stored.folder, report.figures),
        "settings": settings_rows(stored, report.settings),
        "references": references_rows(stored, report.references),
    }


def _primary(reports: list[Report], results: Path) -> pd.DataFrame:
    """What the reports themselves ran, with an arm and its report in one column."""
    found = primary_runs(reports, results)
    if found.empty:
        return found
    numbers = {report.key: report.number for report in reports}
    arms = [f"{numbers[key]} {arm}" for key, arm in zip(found["report"], found["arm"], strict=True)]
    return found.drop(columns=["report", *ELSEWHERE]).assign(arm=arms)
