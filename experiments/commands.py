"""What the words of the command line do that make results, and what all words share.

Each reads its options, calls one function, and prints.

Imports stand in the functions, so that help and mistakes are answered at once.
"""

import sys
import tempfile
from pathlib import Path

from colorization.backend import (
    defer_keras,
    has_accelerator,
    import_quietly,
    keep_compiled,
    unused_gpu,
)
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
    if gpu := unused_gpu():
        print(gpu)
    return scale


def chosen_jobs(options, reports: list, scale: str) -> list:
    """A job for each chosen arm and seed; an unknown arm is named before any work."""
    from colorization.reproduction.job import Job

    chosen = [(report, report.choose(options.arms)) for report in reports]
    return [
        Job(report, report.variant(arm, dict(options.set), scale), scale, seed, options.precision)
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
        from colorization.data.own import OwnPhotographs

        source = OwnPhotographs(options.data)
        source.files()  # or it says at once why there are none
        reports = [report.on(source) for report in reports]
        runs /= source.name  # not among the runs and results on the reports' own images
    elif scale != "smoke":
        results = results or Path("results")
    places = Places(runs, results or runs / "results")
    jobs = chosen_jobs(options, reports, scale)
    if has_accelerator():  # which compiles for longer than a CPU
        keep_compiled(options.runs / ".compiled")
    failures, done = [], []
    for report in reports:
        own = [job for job in jobs if job.report is report]
        failures += reproduce(own, places, _how(options))
        judged = [job for job in own if (job.folder(runs) / "measures.json").exists()]
        if devices.leads() and judged:
            render(report, places.results)
            done += judged
    if not options.data and devices.leads():
        write_overview(places.results)
    if done:
        _say_what_next(places.results, done[-1].folder(runs))
    return min((report_error(failure) for failure in failures), default=0)


def _say_what_next(results: Path, run: Path) -> None:
    """Where what was found stands, and what can be done with the run that was done last."""
    from colorization.installation import checkout, program

    shown = f"{program('experiments')} page --results {results}"
    colour = f"colorize photo.jpg --run {run}"
    if checkout():
        colour = f"make colorize IN=photo.jpg RUN={run}"
        if results in (Path("results"), Path("runs/results")):
            shown = "make page"
    say(f"tables: {results}/<report>/README.md, figures beside them; all on one page: {shown}")
    say(f"colour a photograph with the last run: {colour}")


def _how(options):
    """How the runs are carried out."""
    from colorization.training import devices
    from colorization.training.options import RunOptions

    watchers = ()
    if options.tensorboard:
        from colorization.evaluation.tensorboard import TensorBoard

        watchers += (TensorBoard,)
    if options.track:
        from colorization.training.trackers import tracker

        watchers += (tracker(options.track),)
    return RunOptions(
        say=say,
        devices=options.devices or devices.available(),
        watchers=watchers,
        feeding=options.feeding,
    )


def render(report, results: Path, what: tuple[str, ...] = ("tables", "figures")) -> None:
    from colorization.pages import report_page
    from colorization.results.store import storing

    with storing(results, say):
        report_page.render(report, results / report.key, say, what)


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


def named(text: str, what: str) -> Path:
    """A path that was given; make gives nothing where the user did not."""
    if not text:
        raise UserError(f"name {what}")
    return Path(text)


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
        render(report, results)
    write_overview(results)
    say(f"{results} is rendered")
    return 0


def shown_reports(results: Path) -> list:
    """Every report, and of the suite's own what has results."""
    from colorization.results.store import shelves

    return [one for one in every_report() if one.number or shelves(results / one.key)]


def write_overview(results: Path) -> None:
    """Bring what spans the reports up to date: `results/README.md` and, of a checkout's results,
    its README's findings and table of reports, and `docs/departures.md`."""
    from colorization.files import write_text
    from colorization.installation import checkout
    from colorization.pages.overview import (
        departures_page,
        findings_list,
        reports_table,
        results_page,
    )
    from colorization.pages.tables import replace_block
    from colorization.results.store import storing

    reports = shown_reports(results)
    with storing(results, say):
        write_text(results / "README.md", results_page(reports, results))
        root = checkout()
        if root and results.resolve() == root / "results":
            text = (root / "README.md").read_text("utf-8")
            text = replace_block(text, "findings", findings_list(reports, results))
            text = replace_block(text, "reports", reports_table(reports, results))
            write_text(root / "README.md", text)
            write_text(root / "docs" / "departures.md", departures_page(reports))


def say(text: str) -> None:
    """Print a line, above a progress bar where there is one."""
    from tqdm import tqdm

    tqdm.write(text)
    sys.stdout.flush()
