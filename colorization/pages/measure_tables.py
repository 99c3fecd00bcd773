"""Tables of measures and cost, an arm a row beside the baselines."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from colorization.pages import tables
from colorization.reproduction.report import Arm, Report
from colorization.results import runs
from colorization.results.measures import MEASURES
from colorization.results.stored import Stored, over_seeds
from colorization.scales import SCALES
from colorization.serialization import initial_weights


def measures_rows(
    stored: Stored, arms: Iterable[Arm], measures: Iterable[str], split: str, cost: bool = False
) -> pd.DataFrame:
    """A row of text for each arm (mean over seeds), the baselines of its set before it.

    What does not depend on the training images, such as gray, stands once for all sets with the
    same test images.

    Args:
        split: "train", which has no baselines, "test" or a further test set.
        cost: parameters, MACs and speed beside the measures, and the device that had this speed.
    """
    lines, shown = [], set()
    for arm in arms:
        runs = [run for run in stored.of(arm.name) if split in run.splits]
        if not runs:
            continue
        counts = image_counts(runs[0], split)
        for name, values in stored.baselines(runs[0], split).items():
            cells = {MEASURES[m].heading: MEASURES[m].text(values.get(m)) for m in measures}
            row = (name, *cells.values())
            if row not in shown:
                shown.add(row)
                label = f"*{name.replace('-', ' ')}*"
                lines.append({"arm": label, "images": counts, "seeds": "–", **cells})
        cells = over_seeds(runs, split, measures)
        if cost:
            cells |= _speed(runs[0]) | {"device": runs[0].environment["device"]}
        label = f"**{arm.name}**{weights_note(arm, runs[0])}"
        lines.append({"arm": label, "images": counts, "seeds": str(len(runs)), **cells})
    return pd.DataFrame(lines).fillna("–")


def weights_note(arm: Arm, run: runs.StoredRun) -> str:
    """Said of an arm that was to start from trained weights and did not."""
    missing = arm.config.initial_weights and not initial_weights(run.config)
    return ", from random weights" if missing else ""


def _speed(run: runs.StoredRun) -> dict[str, str]:
    """Cells of a table: what a run's network costs."""
    return {
        "parameters": f"{run.cost['parameters']:,}",
        "MACs per image [G]": f"{run.cost['macs'] / 1e9:.3f}",
        "images/s (training)": f"{run.cost['images_per_second']:.1f}",
    }


def image_counts(run: runs.StoredRun, split: str = "test") -> str:
    """The set that a run was judged on, its size in pixels, how many images of it, and how many of
    which set trained the network."""
    size, judged = run.config["recipe"]["size"], run.splits[split]["images"]
    trained, source = run.data["training_images"], run.data["source"]
    if further := run.data["further_sets"].get(split):
        return f"{further['title']}, {size} px, {judged}; trained on {trained} of {source}"
    if split == "train":
        return f"{source}, {size} px, {judged} of the {trained} that trained it"
    return f"{source}, {size} px, {judged}; trained on {trained} others"


def snapshots_table(stored: Stored, arms: Iterable[Arm], measures: list[str]) -> str:
    """A row for each snapshot of an arm's first run; "" if none."""
    lines = []
    for arm in arms:
        run = stored.first(arm.name)
        for epoch, split in run.snapshots.items() if run else ():
            lines.append(
                {
                    "arm": f"**{arm.name}**",
                    "after epoch": str(epoch),
                    **over_seeds([run], split, measures),
                }
            )
    return tables.markdown(pd.DataFrame(lines)) if lines else ""


@dataclass(frozen=True)
class JudgedTable:
    """What arms measured on the same images, beside the baselines there.

    Args:
        scale, split: of the runs.
        place: number of the set of images among those of scale and split, from 0.
        heading: scale and split in words.
        rows: `measures_rows` without columns that are empty or the same in every row.
        images: the set, and what else is the same.
    """

    scale: str
    split: str
    place: int
    heading: str
    rows: pd.DataFrame
    images: str


def judged_tables(stored: Stored, report: Report) -> Iterator[JudgedTable]:
    """All that arms were judged on, a table for each set of images.

    The largest scale comes first, of each the test images, further test sets, training images.
    """
    splits = {"test": "test images"}
    for arm in report.arms:
        splits |= {given.name: f"{given.name}, as a second test set" for given in arm.tested_on}
    splits["train"] = "training images"
    for scale in SCALES:
        at_scale = stored.at(scale)
        arms = report.arms_among(run.arm for run in at_scale.runs)
        for split, name in splits.items():
            cost = report.compares_cost and split != "train"
            for place, alike in enumerate(_by_images(at_scale, arms, split)):
                rows = measures_rows(at_scale, alike, report.measures, split, cost)
                table, said = without_constant(rows)
                yield JudgedTable(scale, split, place, f"Scale {scale}: {name}", table, said)


def _by_images(stored: Stored, arms: Iterable[Arm], split: str) -> list[list[Arm]]:
    """The arms that have been run, those together that were judged on the same images."""
    found: dict[tuple, list[Arm]] = {}
    for arm in arms:
        run = next((run for run in stored.of(arm.name) if split in run.splits), None)
        if run is None:
            continue
        further = run.data["further_sets"].get(split)
        tested = run.images["split"] == (split if further else "test")
        title, size = (further or run.data)["title"], run.config["recipe"]["size"]
        found.setdefault((title, size, *sorted(run.images.loc[tested, "name"])), []).append(arm)
    return list(found.values())


def without_constant(rows: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The table without columns that say nothing of any network or the same in every row, and
    what those said."""
    networks = rows[rows["arm"].str.startswith("**")]
    empty = [c for c in rows if (networks[c] == "–").all()]
    there = [c for c in ("images", "seeds", "device") if c in rows and c not in empty]
    same = [c for c in there if rows[c].replace("–", np.nan).nunique() == 1]
    said = [f"{c}: {next(v for v in rows[c] if v != '–')}" for c in same]
    return rows.drop(columns=[*empty, *same]), "; ".join(said)


def scale_sections(stored: Stored, report: Report) -> str:
    """Measures and cost for each scale that has been run, the largest first."""
    parts: list[str] = []
    judged = list(judged_tables(stored, report))
    for scale in dict.fromkeys(table.scale for table in judged):
        at_scale = stored.at(scale)
        arms = report.arms_among(run.arm for run in at_scale.runs)
        for table in (table for table in judged if table.scale == scale):
            if not table.place:
                parts.append(f"### {table.heading}\n")
            parts += [f"{tables.capitalized(table.images)}.\n", tables.markdown(table.rows)]
        if on_the_way := snapshots_table(at_scale, arms, list(report.measures)):
            parts += [f"### Scale {scale}: test images, on the way\n", on_the_way]
        parts += [f"### Scale {scale}: cost\n", cost_table(at_scale, arms)]
    return "\n".join(parts) or "No results yet.\n"


def cost_table(stored: Stored, arms: Iterable[Arm]) -> str:
    """Parameters, MACs, time and device of each arm's runs."""
    lines = []
    for arm in arms:
        for run in stored.of(arm.name)[:1]:
            lines.append(
                {
                    "arm": arm.name,
                    **_speed(run),
                    "precision": run.environment["precision"],
                    "minutes": f"{run.cost['train_seconds'] / 60:.1f}",
                    "device": run.environment["device"],
                }
            )
    return tables.markdown(pd.DataFrame(lines)) if lines else "No results yet.\n"
