"""Trains the same run on one and on two virtual CPU devices; started by tests/test_devices.py.

Virtual devices must be asked for before the framework starts, so this is a process of its own.
"""

import json
import os
import sys
from pathlib import Path

os.environ["XLA_FLAGS"] = " ".join(
    [os.environ.get("XLA_FLAGS", ""), "--xla_force_host_platform_device_count=2"]
)

import keras
import numpy as np

from colorization.data.prepared import prepare
from colorization.errors import UserError
from colorization.training.devices import spread_over
from colorization.training.epochs import read_epochs
from colorization.training.options import RunOptions
from colorization.training.run import train
from colorization.training.steps import share_of_batch
from tests.tiny.shared_out import CONFIG, SINGLE, UNEVEN

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    (cpu,) = tf.config.list_physical_devices("CPU")
    halves = [tf.config.LogicalDeviceConfiguration()] * 2
    tf.config.set_logical_device_configuration(cpu, halves)


def result(folder: Path, config, devices: int) -> dict:
    """Epoch rows, and the largest weights, of a run; or the error that ended it."""
    images = prepare(config.source, config.recipe)
    try:
        train(folder, config, images, 0, RunOptions(lambda _: None, devices=devices))
    except UserError as error:
        return {"error": str(error)}
    network = keras.saving.load_model(folder / "network.keras", compile=False)
    weights = [np.asarray(value).ravel()[:50].tolist() for value in network.get_weights()]
    return {"epochs": read_epochs(folder / "epochs.csv"), "weights": weights}


def shares() -> list[float]:
    """What the replicas' losses weigh where one has two images and the other one."""
    if keras.backend.backend() == "jax":
        return [share_of_batch(3)]
    with spread_over(2):
        strategy = tf.distribute.get_strategy()
    counts = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(2 - context.replica_id_in_sync_group)
    )
    found = tf.function(lambda: strategy.run(share_of_batch, (counts,)))()
    return [float(share) for share in strategy.experimental_local_results(found)]


if __name__ == "__main__":
    target = Path(sys.argv[1])
    found = {
        f"{name}-{devices}": result(target / f"{name}-{devices}", config, devices)
        for name, config in (("even", CONFIG), ("uneven", UNEVEN), ("single", SINGLE))
        for devices in (1, 2, 3)
    }
    found["shares"] = shares()
    print(json.dumps(found))
