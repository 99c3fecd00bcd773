"""Losses and the discriminator's answers by epoch."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from colorization.evidence.observations import first_runs
from colorization.pages.figures import Figure
from colorization.results.runs import StoredRun
from colorization.results.stored import Stored, run_note

G_LOSSES = ("loss", "loss_G", "loss_G_GAN", "loss_G_L1", "loss_G_MSE", "loss_G_cycle")

LABELS = {
    "loss": "L1 of the pretraining",
    "loss_G": "G",
    "loss_G_GAN": "G, GAN",
    "loss_G_L1": "G, λ L1",
    "loss_G_MSE": "G, λ MSE",
    "loss_G_cycle": "G, λ cycle",
    "loss_D": "D",
    "loss_D_real": "D, real",
    "loss_D_fake": "D, generated",
    "D_accuracy": "accuracy",
    "D_real": "p(real), real images",
    "D_fake": "p(real), generated images",
}


@dataclass(frozen=True)
class LossCurves(Figure):
    """Losses of generator and discriminator, and the discriminator's answers, by epoch."""

    name: str
    arm: str
    title: str

    def draw(self, path: Path, stored: Stored) -> bool:
        run = stored.first(self.arm)
        if run is None:
            return False
        draw_losses(path, run, self.title)
        return True


@dataclass(frozen=True)
class LossesCompared(Figure):
    """A panel for each loss of an adversarial run with a line for each arm, at the scale of the
    first."""

    name: str
    arms: tuple[str, ...]
    title: str

    def draw(self, path: Path, stored: Stored) -> bool:
        from colorization.pages import line_charts

        first = stored.first(self.arms[0])
        if first is None:
            return False
        runs = first_runs(stored.at(first.scale), self.arms)
        panels = []
        for column in ("loss_G_GAN", "loss_G_L1", "loss_D"):
            lines = {arm: series(run, (column,)).get(LABELS[column]) for arm, run in runs.items()}
            found = {arm: line for arm, line in lines.items() if line}
            panels.append({"title": LABELS[column], "series": found, "y_label": "loss"})
        note = f"scale {first.scale}, seed {first.seed}; after the pretraining where there is one"
        line_charts.curve_panels(path, panels, title=self.title, note=note)
        return True


def draw_losses(path: Path, run: StoredRun, title: str | None = None) -> None:
    """Draw what a run logged: a panel each for its players, or one for training and validation."""
    from colorization.pages import line_charts

    adversarial = "loss_D" in run.epochs
    panels = _of_players(run) if adversarial else [_of_training(run)]
    line_charts.curve_panels(path, panels, title=title, note=run_note(run) if title else None)


def _of_players(run: StoredRun) -> list[dict]:
    losses = series(run, G_LOSSES)
    return [
        {
            "title": "generator",
            "series": losses,
            "y_label": "loss",
            "log_y": far_apart(losses),
        },
        {
            "title": "discriminator",
            "series": series(run, ("loss_D", "loss_D_real", "loss_D_fake")),
            "y_label": "loss",
        },
        {
            "title": "answers of the discriminator",
            "series": series(run, ("D_accuracy", "D_real", "D_fake")),
            "y_label": "share, probability",
            "y_limits": (0.0, 1.0),
        },
    ]


def _of_training(run: StoredRun) -> dict:
    x = run.epochs["epoch"].to_numpy()
    columns = {"training": "loss", "validation": "val_loss"}
    lines = {k: (x, run.epochs[c].to_numpy()) for k, c in columns.items() if c in run.epochs}
    return {"series": lines, "y_label": "loss", "log_y": far_apart(lines)}


def series(run: StoredRun, columns: Iterable[str]) -> dict:
    """Label -> (epochs, values) of the columns that a run logged, where they are not all zero."""
    found = {}
    for column in columns:
        if column in run.epochs and run.epochs[column].fillna(0).abs().max() > 0:
            rows = run.epochs[run.epochs[column].notna()]
            found[LABELS[column]] = (rows["epoch"].to_numpy(), rows[column].to_numpy())
    return found


def far_apart(lines: dict) -> bool:
    """Whether label -> (x, y) wants a logarithmic axis: y spans more than a factor of 20."""
    values = np.concatenate([y for _, y in lines.values()])
    return values.min() > 0 and values.max() / values.min() > 20
