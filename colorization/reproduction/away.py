"""An unpacked bundle: its plan worked through within a time, what was found packed."""

import json
import math
import tarfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from colorization.backend import keep_compiled
from colorization.errors import OutOfTime, RunFailed, UserError
from colorization.files import replacing
from colorization.reproduction.bundle import PLAN, plain
from colorization.reproduction.job import Job, Places
from colorization.reproduction.report import Report
from colorization.reproduction.reproduce import reproduce_run
from colorization.results.store import Shelf
from colorization.training.epochs import read_epochs
from colorization.training.options import RunOptions

HERE = Places(runs=Path("runs"), results=Path("results"))  # in the unpacked bundle
COMPILED = Path("compiled")
RESERVE = 60  # seconds of the budget for judging what was trained last


@dataclass(frozen=True)
class Plan:
    """What an unpacked bundle is to run, in the current folder.

    Args:
        scale, precision: of all runs; see `reproduce`.
        runs: report, arm, seed and cost (`macs`) of each.
        report: a report by its key.
    """

    scale: str
    precision: str | None
    runs: list[dict]
    report: Callable[[str], Report]

    @classmethod
    def read(cls, report: Callable[[str], Report]) -> "Plan":
        if not Path(PLAN).exists():
            raise UserError(f"there is no {PLAN} here; unpack a bundle and run this in its folder")
        return cls(**json.loads(Path(PLAN).read_text()), report=report)

    def missing(self) -> list[dict]:
        """Runs that are not finished."""
        return [entry for entry in self.runs if not self._is_stored(**entry)]

    def _is_stored(self, report: str, arm: str, seed: int, macs: float) -> bool:
        return Shelf(HERE.results / report / self.scale).has(arm, seed)

    def cost(self, entry: dict) -> float:
        """Multiply-accumulates that a run still has before it."""
        trainer = self.job(entry).trainer
        epochs = read_epochs(trainer.folder(HERE.runs) / "epochs.csv")
        done = max((row["epoch"] for row in epochs), default=0)
        return entry["macs"] * (1 - done / trainer.config.all_epochs)

    def job(self, entry: dict) -> Job:
        """What an entry of the plan asks for."""
        report = self.report(entry["report"])
        return Job(report, report.arm(entry["arm"]), self.scale, entry["seed"], self.precision)

    def start(self, entry: dict, deadline: float, say: Callable) -> None:
        """Do one run; go on with it if it was begun."""
        reproduce_run(self.job(entry), HERE, RunOptions(say=say, deadline=deadline))


def run(
    minutes: float, archive: Path, report: Callable[[str], Report], say: Callable = print
) -> bool:
    """Work through the plan in the current folder, and leave an archive of what is finished.

    The run that is expected to take longest among those that fit in what is left of the budget
    comes first. One that does not end in time stays where it is, to go on at the next call.

    Args:
        minutes: the budget, all included.
        archive: of results, written between runs and at the end.
        report: a report by its key.
        say: called with lines of text.

    Returns:
        Whether all runs are finished.

    Raises:
        UserError: this is no unpacked bundle.
    """
    plan = Plan.read(report)
    keep_compiled(COMPILED)
    deadline = time.monotonic() + 60 * minutes - RESERVE
    left, done, seconds = plan.missing(), 0.0, 0.0
    try:
        while left and time.monotonic() < deadline:
            room = (deadline - time.monotonic()) * done / seconds if done else math.inf
            entry = _next(left, room, plan.cost)
            _write_archive(archive)  # of the runs before it, for whoever is cut off
            left.remove(entry)
            say(f"== {_name(entry)}")
            begun, cost = time.monotonic(), plan.cost(entry)
            try:
                plan.start(entry, deadline, say)
            except (UserError, RunFailed) as error:
                say(f"left out: {error}")
                continue
            done, seconds = done + cost, seconds + time.monotonic() - begun
    except OutOfTime as stop:
        say(f"out of time: {stop}")
    finally:
        for entry in plan.missing():
            say(f"not finished: {_name(entry)}")
        if _write_archive(archive):
            say(f"{archive}: {archive.stat().st_size / 1e3:.0f} kB, for make collect")
    return not plan.missing()


def _write_archive(archive: Path) -> bool:
    """Pack what is finished; whether there was anything."""
    if not HERE.results.exists():
        return False
    with replacing(archive) as part, tarfile.open(part, "w:gz") as written:
        written.add(HERE.results, "results", filter=plain)
    return True


def _name(entry: dict) -> str:
    return f"{entry['report']} {entry['arm']}, seed {entry['seed']}"


def _next(left: list[dict], room: float, cost: Callable[[dict], float]) -> dict:
    """The longest run that fits, or the shortest."""
    fitting = [entry for entry in left if cost(entry) <= room]
    return max(fitting, key=cost) if fitting else min(left, key=cost)
