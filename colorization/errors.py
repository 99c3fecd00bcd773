"""How commands end badly on purpose: one line on standard error, and a status."""

import argparse
import errno
import os
import sys
from collections.abc import Callable
from importlib.util import find_spec
from typing import NoReturn


class UserError(Exception):
    """Something the user can put right.

    The message is one line that names the file, option or address and says what to do.
    Commands print it and exit with status 2.
    """


class SourceUnavailable(UserError):
    """An image set could not be had; arms that use other sets can still run."""


class RunUnusable(UserError):
    """A run folder is in use, or holds another run; other runs can go on."""


class RunFailed(Exception):
    """A run that started properly and went wrong (a loss became NaN, memory ran out).

    The message is one line. Commands print it and exit with status 1.
    """


class OutOfTime(Exception):
    """A run stopped at its deadline, with all that it needs to go on."""


class Parser(argparse.ArgumentParser):
    """A command line whose mistakes are answered as all others are: by one line, and status 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message}; see {self.prog} --help\n")


def shown(name: object) -> str:
    """A file's name as one line of text that can be printed, whatever bytes are in it."""
    text = os.fsencode(str(name)).decode("utf-8", "backslashreplace")
    return "".join(c if c.isprintable() or c == " " else repr(c)[1:-1] for c in text)


def report_error(error: UserError | RunFailed) -> int:
    """Print an error as one line on standard error; its exit status."""
    failed = isinstance(error, RunFailed)
    print(f"{'failed' if failed else 'error'}: {error}", file=sys.stderr)
    return 1 if failed else 2


def _has_enough(stream) -> bool:
    """Whether who reads a stream is gone, as `head` in `... | head`; the rest is then dropped."""
    try:
        print(file=stream, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return True
    return False


def exit_status(command: Callable[[], int]) -> int:
    """Run a command; turn what it raises into one line on standard error and its exit status."""
    if find_spec("fcntl") is None:
        print(
            "error: this Python has no fcntl, by which processes keep out of each other's folders; "
            "on Windows, run the suite in WSL (wsl --install)",
            file=sys.stderr,
        )
        return 2
    for stream in (sys.stdout, sys.stderr):  # a name that its encoding lacks ends nothing
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        return command()
    except (UserError, RunFailed) as error:
        return report_error(error)
    except OSError as error:
        if isinstance(error, BrokenPipeError) and _has_enough(sys.stdout):
            return 0
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            where = f" for {error.filename}" if error.filename else ""
            advice = "free some, and the same command goes on where it was"
            print(f"error: no space left on the disk{where}: {advice}", file=sys.stderr)
        else:  # no permission, say: the message names the file
            print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the same command goes on where it was", file=sys.stderr)
        return 130
