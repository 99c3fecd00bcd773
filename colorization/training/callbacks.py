"""Callbacks of every run: the epoch log, progress, checkpoints, the end at NaN."""

import math
import sys
import time
from pathlib import Path

import keras
from tqdm import tqdm

from colorization.errors import OutOfTime, RunFailed
from colorization.training import checkpoint
from colorization.training.epochs import read_epochs, write_epochs


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
        float(self.model.metrics[0].result())  # steps that are still queued end first
        self._trained = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        now = time.perf_counter()
        trained = (self._trained or now) - self._start
        row = {"epoch": epoch + 1, **{k: float(f"{v:.6g}") for k, v in logs.items()}}
        row["seconds"] = round(now - self._start, 3)
        row["images_per_second"] = round(self.images / trained, 1)
        self.rows.append(row)
        write_epochs(self.path, self.rows)
        left = (self.epochs - row["epoch"]) * row["seconds"]
        values = "  ".join(f"{k} {row[k]:.4g}" for k in logs)
        speed = f"{row['images_per_second']:g} images/s"
        self.say(f"epoch {row['epoch']}/{self.epochs}  {values}  {speed}  {left / 60:.0f} min left")


class Progress(keras.callbacks.Callback):
    """A bar on a terminal: epochs, images per second and the time that is left. Elsewhere, none.

    Args:
        images: training images per epoch.
        batch_size: of training.
        epochs: of the run, all stages together.
        resumed_epoch: epochs already finished.
    """

    async_safe = True  # it does not look at the logs, which would make each step wait for them

    def __init__(self, images: int, batch_size: int, epochs: int, resumed_epoch: int):
        super().__init__()
        self.images, self.batch_size, self.epochs = images, batch_size, epochs
        self.bar = tqdm(
            total=epochs * images,
            initial=resumed_epoch * images,
            unit=" images",
            leave=False,
            disable=not sys.stderr.isatty(),
        )

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
        self.bar.set_description(f"epoch {epoch + 1}/{self.epochs}")

    def on_train_batch_end(self, batch, logs=None):
        done = self.epoch * self.images + min((batch + 1) * self.batch_size, self.images)
        self.bar.update(done - self.bar.n)

    def on_epoch_end(self, epoch, logs=None):
        self.bar.refresh()  # it draws itself ten times a second at most

    def close(self):
        """Take the bar off the terminal."""
        self.bar.close()


class Checkpoint(keras.callbacks.Callback):
    """Writes the last and the best state of a run, and the network after chosen epochs.

    Args:
        folder: gets `last.npz` (everything, for resuming), `best.npz` (the network alone, at the
            lowest validation loss, where there are validation images) and `snapshot-<epoch>.npz`.
        log: the run's `EpochLog`; its rows say which epoch is the best so far.
        end: last epoch of the stage, after which `last.npz` is always written.
        snapshots: epochs after which the network is kept.
        seconds: least time between two writes of `last.npz`.
    """

    def __init__(self, folder: Path, log: EpochLog, end: int, snapshots=(), seconds: float = 30):
        super().__init__()
        self.folder, self.log, self.end = folder, log, end
        self.snapshots, self.seconds = snapshots, seconds
        self._written = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        epoch += 1
        network = self.model.network.variables
        validated = [row for row in self.log.rows if "val_loss" in row]
        if validated and min(validated, key=lambda row: row["val_loss"]) is self.log.rows[-1]:
            checkpoint.save(self.folder / "best.npz", network, epoch)
        if epoch in self.snapshots:
            checkpoint.save(snapshot_path(self.folder, epoch), network, epoch)
        if epoch == self.end or time.monotonic() - self._written >= self.seconds:
            checkpoint.save(self.folder / "last.npz", training_state(self.model), epoch)
            self._written = time.monotonic()


class Deadline(keras.callbacks.Callback):
    """Ends the run before an epoch that would not end in time; the last callback of all.

    Args:
        moment: `time.monotonic()` at which it is to have ended.
        folder: of the run; gets `last.npz`.
        log: the run's `EpochLog`, which knows how long an epoch takes.
    """

    def __init__(self, moment: float, folder: Path, log: EpochLog):
        super().__init__()
        self.moment, self.folder, self.log = moment, folder, log

    def on_epoch_end(self, epoch, logs=None):
        epoch += 1
        late = time.monotonic() + self.log.rows[-1]["seconds"] > self.moment
        if late and epoch < self.log.epochs:
            checkpoint.save(self.folder / "last.npz", training_state(self.model), epoch)
            raise OutOfTime(f"stopped after epoch {epoch} of {self.log.epochs}")


def snapshot_path(folder: Path, epoch: int) -> Path:
    """Where a run keeps its network as it was after `epoch` epochs."""
    return folder / f"snapshot-{epoch:04d}.npz"


def training_state(model) -> list:
    """Every variable that the next step depends on, in a fixed order."""
    return [*model.variables, *model.optimizer.variables]
