"""What only report 001 draws and says: its loss accumulator, class bars, shapes."""

from pathlib import Path

import numpy as np

from colorization.pages.figures import Grid
from colorization.results.runs import StoredRun
from colorization.results.stored import Stored, run_note, source_note

SHAPES = ["white", "triangle", "square", "pentagon", "hexagon"]


def as_the_authors_plotted(epochs) -> tuple:
    """Figure 4's two curves from true mean losses.

    The notebook divides sums over batches by image counts (20 batches, 200 images; 10 batches,
    100 images), and does not reset the accumulator before validation, so that the training sum is
    in the validation loss as well.
    """
    train, val = epochs["loss"].to_numpy(), epochs["val_loss"].to_numpy()
    return 20 * train / 200, (20 * train + 10 * val) / 100


def regression_losses(path: Path, stored: Stored) -> bool:
    from colorization.pages import line_charts

    run = stored.first("regression")
    if run is None:
        return False
    x = run.epochs["epoch"].to_numpy()
    plotted_train, plotted_val = as_the_authors_plotted(run.epochs)
    constant = _constant_mean(stored, run)
    line_charts.curve_panels(
        path,
        [
            {
                "title": "as the authors plotted it",
                "series": {"training": (x, plotted_train), "validation": (x, plotted_val)},
                "y_label": "accumulated loss",
            },
            {
                "title": "true mean squared error",
                "series": {
                    "training": (x, run.epochs["loss"].to_numpy()),
                    "validation": (x, run.epochs["val_loss"].to_numpy()),
                },
                "y_label": "MSE of ab [Lab²]",
                "references": constant,
            },
        ],
        title="Figure 4: losses of the regression",
        note=run_note(run),
    )
    return True


def _constant_mean(stored: Stored, run: StoredRun) -> dict[str, float]:
    value = stored.baselines(run, "val").get("mean-ab", {}).get("ab_mse")
    return {f"training mean ab: {value:.0f}": value} if value else {}


def class_bars(path: Path, stored: Stored) -> bool:
    from colorization.pages import line_charts

    run = stored.first("weighted")
    if run is None:
        return False
    weights = run.class_weights
    panels = [
        ("before smoothing", "probability", weights["prior"]),
        ("after smoothing", "probability", weights["smoothed"]),
        ("weights", "weight", weights["weight"]),
    ]
    line_charts.bars(
        path,
        [
            {"title": title, "x_label": "ab bin", "y_label": label, "values": values.to_numpy()}
            for title, label, values in panels
        ],
        title="Figure 3: class probabilities and weights of the Berkeley training set",
        note=f"{source_note(run)}; smoothed over the class index, as the authors ran it",
    )
    return True


def confusion(path: Path, stored: Stored) -> bool:
    """Confusion between shapes of every arm on form images."""
    from colorization.pages import confusion_matrices

    arms = dict.fromkeys(run.arm for run in stored.runs)
    runs = [run for run in map(stored.first, arms) if "confusion" in run.splits["test"]]
    if not runs:
        return False
    confusion_matrices.confusion(
        path,
        {f"{run.arm}, {run.scale}": np.array(run.splits["test"]["confusion"]) for run in runs},
        SHAPES,
        title="Pixels of each shape by the colour they were given (test images)",
        note="; ".join(f"{run.arm}: scale {run.scale}, seed {run.seed}" for run in runs),
    )
    return True


def majority(split: str):
    """Accuracy of always answering with the most frequent bin, as a line in accuracy plots."""

    def references(stored, run):
        share = stored.baselines(run, split).get("gray", {}).get("majority")
        return {f"most frequent bin: {share:.1%}": share} if share else {}

    return references


def grids(figure: str, arm: str, what: str, samples=("test-random", "test-best", "test-worst")):
    titles = {
        "train-random": "training images",
        "test-random": "test images",
        "test-best": "the five best test images",
        "test-worst": "the five worst test images",
    }
    for sample in samples:
        suffix = "" if sample.endswith("random") else f"-{sample.split('-')[1]}"
        number = int(figure.removeprefix("fig"))
        yield Grid(f"{figure}{suffix}", arm, sample, f"Figure {number}: {what}, {titles[sample]}")


def losses(run: StoredRun) -> list[str]:
    epochs = run.epochs
    train, val = epochs["loss"], epochs["val_loss"]
    lowest = val.idxmin()
    return [
        f"seed {run.seed}: training MSE {train.iloc[0]:.0f} → {train.iloc[-1]:.1f}; validation MSE "
        f"{val.iloc[0]:.0f} → {val.iloc[-1]:.0f}, lowest {val[lowest]:.0f} after epoch "
        f"{epochs['epoch'][lowest]}",
        "the falling validation curve of the report contains the training loss (see figure 4)",
    ]


def accuracies(stored: Stored, arm: str) -> list[str]:
    run = stored.first(arm)
    last = run.epochs.iloc[-1]
    majority = stored.baselines(run, "val")["gray"]["majority"]
    return [
        f"seed {run.seed}, last epoch: training {last['accuracy']:.1%}, validation "
        f"{last['val_accuracy']:.1%}; the most frequent bin alone {majority:.1%}"
    ]


def shapes(stored: Stored, arm: str) -> str:
    """Of each shape's test pixels, the share given its colour, and the most frequent wrong one;
    of all seeds together."""
    counts = np.sum([run.splits["test"]["confusion"] for run in stored.of(arm)], axis=0)
    shares = counts / counts.sum(axis=1, keepdims=True)
    parts = []
    for i, shape in enumerate(SHAPES[1:], start=1):
        wrong = max((j for j in range(1, len(SHAPES)) if j != i), key=lambda j: shares[i, j])
        parts.append(f"{shape} {shares[i, i]:.0%} right, {shares[i, wrong]:.0%} {SHAPES[wrong]}")
    return ", ".join(parts)


def hexagons_and_squares(run: StoredRun) -> float:
    """Share of the test pixels of squares and hexagons that were given the other's colour."""
    counts = np.array(run.splits["test"]["confusion"], float)
    square, hexagon = SHAPES.index("square"), SHAPES.index("hexagon")
    swapped = counts[square, hexagon] + counts[hexagon, square]
    return swapped / (counts[square].sum() + counts[hexagon].sum())
