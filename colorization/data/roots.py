"""Where data lies on this machine."""

import os
from pathlib import Path

from colorization.errors import UserError

ENVIRONMENT_VARIABLE = "COLORIZATION_DATA"


def read_roots() -> list[Path]:
    """Folders searched for data in its native layout: `COLORIZATION_DATA`, then `data/`."""
    given = os.environ.get(ENVIRONMENT_VARIABLE)
    if given and not Path(given).is_dir():
        raise UserError(f"{ENVIRONMENT_VARIABLE}={given} is not a folder; correct or unset it")
    return [Path(given), Path("data")] if given else [Path("data")]


def write_root() -> Path:
    """Folder for downloads and prepared arrays: `COLORIZATION_DATA` if writable, else `data/`.

    A folder without a write bit is left alone even where the superuser could write to it.
    """
    return next((root for root in read_roots() if _writable(root)), Path("data"))


def _writable(folder: Path) -> bool:
    return folder.is_dir() and bool(folder.stat().st_mode & 0o222) and os.access(folder, os.W_OK)


def find(*patterns: str) -> Path | None:
    """The first path under any root that matches any of the glob `patterns`.

    Hidden folders are passed over: an archive is unpacked in one until all of it is there.
    """
    for root in read_roots():
        for pattern in patterns:
            for path in sorted(root.glob(pattern)):
                if not any(part.startswith(".") for part in path.relative_to(root).parts):
                    return path
    return None
