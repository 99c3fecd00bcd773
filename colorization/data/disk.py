"""What the file system says no to, as a line that says what to do."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from colorization.errors import UserError

CHUNK = 2**16  # bytes read at a time


@contextmanager
def _local_errors(action: str, folder: Path, need: int | None = None) -> Iterator[None]:
    """Turn errors of the file system into UserError; `need`: bytes needed in `folder`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise no_space(folder, need) from error
        raise UserError(f"{action}: {_one_line(error)}; check the folder's rights") from error


def no_space(folder: Path, need: int | None) -> UserError:
    """What to raise where a folder has no room; `need`: bytes, None if that is not known."""
    more = "more" if need is None else f"{need} bytes ({need / 1e9:.2f} GB)"
    return UserError(f"no space left in {folder}, {more} needed: free some or use another folder")


def _one_line(error: BaseException) -> str:
    return " ".join(str(getattr(error, "reason", None) or error).split()) or type(error).__name__
