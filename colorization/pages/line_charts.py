"""Curves and bars, side by side on one figure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from numpy.typing import ArrayLike

from colorization.pages.style import (
    BLUE,
    DPI,
    LINES,
    MUTED,
    PAGE,
    SMALL,
    TEXT,
    label_axes,
    panel_axes,
    panel_columns,
    save,
    styled,
    text_height,
    text_width,
    wrap,
)


def curves(
    path: Path,
    series: Mapping[str, tuple[ArrayLike, ...]],
    *,
    x_label: str = "epoch",
    y_label: str,
    title: str | None = None,
    y_limits: tuple[float, float] | None = None,
    log_y: bool = False,
    references: Mapping[str, float] | None = None,
    note: str | None = None,
) -> None:
    """One set of axes with a line per series.

    Args:
        path: the file to write.
        series: label to (x `[N]`, y `[N]`); NaN leaves a gap. Or to (x, y, low, high), each
            `[N]`, for a band around the line.
        x_label, y_label: with units.
        y_limits: lowest and highest y.
        log_y: logarithmic y axis.
        references: label to the y of a thin dashed line, labelled at its right end. One outside
            `y_limits` is labelled with an arrow at the edge it lies beyond.
        note: small print under the axes (scale, seed, arm).
    """
    panel = {
        "series": series,
        "x_label": x_label,
        "y_label": y_label,
        "y_limits": y_limits,
        "log_y": log_y,
        "references": references,
    }
    curve_panels(path, [panel], title=title, note=note)


@styled
def curve_panels(
    path: Path,
    panels: Sequence[Mapping[str, Any]],
    *,
    title: str | None = None,
    note: str | None = None,
) -> None:
    """Several sets of axes side by side.

    Args:
        path: the PNG to write.
        panels: keyword arguments of `curves` for each, `series` among them.
        title: above all of them.
        note: small print below all of them.
    """
    labels = [label for panel in panels for label in panel.get("references") or {}]
    aside = max((_label_width(label) for label in labels), default=0)
    widest = 600 if len(panels) == 1 else min(470, PAGE / panel_columns(len(panels)) - aside)
    rows = max(_legend_rows(panel["series"], widest - 80) for panel in panels)
    small = any(panel.get("note") for panel in panels)
    height = 330 + 16 * rows + 40 * small
    figure, axes = panel_axes(len(panels), widest + aside, height, title, note)
    for ax, panel in zip(axes, panels, strict=True):
        _draw_curves(ax, width=widest - 80, **panel)
    _raise_titles(figure, axes)
    for ax, panel in zip(axes, panels, strict=True):
        _label_references(ax, panel.get("references") or {})
    save(path, figure)


def _draw_curves(
    ax: Axes,
    series: Mapping[str, tuple[ArrayLike, ...]],
    *,
    width: float,
    y_label: str,
    x_label: str = "epoch",
    title: str | None = None,
    y_limits: tuple[float, float] | None = None,
    log_y: bool = False,
    references: Mapping[str, float] | None = None,
    note: str | None = None,
) -> None:
    """The arguments of `curves`, and the `width` that legend and note may take."""
    for index, (label, (x, y, *band)) in enumerate(series.items()):
        colour, dash = LINES[index % len(LINES)]
        marker = "o" if np.size(x) <= 3 else None
        ax.plot(x, y, label=label, color=colour, ls=dash, lw=1.5, marker=marker, ms=3)
        if band:
            ax.fill_between(x, *band, color=colour, alpha=0.18, lw=0)
    for y in (references or {}).values():
        ax.axhline(y, color=MUTED, lw=0.9, ls=(0, (4, 3)), zorder=1)
    whole = all(np.all(np.mod(x, 1) == 0) for x, *_ in series.values())
    ax.xaxis.set_major_locator(MaxNLocator(8, integer=whole, steps=[1, 2, 5, 10]))
    ax.margins(x=0.02)
    ax.grid(axis="y")
    if log_y:
        ax.set_yscale("log")
    if y_limits:
        ax.set_ylim(*y_limits)
    if log_y:
        _log_ticks(ax)
    label_axes(ax, title, x_label, y_label)
    columns = _legend_columns(series, width)
    ax.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1.01),
        ncols=columns,
        borderaxespad=0.2,
        handlelength=1.8,
        columnspacing=1.5,
        labelspacing=0.3,
        borderpad=0,
    )
    if note:
        ax.annotate(
            wrap(note, width, SMALL),
            (0, 0),
            (0, -34),
            xycoords="axes fraction",
            textcoords="offset points",
            va="top",
            size=SMALL,
            color=MUTED,
        )


def _legend_columns(labels: Iterable[str], width: float) -> int:
    """Columns of legend entries that fit into `width`."""
    labels = list(labels)
    column = 55 + max((text_width(label, TEXT) for label in labels), default=0)
    return max(1, min(len(labels), int(width / column)))


def _legend_rows(labels: Iterable[str], width: float) -> int:
    labels = list(labels)
    return math.ceil(len(labels) / _legend_columns(labels, width))


def _log_ticks(ax: Axes) -> None:
    """Ticks at round numbers, written in full, however small or large the range."""
    low, high = ax.get_ylim()
    decades = abs(math.log10(high / low))
    if decades < 0.8:
        ax.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    else:
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5) if decades < 2.5 else (1,)))
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    ax.yaxis.set_minor_formatter(NullFormatter())


def _raise_titles(figure: Figure, axes: Sequence[Axes]) -> None:
    """Titles of the panels on one line above the tallest legend."""
    figure.draw_without_rendering()
    legends = [ax.get_legend().get_window_extent().height for ax in axes]
    for ax in axes:
        ax.set_title(ax.get_title("left"), pad=max(legends) * 72 / DPI + 9)
    figure.draw_without_rendering()


def _label_width(label: str) -> float:
    """Width that the label of a reference takes at the right of the axes."""
    lines = wrap(label, 110, SMALL).split("\n")
    return max(text_width(line, SMALL) for line in lines) + 12


def _label_references(ax: Axes, references: Mapping[str, float]) -> None:
    """Labels at the right end of the lines, moved apart where they would overlap."""
    low, high = sorted(ax.get_ylim())
    ordered = sorted(references.items(), key=lambda item: item[1])
    inside = [min(max(y, low), high) for _, y in ordered]
    arrows = ["↑ " if y > high else "↓ " if y < low else "" for _, y in ordered]
    labels = [arrow + label for arrow, (label, _) in zip(arrows, ordered, strict=True)]
    texts = [wrap(label, 110, SMALL) for label in labels]
    heights = [ax.transData.transform((0, y))[1] for y in inside]
    apart = _apart(heights, [text_height([text], SMALL) for text in texts])
    line = {"arrowstyle": "-", "lw": 0.6, "color": MUTED, "shrinkA": 0, "shrinkB": 0}
    for text, y, height, moved in zip(texts, inside, heights, apart, strict=True):
        ax.annotate(
            text,
            (1, y),
            (9, (moved - height) * 72 / DPI),
            xycoords=ax.get_yaxis_transform(),
            textcoords="offset points",
            va="center",
            size=SMALL,
            color=MUTED,
            annotation_clip=False,
            arrowprops={**line, "relpos": (0, 0.5)},
        )


def _apart(centres: Sequence[float], sizes: Sequence[float]) -> list[float]:
    """Ascending centres, moved as little as it takes for things of these sizes not to overlap."""
    moved = list(centres)
    for _ in range(200):
        for index in range(1, len(moved)):
            needed = (sizes[index - 1] + sizes[index]) / 2
            lacking = max(0.0, needed - (moved[index] - moved[index - 1]))
            moved[index - 1] -= lacking / 2
            moved[index] += lacking / 2
    return moved


@styled
def bars(
    path: Path,
    panels: Sequence[Mapping[str, Any]],
    *,
    title: str | None = None,
    note: str | None = None,
) -> None:
    """Bar charts over a class index, side by side.

    Args:
        path: the PNG to write.
        panels: of each `title`, `x_label`, `y_label`, `values` `[N]` and, if wanted,
            `log_y=True`.
        title: above all of them.
        note: small print below all of them.
    """
    figure, axes = panel_axes(
        len(panels), min(360, PAGE / panel_columns(len(panels))), 290, title, note
    )
    for ax, panel in zip(axes, panels, strict=True):
        _draw_bars(ax, **panel)
    save(path, figure)


def _draw_bars(
    ax: Axes,
    values: ArrayLike,
    *,
    x_label: str,
    y_label: str,
    title: str | None = None,
    log_y: bool = False,
) -> None:
    values = np.asarray(values, "float64")
    if len(values) > 40:  # one outline rather than hundreds of bars
        ax.stairs(values, np.arange(len(values) + 1) - 0.5, fill=True, color=BLUE, lw=0)
    else:
        ax.bar(np.arange(len(values)), values, color=BLUE, lw=0)
    ax.set_xlim(-0.02 * len(values) - 0.5, 1.02 * len(values) - 0.5)
    ax.xaxis.set_major_locator(MaxNLocator(7, integer=True, steps=[1, 2, 5, 10]))
    ax.grid(axis="y")
    if log_y:
        ax.set_yscale("log")
        _log_ticks(ax)
    label_axes(ax, title, x_label, y_label)
