"""A run to do, and where runs and results lie."""

from dataclasses import dataclass, replace
from pathlib import Path

from colorization.errors import RunUnusable
from colorization.reproduction.report import Arm, Report
from colorization.training.config import TrainingConfig


@dataclass(frozen=True)
class Places:
    """Where things lie.

    Args:
        runs: of run folders, `<report>/<scale>/<arm>/seed-<n>` below it.
        results: of stored results; see `colorization.results.store`.
    """

    runs: Path
    results: Path


@dataclass(frozen=True)
class Job:
    """One run of an arm.

    Args:
        report, arm, scale, seed: which.
        precision: instead of the arm's own, or None.
    """

    report: Report
    arm: Arm
    scale: str
    seed: int
    precision: str | None = None

    def __str__(self) -> str:
        return f"{self.report.key} {self.arm.name}, scale {self.scale}, seed {self.seed}"

    @property
    def config(self) -> TrainingConfig:
        """The arm's configuration at the scale."""
        config = self.report.scaled(self.arm, self.scale)
        return replace(config, precision=self.precision) if self.precision else config

    @property
    def trainer(self) -> "Job":
        """The job that trains the network: another arm's where this one only judges it."""
        if not self.arm.trained_by:
            return self
        arm = self.report.arm(self.arm.trained_by).variant(dict(self.arm.settings))
        return replace(self, arm=arm)

    @property
    def snapshot(self) -> int | None:
        """The epoch, at this scale, after which the network is judged; None for its end."""
        if not self.arm.snapshot:
            return None
        place = self.trainer.arm.config.snapshots.index(self.arm.snapshot)
        snapshots = self.trainer.config.snapshots
        if place >= len(snapshots):
            raise RunUnusable("it judges a network after more epochs than are set; set more")
        return snapshots[place]

    def folder(self, runs: Path) -> Path:
        """Its run folder."""
        return runs / self.report.key / self.scale / self.arm.name / f"seed-{self.seed}"
