"""The two ways a command can end badly on purpose."""


class UserError(Exception):
    """Something the user can put right.

    The message is one line that names the file, option or address and says what to do.
    Commands print it and exit with status 2.
    """


class SourceUnavailable(UserError):
    """An image set could not be had; arms that use other sets can still run."""


class RunFailed(Exception):
    """A run that started properly and went wrong (a loss became NaN, memory ran out).

    The message is one line. Commands print it and exit with status 1.
    """
