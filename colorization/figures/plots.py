"""Curves, bars, grids of photographs, confusion matrices: each function writes one PNG."""

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from numpy.typing import ArrayLike

from colorization.figures.style import (
    BLUE,
    DPI,
    HEADING,
    INK,
    LINES,
    MUTED,
    RULE,
    SKY,
    SMALL,
    TEXT,
    label_axes,
    new_figure,
    panel_axes,
    panel_columns,
    save,
    styled,
    text_height,
    text_width,
    wrap,
    writer,
)

# ---------------------------------------------------------------- curves and bars


def curves(
    path: Path,
    series: Mapping[str, tuple[ArrayLike, ArrayLike]],
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
        path: the PNG to write.
        series: label to (x `[N]`, y `[N]`); NaN leaves a gap.
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
    widest = 600 if len(panels) == 1 else 470
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
    series: Mapping[str, tuple[ArrayLike, ArrayLike]],
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
    for index, (label, (x, y)) in enumerate(series.items()):
        colour, dash = LINES[index % len(LINES)]
        marker = "o" if np.size(x) <= 25 else None
        ax.plot(x, y, label=label, color=colour, ls=dash, lw=1.3, marker=marker, ms=3)
    for y in (references or {}).values():
        ax.axhline(y, color=MUTED, lw=0.9, ls=(0, (4, 3)), zorder=1)
    whole = all(np.all(np.mod(x, 1) == 0) for x, _ in series.values())
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
    figure, axes = panel_axes(len(panels), 360, 290, title, note)
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


# ---------------------------------------------------------------- photographs

GAP = 2
LARGE = 640_000  # bytes; a PNG of photographs takes about two thirds of that
LEGIBLE = 96  # pixels: width of a tile with room for a heading


@styled
def image_grid(
    path: Path,
    image: np.ndarray,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    title: str | None = None,
    captions: Sequence[str] | None = None,
    note: str | None = None,
    scale: int | None = None,
) -> None:
    """A mosaic of tiles, taken apart, magnified without smoothing, and labelled.

    Args:
        path: the PNG to write.
        image: uint8 sRGB `[rows * h, columns * w, 3]`.
        rows: a label for each row of tiles, top first.
        columns: a heading for each column.
        captions: a short text for each column, under its last tile.
        note: small print below (source and licence of the photographs).
        scale: whole number of pixels for a pixel; by default tiles become about 185 wide or, if
            the mosaic is so large that the file would grow too much, just wide enough for text.

    Raises:
        ValueError: the mosaic cannot be cut into so many equal tiles, or the captions are not
            one for each column.
    """
    tiles = _cut(image, len(rows), len(columns))
    if captions is not None and len(captions) != len(columns):
        raise ValueError(f"{len(captions)} captions for {len(columns)} columns")
    if scale is None:
        side = tiles.shape[3]
        scale = math.ceil(LEGIBLE / side) if tiles.size > LARGE else max(1, round(185 / side))
    mosaic = _spaced(np.repeat(np.repeat(tiles, scale, axis=2), scale, axis=3))
    tile_h, tile_w = tiles.shape[2] * scale, tiles.shape[3] * scale

    heads = [wrap(text, tile_w, TEXT) for text in columns]
    feet = [wrap(text, tile_w, TEXT) for text in captions or []]
    sides = [wrap(text, tile_h, TEXT) for text in rows]
    left = 16 + text_height(sides, TEXT)
    width = left + mosaic.shape[1] + 12
    title, note = wrap(title or "", width - 24, HEADING), wrap(note or "", width - 24, SMALL)
    above = [10, text_height([title], HEADING), text_height(heads, TEXT) + 4]
    below = [4, text_height(feet, TEXT), 6 * bool(note), text_height([note], SMALL), 8]

    height = sum(above) + mosaic.shape[0] + sum(below)
    figure = new_figure(width, height)
    figure.figimage(mosaic, left, sum(below), origin="upper")
    write = writer(figure)
    write(12, above[0], title, size=HEADING, va="top")
    for texts, y, va in ((heads, sum(above) - 4, "bottom"), (feet, height - sum(below) + 4, "top")):
        for index, text in enumerate(texts):
            write(left + index * (tile_w + GAP) + tile_w / 2, y, text, ha="center", va=va)
    for index, text in enumerate(sides):
        y = sum(above) + index * (tile_h + GAP) + tile_h / 2
        write(left - 6, y, text, rotation=90, ha="right", va="center", multialignment="center")
    write(12, height - 8, note, size=SMALL, color=MUTED, va="bottom")
    save(path, figure)


def _cut(image: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """A mosaic `[rows * h, columns * w, 3]` as uint8 tiles `[rows, columns, h, w, 3]`."""
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"expected uint8 [H, W, 3], got {image.dtype} {list(image.shape)}")
    height, width = image.shape[:2]
    if not rows or not columns or height % rows or width % columns:
        raise ValueError(f"{height} x {width} pixels are not {rows} x {columns} equal tiles")
    return image.reshape(rows, height // rows, columns, width // columns, 3).swapaxes(1, 2)


def _spaced(tiles: np.ndarray) -> np.ndarray:
    """Tiles `[rows, columns, h, w, 3]` as a picture, framed by gray lines between them."""
    rows, columns, height, width, _ = tiles.shape
    shape = (rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, 3)
    picture = np.full(shape, 221, "uint8")  # the gray of RULE: white tiles must end somewhere
    for row, column in np.ndindex(rows, columns):
        top, left = row * (height + GAP), column * (width + GAP)
        picture[top : top + height, left : left + width] = tiles[row, column]
    return picture


# ---------------------------------------------------------------- confusion matrices


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
        panels: title to counts `[N, N]`: drawn shape, then the shape it was coloured as.
        labels: of the N shapes.
        title: above all of them.
        note: small print below all of them.

    Raises:
        ValueError: a matrix is not N x N.
    """
    matrices = {name: _row_shares(counts, len(labels)) for name, counts in panels.items()}
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
