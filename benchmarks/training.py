"""Images per second of the data pipeline and of each network's training step.

    make bench          or          python -m benchmarks.training [--precision mixed_bfloat16]

Runs on random images, so it needs no data. Warm-up is excluded; the median over repeats is printed.
"""

import argparse
import sys
import time
from dataclasses import replace
from statistics import median

from colorization.backend import import_quietly

WARM_UP, REPEATS = 2, 3


def main() -> int:
    options = _parser().parse_args()
    import_quietly()
    import keras

    from colorization.models.cost import macs, trainable_parameters
    from colorization.training.run import make_deterministic
    from experiments.berkeley import REPORT

    keras.utils.set_random_seed(0)
    make_deterministic()  # as in training
    keras.config.set_dtype_policy(options.precision)
    print(f"{keras.backend.backend()}, {options.precision}; images per second")
    print(
        f"{'arm':20s}{'pixels':>7s}{'batch':>6s}{'parameters':>12s}{'MMACs':>8s}"
        f"{'pipeline':>10s}{'step':>8s}{'encoding':>10s}"
    )
    for arm in REPORT.arms:
        if not arm.primary or (options.arms and arm.name not in options.arms):
            continue
        config = replace(arm.config, precision=options.precision)
        network = config.network(size=config.recipe.size)
        pipeline = pipeline_speed(config)
        step = step_speed(config, network)
        share = encoding_seconds(config) / (config.batch_size / step)
        print(
            f"{arm.name:20s}{config.recipe.size:7d}{config.batch_size:6d}"
            f"{trainable_parameters(network):12,d}{macs(network) / 1e6:8.0f}"
            f"{pipeline:10.0f}{step:8.1f}{share:10.1%}",
            flush=True,
        )
    print("encoding: Lab and targets of a batch, as a share of its training step")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    parser.add_argument("--precision", choices=["float32", "mixed_bfloat16"], default="float32")
    parser.add_argument("--arms", nargs="+", metavar="ARM")
    return parser


def random_images(config, count):
    import numpy as np

    size = config.recipe.size
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), "uint8")


def pipeline_speed(config) -> float:
    """Images per second of `tf.data` alone."""
    from colorization.data.pipeline import training_dataset

    images = random_images(config, 200)
    dataset = training_dataset(
        images, config.batch_size, seed=0, first_epoch=0, epochs=WARM_UP + 10 * REPEATS, flip=True
    )
    batches = iter(dataset)
    per_epoch = -(-len(images) // config.batch_size)
    speeds = []
    for epoch in range(WARM_UP + 10 * REPEATS):
        start = time.perf_counter()
        for _ in range(per_epoch):
            next(batches)
        if epoch >= WARM_UP:
            speeds.append(len(images) / (time.perf_counter() - start))
    return median(speeds)


def step_speed(config, network) -> float:
    """Images per second of `fit`, data included, on images that are already there."""
    import keras
    import numpy as np

    from colorization.ab_bins import BINS
    from colorization.data.pipeline import training_dataset
    from colorization.training.supervised import SupervisedColorizer

    steps = max(4, 40 // config.batch_size)
    images = random_images(config, steps * config.batch_size)
    weights = np.ones(BINS) if getattr(config.objective, "rebalancing", None) else None
    model = SupervisedColorizer(network, config.objective, "rgb", weights)
    model.compile(optimizer=keras.optimizers.Adam(config.learning_rate, epsilon=config.epsilon))
    clock = EpochClock()
    epochs = WARM_UP + REPEATS
    model.fit(
        training_dataset(images, config.batch_size, seed=0, first_epoch=0, epochs=epochs),
        steps_per_epoch=steps,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=[clock.callback()],
    )
    return len(images) / median(clock.seconds[WARM_UP:])


class EpochClock:
    """Seconds of each epoch."""

    def __init__(self):
        self.seconds: list[float] = []

    def callback(self):
        import keras

        return keras.callbacks.LambdaCallback(
            on_epoch_begin=lambda *_: setattr(self, "start", time.perf_counter()),
            on_epoch_end=lambda *_: self.seconds.append(time.perf_counter() - self.start),
        )


def encoding_seconds(config) -> float:
    """Seconds to turn a batch of images into Lab and targets, compiled."""
    import numpy as np
    from keras import backend, ops

    from colorization.ab_bins import BINS
    from colorization.lab import images_to_lab

    weights = np.ones(BINS) if getattr(config.objective, "rebalancing", None) else None

    def encode(images):
        return config.objective.examples(images_to_lab(images, "rgb"), weights)

    if backend.backend() == "tensorflow":
        import tensorflow as tf

        encode = tf.function(encode)
    else:
        import jax

        encode = jax.jit(encode)
    images = ops.convert_to_tensor(random_images(config, config.batch_size))
    seconds = []
    for _ in range(20):
        start = time.perf_counter()
        [np.asarray(part) for part in encode(images)]
        seconds.append(time.perf_counter() - start)
    return median(seconds[5:])


if __name__ == "__main__":
    sys.exit(main())
