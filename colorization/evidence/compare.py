"""Two sets of results side by side: what changed from A to B, and whether anything got worse."""

from collections.abc import Callable, Sequence
from operator import sub
from pathlib import Path

import numpy as np
import pandas as pd

from colorization.columns import aligned
from colorization.errors import UserError
from colorization.evidence.interval import Estimate, Scores, estimate
from colorization.evidence.matching import (
    Match,
    clash,
    counted,
    find_runs,
    listed,
    match,
    read_images,
    summed,
)
from colorization.evidence.rule import CONTRADICTED, FEW, INCONCLUSIVE, SUPPORTED, verdict
from colorization.results.measures import MEASURES, columns_of, with_sign
from colorization.results.runs import StoredRun
from colorization.serialization import differences

LONGEST = 120  # characters of a difference in the settings; of a longer one only the name is said


def compare(a: Path, b: Path, *, force: bool, tolerance: float, say: Callable[[str], None]) -> int:
    """Say how B's runs measure on their test images beside A's, arm by arm.

    Args:
        a, b: a folder of results, of a report, scale or arm in it, or of one run. Arms are matched
            by name; two folders of a single arm or run are compared whatever arms they are.
        force: compare runs of different scales or images too.
        tolerance: so many times what counts of a measure is the least difference that counts here.
        say: called with lines of text.

    Returns:
        Exit status: 1 if a measure got worse, else 0.

    Raises:
        UserError: a folder holds no results or broken ones, nothing matches, or the runs are of
            different scales or images and `force` is not set.
    """
    if not tolerance >= 0:
        raise UserError(f"--tolerance takes a number from 0, not {tolerance:g}")
    (runs_a, single_a), (runs_b, single_b) = find_runs(a), find_runs(b)
    matches = match(runs_a, runs_b, single_a and single_b)
    if not matches:
        held = f"{a} holds {summed(runs_a)}; {b} holds {summed(runs_b)}"
        raise UserError(f"A and B have no arm and seed in common, name other folders: {held}")
    clashes = {found.name: clash(found) for found in matches}
    for name, differing in clashes.items():
        if differing and not force:
            raise UserError(f"{name}: {differing}; --force compares them anyway")

    say(f"A: {a}\nB: {b}")
    for side, runs in enumerate((runs_a, runs_b)):
        matched = [pair[side] for found in matches for pair in found.pairs]
        if left := listed(runs, without=matched):
            say(f"only in {'AB'[side]}: {left}")
    words = []
    for found in matches:
        say(f"\n== {found.name}")
        if clashes[found.name]:
            say(f"warning: {clashes[found.name]}")
        words += _say_measures(found, tolerance, say)
        _say_settings(found, say)
    worse, better = words.count("worse"), words.count("better")
    compared = f"{counted(len(matches), 'arm')} compared"
    say(f"\n{compared}; {counted(worse, 'measure')} worse, {better} better")
    return int(worse > 0)


def _say_measures(found: Match, tolerance: float, say: Callable[[str], None]) -> list[str]:
    """Say the table of a match and how to read it; the words in its last column."""
    first, second = ([read_images(run) for run in side] for side in zip(*found.pairs, strict=True))
    has = [
        set(MEASURES).intersection(*(t.dropna(axis=1, how="all") for t in side))
        for side in (first, second)
    ]
    rows = [("", "A", "B", "B - A", "95 % interval", "counts", "")]
    for name in MEASURES:
        if name in has[0] & has[1] or name == "chroma_ratio":
            rows.append(_row(name, _scores(first, name), _scores(second, name), tolerance))
    for line in aligned(rows, right=slice(1, -1)):
        say(line)

    if first[0].index.equals(second[0].index):
        say(f"{counted(len(first[0]), 'test image')}, paired by name")
    else:
        say(f"{len(first[0])} test images in A, {len(second[0])} in B, not paired by name")
    times = "" if tolerance == 1 else f"{tolerance:g} times "
    say(f"counts: {times}the least difference that counts (docs/measures.md)")
    if len(first) in FEW:
        few = FEW[len(first)]
        say(f"{few} a side: no difference is judged, another training may differ as much")
    for side, only in (("A", has[0] - has[1]), ("B", has[1] - has[0])):
        if only:
            say(f"not compared, only in {side}: {', '.join(sorted(only))}")
    return [row[-1] for row in rows[1:]]


def _scores(seeds: Sequence[pd.DataFrame], name: str) -> Scores:
    """A measure of the images that every seed has."""
    columns = [[seed[c] for seed in seeds] for c in columns_of(name)]
    tables = [pd.concat(column, axis=1, join="inner") for column in columns]
    units, numbers = tuple(tables[0].index), tuple(range(len(seeds)))  # paired, in A and in B
    return Scores(units, numbers, *(table.to_numpy(float) for table in tables))


def _row(name: str, first: Scores, second: Scores, tolerance: float) -> tuple[str, ...]:
    measure = MEASURES[name]
    same = first.units == second.units and all(
        np.array_equal(getattr(first, part), getattr(second, part))
        for part in ("values", "weights")
    )
    limit = None if measure.counts is None else tolerance * measure.counts
    found = Estimate(0, 0, 0, *first.values.shape) if same else estimate(second, first, of=sub)
    gain = found
    if name == "chroma_ratio" and not same:  # better is what lies nearer to 1
        gain = estimate(first, second, of=lambda a, b: abs(a - 1) - abs(b - 1))
    signed = with_sign(measure.form).format
    return (
        measure.heading,
        measure.text(first.overall),
        measure.text(second.overall),
        signed(found.value),
        "–" if np.isnan(found.low) else f"[{signed(found.low)}, {signed(found.high)}]",
        measure.text(limit),
        "same" if same else word(gain, limit, measure.better),
    )


def word(found: Estimate, limit: float | None, better: str) -> str:
    """What to call a difference between A and B, by the rule of verdicts.

    Args:
        found: B - A with its interval; B's gain where 1 is best.
        limit: the least difference that counts, or None if that is not known.
        better: which way, as `Measure` has it.

    Returns:
        "better" or "worse" if the whole interval lies beyond the least difference, "differs" if
        the measure has no direction or no such difference; else "no difference that counts",
        "inconclusive", or how few the trainings are.
    """
    more = verdict(found, limit or 0.0, True, limit)
    less = verdict(found, -(limit or 0.0), False, limit)
    if SUPPORTED not in (more, less):
        return INCONCLUSIVE if CONTRADICTED in (more, less) else more
    if limit is None or better not in ("lower", "higher", "1"):
        return "differs"
    return "better" if (more == SUPPORTED) == (better != "lower") else "worse"


def _say_settings(found: Match, say: Callable[[str], None]) -> None:
    """Say what differs in configuration and environment, and whether the weights are the same."""
    for what, of in (("configuration", _configuration), ("environment", _environment)):
        pairs = [(of(one), of(other)) for one, other in found.pairs]
        lines = [line for pair in pairs for line in differences(*pair, said="A {!r}, B {!r}")]
        short = [line if len(line) <= LONGEST else line.split(":")[0] for line in lines]
        differ = "; ".join(dict.fromkeys(short))
        say(f"{what}: {differ or 'the same'}")
    digests = [[run.facts["network"].get("sha256") for run in pair] for pair in found.pairs]
    found_out = {one == other if one and other else None for one, other in digests}
    said = {True: "the same", False: "different", None: "not recorded"}
    say(f"weights: {' in some seeds, '.join(said[key] for key in said if key in found_out)}")


def _configuration(run: StoredRun) -> dict:
    return {key: value for key, value in run.config.items() if key not in ("seed", "images")}


def _environment(run: StoredRun) -> dict:
    return run.environment
