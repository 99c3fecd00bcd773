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

from contextlib import ExitStack, contextmanager
from pathlib import Path

import keras

from colorization.backend import has_accelerator
from colorization.data.batches import (
    ResidentImages,
    batches_per_epoch,
    evaluation_dataset,
    stacks_per_epoch,
    training_dataset,
)
from colorization.data.prepared import PreparedSet
from colorization.errors import RunFailed, RunUnusable, UserError
from colorization.files import lock, remove_parts, write_json
from colorization.models.imagenet_weights import imagenet_weights
from colorization.serialization import differences, to_json
from colorization.state import TRAIN_ANEW, stored_config
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
    share_file,
    spread_over,
    synchronise_batch_norm,
)
from colorization.training.environment import environment, make_deterministic
from colorization.training.network_file import FINISHED, save_network
from colorization.training.options import RunOptions
from colorization.training.stages import build_stages

DEFAULTS = RunOptions()
# Of one compiled call, on an accelerator: at most so many.
STEPS_PER_EXECUTION = {"tensorflow": 16, "jax": 100}


def train(
    folder: Path,
    config: TrainingConfig,
    images: PreparedSet,
    seed: int,
    options: RunOptions = DEFAULTS,
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


def most_steps() -> int:
    """Steps of one compiled call, at most."""
    return STEPS_PER_EXECUTION[keras.backend.backend()] if has_accelerator() else 1


def calls_per_epoch(count: int, batch_size: int, resident: bool) -> tuple[int, int]:
    """What Keras takes for an epoch's steps, and how many of them it puts into one compiled call.

    On TensorFlow these are batches, of which a call has as many as divide an epoch. Keras' JAX
    trainer calls for each; there resident images come in stacks of batches, a call each.
    """
    batches, most = batches_per_epoch(count, batch_size), most_steps()
    if keras.backend.backend() == "tensorflow":
        return batches, max(steps for steps in range(1, most + 1) if batches % steps == 0)
    return stacks_per_epoch(count, batch_size, most) if resident else batches, 1


def _check_classes(config: TrainingConfig, images: PreparedSet) -> None:
    known, there = config.objective.classes, len(images.classes)
    if known and there > known:
        raise UserError(
            f"{images.source} has {there} classes (folders of images), more than the {known} that "
            "this arm colours by; choose another arm, or merge some"
        )


def _fit(folder, config, images, seed, options):
    _check_classes(config, images)
    stages, say = build_stages(folder, config, images), options.say
    _spread(stages, config, images, options)
    finished = checkpoint.finished_epochs(folder / "last.npz")
    if finished:
        say(f"resuming after epoch {finished} of {config.all_epochs}")
    train_images = images.images("train")
    log = EpochLog(folder / "epochs.csv", len(train_images), config.all_epochs, finished, say)
    if leads() and [row["epoch"] for row in log.rows] != list(range(1, finished + 1)):
        raise RunUnusable(f"{log.path} lacks epochs before {finished + 1}; {TRAIN_ANEW}")
    watchers = [Progress(len(train_images), config.batch_size, config.all_epochs, finished)]
    if leads():
        watchers += [watch(folder, config, images, finished) for watch in options.watchers]
    resident = None
    if options.holds_on_device(train_images):
        resident = ResidentImages(train_images, move=config.move > 0)
    calls, steps = calls_per_epoch(len(train_images), config.batch_size, resident is not None)
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
                _training_batches(config, images, seed, first, stage.end, resident is not None),
                steps_per_epoch=calls,
                initial_epoch=first,
                epochs=stage.end,
                shuffle=False,  # the dataset has its own order
                validation_data=_validation_batches(config, images),
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


def _spread(stages, config: TrainingConfig, images: PreparedSet, options: RunOptions) -> None:
    """Make models and batches fit for several devices, where there are."""
    if options.devices == 1:
        return
    if config.adversary and not config.adversary.several_devices:
        raise UserError("CycleGAN's image pool lies on one device; use --devices 1")
    counts = [len(images.names(split)) for split in ("train", "val")]
    check_batches(options.devices, config.batch_size, *counts)
    synchronise_batch_norm(stages[-1].model.networks)


def _training_batches(config, images: PreparedSet, seed: int, first: int, end: int, resident: bool):
    """The batches of epochs `first` to `end`, end to end."""
    return training_dataset(
        images.images("train"),
        config.batch_size,
        seed=seed,
        first_epoch=first,
        epochs=end,
        reshuffle=config.reshuffle,
        flip=config.flip,
        move=round(config.move * config.recipe.size),
        labels=images.labels("train") if config.objective.classes else None,
        resident=resident,
        most=most_steps(),
        host=host(),
    )


def _validation_batches(config: TrainingConfig, images: PreparedSet):
    """The validation images, or None where a set has none."""
    if not images.names("val"):
        return None
    labels = images.labels("val") if config.objective.classes else None
    return evaluation_dataset(images.images("val"), config.batch_size, labels, host())


def _tidy(folder: Path) -> None:
    """Remove what only a run that is not finished needs."""
    (folder / "last.npz").unlink(missing_ok=True)
    remove_parts(folder)


@contextmanager
def locked(folder: Path):
    """Hold the folder; a second process that wants it gets `RunUnusable`."""

    def refuse():
        raise RunUnusable(f"{folder} is being trained by another process; wait for it or stop it")

    with lock(folder, refuse):
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
        found = differences(stored_config(folder), given)
        if found and found[0].startswith("images: ") and len(found) == 1:
            raise RunUnusable(
                f"{folder} was trained on other photographs than {images.source} holds now; delete "
                "the folder to train anew, or put them back"
            )
        if found:
            raise RunUnusable(
                f"{folder} holds another configuration ({'; '.join(found)}); delete the folder "
                "to train anew"
            )
    else:
        origin = {"initial_weights": imagenet_weights().origin} if config.initial_weights else {}
        write_json(folder / "environment.json", {**environment(config.precision), **origin})
        write_json(path, given)  # last: where it is, the run has begun
    return (folder / FINISHED).exists()
