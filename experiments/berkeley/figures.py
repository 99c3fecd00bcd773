"""What is drawn of report 001."""

from pathlib import Path

import numpy as np

from colorization.pages.figures import Curves, Custom, Diagram, Grid
from colorization.results.runs import StoredRun
from colorization.results.stored import Stored, by_epoch, run_note, source_note, titled
from experiments.berkeley.arms import forms_112_light, regression, unweighted
from experiments.berkeley.observed import SHAPES, as_the_authors_plotted


def regression_losses(path: Path, stored: Stored) -> bool:
    from colorization.pages import line_charts

    runs = stored.of("regression")
    if not runs:
        return False
    as_plotted = {
        label: by_epoch(runs, lambda epochs, n=n: as_the_authors_plotted(epochs)[n])
        for n, label in enumerate(("training", "validation"))
    }
    true = {"training": by_epoch(runs, "loss"), "validation": by_epoch(runs, "val_loss")}
    line_charts.curve_panels(
        path,
        [
            {
                "title": "as the authors plotted it",
                "series": as_plotted,
                "y_label": "accumulated loss",
            },
            {
                "title": "true mean squared error",
                "series": true,
                "y_label": "MSE of ab [Lab²]",
                "references": _constant_mean(stored, runs[0]),
            },
        ],
        title=titled("Figure 4: losses of the regression", runs[0]),
        note=run_note(*runs),
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
        title=titled("Figure 3: class probabilities and weights of the Berkeley training set", run),
        note=f"{source_note(run)}; smoothed over the class index, as the authors ran it",
    )
    return True


def confusion(path: Path, stored: Stored) -> bool:
    """Confusion between shapes of every arm on form images, over all its seeds."""
    from colorization.pages import confusion_matrices

    arms = dict.fromkeys(run.arm for run in stored.runs)
    found = [runs for runs in map(stored.of, arms) if "confusion" in runs[0].splits["test"]]
    if not found:
        return False
    confusion_matrices.confusion(
        path,
        {
            f"{runs[0].arm}, {runs[0].scale}, {len(runs)} seed{'s' * (len(runs) > 1)}": np.array(
                [run.splits["test"]["confusion"] for run in runs]
            )
            for runs in found
        },
        SHAPES,
        title="Pixels of each shape by the colour they were given (test images)",
        note="a row is of one shape's pixels, the mean of its shares over all seeds of the arm",
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


FIGURES = (
    Diagram("fig01", regression, "Figure 1: the regression network"),
    Diagram("fig02", unweighted, "Figure 2: the classification network"),
    Diagram("fig02-light", forms_112_light, "The light classification network of figure 14"),
    Custom("fig03", "Figure 3: class probabilities and weights", class_bars),
    Custom("fig04", "Figure 4: losses of the regression", regression_losses),
    *grids("fig05", "regression", "regression", ["train-random"]),
    *grids("fig06", "regression", "regression"),
    Curves(
        "fig07",
        "unweighted",
        "accuracy",
        "pixels in the right bin [%]",
        "Figure 7: accuracy of the classification",
        percent=True,
        references=majority("val"),
    ),
    *grids("fig08", "unweighted", "classification", ["train-random"]),
    *grids("fig09", "unweighted", "classification"),
    Curves(
        "fig10",
        "weighted",
        "accuracy",
        "pixels in the right bin [%]",
        "Figure 10: accuracy of the rebalanced classification",
        percent=True,
        references=majority("val"),
    ),
    *grids("fig11", "weighted", "rebalanced classification"),
    Curves(
        "fig12",
        "forms-56",
        "accuracy",
        "pixels in the right bin [%]",
        "Figure 12: accuracy on the form images",
        percent=True,
        references=majority("val"),
    ),
    *grids("fig13", "forms-56", "forms at 56 px"),
    *grids("fig14", "forms-112-light", "forms at 112 px, light network"),
    Custom("forms-confusion", "Which shape's colour the forms were given", confusion),
)
