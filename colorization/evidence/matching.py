"""Two sets of results, arm by arm: which runs are compared with which."""

import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from colorization.errors import UserError
from colorization.results.measures import MEASURES
from colorization.results.run_folder import EVALUATED, read_run
from colorization.results.runs import REPLACE, ROWS, StoredRun
from colorization.results.store import RUNS, Shelf

# Where the runs of a run, an arm, a scale, a report and of all results lie.
LEVELS = ("", "seed-*/", "*/seed-*/", "*/*/seed-*/", "*/*/*/seed-*/")

LONGEST = 120  # characters of a list of runs

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


def find_runs(path: Path) -> tuple[Runs, bool]:
    """The finished runs in a folder, and whether it is that of a single arm or run.

    Args:
        path: stored results of all reports, of a report, of a scale, or of an arm or a run in it
            (`results/flower-cgan/small/unet`, `.../unet/seed-0`); or a folder of runs, at any of
            these levels.

    Raises:
        UserError: there are none, or two of the same arm and seed.
    """
    folder = Path(os.path.abspath(path))  # the folders above a run tell its arm, scale and report
    found = _stored(folder) or _in_run_folders(folder)
    if not found:
        raise UserError(
            f"{path} {'holds no results' if folder.exists() else 'does not exist'}; name a folder "
            "of results (results), of a report (results/flower-cgan), an arm of one "
            "(results/flower-cgan/small/unet), or a finished run (seed-0)"
        )
    runs: Runs = {}
    for run in found:
        seeds = runs.setdefault(run.name.rpartition("/")[0], {})
        twin = seeds.setdefault(run.seed, run)
        if twin is not run:
            raise UserError(f"{twin.place} and {run.place} are both seed {run.seed}; move one away")
    return runs, all(folder in (run.place, run.place.parent) for run in found)


def _stored(folder: Path) -> list[StoredRun]:
    """Stored runs whose place is below a folder."""
    below = [sorted(folder.glob(f"{level}{RUNS}")) for level in ("", "*/", "*/*/")]
    scales = [path.parent for path in next(filter(None, below), [])]
    scales = scales or [above for above in folder.parents[:2] if (above / RUNS).exists()]
    runs = [run for scale in scales for run in Shelf(scale).runs()]
    return [run for run in runs if folder in (run.place, *run.place.parents)]


def _in_run_folders(folder: Path) -> list[StoredRun]:
    """Finished runs in folders of their own."""
    found = (sorted(folder.glob(f"{level}{EVALUATED}")) for level in LEVELS)
    return [read_run(path.parent) for path in next(filter(None, found), [])]


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
            names = [label(*side) for side in zip(arms, zip(*seeds, strict=True), strict=True)]
            name = names[0] if names[0] == names[1] else f"{names[0]} in A, {names[1]} in B"
            pairs = [(first[one], second[other]) for one, other in seeds]
            matches.append(Match(name, pairs, (list(first.values()), list(second.values()))))
    return matches


def label(arm: str, seeds: Sequence[int]) -> str:
    return f"{arm} seed{'s' * (len(seeds) > 1)} {', '.join(map(str, seeds))}"


def listed(runs: Runs, without: Sequence[StoredRun] = ()) -> str:
    left = {arm: sorted(s for s in runs[arm] if runs[arm][s] not in without) for arm in runs}
    return "; ".join(label(arm, seeds) for arm, seeds in left.items() if seeds)


def summed(runs: Runs) -> str:
    """Runs in a few words: each where there are few, else how many each report has at a scale."""
    whole = listed(runs)
    if len(whole) <= LONGEST:
        return whole
    places = Counter(arm.rpartition("/")[0] for arm in runs)
    return ", ".join(f"{counted(count, 'arm')} of {place}" for place, count in places.items())


def counted(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


def read_images(run: StoredRun) -> pd.DataFrame:
    """Measures of a run's test images as numbers, in the order of the images' names.

    Raises:
        UserError: images.csv is not what a finished run leaves.
    """
    path = run.place / ROWS
    try:
        table = run.images
        missing = {"split", "name", "chroma", "chroma_true"} - set(table)
        if missing:
            raise UserError(f"{path} lacks {', '.join(sorted(missing))}; {REPLACE}")
        table = table[table["split"] == "test"].set_index("name")
        measures = [name for name in MEASURES if name in table]
        table = table[[*measures, "chroma", "chroma_true"]].astype(float).sort_index()
    except (OSError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{path} cannot be read ({reason}); {REPLACE}") from None
    if table.empty or not table.index.is_unique:
        what = "an image twice" if len(table) else "no test images"
        raise UserError(f"{path} has {what}; {REPLACE}")
    return table


def clash(found: Match) -> str:
    """How the scales or the images of a match differ; "" if they do not."""
    clashes = []
    for pair in found.pairs:
        facts = [
            {
                "scale": run.scale,
                "source": run.data.get("source"),
                "prepared set": run.data.get("prepared"),
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
