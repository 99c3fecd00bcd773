"""Files written whole or not at all, and folders that one process at a time writes to."""

import hashlib
import json
import os
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path

from colorization.errors import UserError

try:
    import fcntl
except ModuleNotFoundError:  # on Windows, of which `exit_status` tells the user
    fcntl = None  # type: ignore[assignment]

NAME_BYTES = 255  # that file systems let a name have


@contextmanager
def lock(folder: Path, waiting: Callable[[], None]):
    """Keep other processes that hold it too out of a folder, by a file `.lock` in it.

    Args:
        folder: made if need be.
        waiting: called once if another process holds the folder, before waiting for it. What it
            raises ends the wait.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiting()
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def is_locked(folder: Path) -> bool:
    """Whether a process holds a folder; one that may only be read can be asked about too."""
    if not (folder / ".lock").exists():
        return False
    with open(folder / ".lock") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def remove_parts(folder: Path) -> None:
    """Remove what `replacing` left in a folder when its process was killed; hold the folder."""
    for part in folder.glob(".*.part*"):
        part.unlink()


@contextmanager
def replacing(path: Path):
    """A temporary path beside `path` that takes its place when the block ends well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    name = path.name
    if len(os.fsencode(name)) > NAME_BYTES - len("..part"):
        name = hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
    part = path.with_name(f".{name}.part")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def refuse_file(folder: Path) -> None:
    """Say so where a folder to write to, or one above it, is a file.

    Raises:
        UserError: it is.
    """
    for path in (folder, *folder.parents):
        if path.exists() and not path.is_dir():
            raise UserError(f"{path} is a file; name a folder for OUT")


def write_text(path: Path, text: str) -> None:
    with replacing(path) as part:
        part.write_text(text, encoding="utf-8")


def write_json(path: Path, value) -> None:
    write_text(path, json.dumps(value, indent=1) + "\n")
