"""What was found on another machine, merged into the results here."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from colorization.data import archives
from colorization.errors import UserError
from colorization.reproduction.report import Report
from colorization.results.store import Shelf, holds_results, shelves, storing
from colorization.results.stored import Stored


def collect(
    archive: Path, target: Path, report: Callable[[str], Report], say=print
) -> list[Report]:
    """Merge an archive of results into a folder of results.

    Args:
        archive: as `run` leaves it.
        target: the folder of results. Runs that it has already are replaced.
        report: a report by its key.
        say: called with lines of text.

    Returns:
        the reports that something was found of.

    Raises:
        UserError: the archive cannot be unpacked, or holds no results.
    """
    wanted = "give the archive that run-bundle wrote (results.tar.gz)"
    if not archive.is_file():
        raise UserError(f"{archive} is no file; {wanted}")
    with tempfile.TemporaryDirectory() as scratch, storing(target, say):
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
        for one in reports:
            for shelf in shelves(unpacked / one.key):
                _merge(shelf, Shelf(target / one.key / shelf.folder.name), say)
    return reports


def _merge(found: Shelf, target: Shelf, say) -> None:
    """Put what one shelf has into another."""
    for prepared, baselines in found.take_baselines():
        target.put_baselines(prepared, baselines)
    for run in found.runs():
        known = target.has(run.arm, run.seed)
        target.put(found.take(run))
        say(f"{'replaced' if known else 'new'}: {run.name}")
