"""The same training steps in PyTorch, as the reports' base code writes them, beside the suite's.

    make bench          or          python -m benchmarks.peer [REPORT/ARM ...] [--precision ...]

Needs `requirements/bench.txt`. Networks are rebuilt layer by layer from the suite's own, with their
weights, and have to give the same answers before anything is timed. The base code as it comes is
float32 with channels first; what a careful user makes of it is bfloat16 by autocast with channels
last. All are given batches that are ready, and take turns; medians are printed.
"""

import argparse
import sys
import time
from dataclasses import replace
from statistics import median

from colorization.backend import has_accelerator, import_quietly
from colorization.errors import UserError, exit_status
from experiments import report_module

ARMS = (
    "flower-cgan/unet",
    "flower-gan/flowers",
    "imagenet-cgan/resnet18-l1-gan",
    "berkeley/regression",
    "berkeley/unweighted",
)
PRECISIONS = ("float32", "mixed_bfloat16")
ROUNDS = 5
SECONDS = 4  # of a round, at the least


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peer", description=__doc__)
    parser.add_argument("arms", nargs="*", metavar="REPORT/ARM", help=f"default: {', '.join(ARMS)}")
    parser.add_argument("--precision", nargs="+", choices=PRECISIONS, default=PRECISIONS)
    options = parser.parse_args(arguments)
    return exit_status(lambda: compare(options.arms or ARMS, options.precision))


def compare(arms, precisions) -> int:
    import_quietly()
    try:
        import torch
    except ModuleNotFoundError:
        needed = "-m pip install -r requirements/bench.txt"
        raise UserError(f"there is no PyTorch; run: {sys.executable} {needed}") from None
    import keras

    from colorization.training.environment import device_name

    backend = keras.backend.backend()
    print(f"{backend} and PyTorch {torch.__version__}, {device_name()}; images per second")
    print(
        f"{'':32s}{'precision':>16s}{'pixels':>8s}{'batch':>7s}{'suite':>9s}{'peer':>9s}{'ratio':>8s}"
    )
    for name in arms:
        key, _, arm = name.partition("/")
        for precision in precisions:
            config = replace(report_module(key).arm(arm).config, precision=precision)
            ours, theirs = speeds(config)
            row = f"{name:32s}{precision:>16s}{config.recipe.size:8d}{config.batch_size:7d}"
            print(f"{row}{ours:9.1f}{theirs:9.1f}{ours / theirs:8.2f}", flush=True)
    return 0


def speeds(config) -> tuple[float, float]:
    """Images per second of the suite's step and of PyTorch's, in turns."""
    import keras

    from benchmarks.training import build

    keras.utils.set_random_seed(0)
    keras.config.set_dtype_policy("float32")  # the answers are compared in it
    _check(build(config))
    keras.config.set_dtype_policy(config.precision)
    model = build(config)
    turns = [suite(model, config), _peer(model, config)]
    found = in_turns(turns, SECONDS, ROUNDS)
    return tuple(config.batch_size / median(seconds) for seconds in found)


def in_turns(turns: list, seconds: float, rounds: int) -> list[list[float]]:
    """Seconds a step of each of `turns` (steps to seconds), one a round.

    Args:
        seconds: of a turn, about.
    """
    for turn in turns:
        turn(1)  # compiled, and warm
    steps = [max(1, round(seconds / turn(1))) for turn in turns]
    found: list[list[float]] = [[] for _ in turns]
    for _ in range(rounds):
        for turn, count, mine in zip(turns, steps, found, strict=True):
            mine.append(turn(count) / count)
    return found


def suite(model, config):
    """`turn(steps)` to seconds."""
    from benchmarks.training import random_images, the_same

    batch = the_same(random_images(config, config.batch_size))

    def turn(steps: int) -> float:
        begun = time.perf_counter()
        model.fit(batch, steps_per_epoch=steps, epochs=1, shuffle=False, verbose=0)
        return time.perf_counter() - begun

    return turn


def _peer(model, config):
    """`turn(steps)` to seconds, of the same networks in PyTorch."""
    import torch

    from benchmarks.torch_networks import rebuilt

    device = "cuda" if torch.cuda.is_available() and has_accelerator() else "cpu"
    careful = config.precision == "mixed_bfloat16"
    layout = torch.channels_last if careful else torch.contiguous_format
    networks = [
        rebuilt(network).to(device).to(memory_format=layout).train() for network in model.networks
    ]
    inputs, targets = (part.to(device) for part in _examples(config))
    inputs = inputs.contiguous(memory_format=layout)
    if targets.ndim == 4:
        targets = targets.contiguous(memory_format=layout)
    step = _adversarial(config, *networks) if config.adversary else _supervised(config, *networks)

    def turn(steps: int) -> float:
        begun = time.perf_counter()
        for _ in range(steps):
            with torch.autocast(device, torch.bfloat16, enabled=careful):
                loss = step(inputs, targets)
        loss.item()  # waits for the device
        return time.perf_counter() - begun

    return turn


def _examples(config):
    """Inputs and targets of a batch as tensors, channels first."""
    import numpy as np
    import torch

    from benchmarks.training import random_images
    from colorization.colour.lab import images_to_lab

    images = random_images(config, config.batch_size)
    parts = config.objective.examples(images_to_lab(images, config.recipe.space))[:2]
    inputs, targets = (torch.from_numpy(np.array(part)) for part in parts)
    if targets.ndim == 3:  # class indices
        return inputs.permute(0, 3, 1, 2), targets.long()
    return inputs.permute(0, 3, 1, 2), targets.permute(0, 3, 1, 2)


def _optimizer(config, network):
    import torch

    betas = config.beta_1, config.beta_2
    return torch.optim.Adam(network.parameters(), config.learning_rate, betas, config.epsilon)


def _supervised(config, network):
    import torch

    from colorization.training.objectives import AbClassification

    optimizer = _optimizer(config, network)
    of_classes = isinstance(config.objective, AbClassification)
    loss_of = torch.nn.CrossEntropyLoss() if of_classes else torch.nn.MSELoss()

    def step(inputs, targets):
        optimizer.zero_grad()
        loss = loss_of(network(inputs), targets)
        loss.backward()
        optimizer.step()
        return loss

    return step


def _adversarial(config, generator, discriminator):
    """`MainModel.optimize` of `moein-shariatnia/Deep-Learning`, after pix2pix."""
    import torch

    optimizers = [_optimizer(config, network) for network in (generator, discriminator)]
    cross_entropy, l1 = torch.nn.BCEWithLogitsLoss(), torch.nn.L1Loss()
    weight = config.adversary.pixel_weight
    factor = config.adversary.gan.discriminator_factor

    def told(answers, real: bool):
        target = torch.ones_like(answers) if real else torch.zeros_like(answers)
        return cross_entropy(answers, target)

    def step(L, ab):
        fake = generator(L)
        discriminator.requires_grad_(True)
        optimizers[1].zero_grad()
        on_fake = told(discriminator(torch.cat([L, fake.detach()], 1)), False)
        on_real = told(discriminator(torch.cat([L, ab], 1)), True)
        ((on_fake + on_real) * factor).backward()
        optimizers[1].step()

        discriminator.requires_grad_(False)
        optimizers[0].zero_grad()
        loss = told(discriminator(torch.cat([L, fake], 1)), True)
        if weight:
            loss = loss + weight * l1(fake, ab)
        loss.backward()
        optimizers[0].step()
        return loss

    return step


def _check(model) -> None:
    """Refuse to time networks that do not answer as the suite's do."""
    import numpy as np
    import torch

    from benchmarks.torch_networks import rebuilt

    for network in model.networks:
        x = np.random.default_rng(0).random((2, *network.input_shape[1:]), "float32")
        ours = np.asarray(network(x, training=False))
        with torch.no_grad():
            theirs = rebuilt(network).eval()(torch.from_numpy(x).permute(0, 3, 1, 2))
        found = theirs.permute(0, 2, 3, 1).numpy()
        if not np.allclose(ours, found, rtol=1e-3, atol=1e-4 * np.abs(ours).max()):
            raise RuntimeError(f"{network.name} in PyTorch gives other answers")


if __name__ == "__main__":
    sys.exit(main())
