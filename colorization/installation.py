"""Where the suite lies: in a checkout, where make is, or installed as a package."""

import os
import sys
from importlib import metadata
from pathlib import Path

DISTRIBUTION = "colorization-reports"
PACKAGE = Path(__file__).parent


def checkout() -> Path | None:
    """The checkout that this code is of; None where it was installed."""
    above = PACKAGE.parent
    return above if (above / "pyproject.toml").exists() else None


def bundled_run() -> Path:
    """The run that comes with the suite: a wheel has `results/default` inside the package."""
    inside = PACKAGE / "default"
    return inside if inside.exists() else PACKAGE.parent / "results" / "default"


def program(module: str) -> str:
    """What was typed to start a command line: `python -m module`, or its entry point."""
    name = Path(sys.argv[0]).name
    return f"python -m {module}" if name in ("__main__.py", "-m", "-c", "") else name


def to_install(extra: str) -> str:
    """The command that installs an optional part; see `project.optional-dependencies`."""
    pinned = PACKAGE.parent / "requirements" / f"{extra}.txt"
    if pinned.exists():
        return f"{sys.executable} -m pip install -r {os.path.relpath(pinned)}"
    from packaging.requirements import Requirement

    needed = [Requirement(text) for text in metadata.requires(DISTRIBUTION) or ()]
    names = [
        f"'{given.name}{given.specifier}'"
        for given in needed
        if given.marker and given.marker.evaluate({"extra": extra}) > given.marker.evaluate()
    ]
    return f"{sys.executable} -m pip install {' '.join(names)}"
