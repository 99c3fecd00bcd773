"""Where a file's errors end: whatever one photograph does, it is a line, and the album goes on."""

import errno
import queue
import threading
from collections.abc import Callable

from colorization.data.read import BadImage

SECONDS = 120  # that reading a page may take

# The disk's errors, not a file's: every other file would meet them too.
_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def attempt(work: Callable, doing: str) -> tuple:
    """What work returns and None, or None and why it failed, as one line.

    Args:
        work: called without arguments.
        doing: for errors that do not say it themselves, "cannot be read" say.

    Raises:
        OSError: the disk is full or may not be written to.
    """
    try:
        return work(), None
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _OF_THE_DISK:
            raise
        return None, _reason(error, doing)


def _reason(error: Exception, doing: str) -> str:
    if isinstance(error, MemoryError):
        return "needs more memory than there is"
    text = getattr(error, "strerror", None) or str(error) or type(error).__name__
    text = " ".join(text.split())[:160]
    return text if isinstance(error, BadImage) else f"{doing} ({text})"


def in_time(work: Callable, seconds: float = SECONDS):
    """What work returns or raises, if it ends in time; else it is left to itself.

    Raises:
        TimeoutError: it does not.
    """
    answers: queue.SimpleQueue = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put((work(), None))
        except BaseException as error:  # to be raised where it is waited for
            answers.put((None, error))

    threading.Thread(target=run, daemon=True).start()
    try:
        value, error = answers.get(timeout=seconds)
    except queue.Empty:
        raise TimeoutError(f"not done after {seconds:g} seconds") from None
    if error:
        raise error
    return value
