"""Report 003: Yadav, a "GAN" from gray to RGB at 120 px, written in Keras.

Its generator's loss is a mean squared error alone: the discriminator is trained beside it and never
asked. The generator has valid convolutions without any downsampling, and a ReLU as its last layer.

    make reproduce-rgb-mse-gan                 the code as it stands
    make reproduce-rgb-mse-gan ARMS=ablation   without D, with a D that counts, and other layers
"""

from colorization.reproduction.report import Report
from colorization.results.measures import OF_PHOTOGRAPHS
from experiments.rgb_mse_gan.arms import ABLATIONS, SCALES, SETTINGS, literal
from experiments.rgb_mse_gan.claims import CLAIMS
from experiments.rgb_mse_gan.figures import FIGURES

DEPARTURES = """\
- The first line of the generator's third block is missing from the report's listing; it is
  restored, since the sizes do not fit without it. So is the call of the training step.
- The scenes lay on a private drive: 2,500 of Intel's scene photographs take their place.
- As the authors' split leaves them, training images come in one random order, the same each epoch.
- Shown images are clipped at white. The report's cast to 8 bits wraps values above 1 round to
  black; the share of such values is in the statement on convergence.
- Predictions are judged with their own lightness, as the report shows them; PSNR and SSIM are
  therefore lower than those of methods that keep the photograph's L.
- At `small`: 48 px, half the filters, two pooling blocks in the discriminator, 30 epochs for 150
  in batches of 16 for 64.
"""

REPORT = Report(
    key="rgb-mse-gan",
    number="003",
    name="RGB MSE",
    url="https://colab.research.google.com/drive/1c47yo6VuF7CabDvmZBGfYrOY5tE1_XNV",
    title="Chromatic Dreams: Image Colorization with Generative Adversarial Networks",
    authors="Yadav",
    year=None,
    subject="RGB from gray with a mean squared error and an idle discriminator, on scenes",
    arms=(literal, *ABLATIONS),
    scales=SCALES,
    settings=SETTINGS,
    figures=FIGURES,
    references=(),
    claims=CLAIMS,
    departures=DEPARTURES,
    measures=OF_PHOTOGRAPHS,
)
