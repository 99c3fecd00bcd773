"""Processes that do runs one after the other, so that several share a device."""

import itertools
import multiprocessing
import os
import statistics
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path

from colorization import backend
from colorization.errors import OutOfTime, RunFailed, UserError
from colorization.reproduction.plan import HERE, Plan
from colorization.reproduction.report import Report
from colorization.reproduction.reproduce import reproduce_run
from colorization.training.options import RunOptions

COMPILED = Path("compiled")
GRACE = 5  # seconds for an idle worker to end by itself


@dataclass(frozen=True)
class Outcome:
    """How a run went.

    Args:
        said: in words.
        failed: whether trying again is of no use.
        seconds: all of it took.
        images_per_second: of training.
        training, compiling: seconds of that.
    """

    said: str
    failed: bool = False
    seconds: float = 0.0
    images_per_second: float = 0.0
    training: float = 0.0
    compiling: float = 0.0


@dataclass
class Worker:
    """A process, and what it does now: an entry of the plan and its multiply-accumulates."""

    process: multiprocessing.process.BaseProcess
    connection: Connection
    entry: dict | None = None
    macs: float = 0.0

    def start(self, entry: dict, macs: float, deadline: float) -> None:
        self.entry, self.macs = entry, macs
        self.connection.send((entry, deadline))


class Crew:
    """Workers, ended with the block.

    Args:
        count: of processes.
        report: a report by its key, as a function that another process can import.
        say: called with lines of text, from all of them.

    Attributes:
        peak: FLOP/s of matrix products that the first worker measured; 0 before it has.
    """

    def __init__(self, count: int, report: Callable[[str], Report], say: Callable):
        self.report, self.say, self.peak = report, say, 0.0
        if count > 1:  # else the first one takes most of the device's memory
            os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
        self._context = multiprocessing.get_context("spawn")
        self.workers = [self._hire(measures_peak=not number) for number in range(count)]

    def _hire(self, measures_peak: bool) -> Worker:
        here, there = self._context.Pipe()
        given = there, self.report, measures_peak
        process = self._context.Process(target=_work, args=given, daemon=True)
        process.start()
        there.close()
        return Worker(process, here)

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, *_) -> None:
        for worker in self.idle:
            worker.connection.send(None)
            worker.process.join(GRACE)
        for worker in self.workers:
            worker.process.terminate()
            worker.process.join()

    @property
    def idle(self) -> list[Worker]:
        return [worker for worker in self.workers if worker.entry is None]

    @property
    def busy(self) -> list[dict]:
        """What is being done."""
        return [worker.entry for worker in self.workers if worker.entry is not None]

    def wait(self, seconds: float) -> list[tuple[dict, float, Outcome]]:
        """What ended: entry, multiply-accumulates, outcome. At the latest after so many seconds."""
        until = time.monotonic() + seconds
        found: list[tuple[dict, float, Outcome]] = []
        while not found and (left := until - time.monotonic()) > 0:
            ready = wait([worker.connection for worker in self.workers], left)
            for number, worker in enumerate(self.workers):
                if worker.connection in ready:
                    found += self._hear(number, worker)
        return found

    def _hear(self, number: int, worker: Worker) -> list[tuple[dict, float, Outcome]]:
        """Take one message of a worker; what ended by it."""
        try:
            kind, value = worker.connection.recv()
        except EOFError:
            kind, value = "end", Outcome("its process ended without a word", failed=True)
            self.workers[number] = self._hire(measures_peak=False)
        if kind == "say":
            self.say(f"[{number + 1}] {value}" if len(self.workers) > 1 else value)
        elif kind == "peak":
            self.peak = value
        elif worker.entry is not None:
            ended = worker.entry, worker.macs, value
            worker.entry = None
            return [ended]
        return []


def _work(connection: Connection, report: Callable, measures_peak: bool) -> None:
    """What a worker does: runs that it is sent, until it is ended."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    backend.import_quietly()
    backend.keep_compiled(COMPILED)
    compiling, plan = backend.seconds_of_compiling(), Plan.read(report)
    if measures_peak:
        dtype = "bfloat16" if plan.precision == "mixed_bfloat16" else "float32"
        connection.send(("peak", backend.matrix_speed(dtype, repeats=3)))

    def say(line: str) -> None:
        connection.send(("say", line))

    for entry, deadline in iter(connection.recv, None):
        begun, compiled, known = time.monotonic(), compiling(), len(plan.epochs(entry))
        try:
            reproduce_run(plan.job(entry), HERE, RunOptions(say=say, deadline=deadline))
            said, failed = "finished", False
        except OutOfTime as stop:
            said, failed = f"out of time: {stop}", False
        except (UserError, RunFailed) as error:
            said, failed = f"left out: {error}", True
        took, rows = time.monotonic() - begun, plan.epochs(entry)[known:]
        speeds = _speeds(rows)
        connection.send(("end", Outcome(said, failed, took, *speeds, compiling() - compiled)))


def _speeds(rows: list[dict]) -> tuple[float, float]:
    """Images per second of the last stage, and seconds of training, of rows of the epoch log.

    Of each stage the median epoch counts (of two the faster one), since something was compiled in
    the first one.
    """
    stages = [list(group) for _, group in itertools.groupby(rows, key=frozenset)]
    seconds = sum(len(s) * statistics.median_low(row["seconds"] for row in s) for s in stages)
    last = [row["images_per_second"] for row in stages[-1]] if stages else [0.0]
    return statistics.median_high(last), seconds


def _end_with_parent() -> None:
    if parent := multiprocessing.parent_process():
        parent.join()
    os._exit(1)
