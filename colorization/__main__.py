"""Colour photographs with a trained run: `python -m colorization colorize IN --out O --run R`."""

import argparse
import sys
from pathlib import Path

from colorization.backend import import_quietly
from colorization.errors import UserError, exit_status


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    return exit_status(lambda: _colorize(options))


def _colorize(options) -> int:
    for name in ("photographs", "out", "run"):
        if not any(getattr(options, name)):
            raise UserError("give IN=<file, folder or pattern> OUT=<folder> RUN=<run folder>")
    import_quietly()
    from colorization.colorize import colorize_files

    failed = colorize_files(
        options.photographs,
        Path(options.out),
        Path(options.run),
        overwrite=options.overwrite,
        compare=options.compare,
        temperature=options.temperature,
    )
    return 1 if failed else 0


def temperature(text: str) -> float:
    """A number from 0 to 1."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1")
    return value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m colorization", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    colorize = commands.add_parser("colorize", help="colour photographs at their own resolution")
    colorize.add_argument(
        "photographs", nargs="+", metavar="IN", help="files, folders, or glob patterns in quotes"
    )
    colorize.add_argument("--out", required=True, metavar="FOLDER", help="for the coloured files")
    colorize.add_argument("--run", required=True, metavar="FOLDER", help="a finished run folder")
    colorize.add_argument("--overwrite", action="store_true", help="replace existing files")
    colorize.add_argument(
        "--compare", action="store_true", help="also write the gray beside the coloured photograph"
    )
    colorize.add_argument(
        "--temperature",
        type=temperature,
        metavar="T",
        help="of the mean over colour classes, 0 to 1, for runs that classify: 0 takes the most "
        "probable one, 0.38 is Zhang et al.'s",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
