"""Importing Keras and its backend without the backend's start-up log."""

import os
from contextlib import contextmanager


def import_quietly() -> None:
    """Import Keras; what TensorFlow's C++ code logs meanwhile is dropped, exceptions are not."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    with _stderr_dropped():
        import keras

        if keras.backend.backend() == "tensorflow":
            import tensorflow as tf

            tf.config.list_physical_devices("GPU")


@contextmanager
def _stderr_dropped():
    kept = os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
