"""What else the stored runs of report 001 tell."""

import numpy as np

from colorization.evidence.quantities import Epochs, PerRun
from colorization.results.runs import StoredRun
from colorization.results.stored import Stored

SHAPES = ["white", "triangle", "square", "pentagon", "hexagon"]


def as_the_authors_plotted(epochs) -> tuple:
    """Figure 4's two curves from true mean losses.

    The notebook divides sums over batches by image counts (20 batches, 200 images; 10 batches,
    100 images), and does not reset the accumulator before validation, so that the training sum is
    in the validation loss as well.
    """
    train, val = epochs["loss"].to_numpy(), epochs["val_loss"].to_numpy()
    return 20 * train / 200, (20 * train + 10 * val) / 100


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


def shapes_right(run: StoredRun) -> float:
    """Share of the test pixels of shapes whose colour is nearest to the shape's own."""
    counts = np.array(run.splits["test"]["confusion"], float)[1:]
    return np.trace(counts[:, 1:]) / counts.sum()


def hexagons_and_squares(run: StoredRun) -> float:
    """Share of the test pixels of squares and hexagons that were given the other's colour."""
    counts = np.array(run.splits["test"]["confusion"], float)
    square, hexagon = SHAPES.index("square"), SHAPES.index("hexagon")
    swapped = counts[square, hexagon] + counts[hexagon, square]
    return swapped / (counts[square].sum() + counts[hexagon].sum())


def confused(arm: str) -> PerRun:
    """Share of an arm's test pixels of squares and hexagons that got the other's colour."""
    return PerRun(
        arm, "pixels of hexagons and squares confused", hexagons_and_squares, form="{:.1%}"
    )


def of_all_pixels(what: str, value) -> Epochs:
    """What the authors called accuracy, of the forms at 56 px in the last tenth of the epochs."""
    return Epochs("forms-56", what, value, window="last", form="{:.1%}")


def accuracy_gap(epochs):
    """Training accuracy over validation accuracy, epoch by epoch."""
    return epochs["accuracy"] - epochs["val_accuracy"]
