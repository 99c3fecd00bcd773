"""The command line as a process in an empty folder, and a report's page from what is stored."""

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from colorization.evidence.claims import judge_all
from colorization.pages.report_page import page
from colorization.results.runs import StoredRun
from colorization.results.stored import Stored
from experiments.__main__ import main
from tests import ON_JAX, ROOT

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
    environment |= {"PYTHONPATH": str(ROOT), **(ON_JAX if backend == "jax" else {})}
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
    """The same in this process, which has imported everything already."""
    output, errors = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("COLORIZATION_DATA", raising=False)
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            try:
                status = main(list(arguments))
            except SystemExit as exit_:
                status = exit_.code
    return subprocess.CompletedProcess(arguments, status, output.getvalue(), errors.getvalue())


def rendered(report, folder: Path) -> str:
    """A report's page, from what is stored in its folder."""
    stored = Stored.read(folder)
    return page(report, stored, judge_all(report.claims, stored))


def stored(folder: Path) -> dict[str, StoredRun]:
    return {run.arm: run for run in Stored.read(folder).runs}
