"""What is drawn of report 002."""

from colorization.pages.comparisons import Compared, gan_grids
from colorization.pages.figures import Diagram
from colorization.pages.loss_curves import LossCurves
from experiments.flower_cgan.arms import resnet, unet

FIGURES = (
    Compared(
        "fig01",
        ("unet", "resnet18-unet"),
        "test-random",
        "Figure 1: outputs of the two conditional GANs",
    ),
    Diagram("fig02", unet, "Figure 2: the discriminator", of="discriminator"),
    Diagram("fig03", unet, "Figure 3: the U-Net"),
    Diagram("fig04", resnet, "Figure 4: the ResNet-18 U-Net"),
    *gan_grids("unet", "unet", "Results of the U-Net"),
    *gan_grids("resnet", "resnet18-unet", "Results of the ResNet-18 U-Net"),
    *gan_grids("fig05", "cyclegan", "Figure 5: results of CycleGAN"),
    Compared(
        "fig06",
        ("unet", "resnet18-unet", "unet-additive", "cyclegan"),
        "sketches-random",
        "Figure 6: sketches",
        original=False,
    ),
    Compared(
        "compared",
        ("unet", "unet-additive", "resnet18-unet", "cyclegan", "cyclegan-fixed", "l1-only"),
        "test-random",
        "The same flowers, coloured by each arm",
    ),
    LossCurves("losses-unet", "unet", "Losses and discriminator, U-Net"),
    LossCurves("losses-resnet", "resnet18-unet", "Losses and discriminator, ResNet-18 U-Net"),
    LossCurves("losses-cyclegan", "cyclegan", "Losses and discriminator, CycleGAN"),
    LossCurves(
        "losses-cyclegan-fixed", "cyclegan-fixed", "Losses and discriminator, CycleGAN fixed"
    ),
)
