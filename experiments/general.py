"""A network for photographs of any kind.

It is the method of no report, but made of what the reports showed: 313 classes (001), ImageNet
weights (002, 004), photographs of many kinds (000, 004).

    make reproduce-general SCALE=full        hours on a CPU
    make reproduce-general ARMS=ablation     what is to be tried beside it
"""

from dataclasses import replace

from colorization.colour.scaling import LabScaling
from colorization.data.berkeley import BSDS500
from colorization.data.mirflickr import Mirflickr
from colorization.data.recipe import Recipe
from colorization.data.sets import Coco, FlowersRecognition, ImagenetMini, Scenes
from colorization.data.union import Union
from colorization.models.networks import resnet18_classifier
from colorization.pages.comparisons import Compared
from colorization.reproduction.report import Arm, Report, TestSet
from colorization.reproduction.scales import SMALL, SMOKE, Scale, smoke
from colorization.results.measures import OF_PHOTOGRAPHS
from colorization.training.config import TrainingConfig
from colorization.training.objectives import AbClassification, Rebalancing

# The test images of the reports' own sets: no arm of this suite has trained on them.
MIXED = Mirflickr(train=12060, test=150), ImagenetMini(test=250)
FLOWERS, SCENES, BERKELEY = FlowersRecognition(test=160), Scenes(test=250), BSDS500()
PHOTOGRAPHS = Union("photographs", train=(*MIXED, FLOWERS, SCENES, BERKELEY), test=MIXED)
TESTED_ON = (
    TestSet("berkeley", BERKELEY),
    TestSet("coco", Coco(test=100)),
    TestSet("flowers", FLOWERS),
    TestSet("scenes", SCENES),
)

# L as the encoder saw gray images of ImageNet: less their mean, over their deviation.
AS_IMAGENET = LabScaling(L_centre=44.9, L_range=22.6)

default = Arm(
    "default",
    "ResNet-18, 313 classes",
    TrainingConfig(
        source=PHOTOGRAPHS,
        recipe=Recipe(size=128, resample="bicubic", upsample=True, drop_near_gray=True),
        network=resnet18_classifier,
        objective=AbClassification(
            neighbours=5,
            temperature=0.6,
            scaling=AS_IMAGENET,
            block=4,
            saturation=1.2,
            guided=100.0,
        ),
        epochs=15,
        batch_size=32,
        learning_rate=3e-4,
        schedule="cosine",
        weight_decay=0.02,
        flip=True,
        move=0.125,
        precision="mixed_bfloat16",
        initial_weights="imagenet",
    ),
    primary=True,
    tested_on=TESTED_ON,
    published="default",
)

ABLATIONS = (
    default.ablation(
        "rebalanced",
        "rebalanced, and corrected",
        objective=replace(default.config.objective, rebalancing=Rebalancing("ab"), adjusted=True),
    ),
    default.ablation("random-weights", "from random weights", initial_weights=None),
)

SCALES = {
    SMALL: Scale(size=64, epochs=lambda n: n // 3, networks={}, initial_weights=True),
    SMOKE: smoke({resnet18_classifier: {"filters": 8, "width": 16}}, size=64),
}

FIGURES = tuple(
    Compared(name, ("default",), f"{name}-random", f"Photographs of {title}, seen by no training")
    for name, title in (("berkeley", "Berkeley"), ("coco", "COCO"), ("scenes", "outdoor scenes"))
)

DEPARTURES = """\
- It is this suite's own. At `small`: 64 px and a third of the epochs.
"""

REPORT = Report(
    key="general",
    title="A network for photographs of any kind",
    name="Any photograph",
    authors=None,
    year=None,
    subject="313 classes on part of a ResNet-18, trained on photographs of many kinds",
    arms=(default, *ABLATIONS),
    scales=SCALES,
    settings={},
    figures=FIGURES,
    references=(),
    claims=(),
    departures=DEPARTURES,
    measures=OF_PHOTOGRAPHS,
)
