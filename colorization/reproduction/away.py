"""An unpacked bundle: its plan worked through within a time, what was found packed.

Runs are done by workers (`colorization.reproduction.workers`), which share the device, so that one
compiles while another trains.
"""

import math
import tarfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from colorization.columns import aligned
from colorization.files import replacing
from colorization.reproduction.bundle import kept
from colorization.reproduction.plan import HERE, Plan
from colorization.reproduction.report import Report
from colorization.reproduction.workers import Crew, Outcome
from colorization.results.store import storing

RESERVE = 60  # seconds of the budget for judging what was trained last
POLL = 2  # seconds between two looks for what has arrived


class Speeds:
    """How long runs take here, by what was measured of those that have ended."""

    def __init__(self):
        self._measured: dict[tuple, tuple[float, float]] = {}

    def add(self, entry: dict, macs: float, outcome: Outcome) -> None:
        if macs and outcome.training:
            rest = outcome.seconds - outcome.training
            self._measured[_arm(entry)] = (outcome.training / macs, rest)

    def seconds(self, entry: dict, macs: float) -> float:
        """Expected of a run with so much before it: by its arm's speed, else by the slowest known;
        0 as long as none is."""
        found = self._measured
        if not found:
            return 0.0
        of_one, rest = found.get(_arm(entry)) or map(max, zip(*found.values(), strict=True))
        return macs * of_one + rest


def _arm(entry: dict) -> tuple:
    return entry["report"], entry["arm"]


def run(
    minutes: float,
    archive: Path,
    report: Callable[[str], Report],
    say: Callable = print,
    workers: int = 1,
) -> bool:
    """Work through the plan in the current folder, and leave an archive of what is finished.

    Of the runs whose images have arrived, the most wanted one that is expected to end in time comes
    next; it may be one that an earlier call began.

    Args:
        minutes: the budget, all included.
        archive: of results, written after each run.
        report: a report by its key, as a function that another process can import.
        say: called with lines of text.
        workers: processes that share the device.

    Returns:
        Whether all runs are finished.

    Raises:
        UserError: this is no unpacked bundle.
    """
    plan, ended = Plan.read(report), time.monotonic() + 60 * minutes
    deadline = ended - RESERVE
    speeds, left_out, table, told = Speeds(), [], [], False
    with Crew(workers, report, say) as crew:
        while True:
            plan.unpack_pieces()
            waiting = [e for e in plan.missing() if e not in left_out and e not in crew.busy]
            for worker in crew.idle:
                entry = _next(plan, waiting, crew.busy, speeds, deadline - time.monotonic())
                if entry:
                    waiting.remove(entry)
                    say(f"== {_name(entry)}")
                    worker.start(entry, plan.cost(entry), deadline)
            now = time.monotonic()
            if now > ended:
                break
            if not crew.busy and (now > deadline or all(map(plan.has_arrived, waiting))):
                break  # nothing more begins
            if not crew.busy and not told:
                say(f"waiting for images of {len(waiting)} runs: bring the bundle's other pieces")
            told = not crew.busy
            for entry, macs, outcome in crew.wait(min(POLL, ended - now)):
                say(f"{_name(entry)}: {outcome.said}")
                speeds.add(entry, macs, outcome)
                table.append((entry, macs, outcome))
                if outcome.failed:
                    left_out.append(entry)
                _write_archive(archive, say)
        peak = crew.peak
    for line in _lines(table, peak):
        say(line)
    for entry in plan.missing():
        why = "" if plan.has_arrived(entry) else ": its images have not arrived"
        say(f"not finished: {_name(entry)}{why}")
    if _write_archive(archive, say):
        say(f"{archive}: {archive.stat().st_size / 1e3:.0f} kB, for make collect")
    return not plan.missing()


def _next(
    plan: Plan, waiting: Iterable[dict], busy: Iterable[dict], speeds: Speeds, room: float
) -> dict | None:
    """The most wanted run that can be begun now and is expected to end within `room` seconds, or
    was begun before and may go on in parts."""
    if room <= 0:
        return None
    taken = {plan.trains_in(entry) for entry in busy}
    for entry in waiting:
        if not plan.has_arrived(entry) or plan.trains_in(entry) in taken:
            continue
        if plan.has_begun(entry) or speeds.seconds(entry, plan.cost(entry)) <= room:
            return entry
    return None


def _write_archive(archive: Path, say: Callable) -> bool:
    """Pack what is finished; whether there was anything."""
    if not HERE.results.exists():
        return False
    with (
        storing(HERE.results, say),
        replacing(archive) as part,
        tarfile.open(part, "w:gz") as written,
    ):
        written.add(HERE.results, "results", filter=kept)
    return True


def _lines(table: list[tuple], peak: float) -> list[str]:
    """What each run took, as aligned text.

    Args:
        table: entry, multiply-accumulates and outcome of each run.
        peak: of the device in matrix products, FLOP/s.
    """
    head = ("run", "images/s", "of peak", "compiling s", "training s", "the rest s")
    rows: list[tuple[str, ...]] = [head]
    for entry, macs, outcome in table:
        share = 2 * macs / outcome.training / peak if outcome.training and peak else math.nan
        rest = outcome.seconds - outcome.training - outcome.compiling
        speed = f"{outcome.images_per_second:.0f}", f"{100 * share:.1f} %"
        seconds = outcome.compiling, outcome.training, rest
        rows.append((_name(entry), *speed, *(f"{number:.0f}" for number in seconds)))
    reached = f"matrix products reach {peak / 1e12:.1f} TFLOP/s here"
    return [reached, *aligned(rows, right=slice(1, None))] if table else []


def _name(entry: dict) -> str:
    return f"{entry['report']} {entry['arm']}, seed {entry['seed']}"
