"""Report 001: Dietrich, Musibau, Sahli, "Grayscale image colorization" (2021).

Two ways to colour the Berkeley photographs: a network that regresses ab from L (section 4.1), and
one that classifies every pixel into 313 ab bins (4.2), without and with rebalanced classes; the
latter also on drawings of polygons whose colour follows from their shape.

    make reproduce-berkeley                 the five runs of the report
    make reproduce-berkeley ARMS=ablation   what separates the factors that it changed together
"""

from colorization.reproduction.report import Report
from experiments.berkeley.arms import (
    ABLATIONS,
    SCALES,
    SETTINGS,
    forms,
    forms_112_light,
    regression,
    unweighted,
    weighted,
)
from experiments.berkeley.claims import CLAIMS
from experiments.berkeley.figures import FIGURES
from experiments.berkeley.references import REFERENCES

DEPARTURES = """\
- Splits: the report says 200 / 200 / 100 for train / validation / test; the authors' notebooks and
  published class prior say BSDS500's own 200 / 100 / 200, which is used here.
- Classification trains in mixed bfloat16 where the cost table says so (weights, batch-norm
  statistics, last layer, loss and optimiser stay float32); the authors used float32 on a GPU.
- The regression's Lab images are stored with 8 bits a channel, a rounding of ±0.5 Lab units.
- Which four layers the light network lacks is not published; see `classification_cnn`.
- Test and validation images are normalised with their batch's own statistics, since the authors
  never switch to evaluation mode. The arm `regression-eval` does.
"""

REPORT = Report(
    key="berkeley",
    number="001",
    name="Berkeley",
    url="https://github.com/Alban999/Grayscale-Image-Colorization",
    title="Grayscale image colorization",
    authors="Dietrich, Musibau, Sahli",
    year=2021,
    subject="regression, and classification into 313 colours, on BSDS500 and on drawn polygons",
    arms=(regression, unweighted, weighted, forms, forms_112_light, *ABLATIONS),
    scales=SCALES,
    settings=SETTINGS,
    figures=FIGURES,
    references=REFERENCES,
    claims=CLAIMS,
    departures=DEPARTURES,
    measures=(
        *("ab_mae", "ab_mse", "ciede2000", "colour_distance", "told_apart", "kid"),
        *("edge_agreement", "psnr", "ssim", "auc", "auc_balanced", "accuracy", "accuracy_balanced"),
        *("accuracy_coloured", "chroma_ratio", "colourfulness"),
    ),
)
