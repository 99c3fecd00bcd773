"""One run on several devices of one machine, through the frameworks' own strategies.

Every device holds all weights and sees its share of each batch. Losses are scaled by the global
batch (`steps.share_of_batch`) and batch normalisation takes its statistics over all of it, so that
a run on several devices is the run on one, to rounding.
"""

from contextlib import contextmanager

import keras

from colorization.errors import UserError


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
    """Bytes of the first accelerator that a process may use; None without one."""
    if keras.backend.backend() == "jax":
        import jax

        device = jax.devices()[0]
        return None if device.platform == "cpu" else device.memory_stats()["bytes_limit"]
    import tensorflow as tf

    if not tf.config.list_physical_devices("GPU"):
        return None
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
        parallel = keras.distribution.DataParallel(devices=names[:devices])
        keras.distribution.set_distribution(parallel)
        try:
            yield
        finally:
            keras.distribution.set_distribution(None)
    else:
        import tensorflow as tf

        with tf.distribute.MirroredStrategy(names[:devices]).scope():
            yield


def check_batches(devices: int, batch_size: int, images: int) -> None:
    """JAX shares out a batch evenly or not at all.

    Raises:
        UserError: some batch cannot be shared out.
    """
    if keras.backend.backend() != "jax" or devices == 1:
        return
    if batch_size % devices or images % batch_size % devices:
        raise UserError(
            f"on JAX every batch must be a multiple of {devices} devices: {images} images in "
            f"batches of {batch_size} leave {images % batch_size} in the last; choose other "
            "numbers, or the TensorFlow backend"
        )


def synchronise_batch_norm(networks) -> None:
    """Let TensorFlow's replicas normalise by the global batch's statistics, as JAX always does."""
    if keras.backend.backend() == "tensorflow":
        for network in networks:
            for layer in network.layers:
                if isinstance(layer, keras.layers.BatchNormalization):
                    layer.synchronized = True
