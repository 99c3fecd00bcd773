"""The suite's command line: `python -m experiments reproduce berkeley --scale small`."""

import argparse
import shutil
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from colorization.backend import has_accelerator, import_quietly, keep_compiled
from colorization.data import roots
from colorization.errors import SourceUnavailable, UserError, exit_status, told
from colorization.results.store import holds_results, shelves, storing

REPORTS = {
    "flower-gan": "Boriano, Vizzuso: a GAN without pixel loss on flowers and mixed photographs",
    "berkeley": "Dietrich et al.: regression and 313-class classification on BSDS500",
    "flower-cgan": "Cheng, Zhang: pix2pix, ResNet-18 U-Net and CycleGAN on 500 flowers",
    "rgb-mse-gan": "Yadav: RGB with a mean squared error and an idle discriminator on scenes",
    "imagenet-cgan": "Rangrasasl et al.: pix2pix and a pretrained generator on ImageNet-mini",
    "common": "the methods of all five on the same photographs",
}
SCALES = {
    "full": "the report's own settings",
    "small": "the same, shrunk for a two-core CPU",
    "smoke": "the whole path in seconds on generated images",
}


def main(arguments: list[str] | None = None) -> int:
    options = parser().parse_args(arguments)

    def command() -> int:
        check_reports(options)
        if options.run not in (run_status, run_clean):
            import_quietly()
        return options.run(options)

    return exit_status(command)


def parser() -> argparse.ArgumentParser:
    result = argparse.ArgumentParser(prog="python -m experiments", description=__doc__)
    commands = result.add_subparsers(required=True, metavar="COMMAND")

    reproduce = commands.add_parser("reproduce", help="train, evaluate and render a report")
    _add_reports(reproduce)
    _add_scale(reproduce)
    _add_choice(reproduce)
    reproduce.add_argument(
        "--devices",
        type=device_count,
        default=1,
        metavar="N",
        help="share out each batch on N accelerators of this machine, or all (default: 1)",
    )
    reproduce.add_argument(
        "--data",
        type=own_photographs,
        metavar="folder:PATH",
        help="train and test on the photographs in a folder instead; a tenth of them, at most 200, "
        "are the test images",
    )
    reproduce.add_argument(
        "--tensorboard",
        action="store_true",
        help="write losses and coloured images to the run folders for TensorBoard",
    )
    reproduce.add_argument(
        "--feeding",
        choices=["auto", "host", "device"],
        default="auto",
        help="where batches are put together; device: it holds all training images (default: auto, "
        "on an accelerator whose memory has room)",
    )
    _add_runs(reproduce)
    reproduce.add_argument("--results", type=Path, help="default: results; at smoke runs/results")
    reproduce.set_defaults(run=run_reproduce)

    data = commands.add_parser("data", help="fetch, verify and prepare a report's images")
    _add_reports(data)
    _add_scale(data)
    data.set_defaults(run=run_data)

    for what in ("tables", "figures"):
        render = commands.add_parser(what, help=f"render {what} again from stored results")
        _add_reports(render)
        _add_results(render)
        render.set_defaults(run=run_render, what=what)

    page = commands.add_parser("page", help="render all results as one HTML page")
    _add_results(page)
    page.set_defaults(run=run_page, reports=[])

    claims = commands.add_parser("claims", help="print the verdict on each claim of a report")
    _add_reports(claims)
    _add_results(claims)
    claims.set_defaults(run=run_claims)

    compare = commands.add_parser("compare", help="two sets of results, or two runs, side by side")
    compare.add_argument("a", metavar="A", help="folder of results, a report, or a run")
    compare.add_argument("b", metavar="B", help="the same, to be compared with A")
    compare.add_argument(
        "--tolerance",
        type=float,
        default=1.0,
        metavar="X",
        help="where there are not two seeds to tell, a difference of up to X times the least that "
        "counts in claims is none (default: 1)",
    )
    compare.add_argument(
        "--force", action="store_true", help="even if scales, splits or sources differ"
    )
    compare.set_defaults(run=run_compare, reports=[])

    bundle = commands.add_parser(
        "bundle", help="pack runs for a machine without network: code, images, plan"
    )
    _add_reports(bundle)
    bundle.add_argument("--scale", choices=SCALES, metavar="SCALE", default="full")
    _add_choice(bundle)
    bundle.add_argument("--out", type=Path, default=Path("bundle.tar"), help="default: bundle.tar")
    bundle.set_defaults(run=run_pack)

    away = commands.add_parser(
        "run-bundle", help="in an unpacked bundle: run what fits in a time, pack what was found"
    )
    away.add_argument("--minutes", type=float, required=True, metavar="N", help="all included")
    away.add_argument("--out", type=Path, default=Path("results.tar.gz"))
    away.set_defaults(run=run_away, reports=[])

    collect = commands.add_parser("collect", help="merge what run-bundle packed into the results")
    collect.add_argument("archive", metavar="ARCHIVE")
    _add_results(collect)
    collect.set_defaults(run=run_collect, reports=[])

    status = commands.add_parser(
        "status", help="how far each run is, and what it takes of the disk"
    )
    _add_runs(status)
    status.set_defaults(run=run_status, reports=[])

    clean = commands.add_parser("clean", help="remove prepared images and smoke runs, asking first")
    _add_runs(clean)
    clean.add_argument("--yes", action="store_true", help="do not ask")
    clean.set_defaults(run=run_clean, reports=[])

    listing = commands.add_parser("list", help="list a report's arms")
    _add_reports(listing)
    listing.set_defaults(run=run_list)
    return result


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


def seed(text: str) -> int:
    """Where random numbers start."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from 0")
    return int(text)


def named(text: str, what: str) -> Path:
    """A path that was given; make gives nothing where the user did not."""
    if not text:
        raise UserError(f"name {what}")
    return Path(text)


def _add_reports(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "reports",
        nargs="*",
        metavar="REPORT",
        help=f"{', '.join(REPORTS)} (default: all)",
    )


def _add_scale(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--scale",
        choices=SCALES,
        metavar="SCALE",
        help="; ".join(f"{scale}: {what}" for scale, what in SCALES.items())
        + " (default: full on an accelerator, else small)",
    )


def _add_choice(command: argparse.ArgumentParser) -> None:
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


def _add_runs(command: argparse.ArgumentParser) -> None:
    command.add_argument("--runs", type=Path, default=Path("runs"), help="default: runs")


def _add_results(command: argparse.ArgumentParser) -> None:
    command.add_argument("--results", type=Path, default=Path("results"))


def check_reports(options) -> None:
    for key in options.reports:
        check_report(key)


def check_report(key: str) -> None:
    if key not in REPORTS:
        raise UserError(f"unknown report {key!r}; there are: {', '.join(REPORTS)}")


def chosen_reports(options) -> list:
    """The named reports, or all; imports their modules and with them Keras."""
    keys = options.reports or list(REPORTS)
    return [report_module(key) for key in keys]


def report_module(key: str):
    """A report by its key."""
    check_report(key)
    return import_module(f"experiments.{key.replace('-', '_')}").REPORT


def run_reproduce(options) -> int:
    from colorization.training import devices

    if devices.join_hosts():
        options.devices = None  # all, of all hosts
        if not devices.leads():  # what it leaves is of no use to anyone
            with tempfile.TemporaryDirectory() as scratch:
                options.runs = options.results = Path(scratch)
                return _reproduce(options)
    return _reproduce(options)


def _reproduce(options) -> int:
    from colorization.reproduction.reproduce import reproduce
    from colorization.training import devices
    from colorization.training.run import RunOptions

    roots.read_roots()
    scale = chosen_scale(options)
    reports, runs, results = chosen_reports(options), options.runs, options.results
    if options.data:
        from colorization.data.collection import OwnPhotographs

        source = OwnPhotographs.with_a_tenth_to_test(options.data)
        reports = [report.on(source) for report in reports]
        runs /= source.name  # not among the runs and results on the reports' own images
    elif scale != "smoke":
        results = results or Path("results")
    results = results or runs / "results"
    if has_accelerator():  # which compiles for longer than a CPU
        keep_compiled(options.runs / ".compiled")
    how = RunOptions(
        say=say,
        devices=options.devices or devices.available(),
        tensorboard=options.tensorboard,
        feeding=options.feeding,
    )
    failures = []
    chosen = [report.choose(options.arms) for report in reports]  # or say so before any work
    for report, arms in zip(reports, chosen, strict=True):
        failures += reproduce(
            report,
            scale,
            arms,
            options.seeds,
            runs,
            results,
            how,
            options.precision,
        )
    if not options.data and devices.leads():
        write_overview(results)
    return min((told(failure) for failure in failures), default=0)


def chosen_scale(options) -> str:
    """The scale that was asked for, or else the default; it is said."""
    scale = options.scale or default_scale()
    print(f"scale: {scale} ({SCALES[scale]})")
    return scale


def default_scale() -> str:
    """`full` where an accelerator is found, else `small`."""
    return "full" if has_accelerator() else "small"


def run_data(options) -> int:
    from dataclasses import replace

    from colorization.reproduction.reproduce import obtain, resolve

    roots.read_roots()
    configs, scale = [], chosen_scale(options)
    for report in chosen_reports(options):
        for arm in report.arms:
            config = resolve(report, arm, scale)
            further = () if scale == "smoke" else arm.tested_on
            configs += [config, *(replace(config, source=given.source) for given in further)]
    failures = []
    # Each set once: two arms with the same images differ in neither source nor recipe.
    for config in {(config.source, config.recipe): config for config in configs}.values():
        try:
            say(f"{obtain(config, say)[1].folder} is ready")
        except SourceUnavailable as error:
            failures.append(str(error))
    for failure in dict.fromkeys(failures):
        print(f"error: {failure}", file=sys.stderr)
    return 2 if failures else 0


def run_render(options) -> int:
    from colorization.pages.report_page import render
    from colorization.results.store import storing

    check_results(options.results)
    for report in chosen_reports(options):
        folder = options.results / report.key
        if not shelves(folder):
            missing = f"{folder} holds no results; run: make reproduce-{report.key}"
            if options.reports:
                raise UserError(missing)
            say(missing)
            continue
        with storing(options.results, say):
            render(report, folder, say, {options.what})
    write_overview(options.results)
    return 0


def run_page(options) -> int:
    if not holds_results(options.results):
        raise UserError(f"{options.results} holds no results; run: make reproduce")
    from colorization.pages.html import write_page

    write_overview(options.results)
    with storing(options.results, say):
        page = write_page([report_module(key) for key in REPORTS], options.results)
    say(f"{page} is rendered; open it in a browser")
    return 0


def run_claims(options) -> int:
    from colorization.evidence.claims import judge_all
    from colorization.results.stored import Stored

    check_results(options.results)
    for report in chosen_reports(options):
        if not report.claims and options.reports:
            raise UserError(f"{report.key} has no claims: it compares the methods of the others")
        if report.claims:
            say(f"{report.key}: {report.cited}, {report.title}")
        for given in judge_all(report.claims, Stored.read(options.results / report.key)):
            say(f"  {given.claim.number:5s} {given.verdict:13s} {given.claim.said}")
            say(f"        {given.found}; {given.at}")
    return 0


def check_results(folder: Path) -> None:
    if not folder.is_dir():
        raise UserError(f"{folder} is not there; name the folder of results by --results")


def run_compare(options) -> int:
    from colorization.evidence.compare import compare

    a, b = (named(text, "two: A=<folder> B=<folder>") for text in (options.a, options.b))
    return compare(a, b, force=options.force, tolerance=options.tolerance, say=say)


def run_pack(options) -> int:
    from colorization.reproduction.bundle import pack

    roots.read_roots()
    chosen = [(report, report.choose(options.arms)) for report in chosen_reports(options)]
    pack(chosen, options.scale, options.seeds, options.out, options.precision, say)
    return 0


def run_away(options) -> int:
    from colorization.reproduction.bundle import run

    return 0 if run(options.minutes, options.out, report_module, say) else 1


def run_collect(options) -> int:
    from colorization.reproduction.bundle import collect

    archive = named(options.archive, "the archive that run-bundle wrote: IN=<file>")
    collect(archive, options.results, report_module, say)
    write_overview(options.results)
    return 0


def run_status(options) -> int:
    from colorization.reproduction.status import status

    status(options.runs, say)
    return 0


def run_clean(options) -> int:
    from colorization.reproduction.status import clean

    def agreed(question: str) -> bool:
        if options.yes:
            return True
        try:
            return input(f"{question} [y/N] ").strip().lower() in ("y", "yes")
        except EOFError:  # no one to ask
            return False

    clean(options.runs, agreed, say)
    return 0


def write_overview(results: Path) -> None:
    """Bring what spans the reports up to date: `results/README.md` and, in a checkout, the
    README's table of reports and `docs/departures.md`."""
    from colorization.files import write_text
    from colorization.pages.overview import departures_page, reports_table, results_page
    from colorization.pages.tables import replace_block
    from colorization.results.store import storing

    reports = [report_module(key) for key in REPORTS]
    with storing(results, say):
        write_text(results / "README.md", results_page(reports, results))
        readme = Path("README.md")
        if results == Path("results") and readme.exists():
            table = reports_table(reports, results)
            write_text(readme, replace_block(readme.read_text(), "reports", table))
            write_text(Path("docs/departures.md"), departures_page(reports))


def run_list(options) -> int:
    for report in chosen_reports(options):
        print(f"{report.key}: {report.cited}, {report.title}")
        width = shutil.get_terminal_size().columns
        for arm in report.arms:
            kind = "primary " if arm.primary else "ablation"
            print(f"  {kind}  {arm.name:24s}{arm.title}"[:width])
    return 0


def say(text: str) -> None:
    """Print a line, above a progress bar where there is one."""
    from tqdm import tqdm

    tqdm.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
