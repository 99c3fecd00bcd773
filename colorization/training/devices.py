"""One run on several devices, through the frameworks' own strategies; on JAX of several hosts.

Every device holds all weights and sees its share of each batch. Losses are scaled by the global
batch (`steps.share_of_batch`) and batch normalisation takes its statistics over all of it, so that
a run on several devices is the run on one, to rounding.

On several hosts each runs the same command, with the variables that
`keras.distribution.initialize` reads. The first one leads: it alone keeps checkpoints and results.
"""

import math
import os
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import keras
import numpy as np

from colorization.backend import has_accelerator
from colorization.errors import UserError

HOSTS = "KERAS_DISTRIBUTION_NUM_PROCESSES"


def join_hosts() -> bool:
    """Become one of several hosts where the environment says so, before anything is computed.

    Returns:
        Whether it does.

    Raises:
        UserError: the backend is not JAX, or the other hosts cannot be reached.
    """
    if HOSTS not in os.environ:
        return False
    if keras.backend.backend() != "jax":
        raise UserError(f"{HOSTS} is set: several hosts need KERAS_BACKEND=jax")
    try:
        keras.distribution.initialize()
    except (RuntimeError, ValueError) as error:
        text = str(error).splitlines()[0]
        raise UserError(f"the hosts of KERAS_DISTRIBUTION_* cannot be joined: {text}") from None
    return True


def host() -> tuple[int, int]:
    """The number of this host, from 0, and how many there are."""
    if HOSTS not in os.environ or keras.backend.backend() != "jax":
        return 0, 1
    import jax

    return jax.process_index(), jax.process_count()


def leads() -> bool:
    """Whether this host keeps what a run leaves."""
    return host()[0] == 0


def share_file(path: Path) -> None:
    """Give every host the leading one's file, or none where that has none."""
    index, count = host()
    if count == 1:
        return
    from jax.experimental.multihost_utils import broadcast_one_to_all

    there = index == 0 and path.exists()
    content = np.fromfile(path, "uint8") if there else np.zeros(0, "uint8")
    size = int(broadcast_one_to_all(np.int64(len(content) if there else -1)))
    if index:
        path.unlink(missing_ok=True)
        content = np.zeros(max(size, 0), "uint8")
    if size >= 0:
        content = np.asarray(broadcast_one_to_all(content))
        if index:
            content.tofile(path)


def available() -> int:
    """Devices of the kind that trains: accelerators, or else what the CPU is divided into."""
    return len(_names())


def _names() -> list[str]:
    if keras.backend.backend() == "jax":
        return keras.distribution.list_devices()
    import tensorflow as tf

    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    return [device.name for device in tf.config.list_logical_devices(kind)]


def memory() -> int | None:
    """Bytes of the first accelerator that a process may use; None without one, or not known."""
    if not has_accelerator():
        return None
    if keras.backend.backend() == "jax":
        import jax

        return (jax.devices()[0].memory_stats() or {}).get("bytes_limit")
    from tensorflow.python.client import device_lib

    found = device_lib.list_local_devices()
    return next(one.memory_limit for one in found if one.device_type == "GPU")


@contextmanager
def spread_over(devices: int):
    """Build and fit within this block to train on the first `devices` devices.

    Raises:
        UserError: there are not so many.
    """
    names = _names()
    if not 1 <= devices <= len(names):
        raise UserError(f"--devices {devices}: this machine has {len(names)}; give 1..{len(names)}")
    if devices == 1:
        yield
    elif keras.backend.backend() == "jax":
        parallel = keras.distribution.DataParallel(
            devices=names[:devices], auto_shard_dataset=False
        )
        keras.distribution.set_distribution(parallel)
        try:
            yield
        finally:
            keras.distribution.set_distribution(None)
    else:
        with _mirrored(tuple(names[:devices])).scope():
            yield


@cache
def _mirrored(names: tuple[str, ...]):
    """One strategy for all runs of a process: another would number its reductions anew, and
    TensorFlow would take them for those of the run before."""
    import tensorflow as tf

    return tf.distribute.MirroredStrategy(names)


def check_batches(devices: int, batch_size: int, *counts: int) -> None:
    """Every device is to have a share of every batch; JAX shares out evenly or not at all.

    Args:
        devices: of all hosts.
        batch_size: of training and validation.
        counts: numbers of images, of training and of validation.

    Raises:
        UserError: some batch cannot be shared out.
    """
    if devices == 1:
        return
    for images in counts:
        batches = {min(batch_size, images), images % batch_size} - {0}
        if keras.backend.backend() == "jax" and any(batch % devices for batch in batches):
            raise UserError(
                f"on JAX every batch must be a multiple of {devices} devices: {images} images in "
                f"batches of {batch_size} leave {images % batch_size} in the last; choose other "
                "numbers, or the TensorFlow backend"
            )
        # TensorFlow gives each device as many as the first, until there are none left.
        if any(math.ceil(batch / devices) * (devices - 1) >= batch for batch in batches):
            raise UserError(
                f"--devices {devices}: {images} images in batches of {batch_size} leave some "
                "device without any; use fewer devices"
            )


def synchronise_batch_norm(networks) -> None:
    """Let TensorFlow's replicas normalise by the global batch's statistics, as JAX always does."""
    if keras.backend.backend() == "tensorflow":
        for network in networks:
            for layer in network.layers:
                if isinstance(layer, keras.layers.BatchNormalization):
                    layer.synchronized = True
