"""What is drawn of report 003."""

from colorization.pages.comparisons import Compared, gan_grids
from colorization.pages.figures import Diagram
from colorization.pages.loss_curves import LossCurves
from colorization.pages.schemes import CLASSICAL, Scheme
from experiments.rgb_mse_gan.arms import literal

FIGURES = (
    Scheme("gan", (CLASSICAL, literal), "The structure of a GAN, and that of the report's code"),
    Diagram("generator", literal, "The generator"),
    Diagram("discriminator", literal, "The discriminator", of="discriminator"),
    *gan_grids("results", "literal", "Results", ("random", "best", "worst"), across=True),
    LossCurves("losses", "literal", "Losses and discriminator, as the code stands"),
    LossCurves(
        "losses-adversarial", "adversarial-1e-2", "Losses and discriminator, 1e-2 adversarial"
    ),
    Compared(
        "compared",
        ("literal", "adversarial-1e-2", "sigmoid", "no-skips", "dilation"),
        "test-random",
        "The same scenes, coloured by each arm",
        across=True,
    ),
)
