"""The claims of a report as Markdown: a table, and how each was tested."""

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from colorization.evidence.claims import Verdict, decided_by, judge_all, stored_claims
from colorization.evidence.rule import NOT_RUN, VERDICTS
from colorization.pages import tables
from colorization.reproduction.report import Report
from colorization.results.stored import Stored

INDENT = " " * 8  # of what stands below a claim


def judged(report: Report, folder: Path) -> list[dict]:
    """A report's claims: as they were rendered, or, without that, judged now.

    Args:
        folder: of its stored results.
    """
    stored = stored_claims(folder)
    return stored or [given.to_json() for given in judge_all(report.claims, Stored.read(folder))]


def lines(claims: Iterable[dict], width: int) -> list[str]:
    """Claims in three paragraphs each, in lines of at most `width` characters."""
    result = []
    for claim in claims:
        measured = [f"{test['test']}: {test['measured']}" for test in claim["tests"]]
        said = decided_by(measured, claim["verdict"], claim["reason"])
        heading = f"{claim['number']:5s} {claim['verdict']:25s} {claim['claim']}"
        result += _wrapped(heading, "  ", INDENT, width)
        result += _wrapped(f"{claim['where']}: {claim['basis']}", INDENT, INDENT, width)
        result += _wrapped(f"{said}; {claim['at']}", INDENT, INDENT, width)
    return result


def _wrapped(text: str, first: str, others: str, width: int) -> list[str]:
    room = max(width, 2 * len(INDENT))
    whole = textwrap.TextWrapper(
        room,
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
    )
    return whole.wrap(text)


def summary(claims: Sequence[dict]) -> str:
    """How many claims got which verdict."""
    counts = Counter(claim["verdict"] for claim in claims)
    said = ", ".join(f"{v} {counts[v]}" for v in VERDICTS if counts[v])
    return f"{len(claims)} claims: {said or 'nothing is judged'}"


def claims_section(verdicts: list[Verdict], key: str) -> str:
    """The claims of a report as Markdown: a table, and how each was tested."""
    if not verdicts:
        return ""
    lines = [
        {
            "": given.claim.number,
            "claim": given.claim.said,
            "from": given.claim.source,
            "verdict": f"**{given.verdict}**",
            "measured": given.found,
            "at": given.at,
        }
        for given in verdicts
    ]
    details = "\n".join(_details(given, key) for given in verdicts)
    return f"""\
## What the report claims, and the verdict

Numbers stand with 95 % intervals over test images and trainings; the rule and the least differences
that count are in [docs/measures.md](../../docs/measures.md#verdicts). Claims stand in the order of
the report, each beside the section that it is drawn from: the report has *stated* it there, or
*implied* it, or it is this suite's *own question*.

{tables.markdown(pd.DataFrame(lines))}
### How each was tested

{details}
"""


def _details(given: Verdict, key: str) -> str:
    """A claim's verdict as an item of a Markdown list, what it rests on as items below it."""
    claim = given.claim
    lines = [f"- **{claim.number} {given.verdict}.**{_because(given)}", *_below(_measured(given))]
    if claim.confounders:
        lines.append(f"  - *mind:* {claim.confounders}")
    for other in given.others:
        lines.append(f"  - at {other.run}: {other.verdict}.{_because(other)}")
        lines += _below(_below(_measured(other)))
    if claim.arms and (given.verdict == NOT_RUN or given.scale != "full"):
        arms = " ".join(claim.arms)
        lines.append(f'  - at full scale: `make reproduce-{key} SCALE=full ARMS="{arms}"`')
    return "\n".join(lines)


def _because(given: Verdict) -> str:
    return f" {tables.capitalized(given.reason)}." if given.reason else ""


def _measured(given: Verdict) -> list[str]:
    """What a verdict rests on, and what was measured beside it, as a Markdown list."""
    claim = given.claim
    lines = [f"- {judged.against_threshold}" for judged in given.tests]
    if not given.tests:
        lines += [f"- needs {test.what()} {test.wanted}" for test in claim.tests]
    if given.seen:
        lines += ["- as the authors saw it:"]
        lines += _below([f"- {judged.against_threshold}" for judged in given.seen])
    aside = [f"- {judged.what}: {judged.measured}" for judged in given.aside]
    measured = {judged.test for judged in given.aside}
    missing = [test for test in claim.aside if test not in measured]
    aside += [f"- {test.what()}: not run at this scale" for test in missing]
    if aside:
        lines += ["- beside it, deciding nothing:", *_below(aside)]
    return lines + [f"- {note}" for note in given.notes]


def _below(lines: list[str]) -> list[str]:
    """Items of a Markdown list, as those below another."""
    return [f"  {line}" for line in lines]
