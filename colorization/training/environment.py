"""What a run ran on: versions, device and commit for its record, and determinism."""

import os
import platform
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import keras
import numpy as np

from colorization.backend import has_accelerator
from colorization.installation import DISTRIBUTION, PACKAGE, checkout
from colorization.state import read_json

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
    """The checkout's commit and whether it was changed; a bundle's own; or the version installed.

    What is installed may lie in somebody else's checkout, whose commit says nothing of it.
    """
    if not checkout():
        bundled = PACKAGE.parent / BUNDLED_COMMIT
        return read_json(bundled, {}, "unpack the bundle again") or _version()

    def git(*args):
        # Not the repository that GIT_DIR names, as in a hook of another one.
        plain = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        how = {"cwd": Path(__file__).parent, "env": plain, "capture_output": True, "text": True}
        return subprocess.run(["git", *args], **how, check=True)

    try:
        found = git("rev-parse", "HEAD").stdout.strip()
        dirty = bool(git("status", "--porcelain", "--untracked-files=no").stdout.strip())
    except (OSError, subprocess.CalledProcessError):  # unpacked from an archive
        return {}
    return {"commit": found, "dirty": dirty}


def _version() -> dict:
    try:
        return {"version": metadata.version(DISTRIBUTION)}
    except metadata.PackageNotFoundError:  # code that was copied
        return {}
