"""What the HTML page shows of stored runs: strips, methods side by side, curves, drawn figures."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image

from colorization.evidence.observations import measured
from colorization.files import replacing
from colorization.pages.figures import Figure
from colorization.pages.loss_curves import draw_losses
from colorization.pages.tables import capitalized
from colorization.pages.tiles import COLOURED, GRAY, ORIGINAL, mosaic, tiles
from colorization.reproduction.report import Arm, Report
from colorization.results.measures import MEASURES
from colorization.results.runs import StoredRun
from colorization.results.stored import Stored, over_seeds, run_note, source_note

PICTURES = "page"  # the folder of what it shows, beside it
GRID = "test-random"
LAYERS = (GRAY, COLOURED, ORIGINAL)
SHOWN = 3  # photographs of a grid that stand at the top of the page, its last

Found = list[tuple[Arm, list[StoredRun]]]


def strip(report: Report, arm: Arm, runs: list[StoredRun]) -> dict:
    """A row of test images of an arm's first seed, and a picture for each of its layers."""
    run, over = runs[0], over_seeds(runs, "test", ("ciede2000",))
    several = "".join(f"; over {len(runs)} seeds {k} {v}" for k, v in over.items() if runs[1:])
    name = f"{PICTURES}/{report.key}-{run.scale}-{run.arm}"
    return {
        "arm": arm,
        "run": run,
        "layers": {layer: f"{name}-{layer}.webp" for layer in LAYERS},
        "columns": len(run.shown[GRID]["names"]),
        "note": f"scale {run.scale}, seed {run.seed}; {measured(run, 'test')}{several}",
    }


def strips(report: Report, found: Found) -> dict[str, list[dict]]:
    """Where the images come from -> a strip for each arm that shows some of those."""
    result: dict[str, list[dict]] = {}
    for arm, runs in found:
        if GRID in runs[0].shown:
            result.setdefault(source_note(runs[0]), []).append(strip(report, arm, runs))
    return result


def side_by_side(report: Report, stored: Stored) -> dict:
    """The same photographs by every method of a comparison, a column each; {} without them.

    Returns:
        "columns": of each its label, note and picture; "note", on all of them.
    """
    found = [(arm, stored.of(arm.name)) for arm in report.arms if arm.primary]
    shown = [(arm, runs) for arm, runs in found if runs and GRID in runs[0].shown]
    same = {tuple(runs[0].shown[GRID]["photographs"]) for _, runs in shown}
    if not report.compares_cost or len(same) != 1:
        return {}
    columns = []
    for arm, runs in shown:
        error = over_seeds(runs, "test", ("ciede2000",))[MEASURES["ciede2000"].heading]
        columns.append(_column(report, runs[0], COLOURED, arm.name, f"ΔE {error}"))
    run = shown[0][1][0]
    count = len(run.shown[GRID]["names"])
    return {
        "columns": [
            _column(report, run, GRAY, "gray", "the input"),
            *columns,
            _column(report, run, ORIGINAL, "original", ""),
        ],
        "note": f"The last {SHOWN} of {count} test photographs that were drawn at random, scale "
        f"{run.scale}, {run.config['recipe']['size']} px, seed {run.seed}. ΔE: mean CIEDE2000 over "
        f"all {run.splits['test']['images']} test images and all seeds. "
        f"{capitalized(source_note(run))}.",
    }


def _column(report: Report, run: StoredRun, layer: str, label: str, note: str) -> dict:
    image = f"{PICTURES}/{report.key}-{run.scale}-{label}-column.webp"
    return {"run": run, "layer": layer, "label": label, "note": note, "image": image}


def curve(report: Report, arm: Arm, runs: list[StoredRun]) -> dict:
    """What an arm's runs logged, and its picture."""
    run = runs[0]
    image = f"{PICTURES}/{report.key}-{run.scale}-{run.arm}.svg"
    return {"arm": arm, "runs": runs, "image": image, "note": run_note(*runs)}


def figures(folder: Path, specifications: Iterable[Figure]) -> dict:
    """The report's own figures that lie beside its results, and how many are not drawn there."""
    specifications = list(specifications)
    drawn = [figure for figure in specifications if figure.path(folder).exists()]
    there = [(f.title, f.path(Path(folder.name)).as_posix()) for f in drawn]
    return {"drawn": there, "missing": len(specifications) - len(drawn)}


def draw_strip(one: dict, results: Path) -> None:
    drawn = tiles(one["run"], GRID)
    for layer, image in one["layers"].items():
        _save(results / image, mosaic([drawn[layer]]))


def draw_side_by_side(found: dict, results: Path) -> None:
    for one in found.get("columns", ()):
        photographs = tiles(one["run"], GRID)[one["layer"]][-SHOWN:]
        _save(results / one["image"], mosaic([photographs], across=True))


def draw_curve(one: dict, results: Path) -> None:
    draw_losses(results / one["image"], one["runs"])


def _save(path: Path, pixels: np.ndarray) -> None:
    with replacing(path) as part:
        Image.fromarray(pixels).save(part, format="WEBP", lossless=True)
