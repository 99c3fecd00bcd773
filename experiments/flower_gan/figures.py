"""What is drawn of report 000."""

from colorization.pages.comparisons import Compared, gan_grids
from colorization.pages.figures import Diagram
from colorization.pages.loss_curves import LossCurves
from colorization.pages.photograph_figures import OfClass
from colorization.pages.schemes import CLASSICAL, Scheme
from experiments.flower_gan.arms import flowers

FIGURES = (
    Scheme("fig01", (CLASSICAL, flowers), "Figure 1: GAN, and the game that was trained"),
    Diagram("fig02", flowers, "Figure 2: the generator, a U-Net"),
    Diagram("discriminator", flowers, "The discriminator", of="discriminator"),
    *gan_grids("fig03", "flowers", "Figure 3: flowers", ("best", "random")),
    *gan_grids("fig04", "flowers", "Figure 4: flowers", ("miscoloured",)),
    OfClass(
        "tulips",
        "flowers",
        ("test-best", "test-random", "test-miscoloured"),
        "tulip",
        "Tulips: are they coloured in sections?",
    ),
    *gan_grids("fig05", "multi-domain", "Figure 5: multi-domain set", ("worst",)),
    *gan_grids("fig06", "multi-domain", "Figure 6: multi-domain set", ("best",)),
    *gan_grids("fig07", "multi-domain", "Figure 7: multi-domain set", ("miscoloured",)),
    LossCurves("losses-flowers", "flowers", "Losses and discriminator, flowers"),
    LossCurves("losses-multi-domain", "multi-domain", "Losses and discriminator, multi-domain"),
    LossCurves("losses-l1-100", "l1-100", "Losses and discriminator, flowers with 100 L1"),
    Compared(
        "compared",
        ("flowers", "l1-100", "d-dropout-0", "rgb", "class-conditional"),
        "test-random",
        "The same flowers, coloured by each arm",
    ),
)
