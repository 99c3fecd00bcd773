"""What is drawn of report 004."""

from colorization.pages.comparisons import Compared, OverEpochs, gan_grids
from colorization.pages.figures import Diagram
from colorization.pages.loss_curves import LossCurves, LossesCompared
from colorization.pages.schemes import CLASSICAL, Scheme
from experiments.imagenet_cgan.arms import main, resnet
from experiments.pix2pix_tutorial import RESNET18_BLOCKS

FIGURES = (
    Scheme("cgan", (main, CLASSICAL), "Conditional GAN, and GAN"),
    Diagram("unet", main, "The generator, a U-Net"),
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
        label=lambda run: f"{run.config['adversary']['discriminator'].get('field', 70)} px",
    ),
    Compared(
        "sizes",
        ("images-500", "images-1000", "images-2500", "main"),
        "test-random",
        "Training sets of four sizes",
        label=lambda run: f"{run.data['training_images']} images",
    ),
)
