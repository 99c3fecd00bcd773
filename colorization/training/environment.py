"""What a run ran on: versions, device and commit for its record, and determinism."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np

from colorization.backend import has_accelerator

BUNDLED_COMMIT = "commit.json"  # in the root of a bundle, which has no history


def make_deterministic() -> None:
    """The same seed gives the same weights, to the bit, on a CPU.

    On a GPU deterministic kernels are slower or missing, and are not asked for.
    """
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        # Its fusion of convolution and LeakyReLU fails on training graphs, with an error logged.
        tf.config.optimizer.set_experimental_options({"remapping": False})
        if not has_accelerator():
            tf.config.experimental.enable_op_determinism()


def environment(precision: str) -> dict:
    """Versions, device and commit; nothing that names the machine."""
    backend = keras.backend.backend()
    framework = sys.modules["jax" if backend == "jax" else "tensorflow"]
    return {
        "python": platform.python_version(),
        "keras": keras.__version__,
        "backend": backend,
        backend: framework.__version__,
        "numpy": np.__version__,
        "device": device_name(),
        "precision": precision,
        "cpus": os.cpu_count(),
        **commit(),
    }


def device_name() -> str:
    """The accelerator's name, else the processor's."""
    if not has_accelerator():
        return _processor()
    if keras.backend.backend() == "jax":
        import jax

        return jax.devices()[0].device_kind
    import tensorflow as tf

    gpu = tf.config.list_physical_devices("GPU")[0]
    return tf.config.experimental.get_device_details(gpu).get("device_name", "GPU")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.split(":", 1)[1].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        name = platform.processor() or platform.machine()
    threads = os.environ.get("TF_NUM_INTRAOP_THREADS")
    used = f"{threads} of {os.cpu_count()}" if threads else f"{os.cpu_count()}"
    return f"CPU, {name}, {used} cores"


def commit() -> dict:
    """The checkout's commit and whether it was changed; a bundle's own; or nothing outside both."""

    def git(*args):
        here = Path(__file__).parent
        return subprocess.run(["git", *args], cwd=here, capture_output=True, text=True, check=True)

    try:
        found = git("rev-parse", "HEAD").stdout.strip()
        dirty = bool(git("status", "--porcelain", "--untracked-files=no").stdout.strip())
    except (OSError, subprocess.CalledProcessError):
        bundled = Path(__file__).parents[2] / BUNDLED_COMMIT
        return json.loads(bundled.read_text()) if bundled.exists() else {}
    return {"commit": found, "dirty": dirty}
