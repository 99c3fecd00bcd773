"""Importing Keras and its backend without the backend's start-up log; what the backend has."""

import os
import sys
import time
from collections.abc import Callable
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from colorization.errors import UserError

BACKENDS = ("tensorflow", "jax")

# Unless set otherwise: less of a log, and oneDNN, which TensorFlow leaves off on a CPU without
# AVX-512, where a U-Net's step takes twice as long without it.
TENSORFLOW = {"TF_CPP_MIN_LOG_LEVEL": "2", "TF_ENABLE_ONEDNN_OPTS": "1"}


def import_quietly() -> None:
    """Import Keras; what TensorFlow's C++ code logs meanwhile is dropped, exceptions are not.

    Raises:
        UserError: the backend is no such one, or this Python lacks it, or Keras.
    """
    for name, value in TENSORFLOW.items():
        os.environ.setdefault(name, value)
    wanted = os.environ.get("KERAS_BACKEND")
    if wanted and wanted not in BACKENDS:
        raise UserError(f"KERAS_BACKEND={wanted}: the suite trains on {' or '.join(BACKENDS)}")
    try:
        with _stderr_dropped():
            import keras

            if keras.backend.backend() == "tensorflow":
                import tensorflow as tf

                tf.config.list_physical_devices("GPU")
    except ModuleNotFoundError as error:
        raise UserError(f"{sys.executable} has no {error.name}; {_remedy(error.name)}") from None


def _remedy(missing: str | None) -> str:
    """What to do about a module that is not there."""
    if missing == "jax":
        return f"{sys.executable} -m pip install jax"
    if missing == "tensorflow" and find_spec("jax"):
        return "it has JAX: set KERAS_BACKEND=jax"
    return "use .venv/bin/python, which make sets up"


class _Deferred(ModuleType):
    """Stands for a module until something of it is used (as PEP 810 has it from Python 3.15)."""

    def __getattr__(self, name):
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
            import_quietly()
        return getattr(import_module(self.__name__), name)


def defer_keras() -> None:
    """Let `import keras` load Keras only when something of it is used.

    It takes seconds to load, and commands that print what is stored never use it.
    """
    if "keras" not in sys.modules:
        sys.modules["keras"] = _Deferred("keras")


def has_accelerator() -> bool:
    """Whether the backend in use has found a GPU, or what else is faster than a CPU."""
    import keras

    if keras.backend.backend() == "jax":
        import jax

        return jax.devices()[0].platform != "cpu"
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))


def compiled(function: Callable) -> Callable:
    """The function as the backend in use compiles it, once for each shape of its arguments."""
    import keras

    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    import tensorflow as tf

    return tf.function(function)


def keep_compiled(folder: Path) -> None:
    """Let JAX store in a folder what it compiles: the runs of a report share most of it."""
    import keras

    if keras.backend.backend() == "jax":
        import jax

        jax.config.update("jax_compilation_cache_dir", str(folder.absolute()))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", -1)


def seconds_of_compiling() -> Callable[[], float]:
    """A function that says how long JAX has traced and compiled since; 0 on TensorFlow."""
    import keras

    spent = [0.0]
    if keras.backend.backend() == "jax":
        import jax

        def add(event: str, duration_secs: float, **_) -> None:
            if event.startswith("/jax/core/compile/"):
                spent[0] += duration_secs

        jax.monitoring.register_event_duration_secs_listener(add)
    return lambda: spent[0]


def matrix_speed(dtype: str = "bfloat16", repeats: int = 10) -> float:
    """FLOP/s of the product of two large square matrices, the fastest of so many, measured."""
    import keras
    from keras import ops

    size = 8192 if has_accelerator() else 2048
    one = ops.cast(keras.random.normal((size, size), seed=0), dtype)
    product = compiled(ops.matmul)

    def seconds() -> float:
        begun = time.perf_counter()
        float(product(one, one)[0, 0])  # waits for the product
        return time.perf_counter() - begun

    seconds()
    return 2 * size**3 / min(seconds() for _ in range(repeats))


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
