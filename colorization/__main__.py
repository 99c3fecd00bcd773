"""What to do with a trained run: `python -m colorization colorize IN --out O --run R`."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from colorization.backend import defer_keras, import_quietly
from colorization.errors import Parser, UserError, exit_status
from colorization.installation import AUTHORS, CARD, DEFAULT, networks, option, program
from colorization.state import read_json, stored_config

OUT = "coloured"

# Options of `colorize` that take a number: the most that each may be, what it is if not given.
NUMBERS = (
    ("saturation", 3, 1.0, "factor on the predicted colours (default: 1)"),
    ("strength", 1, 1.0, "from the photograph's own colours to the predicted ones (default: 1)"),
    (
        *("temperature", 1, None),
        "of the mean over colour classes, for runs that classify: 0 takes the most probable one, "
        "0.38 is Zhang et al.'s",
    ),
)
EXPORTS = ("keras", "saved_model", "onnx", "litert")


def main(arguments: list[str] | None = None) -> int:
    return _run(_parser(), arguments)


def colorize(arguments: list[str] | None = None) -> int:
    """The entry point `colorize` of an installed suite: that word alone."""
    parser = Parser(prog="colorize", description="Colour photographs.")
    _add_colorize(parser)
    return _run(parser, arguments)


def _run(parser: argparse.ArgumentParser, arguments: list[str] | None) -> int:
    options = parser.parse_args(arguments)
    return exit_status(lambda: options.run_command(options))


def _colorize(options) -> int:
    if not any(options.photographs):
        raise UserError("name what to colour: IN=<file, folder or pattern in quotes>")
    run = chosen_run(options)
    defer_keras()  # where all is coloured, nothing needs it
    from colorization.photographs.album import colorize_files

    failed = colorize_files(
        options.photographs,
        Path(options.out or OUT),
        run,
        overwrite=options.overwrite,
        compare=options.compare,
        frames=options.frames,
        temperature=options.temperature,
        saturation=options.saturation,
        strength=options.strength,
    )
    return 1 if failed else 0


def _export(options) -> int:
    run = chosen_run(options)
    import_quietly()
    from colorization.photographs.export import export

    export(run, options.format, Path(options.out or "exported"))
    return 0


def _demo(options) -> int:
    run = chosen_run(options)
    import_quietly()
    from colorization.photographs.demo import serve

    serve(run, options.runs, options.port)
    return 0


def chosen_run(options) -> Path:
    """The run that was named, or a network that comes with the suite.

    Raises:
        UserError: both are named.
    """
    if options.run and options.network:
        raise UserError(f"give {option('run')} or {option('network')}, not both")
    return Path(options.run) if options.run else bundled_run(options.network or DEFAULT)


def bundled_run(name: str = DEFAULT) -> Path:
    """A network that comes with the suite; what it was trained on is said.

    Raises:
        UserError: there is none of that name.
    """
    run = networks().get(name)
    if run is None:
        raise UserError(f"no network comes with this copy; name a finished run by {option('run')}")
    try:
        about = read_json(run / "measures.json", {})["data"]
        size = stored_config(run)["recipe"]["size"]
    except KeyError as missing:
        raise UserError(f"{run} says nothing of its {missing}; restore it") from None
    licence = about["licence"]
    for file, what in ((CARD, "what it is"), (AUTHORS, "licences and authors")):
        if (run / file).exists():
            licence = f"{what}: {os.path.relpath(run / file)}"
    print(
        f"with {os.path.relpath(run)}, which has seen nothing but {about['training_images']} "
        f"photographs of {about['title']} at {size} px ({licence}); name another run "
        f"by {option('run')}"
    )
    return run


def number_to(most: float) -> Callable[[str], float]:
    """What takes a number from 0 to `most` from a command line."""

    def number(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 <= value <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to {most:g}")
        return value

    return number


def network(text: str) -> str:
    """The name of a network that comes with the suite."""
    if text not in networks():
        known = ", ".join(networks()) or "none here"
        raise argparse.ArgumentTypeError(f"no network is named {text}; there are: {known}")
    return text


def port(text: str) -> int:
    """The number of a port."""
    if not (text.isdecimal() and 1 <= int(text) <= 65535):
        raise argparse.ArgumentTypeError(
            f"PORT={text} is no port: name one from 1 to 65535, or leave it out for a free one"
        )
    return int(text)


def _parser() -> argparse.ArgumentParser:
    parser = Parser(prog=program("colorization"), description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_colorize(
        commands.add_parser("colorize", help="colour photographs at their own resolution")
    )

    export = commands.add_parser("export", help="write a run's network for other programs")
    _add_run(export)
    export.add_argument("--format", choices=EXPORTS, default="keras", help="default: keras")
    export.add_argument("--out", metavar="FOLDER", help="default: exported")
    export.set_defaults(run_command=_export)

    demo = commands.add_parser("demo", help="a local page to try runs on photographs")
    _add_run(demo)
    demo.add_argument("--runs", type=Path, default=Path("runs"), help="default: runs")
    demo.add_argument("--port", type=port, metavar="N", help="1 to 65535 (default: a free one)")
    demo.set_defaults(run_command=_demo)
    return parser


def _add_colorize(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "photographs", nargs="+", metavar="IN", help="files, folders, or glob patterns in quotes"
    )
    command.add_argument("--out", metavar="FOLDER", help=f"for the coloured files (default: {OUT})")
    _add_run(command)
    command.add_argument("--overwrite", action="store_true", help="replace existing files")
    command.add_argument(
        "--compare",
        action="store_true",
        help="also write gray, coloured and original side by side, below compare/ in that folder",
    )
    command.add_argument(
        "--frames",
        action="store_true",
        help="a folder's files are the frames of a video: their colours flicker less",
    )
    for name, most, default, what in NUMBERS:
        command.add_argument(
            f"--{name}", type=number_to(most), default=default, metavar=f"0..{most}", help=what
        )
    command.set_defaults(run_command=_colorize)


def _add_run(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--run",
        metavar="FOLDER",
        help="a finished run of your own (default: a network that comes with the suite)",
    )
    command.add_argument(
        "--network",
        type=network,
        metavar="NAME",
        help=f"of those that come with the suite: {', '.join(networks())} (default: {DEFAULT})",
    )


if __name__ == "__main__":
    sys.exit(main())
