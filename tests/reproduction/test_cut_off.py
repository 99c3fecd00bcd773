"""Every file of a run, its results and its prepared set, cut off: one line, or made again.

As a full disk, a power failure or a copy that was broken off leave them.
"""

import contextlib
import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import colorization.__main__
import experiments.__main__
from colorization.errors import exit_status, report_error
from colorization.reproduction.job import Job, Places
from colorization.reproduction.reproduce import reproduce
from colorization.training.options import RunOptions
from experiments import report_module

ARM = "weighted"  # which rebalances classes, and so has a file of their weights
RUN = Path(f"runs/berkeley/smoke/{ARM}/seed-0")
RESULTS = Path("runs/results")


def again() -> int:
    """The command that made the run, without its pages, which `tables` renders."""
    report = report_module("berkeley")
    job = Job(report, report.arm(ARM), "smoke", 0)
    options = RunOptions(say=lambda _: None)
    failures = reproduce([job], Places(Path("runs"), RESULTS), options)
    return min((report_error(failure) for failure in failures), default=0)


def typed(main, *arguments):
    def command() -> int:
        return main([str(argument) for argument in arguments])

    return command


def repeated() -> int:
    return exit_status(again)


READ = {
    "status": typed(experiments.__main__.main, "status"),
    "compare runs": typed(experiments.__main__.main, "compare", RUN, RUN),
    "colorize": typed(
        *(colorization.__main__.main, "colorize", "gray.png", "--run", RUN),
        *("--out", "out", "--overwrite"),
    ),
}
RENDERED = {
    "tables": typed(experiments.__main__.main, "tables", "berkeley", "--results", RESULTS),
    "claims": typed(experiments.__main__.main, "claims", "berkeley", "--results", RESULTS),
    "compare": typed(experiments.__main__.main, "compare", RESULTS, RESULTS),
}

# pattern -> the commands that read such files
RUN_FILES = {
    **{f"{RUN}/{name}.json": READ for name in ("config", "environment", "measures")},
    **{f"{RUN}/{name}.csv": READ for name in ("epochs", "images", "class_weights")},
    f"{RUN}/network.keras": READ,
    f"{RUN}/best.npz": READ,
    f"{RUN}/samples/*.webp": READ,
    f"{RUN}/samples/photographs/*.webp": READ,
}
STORED_FILES = {
    f"{RESULTS}/berkeley/smoke/{name}": RENDERED
    for name in ("runs.json", "epochs.csv", "baselines.json", "baselines.zip", f"{ARM}.zip")
    + ("photographs.zip",)
} | {f"{RESULTS}/berkeley/claims.json": RENDERED}
PREPARED_FILES = {
    f"data/prepared/*/{name}": {} for name in ("manifest.json", "train.npy", "val.npy", "test.npy")
}
# What is made again by the command that made it, byte for byte.
MADE_AGAIN = {"measures.json", "images.csv", *(Path(name).name for name in PREPARED_FILES)}


@pytest.fixture(scope="module")
def finished_run(tmp_path_factory):
    """The folder of a run, its results and its prepared set; and every file's contents."""
    folder = tmp_path_factory.mktemp("cut-off")
    pixels = np.random.default_rng(0).integers(0, 256, (24, 32), "uint8")
    Image.fromarray(pixels).save(folder / "gray.png")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.delenv("COLORIZATION_DATA", raising=False)
        assert repeated() == 0
        assert RENDERED["tables"]() == 0
    files = [path for path in folder.rglob("*") if path.is_file()]
    return folder, {path: path.read_bytes() for path in files}


@pytest.fixture
def here(finished_run, monkeypatch):
    """The same, as it was, as the current folder."""
    folder, contents = finished_run
    for part in ("data", "runs", "out"):
        shutil.rmtree(folder / part, ignore_errors=True)
    for path, was in contents.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(was)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("COLORIZATION_DATA", raising=False)
    return folder


def answer(command, name: str) -> int:
    """A command's status; where it is not 0 there is one line, which names the file."""
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        status = command()
    lines = [line for line in said.getvalue().splitlines() if line.startswith("error: ")]
    if status:
        assert status == 2 and len(lines) == 1 and name in lines[0], said.getvalue()
    return status


def first(folder: Path, pattern: str) -> Path:
    return min(folder.glob(pattern))


CUTS = {
    "empty": lambda size: 0,
    "begun": lambda size: min(146, size // 2),
    "half": lambda size: size // 2,
    "last": lambda size: size - 1,
}
OFTEN = (f"{RUN}/config.json", f"{RESULTS}/berkeley/smoke/epochs.csv", *PREPARED_FILES)


def cases():
    for pattern, commands in {**RUN_FILES, **STORED_FILES, **PREPARED_FILES}.items():
        for cut in CUTS:
            marks = [] if pattern in OFTEN and cut in ("empty", "half") else [pytest.mark.slow]
            yield pytest.param(pattern, commands, cut, marks=marks, id=f"{pattern}-{cut}")


@pytest.mark.parametrize(("pattern", "commands", "cut"), list(cases()))
def test_a_file_that_is_cut_off_is_named_or_made_again(pattern, commands, cut, here):
    path = first(here, pattern)
    was = path.read_bytes()
    left = was[: CUTS[cut](len(was))]
    whole = left == was.rstrip()  # JSON without its last newline is whole
    for command in commands.values():
        path.write_bytes(left)
        answer(command, path.name)
    path.write_bytes(left)
    if answer(repeated, path.name) == 0 and path.name in MADE_AGAIN and not whole:
        assert path.read_bytes() == was
        assert repeated() == 0


@pytest.mark.parametrize("name", ["config.json", "epochs.csv", "environment.json"])
def test_what_a_training_cannot_be_judged_without_is_refused(name, here):
    (here / RUN / name).write_bytes((here / RUN / name).read_bytes()[:-20])
    assert answer(repeated, name) == 2


def test_every_file_is_among_them(here):
    listed = {**RUN_FILES, **STORED_FILES, **PREPARED_FILES}
    matched = {path for pattern in listed for path in here.glob(pattern)}
    files = {path for part in ("runs", "data/prepared") for path in (here / part).rglob("*")}
    others = {path.name for path in files - matched if path.is_file()}
    pages = {path.name for path in (here / RESULTS).rglob("*.md")}
    drawn = {path.name for path in (here / RESULTS).rglob("figures/*")}
    assert others - pages - drawn <= {".lock"}
