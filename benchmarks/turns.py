"""Arms of a report timed in turns, for its claims on how long they take.

    python -m benchmarks.turns REPORT ARM ARM ... [--scale small] [--rounds 15]

In each round every arm trains on a batch that is ready for as long as the others, one after the
other, so that what else the machine does falls on all of them. The last stage of each is timed, as
it is at that scale, on random images. Stored beside the arms' results, where claims find it.
"""

import argparse
import sys
from pathlib import Path
from statistics import median

from colorization.backend import import_quietly
from colorization.errors import exit_status
from colorization.scales import SCALES

SECONDS = 2  # of a turn, about
ROUNDS = 15


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.turns", description=__doc__)
    parser.add_argument("report", metavar="REPORT")
    parser.add_argument("arms", nargs="+", metavar="ARM")
    parser.add_argument("--scale", choices=list(SCALES), default="small")
    parser.add_argument("--rounds", type=int, default=ROUNDS, metavar="N")
    parser.add_argument("--results", type=Path, default=Path("results"), metavar="FOLDER")
    options = parser.parse_args(arguments)
    return exit_status(lambda: take_turns(options))


def take_turns(options) -> int:
    from experiments import check_reports, report_module

    check_reports([options.report])
    report = report_module(options.report)
    arms = [report.arm(name) for name in options.arms]
    import_quietly()
    from colorization.results.store import storing
    from colorization.results.turns import write_turns
    from colorization.training.environment import environment, make_deterministic

    make_deterministic()  # as in training
    configs = [report.scaled(arm, options.scale) for arm in arms]
    found = seconds(configs, options.rounds)
    with storing(options.results):
        rounds = dict(zip(options.arms, found, strict=True))
        folder = options.results / report.key / options.scale
        write_turns(folder, environment(configs[0].precision), rounds)
    for name, rounds in zip(options.arms, found, strict=True):
        print(f"{name:24s}{1000 * median(rounds):9.2f} ms a training image")
    return 0


def seconds(configs: list, rounds: int) -> list[list[float]]:
    """Seconds a training image of each configuration in each round."""
    import keras

    from benchmarks.peer import in_turns, suite
    from benchmarks.training import build

    turns = []
    for config in configs:
        keras.utils.set_random_seed(0)
        keras.config.set_dtype_policy(config.precision)
        turns.append(suite(build(config), config))
    found = in_turns(turns, SECONDS, rounds)
    return [
        [float(f"{step / config.batch_size:.4g}") for step in steps]
        for steps, config in zip(found, configs, strict=True)
    ]


if __name__ == "__main__":
    sys.exit(main())
