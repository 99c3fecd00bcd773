"""Report 002: Cheng, Zhang, conditional GANs on 500 flowers, and CycleGAN.

The tutorial's pix2pix U-Net with 100 L1 against a patch discriminator; the same game with fastai's
DynamicUnet on a ResNet-18 after 20 epochs of L1 alone; CycleGAN with two such U-Nets. Photographs
come in one random order, the same each epoch, since the authors' loader does not shuffle.

    make reproduce-flower-cgan                 as run, the text's added skips, CycleGAN fixed
    make reproduce-flower-cgan ARMS=ablation   L1 alone, scalar discriminator, shuffling, ...
"""

from colorization.reproduction.report import Report
from colorization.results.measures import OF_PHOTOGRAPHS
from experiments.flower_cgan.arms import (
    ABLATIONS,
    SCALES,
    SETTINGS,
    additive,
    cycle,
    cycle_fixed,
    resnet,
    unet,
)
from experiments.flower_cgan.claims import CLAIMS, REFERENCES
from experiments.flower_cgan.figures import FIGURES

DEPARTURES = """\
- ImageNet weights of the ResNet-18 are KerasHub's (timm's `resnet18.a1_in1k`); fastai took those of
  torchvision, of the same architecture but another training recipe.
- The text's U-Net (added skips, dropout .2) and the code's (concatenated, .5) are both run; the
  code's is the one that the other arms build on.
- 2,000 images are claimed; the notebook used 450 for training and 50 for validation, and so does
  this. Which 50 cannot be known: sorted names are permuted with the notebook's seed.
- The authors' ResNet-18 starts from torchvision's ImageNet weights. Where neither these nor
  KerasHub's are at hand it starts from random ones; the settings table says which.
- Further test sets: 200 flowers of report 000's set, which no arm has seen, and a white page.
- As in the authors' code, training images come in one random order, the same each epoch.
- As in the authors' code, CycleGAN trains two plain U-Nets; `cyclegan-fixed` keeps lightness and
  colour together in the pool and draws the true colours from other images of the batch.
- At `small`: 64 px, 6 levels from 32 filters (at most 256), 30 epochs for 101 and 6 for 20; the
  ResNet-18 alone keeps its width, which that of its ImageNet weights is; the sketches are resized
  with everything else. The discriminator's patches of 70 px are then larger than the image, and of
  the three blocks of the U-Net with dropout one is left.
- `scalar-d` has six convolutions before its answer where the patch discriminator has four, so 11.2
  million weights for 2.8; at `small` both have four, and as many weights.
"""

REPORT = Report(
    key="flower-cgan",
    number="002",
    name="Flowers cGAN",
    url="https://github.com/chengyih001/GAN_Auto_Colorization",
    title="Auto Colorization with cGANs",
    authors="Cheng, Zhang",
    year=None,
    subject="pix2pix with a U-Net and a ResNet-18 U-Net, and CycleGAN, on 500 flowers",
    arms=(unet, additive, resnet, cycle, cycle_fixed, *ABLATIONS),
    scales=SCALES,
    settings=SETTINGS,
    figures=FIGURES,
    references=REFERENCES,
    claims=CLAIMS,
    departures=DEPARTURES,
    measures=OF_PHOTOGRAPHS,
)
