"""Report 000: Boriano, Vizzuso, a GAN that colours flowers and a multi-domain set.

A U-Net that gives ab for L against a patch discriminator that sees L and ab, and nothing else: no
loss on pixels anywhere in the text. Dropout was put into every block of the discriminator after it
had become "too clever".

    make reproduce-flower-gan                 flowers and the multi-domain set
    make reproduce-flower-gan ARMS=ablation   what the report tried and what explains it
"""

from colorization.reproduction.report import Report
from colorization.results.measures import OF_PHOTOGRAPHS
from experiments.flower_gan.arms import ABLATIONS, SCALES, SETTINGS, flowers, multi_domain
from experiments.flower_gan.claims import CLAIMS
from experiments.flower_gan.figures import FIGURES

DEPARTURES = """\
- Widths, dropout rate, split and initial weights are not in the report: pix2pix's U-Net of 7 levels
  with batch normalisation, dropout .5, 160 flowers held out, Keras' default initialisation.
- The report's discriminator is four blocks; here a fifth convolution gives the answers, as in the
  PatchGAN of the tutorial, with four blocks before it. All four of the report's have batch
  normalisation; the first has none here, as in every PatchGAN.
- The report's code was in TensorFlow, going by the values that it calls standard; batch
  normalisation there has momentum .99 and epsilon 1e-3, here PyTorch's .9 and 1e-5.
- The report converts to Lab and then resizes; here Pillow resizes the RGB photographs, bicubically,
  and Lab is made of the result.
- The report prints the saturating generator loss; the non-saturating one that code for it uses is
  run, the printed one is the arm `saturating`.
- At `small`: 64 px, 6 levels from 32 filters (at most 256), 10 epochs for 100. The
  discriminator's patches of 70 px are then larger than the image, and of the two blocks of the
  U-Net with dropout one is left. Of the multi-domain set 3,000 photographs for 12,500 are
  trained on, and 600 for 160 tested on, so that each domain has some.
- The results were made with photographs of MIRFLICKR at 128 px, of which Kaggle's set very probably
  is; their domains are those of MIRFLICKR's labels.
- The checkerboards of the runs without L1 are what transposed convolutions of stride 2 leave when
  only a discriminator holds them: `l1-100`, the same code with a loss on pixels, has hardly any.
  Such runs differ much from one another; one seed says little about which of them is better.
- The results at `small` were made with those photographs of Flowers Recognition that are under
  CC-BY 2.0. Copies are left out at any scale; photographs without colour are counted and stay,
  but for `multi-domain-coloured`.
"""

REPORT = Report(
    key="flower-gan",
    number="000",
    name="Flowers GAN",
    url="https://github.com/valentinaboriano/Image-Colourization",
    title="Machine Learning for Computer Vision Project",
    authors="Boriano, Vizzuso",
    year=2022,
    subject="a GAN without pixel loss, on flowers and on mixed photographs",
    arms=(flowers, multi_domain, *ABLATIONS),
    scales=SCALES,
    settings=SETTINGS,
    figures=FIGURES,
    references=(),
    claims=CLAIMS,
    departures=DEPARTURES,
    measures=OF_PHOTOGRAPHS,
)
