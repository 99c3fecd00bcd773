"""What a report claims, as data, and the verdict of the stored results on it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import islice
from operator import sub, truediv
from typing import Any

import numpy as np
import pandas as pd

from colorization import tables
from colorization.claims import (
    ARTEFACT,
    INCONCLUSIVE,
    NOT_RUN,
    SUPPORTED,
    Estimate,
    Scores,
    all_of,
    estimate,
    verdict,
)
from colorization.results import StoredRun, columns_of
from experiments.stored import Stored, snapshots

# The least difference between two arms that counts, by measure: about half of what one sees, the
# same for all claims of all reports.
COUNTS = {
    "ab_mae": 0.5,
    "ciede2000": 0.5,
    "chroma_ratio": 0.05,
    "colourfulness": 2.0,
    "edge_f1": 0.02,
    "bleed": 0.02,
    "psnr": 0.3,
    "ssim": 0.01,
    "auc": 0.003,
    "accuracy": 0.02,
    "accuracy_coloured": 0.05,
}
ERRORS = ("ab_mae", "ciede2000")
LOWER_IS_BETTER = (*ERRORS, "bleed")
WINDOW = 0.1  # of the epochs: the first and the last tenth
WINNING = 0.95  # a discriminator's accuracy over an epoch above which it has won


@dataclass(frozen=True)
class Images:
    """A measure of the images that an arm, or a baseline on its images, was judged on.

    Args:
        arm: whose runs, of every seed.
        measure: a column of images.csv, or "chroma_ratio".
        split: "test", "train", or the name of a further test set.
        baseline: name of the one that is judged in place of the arm, or "".
        snapshot: number of the snapshot, from 0, that is judged in place of the end; or None.
        subset: what the images are, for a part of them, as `what: (name) -> whether it is one`.
    """

    arm: str
    measure: str
    split: str = "test"
    baseline: str = ""
    snapshot: int | None = None
    subset: tuple[str, Callable[[str], bool]] | None = None

    def terms(self, stored: Stored) -> tuple[Scores]:
        runs = stored.of(self.arm)
        names, tables_ = _trainings(runs), [run.images for run in runs]
        if self.baseline:
            names, tables_ = (), [stored.baseline_images(runs[0], self.baseline)]
        parts = [table[table.split == self._split(runs[0])].set_index("name") for table in tables_]
        units = parts[0].index
        if self.subset:
            units = [name for name in units if self.subset[1](name)]
        arrays = [
            np.stack([part.loc[units, column].to_numpy(float) for part in parts], axis=1)
            for column in columns_of(self.measure)
        ]
        return (Scores(tuple(units), names, *arrays),)

    def has_run(self, stored: Stored) -> bool:
        """Whether there are such rows: a further test set may not have been there."""
        runs = stored.of(self.arm)
        chosen = self.subset[1] if self.subset else bool
        there = [run.images["name"][run.images["split"] == self._split(run)] for run in runs]
        return bool(runs) and all(any(map(chosen, names)) for names in there)

    def _split(self, run: StoredRun) -> str:
        if self.snapshot is None:
            return self.split
        taken = list(snapshots(run).values())
        return taken[self.snapshot] if self.snapshot < len(taken) else "no such snapshot"

    def label(self, stored: Stored | None = None) -> str:
        what = self.baseline.replace("-", " ") or self.arm
        if self.snapshot is not None:
            runs = stored.of(self.arm) if stored else ()
            epoch = self._split(runs[0]).partition("@")[2] if runs else ""
            what += f" (epoch {epoch})" if epoch else f" (snapshot {self.snapshot + 1})"
        if self.split != "test":
            what += f" ({self.split})"
        return f"{what}, {self.subset[0]}" if self.subset else what

    @property
    def quantity(self) -> str:
        return tables.MEASURES[self.measure][0]

    def number(self, value: float, signed: bool = False) -> str:
        return tables.number(self.measure, value, signed=signed)


@dataclass(frozen=True)
class Gap:
    """How far a measure on an arm's test images lies above that on its training images.

    Args:
        arm: whose runs, of every seed.
        measure: a column of images.csv.
    """

    arm: str
    measure: str

    @property
    def parts(self) -> tuple[Images, Images]:
        return Images(self.arm, self.measure), Images(self.arm, self.measure, split="train")

    def terms(self, stored: Stored) -> tuple[Scores, Scores]:
        return tuple(term for part in self.parts for term in part.terms(stored))

    def has_run(self, stored: Stored) -> bool:
        return bool(stored.of(self.arm))

    def label(self, stored: Stored | None = None) -> str:
        return self.arm

    @property
    def quantity(self) -> str:
        return f"{self.parts[0].quantity} on test − on training images"

    def number(self, value: float, signed: bool = False) -> str:
        return tables.number(self.measure, value, signed=True)


@dataclass(frozen=True)
class Epochs:
    """A logged value of an arm over the epochs, or over the first or last tenth of them.

    Its interval is over those epochs (as if each were independent of the one before, which they are
    not quite) and over seeds.

    Args:
        arm: whose runs, of every seed.
        quantity: what the value is, with its unit.
        value: (epochs.csv) to a value an epoch; or the name of a column.
        window: "all", "first" or "last".
        form: how a number is printed.
    """

    arm: str
    quantity: str
    value: Callable[[pd.DataFrame], Any] | str
    window: str = "all"
    form: str = "{:.3g}"

    def terms(self, stored: Stored) -> tuple[Scores]:
        runs = stored.of(self.arm)
        columns = [
            np.asarray(self.value(r.epochs) if callable(self.value) else r.epochs[self.value])
            for r in runs
        ]
        count = len(columns[0])
        tenth = max(2, round(WINDOW * count))
        window = {"all": slice(None), "first": slice(tenth), "last": slice(count - tenth, None)}
        values = np.stack(columns, axis=1).astype(float)[window[self.window]]
        units = tuple(np.arange(count)[window[self.window]].tolist())
        return (Scores(units, _trainings(runs), values),)

    def has_run(self, stored: Stored) -> bool:
        return bool(stored.of(self.arm))

    def label(self, stored: Stored | None = None) -> str:
        part = {"all": "", "first": ", first tenth", "last": ", last tenth"}[self.window]
        return f"{self.arm}{part}"

    def number(self, value: float, signed: bool = False) -> str:
        return (tables.with_sign(self.form) if signed else self.form).format(value)


@dataclass(frozen=True)
class PerRun:
    """One number a run: its interval is over seeds alone, and there is none with one seed."""

    arm: str
    quantity: str
    value: Callable[[StoredRun], float]
    form: str = "{:.3g}"

    def terms(self, stored: Stored) -> tuple[Scores]:
        runs = stored.of(self.arm)
        values = np.array([[self.value(run) for run in runs]], float)
        return (Scores(("run",), _trainings(runs), values),)

    has_run = Epochs.has_run
    number = Epochs.number

    def label(self, stored: Stored | None = None) -> str:
        return self.arm


def _trainings(runs: list[StoredRun]) -> tuple:
    """What tells trainings apart, seed and all; a snapshot shares that of its trainer."""
    return tuple(json.dumps(run.config, sort_keys=True) for run in runs)


Part = Images | Gap | Epochs | PerRun


@dataclass(frozen=True)
class Test:
    """A number from stored rows, and where it would support a claim.

    Args:
        of, against: what is measured, and what it is compared with, if anything.
        at_least, at_most: one of the two: where the number supports the claim.
        ratio: compare by quotient; else by difference.
    """

    __test__ = False  # nothing for pytest to collect

    of: Part
    against: Part | None = None
    at_least: float | None = None
    at_most: float | None = None
    ratio: bool = False

    @property
    def parts(self) -> tuple[Part, ...]:
        return tuple(part for part in (self.of, self.against) if part)

    @property
    def arms(self) -> tuple[str, ...]:
        return tuple(part.arm for part in self.parts)

    def has_run(self, stored: Stored) -> bool:
        return all(part.has_run(stored) for part in self.parts)

    def judge(self, stored: Stored) -> "Judged":
        terms = [part.terms(stored) for part in self.parts]

        def number(*means):
            left = iter(means)
            parts = [reduce(sub, islice(left, len(part))) for part in terms]
            return reduce(truediv if self.ratio else sub, parts)

        found = estimate(*(term for part in terms for term in part), of=number)
        above = self.at_least is not None
        threshold = self.at_least if above else self.at_most
        return Judged(self, self.what(stored), found, verdict(found, threshold, above))

    def what(self, stored: Stored | None = None) -> str:
        """What is measured, in words; stored results tell at which epoch a snapshot was taken."""
        labels = [part.label(stored) for part in self.parts]
        if not self.against:
            return f"{self.of.quantity}, {labels[0]}"
        if labels[0] == labels[1]:  # two measures of the same thing
            return f"{labels[0]}: {self.of.quantity} − {self.against.quantity}"
        return f"{self.of.quantity}, {labels[0]} {'/' if self.ratio else '−'} {labels[1]}"

    @property
    def wanted(self) -> str:
        """Where the number supports the claim."""
        sign, threshold = ("≥", self.at_least) if self.at_most is None else ("≤", self.at_most)
        return f"{sign} {self._number(threshold)}"

    def _number(self, value: float) -> str:
        if self.ratio:
            return f"{value:.2f}"
        return self.of.number(value, signed=self.against is not None)


@dataclass(frozen=True)
class Judged:
    """A test with what came out of it; `what` is measured, in words."""

    test: Test
    what: str
    estimate: Estimate
    verdict: str

    @property
    def measured(self) -> str:
        """The number with its interval."""
        number, found = self.test._number, self.estimate
        if np.isnan(found.low):
            return f"{number(found.value)} (one seed: no interval)"
        return f"{number(found.value)} [{number(found.low)}, {number(found.high)}]"

    @property
    def against_threshold(self) -> str:
        """What is measured, the number, what the claim needs it to be, and whether it is."""
        return f"{self.what}: {self.measured}, needs {self.test.wanted}: {self.verdict}"

    def to_json(self) -> dict:
        found = self.estimate
        numbers = {"value": found.value, "low": found.low, "high": found.high}
        return {
            "test": self.what,
            "supports": self.test.wanted,
            "measured": self.measured,
            **{k: None if np.isnan(v) else float(f"{v:.5g}") for k, v in numbers.items()},
            "units": found.units,
            "seeds": found.seeds,
            "verdict": self.verdict,
        }


def better(measure: str, arm: str, than: str | Images, **where) -> Test:
    """An arm is better than another, by what counts or more."""
    return _compared(measure, arm, than, COUNTS[measure], measure in LOWER_IS_BETTER, where)


def higher(measure: str, arm: str, than: str | Images, **where) -> Test:
    """A measure is higher, by what counts or more."""
    return _compared(measure, arm, than, COUNTS[measure], False, where)


def not_worse(measure: str, arm: str, than: str | Images, **where) -> Test:
    """An arm is not worse by what counts."""
    return _compared(measure, arm, than, -COUNTS[measure], measure in LOWER_IS_BETTER, where)


def _compared(measure, arm, than, margin, lower, where):
    first = Images(arm, measure, **where)
    second = Images(than, measure, **where) if isinstance(than, str) else than
    if lower:
        return Test(first, second, at_most=-margin)
    return Test(first, second, at_least=margin)


@dataclass(frozen=True)
class Claim:
    """A conclusion of a report, and what would support it.

    Args:
        number: as in the list of claims.
        said: the conclusion in our words.
        where: it stands in the report.
        tests: all of which it needs.
        aside: measured beside them; they decide nothing.
        confounders: what else differs, or limits the answer.
        seen: for a claim that may be an artefact, tests of what the authors looked at. Supported
            by them, but not by `tests`, it is one; `reason` says why.
        reason: see `seen`.
        unless: (stored results at a scale) to why they cannot answer, or "".
        undecided: (stored results at a scale) to why the verdict is inconclusive whatever was
            measured, or "".
        notes: (stored results at a scale) to more that was found, a line each.
    """

    number: str
    said: str
    where: str
    tests: tuple[Test, ...]
    aside: tuple[Test, ...] = ()
    confounders: str = ""
    seen: tuple[Test, ...] = ()
    reason: str = ""
    unless: Callable[[Stored], str] = lambda _: ""
    undecided: Callable[[Stored], str] = lambda _: ""
    notes: Callable[[Stored], list[str]] = lambda _: []

    @property
    def arms(self) -> tuple[str, ...]:
        """What has to be run for a verdict."""
        return tuple(dict.fromkeys(arm for t in (*self.tests, *self.seen) for arm in t.arms))


def decided_by(measured: list[str], verdict: str, reason: str) -> str:
    """What was measured, with the reason where that decides nothing; an artefact's is elsewhere."""
    return "; ".join(measured if verdict == ARTEFACT or not reason else [*measured, reason])


@dataclass(frozen=True)
class Verdict:
    """What the stored results say to a claim."""

    claim: Claim
    verdict: str
    scale: str = ""
    tests: tuple[Judged, ...] = ()
    seen: tuple[Judged, ...] = ()
    aside: tuple[Judged, ...] = ()
    reason: str = ""
    notes: tuple[str, ...] = ()
    seeds: dict[str, int] = field(default_factory=dict)  # of each arm
    others: tuple["Verdict", ...] = ()  # at scales that did not decide

    @property
    def run(self) -> str:
        """The scale and the number of seeds behind it."""
        counts = set(self.seeds.values())
        if len(counts) > 1:
            return f"{self.scale}; seeds: " + ", ".join(f"{n} {a}" for a, n in self.seeds.items())
        seeds = "".join(f", {count} seed{'s' * (count != 1)}" for count in counts)
        return f"{self.scale}{seeds}" or "–"

    @property
    def at(self) -> str:
        """The scale and the number of seeds, and scales at which the verdict is another."""
        others = "; ".join(
            f"at {other.run}: {other.verdict}"
            for other in self.others
            if other.verdict != self.verdict
        )
        return f"{self.run} ({others})" if others else self.run

    @property
    def found(self) -> str:
        """What was measured, and if that decides nothing, why."""
        measured = [f"{judged.what}: {judged.measured}" for judged in self.tests]
        return decided_by(measured, self.verdict, self.reason)

    def to_json(self) -> dict:
        return {
            "number": self.claim.number,
            "claim": self.claim.said,
            "where": self.claim.where,
            **self._outcome(),
            "confounders": self.claim.confounders,
            "others": [other._outcome() for other in self.others],
        }

    def _outcome(self) -> dict:
        groups = {"tests": self.tests, "seen": self.seen, "aside": self.aside}
        return {
            "verdict": self.verdict,
            "scale": self.scale,
            "at": self.at,
            "reason": self.reason,
            **{name: [judged.to_json() for judged in group] for name, group in groups.items()},
            "notes": list(self.notes),
        }


def judge(claim: Claim, stored: Stored) -> Verdict:
    """The verdict at the largest scale that can give one; what others say stands beside it.

    That is the largest at which all of the claim's arms have been run; if all that can be had there
    is a number without an interval (a single seed), a smaller one with more seeds.
    """
    found = [_judge_at(claim, stored.at(scale), scale) for scale in stored.scales_of(claim.arms)]
    if not found:
        missing = [arm for arm in claim.arms if not stored.of(arm)] or claim.arms
        return Verdict(claim, NOT_RUN, reason=f"not run yet: {', '.join(missing)}")
    decided = (f for f in found if f.verdict not in (NOT_RUN, INCONCLUSIVE) or _bounded(f))
    deciding = next(decided, found[0])
    return replace(deciding, others=tuple(f for f in found if f is not deciding))


def _bounded(given: Verdict) -> bool:
    return bool(given.tests) and all(np.isfinite(j.estimate.low) for j in given.tests)


def _judge_at(claim: Claim, stored: Stored, scale: str) -> Verdict:
    groups = claim.tests, claim.seen, claim.aside
    tests, seen, aside = (_judged(group, stored) for group in groups)
    notes = tuple(claim.notes(stored))
    reason = claim.unless(stored)
    if not reason and (len(tests), len(seen)) != (len(claim.tests), len(claim.seen)):
        reason = "a test set of its own was not there"
    if reason:  # what was measured all the same stands beside it
        return Verdict(claim, NOT_RUN, scale, aside=(*tests, *aside), reason=reason, notes=notes)
    outcome = all_of([t.verdict for t in tests])
    if seen and outcome != SUPPORTED and all_of([t.verdict for t in seen]) == SUPPORTED:
        outcome, reason = ARTEFACT, claim.reason
    if why := claim.undecided(stored):
        outcome, reason = INCONCLUSIVE, why
    notes = (*notes, *_better_without_network(claim, stored))
    seeds = {arm: len(stored.of(arm)) for arm in claim.arms}
    return Verdict(claim, outcome, scale, tests, seen, aside, reason, notes, seeds)


def _judged(tests: tuple[Test, ...], stored: Stored) -> tuple[Judged, ...]:
    return tuple(test.judge(stored) for test in tests if test.has_run(stored))


def _better_without_network(claim: Claim, stored: Stored) -> list[str]:
    """Where arms are compared by an error that a baseline has less of than each of them."""
    found = []
    for measure in ERRORS:
        arms = {
            part.arm
            for test in claim.tests
            if len(test.parts) > 1
            for part in test.parts
            if isinstance(part, Images) and part.measure == measure and not part.baseline
        }
        if not arms or len({stored.first(arm).measures["prepared"] for arm in arms}) > 1:
            continue
        best = min(Images(arm, measure).terms(stored)[0].overall for arm in arms)
        rows = stored.baselines(stored.first(min(arms)))
        for name in ("gray", "mean-ab-given-L"):
            value = rows.get(name, {}).get(measure, np.inf)
            if value < best:
                said = f"{tables.MEASURES[measure][0]} {tables.number(measure, value)}"
                found.append(f"{name.replace('-', ' ')} alone has {said}, better than these arms")
    return found


def judge_all(claims: tuple[Claim, ...], stored: Stored) -> list[Verdict]:
    return [judge(claim, stored) for claim in claims]


def claims_section(verdicts: list[Verdict], key: str) -> str:
    """The claims of a report as Markdown: a table, and how each was tested."""
    if not verdicts:
        return ""
    lines = [
        {
            "": given.claim.number,
            "the report": f"{given.claim.said} ({given.claim.where})",
            "verdict": f"**{given.verdict}**",
            "measured": given.found,
            "at": given.at,
        }
        for given in verdicts
    ]
    details = "\n".join(_details(given, key) for given in verdicts)
    return f"""\
## What the report claims, and the verdict

Numbers stand with 95 % intervals over test images and, where there are several, seeds; the rule and
the least differences that count are in [docs/measures.md](../../docs/measures.md#verdicts).

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
    if given.verdict == NOT_RUN or given.scale != "full":
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
