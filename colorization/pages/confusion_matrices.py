"""Confusion matrices side by side."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from numpy.typing import ArrayLike

from colorization.pages.style import (
    BLUE,
    HEADING,
    INK,
    MUTED,
    RULE,
    SKY,
    SMALL,
    TEXT,
    new_figure,
    panel_columns,
    save,
    styled,
    text_height,
    text_width,
    wrap,
    writer,
)

_WHITE_TO_BLUE = LinearSegmentedColormap.from_list("blue", ["#FFFFFF", SKY, BLUE, "#00405F"])

CELL = 68


@styled
def confusion(
    path: Path,
    panels: Mapping[str, ArrayLike],
    labels: Sequence[str],
    *,
    title: str | None = None,
    note: str | None = None,
) -> None:
    """Confusion matrices side by side, each row in percent of its sum.

    Args:
        path: the PNG to write.
        panels: title to counts `[N, N]`: drawn shape, then the shape it was coloured as. Of
            several trainings, `[S, N, N]`, the mean of their percentages is shown.
        labels: of the N shapes.
        title: above all of them.
        note: small print below all of them.

    Raises:
        ValueError: a matrix is not N x N.
    """
    matrices = {name: _mean_shares(counts, len(labels)) for name, counts in panels.items()}
    columns = panel_columns(len(panels))
    side = CELL * len(labels)
    names = max(text_width(label, TEXT) for label in labels)
    slanted = names > CELL - 4
    left, bottom = names + 40, 40 + (names * 0.75 if slanted else 14)
    step_x, step_y = side + 26, side + bottom + 34
    width = int(left + columns * step_x)
    heads, notes = wrap(title or "", width - 24, HEADING), wrap(note or "", width - 24, SMALL)
    top = 12 + text_height([heads], HEADING)
    rows = math.ceil(len(panels) / columns)
    height = int(top + rows * step_y + text_height([notes], SMALL) + 10)
    figure = new_figure(width, height)
    for index, (name, shares) in enumerate(matrices.items()):
        row, column = divmod(index, columns)
        x, y = left + column * step_x, top + row * step_y + 28
        box = (x / width, 1 - (y + side) / height, side / width, side / height)
        ax = figure.add_axes(box)
        _draw_confusion(ax, shares, labels, rows=column == 0, slanted=slanted)
        ax.set_title(name, pad=6)
    write = writer(figure)
    write(12, 10, heads, size=HEADING, va="top")
    write(12, height - 8, notes, size=SMALL, color=MUTED, va="bottom")
    save(path, figure)


def _mean_shares(counts: ArrayLike, size: int) -> np.ndarray:
    """`_row_shares`, the mean of those of several trainings."""
    counts = np.asarray(counts)
    several = counts if counts.ndim == 3 else [counts]
    return np.mean([_row_shares(one, size) for one in several], axis=0)


def _row_shares(counts: ArrayLike, size: int) -> np.ndarray:
    """Counts `[N, N]` as shares of their row; NaN in rows without any."""
    counts = np.asarray(counts)
    if counts.shape != (size, size):
        raise ValueError(f"expected {size} x {size} counts, got {list(counts.shape)}")
    total = counts.sum(axis=1, keepdims=True)
    return np.divide(counts, total, out=np.full((size, size), np.nan), where=total > 0)


def _percent(share: float) -> str:
    if np.isnan(share):
        return "–"
    return f"{100 * share:.0f} %" if share in (0, 1) else f"{100 * share:.1f} %"


def _draw_confusion(
    ax: Axes, shares: np.ndarray, labels: Sequence[str], *, rows: bool, slanted: bool
) -> None:
    ax.imshow(shares, cmap=_WHITE_TO_BLUE, vmin=0, vmax=1, interpolation="nearest")
    for (row, column), share in np.ndenumerate(shares):
        ax.text(
            column,
            row,
            _percent(share),
            ha="center",
            va="center",
            size=TEXT,
            color="white" if share > 0.5 else INK,
        )
    places = np.arange(len(labels))
    turn = {"rotation": 40, "ha": "right", "rotation_mode": "anchor"} if slanted else {}
    ax.set_xticks(places, labels, size=TEXT, **turn)
    ax.set_yticks(places, labels if rows else [], size=TEXT)
    ax.set_xticks(places[1:] - 0.5, minor=True)
    ax.set_yticks(places[1:] - 0.5, minor=True)
    ax.grid(which="minor", color=RULE, lw=0.8)
    ax.tick_params(which="both", length=0)
    ax.spines[:].set_visible(True)
    ax.spines[:].set_color(RULE)
    ax.set_axisbelow(False)
    ax.set_xlabel("coloured as")
    if rows:
        ax.set_ylabel("drawn shape")
