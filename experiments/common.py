"""Common ground: the methods of the five reports on the same photographs, at the same size.

None of the reports compares its method with another's. Here each network learns from the same
flowers for as many epochs and is judged on the same held-out flowers, and on the photographs of
Berkeley, which none has seen. An arm is the report's own but for what has to be equal.

    make reproduce-common                 the methods
    make reproduce-common ARMS=light      the network `flowers` that comes with the suite
"""

from dataclasses import replace
from functools import partial

from colorization.data.berkeley import BSDS500
from colorization.data.sets import FlowersRecognition
from colorization.models.networks import pix2pix_unet
from colorization.pages.comparisons import Compared
from colorization.reproduction.report import Arm, Report, TestSet
from colorization.reproduction.scales import SMALL, SMOKE, Scale, smoke
from colorization.results.measures import OF_PHOTOGRAPHS
from colorization.training.config import Pretraining
from experiments import pix2pix_tutorial
from experiments.berkeley import arms as berkeley
from experiments.flower_cgan import arms as flower_cgan
from experiments.flower_gan import arms as flower_gan
from experiments.rgb_mse_gan import arms as rgb_mse_gan

SIZE, EPOCHS = 128, 100
BERKELEY = (TestSet("berkeley", BSDS500()),)


def equal(name: str, title: str, arm: Arm, **changes) -> Arm:
    """A report's arm, with all that is to be the same for every method."""
    config = replace(
        arm.config,
        source=FlowersRecognition(test=160),
        recipe=pix2pix_tutorial.STRETCHED,
        epochs=EPOCHS,
        batch_size=16,
        reshuffle=True,
        flip=True,
        train_mode_validation=False,
        precision="float32",
        snapshots=(),
    )
    levels = {pix2pix_unet: {"levels": 7}}  # as many as halve the size down to one pixel
    sized = Scale(size=SIZE, epochs=lambda n: n, networks=levels, initial_weights=True)
    config = replace(sized.of(config), **changes)
    return Arm(name, title, config, primary=True, tested_on=BERKELEY)


METHODS = (
    equal("regression", "001: L2 regression of ab", berkeley.regression),
    equal("classification", "001: 313 classes", berkeley.unweighted),
    equal("rebalanced", "001: 313 classes, rebalanced", berkeley.weighted),
    equal("gan", "000: GAN without pixel loss", flower_gan.flowers),
    equal("cgan-l1", "002, 004: cGAN + 100 L1, U-Net", flower_cgan.unet),
    equal("cgan-l1-additive", "002: cGAN + 100 L1, U-Net with added skips", flower_cgan.additive),
    equal(
        "cgan-l1-resnet18",
        "002, 004: cGAN + 100 L1, ResNet-18 U-Net, a fifth of the epochs L1 alone",
        flower_cgan.resnet,
        epochs=EPOCHS * 4 // 5,
        pretraining=Pretraining(epochs=EPOCHS // 5),
    ),
    equal("cyclegan", "002: CycleGAN (pool of pairs, unpaired)", flower_cgan.cycle_fixed),
    # Its discriminator is idle: the same weights come out without it (claim 3.1).
    equal("rgb-mse", "003: MSE of RGB", rgb_mse_gan.literal, adversary=None),
)
# Decoding as Zhang et al. do it; the weights are those of `rebalanced`.
ANNEALED = replace(
    equal(
        "rebalanced-annealed",
        "001: 313 classes, rebalanced, annealed mean T=0.38",
        berkeley.weighted,
        objective=replace(berkeley.REBALANCED, temperature=0.38),
    ),
    trained_by="rebalanced",
)

# Each network is as narrow as in its own report.
SCALES = {
    SMALL: Scale(
        size=64,
        epochs=lambda n: n // 10,
        networks={
            **pix2pix_tutorial.NETWORKS_SMALL,
            **berkeley.NETWORKS_SMALL,
            **rgb_mse_gan.NETWORKS_SMALL,
        },
    ),
    SMOKE: smoke(
        {**pix2pix_tutorial.NETWORKS_SMOKE, **berkeley.NETWORKS_SMOKE, **rgb_mse_gan.NETWORKS_SMOKE}
    ),
}

# It comes with the suite, so its file has to be small.
LIGHT = replace(
    METHODS[4].ablation(
        "light",
        "cGAN + 100 L1, a U-Net of a million weights: the network `flowers`",
        network=partial(pix2pix_unet, levels=7, filters=16, max_filters=80),
        epochs=3 * EPOCHS,
    ),
    published="flowers",
    scales={
        SMALL: replace(
            SCALES[SMALL], networks={**SCALES[SMALL].networks, pix2pix_unet: {"levels": 6}}
        )
    },
)


COMPARED = (*METHODS[:3], ANNEALED, *METHODS[3:])
NAMES = tuple(arm.name for arm in COMPARED)

FIGURES = (
    Compared(
        "methods", NAMES, "test-random", "The same flowers, a column for each method", across=True
    ),
    Compared(
        "methods-berkeley",
        NAMES,
        "berkeley-random",
        "Photographs of Berkeley, coloured by what was trained on flowers",
        across=True,
    ),
)

DEPARTURES = """\
- The same for all: the flowers of report 000 with its split, 128 px, 100 epochs in batches of 16,
  so as many images seen; shuffled and mirrored; float32; judged with running averages. The
  ResNet-18 spends a fifth of the epochs on L1 alone, CycleGAN takes lightness and colours from
  different images of a batch.
- Each method's own: network, loss, scaling of L and ab, optimiser and learning rate, the authors'
  decoding. So the rows compare methods as published, not one factor at a time; the reports' own
  ablations do that.
- Report 003's discriminator has no say in its generator's loss (claim 3.1) and is left out.
- `rebalanced-annealed` decodes `rebalanced` by the annealed mean of Zhang et al. in place of the
  most probable bin.
- The test photographs of Berkeley are drawn into the same square; *mean ab* and *mean ab given L*
  are those of the flowers there, too.
- `light` is no method of a report: `cgan-l1` with a narrower network, for three times as many
  epochs. Its trained network comes with the suite: `make colorize NETWORK=flowers` takes it.
- Training speeds were measured while another run had the second core, and its load varied: MACs
  compare methods better.
- At `small`: 64 px, 10 epochs, each network as narrow as in its own report's `small`, so not of
  equal cost; the ResNet-18 starts from random weights.
"""

REPORT = Report(
    key="common",
    title="Common ground",
    authors=None,
    year=None,
    subject="the methods of the five reports on the same photographs, at the same size, for as "
    "many epochs",
    arms=(*COMPARED, LIGHT),
    scales=SCALES,
    settings={},
    figures=FIGURES,
    references=(),
    claims=(),
    departures=DEPARTURES,
    measures=OF_PHOTOGRAPHS,
    compares_cost=True,
)
