"""Images per second of the data pipeline and of each report's training steps.

    make bench          or          python -m benchmarks.training [REPORT ...] [--precision ...]

Runs the arms' full-scale configurations on random images, so it needs no data. Warm-up is excluded;
medians over repeats are printed.
"""

import argparse
import itertools
import sys
import time
from dataclasses import replace
from statistics import median
from types import SimpleNamespace

from colorization.backend import import_quietly
from experiments.__main__ import REPORTS, check_reports, chosen_reports

WARM_UP, REPEATS = 1, 3
COLUMNS = ("pixels", "batch", "parameters", "G MACs", "pipeline", "step", "waiting", "encoding")
WIDTHS = (7, 6, 12, 8, 10, 8, 9, 10)


def main() -> int:
    options = _parser().parse_args()
    check_reports(options)
    import_quietly()
    import keras

    from colorization.training.environment import make_deterministic

    make_deterministic()  # as in training
    print(f"{keras.backend.backend()}, {options.precision}; pipeline and step in images per second")
    print(
        " " * 32 + "".join(f"{name:>{width}}" for name, width in zip(COLUMNS, WIDTHS, strict=True))
    )
    for report in chosen_reports(options):
        for arm in report.arms:
            if arm.name in options.arms if options.arms else arm.primary:
                row = measure(replace(arm.config, precision=options.precision))
                print(_line(f"{report.key} {arm.name}", row), flush=True)
    print(
        "parameters and MACs (of one image, forward): of the network that colours\n"
        "waiting: share of the step's time that goes when its batch is there already\n"
        "encoding: Lab and targets of a batch, as a share of its training step"
    )
    return 0


def _line(name: str, cells) -> str:
    return f"{name:32s}" + "".join(f"{c:>{w}}" for c, w in zip(cells, WIDTHS, strict=True))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    parser.add_argument("reports", nargs="*", metavar="REPORT", help=", ".join(REPORTS))
    parser.add_argument("--precision", choices=["float32", "mixed_bfloat16"], default="float32")
    parser.add_argument("--arms", nargs="+", metavar="ARM", help="default: what the reports ran")
    return parser


def measure(config) -> tuple[str, ...]:
    """The row of an arm, formatted."""
    import keras

    from colorization.models.cost import macs, trainable_parameters

    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy(config.precision)
    model = build(config)
    streamed = step_speed(config, model, pipeline=True)
    resident = step_speed(config, model, pipeline=False)
    return (
        str(config.recipe.size),
        str(config.batch_size),
        f"{trainable_parameters(model.network):,}",
        f"{macs(model.network) / 1e9:.2f}",
        f"{pipeline_speed(config):.0f}",
        f"{streamed:.1f}",
        f"{max(0.0, 1 - streamed / resident):.1%}",
        f"{encoding_seconds(config) / (config.batch_size / streamed):.2%}",
    )


def build(config):
    """The compiled model of the last stage, without data or a run folder."""
    from colorization.data.sources import SPLITS
    from colorization.training import run
    from experiments.render import without_download

    config = replace(config, network=without_download(config.network))
    if getattr(config.objective, "rebalancing", None):  # the weights' values cost nothing
        config = replace(config, objective=replace(config.objective, rebalancing=None))
    images = SimpleNamespace(
        space=config.recipe.space,
        images=lambda split: random_images(config, 1),
        names=lambda split: [] if split in SPLITS else None,
    )
    return run.build_stages(None, config, images)[-1].model


def random_images(config, count):
    import numpy as np

    size = config.recipe.size
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), "uint8")


def pipeline_speed(config) -> float:
    """Images per second of `tf.data` alone."""
    from colorization.data.pipeline import training_dataset

    images = random_images(config, 200)
    epochs = WARM_UP + 5 * REPEATS
    dataset = training_dataset(
        images, config.batch_size, seed=0, first_epoch=0, epochs=epochs, flip=True
    )
    batches = iter(dataset)
    per_epoch = -(-len(images) // config.batch_size)
    speeds = []
    for epoch in range(epochs):
        start = time.perf_counter()
        for _ in range(per_epoch):
            next(batches)
        if epoch >= WARM_UP:
            speeds.append(len(images) / (time.perf_counter() - start))
    return median(speeds)


def step_speed(config, model, pipeline: bool) -> float:
    """Images per second of `fit`, fed by the pipeline or with one batch again and again."""
    from colorization.data.pipeline import training_dataset

    steps = max(2, 40 // config.batch_size)
    images = random_images(config, steps * config.batch_size)
    epochs = WARM_UP + REPEATS
    if pipeline:
        data = training_dataset(images, config.batch_size, seed=0, first_epoch=0, epochs=epochs)
    else:
        data = the_same(images[: config.batch_size])
    clock = EpochClock()
    model.fit(
        data,
        steps_per_epoch=steps,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=[clock.callback()],
    )
    return len(images) / median(clock.seconds[WARM_UP:])


def the_same(batch):
    """One batch again and again, which takes no time to fetch."""
    import keras

    if keras.backend.backend() != "tensorflow":
        return ((batch,) for _ in itertools.repeat(None))
    import tensorflow as tf

    return tf.data.Dataset.from_tensors(batch).cache().repeat()


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
    """Seconds to turn a batch of images into inputs and targets, compiled."""
    import numpy as np
    from keras import backend, ops

    from colorization.lab import images_to_lab

    def encode(images):
        return config.objective.examples(images_to_lab(images, config.recipe.space))

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
