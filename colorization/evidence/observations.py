"""What else stored runs tell: who won, same weights, random weights, cost."""

from collections.abc import Callable, Iterable
from statistics import median

from colorization.results.measures import MEASURES
from colorization.results.runs import StoredRun
from colorization.results.stored import Stored
from colorization.serialization import initial_weights

WINNING = 0.95  # a discriminator's accuracy over an epoch above which it has won

CHANCE = 0.55  # D accuracy: one that is right no more often tells nothing apart

COMPARED = ("ab_mae", "ciede2000", "chroma_ratio")


# Why a claim on realistic or plausible colours is not judged.
NO_REALISM = (
    "not judged yet by colour distance and told apart, which ask whether colours are plausible: "
    "CIEDE2000 and ab MAE ask for the original's, and have little against gray"
)

# Nor one on sharp edges and fine detail.
NO_EDGES = "not judged yet by edge agreement: edge F1, which it replaces, is passed by noise"


def measured(run: StoredRun, split: str, measures=COMPARED) -> str:
    """Means of some measures over a split, in words."""
    means = run.means(split)
    return ", ".join(
        f"{MEASURES[name].name} {MEASURES[name].text(means[name])}" for name in measures
    )


def first_runs(stored: Stored, arms: Iterable[str]) -> dict[str, StoredRun]:
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


def fewer_epochs(arm: str, epochs: int) -> Callable[[Stored], str]:
    """For claims on what training comes to in the end: why stored results cannot answer, or ""."""

    def why(stored: Stored) -> str:
        found = stored.first(arm).config["epochs"]
        return "" if found >= epochs else f"{found} epochs are not the report's {epochs}"

    return why


def patch_is_image(arm: str, field: int) -> Callable[[Stored], str]:
    """For claims on a patch of `field` pixels: why stored results cannot answer, or ""."""

    def why(stored: Stored) -> str:
        size = stored.first(arm).config["recipe"]["size"]
        return "" if size > field else f"a field of {field} px sees all of an image of {size} px"

    return why


def random_weights(arm: str) -> Callable[[Stored], str]:
    """For claims on a pretrained network: (stored results) to why they cannot answer, or ""."""

    def why(stored: Stored) -> str:
        if initial_weights(stored.first(arm).config) == "imagenet":
            return ""
        return "its ResNet-18 started from random weights here, not from those of ImageNet"

    return why


def compared_cost(stored: Stored, arms: Iterable[str]) -> list[str]:
    """Of each arm, what its network takes, and what a step did where arms took turns."""
    found = []
    for arm, run in first_runs(stored, arms).items():
        said = f"{arm}: {run.cost['macs'] / 1e9:.3f} G MACs forward"
        rounds = stored.turns(run.scale)
        if arm in rounds:
            said += f", {1000 * median(rounds[arm]):.1f} ms a training image (median of "
            said += f"{len(rounds[arm])} rounds in turns, {stored.timed_on(run.scale)})"
        found.append(said)
    return found


def outputs(stored: Stored, arm: str = "literal") -> list[str]:
    """Where the outputs of a last layer without bounds lie, and the loss."""
    run = stored.first(arm)
    found = run.facts["network"]["outputs"]
    losses = run.epochs["loss_G_MSE"]
    return [
        f"MSE {losses.iloc[0]:.4f} → {losses.iloc[-1]:.4f}",
        f"{found['share_above_white']:.2%} of the test images' values lie above white",
        f"{found['constant_channels']} of 3 channels dead",
    ]


def same_weights(stored: Stored, arms: tuple[str, str]) -> list[str]:
    """Whether two arms ended with the same network, to the bit; nothing if one was not run."""
    one, other = (stored.first(arm) for arm in arms)
    if one is None or other is None:
        return []
    same = one.facts["network"]["sha256"] == other.facts["network"]["sha256"]
    verdict = "the same weights to the bit" if same else "different weights"
    return [f"{arms[0]} and {arms[1]} end with {verdict} ({measured(other, 'test')})"]


def near_gray(run: StoredRun) -> float:
    """Share of images without colour among those prepared."""
    counts = run.data["counts"]
    return counts["near_gray"] / counts["images"]


def won(epochs):
    """Whether the discriminator won, epoch by epoch."""
    return epochs["D_accuracy"] > WINNING
