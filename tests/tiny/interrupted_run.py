"""A tiny report from download to figures, run again and again and ended on purpose.

Started as a process that imports everything once. Each line on standard input is the JSON of one
round; a forked child does it and ends. Standard output gets the child's process id, then its exit
status (negative: the signal that killed it).

    folder   where the round runs
    log      file for what it says
    url      of the images' archive
    event    number of the file operation that writes at which `then` happens; 0 for none
    then     "die": as by kill -9; "fill": the rest of the disk is filled by a file `filler`
"""

import json
import os
import signal
import sys
from dataclasses import dataclass, replace
from pathlib import Path

from colorization.data import disk, download
from colorization.data.form_sets import DietrichForms
from colorization.data.recipe import Recipe
from colorization.errors import exit_status
from colorization.pages.figures import Curves, Grid
from colorization.pages.report_page import render
from colorization.reproduction.job import Job, Places
from colorization.reproduction.report import Arm, Report
from colorization.reproduction.reproduce import reproduce
from colorization.reproduction.scales import Scale
from colorization.results.store import storing
from colorization.training.options import RunOptions
from experiments.commands import say
from tests.tiny import runs as tiny

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
NAMES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate")


@dataclass(frozen=True)
class Forms(DietrichForms):
    """Form images from a server of the test."""

    address: str

    key = "forms-of-the-test"
    sha256 = None
    stand_in = None

    @property
    def url(self) -> str:
        return self.address


def report(url: str) -> Report:
    """A report with one arm, of two stages and with snapshots."""
    config = replace(tiny.PRETRAINED, source=Forms(url), recipe=Recipe(size=16))
    return Report(
        key="tiny",
        title="Interrupted",
        authors=None,
        year=None,
        subject="a run from download to figures",
        arms=(Arm("unet", "U-Net", config, primary=True),),
        scales={"small": Scale(epochs=lambda count: count)},
        settings={},
        figures=(
            Grid("fig01", "unet", "test-random", "Coloured"),
            Curves("fig02", "unet", "loss", "loss", "Losses"),
        ),
        references=(),
        claims=(),
        departures="- None.\n",
        measures=("ab_mae", "ciede2000"),
    )


class Events:
    """Counts the times that the process is about to change files, from now on.

    Args:
        number: calls `action` at this one.
    """

    def __init__(self, number: int, action):
        self.seen, self.number, self.action = 0, number, action
        sys.addaudithook(self.hook)

    def hook(self, event, arguments):
        writes = event in NAMES
        if event == "open" and isinstance(arguments[0], str | os.PathLike):
            writes = bool((arguments[2] or 0) & WRITING)
        if writes and not str(arguments[0]).startswith(("/dev", "/proc")):
            self.seen += 1
            if self.seen == self.number:
                self.action()


def fill_disk() -> None:
    """Take what is left of the disk."""
    with open("filler", "wb", buffering=0) as filler:
        for size in (2**20, 2**12, 1):
            try:
                while filler.write(bytes(size)) == size:
                    pass
            except OSError:
                pass


def one_round(folder: str, url: str, event: int = 0, then: str = "die") -> int:
    os.chdir(folder)
    os.environ["COLORIZATION_DATA"] = "data"
    Path("data").mkdir(exist_ok=True)
    disk.CHUNK, download.RETRY_DELAY = 4096, 0.0
    actions = {"die": lambda: os.kill(os.getpid(), signal.SIGKILL), "fill": fill_disk}
    events = Events(event, actions[then])

    def command() -> int:
        given, places = report(url), Places(Path("runs"), Path("results"))
        jobs = [Job(given, arm, "full", 0) for arm in given.arms]
        failures = reproduce(jobs, places, RunOptions(say))
        with storing(places.results, say):
            render(given, places.results / given.key, say)
        say(f"{events.seen} events")
        for failure in failures:
            print(f"error: {failure}", file=sys.stderr)
        return 2 if failures else 0

    return exit_status(command)


def main() -> None:
    for line in sys.stdin:
        given = json.loads(line)
        pid = os.fork()
        if pid == 0:
            log = os.open(f"{given['log']}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(log, 1)
            os.dup2(log, 2)
            try:
                del given["log"]
                status = one_round(**given)
            except BaseException:
                sys.excepthook(*sys.exc_info())
                status = 99
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
        print(pid, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
