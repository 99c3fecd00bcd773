"""Markdown tables, and blocks of a page that are rendered between markers."""

import math
import re
from collections.abc import Iterable

import pandas as pd

from colorization.errors import UserError

# Measure: heading, unit, format. The definitions are in docs/measures.md.
MEASURES = {
    "ab_mae": ("ab MAE", "Lab", "{:.2f}"),
    "ab_mse": ("ab MSE", "Lab²", "{:.1f}"),
    "ciede2000": ("CIEDE2000", "", "{:.2f}"),
    "psnr": ("PSNR", "dB", "{:.2f}"),
    "ssim": ("SSIM", "", "{:.3f}"),
    "auc": ("AuC", "%", "{:.1%}"),
    "auc_balanced": ("AuC balanced", "%", "{:.1%}"),
    "accuracy": ("accuracy", "%", "{:.1%}"),
    "accuracy_balanced": ("accuracy balanced", "%", "{:.1%}"),
    "accuracy_coloured": ("accuracy coloured", "%", "{:.1%}"),
    "chroma_ratio": ("chroma ratio", "", "{:.2f}"),
    "colourfulness": ("colourfulness", "", "{:.1f}"),
    "edge_f1": ("edge F1", "", "{:.2f}"),
    "bleed": ("bleed", "%", "{:.1%}"),
    "chroma_strokes": ("chroma on strokes", "Lab", "{:.1f}"),
    "chroma_paper": ("chroma on paper", "Lab", "{:.1f}"),
}


def heading(measure: str) -> str:
    """A measure's name with its unit, as tables print it."""
    name, unit, form = MEASURES[measure]
    return f"{name} [{unit}]" if unit and "%" not in form else name


def number(measure: str, value: float, spread: float | None = None, signed: bool = False) -> str:
    """A value as its column prints it, with the standard deviation over seeds if there is one.

    Args:
        signed: print a plus, too, as of a difference.
    """
    if value is None or math.isnan(value):
        return "–"
    form = MEASURES[measure][2]
    text = (with_sign(form) if signed else form).format(value)
    if spread is None or math.isnan(spread):
        return text
    return f"{text} ± {MEASURES[measure][2].format(spread)}"


def capitalized(text: str) -> str:
    """A text with a capital at its start, the rest as it is."""
    return text[:1].upper() + text[1:]


def with_sign(form: str) -> str:
    """A format that prints a plus, too."""
    return form.replace("{:", "{:+")


def of_numbers(cells: Iterable[str]) -> bool:
    """Whether a column holds numbers, with what follows them."""
    return all(re.match(r"[+-]?\d\S*( [±\[(].*)?$|–$", cell) for cell in cells)


def aligned_right(table: pd.DataFrame) -> list[bool]:
    """Which columns of a table of text are aligned right: those of numbers after the first."""
    return [bool(i) and of_numbers(table[name]) for i, name in enumerate(table.columns)]


def markdown(table: pd.DataFrame) -> str:
    """A table of text as Markdown."""
    rule = [" ---: " if right else " --- " for right in aligned_right(table)]
    lines = [_row(table.columns), "|".join(["", *rule, ""])]
    lines += [_row(row) for row in table.itertuples(index=False)]
    return "\n".join(lines) + "\n"


def _row(cells) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |"


def replace_block(page: str, name: str, content: str) -> str:
    """`page` with the text between `<!-- name -->` and `<!-- /name -->` replaced.

    Raises:
        UserError: the page has no such markers.
    """
    start, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    if start not in page or end not in page:
        raise UserError(f"the page has no block between {start} and {end}; put both back")
    before, rest = page.split(start, 1)
    return f"{before}{start}\n{content}{end}{rest.split(end, 1)[1]}"
