"""What report 001 concludes, and what would support it."""

from colorization.evidence.claims import Claim
from colorization.evidence.criteria import Test, better, higher, not_worse
from colorization.evidence.quantities import Epochs, Gap, Images, PerRun
from colorization.evidence.references import Reference, baseline, logged
from colorization.results.measures import MEASURES
from experiments.berkeley.observed import (
    accuracies,
    as_the_authors_plotted,
    hexagons_and_squares,
    losses,
    shapes,
)

# The reference's numbers are of the authors' own plot and of the data (protocol, verified); the
# tolerances are how well they could be read off. (arm, quantity, expected, tolerance, measured)
PLOTTED = (1, 11, 51, 101, 201, 500)  # the plot counts epochs from 0

REFERENCES = (
    *(
        Reference("regression", f"training MSE, epoch {epoch}", expected, 10, logged("loss", epoch))
        for epoch, expected in zip(PLOTTED, (269, 215, 109, 49, 26, 13), strict=True)
    ),
    *(
        Reference(
            "regression",
            f"validation MSE, epoch {epoch}",
            expected,
            20 if epoch < 100 else 10,
            logged("val_loss", epoch),
        )
        for epoch, expected in zip(PLOTTED, (184, 152, 206, 215, 191, 181), strict=True)
    ),
    Reference("regression", "MSE of ab = 0, test", 283, 1, baseline("gray", "ab_mse")),
    Reference("regression", "MSE of mean ab, test", 221, 1, baseline("mean-ab", "ab_mse")),
    Reference(
        "regression", "MSE of E[ab given L], test", 216, 1, baseline("mean-ab-given-L", "ab_mse")
    ),
    Reference(
        "regression", "MSE of ab = 0, validation", 210, 1, baseline("gray", "ab_mse", split="val")
    ),
    Reference(
        "regression",
        "MSE of mean ab, validation",
        160,
        1,
        baseline("mean-ab", "ab_mse", split="val"),
    ),
    Reference(
        "forms-56",
        "share of white, test [%]",
        94.9,
        0.1,
        baseline("gray", "accuracy", percent=True),
    ),
    Reference(
        "forms-56",
        "share of white, validation [%]",
        95.2,
        0.1,
        baseline("gray", "accuracy", split="val", percent=True),
    ),
)


def _confused(arm: str) -> PerRun:
    """Share of an arm's test pixels of squares and hexagons that got the other's colour."""
    return PerRun(
        arm, "pixels of hexagons and squares confused", hexagons_and_squares, form="{:.1%}"
    )


def _less_overfitting(arm: str, than: str) -> Test:
    """An arm's test error lies less above that of its training images than another's."""
    gaps = [Gap(name, "ciede2000") for name in (arm, than)]
    return Test(*gaps, at_most=-MEASURES["ciede2000"].counts)


CLAIMS = (
    Claim(
        "1.1",
        "Training and validation loss of the regression both decrease and converge.",
        "figure 4",
        tuple(
            Test(
                Epochs("regression", f"{what} MSE", column, window="last"),
                Epochs("regression", "", column, window="first"),
                at_most=0.0,
            )
            for what, column in (("training", "loss"), ("validation", "val_loss"))
        ),
        seen=tuple(
            Test(
                Epochs("regression", f"{what} loss as plotted", plotted, window="last"),
                Epochs("regression", "", plotted, window="first"),
                at_most=0.0,
            )
            for what, plotted in (
                ("training", lambda epochs: as_the_authors_plotted(epochs)[0]),
                ("validation", lambda epochs: as_the_authors_plotted(epochs)[1]),
            )
        ),
        reason="the notebook's accumulator is not reset before validation, so that the falling "
        "training loss is in the validation curve",
        notes=lambda s: losses(s.first("regression")),
    ),
    Claim(
        "1.2",
        "The regression reproduces the colours of training images.",
        "figure 5",
        (
            Test(Images("regression", "chroma_ratio", split="train"), at_least=0.9),
            Test(Images("regression", "ciede2000", split="train"), at_most=5.0),
        ),
        confounders="a claim about training images.",
    ),
    Claim(
        "1.3",
        "On test images the regression is desaturated.",
        "figure 6",
        (Test(Images("regression", "chroma_ratio"), at_most=0.9),),
        aside=(Test(Images("regression-eval", "chroma_ratio"), at_most=0.9),),
        confounders="batch normalisation with the test batch's own statistics, as the authors ran "
        "it; `regression-eval` uses the running ones.",
    ),
    Claim(
        "1.4",
        "The unweighted classification overfits.",
        "figure 7",
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
        "1.5",
        "The unweighted classification is desaturated.",
        "figure 9",
        (Test(Images("unweighted", "chroma_ratio"), at_most=0.9),),
    ),
    Claim(
        "1.6",
        "Rebalancing gives brighter colours.",
        "figure 11",
        (higher("chroma_ratio", "weighted", than="unweighted-batch-10"),),
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
        "figure 12",
        (
            Test(Images("forms-56", "accuracy_coloured"), at_least=0.9),
            Test(
                Images("forms-56", "accuracy_coloured", split="train"),
                Images("forms-56", "accuracy_coloured"),
                at_most=0.05,
            ),
        ),
        seen=(
            Test(Images("forms-56", "accuracy"), at_least=0.9),
            Test(
                Images("forms-56", "accuracy", split="train"),
                Images("forms-56", "accuracy"),
                at_most=0.05,
            ),
        ),
        reason="95 % of the pixels are white paper; of the coloured ones the test images have few "
        "in the right one of 313 bins",
        notes=lambda s: accuracies(s, "forms-56"),
    ),
    Claim(
        "1.8",
        "Hexagons and squares are confused at 56 px, less at 112 px.",
        "figures 13 and 14",
        (
            Test(_confused("forms-56"), at_least=0.05),
            Test(_confused("forms-56"), _confused("forms-112-light"), at_least=0.05),
        ),
        aside=(Test(_confused("forms-56-light"), _confused("forms-112-light"), at_least=0.05),),
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
        "footnote 9",
        (not_worse("accuracy_coloured", "forms-56-light", than="forms-56"),),
    ),
    Claim(
        "1.10a",
        "More images would reduce the overfitting.",
        "conclusion",
        (_less_overfitting("regression", than="regression-half-updates"),),
        aside=(
            better("ciede2000", "regression", than="regression-half-updates"),
            _less_overfitting("regression", than="regression-half"),
        ),
        confounders="asked of the regression, the cheapest to run, with half of its images. "
        "`regression-half` trains for as many epochs, so for half as many steps, which is a remedy "
        "of its own.",
    ),
    Claim(
        "1.10b",
        "Dropout would reduce the overfitting.",
        "conclusion",
        (_less_overfitting("regression-dropout", than="regression"),),
        aside=(better("ciede2000", "regression-dropout", than="regression"),),
        confounders="asked of the regression. More pooling, which the report names too, was not "
        "tried.",
    ),
)
