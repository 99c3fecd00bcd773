"""What report 001 concludes, in its order, and what would support it."""

from dataclasses import replace

from colorization.evidence.claims import IMPLIED, STATED, Claim
from colorization.evidence.criteria import Test, better, higher, not_worse
from colorization.evidence.quantities import Epochs, Excess, Gap, Images, PerRun
from colorization.results.measures import MEASURES
from experiments.berkeley.observed import (
    accuracies,
    accuracy_gap,
    as_the_authors_plotted,
    confused,
    losses,
    of_all_pixels,
    shapes,
    shapes_right,
)


def _falls(what: str, value) -> Test:
    """A value of the regression is lower in the last tenth of the epochs than in the first."""
    last, first = (Epochs("regression", what, value, window=w) for w in ("last", "first"))
    return Test(last, first, at_most=0.0)


def _less_overfitting(arm: str, than: str) -> Test:
    """An arm's test error lies less above that of its training images than another's."""
    gaps = [Gap(name, "ciede2000") for name in (arm, than)]
    return Test(*gaps, at_most=-MEASURES["ciede2000"].counts)


def _remedy(arm: str, than: str) -> tuple[Test, Test]:
    """Less overfitting, and no worse on test images for it."""
    return _less_overfitting(arm, than), not_worse("ciede2000", arm, than)


CLAIMS = (
    Claim(
        "1.1",
        "Training and validation loss of the regression both decrease and converge.",
        "section 4.1, figure 4",
        STATED,
        (_falls("training MSE", "loss"), _falls("validation MSE", "val_loss")),
        seen=(
            _falls("training loss as plotted", lambda e: as_the_authors_plotted(e)[0]),
            _falls("validation loss as plotted", lambda e: as_the_authors_plotted(e)[1]),
        ),
        reason="the notebook's accumulator is not reset before validation, so that the falling "
        "training loss is in the validation curve",
        notes=lambda s: losses(s.first("regression")),
    ),
    Claim(
        "1.2",
        "The regression reproduces the colours of training images.",
        "section 4.1, figure 5",
        STATED,
        (
            Test(Images("regression", "chroma_ratio", split="train"), at_least=0.9),
            Test(Images("regression", "ciede2000", split="train"), at_most=5.0),
        ),
        confounders="a claim about training images.",
    ),
    Claim(
        "1.3",
        "On test images the regression is desaturated.",
        "section 4.1, figure 6",
        STATED,
        (Test(Images("regression", "chroma_ratio"), at_most=0.9),),
        aside=(Test(Images("regression-eval", "chroma_ratio"), at_most=0.9),),
        confounders="batch normalisation with the test batch's own statistics, as the authors ran "
        "it; `regression-eval` uses the running ones.",
    ),
    Claim(
        "1.11",
        "Classification with rebalancing avoids the desaturation.",
        "sections 4.1 and 5",
        STATED,
        (Test(Images("weighted", "chroma_ratio"), at_least=0.9),),
        confounders="the bounds of 1.3 and 1.5: below 0.9 a network is called desaturated.",
    ),
    Claim(
        "1.4",
        "The unweighted classification overfits.",
        "section 4.2, figure 7",
        STATED,
        (
            Test(
                Images("unweighted", "accuracy", split="train"),
                Images("unweighted", "accuracy"),
                at_least=0.1,
            ),
        ),
        aside=(
            Test(
                Images("unweighted", "accuracy"),
                Images("unweighted", "accuracy", baseline="gray"),
                at_least=0.0,
            ),
        ),
        notes=lambda s: accuracies(s, "unweighted"),
    ),
    Claim(
        "1.17",
        "The unweighted classification learns: it reproduces the colours of training images.",
        "section 4.2, figure 8",
        STATED,
        (
            Test(Images("unweighted", "chroma_ratio", split="train"), at_least=0.9),
            Test(Images("unweighted", "ciede2000", split="train"), at_most=5.0),
        ),
        confounders="a claim about training images; of the difference the 313 colours alone take "
        "2 to 3.",
    ),
    Claim(
        "1.5",
        "The unweighted classification is desaturated.",
        "section 4.2, figure 9",
        STATED,
        (Test(Images("unweighted", "chroma_ratio"), at_most=0.9),),
    ),
    Claim(
        "1.14",
        "The unweighted classification's desaturation comes with its overfitting.",
        "section 4.2",
        IMPLIED,
        (
            Test(
                Images("unweighted", "chroma_ratio", split="train"),
                Images("unweighted", "chroma_ratio"),
                at_least=MEASURES["chroma_ratio"].counts,
            ),
        ),
        confounders='the report says "probably due to". Asked as whether training images are '
        "less desaturated, as they must be if so; that it is the cause does not follow.",
    ),
    Claim(
        "1.6",
        "Rebalancing gives better results, with brighter colours.",
        "section 4.2, figure 11",
        STATED,
        (
            higher("chroma_ratio", "weighted", than="unweighted-batch-10"),
            better("colour_distance", "weighted", than="unweighted-batch-10"),
        ),
        aside=(
            higher("colourfulness", "weighted", than="unweighted-batch-10"),
            higher("chroma_ratio", "weighted", than="unweighted"),
            higher("chroma_ratio", "weighted-2d", than="unweighted-batch-10"),
            better("ciede2000", "weighted", than="unweighted-batch-10"),
        ),
        confounders="the report changes the batch from 5 to 10 at once; the test does not.",
    ),
    Claim(
        "1.7",
        "On form images training and validation accuracy are high, and nothing overfits.",
        "section 4.2, figure 12",
        STATED,
        (
            Test(Images("forms-56", "accuracy_coloured"), at_least=0.9),
            Test(
                Images("forms-56", "accuracy_coloured", split="train"),
                Images("forms-56", "accuracy_coloured"),
                at_most=0.05,
            ),
        ),
        seen=(
            Test(of_all_pixels("training accuracy", "accuracy"), at_least=0.9),
            Test(of_all_pixels("validation accuracy", "val_accuracy"), at_least=0.9),
            Test(of_all_pixels("training − validation accuracy", accuracy_gap), at_most=0.05),
        ),
        aside=(
            Test(
                Images("forms-56", "accuracy"),
                Images("forms-56", "accuracy", baseline="gray"),
                at_least=MEASURES["accuracy"].counts,
            ),
        ),
        reason="95 % of the pixels are white paper; of the coloured ones the test images have few "
        "in the right one of 313 bins",
        confounders="the authors' accuracy is of all pixels, as they logged it; beside it, how far "
        "that of the test images lies above white alone.",
        notes=lambda s: accuracies(s, "forms-56"),
    ),
    Claim(
        "1.15",
        "Results on forms, which are simpler, are better.",
        "section 4.2",
        STATED,
        (replace(higher("accuracy_coloured", "forms-56", than="weighted"), across_sets=True),),
        confounders="of pixels with a colour, since most of a form image is white. That it is "
        "their simplicity cannot be told from what else the sets differ in: 50 epochs for 200, "
        "four colours for all.",
    ),
    Claim(
        "1.8",
        "Hexagons and squares are confused at 56 px, less at 112 px.",
        "section 4.2, figures 13 and 14",
        STATED,
        (
            Test(confused("forms-56"), at_least=0.05),
            Test(confused("forms-56"), confused("forms-112-light"), at_least=0.05),
        ),
        aside=(Test(confused("forms-56-light"), confused("forms-112-light"), at_least=0.05),),
        confounders="resolution, depth and epochs change at once; beside it, the same network at "
        "both sizes. Most shapes are known from lightness alone.",
        notes=lambda s: [
            f"56 px, all seeds: {shapes(s, 'forms-56')}",
            f"112 px, all seeds: {shapes(s, 'forms-112-light')}",
        ],
    ),
    Claim(
        "1.9",
        "With four layers fewer little is lost on simple images.",
        "section 4.2, footnote 9",
        STATED,
        (not_worse("accuracy_coloured", "forms-56-light", than="forms-56"),),
    ),
    Claim(
        "1.12",
        "At 112 px results on forms are nearly perfect.",
        "section 4.2, figure 14",
        STATED,
        (
            Test(
                PerRun(
                    "forms-112-light",
                    "pixels of shapes nearest to the shape's colour",
                    shapes_right,
                    form="{:.1%}",
                ),
                at_least=0.9,
            ),
        ),
        aside=(Test(Images("forms-112-light", "accuracy_coloured"), at_least=0.9),),
        confounders="nearly perfect is read as nine in ten of the pixels of shapes.",
    ),
    Claim(
        "1.16",
        "Simple data need less: with as few images, forms are learned with less overfitting.",
        "section 5",
        STATED,
        (
            Test(
                Gap("forms-56", "accuracy_coloured"),
                Gap("weighted", "accuracy_coloured"),
                at_least=MEASURES["accuracy_coloured"].counts,
            ),
        ),
        confounders="a gap is less overfitting the nearer to 0 it is from below. 50 epochs for "
        "200: the one had less time to overfit.",
    ),
    Claim(
        "1.10a",
        "More images would reduce the overfitting.",
        "section 5",
        STATED,
        _remedy("regression", than="regression-half-updates"),
        aside=_remedy("regression", than="regression-half"),
        confounders="asked of the regression, the cheapest to run, with half of its images: a "
        "smaller gap counts where test images are no worse for it, since a network that learns "
        "less has one, too. "
        "`regression-half` trains for as many epochs, so for half as many steps, which is a remedy "
        "of its own.",
    ),
    Claim(
        "1.10c",
        "More pooling would reduce the overfitting.",
        "section 5",
        STATED,
        reason="no arm has more pooling than the report's networks",
    ),
    Claim(
        "1.10b",
        "Dropout would reduce the overfitting.",
        "section 5",
        STATED,
        _remedy("regression-dropout", than="regression"),
        confounders="asked of the regression, as 1.10a.",
    ),
    Claim(
        "1.13",
        "Classification with rebalancing is preferable to regression: it is not desaturated.",
        "section 5",
        STATED,
        (higher("chroma_ratio", "weighted", than="regression"),),
        aside=(
            Test(Excess("weighted", "ciede2000"), Excess("regression", "ciede2000"), at_most=0.0),
        ),
        confounders="the regression was run at 112 px, the classification at 56. Beside it, how "
        "far each is from its set's mean ab given L.",
    ),
)
