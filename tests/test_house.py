"""The house: imports go one way, files are short, stored results need no Keras."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from tests import ROOT

# From the ground up; a module imports its own floor and those below.
FLOORS = (
    ("errors", "files", "scales", "serialization", "columns", "state", "backend", "installation"),
    ("colour",),
    ("results",),
    ("data",),
    ("models",),
    ("training",),
    ("evaluation",),
    ("evidence",),
    ("reproduction",),
    ("pages",),
    ("photographs", "__main__"),
)
FLOOR = {name: floor for floor, names in enumerate(FLOORS) for name in names}
FILES = sorted((ROOT / "colorization").rglob("*.py"))
REPORTS = sorted((ROOT / "experiments").rglob("*.py"))


def imported(path: Path) -> set[str]:
    """Dotted names that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def package(name: str) -> str | None:
    """The part of the core that a dotted name is of."""
    parts = name.split(".")
    return parts[1] if parts[0] == "colorization" and len(parts) > 1 else None


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_imports_go_down_only(path):
    own = path.relative_to(ROOT / "colorization").with_suffix("").parts[0]
    for name in imported(path):
        assert not name.startswith(("experiments", "benchmarks", "tests")), name
        other = package(name)
        if own in FLOOR and other in FLOOR:
            assert FLOOR[other] <= FLOOR[own], f"{own} imports {name}"
    assert own in FLOOR or own == "__init__"


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_reports_are_known_to_the_command_line_alone(path):
    """A report imports itself, what two of them share, and the core; common ground all methods."""
    own = path.relative_to(ROOT / "experiments").with_suffix("").parts[0]
    if own in ("__init__", "__main__", "commands", "reading", "common"):
        return
    others = {name.split(".")[1] for name in imported(path) if name.startswith("experiments.")}
    assert others <= {own, "pix2pix_tutorial"}


@pytest.mark.parametrize("directory, most", [("colorization", 300), ("experiments", 300)])
def test_files_are_short(directory, most):
    long = {
        path.relative_to(ROOT).as_posix(): count
        for path in (ROOT / directory).rglob("*.py")
        if (count := len(path.read_text().splitlines())) > most
    }
    assert long == {}


def test_tests_are_short():
    files = (ROOT / "tests").rglob("*.py")
    assert [path.name for path in files if len(path.read_text().splitlines()) > 400] == []


# Builders of networks: layer after layer, each as its source has it.
LONG = {"pix2pix_unet", "valid_unet"}


def test_functions_are_short():
    found = set()
    for path in (*FILES, *REPORTS):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef):
                said = len((ast.get_docstring(node) or "").splitlines())
                if node.end_lineno - node.lineno - said > 60:
                    found.add(node.name)
    assert found <= LONG


@pytest.mark.parametrize("command", [["list"], ["claims"], ["compare", "results", "results"]])
def test_what_is_stored_is_read_without_keras(command):
    code = "import sys\nfrom experiments.__main__ import main\nassert main(sys.argv[1:]) == 0\n"
    code += "print(sorted({'keras.src', 'tensorflow', 'jax', 'skimage'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code, *command], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"
