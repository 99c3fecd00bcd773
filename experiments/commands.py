"""What each word of the command line does: it reads its options, calls one function, and prints.

Imports stand in the functions, so that help and mistakes are answered at once.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from colorization.backend import defer_keras, has_accelerator, import_quietly, keep_compiled
from colorization.data import roots
from colorization.errors import SourceUnavailable, UserError, report_error
from colorization.scales import SCALES
from experiments import REPORTS, every_report, report_module


def load_backend(command) -> None:
    """Import Keras and its backend for the commands that train."""
    if command in (reproduce, data, bundle):
        import_quietly()
    else:
        defer_keras()


def chosen_reports(options) -> list:
    """The named reports, or all."""
    return [report_module(key) for key in options.reports or REPORTS]


def chosen_scale(options) -> str:
    """The scale that was asked for, else `full` where an accelerator is found and `small` where
    none is; it is said."""
    scale = options.scale or ("full" if has_accelerator() else "small")
    print(f"scale: {scale} ({SCALES[scale]})")
    return scale


def chosen_jobs(options, reports: list, scale: str) -> list:
    """A job for each chosen arm and seed; an unknown arm is named before any work."""
    from colorization.reproduction.job import Job

    chosen = [(report, report.choose(options.arms)) for report in reports]
    return [
        Job(report, arm, scale, seed, options.precision)
        for report, arms in chosen
        for seed in options.seeds
        for arm in arms
    ]


def reproduce(options) -> int:
    from colorization.training import devices

    if devices.join_hosts():
        options.devices = None  # all, of all hosts
        if not devices.leads():  # what it leaves is of no use to anyone
            with tempfile.TemporaryDirectory() as scratch:
                options.runs = options.results = Path(scratch)
                return _reproduce(options)
    return _reproduce(options)


def _reproduce(options) -> int:
    from colorization.reproduction.job import Places
    from colorization.reproduction.reproduce import reproduce
    from colorization.training import devices

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
    places = Places(runs, results or runs / "results")
    jobs = chosen_jobs(options, reports, scale)
    if has_accelerator():  # which compiles for longer than a CPU
        keep_compiled(options.runs / ".compiled")
    failures = []
    for report in reports:
        own = [job for job in jobs if job.report is report]
        failures += reproduce(own, places, _how(options))
        if devices.leads():
            _render(report, places.results)
    if not options.data and devices.leads():
        write_overview(places.results)
    return min((report_error(failure) for failure in failures), default=0)


def _how(options):
    """How the runs are carried out."""
    from colorization.training import devices
    from colorization.training.options import RunOptions

    watchers = ()
    if options.tensorboard:
        from colorization.evaluation.tensorboard import TensorBoard

        watchers = (TensorBoard,)
    return RunOptions(
        say=say,
        devices=options.devices or devices.available(),
        watchers=watchers,
        feeding=options.feeding,
    )


def _render(report, results: Path, what: tuple[str, ...] = ("tables", "figures")) -> None:
    from colorization.pages.report_page import render
    from colorization.results.store import storing

    with storing(results, say):
        render(report, results / report.key, say, what)


def data(options) -> int:
    from dataclasses import replace

    from colorization.reproduction.obtain import obtain

    roots.read_roots()
    configs, scale = [], chosen_scale(options)
    for report in chosen_reports(options):
        for arm in report.arms:
            config = report.scaled(arm, scale)
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


def tables(options) -> int:
    return _render_again(options, "tables")


def figures(options) -> int:
    return _render_again(options, "figures")


def _render_again(options, what: str) -> int:
    from colorization.results.store import shelves

    check_results(options.results)
    for report in chosen_reports(options):
        folder = options.results / report.key
        if shelves(folder):
            _render(report, options.results, (what,))
            continue
        missing = f"{folder} holds no results; run: make reproduce-{report.key}"
        if options.reports:
            raise UserError(missing)
        say(missing)
    write_overview(options.results)
    return 0


def page(options) -> int:
    from colorization.results.store import holds_results, storing

    if not holds_results(options.results):
        raise UserError(f"{options.results} holds no results; run: make reproduce")
    from colorization.pages.html import write_page

    write_overview(options.results)
    with storing(options.results, say):
        written = write_page(every_report(), options.results)
    say(f"{written} is rendered; open it in a browser")
    return 0


def claims(options) -> int:
    from colorization.pages.claims_section import lines

    check_results(options.results)
    for report in chosen_reports(options):
        if not report.claims and options.reports:
            raise UserError(f"{report.key} has no claims: it compares the methods of the others")
        if report.claims:
            say(f"{report.key}: {report.citation}, {report.title}")
        for line in lines(report, options.results / report.key):
            say(line)
    return 0


def check_results(folder: Path) -> None:
    if not folder.is_dir():
        raise UserError(f"{folder} is not there; name the folder of results by --results")


def named(text: str, what: str) -> Path:
    """A path that was given; make gives nothing where the user did not."""
    if not text:
        raise UserError(f"name {what}")
    return Path(text)


def compare(options) -> int:
    from colorization.evidence.compare import compare

    a, b = (named(text, "two: A=<folder> B=<folder>") for text in (options.a, options.b))
    return compare(a, b, force=options.force, tolerance=options.tolerance, say=say)


def bundle(options) -> int:
    from colorization.reproduction.bundle import pack

    roots.read_roots()
    jobs = chosen_jobs(options, chosen_reports(options), options.scale)
    pack(jobs, options.out, options.pieces, say)
    return 0


def run_bundle(options) -> int:
    from colorization.reproduction.away import run

    return int(not run(options.minutes, options.out, report_module, say, options.workers))


def collect(options) -> int:
    from colorization.reproduction.collect import collect

    archive = named(options.archive, "the archive that run-bundle wrote: IN=<file>")
    results, reports = collect(archive, options.results, report_module, say)
    for report in reports:
        _render(report, results)
    write_overview(results)
    say(f"{results} is rendered")
    return 0


def status(options) -> int:
    from colorization.reproduction.status import status

    status(options.runs, say)
    return 0


def clean(options) -> int:
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

    reports = every_report()
    with storing(results, say):
        write_text(results / "README.md", results_page(reports, results))
        readme = Path("README.md")
        if results == Path("results") and readme.exists():
            table = reports_table(reports, results)
            write_text(readme, replace_block(readme.read_text(), "reports", table))
            write_text(Path("docs/departures.md"), departures_page(reports))


def list_arms(options) -> int:
    for report in chosen_reports(options):
        print(f"{report.key}: {report.citation}, {report.title}")
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
