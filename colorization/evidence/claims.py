"""What a report claims, as data, and the verdict of the stored results on it."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from colorization.errors import UserError
from colorization.evidence.criteria import Judged, Read, Reading, Test
from colorization.evidence.quantities import Images
from colorization.evidence.rule import ARTEFACT, FEW, INCONCLUSIVE, NOT_RUN, SUPPORTED, all_of
from colorization.results.measures import ERRORS, MEASURES
from colorization.results.stored import Stored
from colorization.scales import SCALES

# Whose a claim is: the report's sentence, what one reads out of it, or a question of this suite.
STATED, IMPLIED, OWN = BASES = ("stated", "implied", "own question")


@dataclass(frozen=True)
class Claim:
    """A conclusion of a report, and what would support it.

    Args:
        number: as in the list of claims.
        said: the conclusion in our words.
        where: the section of the report that it is drawn from.
        basis: whether the report states it there or implies it, or whether it is a question of
            this suite that the section suggests.
        tests: all of which it needs; none where no arm of the report can answer.
        aside: measured beside them; they decide nothing.
        confounders: what else differs, or limits the answer.
        seen: for a claim that may be an artefact, tests of what the authors looked at. Supported
            by them, but not by `tests`, it is one; `reason` says why.
        reason: see `seen`; of a claim without tests, why there are none.
        unless: (stored results at a scale) to why they cannot answer, or "".
        undecided: (stored results at a scale) to why the verdict is inconclusive whatever was
            measured, or "".
        notes: (stored results at a scale) to more that was found, a line each.
    """

    number: str
    said: str
    where: str
    basis: str
    tests: tuple[Test | Reading, ...] = ()
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

    @property
    def source(self) -> str:
        """Where it is from, and whose it is."""
        return f"{self.where}: {self.basis}"

    @property
    def by_reading(self) -> bool:
        """Whether the code answers it, so that nothing has to be run."""
        return bool(self.tests) and not self.arms


def decided_by(measured: list[str], verdict: str, reason: str) -> str:
    """What was measured, with the reason where that decides nothing; an artefact's is elsewhere."""
    return "; ".join(measured if verdict == ARTEFACT or not reason else [*measured, reason])


@dataclass(frozen=True)
class Verdict:
    """What the stored results say to a claim."""

    claim: Claim
    verdict: str
    scale: str = ""
    tests: tuple[Judged | Read, ...] = ()
    seen: tuple[Judged, ...] = ()
    aside: tuple[Judged, ...] = ()
    reason: str = ""
    notes: tuple[str, ...] = ()
    seeds: dict[str, int] = field(default_factory=dict)  # of each arm
    others: tuple["Verdict", ...] = ()  # at scales that did not decide

    @property
    def run(self) -> str:
        """The scale and the number of seeds behind it."""
        if self.claim.by_reading:
            return "by reading"
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
            "basis": self.claim.basis,
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

    That is the largest at which all of the claim's arms have been run; if they have fewer than
    three trainings there, a smaller one with more. A claim that needs no arm is judged once. What
    was measured beside it, or beside one whose arms are missing, is of the largest scale at which
    anything has been run.
    """
    largest = next((scale for scale in SCALES if stored.at(scale).runs), "")
    if not claim.arms:
        scale = largest if claim.aside or claim.by_reading else ""
        return _judge_at(claim, stored.at(scale), scale)
    found = [_judge_at(claim, stored.at(scale), scale) for scale in stored.scales_of(claim.arms)]
    if not found:
        missing = [arm for arm in claim.arms if not stored.of(arm)] or claim.arms
        beside = _judged((*claim.tests, *claim.aside), stored.at(largest))
        scale, reason = largest if beside else "", f"not run yet: {', '.join(missing)}"
        return Verdict(claim, NOT_RUN, scale, aside=beside, reason=reason)
    open_ = (NOT_RUN, INCONCLUSIVE, *FEW.values())
    decided = (f for f in found if f.verdict not in open_ or _bounded(f))
    deciding = next(decided, found[0])
    return replace(deciding, others=tuple(f for f in found if f is not deciding))


def _bounded(given: Verdict) -> bool:
    return bool(given.tests) and all(judged.bounded for judged in given.tests)


def _judge_at(claim: Claim, stored: Stored, scale: str) -> Verdict:
    groups = claim.tests, claim.seen, claim.aside
    tests, seen, aside = (_judged(group, stored) for group in groups)
    notes = tuple(claim.notes(stored))
    reason = claim.unless(stored) if claim.tests else claim.reason
    absent = [test.absent(stored) for test in (*claim.tests, *claim.seen)]
    reason = reason or next(filter(None, absent), "")
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
        if not arms or len({stored.first(arm).data["prepared"] for arm in arms}) > 1:
            continue
        best = min(Images(arm, measure).terms(stored)[0].overall for arm in arms)
        rows = stored.baselines(stored.first(min(arms)))
        for name in ("gray", "mean-ab-given-L"):
            value = rows.get(name, {}).get(measure, np.inf)
            if value < best:
                said = f"{MEASURES[measure].name} {MEASURES[measure].text(value)}"
                found.append(f"{name.replace('-', ' ')} alone has {said}, better than these arms")
    return found


def judge_all(claims: tuple[Claim, ...], stored: Stored) -> list[Verdict]:
    return [judge(claim, stored) for claim in claims]


def stored_claims(folder: Path) -> list[dict]:
    """A report's claims as `claims.json` has them; none where there is no such file.

    Raises:
        UserError: it was tampered with.
    """
    path = folder / "claims.json"
    if not path.exists():
        return []
    fields = Verdict(Claim("", "", "", ""), "").to_json().keys()
    try:
        claims = json.loads(path.read_text(encoding="utf-8"))
        if not all(fields == claim.keys() for claim in claims):
            raise ValueError("other fields")
    except (ValueError, TypeError, AttributeError) as error:
        again = f"render it again: make tables-{folder.name}"
        raise UserError(f"{path} is not as it was rendered ({error}); {again}") from None
    return claims
