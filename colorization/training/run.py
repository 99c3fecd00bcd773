"""One run: a folder that says what was trained, and the training that fills it.

    config.json        everything that determines the weights, and the seed
    environment.json   versions, device, precision, commit
    epochs.csv         one line per epoch
    class_weights.csv  prior, smoothed prior and weight of each bin, where there are weights
    last.npz           the whole training state, to resume from
    best.npz           the network at its lowest validation loss, where there are such images
    snapshot-<n>.npz   the network after epoch n, where the configuration asks for it
    network.keras      the network after the last epoch: the run is finished

A run that was interrupted goes on from `last.npz` and ends with the weights of one that was not.
"""

import json
import math
import os
import zipfile
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np

from colorization.backend import has_accelerator
from colorization.data.batches import (
    ResidentImages,
    batches_per_epoch,
    evaluation_dataset,
    training_dataset,
)
from colorization.data.prepared import PreparedSet
from colorization.errors import RunFailed, RunUnusable, UserError
from colorization.files import held, remove_parts, replacing, write_json
from colorization.models.layers import CUSTOM_OBJECTS
from colorization.serialization import differences, to_json
from colorization.training import checkpoint
from colorization.training.callbacks import (
    Checkpoint,
    Deadline,
    EpochLog,
    Progress,
    StopAtNaN,
    training_state,
)
from colorization.training.config import TrainingConfig
from colorization.training.devices import (
    check_batches,
    host,
    leads,
    memory,
    share_file,
    spread_over,
    synchronise_batch_norm,
)
from colorization.training.environment import environment, make_deterministic
from colorization.training.stages import build_stages

FINISHED = "network.keras"

RESIDENT_SHARE = 1 / 4  # of an accelerator's memory that training images may take

STEPS_PER_EXECUTION = 16  # at most, on an accelerator


@dataclass(frozen=True)
class RunOptions:
    """How a run is carried out. The weights it ends with do not depend on it, but for rounding.

    Args:
        say: called with lines of text, one for each epoch among them.
        checkpoint_seconds: least time between two checkpoints.
        devices: on which each batch is shared out.
        watchers: each is called with the run folder, its configuration, its prepared images and
            the number of epochs already finished, and gives a callback with a method `close`.
        feeding: where batches are put together, "host" or "device", which then holds all training
            images; "auto" takes an accelerator that has room.
        deadline: `time.monotonic()` at which to have stopped, after an epoch.
    """

    say: Callable[[str], None] = print
    checkpoint_seconds: float = 30
    devices: int = 1
    watchers: tuple[Callable, ...] = ()
    feeding: str = "auto"
    deadline: float = math.inf

    def holds_on_device(self, images: np.ndarray) -> bool:
        """Whether the device is to hold these training images.

        Raises:
            UserError: it is, and there are several devices.
        """
        if self.feeding == "device" and self.devices > 1:
            raise UserError("--feeding device holds the images on one device; use --devices 1")
        if self.feeding != "auto" or self.devices > 1:
            return self.feeding == "device"
        room = memory()
        return room is not None and images.nbytes <= RESIDENT_SHARE * room


def train(
    folder: Path,
    config: TrainingConfig,
    images: PreparedSet,
    seed: int,
    options: RunOptions = RunOptions(),
) -> None:
    """Train `config` from `seed` in `folder`; go on where an earlier call was interrupted.

    Args:
        folder: the run folder, made if need be.
        config: what to train.
        images: the prepared set of `config.source` and `config.recipe`.
        seed: of weights, order and augmentation.
        options: how.

    Raises:
        RunUnusable: another process trains this run, or the folder holds another configuration.
        RunFailed: a loss became NaN, or memory ran out.
        OutOfTime: the deadline came first; another call goes on.
    """
    with locked(folder):
        for name in (FINISHED, "last.npz"):
            share_file(folder / name)
        if remember(folder, config, images, seed):
            _tidy(folder)
            return
        keras.utils.set_random_seed(seed)
        make_deterministic()
        keras.config.set_dtype_policy(config.precision)
        try:
            with spread_over(options.devices), explained_memory(config):
                _fit(folder, config, images, seed, options)
        finally:
            keras.config.set_dtype_policy("float32")


@contextmanager
def explained_memory(config: TrainingConfig):
    """Turn the frameworks' ways of running out of memory into a line that says what to lower."""
    try:
        yield
    except Exception as error:
        exhausted = ("ResourceExhausted", "RESOURCE_EXHAUSTED", "Out of memory", "OOM when")
        text = f"{type(error).__name__}: {error}"
        if not isinstance(error, MemoryError) and not any(word in text for word in exhausted):
            raise
        advice = "" if config.precision == "mixed_bfloat16" else ", or --precision mixed_bfloat16"
        raise RunFailed(
            f"out of memory with batches of {config.batch_size} at {config.recipe.size} px: use a "
            f"smaller batch, image size or number of filters (--scale small){advice}"
        ) from None


def _steps_per_execution(batches: int) -> int:
    """Steps of one compiled call on TensorFlow (Keras' JAX trainer makes them one by one).

    They divide an epoch, since its end is the end of a call.
    """
    most = STEPS_PER_EXECUTION if has_accelerator() else 1
    return max(steps for steps in range(1, most + 1) if batches % steps == 0)


def _check_classes(config: TrainingConfig, images: PreparedSet) -> None:
    told, there = config.objective.classes, len(images.classes)
    if told and there > told:
        raise UserError(
            f"{images.source} has {there} classes (folders of images), more than the {told} that "
            "this arm colours by; choose another arm, or merge some"
        )


def _fit(folder, config, images, seed, options):
    _check_classes(config, images)
    stages, say = build_stages(folder, config, images), options.say
    if options.devices > 1:
        if config.adversary and not config.adversary.several_devices:
            raise UserError("CycleGAN's image pool lies on one device; use --devices 1")
        counts = [len(images.names(split)) for split in ("train", "val")]
        check_batches(options.devices, config.batch_size, *counts)
        synchronise_batch_norm(stages[-1].model.networks)
    finished = checkpoint.finished_epochs(folder / "last.npz")
    if finished:
        say(f"resuming after epoch {finished} of {config.all_epochs}")
    train_images = images.images("train")
    has_classes = bool(config.objective.classes)
    log = EpochLog(folder / "epochs.csv", len(train_images), config.all_epochs, finished, say)
    watchers = [Progress(len(train_images), config.batch_size, config.all_epochs, finished)]
    if leads():
        watchers += [watch(folder, config, images, finished) for watch in options.watchers]
    validation = None
    if images.names("val"):
        labels = images.labels("val") if has_classes else None
        validation = evaluation_dataset(images.images("val"), config.batch_size, labels, host())
    batches = batches_per_epoch(len(train_images), config.batch_size)
    steps = _steps_per_execution(batches)
    resident = ResidentImages(train_images) if options.holds_on_device(train_images) else None
    keep = {"snapshots": config.snapshots, "seconds": options.checkpoint_seconds}
    with ExitStack() as closing:
        for watcher in watchers:
            closing.callback(watcher.close)
        for stage in stages:
            stage.model.resident = resident
            stage.model.steps_per_execution = steps
            if stage.start < finished <= stage.end:
                checkpoint.restore(folder / "last.npz", training_state(stage.model))
            first = max(stage.start, finished)
            if first >= stage.end:
                continue
            stage.model.fit(
                training_dataset(
                    train_images,
                    config.batch_size,
                    seed=seed,
                    first_epoch=first,
                    epochs=stage.end,
                    reshuffle=config.reshuffle,
                    flip=config.flip,
                    labels=images.labels("train") if has_classes else None,
                    resident=resident is not None,
                    host=host(),
                ),
                steps_per_epoch=batches,
                initial_epoch=first,
                epochs=stage.end,
                shuffle=False,  # the dataset has its own order
                validation_data=validation,
                callbacks=[
                    StopAtNaN(),
                    log,
                    *([Checkpoint(folder, log, stage.end, **keep)] if leads() else []),
                    *watchers,
                    Deadline(options.deadline, folder, log),
                ],
                verbose=0,
            )
    save_network(stages[-1].model.network, folder)
    _tidy(folder)


def _tidy(folder: Path) -> None:
    """Remove what only a run that is not finished needs."""
    (folder / "last.npz").unlink(missing_ok=True)
    remove_parts(folder)


def save_network(network: keras.Model, folder: Path) -> None:
    """Write the network of a finished run: it then counts as finished."""
    with replacing(folder / FINISHED) as part:
        named = part.with_name(part.name + ".keras")  # which Keras insists on
        network.save(named)
        os.replace(named, part)


def load_network(folder: Path) -> keras.Model:
    """The network of a finished run, loaded in Keras' safe mode.

    Raises:
        UserError: the run is not finished, or its file is damaged.
    """
    path = folder / FINISHED
    if not path.exists():
        raise UserError(
            f"{folder} has no {FINISHED}; finish the run first, and name its folder below runs/ "
            "(stored results have no networks)"
        )
    if not zipfile.is_zipfile(path):
        raise UserError(f"{path} cannot be loaded: it is damaged; delete the run folder")
    try:
        return keras.saving.load_model(path, custom_objects=CUSTOM_OBJECTS, compile=False)
    except (ValueError, OSError, TypeError, KeyError) as error:
        raise UserError(f"{path} cannot be loaded: {str(error).splitlines()[0]}") from None


@contextmanager
def locked(folder: Path):
    """Hold the folder; a second process that wants it gets `RunUnusable`."""

    def refuse():
        raise RunUnusable(f"{folder} is being trained by another process; wait for it or stop it")

    with held(folder, refuse):
        yield


def remember(folder: Path, config: TrainingConfig, images: PreparedSet, seed: int) -> bool:
    """Store the configuration, or hold it against the stored one; True if the run is finished."""
    given = {
        **to_json(config),
        "seed": seed,
        "images": images.digest,
        "source": images.source,
        "backend": keras.backend.backend(),
    }
    path = folder / "config.json"
    if path.exists():
        found = differences(json.loads(path.read_text()), given)
        if found:
            raise RunUnusable(
                f"{folder} holds another configuration ({'; '.join(found)}); delete the folder "
                "to train anew"
            )
    else:
        write_json(folder / "environment.json", environment(config.precision))
        write_json(path, given)  # last: where it is, the run has begun
    return (folder / FINISHED).exists()
