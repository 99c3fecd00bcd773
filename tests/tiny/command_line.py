"""The command line as a process in an empty folder, and a report's page from what is stored."""

import os
import subprocess
import sys
from pathlib import Path

from colorization.evidence.claims import judge_all
from colorization.pages.report_page import page
from colorization.results.runs import StoredRun
from colorization.results.stored import Stored
from tests import ROOT

# The command line where TensorFlow cannot be imported, which on JAX it need not be.
WITHOUT_TENSORFLOW = """
import sys
sys.modules["tensorflow"] = None
from experiments.__main__ import main
sys.exit(main(sys.argv[1:]))
"""


def start(folder: Path, *arguments: str, backend: str = "tensorflow") -> subprocess.Popen:
    """The command line in an empty folder, with no data set anywhere; on JAX, no TensorFlow."""
    environment = {k: v for k, v in os.environ.items() if k != "COLORIZATION_DATA"}
    environment |= {"PYTHONPATH": str(ROOT), "KERAS_BACKEND": backend}
    program = ["-c", WITHOUT_TENSORFLOW] if backend == "jax" else ["-m", "experiments"]
    return subprocess.Popen(
        [sys.executable, *program, *arguments],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(process: subprocess.Popen) -> subprocess.CompletedProcess:
    output, errors = process.communicate()
    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess:
    return finish(start(folder, *arguments))


def rendered(report, folder: Path) -> str:
    """A report's page, from what is stored in its folder."""
    stored = Stored.read(folder)
    return page(report, stored, judge_all(report.claims, stored))


def stored(folder: Path) -> dict[str, StoredRun]:
    return {run.arm: run for run in Stored.read(folder).runs}
