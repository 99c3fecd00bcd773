"""The suite's command line: `python -m experiments reproduce berkeley --scale small`."""

import argparse
import re
import sys
from pathlib import Path

from colorization.errors import Parser, exit_status
from colorization.installation import program
from colorization.scales import SCALES
from experiments import REPORTS, check_reports, commands, reading


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)

    def command() -> int:
        check_reports(getattr(options, "reports", []))
        commands.load_backend(options.run)
        return options.run(options)

    return exit_status(command)


def parser() -> argparse.ArgumentParser:
    result = Parser(prog=program("experiments"), description=__doc__)
    words = result.add_subparsers(required=True, metavar="COMMAND")
    for word, said, run, *options in COMMANDS:
        command = words.add_parser(word, help=said)
        for add in options:
            add(command)
        command.set_defaults(run=run)
    return result


# ---------------------------------------------------------------- what is typed


def own_photographs(text: str) -> Path:
    """A folder, as `--data folder:PATH` names it."""
    kind, _, path = text.partition(":")
    if kind != "folder" or not path:
        raise argparse.ArgumentTypeError(f"{text!r} is not folder:PATH")
    return Path(path)


def device_count(text: str) -> int | None:
    """A number of devices; None for all."""
    if text == "all":
        return None
    if not text.isdigit() or text == "0":
        raise argparse.ArgumentTypeError(f"{text!r} is neither a number from 1 nor all")
    return int(text)


def positive(text: str) -> int:
    """A number of processes."""
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 1")
    return int(text)


def size(text: str) -> int:
    """Bytes, as "45M" names them."""
    found = re.fullmatch(r"(\d+)([kMG])B?", text)
    if not found or not int(found[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is no size such as 45M (units: k, M, G)")
    return int(found[1]) * 1000 ** (" kMG".index(found[2]))


def seed(text: str) -> int:
    """Where random numbers start."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)


def setting(text: str) -> tuple[str, str]:
    """A name and its value."""
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


# ---------------------------------------------------------------- options


def _reports(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "reports", nargs="*", metavar="REPORT", help=f"{', '.join(REPORTS)} (default: all)"
    )


def _scale(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--scale",
        choices=SCALES,
        metavar="SCALE",
        help="; ".join(f"{scale}: {what}" for scale, what in SCALES.items())
        + " (default: full on an accelerator, else small)",
    )


def _scale_away(command: argparse.ArgumentParser) -> None:
    command.add_argument("--scale", choices=SCALES, metavar="SCALE", default="full")


def _choice(command: argparse.ArgumentParser) -> None:
    """Which runs of a report."""
    command.add_argument(
        "--arms",
        nargs="+",
        default=["primary"],
        metavar="ARM",
        help="names, or primary, ablation, all (default: primary); see `list`",
    )
    command.add_argument("--seeds", nargs="+", type=seed, default=[0], metavar="N")
    command.add_argument(
        "--precision",
        choices=["float32", "mixed_bfloat16"],
        help="instead of what each arm names",
    )
    command.add_argument(
        "--set",
        action="append",
        type=setting,
        default=[],
        metavar="NAME=VALUE",
        help="train a variant of each arm, with batch_size=8 or adversary.pixel_weight=10; its "
        "runs and results have a name of their own; may be given again",
    )


def _training(command: argparse.ArgumentParser) -> None:
    """How runs are carried out."""
    command.add_argument(
        "--devices",
        type=device_count,
        default=1,
        metavar="N",
        help="share out each batch on N accelerators of this machine, or all (default: 1)",
    )
    command.add_argument(
        "--data",
        type=own_photographs,
        metavar="folder:PATH",
        help="train and test on the photographs in a folder instead; a tenth of them, at most 200, "
        "are the test images",
    )
    command.add_argument(
        "--tensorboard",
        action="store_true",
        help="write losses and coloured images to the run folders for TensorBoard",
    )
    command.add_argument(
        "--track",
        choices=["wandb", "mlflow"],
        help="show runs in Weights & Biases or MLflow, too; their own variables say where",
    )
    command.add_argument(
        "--feeding",
        choices=["auto", "host", "device"],
        default="auto",
        help="where batches are put together; device: it holds all training images (default: auto, "
        "on an accelerator whose memory has room)",
    )
    command.add_argument("--results", type=Path, help="default: results; at smoke runs/results")


def _runs(command: argparse.ArgumentParser) -> None:
    command.add_argument("--runs", type=Path, default=Path("runs"), help="default: runs")


def _results(command: argparse.ArgumentParser) -> None:
    command.add_argument("--results", type=Path, default=Path("results"))


def _format(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--format",
        choices=["markdown", "latex", "csv"],
        default="markdown",
        help="markdown: the reports' pages (default); the others go to results/tables",
    )


def _two(command: argparse.ArgumentParser) -> None:
    """What is compared."""
    command.add_argument("a", metavar="A", help="folder of results, a report, an arm, or a run")
    command.add_argument("b", metavar="B", help="the same, to be compared with A")
    command.add_argument(
        "--tolerance",
        type=float,
        default=1.0,
        metavar="X",
        help="take X times what counts in claims for the least difference that counts (default: 1)",
    )
    command.add_argument(
        "--force", action="store_true", help="even if scales, splits or sources differ"
    )


def _bundle(command: argparse.ArgumentParser) -> None:
    command.add_argument("--out", type=Path, default=Path("bundle.tar"), help="default: bundle.tar")
    command.add_argument(
        "--pieces",
        type=size,
        metavar="SIZE",
        help="in archives of at most SIZE (45M, say): code and plan first, then the images",
    )


def _away(command: argparse.ArgumentParser) -> None:
    command.add_argument("--minutes", type=float, required=True, metavar="N", help="all included")
    command.add_argument(
        "--workers",
        type=positive,
        default=1,
        metavar="K",
        help="processes that share the device (default: 1)",
    )
    command.add_argument("--out", type=Path, default=Path("results.tar.gz"))


def _archive(command: argparse.ArgumentParser) -> None:
    command.add_argument("archive", metavar="ARCHIVE")
    command.add_argument("--results", type=Path, help="default: results; of smoke runs/results")


def _yes(command: argparse.ArgumentParser) -> None:
    command.add_argument("--yes", action="store_true", help="do not ask")


# word, what it does, the function that does it, and its options
COMMANDS = (
    ("reproduce", "train, evaluate and render a report", commands.reproduce)
    + (_reports, _scale, _choice, _training, _runs),
    ("data", "fetch, verify and prepare a report's images", commands.data, _reports, _scale),
    ("tables", "render tables again from stored results", reading.tables)
    + (_reports, _results, _format),
    ("figures", "draw figures again from stored results", reading.figures, _reports, _results),
    ("page", "render all results as one HTML page", reading.page, _results, _runs),
    ("claims", "print the verdict on each claim", reading.claims, _reports, _results),
    ("compare", "two sets of results, or two runs, side by side", reading.compare, _two),
    ("calibrate", "set every stored arm against itself: does the rule see differences?")
    + (reading.calibrate, _results),
    ("bundle", "pack runs for a machine without network: code, images, plan", commands.bundle)
    + (_reports, _scale_away, _choice, _bundle),
    ("run-bundle", "in an unpacked bundle: run what fits in a time, pack what was found")
    + (commands.run_bundle, _away),
    ("collect", "merge what run-bundle packed into the results", commands.collect) + (_archive,),
    ("status", "how far each run is, and what it takes of the disk", reading.status, _runs),
    ("clean", "remove prepared images and smoke runs, asking first", reading.clean, _runs, _yes),
    ("list", "list a report's arms", reading.list_arms, _reports),
)


if __name__ == "__main__":
    sys.exit(main())
