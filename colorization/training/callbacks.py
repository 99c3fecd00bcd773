"""Callbacks of every run: the epoch log, checkpoints, the end at NaN."""

import csv
import math
import time
from pathlib import Path

import keras

from colorization.errors import RunFailed
from colorization.files import write_text
from colorization.training import checkpoint


class StopAtNaN(keras.callbacks.Callback):
    """Ends the run when any logged value is not finite (Keras' own looks only at `loss`).

    Must come before the callbacks that write, so that the last good checkpoint stays.
    """

    def on_epoch_end(self, epoch, logs=None):
        bad = [name for name, value in (logs or {}).items() if not math.isfinite(value)]
        if bad:
            raise RunFailed(
                f"{', '.join(bad)} became NaN or infinite in epoch {epoch + 1}; the last good "
                "checkpoint is kept: lower the learning rate or use float32"
            )


class EpochLog(keras.callbacks.Callback):
    """One line per finished epoch in a CSV: epoch, losses and metrics, seconds, images per second.

    `seconds` is the whole epoch with its validation; `images_per_second` counts training images
    over the training part alone.

    Args:
        path: of the CSV. Rows of epochs after `resumed_epoch` are dropped: they will run again.
        images: training images per epoch.
        resumed_epoch: epochs already finished.
        say: called with one line per epoch.
    """

    def __init__(self, path: Path, images: int, epochs: int, resumed_epoch: int, say):
        super().__init__()
        self.path, self.images, self.epochs, self.say = path, images, epochs, say
        self.rows = [r for r in read_epochs(path) if r["epoch"] <= resumed_epoch]

    def on_epoch_begin(self, epoch, logs=None):
        self._start = time.perf_counter()
        self._trained = None

    def on_test_begin(self, logs=None):
        self._trained = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        now = time.perf_counter()
        trained = (self._trained or now) - self._start
        row = {"epoch": epoch + 1, **{k: float(f"{v:.6g}") for k, v in logs.items()}}
        row["seconds"] = round(now - self._start, 3)
        row["images_per_second"] = round(self.images / trained, 1)
        self.rows.append(row)
        write_text(self.path, _csv(self.rows))
        left = (self.epochs - row["epoch"]) * row["seconds"]
        values = "  ".join(f"{k} {row[k]:.4g}" for k in logs)
        self.say(f"epoch {row['epoch']}/{self.epochs}  {values}  {left / 60:.0f} min left")


def read_epochs(path: Path) -> list[dict]:
    """Rows of an epoch log, numbers as floats; empty if there is none."""
    if not path.exists():
        return []
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    return [{k: int(v) if k == "epoch" else float(v) for k, v in row.items()} for row in rows]


def _csv(rows: list[dict]) -> str:
    lines = [",".join(rows[0])]
    lines += [
        ",".join(f"{value:g}" if k != "epoch" else str(value) for k, value in row.items())
        for row in rows
    ]
    return "\n".join(lines) + "\n"


class Checkpoint(keras.callbacks.Callback):
    """Writes the last and the best state of a run.

    Args:
        folder: gets `last.npz` (everything, for resuming) and `best.npz` (the network alone).
        log: the run's `EpochLog`; its rows say which epoch is the best so far.
        monitor: column to minimise.
        seconds: least time between two writes of `last.npz`; the final epoch always writes.
    """

    def __init__(self, folder: Path, log: EpochLog, monitor: str = "val_loss", seconds: float = 30):
        super().__init__()
        self.folder, self.log, self.monitor, self.seconds = folder, log, monitor, seconds
        self._written = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        best = min(self.log.rows, key=lambda row: row[self.monitor])
        if best is self.log.rows[-1]:
            checkpoint.save(self.folder / "best.npz", self.model.network.variables, epoch + 1)
        is_last = epoch + 1 == self.log.epochs
        if is_last or time.monotonic() - self._written >= self.seconds:
            checkpoint.save(self.folder / "last.npz", training_state(self.model), epoch + 1)
            self._written = time.monotonic()


def training_state(model) -> list:
    """Every variable that the next step depends on, in a fixed order."""
    return [*model.variables, *model.optimizer.variables]
