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
        if not getattr(options, name):
            raise UserError("give IN=<file or folder> OUT=<folder> RUN=<run folder>")
    import_quietly()
    from colorization.colorize import colorize_files

    given, out, run = Path(options.photographs), Path(options.out), Path(options.run)
    return 1 if colorize_files(given, out, run, options.overwrite) else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m colorization", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    colorize = commands.add_parser("colorize", help="colour photographs at their own resolution")
    colorize.add_argument("photographs", metavar="IN", help="a file or a folder")
    colorize.add_argument("--out", required=True, metavar="FOLDER", help="for the coloured files")
    colorize.add_argument("--run", required=True, metavar="FOLDER", help="a finished run folder")
    colorize.add_argument("--overwrite", action="store_true", help="replace existing files")
    return parser


if __name__ == "__main__":
    sys.exit(main())
