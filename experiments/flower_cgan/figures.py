"""What is drawn of report 002."""

from dataclasses import replace
from functools import partial

from colorization.models.networks import pix2pix_unet
from colorization.pages.comparisons import Compared, gan_grids
from colorization.pages.figures import Diagram
from colorization.pages.loss_curves import LossCurves
from colorization.pages.schemes import Scheme
from experiments.flower_cgan.arms import resnet, unet
from experiments.pix2pix_tutorial import RESNET18_BLOCKS

without_skips = replace(
    unet, config=replace(unet.config, network=partial(pix2pix_unet, skips="none"))
)

FIGURES = (
    Compared(
        "fig01",
        ("unet", "resnet18-unet"),
        "test-random",
        "Figure 1: outputs of the two conditional GANs",
    ),
    Scheme("fig02", (unet,), "Figure 2: the conditional GAN"),
    Diagram("discriminator", unet, "The discriminator", of="discriminator"),
    Diagram(
        "fig03-encoder-decoder", without_skips, "Figure 3: encoder-decoder, a U-Net without skips"
    ),
    Diagram("fig03", unet, "Figure 3: the U-Net"),
    Diagram(
        "fig04", resnet, "Figure 4: a block of the ResNet-18's encoder", part="encoder_layer1_0"
    ),
    Diagram("resnet18", resnet, "The ResNet-18 U-Net", blocks=RESNET18_BLOCKS),
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
