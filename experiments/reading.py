"""What the words of the command line do that read what is there: results, runs, reports.

Each reads its options, calls one function, and prints.
"""

import shutil
from pathlib import Path

from colorization.errors import UserError
from experiments import every_report
from experiments.commands import chosen_reports, named, render, say, shown_reports, write_overview


def tables(options) -> int:
    if options.format == "markdown":
        return _render_again(options, "tables")
    from colorization.pages.exported_tables import write_csv, write_latex

    check_results(options.results)
    write = {"csv": write_csv, "latex": write_latex}[options.format]
    for path in write(chosen_reports(options), options.results, options.results / "tables"):
        say(f"{path} is written")
    return 0


def figures(options) -> int:
    return _render_again(options, "figures")


def _render_again(options, what: str) -> int:
    from colorization.results.store import shelves

    check_results(options.results)
    for report in chosen_reports(options):
        folder = options.results / report.key
        if shelves(folder):
            render(report, options.results, (what,))
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

    own = options.runs / "results"  # of smoke runs
    for results in dict.fromkeys((options.results, own)):
        if holds_results(results):
            write_overview(results)
            with storing(results, say):
                written = write_page(shown_reports(results), results)
            say(f"{written} is rendered; open it in a browser")
    return 0


def claims(options) -> int:
    from colorization.pages.claims_section import judged, lines, summary

    check_results(options.results)
    width, told = shutil.get_terminal_size().columns, []
    for report in chosen_reports(options):
        if not report.claims and options.reports:
            raise UserError(f"{report.key} has no claims: it compares the methods of the others")
        if report.claims:
            say(f"{report.key}: {report.citation}, {report.title}")
        found = judged(report, options.results / report.key)
        for line in lines(found, width):
            say(line)
        told += found
    say(summary(told))
    return 0


def check_results(folder: Path) -> None:
    if not folder.is_dir():
        raise UserError(f"{folder} is not there; name the folder of results by --results")


def compare(options) -> int:
    from colorization.evidence.compare import compare

    a, b = (named(text, "two: A=<folder> B=<folder>") for text in (options.a, options.b))
    return compare(a, b, force=options.force, tolerance=options.tolerance, say=say)


def calibrate(options) -> int:
    from colorization.evidence.calibration import calibrate, kept
    from colorization.files import write_text
    from colorization.results.stored import Stored

    check_results(options.results)
    found = calibrate(
        (report.key, [arm.name for arm in report.arms], Stored.read(options.results / report.key))
        for report in every_report()
    )
    say(found.to_string(index=False))
    text, worst = kept(found)
    say(worst)
    write_text(options.results / "calibration.csv", text)
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


def list_arms(options) -> int:
    for report in chosen_reports(options):
        print(f"{report.key}: {report.citation}, {report.title}")
        width = shutil.get_terminal_size().columns
        for arm in report.arms:
            kind = "primary " if arm.primary else "ablation"
            print(f"  {kind}  {arm.name:24s}{arm.title}"[:width])
    return 0
