"""What a stored number is: its name, unit and format, which way is better, how much counts.

`docs/measures.md` defines each measure.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """A measure of an image, or of a set of images.

    Args:
        name: as tables print it.
        unit: "" for none; a percentage stands with each number and is none.
        form: how a number is printed.
        better: "lower", "higher", or what is best: "1", "the original's"; "" for none of these.
        counts: the least difference between two arms that counts, about half of what one sees,
            the same for all claims of all reports; None where none was fixed.
        columns: of a run's rows that it is made of: two where it is a ratio of their totals; ()
            for the one of its own key.
        whole: it is of a whole set; an image's number is what the set owes it, so that a mean over
            part of the images means nothing.
    """

    name: str
    unit: str
    form: str
    better: str
    counts: float | None = None
    columns: tuple[str, ...] = ()
    whole: bool = False

    @property
    def heading(self) -> str:
        """Its name with its unit, as tables print it."""
        return f"{self.name} [{self.unit}]" if self.unit else self.name

    def text(self, value: float | None, spread: float | None = None, signed: bool = False) -> str:
        """A value as its column prints it.

        Args:
            spread: the standard deviation over seeds, if there is one.
            signed: print a plus, too, as of a difference.
        """
        if value is None or math.isnan(value):
            return "–"
        text = (with_sign(self.form) if signed else self.form).format(value)
        if spread is None or math.isnan(spread):
            return text
        return f"{text} ± {self.form.format(spread)}"


def with_sign(form: str) -> str:
    """A format that prints a plus, too."""
    return form.replace("{:", "{:+")


MEASURES = {
    "ab_mae": Measure("ab MAE", "Lab", "{:.2f}", "lower", 0.5),
    "ab_mse": Measure("ab MSE", "Lab²", "{:.1f}", "lower"),
    "ciede2000": Measure("CIEDE2000", "", "{:.2f}", "lower", 0.5),
    "psnr": Measure("PSNR", "dB", "{:.2f}", "higher", 0.3),
    "ssim": Measure("SSIM", "", "{:.3f}", "higher", 0.01),
    "auc": Measure("AuC", "", "{:.1%}", "higher", 0.003),
    "auc_balanced": Measure("AuC balanced", "", "{:.1%}", "higher"),
    "accuracy": Measure("accuracy", "", "{:.1%}", "higher", 0.02),
    "accuracy_balanced": Measure("accuracy balanced", "", "{:.1%}", "higher"),
    "accuracy_coloured": Measure("accuracy coloured", "", "{:.1%}", "higher", 0.05),
    "chroma_ratio": Measure(
        "chroma ratio", "", "{:.2f}", "1", 0.05, columns=("chroma", "chroma_true")
    ),
    "colourfulness": Measure("colourfulness", "", "{:.1f}", "the original's", 2.0),
    "colour_distance": Measure("colour distance", "Lab", "{:.2f}", "lower", 1.0, whole=True),
    "told_apart": Measure("told apart", "", "{:.1%}", "lower", 0.05),
    "kid": Measure("KID", "10⁻³", "{:.2f}", "lower", whole=True),
    "edge_agreement": Measure("edge agreement", "", "{:.2f}", "higher", 0.05),
    "edge_f1": Measure("edge F1", "", "{:.2f}", "higher", 0.02),
    "bleed_excess": Measure("excess bleed", "", "{:.1%}", "lower", 0.02),
    "bleed": Measure("bleed", "", "{:.1%}", "lower", 0.02),
    "chroma_strokes": Measure("chroma on strokes", "Lab", "{:.1f}", ""),
    "chroma_paper": Measure("chroma on paper", "Lab", "{:.1f}", ""),
}

# Errors that gray has little of: they are read beside a baseline's.
ERRORS = ("ab_mae", "ciede2000")

# What the tables of reports on photographs print.
OF_PHOTOGRAPHS = (
    *("ab_mae", "ciede2000", "colour_distance", "told_apart", "kid", "edge_agreement"),
    *("bleed_excess", "chroma_ratio", "colourfulness", "psnr", "ssim", "auc"),
)


def columns_of(measure: str) -> tuple[str, ...]:
    """The columns of a run's rows that a measure is made of."""
    return MEASURES[measure].columns or (measure,)
