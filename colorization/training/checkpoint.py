"""The whole state of a training run in one file, written whole or not at all.

Keras' `save_weights` leaves out what lies outside weights and optimisers, and `BackupAndRestore`
writes weights and epoch into two files that a kill can tear apart. Here every variable of the
model (seeds of dropout included) and of its optimisers goes into one `.npz`, with the number of
finished epochs.
"""

import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from colorization.errors import RunUnusable
from colorization.files import replacing
from colorization.state import TRAIN_ANEW


def save(path: Path, variables: list, epoch: int) -> None:
    """Write `variables` and the number of finished epochs to `path`, atomically."""
    arrays: dict[str, Any] = {
        f"{i:04d}": np.asarray(variable) for i, variable in enumerate(variables)
    }
    with replacing(path) as part, open(part, "wb") as file:
        np.savez(file, epoch=np.int64(epoch), **arrays)


def finished_epochs(path: Path) -> int:
    """Epochs that had been trained when `path` was written; 0 if it does not exist."""
    if not path.exists():
        return 0
    with _opened(path) as stored:
        return int(stored["epoch"])


def restore(path: Path, variables: list) -> int:
    """Assign what `save` wrote to the same list of variables; return the finished epochs.

    Raises:
        RunUnusable: the file is damaged or was written by another network.
    """
    with _opened(path) as stored:
        arrays = [stored[f"{i:04d}"] for i in range(len(stored.files) - 1)]
        epoch = int(stored["epoch"])
    shapes = [tuple(variable.shape) for variable in variables]
    if shapes != [array.shape for array in arrays]:
        raise RunUnusable(f"{path} was written by another network; {TRAIN_ANEW}")
    for variable, array in zip(variables, arrays, strict=True):
        variable.assign(array)
    return epoch


@contextmanager
def _opened(path: Path):
    """The file's arrays, read as they are asked for."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            yield stored
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise RunUnusable(f"{path} is not a checkpoint ({error}); {TRAIN_ANEW}") from None
