"""One run: a folder that says what was trained, and the training that fills it.

    config.json        everything that determines the weights, and the seed
    environment.json   versions, device, precision, commit
    epochs.csv         one line per epoch
    class_weights.csv  prior, smoothed prior and weight of each bin, where there are weights
    last.npz           the whole training state, to resume from
    best.npz           the network at its lowest validation loss
    network.keras      the network after the last epoch: the run is finished

A run that was interrupted goes on from `last.npz` and ends with the weights of one that was not.
"""

import fcntl
import json
import os
import platform
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import keras
import numpy as np
from keras import ops

from colorization.ab_bins import AB_BINS
from colorization.data.pipeline import (
    batches_per_epoch,
    epoch_batches,
    evaluation_dataset,
    training_dataset,
)
from colorization.data.prepare import PreparedSet
from colorization.errors import UserError
from colorization.files import replacing, write_json, write_text
from colorization.lab import images_to_lab
from colorization.models.layers import CUSTOM_OBJECTS
from colorization.training import checkpoint
from colorization.training.callbacks import Checkpoint, EpochLog, StopAtNaN, training_state
from colorization.training.config import TrainingConfig, differences, to_json
from colorization.training.supervised import SupervisedColorizer

FINISHED = "network.keras"


def train(
    folder: Path,
    config: TrainingConfig,
    images: PreparedSet,
    seed: int,
    *,
    say=print,
    checkpoint_seconds: float = 30,
) -> None:
    """Train `config` from `seed` in `folder`; go on where an earlier call was interrupted.

    Args:
        folder: the run folder, made if need be.
        config: what to train.
        images: the prepared set of `config.source` and `config.recipe`.
        seed: of weights, order and augmentation.
        say: called with one line per epoch.
        checkpoint_seconds: least time between two checkpoints.

    Raises:
        UserError: another process trains this run, or the folder holds another configuration.
        RunFailed: a loss became NaN.
    """
    with locked(folder):
        if remember(folder, config, images, seed):
            return
        keras.utils.set_random_seed(seed)
        make_deterministic()
        keras.config.set_dtype_policy(config.precision)
        try:
            _fit(folder, config, images, seed, say, checkpoint_seconds)
        finally:
            keras.config.set_dtype_policy("float32")


def _fit(folder, config, images, seed, say, checkpoint_seconds):
    model = build_model(folder, config, images)
    state = training_state(model)
    finished = 0
    if (folder / "last.npz").exists():
        finished = checkpoint.restore(folder / "last.npz", state)
        say(f"resuming after epoch {finished} of {config.epochs}")
    train_images = images.images("train")
    log = EpochLog(folder / "epochs.csv", len(train_images), config.epochs, finished, say)
    model.fit(
        training_dataset(
            train_images,
            config.batch_size,
            seed=seed,
            first_epoch=finished,
            epochs=config.epochs,
            shuffle=config.shuffle,
            flip=config.flip,
        ),
        steps_per_epoch=batches_per_epoch(len(train_images), config.batch_size),
        initial_epoch=finished,
        epochs=config.epochs,
        shuffle=False,  # the dataset has its own order
        validation_data=evaluation_dataset(images.images("val"), config.batch_size),
        callbacks=[StopAtNaN(), log, Checkpoint(folder, log, seconds=checkpoint_seconds)],
        verbose=0,
    )
    with replacing(folder / FINISHED) as part:
        model.network.save(part.with_suffix(".keras"))
        os.replace(part.with_suffix(".keras"), part)
    (folder / "last.npz").unlink()


def build_model(folder: Path, config: TrainingConfig, images: PreparedSet) -> SupervisedColorizer:
    """The compiled model with its optimiser built, ready to be restored or trained."""
    network = config.network(size=config.recipe.size)
    weights = class_weights(folder, config, images)
    model = SupervisedColorizer(
        network, config.objective, images.space, weights, config.train_mode_validation
    )
    optimizer = keras.optimizers.Adam(
        config.learning_rate, config.beta_1, config.beta_2, config.epsilon
    )
    optimizer.build(model.trainable_variables)
    model.compile(optimizer=optimizer)
    return model


def class_weights(folder: Path, config: TrainingConfig, images: PreparedSet) -> np.ndarray | None:
    """The objective's class weights from the training images; stored in the run folder."""
    train_images = images.images("train")
    batches = epoch_batches(train_images, 50, seed=0, epoch=0, shuffle=False, flip=False)
    statistics = config.objective.class_statistics(
        images_to_lab(ops.convert_to_tensor(batch), images.space) for batch in batches
    )
    if statistics is None:
        return None
    lines = ["a,b," + ",".join(statistics)]
    for ab, *values in zip(AB_BINS, *statistics.values(), strict=True):
        lines.append(",".join(f"{value:.6g}" for value in (*ab, *values)))
    write_text(folder / "class_weights.csv", "\n".join(lines) + "\n")
    return statistics["weight"]


def load_network(folder: Path) -> keras.Model:
    """The network of a finished run, loaded in Keras' safe mode.

    Raises:
        UserError: the run is not finished, or its file is damaged.
    """
    path = folder / FINISHED
    if not path.exists():
        raise UserError(f"{folder} has no checkpoint ({FINISHED}); finish the run first")
    try:
        return keras.saving.load_model(path, custom_objects=CUSTOM_OBJECTS, compile=False)
    except (ValueError, OSError, TypeError, KeyError) as error:
        raise UserError(f"{path} cannot be loaded: {str(error).splitlines()[0]}") from None


def make_deterministic() -> None:
    """The same seed gives the same weights, to the bit, on a CPU.

    On a GPU deterministic kernels are slower or missing, and are not asked for.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        if not tf.config.list_physical_devices("GPU"):
            tf.config.experimental.enable_op_determinism()


@contextmanager
def locked(folder: Path):
    """Hold the folder; a second process that wants it gets a `UserError`."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"{folder} is being trained by another process; wait for it or stop it"
            ) from None
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
            raise UserError(
                f"{folder} holds another configuration ({'; '.join(found)}); delete the folder "
                "to train anew"
            )
    else:
        write_json(path, given)
        write_json(folder / "environment.json", environment(config.precision))
    return (folder / FINISHED).exists()


def environment(precision: str) -> dict:
    """Versions, device and commit; nothing that names the machine."""
    backend = keras.backend.backend()
    framework = sys.modules.get("jax" if backend == "jax" else "tensorflow")
    return {
        "python": platform.python_version(),
        "keras": keras.__version__,
        "backend": backend,
        backend: framework.__version__,
        "numpy": np.__version__,
        "device": device_name(),
        "precision": precision,
        "cpus": os.cpu_count(),
        **_commit(),
    }


def device_name() -> str:
    """The accelerator's name, else the processor's."""
    if keras.backend.backend() == "jax":
        import jax

        device = jax.devices()[0]
        return _processor() if device.platform == "cpu" else device.device_kind
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if not gpus:
        return _processor()
    return tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.split(":", 1)[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        name = platform.processor() or platform.machine()
    return f"CPU, {name}, {os.cpu_count()} cores"


def _commit() -> dict:
    """The checkout's commit and whether it was changed, or nothing outside a checkout."""

    def git(*args):
        here = Path(__file__).parent
        return subprocess.run(["git", *args], cwd=here, capture_output=True, text=True, check=True)

    try:
        commit = git("rev-parse", "HEAD").stdout.strip()
        dirty = bool(git("status", "--porcelain", "--untracked-files=no").stdout.strip())
    except (OSError, subprocess.CalledProcessError):
        return {}
    return {"commit": commit, "dirty": dirty}
