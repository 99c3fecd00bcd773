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
- ImageNet weights of the ResNet-18 are torchvision's, as fastai has them, or where they are not at
  hand KerasHub's (timm's `resnet18.a1_in1k`), of the same architecture but another training recipe;
  without either it starts from random ones, and arms E and the primary G are left out or the same
  as F.
- Kinds of photographs take turns, so that each is tested by as many as another: the report drew at
  random from a set with about as many of each.
- Loss weight, learning rate, batch size and initial weights are not on the slides; they are those
  of the tutorial that the slides follow. Like it, training images come in one random order, the
  same each epoch.
- The slides list seven encoder layers and a decoder of eight levels; eight are built.
- At `small`: 64 px, 6 levels from 32 filters (at most 256), 250 photographs to test for 1,000, a
  third of the epochs; the ResNet-18 alone keeps its width, which that of its weights is, in every
  arm that has one. The largest patch is 142 px there instead of 286;
  it and the one of 70 px are larger than the image. Of the three blocks of the U-Net with dropout
  one is left.
- The results were made without Kaggle's ImageNet-mini, on 5,002 photographs of 981 of its kinds
  that are published elsewhere: one of each of 939 kinds
  (github.com/EliSchwartz/imagenet-sample-images), 1,227 of ImageNet's validation part and 936 of
  the NIPS 2017 set, squares of 227 and 256 px, and 1,900 of Imagenette's ten kinds at 224 px.
"""

REPORT = Report(
    key="imagenet-cgan",
    number="004",
    name="ImageNet cGAN",
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
