"""Rows of text in columns, for a terminal or in Markdown."""

from collections.abc import Iterable, Sequence


def aligned(rows: Sequence[Sequence[str]], right: slice = slice(0)) -> list[str]:
    """Lines of a table.

    Args:
        rows: of as many cells each.
        right: the columns that are aligned right; the others are aligned left.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    numbers = range(len(widths))[right]
    forms = (f"{{:{'>' if i in numbers else '<'}{width}}}" for i, width in enumerate(widths))
    form = "  ".join(forms)
    return [form.format(*row).rstrip() for row in rows]


def markdown_row(cells: Iterable) -> str:
    """A line of a table in Markdown."""
    texts = (str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells)
    return "| " + " | ".join(texts) + " |"
