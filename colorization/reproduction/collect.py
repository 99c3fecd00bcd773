"""What was found on another machine, merged into the results here."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from colorization.data import archives
from colorization.errors import UserError
from colorization.reproduction.report import Report
from colorization.reproduction.scales import SMOKE
from colorization.results.store import Shelf, holds_results, shelves, storing
from colorization.results.stored import Stored


def collect(
    archive: Path, target: Path | None, report: Callable[[str], Report], say=print
) -> tuple[Path, list[Report]]:
    """Merge an archive of results into a folder of results.

    Args:
        archive: as `run` leaves it.
        target: the folder of results; runs that it has already are replaced. None for `results`,
            or, since what was tried at `smoke` is not published, `runs/results`.
        report: a report by its key.
        say: called with lines of text.

    Returns:
        the folder, and the reports that something was found of.

    Raises:
        UserError: the archive cannot be unpacked, or holds no results.
    """
    wanted = "give the archive that run-bundle wrote (results.tar.gz)"
    if not archive.is_file():
        raise UserError(f"{archive} is no file; {wanted}")
    with tempfile.TemporaryDirectory() as scratch:
        try:
            unpacked = archives.unpack(archive, Path(scratch) / "unpacked") / "results"
        except UserError:
            raise UserError(f"{archive} cannot be unpacked; {wanted}") from None
        if not holds_results(unpacked):
            raise UserError(f"{archive} holds no results; {wanted}")
        keys = sorted(path.name for path in unpacked.iterdir() if shelves(path))
        reports = [report(key) for key in keys]  # before anything is copied
        for one in reports:
            Stored.read(unpacked / one.key)
        found = [(one, shelf) for one in reports for shelf in shelves(unpacked / one.key)]
        tried = all(shelf.folder.name == SMOKE for _, shelf in found)
        target = target or Path("runs/results" if tried else "results")
        with storing(target, say):
            for one, shelf in found:
                _merge(shelf, Shelf(target / one.key / shelf.folder.name), say)
    return target, reports


def _merge(found: Shelf, target: Shelf, say) -> None:
    """Put what one shelf has into another."""
    for prepared, baselines in found.take_baselines():
        target.put_baselines(prepared, baselines)
    for run in found.runs():
        known = target.has(run.arm, run.seed)
        target.put(found.take(run))
        say(f"{'replaced' if known else 'new'}: {run.name}")
