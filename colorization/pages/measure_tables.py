"""Tables of measures and cost, an arm a row beside the baselines."""

from collections.abc import Iterable, Iterator

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
        counts = image_counts(runs[0], "test" if split == "train" else split)
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
    """The set that a run was judged on, its size in pixels, and how many images train and test.

    A further test set is named by itself, and what trained the network beside it.
    """
    size, judged = run.config["recipe"]["size"], run.splits[split]["images"]
    trained = run.data["training_images"]
    if further := run.data["further_sets"].get(split):
        return (
            f"{further['title']}, {size} px, {judged}; trained on {trained} of {run.data['source']}"
        )
    return f"{run.data['source']}, {size} px, {trained} / {judged}"


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


def judged_tables(stored: Stored, report: Report) -> Iterator[tuple[str, str, str, pd.DataFrame]]:
    """(scale, split, heading, `measures_rows`) of all that arms were judged on.

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
            rows = measures_rows(at_scale, arms, report.measures, split, cost)
            if not rows.empty:
                yield scale, split, f"Scale {scale}: {name}", rows


def without_constant(rows: pd.DataFrame) -> pd.DataFrame:
    """The table without the columns that say the same in every row; `attrs["said"]` has what."""
    there = [c for c in ("images", "seeds", "device") if c in rows]
    same = [c for c in there if rows[c].replace("–", np.nan).nunique() <= 1]
    said = [f"{c}: {next(v for v in rows[c] if v != '–')}" for c in same]
    result = rows.drop(columns=same)
    result.attrs["said"] = "; ".join(said)
    return result


def scale_sections(stored: Stored, report: Report) -> str:
    """Measures and cost for each scale that has been run, the largest first."""
    parts: list[str] = []
    judged = list(judged_tables(stored, report))
    for scale in dict.fromkeys(scale for scale, *_ in judged):
        at_scale = stored.at(scale)
        arms = report.arms_among(run.arm for run in at_scale.runs)
        for _, _, heading, rows in (table for table in judged if table[0] == scale):
            parts += [f"### {heading}\n", tables.markdown(rows)]
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
