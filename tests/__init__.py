"""The tests lie as the code does: `tests/<package>/test_<module>.py`.

`make test` leaves out what is marked slow: what takes long by nature, or proves the same of more
arms. `make test-all` has that, too.
"""

from pathlib import Path

ROOT = Path(__file__).parents[1]

# For every process on JAX: XLA compiles tiny networks anew in each, and optimises them for minutes.
ON_JAX = {
    "KERAS_BACKEND": "jax",
    "XLA_FLAGS": "--xla_backend_optimization_level=0 --xla_llvm_disable_expensive_passes=true",
    "JAX_COMPILATION_CACHE_DIR": str(ROOT / ".cache" / "jax"),
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
}
