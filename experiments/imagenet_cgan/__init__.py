"""Report 004: course slides (Padova), pix2pix on ImageNet-mini, and a ResNet-18 generator.

45 epochs of the tutorial's pix2pix; then the same game with a ResNet-18 U-Net after 20 epochs of L1
alone, 20 epochs against 20 of the former. The published pair differs in backbone, initial weights,
pretraining and number of epochs; the arms take these apart.

    make reproduce-imagenet-cgan                 the slides' two runs
    make reproduce-imagenet-cgan ARMS=ablation   the factors of their comparison, patches, sizes
"""

from colorization.reproduction.report import Report
from colorization.results.measures import OF_PHOTOGRAPHS
from experiments.imagenet_cgan.arms import (
    FACTORS,
    PATCHES,
    RGB,
    SCALES,
    SETTINGS,
    SIZES,
    main,
    resnet,
)
from experiments.imagenet_cgan.claims import CLAIMS
from experiments.imagenet_cgan.figures import FIGURES

DEPARTURES = """\
- ImageNet weights of the ResNet-18 are KerasHub's (timm's `resnet18.a1_in1k`); fastai took those of
  torchvision, of the same architecture but another training recipe.
- Loss weight, learning rate, batch size and initial weights are not on the slides; they are those
  of the tutorial that the slides follow. Like it, training images come in one random order, the
  same each epoch.
- The slides list seven encoder layers and a decoder of eight levels; eight are built.
- Where ImageNet weights cannot be downloaded, and at `small`, where the network is narrower than
  they are, the ResNet-18 starts from random ones; arm E is then the same as D, and G as F.
- At `small`: 64 px, 6 levels from 32 filters (at most 256), 751 photographs to train and 188 to
  test, every epoch of the slides. The largest patch is 142 px there instead of 286;
  it and the one of 70 px are larger than the image. Of the three blocks of the U-Net with dropout
  one is left. The data sizes are the same shares of 751. They are one photograph for each class
  (github.com/EliSchwartz/imagenet-sample-images) in the place of ImageNet-mini's, so that no class
  of a test image was trained on.
"""

REPORT = Report(
    key="imagenet-cgan",
    number="004",
    title="Image Colorization using Conditional Generative Adversarial Networks",
    authors="Rangrasasl, Joulaei, Roshana",
    year=2023,
    subject="pix2pix with a U-Net and a pretrained ResNet-18 generator, on ImageNet-mini",
    arms=(main, resnet, *FACTORS, *PATCHES, *SIZES, RGB),
    scales=SCALES,
    settings=SETTINGS,
    figures=FIGURES,
    references=(),
    claims=CLAIMS,
    departures=DEPARTURES,
    measures=OF_PHOTOGRAPHS,
)
