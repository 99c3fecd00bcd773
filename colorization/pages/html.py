"""All results as one static HTML page, `results/index.html`: no network, no framework.

Claims, learning curves, and the stored grids with a slider from gray over the prediction to the
original; the pictures are drawn beside it. The templates hold all HTML, CSS and JavaScript.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from PIL import Image

from colorization.evidence.claims import stored_claims
from colorization.evidence.observations import measured
from colorization.evidence.rule import VERDICTS
from colorization.files import replacing, write_text
from colorization.pages import tables
from colorization.pages.loss_curves import draw_losses
from colorization.pages.measure_tables import judged_tables, without_constant
from colorization.pages.overview import primary_runs, verdict_counts
from colorization.pages.tiles import COLOURED, GRAY, ORIGINAL, mosaic, tiles
from colorization.reproduction.report import Arm, Report
from colorization.results.runs import StoredRun
from colorization.results.stored import Stored, over_seeds, run_note, source_note

TEMPLATES = Path(__file__).parent / "templates"
PICTURES = "page"  # the folder of what it shows, beside it
GRID = "test-random"
LAYERS = (GRAY, COLOURED, ORIGINAL)


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
    found = [(arm, runs) for arm in report.arms if (runs := stored.of(arm.name))]
    return {
        "report": report,
        "claims": claims,
        "strips": _strips(report, found),
        "curves": [
            _curve(report, arm, runs) for arm, runs in found if arm.primary and not arm.trained_by
        ],
        "tables": list(_tables(report, stored)),
    }


def _strips(report: Report, found: list[tuple[Arm, list[StoredRun]]]) -> dict[str, list[dict]]:
    """Where the images come from -> a strip for each arm that shows some of those."""
    strips: dict[str, list[dict]] = {}
    for arm, runs in found:
        if GRID in runs[0].shown:
            strips.setdefault(source_note(runs[0]), []).append(_strip(report, arm, runs))
    return strips


def _strip(report: Report, arm: Arm, runs: list[StoredRun]) -> dict:
    """A row of test images of an arm's first seed, and where its parts are in its picture."""
    run, over = runs[0], over_seeds(runs, "test", ("ciede2000",))
    several = "".join(f"; over {len(runs)} seeds {k} {v}" for k, v in over.items() if runs[1:])
    return {
        "arm": arm,
        "run": run,
        "image": f"{PICTURES}/{report.key}-{run.scale}-{run.arm}.webp",
        "rows": len(LAYERS),
        "columns": len(run.shown[GRID]["names"]),
        "places": {label: place for place, label in enumerate(LAYERS)},
        "note": f"scale {run.scale}, seed {run.seed}; {measured(run, 'test')}{several}",
    }


def _curve(report: Report, arm: Arm, runs: list[StoredRun]) -> dict:
    """What an arm's runs logged, and its picture."""
    run = runs[0]
    return {
        "arm": arm,
        "run": run,
        "runs": runs,
        "image": f"{PICTURES}/{report.key}-{run.scale}-{run.arm}.svg",
        "note": run_note(*runs),
    }


def write_page(reports: Iterable[Report], results: Path) -> Path:
    """Write `index.html` and the pictures that it shows to a folder of results.

    Returns:
        the page.
    """
    reports = list(reports)
    for report in reports:
        section = _section(report, results, [])
        for strip in (one for strips in section["strips"].values() for one in strips):
            drawn = tiles(strip["run"], GRID)
            with replacing(results / strip["image"]) as part:
                picture = Image.fromarray(mosaic([drawn[label] for label in LAYERS]))
                picture.save(part, format="WEBP", lossless=True)
        for curve in section["curves"]:
            draw_losses(results / curve["image"], curve["runs"])
    target = results / "index.html"
    write_text(target, page(reports, results))
    return target


def _tables(report: Report, stored: Stored):
    """(heading, table) for each scale and each set of test images."""
    for _, split, heading, rows in judged_tables(stored, report):
        if split != "train":
            yield heading, without_constant(rows)
