"""Speed of each report's training steps and of what feeds them, beside what the device can do.

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

from colorization.backend import has_accelerator, import_quietly, matrix_speed
from colorization.errors import exit_status
from experiments import REPORTS, check_reports
from experiments.commands import chosen_reports

WARM_UP, REPEATS = 1, 3
COLUMNS = {
    "pixels": 7,
    "batch": 6,
    "parameters": 12,
    "G MACs": 8,
    "feeding": 9,
    "images/s": 10,
    "ms/step": 9,
    "of peak": 9,
    "waiting": 9,
    "encoding": 10,
}
LEGEND = """\
parameters: of the network that colours
G MACs: multiply-accumulates per image of the whole step, forward and backward, of all networks
feeding: images per second of the batches alone
of peak: share of the step's multiply-accumulates per second in those of a matrix product
waiting: share of the step's time that goes when its batch is there already
encoding: Lab and targets of a batch, as a share of its training step"""


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    return exit_status(lambda: benchmark(options))


def benchmark(options) -> int:
    check_reports(options.reports)
    import_quietly()
    import keras

    from colorization.training.environment import device_name, make_deterministic

    make_deterministic()  # as in training
    accelerator = has_accelerator()
    feeding = options.feeding or ("device" if accelerator else "host")
    dtype = "bfloat16" if "bfloat16" in options.precision else "float32"
    peak = matrix_speed(dtype) / 2
    print(f"{keras.backend.backend()}, {device_name()}, {options.precision}")
    print(f"product of two {dtype} matrices: {peak / 1e9:.0f} G MACs/s; batches from the {feeding}")
    print(_line("", COLUMNS))
    for report in chosen_reports(options):
        for arm in report.arms:
            if arm.name in options.arms if options.arms else arm.primary:
                config = replace(arm.config, precision=options.precision)
                if options.batch:
                    config = replace(config, batch_size=options.batch)
                row = measure(config, feeding == "device", peak)
                print(_line(f"{report.key} {arm.name}", row), flush=True)
    print(LEGEND)
    return 0


def _line(name: str, cells) -> str:
    widths = COLUMNS.values()
    return f"{name:32s}" + "".join(f"{c:>{w}}" for c, w in zip(cells, widths, strict=True))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.training", description=__doc__)
    parser.add_argument("reports", nargs="*", metavar="REPORT", help=", ".join(REPORTS))
    parser.add_argument("--precision", choices=["float32", "mixed_bfloat16"], default="float32")
    parser.add_argument("--arms", nargs="+", metavar="ARM", help="default: what the reports ran")
    parser.add_argument("--batch", type=int, metavar="N", help="default: each arm's own")
    parser.add_argument(
        "--feeding",
        choices=["host", "device"],
        help="where batches are put together (default: on an accelerator, else on the host)",
    )
    return parser


def measure(config, resident: bool, peak: float) -> tuple[str, ...]:
    """The row of an arm, formatted.

    Args:
        resident: the device holds the images.
        peak: multiply-accumulates in a second that the device is capable of.
    """
    import keras

    from benchmarks.step_cost import step_macs
    from colorization.models.cost import trainable_parameters

    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy(config.precision)
    model = build(config)
    macs = step_macs(model, random_images(config, config.batch_size)) / config.batch_size
    fed = step_speed(config, model, resident)
    unfed = step_speed(config, model, resident, fed=False)
    return (
        str(config.recipe.size),
        str(config.batch_size),
        f"{trainable_parameters(model.network):,}",
        f"{macs / 1e9:.2f}",
        f"{feeding_speed(config, resident):.0f}",
        f"{fed:.1f}",
        f"{1000 * config.batch_size / fed:.1f}",
        f"{macs * fed / peak:.0%}",
        f"{max(0.0, 1 - fed / unfed):.1%}",
        f"{encoding_seconds(config) / (config.batch_size / fed):.2%}",
    )


def build(config):
    """The compiled model of the last stage, without data or a run folder."""
    from colorization.data.source import SPLITS
    from colorization.training import stages

    config = replace(config, initial_weights=None)
    if getattr(config.objective, "rebalancing", None):  # the weights' values cost nothing
        config = replace(config, objective=replace(config.objective, rebalancing=None))
    images = SimpleNamespace(
        space=config.recipe.space,
        images=lambda split: random_images(config, 1),
        names=lambda split: [] if split in SPLITS else None,
    )
    return stages.build_stages(None, config, images)[-1].model


def random_images(config, count):
    import numpy as np

    size = config.recipe.size
    return np.random.default_rng(0).integers(0, 256, (count, size, size, 3), "uint8")


def feeding_speed(config, resident: bool) -> float:
    """Images per second of the batches alone."""
    from colorization.data.batches import ResidentImages, batches_per_epoch, training_dataset

    images = random_images(config, 200)
    epochs = WARM_UP + 5 * REPEATS
    dataset = training_dataset(
        images,
        config.batch_size,
        seed=0,
        first_epoch=0,
        epochs=epochs,
        flip=True,
        resident=resident,
    )
    batches = iter(dataset)
    if resident:
        batches = gathered(ResidentImages(images), batches)
    per_epoch = batches_per_epoch(len(images), config.batch_size)
    speeds = []
    for epoch in range(epochs):
        start = time.perf_counter()
        for _ in range(per_epoch):
            next(batches)
        if epoch >= WARM_UP:
            speeds.append(len(images) / (time.perf_counter() - start))
    return median(speeds)


def gathered(resident, batches):
    """The images of batches of rows, once each of them is there."""
    from colorization.backend import compiled

    function = compiled(resident.gather)
    for *number, rows, mirrored, by in batches:  # with a number, a stack of one batch
        drawn = (rows, mirrored, by)
        images = function(*(part[0] for part in drawn) if number else drawn)
        int(images[-1, -1, -1, -1])
        yield images


def step_speed(config, model, resident: bool, fed: bool = True) -> float:
    """Images per second of `fit`, fed as in training or with one batch again and again."""
    from colorization.data.batches import ResidentImages, training_dataset
    from colorization.training.run import calls_per_epoch, most_steps

    least = 1600 if has_accelerator() else 40  # images an epoch, for a clock to be exact
    steps = max(2, least // config.batch_size)
    images = random_images(config, steps * config.batch_size)
    epochs = WARM_UP + REPEATS
    model.resident = ResidentImages(images) if resident and fed else None
    model.train_function = None  # it was compiled for the other way of feeding
    stacks = resident and fed
    calls, model.steps_per_execution = calls_per_epoch(len(images), config.batch_size, stacks)
    if fed:
        draws = {"seed": 0, "first_epoch": 0, "epochs": epochs}
        given = {"resident": resident, "most": most_steps(), **draws}
        data = training_dataset(images, config.batch_size, **given)
    else:
        data = the_same(images[: config.batch_size])
    clock = EpochClock()
    model.fit(
        data,
        steps_per_epoch=calls,
        epochs=epochs,
        shuffle=False,
        verbose=0,
        callbacks=[clock.callback()],
    )
    return len(images) / median(clock.seconds[WARM_UP:])


def the_same(batch):
    """One batch again and again, where the step needs it: it takes no time to fetch."""
    import keras

    if keras.backend.backend() != "tensorflow":
        import jax

        on_device = jax.device_put(batch)
        return ((on_device,) for _ in itertools.repeat(None))
    import tensorflow as tf

    from colorization.data.batches import without_tuning

    return without_tuning(tf.data.Dataset.from_tensors(batch).cache().repeat())


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
    from keras import ops

    from colorization.backend import compiled
    from colorization.colour.lab import images_to_lab

    @compiled
    def encode(images):
        return config.objective.examples(images_to_lab(images, config.recipe.space))

    images = ops.convert_to_tensor(random_images(config, config.batch_size))
    seconds = []
    for _ in range(20):
        start = time.perf_counter()
        [np.asarray(part) for part in encode(images)]
        seconds.append(time.perf_counter() - start)
    return median(seconds[5:])


if __name__ == "__main__":
    sys.exit(main())
