"""A finished run's own folder, below `runs/`, read as stored results are.

config.json, environment.json, epochs.csv, class_weights.csv   of its training
images.csv, measures.json, samples/                            of its evaluation
"""

from fnmatch import fnmatch
from functools import partial
from pathlib import Path

from colorization.errors import RunUnusable, UserError
from colorization.results.runs import CLASS_WEIGHTS, EPOCHS, PHOTOGRAPHS, REPLACE, ROWS, StoredRun
from colorization.results.store import Findings
from colorization.state import TRAIN_ANEW, read_json, rows_of, stored_config

EVALUATED = "measures.json"  # where it is, the run has been evaluated
SAMPLES = "samples"


def read_run(folder: Path) -> StoredRun:
    """The finished run in a folder `.../<report>/<scale>/<arm>/seed-<n>`.

    Raises:
        UserError: its configuration or its measures cannot be read.
    """
    facts = {
        "config": stored_config(folder),
        "environment": read_json(folder / "environment.json", {}, TRAIN_ANEW, RunUnusable),
        **read_json(folder / EVALUATED, {}),
    }
    if not isinstance(facts["config"].get("seed"), int):
        raise UserError(f"{folder / 'config.json'} is not of a run (no seed)")
    place = folder.absolute()  # its last parts are names
    return StoredRun(place, facts["config"]["seed"], facts, partial(_read, folder))


def _read(folder: Path, name: str) -> bytes:
    path = folder / SAMPLES / name if name.endswith(".webp") else folder / name
    try:
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror}); {REPLACE}") from None


def findings_of(folder: Path, arm: str, seed: int, grids: set[str]) -> Findings:
    """What of a finished run is to be stored.

    Args:
        folder: of the run.
        arm, seed: whose it is.
        grids: patterns of the names of grids that figures show.
    """
    run = read_run(folder)
    shown = {
        name: grid
        for name, grid in run.shown.items()
        if any(fnmatch(name, pattern) for pattern in grids)
    }
    facts = {**run.facts, "shown": shown}
    if not shown:
        del facts["shown"]
    files = {ROWS: run.read(ROWS)}
    if shown and (folder / CLASS_WEIGHTS).exists():
        files[CLASS_WEIGHTS] = run.read(CLASS_WEIGHTS)
    files |= {f"{grid}.webp": run.read(f"{grid}.webp") for grid in shown}
    digests = {one for grid in shown.values() for one in grid["photographs"]}
    photographs = {f"{one}.webp": run.read(f"{PHOTOGRAPHS}/{one}.webp") for one in sorted(digests)}
    return Findings(arm, seed, facts, rows_of(run.read(EPOCHS)), files, photographs)
