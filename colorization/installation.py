"""Where the suite lies: in a checkout, where make is, or installed as a package."""

import os
import sys
from importlib import metadata
from pathlib import Path

DISTRIBUTION = "colorization-reports"
DEFAULT = "default"  # the network that is taken where none is named
NETWORKS = "networks"  # the folder of the others
CARD = "README.md"  # beside a network: what it is
AUTHORS = "ATTRIBUTION.csv"  # and authors, licences and addresses of its training photographs
PACKAGE = Path(__file__).parent


def checkout() -> Path | None:
    """The checkout that this code is of; None where it was installed."""
    above = PACKAGE.parent
    return above if (above / "pyproject.toml").exists() else None


def bundled_run() -> Path:
    """The run that comes with the suite: a wheel has `results/default` inside the package."""
    inside = PACKAGE / DEFAULT
    return inside if inside.exists() else PACKAGE.parent / "results" / DEFAULT


def network_folder(results: Path, name: str) -> Path:
    """Where a network that comes with the suite lies: `default`, or `networks/<name>`."""
    return results / DEFAULT if name == DEFAULT else results / NETWORKS / name


def networks() -> dict[str, Path]:
    """Name -> folder of each network that comes with the suite, the default one first."""
    default = bundled_run()
    folders = [default, *sorted((default.parent / NETWORKS).glob("*"))]
    return {folder.name: folder for folder in folders if (folder / "config.json").exists()}


def option(name: str) -> str:
    """An option as it is typed where this command was: `RUN=` for make, or else `--run`."""
    by_make = checkout() and "MAKELEVEL" in os.environ  # which make sets for what it starts
    return f"{name.upper()}=" if by_make else f"--{name}"


def switch(name: str) -> str:
    """An option without a value, likewise: `OVERWRITE=1`, or else `--overwrite`."""
    typed = option(name)
    return f"{typed}1" if typed.endswith("=") else typed


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
