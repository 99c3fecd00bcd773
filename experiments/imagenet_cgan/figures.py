"""What is drawn of report 004."""

from pathlib import Path

import numpy as np

from colorization.pages.comparisons import Compared, OverEpochs, gan_grids
from colorization.pages.figures import Custom, Diagram
from colorization.pages.loss_curves import LossCurves, LossesCompared
from colorization.pages.photograph_figures import Channels, Mirrored
from colorization.pages.schemes import CLASSICAL, Scheme
from colorization.results.runs import StoredRun
from colorization.results.stored import Stored
from experiments.imagenet_cgan.arms import main, resnet
from experiments.pix2pix_tutorial import RESNET18_BLOCKS


def field(run: StoredRun) -> int:
    """Pixels beside each other that an answer of the discriminator depends on."""
    return run.config["adversary"]["discriminator"].get("field", 70)


def tanh(path: Path, stored: Stored) -> bool:
    """The last layer of the U-Net: tanh, and the colours that it can give."""
    from colorization.pages import line_charts

    x, ab = np.linspace(-4, 4, 161), main.config.objective.scaling.ab_range
    line_charts.curves(
        path,
        {"tanh": (x, np.tanh(x))},
        x_label="what the last convolution gives",
        y_label="output of the network",
        title="tanh, the last layer of the U-Net",
        references={f"a or b = {ab:g}": 1.0, "gray": 0.0, f"a or b = −{ab:g}": -1.0},
    )
    return True


FIGURES = (
    Mirrored(
        "samples", "main", "test-random", "A sample of the data set, and as training mirrors it"
    ),
    Channels("channels", "main", "test-random", "RGB and Lab, channel by channel"),
    Scheme("cgan", (main, CLASSICAL), "Conditional GAN, and GAN"),
    Diagram("unet", main, "The generator, a U-Net"),
    Custom("tanh", "tanh, the last layer of the U-Net", tanh),
    Diagram("patchgan", main, "The discriminator, a PatchGAN", of="discriminator"),
    Diagram("resnet18", resnet, "The ResNet-18 generator", blocks=RESNET18_BLOCKS),
    LossCurves("losses", "main", "Losses over the epochs"),
    OverEpochs("over-epochs", "main", "Test images over the epochs"),
    *gan_grids("results", "main", "Gray, coloured, original", ("random", "best", "worst")),
    *gan_grids("coco", "main", "The same on COCO", ("random",), split="coco"),
    LossCurves("losses-resnet", "resnet18-l1-gan", "Losses, ResNet-18 generator"),
    LossesCompared(
        "losses-compared", ("main", "resnet18-l1-gan"), "Losses, U-Net and ResNet-18 generator"
    ),
    Compared("lab-and-rgb", ("main", "rgb"), "test-random", "Lab and RGB"),
    Compared(
        "main-and-resnet",
        ("unet-20", "resnet18-l1-gan"),
        "test-random",
        "U-Net and ResNet-18 generator, both after 20 epochs against D",
    ),
    Compared(
        "factors",
        ("unet-20", "unet-40", "unet-l1-gan", "resnet18-random", "resnet18-l1-gan", "resnet18-l1"),
        "test-random",
        "The factors of that comparison",
    ),
    Compared(
        "patches",
        ("patch-1", "patch-16", "main", "patch-286"),
        "test-random",
        "Discriminators of four fields",
        label=lambda run: f"{run.arm}: field of {field(run)} px",
    ),
    Compared(
        "sizes",
        ("images-500", "images-1000", "images-2500", "main"),
        "test-random",
        "Training sets of four sizes",
        label=lambda run: f"{run.arm}: {run.data['training_images']} images",
    ),
)
