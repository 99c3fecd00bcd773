"""What the adversarial reports draw and say alike: loss curves, arms side by side, epochs."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from colorization import figures, tables
from colorization.results import StoredRun
from experiments.claims import WINNING, PerRun
from experiments.render import Figure, Grid, short
from experiments.stored import Stored, run_note, snapshots, source_note

CHANCE = 0.55  # D accuracy: one that is right no more often tells nothing apart
# Columns of the adversarial reports' tables.
MEASURES = (
    *("ab_mae", "ciede2000", "psnr", "ssim", "auc", "chroma_ratio", "colourfulness"),
    *("edge_f1", "bleed"),
)
COMPARED = ("ab_mae", "ciede2000", "chroma_ratio")
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


def gan_grids(name: str, arm: str, title: str, rules=("random",), split: str = "test"):
    """Grids of an arm's test images, one for each rule of `results.SAMPLE_RULES`."""
    said = {
        "random": "drawn at random",
        "best": "best",
        "worst": "worst",
        "miscoloured": "wrong colours inside right edges",
    }
    for rule in rules:
        suffix = "" if rule == rules[0] else f"-{rule}"
        yield Grid(f"{name}{suffix}", arm, f"{split}-{rule}", f"{title}, {said[rule]}")


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
        panels = [
            {
                "title": "generator",
                "series": series(run, G_LOSSES),
                "y_label": "loss",
                "log_y": far_apart(series(run, G_LOSSES)),
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
        figures.curve_panels(path, panels, title=self.title, note=run_note(run))
        return True


@dataclass(frozen=True)
class LossesCompared(Figure):
    """A panel for each loss of an adversarial run with a line for each arm, at the scale of the
    first."""

    name: str
    arms: tuple[str, ...]
    title: str

    def draw(self, path: Path, stored: Stored) -> bool:
        first = stored.first(self.arms[0])
        if first is None:
            return False
        runs = _runs(stored.at(first.scale), self.arms)
        panels = []
        for column in ("loss_G_GAN", "loss_G_L1", "loss_D"):
            lines = {arm: series(run, (column,)).get(LABELS[column]) for arm, run in runs.items()}
            found = {arm: line for arm, line in lines.items() if line}
            panels.append({"title": LABELS[column], "series": found, "y_label": "loss"})
        note = f"scale {first.scale}, seed {first.seed}; after the pretraining where there is one"
        figures.curve_panels(path, panels, title=self.title, note=note)
        return True


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


def _bands(run: StoredRun, sample: str) -> dict[str, np.ndarray]:
    """The rows of tiles of a stored grid by their labels."""
    labels = run.samples[sample]["rows"]
    return dict(zip(labels, np.split(run.sample_mosaic(sample), len(labels)), strict=True))


def _stack(
    path, bands: dict[str, np.ndarray], title: str, run: StoredRun, sample: str, note: str, across
):
    """Draw bands of tiles, label -> tiles, of the images of a stored grid: as rows, or across."""
    entry = run.samples[sample]
    names, tiles = [short(name) for name in entry["names"]], list(bands.values())
    if across:
        tiles = [np.concatenate(np.split(band, len(names), axis=1)) for band in tiles]
    figures.image_grid(
        path,
        np.concatenate(tiles, axis=1 if across else 0),
        rows=names if across else list(bands),
        columns=list(bands) if across else names,
        title=title,
        note=f"{entry['rule']}; {note}\n{source_note(run, sample)}",
    )


@dataclass(frozen=True)
class Compared(Figure):
    """The same images coloured by several arms, at the largest scale of the first.

    Args:
        original: show the photographs as they were.
        across: an arm is a column; else a row.
        label: (run) to the text beside what it coloured; by default its arm.
    """

    name: str
    arms: tuple[str, ...]
    sample: str
    title: str
    original: bool = True
    across: bool = False
    label: Callable[[StoredRun], str] = lambda run: run.arm

    def shows(self, arm: str) -> set[str]:
        return {self.sample} if arm in self.arms else set()

    def draw(self, path: Path, stored: Stored) -> bool:
        first = stored.first(self.arms[0])
        if first is None or self.sample not in first.samples:
            return False
        names, own = first.samples[self.sample]["names"], _bands(first, self.sample)
        bands = {"gray": own["gray"]}
        for arm in self.arms:
            run = next((r for r in stored.of(arm) if r.scale == first.scale), None)
            if run is None or run.samples.get(self.sample, {}).get("names") != names:
                continue
            bands[self.label(run)] = _bands(run, self.sample)["re-coloured"]
        if self.original:
            bands["original"] = own["original"]
        note = f"scale {first.scale}, seed {first.seed}"
        _stack(path, bands, self.title, first, self.sample, note, self.across)
        return True


@dataclass(frozen=True)
class OverEpochs(Figure):
    """The same test images as coloured after each snapshot's epoch and at the end."""

    name: str
    arm: str
    title: str

    def shows(self, arm: str) -> set[str]:
        return {"test-random", "test@*-random"} if arm == self.arm else set()

    def draw(self, path: Path, stored: Stored) -> bool:
        run = stored.first(self.arm)
        if run is None:
            return False
        own = _bands(run, "test-random")
        bands = {"gray": own["gray"]}
        for epoch, sample in snapshots(run).items():
            bands[f"epoch {epoch}"] = _bands(run, f"{sample}-random")["re-coloured"]
        bands[f"epoch {run.last_epoch}"] = own["re-coloured"]
        bands["original"] = own["original"]
        _stack(path, bands, self.title, run, "test-random", run_note(run), across=False)
        return True


def measured(run: StoredRun, split: str, measures=COMPARED) -> str:
    means = run.means(split)
    return ", ".join(
        f"{tables.MEASURES[name][0]} {tables.number(name, means[name])}" for name in measures
    )


def _runs(stored: Stored, arms: Iterable[str]) -> dict[str, StoredRun]:
    found = {arm: stored.first(arm) for arm in arms}
    return {arm: run for arm, run in found.items() if run is not None}


def _every_run(stored: Stored, arms: Iterable[str]) -> list[StoredRun]:
    return [run for arm in arms for run in stored.of(arm)]


def health(stored: Stored, arms: Iterable[str]) -> list[str]:
    """Of each run, whether the discriminator won, and what became of the colours."""
    parts = []
    for run in _every_run(stored, arms):
        epochs = run.epochs
        last = epochs.iloc[-1]
        parts.append(
            f"{run.arm}, seed {run.seed}: D accuracy at the end {last['D_accuracy']:.0%}, above "
            f"{WINNING:.0%} in {won(epochs).mean():.0%} of the epochs, mean p(real) of generated "
            f"images {last['D_fake']:.2f}; {measured(run, 'test')}"
        )
    return parts


def weak_discriminator(*arms: str) -> Callable[[Stored], str]:
    """For claims on GANs without a loss on pixels: whether a discriminator was too weak to guide.

    Returns:
        (stored results) to why they decide nothing: in a run of `arms` the discriminator was right
        in no more than 55 % of its answers in most epochs. "" if there is no such run.
    """

    def why(stored: Stored) -> str:
        for run in _every_run(stored, arms):
            weak = (run.epochs["D_accuracy"] <= CHANCE).mean()
            if weak > 0.5:
                return (
                    f"in {run.arm}, seed {run.seed}, the discriminator hardly told real from "
                    f"generated images (accuracy at most {CHANCE:.0%} in {weak:.0%} of the "
                    "epochs), so that it guided its generator nowhere"
                )
        return ""

    return why


def epoch_seconds(arm: str) -> PerRun:
    """Median seconds of an epoch against the discriminator, without those of a pretraining."""

    def seconds(run: StoredRun) -> float:
        return run.epochs.loc[run.epochs["loss_D"].notna(), "seconds"].median()

    return PerRun(arm, "seconds an epoch", seconds)


def timed_apart(*arms: str) -> Callable[[Stored], str]:
    """For claims on time: (stored results) to why they decide nothing, or "".

    The runs of `arms` are not all of one device.
    """

    def why(stored: Stored) -> str:
        devices = {run.environment["device"] for run in _every_run(stored, arms)}
        if len(devices) == 1:
            return ""
        return f"its runs were timed on different devices: {'; '.join(sorted(devices))}"

    return why


def random_weights(arm: str) -> Callable[[Stored], str]:
    """For claims on a pretrained network: (stored results) to why they cannot answer, or ""."""

    def why(stored: Stored) -> str:
        if stored.first(arm).config["network"].get("weights") == "imagenet":
            return ""
        return "its ResNet-18 started from random weights here, not from those of ImageNet"

    return why


def compared_cost(stored: Stored, arms: Iterable[str]) -> list[str]:
    return [
        f"{arm}: {run.measures['macs'] / 1e9:.3f} G MACs forward, "
        f"{run.measures['images_per_second']:.0f} images/s, "
        f"{run.measures['train_seconds'] / 60:.1f} min in all"
        for arm, run in _runs(stored, arms).items()
    ]


def outputs(stored: Stored, arm: str = "literal") -> list[str]:
    """Where the outputs of a last layer without bounds lie, and the loss."""
    run = stored.first(arm)
    found = run.measures["outputs"]
    losses = run.epochs["loss_G_MSE"]
    return [
        f"MSE {losses.iloc[0]:.4f} → {losses.iloc[-1]:.4f}",
        f"{found['share_above_white']:.2%} of the test images' values lie above white",
        f"{found['constant_channels']} of 3 channels dead",
    ]


def same_weights(stored: Stored, arms: tuple[str, str]) -> list[str]:
    """Whether two arms ended with the same network, to the bit."""
    one, other = (stored.first(arm) for arm in arms)
    same = one.measures["weights_sha256"] == other.measures["weights_sha256"]
    verdict = "the same weights to the bit" if same else "different weights"
    return [f"{arms[0]} and {arms[1]} end with {verdict} ({measured(other, 'test')})"]


def near_gray(run: StoredRun) -> float:
    """Share of images without colour among those prepared."""
    counts = run.measures["counts"]
    return counts["near_gray"] / counts["images"]


def won(epochs):
    """Whether the discriminator won, epoch by epoch."""
    return epochs["D_accuracy"] > WINNING
