"""Losses and the discriminator's answers by epoch."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from colorization.pages.figures import Figure
from colorization.results.runs import StoredRun
from colorization.results.stored import Stored, by_epoch, run_note, seeds_said, titled

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
    """Losses of generator and discriminator, and the discriminator's answers, by epoch: the mean
    over the arm's seeds."""

    name: str
    arm: str
    title: str

    def draw(self, path: Path, stored: Stored) -> bool:
        runs = stored.of(self.arm)
        if not runs:
            return False
        draw_losses(path, runs, titled(self.title, runs[0]))
        return True


@dataclass(frozen=True)
class LossesCompared(Figure):
    """A panel for each loss of an adversarial run with a line for each arm, at the scale of the
    first; epochs of a pretraining are not counted."""

    name: str
    arms: tuple[str, ...]
    title: str

    def draw(self, path: Path, stored: Stored) -> bool:
        from colorization.pages import line_charts

        first = stored.first(self.arms[0])
        if first is None:
            return False
        at_scale = stored.at(first.scale)
        arms = {arm: runs for arm in self.arms if (runs := at_scale.of(arm))}
        before = {arm: _pretraining(runs[0]) for arm, runs in arms.items()}
        panels = []
        for column in ("loss_G_GAN", "loss_G_L1", "loss_D"):
            lines = {arm: series(runs, (column,)).get(LABELS[column]) for arm, runs in arms.items()}
            found = {arm: (x - before[arm], *y) for arm, (x, *y) in lines.items()}
            label = "epoch against the discriminator"
            panel = {"title": LABELS[column], "series": found, "y_label": "loss", "x_label": label}
            panels.append(panel)
        notes = [f"{arm}: {seeds_said(runs)}" for arm, runs in arms.items()]
        notes += [f"{arm} learned L1 alone for {n} epochs before" for arm, n in before.items() if n]
        title = titled(self.title, first)
        line_charts.curve_panels(path, panels, title=title, note="; ".join(notes))
        return True


def _pretraining(run: StoredRun) -> int:
    """Epochs before those against the discriminator."""
    return int(run.epochs.loc[run.epochs["loss_D"].notna(), "epoch"].min()) - 1


def draw_losses(path: Path, runs: Sequence[StoredRun], title: str | None = None) -> None:
    """Draw what an arm's runs logged: a panel each for its players, or one for training and
    validation."""
    from colorization.pages import line_charts

    adversarial = "loss_D" in runs[0].epochs
    panels = _of_players(runs) if adversarial else [_of_training(runs)]
    line_charts.curve_panels(path, panels, title=title, note=run_note(*runs) if title else None)


def _of_players(runs: Sequence[StoredRun]) -> list[dict]:
    losses = _once(series(runs, G_LOSSES))
    return [
        {
            "title": "generator",
            "series": losses,
            "y_label": "loss",
            "log_y": far_apart(losses),
        },
        {
            "title": "discriminator",
            "series": series(runs, ("loss_D", "loss_D_real", "loss_D_fake")),
            "y_label": "loss",
        },
        {
            "title": "answers of the discriminator",
            "series": series(runs, ("D_accuracy", "D_real", "D_fake")),
            "y_label": "share, probability",
            "y_limits": (0.0, 1.0),
        },
    ]


def _of_training(runs: Sequence[StoredRun]) -> dict:
    columns = {"training": "loss", "validation": "val_loss"}
    lines = {k: by_epoch(runs, c) for k, c in columns.items() if c in runs[0].epochs}
    return {"series": lines, "y_label": "loss", "log_y": far_apart(lines)}


def series(runs: Sequence[StoredRun], columns: Iterable[str]) -> dict[str, tuple]:
    """Label -> `by_epoch` of the columns that the runs logged, where they are not all zero."""
    logged = runs[0].epochs
    there = [c for c in columns if c in logged and logged[c].fillna(0).abs().max() > 0]
    return {LABELS[column]: by_epoch(runs, column) for column in there}


def _once(lines: dict[str, tuple]) -> dict[str, tuple]:
    """The lines without a sum that has one term alone, and so is that term."""
    whole = LABELS["loss_G"]
    parts = [line for label, line in lines.items() if label not in (whole, LABELS["loss"])]
    return {k: v for k, v in lines.items() if k != whole or len(parts) != 1}


def far_apart(lines: dict[str, tuple]) -> bool:
    """Whether label -> (x, y, ...) wants a logarithmic axis: y spans more than a factor of 5."""
    values = np.concatenate([y for _, *ys in lines.values() for y in ys])
    return values.min() > 0 and values.max() / values.min() > 5
