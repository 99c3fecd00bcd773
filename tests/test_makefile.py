"""What reaches the commands through make, and what is refused before anything is installed."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests import ROOT

MAKE = ["make", "--silent", "-f", ROOT / "Makefile"]

# A Python that does nothing but print what it is given, and what it is asked to install.
PRINTING = """#!/bin/sh
printf '%s ' "$@"; echo
"""


def executable(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


@pytest.fixture
def make(tmp_path):
    """`make(*arguments, path=None, **environment)`: make in an empty folder where `venv` is ready.

    `path`: a folder whose programs come before all others.
    """
    executable(tmp_path / "venv/bin/python", PRINTING)
    (tmp_path / "venv/.ready").touch()  # newer than the requirements: nothing is installed

    def run(*arguments: str, path: Path | None = None, **environment: str):
        environment = os.environ | environment
        if path:
            environment["PATH"] = f"{path}:{environment['PATH']}"
        command = [*MAKE, "-C", tmp_path, "VENV=venv", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    return run


EXPORTED = {
    "DATA": "/mnt/data",
    "IN": "in",
    "OUT": "out",
    "RUN": "run",
    "A": "a",
    "B": "b",
    "ARMS": "some",
    "SEEDS": "9",
    "SCALE": "1.5",
    "PORT": "tcp://10.0.0.1",
    "PRECISION": "high",
    "DEVICES": "none",
    "FORMAT": "text",
    "TEMPERATURE": "20",
    "SATURATION": "high",
    "STRENGTH": "11",
    "FRAMES": "100",
    "NETWORK": "bridge",
    "REPORTS": "yes",
    "PYTHON": "python2",
    "JAX_PYTHON": "python2",
}


@pytest.mark.parametrize("flags", [(), ("--environment-overrides",)], ids=["plain", "-e"])
@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("reproduce", "-m experiments reproduce"),
        ("reproduce-berkeley", "-m experiments reproduce berkeley"),
        ("data", "-m experiments data"),
        ("bundle", "-m experiments bundle"),
        ("colorize", "-m colorization colorize --"),
        ("export", "-m colorization export"),
        ("compare", "-m experiments compare --"),
    ],
)
def test_what_other_programs_export_does_not_reach_a_command(target, expected, flags, make):
    done = make(*flags, target, **EXPORTED)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == expected.split()


def test_every_variable_that_a_target_looks_at_may_be_typed():
    """Named in the comment at the top, or in what `make help` says of a target."""
    text = (ROOT / "Makefile").read_text()
    said = "\n".join(line for line in text.splitlines() if line.startswith("#") or " ## " in line)
    named = set(re.findall(r"\b([A-Z][A-Z_]*)=", said)) - {"WANDB_MODE", "MLFLOW_TRACKING_URI"}
    known = text.partition("OPTIONS_TYPED :=")[2].partition("is_typed")[0].split()
    assert {"SET", "TRACK", "FORMAT"} <= named <= set(known)


def test_what_is_typed_counts_beside_what_is_exported(make):
    done = make("reproduce", "SEEDS=1 2", **EXPORTED)
    assert done.stdout.split() == ["-m", "experiments", "reproduce", "--seeds", "1", "2"]


def test_what_is_typed_of_colours_and_networks_reaches_the_commands(make):
    done = make("colorize", "IN=a", "NETWORK=b", "SATURATION=1.5", "STRENGTH=0.5", "FRAMES=1")
    expected = "--network=b --frames --saturation=1.5 --strength=0.5 -- a"
    assert done.stdout.split() == ["-m", "colorization", "colorize", *expected.split()]
    for target in ("demo", "export"):
        done = make(target, "NETWORK=b")
        assert done.stdout.splitlines()[-1].split()[2:] == [target, "--network=b"]


def test_what_is_typed_or_exported_is_not_exported_to_the_command(tmp_path, make):
    executable(tmp_path / "venv/bin/python", "#!/bin/sh\nenv\n")
    done = make("data", "SCALE=small", **EXPORTED, PYTHONPATH="/of/others", PIP_TARGET="/there")
    names = {line.partition("=")[0] for line in done.stdout.splitlines()}
    assert not names & {*EXPORTED, "PYTHONPATH", "PIP_TARGET"}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("SEED=3", "SEED is no variable of this Makefile; did you mean SEEDS?"),
        ("arms=unet", "arms is no variable of this Makefile; did you mean ARMS?"),
        ("RUNS=runs", "RUNS is no variable of this Makefile; did you mean RUN?"),
        ("seeds=", "seeds is no variable of this Makefile; did you mean SEEDS?"),
        ("it's=$(shell touch one)", "it's is no variable of this Makefile; there are: SCALE"),
        ("VENV=", "VENV is empty; leave it out"),
        ("PYTHON=", "PYTHON is empty; leave it out"),
        ("VENV=my env", "VENV=my env has a space; name another folder"),
    ],
)
@pytest.mark.parametrize("target", ["help", "status", "reproduce"])
def test_a_variable_that_is_none_is_refused_with_the_nearest_one(
    typed, said, target, make, tmp_path
):
    done = make(target, typed)
    assert done.returncode == 2
    assert said in done.stderr and len(done.stderr.splitlines()) == 1
    assert done.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["venv"]


def test_a_bundle_is_worked_through_and_arms_are_listed_by_make(make):
    done = make("run-bundle", "MINUTES=5", "WORKERS=2")
    assert done.stdout.split() == [
        "-m",
        "experiments",
        "run-bundle",
        "--minutes",
        "5",
        "--workers",
        "2",
    ]
    without = make("run-bundle")
    assert without.returncode == 2 and "MINUTES=<number>" in without.stderr
    assert make("list").stdout.split() == ["-m", "experiments", "list"]
    assert make("list-berkeley").stdout.split() == ["-m", "experiments", "list", "berkeley"]


SMI = {
    "there": """case "$*" in
  *-L*) echo "GPU 0: Some card (UUID: GPU-0)";;
  *) echo "| NVIDIA-SMI 580.00 |";;
esac""",
    "failing": "echo 'NVIDIA-SMI has failed because it could not reach its driver.'\nexit 9",
    "without": "echo 'No devices were found'\nexit 6",
}


@pytest.mark.parametrize(
    ("smi", "installed"),
    [("there", "cuda.txt"), ("failing", "cpu.txt"), ("without", "cpu.txt")],
)
def test_cuda_is_installed_where_a_gpu_is_listed(smi, installed, make, tmp_path):
    executable(tmp_path / "bin/nvidia-smi", f"#!/bin/sh\n{SMI[smi]}\n")
    done = make("--dry-run", "VENV=new", "status", path=tmp_path / "bin")
    assert f"-r requirements/{installed}" in done.stdout
    assert "has failed" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("version", "works"), [("3, 10", False), ("3, 13", True), ("3, 14", False)]
)
def test_a_python_that_tensorflow_has_no_packages_for_is_refused(version, works, make, tmp_path):
    python = f"""#!/bin/sh
[ "$1" = -c ] || {{ echo "asked: $*" >&2; exit 1; }}
exec python3 -c "import sys
sys.version_info = ({version}, 0, 'final', 0)
$2"
"""
    executable(tmp_path / "bin/python3.x", python)
    done = make("VENV=new", "PYTHON=python3.x", "status", path=tmp_path / "bin")
    assert done.returncode == 2
    if works:  # as far as the environment
        assert "asked: -m venv new" in done.stderr
    else:
        assert "asked:" not in done.stderr
        assert done.stderr.startswith("error: python3.x is not Python 3.11, 3.12 or 3.13; try")


def test_the_newest_python_is_that_of_the_pinned_tensorflow():
    """Whoever raises the pin looks at which Python the new one has packages for."""
    assert "tensorflow-cpu==2.21.0" in (ROOT / "requirements/cpu.txt").read_text()
