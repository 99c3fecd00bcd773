"""Importing Keras and its backend without the backend's start-up log; what the backend has."""

import json
import logging
import os
import shutil
import subprocess
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


# What results are made with, whatever a user's keras.json has for other programs.
SETTINGS = {"floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last"}

# What other programs may have been given, and would change the numbers, or end a training early.
OF_OTHERS = (
    *("KERAS_MAX_EPOCHS", "KERAS_MAX_STEPS_PER_EPOCH", "KERAS_NNX_ENABLED"),
    *("TF_ENABLE_AUTO_MIXED_PRECISION", "TF_XLA_FLAGS", "NVIDIA_TF32_OVERRIDE"),
    *("ONEDNN_DEFAULT_FPMATH_MODE", "DNNL_DEFAULT_FPMATH_MODE"),
    *("JAX_ENABLE_X64", "JAX_DEFAULT_DTYPE_BITS", "JAX_DEFAULT_MATMUL_PRECISION"),
    *("JAX_NUMPY_DTYPE_PROMOTION", "JAX_DEFAULT_PRNG_IMPL"),
)


def import_quietly() -> None:
    """Import Keras; what TensorFlow's C++ code logs meanwhile is dropped, exceptions are not.

    Of the environment only the choice of a backend counts, by `KERAS_BACKEND`. What else would
    change results is left aside, which is said.

    Raises:
        UserError: the backend is no such one, or this Python lacks it, or Keras.
    """
    for name, value in TENSORFLOW.items():
        os.environ.setdefault(name, value)
    wanted = os.environ.get("KERAS_BACKEND")
    if wanted and wanted not in BACKENDS:
        raise UserError(f"KERAS_BACKEND={wanted}: the suite trains on {' or '.join(BACKENDS)}")
    if aside := _left_aside():
        print(f"not used: {', '.join(aside)}; results do not depend on them", file=sys.stderr)
    try:
        with _stderr_dropped():
            import keras

            for setting, default in SETTINGS.items():
                getattr(keras.config, f"set_{setting}")(default)
            if keras.backend.backend() == "tensorflow":
                import tensorflow as tf

                tf.config.list_physical_devices("GPU")
                logging.getLogger("tensorflow").addFilter(_tells_more_than_retracing)
    except ModuleNotFoundError as error:
        raise UserError(f"{sys.executable} has no {error.name}; {_remedy(error.name)}") from None
    except (AttributeError, TypeError, ValueError) as error:  # in the only file that Keras reads
        text = str(error).splitlines()[0]
        raise UserError(f"Keras cannot read {_keras_json()} ({text}); delete it") from None


def _tells_more_than_retracing(record: logging.LogRecord) -> bool:
    """Whether a record is other than that on functions traced again: each run has its own, once."""
    return "triggered tf.function retracing" not in str(record.msg)


def _left_aside() -> list[str]:
    """Take out of the environment what would change results; what that was."""
    given = {name: os.environ.pop(name) for name in OF_OTHERS if name in os.environ}
    aside = [f"{name}={value}" for name, value in given.items() if value != "false"]
    known = {**SETTINGS, "nnx_enabled": False}
    os.environ["KERAS_NNX_ENABLED"] = "false"
    if not os.environ.get("KERAS_BACKEND"):
        os.environ["KERAS_BACKEND"] = known["backend"] = BACKENDS[0]
    try:
        found = json.loads(_keras_json().read_text())
    except (OSError, ValueError):  # then Keras has its defaults
        return aside
    if isinstance(found, dict):
        differing = [name for name in known if found.get(name, known[name]) != known[name]]
        aside += [f"{name} {found[name]} of {_keras_json()}" for name in differing]
    return aside


def _keras_json() -> Path:
    """The user's settings of Keras, for all that uses it."""
    return Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser() / "keras.json"


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


def unused_gpu() -> str | None:
    """What to say of an NVIDIA GPU that its driver lists and the backend in use has not found.

    A line that says what to do; None where there is no such GPU, or it is used.
    """
    import keras

    smi = shutil.which("nvidia-smi")
    if has_accelerator() or not smi:
        return None
    try:
        said = subprocess.run([smi, "-L"], capture_output=True, text=True, timeout=20).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    listed = [line for line in said.splitlines() if line.startswith("GPU ")]
    if not listed:
        return None
    name = listed[0].partition(": ")[2].partition(" (UUID")[0]
    backend = {"tensorflow": "TensorFlow", "jax": "JAX"}[keras.backend.backend()]
    return f"GPU not used: {name} is there, and {backend} does not find it; {_to_use_it()}"


def _to_use_it() -> str:
    """What to do so that the backend finds the GPU."""
    import keras

    if "CUDA_VISIBLE_DEVICES" in os.environ:
        return f"CUDA_VISIBLE_DEVICES={os.environ['CUDA_VISIBLE_DEVICES']} is set: unset it"
    if keras.backend.backend() == "jax":
        return f"{sys.executable} -m pip install 'jax[cuda12]'"
    import tensorflow as tf

    if not tf.sysconfig.get_build_info().get("is_cuda_build"):
        return "this TensorFlow is for CPUs alone: make clean, then the same command"
    return f"{sys.executable} -m pip install -r requirements/cuda.txt brings what CUDA needs"


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
