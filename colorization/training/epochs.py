"""The epoch log of a run: a CSV with one line per finished epoch. Needs no Keras."""

from pathlib import Path

from colorization.errors import RunUnusable
from colorization.files import write_text
from colorization.state import TRAIN_ANEW, read_rows


def read_epochs(path: Path) -> list[dict]:
    """Rows of an epoch log, numbers as floats; empty if there is none.

    Raises:
        RunUnusable: it is cut off.
    """
    rows = read_rows(path, TRAIN_ANEW, RunUnusable)
    try:
        return [
            {k: int(v) if k == "epoch" else float(v) for k, v in row.items() if v} for row in rows
        ]
    except ValueError as error:
        raise RunUnusable(f"{path} cannot be read ({error}); {TRAIN_ANEW}") from None


def write_epochs(path: Path, rows: list[dict]) -> None:
    """Write rows with a column for each value that any of them has: stages log different ones."""
    columns = dict.fromkeys(name for row in rows for name in row)
    lines = [",".join(columns)]
    lines += [",".join(_cell(row.get(name, "")) for name in columns) for row in rows]
    write_text(path, "\n".join(lines) + "\n")


def _cell(value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
