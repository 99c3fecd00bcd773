"""Files in which the suite keeps what it knows: one that is cut off or empty is named in a line."""

import csv
import io
import json
from pathlib import Path

from colorization.errors import RunUnusable, UserError

RESTORE = "restore it, or delete it and run its arms again"
TRAIN_ANEW = "delete its folder to train anew"


def read_json(path: Path, default, remedy: str = RESTORE, error: type[UserError] = UserError):
    """What a JSON file holds; `default` where there is none.

    Args:
        path: of the file.
        default: of the kind, dict or list, that the file holds.
        remedy: what to do about a file that cannot be read.
        error: what is raised then.

    Raises:
        UserError: it is cut off, or holds something else.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return default
    except (OSError, ValueError) as reason:
        raise error(f"{path} cannot be read ({reason}); {remedy}") from None
    if not isinstance(found, type(default)):
        raise error(f"{path} cannot be read (it holds no {type(default).__name__}); {remedy}")
    return found


def read_rows(
    path: Path, remedy: str = RESTORE, error: type[UserError] = UserError
) -> list[dict[str, str]]:
    """Rows of a CSV file by column, as text; none where there is no file. See `read_json`."""
    try:
        return rows_of(path.read_bytes())
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as reason:
        raise error(f"{path} cannot be read ({reason}); {remedy}") from None


def rows_of(contents: bytes) -> list[dict[str, str]]:
    """Rows of a CSV file's contents.

    Raises:
        ValueError: it is cut off.
    """
    rows = list(csv.DictReader(io.StringIO(whole(contents).decode(), newline="")))
    if any(None in row or None in row.values() for row in rows):
        raise ValueError("a row has another number of columns")
    return rows


def whole(contents: bytes) -> bytes:
    """The contents of a file of lines.

    Raises:
        ValueError: its last line does not end.
    """
    if not contents.endswith(b"\n"):
        raise ValueError("it is cut off" if contents else "it is empty")
    return contents


def stored_config(run: Path) -> dict:
    """The configuration that a run has been begun with.

    Raises:
        RunUnusable: it is no run folder, or its config.json is cut off.
    """
    path = run / "config.json"
    if not path.exists():
        levels = ("*", "*/*", "*/*/*")  # of report, scale, arm and seed
        below = sorted(str(p.parent) for level in levels for p in run.glob(f"{level}/config.json"))
        named = f"such as {below[0]}" if below else "below runs/"
        raise RunUnusable(f"{run} is not a run folder (no config.json); give one {named}")
    return read_json(path, {}, TRAIN_ANEW, RunUnusable)
