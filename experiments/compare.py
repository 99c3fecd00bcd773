"""Two sets of results side by side: what changed from A to B, and whether anything got worse."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import sub
from pathlib import Path

import numpy as np
import pandas as pd

from colorization.claims import INCONCLUSIVE, Estimate, Scores, estimate
from colorization.errors import UserError
from colorization.results import StoredRun, columns_of
from colorization.tables import MEASURES, heading, number, with_sign
from colorization.training.config import differences
from experiments.claims import COUNTS

LOWER_IS_BETTER = ("ab_mae", "ab_mse", "ciede2000")
HIGHER_IS_BETTER = ("psnr", "ssim", "auc", "accuracy", "accuracy_coloured", "edge_f1")
# Where the runs of a run, an arm, a scale, a report and of all results lie.
LEVELS = ("", "seed-*/", "*/seed-*/", "*/*/seed-*/", "*/*/*/seed-*/")
LONGEST = 120  # characters of a difference in the settings; of a longer one only the name is said

Runs = dict[str, dict[int, StoredRun]]  # report/scale/arm -> seed -> run


@dataclass(frozen=True)
class Match:
    """An arm of A and what it is compared with in B.

    Args:
        name: of the arm, or of both where they differ, with the seeds.
        pairs: runs of A with one of B each, a pair for each seed.
        sides: every run of the arm in A, and in B: also of seeds that the other has not.
    """

    name: str
    pairs: list[tuple[StoredRun, StoredRun]]
    sides: tuple[list[StoredRun], list[StoredRun]]


def compare(a: Path, b: Path, *, force: bool, tolerance: float, say: Callable[[str], None]) -> int:
    """Say how B's runs measure on their test images beside A's, arm by arm.

    Args:
        a, b: a folder of results, of a report, scale or arm in it, or of one run. Arms are matched
            by name; two folders of a single arm or run are compared whatever arms they are.
        force: compare runs of different scales or images too.
        tolerance: where there are not two seeds to tell, so many times `experiments.claims.COUNTS`
            is a difference that does not count.
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
        held = f"{a} holds {_listed(runs_a)}; {b} holds {_listed(runs_b)}"
        raise UserError(f"A and B have no arm and seed in common, name other folders: {held}")
    clashes = {found.name: _clash(found) for found in matches}
    for name, clash in clashes.items():
        if clash and not force:
            raise UserError(f"{name}: {clash}; --force compares them anyway")

    say(f"A: {a}\nB: {b}")
    for side, runs in enumerate((runs_a, runs_b)):
        matched = [pair[side] for found in matches for pair in found.pairs]
        if left := _listed(runs, without=matched):
            say(f"only in {'AB'[side]}: {left}")
    words = []
    for found in matches:
        say(f"\n== {found.name}")
        if clashes[found.name]:
            say(f"warning: {clashes[found.name]}")
        words += _say_measures(found, tolerance, say)
        _say_settings(found, say)
    worse, better = words.count("worse"), words.count("better")
    compared = f"{_count(len(matches), 'arm')} compared"
    say(f"\n{compared}; {_count(worse, 'measure')} worse, {better} better")
    return int(worse > 0)


def find_runs(path: Path) -> tuple[Runs, bool]:
    """The finished runs in a folder, and whether it is that of a single arm or run.

    Raises:
        UserError: there are none, or two of the same arm and seed.
    """
    folder = Path(os.path.abspath(path))  # the folders above a run tell its arm, scale and report
    found = (sorted(folder.glob(f"{level}measures.json")) for level in LEVELS)
    files = next(filter(None, found), None)
    if not files:
        raise UserError(
            f"{path} {'holds no results' if folder.exists() else 'does not exist'}; name a folder "
            "of results (results), of a report (results/flower-cgan) or of a finished run (seed-0)"
        )
    runs: Runs = {}
    for run in (StoredRun(file.parent) for file in files):
        seeds = runs.setdefault("/".join(run.folder.parts[-4:-1]), {})
        twin = seeds.setdefault(run.seed, run)
        if twin is not run:
            raise UserError(
                f"{twin.folder} and {run.folder} are both seed {run.seed}; move one away"
            )
    return runs, folder in (files[0].parent, files[0].parent.parent)


def match(a: Runs, b: Runs, single: bool) -> list[Match]:
    """The arms that both have, in the seeds that both have, or in the one seed that each has.

    Args:
        a, b: see `find_runs`.
        single: each has one arm, and these two are compared whatever they are.
    """
    matches = []
    for arms in zip(a, b, strict=True) if single else [(arm, arm) for arm in a if arm in b]:
        first, second = a[arms[0]], b[arms[1]]
        seeds = [(seed, seed) for seed in sorted(first.keys() & second.keys())]
        if not seeds and len(first) == len(second) == 1:
            seeds = [(*first, *second)]
        if seeds:
            names = [_label(*side) for side in zip(arms, zip(*seeds, strict=True), strict=True)]
            name = names[0] if names[0] == names[1] else f"{names[0]} in A, {names[1]} in B"
            pairs = [(first[one], second[other]) for one, other in seeds]
            matches.append(Match(name, pairs, (list(first.values()), list(second.values()))))
    return matches


def _label(arm: str, seeds: Sequence[int]) -> str:
    return f"{arm} seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}"


def _listed(runs: Runs, without: Sequence[StoredRun] = ()) -> str:
    left = {arm: sorted(s for s in runs[arm] if runs[arm][s] not in without) for arm in runs}
    return "; ".join(_label(arm, seeds) for arm, seeds in left.items() if seeds)


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def read_images(run: StoredRun) -> pd.DataFrame:
    """Measures of a run's test images as numbers, in the order of the images' names.

    Raises:
        UserError: images.csv is not what a finished run leaves.
    """
    path = run.folder / "images.csv"
    try:
        table = run.images
        missing = {"split", "name", "chroma", "chroma_true"} - set(table)
        if missing:
            raise UserError(f"{path} lacks {', '.join(sorted(missing))}; run the arm again")
        table = table[table["split"] == "test"].set_index("name")
        measures = [name for name in MEASURES if name in table]
        table = table[[*measures, "chroma", "chroma_true"]].astype(float).sort_index()
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{path} cannot be read ({reason}); run the arm again") from None
    if table.empty or not table.index.is_unique:
        what = "an image twice" if len(table) else "no test images"
        raise UserError(f"{path} has {what}; run the arm again")
    return table


def _clash(found: Match) -> str:
    """How the scales or the images of a match differ; "" if they do not."""
    clashes = []
    for pair in found.pairs:
        facts = [
            {
                "scale": run.folder.parent.parent.name,
                "source": run.measures.get("source"),
                "prepared set": run.measures.get("prepared"),
                "digest of images": run.config.get("images"),
            }
            for run in pair
        ]
        for key, value in facts[0].items():
            if value != facts[1][key]:
                clashes.append(f"{key} {value} in A, {facts[1][key]} in B")
        first, second = (set(read_images(run).index) for run in pair)
        if first != second:
            both = f"{len(first & second)} in both"
            clashes.append(f"test images {len(first)} in A, {len(second)} in B, {both}")
    return "; ".join(dict.fromkeys(clashes))


def _say_measures(found: Match, tolerance: float, say: Callable[[str], None]) -> list[str]:
    """Say the table of a match and how to read it; the words in its last column."""
    sides = [[read_images(run) for run in side] for side in found.sides]
    first, second = ([read_images(run) for run in side] for side in zip(*found.pairs, strict=True))
    has = [set(MEASURES).intersection(*(t.dropna(axis=1, how="all") for t in s)) for s in sides]
    several = [side for side in sides if len(side) > 1]
    limit_is = "spread" if several else "tolerance"
    rows = [("", "A", "B", "B - A", "95 % interval", limit_is, "")]
    for name in MEASURES:
        if name in has[0] & has[1] or name == "chroma_ratio":
            limit = tolerance * COUNTS[name] if name in COUNTS else None
            if several:
                limit = max(np.ptp([_scores([t], name).overall for t in side]) for side in several)
            rows.append(_row(name, _scores(first, name), _scores(second, name), limit, limit_is))
    for line in _aligned(rows):
        say(line)

    if first[0].index.equals(second[0].index):
        say(f"{_count(len(first[0]), 'test image')}, paired by name")
    else:
        say(f"{len(first[0])} test images in A, {len(second[0])} in B, not paired by name")
    if several:
        say("spread: the largest difference between the seeds of one side")
    else:
        times = "" if tolerance == 1 else f"{tolerance:g} times "
        say(
            f"tolerance: {times}the least differences that count (docs/measures.md); the spread is "
            "unknown, neither side has two seeds"
        )
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


def _row(
    name: str, first: Scores, second: Scores, limit: float | None, limit_is: str
) -> tuple[str, ...]:
    same = first.units == second.units and all(
        np.array_equal(getattr(first, part), getattr(second, part))
        for part in ("values", "weights")
    )
    a, b = first.overall, second.overall
    found = Estimate(0, 0, 0, *first.values.shape) if same else estimate(second, first, of=sub)
    signed = with_sign(MEASURES[name][2]).format
    return (
        heading(name),
        number(name, a),
        number(name, b),
        signed(found.value),
        "–" if np.isnan(found.low) else f"[{signed(found.low)}, {signed(found.high)}]",
        number(name, limit),
        "same" if same else word(name, a, b, found, limit, limit_is),
    )


def word(name: str, a: float, b: float, found: Estimate, limit: float | None, limit_is: str) -> str:
    """What to call a difference between A and B.

    Args:
        name: of the measure.
        a, b: its means.
        found: b - a with its interval.
        limit: the difference that does not count, or None if that is not known.
        limit_is: "spread" or "tolerance".

    Returns:
        "within spread" (or tolerance); beyond it "inconclusive" if the interval holds 0, else
        "better" or "worse", or "differs" where a measure has no direction or no limit. The chroma
        ratio is better or worse where its distance from 1 changes by more than the limit.
    """
    if limit is not None and abs(found.value) <= limit:
        return f"within {limit_is}"
    if not (found.low > 0 or found.high < 0):  # nor if there is no interval
        return INCONCLUSIVE
    loss = found.value * ((name in LOWER_IS_BETTER) - (name in HIGHER_IS_BETTER))
    if name == "chroma_ratio":
        loss = abs(b - 1) - abs(a - 1)
    if limit is None or abs(loss) <= limit:
        return "differs"
    return "worse" if loss > 0 else "better"


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    """Lines of a table: all but the first and the last column are aligned right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    form = "  ".join(["{:%d}", *["{:>%d}"] * (len(widths) - 2), "{:%d}"]) % tuple(widths)
    return [form.format(*row).rstrip() for row in rows]


def _say_settings(found: Match, say: Callable[[str], None]) -> None:
    """Say what differs in configuration and environment, and whether the weights are the same."""
    for what, of in (("configuration", _configuration), ("environment", _environment)):
        lines = [line for one, other in found.pairs for line in differences(of(one), of(other))]
        short = [line if len(line) <= LONGEST else line.split(":")[0] for line in lines]
        differ = "; ".join(dict.fromkeys(short))
        say(f"{what}: {f'(A is stored, B is given) {differ}' if differ else 'the same'}")
    digests = [[run.measures.get("weights_sha256") for run in pair] for pair in found.pairs]
    found_out = {one == other if one and other else None for one, other in digests}
    said = {True: "the same", False: "different", None: "not recorded"}
    say(f"weights: {' in some seeds, '.join(said[key] for key in said if key in found_out)}")


def _configuration(run: StoredRun) -> dict:
    return {key: value for key, value in run.config.items() if key not in ("seed", "images")}


def _environment(run: StoredRun) -> dict:
    return run.environment if (run.folder / "environment.json").exists() else {}
