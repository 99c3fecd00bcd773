"""Markdown tables, and blocks of a page that are rendered between markers."""

import re
from collections.abc import Iterable

import pandas as pd

from colorization.columns import markdown_row
from colorization.errors import UserError


def capitalized(text: str) -> str:
    """A text with a capital at its start, the rest as it is."""
    return text[:1].upper() + text[1:]


def of_numbers(cells: Iterable[str]) -> bool:
    """Whether a column holds numbers, with what follows them."""
    return all(re.match(r"[+-]?\d\S*( [±\[(].*)?$|–$", cell) for cell in cells)


def aligned_right(table: pd.DataFrame) -> list[bool]:
    """Which columns of a table of text are aligned right: those of numbers after the first."""
    return [bool(i) and of_numbers(table[name]) for i, name in enumerate(table.columns)]


def markdown(table: pd.DataFrame) -> str:
    """A table of text as Markdown."""
    rule = [" ---: " if right else " --- " for right in aligned_right(table)]
    lines = [markdown_row(table.columns), "|".join(["", *rule, ""])]
    lines += [markdown_row(row) for row in table.itertuples(index=False)]
    return "\n".join(lines) + "\n"


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
