"""What decides a claim: a number from stored rows and where it would support it, or a fact."""

from dataclasses import dataclass
from functools import reduce
from itertools import islice
from operator import sub, truediv

import numpy as np

from colorization.evidence.interval import Estimate, estimate
from colorization.evidence.quantities import Gap, Images, Part
from colorization.evidence.rule import FEW, INCONCLUSIVE, verdict
from colorization.results.measures import MEASURES
from colorization.results.stored import Stored


@dataclass(frozen=True)
class Test:
    """A number from stored rows, and where it would support a claim.

    Args:
        of, against: what is measured, and what it is compared with, if anything.
        at_least, at_most: one of the two: where the number supports the claim.
        ratio: compare by quotient; else by difference.
        across_sets: two arms are compared that were judged on different photographs.
    """

    __test__ = False  # nothing for pytest to collect

    of: Part
    against: Part | None = None
    at_least: float | None = None
    at_most: float | None = None
    ratio: bool = False
    across_sets: bool = False

    @property
    def parts(self) -> tuple[Part, ...]:
        return tuple(part for part in (self.of, self.against) if part)

    @property
    def arms(self) -> tuple[str, ...]:
        return tuple(part.arm for part in self.parts)

    def has_run(self, stored: Stored) -> bool:
        return not self.absent(stored)

    def absent(self, stored: Stored) -> str:
        """Why it has not run, or its arms are not to be compared; "" if it has and they are."""
        missing = (part.absent for part in self.parts if not part.has_run(stored))
        return next(missing, "") or self._apart(stored)

    def _apart(self, stored: Stored) -> str:
        """That two arms were judged on different photographs, unless they are meant to be."""
        of, against = self.of, self.against
        arms = isinstance(of, Images) and isinstance(against, Images) and of.arm != against.arm
        if not arms or self.across_sets or of.split != against.split:
            return ""
        if set(of.terms(stored)[0].units) == set(against.terms(stored)[0].units):
            return ""
        return f"{of.arm} and {against.arm} were judged on different photographs"

    def judge(self, stored: Stored) -> "Judged":
        terms = [part.terms(stored) for part in self.parts]

        def number(*means):
            left = iter(means)
            parts = [reduce(sub, islice(left, len(part))) for part in terms]
            return reduce(truediv if self.ratio else sub, parts)

        found = estimate(*(term for part in terms for term in part), of=number)
        above = self.at_least is not None
        threshold = self.at_least if above else self.at_most
        outcome = verdict(found, threshold, above, self.least)
        return Judged(self, self.what(stored), found, outcome)

    @property
    def least(self) -> float | None:
        """The least difference that counts, where the number is a difference of a measure."""
        if self.ratio or not self.against or not isinstance(self.of, Images | Gap):
            return None
        return MEASURES[self.of.measure].counts

    def what(self, stored: Stored | None = None) -> str:
        """What is measured, in words; stored results tell at which epoch a snapshot was taken."""
        labels = [part.label(stored) for part in self.parts]
        if not self.against:
            return f"{self.of.quantity}, {labels[0]}"
        if labels[0] == labels[1]:  # two measures of the same thing
            return f"{labels[0]}: {self.of.quantity} − {self.against.quantity}"
        if self.against.quantity not in ("", self.of.quantity):
            labels[1] = f"{self.against.quantity}, {labels[1]}"
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
            return f"{number(found.value)} (one training: no interval)"
        return f"{number(found.value)} [{number(found.low)}, {number(found.high)}]"

    @property
    def bounded(self) -> bool:
        """Whether it has an interval, of trainings enough to be judged by."""
        return bool(np.isfinite(self.estimate.low)) and self.estimate.seeds not in FEW

    @property
    def trainings(self) -> int | None:
        """How many an arm the answer would need: for an interval of the least difference to either
        side, or, of other numbers, one that reaches the threshold no more. None if not known."""
        threshold = self.test.at_least if self.test.at_most is None else self.test.at_most
        half = self.test.least or abs(self.estimate.value - threshold)
        return self.estimate.trainings_for(half) if self.estimate.seeds else None

    @property
    def against_threshold(self) -> str:
        """What is measured, the number, what the claim needs it to be, and whether it is."""
        said = f"{self.what}: {self.measured}, needs {self.test.wanted}: {self.verdict}"
        return said + self.more_trainings

    @property
    def more_trainings(self) -> str:
        """How many trainings an answer would need, in brackets; "" if it is there, or not known."""
        if self.verdict not in (INCONCLUSIVE, *FEW.values()):
            return ""
        needed = self.trainings
        if needed is None:
            known = self.estimate.seeds not in FEW
            return " (more images are needed than there are)" if known else ""
        return f" (about {max(needed, 3)} trainings an arm would tell)"

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
            "trainings": self.trainings,
            "verdict": self.verdict,
        }


@dataclass(frozen=True)
class Reading:
    """A fact that whoever reads the code can see, whatever was trained; it needs no run.

    Args:
        fact: in words.
        verdict: on the claim, by the same rule as that of a number.
        proof: the file of the suite's tests that shows it.
    """

    fact: str
    verdict: str
    proof: str

    arms = parts = ()

    def has_run(self, stored: Stored) -> bool:
        return True

    def absent(self, stored: Stored) -> str:
        return ""

    def judge(self, stored: Stored) -> "Read":
        return Read(self)

    def what(self, stored: Stored | None = None) -> str:
        return "by reading the code"


@dataclass(frozen=True)
class Read:
    """A fact, as `Judged` is a number; there is no interval."""

    test: Reading
    bounded = True

    @property
    def what(self) -> str:
        return self.test.what()

    @property
    def verdict(self) -> str:
        return self.test.verdict

    @property
    def measured(self) -> str:
        return f"{self.test.fact} (`{self.test.proof}`)"

    @property
    def against_threshold(self) -> str:
        return f"{self.what}: {self.measured}: {self.verdict}"

    def to_json(self) -> dict:
        none = ("value", "low", "high", "units", "seeds", "trainings")
        return {
            "test": self.what,
            "supports": "",
            "measured": self.measured,
            **dict.fromkeys(none),
            "verdict": self.verdict,
        }


def better(measure: str, arm: str, than: str | Images, **where) -> Test:
    """An arm is better than another, by what counts or more."""
    return _compared(measure, arm, than, MEASURES[measure].counts, _lower(measure), where)


def higher(measure: str, arm: str, than: str | Images, **where) -> Test:
    """A measure is higher, by what counts or more."""
    return _compared(measure, arm, than, MEASURES[measure].counts, False, where)


def not_worse(measure: str, arm: str, than: str | Images, **where) -> Test:
    """An arm is not worse by what counts."""
    return _compared(measure, arm, than, -MEASURES[measure].counts, _lower(measure), where)


def _lower(measure: str) -> bool:
    return MEASURES[measure].better == "lower"


def _compared(measure, arm, than, margin, lower, where):
    first = Images(arm, measure, **where)
    second = Images(than, measure, **where) if isinstance(than, str) else than
    if lower:
        return Test(first, second, at_most=-margin)
    return Test(first, second, at_least=margin)
