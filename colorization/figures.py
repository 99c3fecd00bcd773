"""Figures, rendered from stored results alone: the same input gives the same bytes.

All functions write a PNG at 100 dots per inch. Lengths in this file are pixels, font sizes are
points. Nothing here needs Keras; `network_diagram` only reads the attributes of a built model.
"""

import math
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle
from matplotlib.path import Path as Outline
from matplotlib.textpath import text_to_path
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from numpy.typing import ArrayLike
from PIL import Image

from colorization.files import replacing

if TYPE_CHECKING:
    import keras

DPI = 100
SMALL, TEXT, HEADING = 7.5, 8.5, 11.0  # font sizes
INK, MUTED, RULE = "#222222", "#555555", "#DDDDDD"
# Okabe and Ito's palette without its yellow, which is hard to see on white.
BLUE, VERMILION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
SKY, PURPLE, BLACK = "#56B4E9", "#CC79A7", "#000000"
COLOURS = (BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE, BLACK)
DASHES = ("-", (0, (5, 1, 1, 1)), (0, (1, 1)))
LINES = [(colour, dash) for dash in DASHES for colour in COLOURS]

_STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": TEXT,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.labelsize": TEXT,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.axisbelow": True,
    "axes.titlesize": 9.5,
    "axes.titlelocation": "left",
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "legend.fontsize": TEXT,
    "legend.frameon": False,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "figure.constrained_layout.w_pad": 0.08,
    "figure.constrained_layout.h_pad": 0.06,
}
# A decorator: the function draws in this style whatever the user's matplotlibrc says.
_styled = style.context(["default", _STYLE])


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


@_styled
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
    figure, axes = _panels(len(panels), widest + aside, height, title, note)
    for ax, panel in zip(axes, panels, strict=True):
        _draw_curves(ax, width=widest - 80, **panel)
    _raise_titles(figure, axes)
    for ax, panel in zip(axes, panels, strict=True):
        _label_references(ax, panel.get("references") or {})
    _save(path, figure)


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
    _label(ax, title, x_label, y_label)
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
            _wrap(note, width, SMALL),
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
    column = 55 + max((_text_width(label, TEXT) for label in labels), default=0)
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
    lines = _wrap(label, 110, SMALL).split("\n")
    return max(_text_width(line, SMALL) for line in lines) + 12


def _label_references(ax: Axes, references: Mapping[str, float]) -> None:
    """Labels at the right end of the lines, moved apart where they would overlap."""
    low, high = sorted(ax.get_ylim())
    ordered = sorted(references.items(), key=lambda item: item[1])
    inside = [min(max(y, low), high) for _, y in ordered]
    arrows = ["↑ " if y > high else "↓ " if y < low else "" for _, y in ordered]
    labels = [arrow + label for arrow, (label, _) in zip(arrows, ordered, strict=True)]
    texts = [_wrap(label, 110, SMALL) for label in labels]
    heights = [ax.transData.transform((0, y))[1] for y in inside]
    apart = _apart(heights, [_height([text], SMALL) for text in texts])
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


@_styled
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
    figure, axes = _panels(len(panels), 360, 290, title, note)
    for ax, panel in zip(axes, panels, strict=True):
        _draw_bars(ax, **panel)
    _save(path, figure)


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
    _label(ax, title, x_label, y_label)


# ---------------------------------------------------------------- photographs

GAP = 4
LARGE = 640_000  # bytes; a PNG of photographs takes about two thirds of that


@_styled
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
        scale: whole number of pixels for a pixel; by default tiles become about 185 wide unless
            the mosaic is so large that the file would grow too much.

    Raises:
        ValueError: the mosaic cannot be cut into so many equal tiles, or the captions are not
            one for each column.
    """
    tiles = _cut(image, len(rows), len(columns))
    if captions is not None and len(captions) != len(columns):
        raise ValueError(f"{len(captions)} captions for {len(columns)} columns")
    scale = scale or (1 if tiles.size > LARGE else max(1, round(185 / tiles.shape[3])))
    mosaic = _spaced(np.repeat(np.repeat(tiles, scale, axis=2), scale, axis=3))
    tile_h, tile_w = tiles.shape[2] * scale, tiles.shape[3] * scale

    heads = [_wrap(text, tile_w, TEXT) for text in columns]
    feet = [_wrap(text, tile_w, TEXT) for text in captions or []]
    sides = [_wrap(text, tile_h, TEXT) for text in rows]
    left = 16 + _height(sides, TEXT)
    width = left + mosaic.shape[1] + 12
    title, note = _wrap(title or "", width - 24, HEADING), _wrap(note or "", width - 24, SMALL)
    above = [10, _height([title], HEADING), _height(heads, TEXT) + 4]
    below = [4, _height(feet, TEXT), 6 * bool(note), _height([note], SMALL), 8]

    height = sum(above) + mosaic.shape[0] + sum(below)
    figure = _figure(width, height)
    figure.figimage(mosaic, left, sum(below), origin="upper")
    write = _writer(figure)
    write(12, above[0], title, size=HEADING, va="top")
    for texts, y, va in ((heads, sum(above) - 4, "bottom"), (feet, height - sum(below) + 4, "top")):
        for index, text in enumerate(texts):
            write(left + index * (tile_w + GAP) + tile_w / 2, y, text, ha="center", va=va)
    for index, text in enumerate(sides):
        y = sum(above) + index * (tile_h + GAP) + tile_h / 2
        write(left - 6, y, text, rotation=90, ha="right", va="center", multialignment="center")
    write(12, height - 8, note, size=SMALL, color=MUTED, va="bottom")
    _save(path, figure)


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
    """Tiles `[rows, columns, h, w, 3]` as a picture with white gaps between them."""
    rows, columns, height, width, _ = tiles.shape
    shape = (rows * (height + GAP) - GAP, columns * (width + GAP) - GAP, 3)
    picture = np.full(shape, 255, "uint8")
    for row, column in np.ndindex(rows, columns):
        top, left = row * (height + GAP), column * (width + GAP)
        picture[top : top + height, left : left + width] = tiles[row, column]
    return picture


# ---------------------------------------------------------------- confusion matrices


_WHITE_TO_BLUE = LinearSegmentedColormap.from_list("blue", ["#FFFFFF", SKY, BLUE, "#00405F"])
CELL = 68


@_styled
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
    columns = _columns(len(panels))
    side = CELL * len(labels)
    names = max(_text_width(label, TEXT) for label in labels)
    slanted = names > CELL - 4
    left, bottom = names + 40, 40 + (names * 0.75 if slanted else 14)
    step_x, step_y = side + 26, side + bottom + 34
    width = int(left + columns * step_x)
    heads, notes = _wrap(title or "", width - 24, HEADING), _wrap(note or "", width - 24, SMALL)
    top = 12 + _height([heads], HEADING)
    rows = math.ceil(len(panels) / columns)
    height = int(top + rows * step_y + _height([notes], SMALL) + 10)
    figure = _figure(width, height)
    for index, (name, shares) in enumerate(matrices.items()):
        row, column = divmod(index, columns)
        x, y = left + column * step_x, top + row * step_y + 28
        box = (x / width, 1 - (y + side) / height, side / width, side / height)
        ax = figure.add_axes(box)
        _draw_confusion(ax, shares, labels, rows=column == 0, slanted=slanted)
        ax.set_title(name, pad=6)
    write = _writer(figure)
    write(12, 10, heads, size=HEADING, va="top")
    write(12, height - 8, notes, size=SMALL, color=MUTED, va="bottom")
    _save(path, figure)


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


# ---------------------------------------------------------------- what figures have in common


def _figure(width: float, height: float, **options) -> Figure:
    """An empty figure of so many pixels."""
    # Matplotlib rounds down, and 57 / 100 * 100 is a little less than 57.
    figure = Figure(((width + 0.01) / DPI, (height + 0.01) / DPI), DPI, **options)
    FigureCanvasAgg(figure)
    return figure


def _save(path: Path, figure: Figure) -> None:
    # Through Pillow rather than savefig: no alpha channel, no metadata, smaller.
    figure.canvas.draw()
    pixels = np.ascontiguousarray(np.asarray(figure.canvas.buffer_rgba())[..., :3])
    with replacing(path) as part:
        Image.fromarray(pixels).save(
            part, format="png", compress_level=9, compress_type=zlib.Z_DEFAULT_STRATEGY
        )


def _columns(count: int) -> int:
    """Panels beside each other: up to three in one row, more in two."""
    return count if count <= 3 else math.ceil(count / 2)


def _panels(
    count: int, width: float, height: float, title: str | None, note: str | None
) -> tuple[Figure, list[Axes]]:
    """A figure with `count` axes of about `width` x `height`, title above and note below."""
    columns = _columns(count)
    rows = math.ceil(count / columns)
    title = _wrap(title or "", columns * width - 24, HEADING)
    note = _wrap(note or "", columns * width - 24, SMALL)
    extra = _height([title], HEADING) + _height([note], SMALL)
    figure = _figure(columns * width, rows * height + extra, layout="constrained")
    if title:
        figure.suptitle(title, x=12 / (columns * width), ha="left", size=HEADING)
    if note:
        figure.supxlabel(note, x=12 / (columns * width), ha="left", size=SMALL, color=MUTED)
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for ax in axes[count:]:
        ax.remove()
    return figure, axes[:count]


def _label(ax: Axes, title: str | None, x_label: str, y_label: str) -> None:
    ax.set_title(title or "")
    ax.set_xlabel(x_label)
    ax.set_ylabel(y_label)


def _writer(figure: Figure) -> Callable[..., None]:
    """A function that writes text at pixels counted from the top left."""
    width, height = figure.bbox.size

    def write(x: float, y: float, text: str, **options) -> None:
        figure.text(x / width, 1 - y / height, text, **options)

    return write


def _text_width(text: str, size: float, weight: str = "normal") -> float:
    """Width of a line of text."""
    font = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    return text_to_path.get_text_width_height_descent(text, font, False)[0] * DPI / 72


def _height(texts: Iterable[str], size: float) -> int:
    """Height of the text with the most lines, with a little room; 0 where all are empty."""
    lines = max((text.count("\n") + 1 for text in texts if text), default=0)
    return math.ceil(lines * size * 1.25 * DPI / 72 + 4) if lines else 0


def _wrap(text: str, width: float, size: float) -> str:
    """The text in lines that fit into `width`; words that don't are cut."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in _pieces(paragraph.split(), width, size):
            longer = f"{line} {word}".strip()
            if line and _text_width(longer, size) > width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return "\n".join(lines)


def _pieces(words: Iterable[str], width: float, size: float) -> Iterator[str]:
    for word in words:
        while len(word) > 1 and _text_width(word, size) > width:
            cut = len(word) - 1
            while cut > 1 and _text_width(word[:cut], size) > width:
                cut -= 1
            yield word[:cut]
            word = word[cut:]
        yield word


# ---------------------------------------------------------------- networks


# Kind of box: what the key calls it, its colour (tints of the palette).
KINDS = {
    "end": ("input, output", "#D5D5D5"),
    "convolution": ("convolution", "#A6D5F1"),
    "transposed": ("transposed convolution", "#F2C666"),
    "upsampling": ("upsampling", "#73C8AD"),
    "pooling": ("pooling", "#EBA06D"),
    "other": ("other", "#E3B5CE"),
    "merge": ("merge", "#FFFFFF"),
}
SYMBOLS = {"Add": "+", "Subtract": "−", "Multiply": "×", "Concatenate": "c"}
SHORT = {
    "BatchNormalization": "BN",
    "LayerNormalization": "LN",
    "GroupNormalization": "GN",
    "relu": "ReLU",
    "Relu": "ReLU",
    "elu": "ELU",
    "selu": "SELU",
    "gelu": "GELU",
    "silu": "SiLU",
    "leaky_relu": "LeakyReLU",
}


@dataclass
class Box:
    """A layer that is drawn, with those that are only mentioned beside it.

    Args:
        name: of the layer.
        kind: a key of `KINDS`.
        shape: of its output, without the batch: `(H, W, C)` for pictures.
        details: kernel, stride and so on.
        after: what happens to the output before the next box ("BN", "ReLU").
        symbol: drawn in a circle, for merges.
        layers: names of all layers that the box stands for.
        sources: indices of the boxes that feed it.
    """

    name: str
    kind: str
    shape: tuple[int | None, ...]
    details: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    symbol: str = ""
    layers: list[str] = field(default_factory=list)
    sources: list[int] = field(default_factory=list)

    @property
    def side(self) -> int:
        """Height of its output in pixels, 1 where it has none."""
        return (self.shape[-3] if len(self.shape) >= 3 else 1) or 1


def network_boxes(model: "keras.Model") -> list[Box]:
    """What `network_diagram` draws: boxes in the order of the graph.

    Activations, normalisation and dropout belong to the box before them, padding to the one
    after.

    Args:
        model: a functional `keras.Model`, channels last.
    """
    boxes: list[Box] = []
    owner, padding, made_by = {}, {}, {}
    for node in _nodes(model):
        made_by.update((id(tensor), node) for tensor in node.outputs)
        parents = [parent for parent in node.parent_nodes if parent in owner]
        pads = [name for parent in parents for name in padding.get(parent, [])]
        kind = _kind(node, parents)
        if kind in ("merged", "padding"):
            owner[node] = owner[parents[0]]
            padding[node] = pads + [node.operation.name] * (kind == "padding")
            if kind == "merged":
                _mention(boxes[owner[node]], node.operation)
            continue
        owner[node] = len(boxes)
        sources = list(dict.fromkeys(owner[parent] for parent in parents))
        boxes.append(_box(node, kind, pads, sources))
    for tensor in model.outputs:
        node = made_by[id(tensor)]
        name = "output" if len(model.outputs) == 1 else f"output {node.operation.name}"
        shape = tuple(tensor.shape[1:])
        boxes.append(Box(name, "end", shape, layers=padding.get(node, []), sources=[owner[node]]))
    return boxes


def _box(node, kind: str, pads: list[str], sources: list[int]) -> Box:
    """The box of one call of a layer."""
    layer = node.operation
    activation = getattr(getattr(layer, "activation", None), "__name__", "linear")
    return Box(
        name=layer.name,
        kind=kind,
        shape=tuple(node.outputs[0].shape[1:]),
        details=_details(layer, kind),
        after=[SHORT.get(activation, activation)] * (activation != "linear"),
        symbol=SYMBOLS.get(type(layer).__name__, "•") if kind == "merge" else "",
        layers=[*pads, layer.name],
        sources=sources,
    )


def _mention(box: Box, layer) -> None:
    """Adds a layer without a box of its own to the caption of `box`."""
    name = type(layer).__name__
    if name == "Activation":
        name = layer.activation.__name__
    name = f"dropout {layer.rate:g}" if "Dropout" in name else SHORT.get(name, name)
    box.after.append(name)
    box.layers.append(layer.name)


def _nodes(model: "keras.Model") -> list:
    """The calls of layers that make up a functional model, inputs first."""
    # Keras has no public way to walk a model's graph other than serialising it.
    by_depth = model._nodes_by_depth
    return [node for depth in sorted(by_depth, reverse=True) for node in by_depth[depth]]


def _kind(node, parents: list) -> str:
    """A key of `KINDS`, or "merged" or "padding" for what gets no box of its own."""
    name = type(node.operation).__name__
    if len(set(parents)) != 1:
        return "merge" if parents else "end"
    if name.startswith(("ZeroPadding", "Cropping", "Pad")):
        return "padding"
    if "Conv" in name:
        return "transposed" if "Transpose" in name else "convolution"
    if "Pool" in name:
        return "pooling"
    if "upsampling" in name.lower() or "Resiz" in name:
        return "upsampling"
    same = tuple(parents[0].outputs[0].shape) == tuple(node.outputs[0].shape)
    plain = same and not getattr(node.operation, "weights", [])
    return "merged" if plain or "Normalization" in name or name == "PReLU" else "other"


def _details(layer, kind: str) -> list[str]:
    """Kernel, stride, dilation: a line each."""
    if kind == "pooling":
        sort = "max" if "Max" in type(layer).__name__ else "mean"
        return [f"{sort} {_times(getattr(layer, 'pool_size', None)) or 'of all'}"]
    if kind == "upsampling":
        factor = getattr(layer, "factor", None) or getattr(layer, "size", None)
        return [f"factor {_times(factor)}"] if factor else []
    if kind == "other":
        return [type(layer).__name__]
    if kind not in ("convolution", "transposed"):
        return []
    steps = (("stride", layer.strides), ("dilation", layer.dilation_rate))
    steps = [f"{word} {_times(values)}" for word, values in steps if set(values) != {1}]
    return [_times(layer.kernel_size, squeeze=False), *steps]


def _times(values, squeeze: bool = True) -> str:
    """`(2, 2)` as "2", or as "2×2" without `squeeze`; `(2, 1)` as "2×1"; None as ""."""
    values = values if isinstance(values, (tuple, list)) else [values] * (values is not None)
    if squeeze and len(set(values)) == 1:
        values = values[:1]
    return "×".join(map(str, values))


def _caption(box: Box) -> list[str]:
    """The lines under a box, its name first."""
    shape = "×".join("?" if size is None else str(size) for size in box.shape)
    after = [", ".join(box.after[i : i + 2]) for i in range(0, len(box.after), 2)]
    after = [f"{line}," for line in after[:-1]] + after[-1:]
    return [*_name_lines(box.name), shape, *box.details, *after]


def _name_lines(name: str) -> list[str]:
    """A name, in two lines if it is long and has an underscore to break it at."""
    cut = name.rfind("_", 1, 13) if len(name) > 13 else -1
    return [name] if cut < 0 else [name[:cut], name[cut:]]


@dataclass
class Place:
    """Where a box is drawn: its row, centre and size, and the width with its caption."""

    row: int
    x: float
    slot: float
    width: float
    height: float
    y: float = 0.0


@dataclass
class Row:
    """Heights of a row of boxes: its upper edge, the boxes' top and centre, the captions' top."""

    top: float
    boxes: float
    centre: float
    captions: float
    bottom: float


TALLEST, LINE, LANE, MARGIN, RADIUS = 130.0, 12.5, 11.0, 28.0, 8.0
ROW_WIDTH = 1100.0


@_styled
def network_diagram(path: Path, model: "keras.Model", *, title: str) -> None:
    """A network as a row of boxes, or several rows where it is long, with arcs for skips.

    The height of a box goes with the square root of its output's height, the width with the
    logarithm of the channels.

    Args:
        path: the PNG to write.
        model: a functional `keras.Model`, channels last.
        title: the number of trainable parameters is added to it.
    """
    boxes = network_boxes(model)
    edges = [(source, index) for index, box in enumerate(boxes) for source in box.sources]
    skips = [(a, b) for a, b in edges if b != a + 1]
    places = _places(boxes)
    lanes = _lanes(skips, places)
    columns = sorted({a for a, b in skips if places[a].row != places[b].row}, reverse=True)
    right = max(place.x + place.slot / 2 for place in places) + 16
    width = max(right + 12 * len(columns) + 20, _key_width(boxes) + 24, 480)
    parameters = sum(math.prod(weight.shape) for weight in model.trainable_weights)
    title = _wrap(f"{title}: {parameters:,} trainable parameters", width - 24, HEADING)
    rows = _rows(boxes, places, lanes, 20 + _height([title], HEADING))
    height = rows[-1].bottom + 34

    figure = _figure(width, height)
    ax = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
    ax.set_axis_off()
    ax.text(12, 10, title, size=HEADING, va="top")
    for a, b in edges:
        if b == a + 1:
            _draw_flow(ax, places[a], places[b], right, rows)
    for a, b in skips:
        column = right + 14 + 12 * columns.index(a) if a in columns else right
        levels = [
            rows[row].boxes - LANE * (lanes[a, b, row] + 1)
            for row in (places[a].row, places[b].row)
        ]
        _draw_skip(ax, places[a], places[b], levels, column)
    for box, place in zip(boxes, places, strict=True):
        _draw_box(ax, box, place, rows[place.row].captions)
    _draw_key(ax, boxes, height - 18)
    _save(path, figure)


def _places(boxes: Sequence[Box]) -> list[Place]:
    """Rows, horizontal positions and sizes of the boxes."""
    tallest = max(box.side for box in boxes)
    widths = [_box_width(box) for box in boxes]
    slots = [
        max(width + 18, *(_text_width(line, SMALL, "bold") + 6 for line in _caption(box)))
        for box, width in zip(boxes, widths, strict=True)
    ]
    count = math.ceil(sum(slots) / ROW_WIDTH)
    places, passed, x = [], 0.0, MARGIN
    for box, width, slot in zip(boxes, widths, slots, strict=True):
        row = int((passed + slot / 2) / sum(slots) * count)
        x = MARGIN if places and row != places[-1].row else x
        height = max(TALLEST * math.sqrt(box.side / tallest), 6.0)
        height = 2 * RADIUS if box.kind == "merge" else height
        places.append(Place(row, x + slot / 2, slot, width, height))
        x, passed = x + slot, passed + slot
    return places


def _box_width(box: Box) -> float:
    if box.kind == "merge":
        return 2 * RADIUS
    return 5 * math.log2(1 + (box.shape[-1] or 1))


def _lanes(
    skips: Sequence[tuple[int, int]], places: Sequence[Place]
) -> dict[tuple[int, int, int], int]:
    """(start, end, row) to the lane above that row, for each skip one or two of them.

    Shorter ones lie below longer ones, so that nested skips don't cross.
    """
    spans: dict[tuple[int, int, int], tuple[float, float]] = {}
    for a, b in skips:
        start, end = places[a], places[b]
        spans[a, b, start.row] = (start.x, end.x if start.row == end.row else math.inf)
        if start.row != end.row:
            spans[a, b, end.row] = (end.x, math.inf)
    lanes: dict[tuple[int, int, int], int] = {}
    for skip in sorted(spans, key=lambda skip: (spans[skip][1] - spans[skip][0], -spans[skip][0])):
        left, right = spans[skip]
        beside = [other for other in lanes if other[2] == skip[2]]
        below = [o for o in beside if spans[o][0] <= right and left <= spans[o][1]]
        lanes[skip] = max((lanes[other] for other in below), default=-1) + 1
    return lanes


def _rows(
    boxes: Sequence[Box],
    places: Sequence[Place],
    lanes: Mapping[tuple[int, int, int], int],
    top: float,
) -> list[Row]:
    """Stacks the rows from `top` downwards and sets the boxes' `y`."""
    rows = []
    for row in range(places[-1].row + 1):
        inside = [index for index, place in enumerate(places) if place.row == row]
        used = max((lane for (_, _, r), lane in lanes.items() if r == row), default=-2)
        tallest = max(places[index].height for index in inside)
        start = top + (16 if row else 0) + LANE * (used + 2)
        captions = start + tallest + 8
        bottom = captions + LINE * max(len(_caption(boxes[index])) for index in inside) + 8
        rows.append(Row(top, start, start + tallest / 2, captions, bottom))
        for index in inside:
            places[index].y = rows[-1].centre
        top = bottom
    return rows


def _draw_box(ax: Axes, box: Box, place: Place, captions: float) -> None:
    """A box or a circle, and its caption below the row."""
    fill = KINDS[box.kind][1]
    if box.kind == "merge":
        ax.add_patch(Circle((place.x, place.y), RADIUS, fc=fill, ec=INK, lw=0.9))
        ax.text(place.x, place.y, box.symbol, size=9, ha="center", va="center_baseline")
    else:
        corner = (place.x - place.width / 2, place.y - place.height / 2)
        ax.add_patch(Rectangle(corner, place.width, place.height, fc=fill, ec=INK, lw=0.7))
    named = len(_name_lines(box.name))
    for index, line in enumerate(_caption(box)):
        weight = "bold" if index < named else "normal"
        ax.text(
            place.x,
            captions + LINE * index,
            line,
            size=SMALL,
            weight=weight,
            ha="center",
            va="top",
        )


def _draw_flow(ax: Axes, start: Place, end: Place, right: float, rows: Sequence[Row]) -> None:
    """An arrow to the next box; at the end of a row down and back to the left."""
    points = [(start.x + start.width / 2, start.y), (end.x - end.width / 2, end.y)]
    if start.row != end.row:
        level, left = rows[end.row].top + 4, MARGIN / 2
        points[1:1] = [(right, start.y), (right, level), (left, level), (left, end.y)]
    _draw_arrow(ax, points, MUTED)


def _draw_skip(ax: Axes, start: Place, end: Place, levels: Sequence[float], column: float) -> None:
    """An arc above the row; into another row by way of `column` at the right."""
    out, into = start.x + 3, end.x - 3
    points = [(out, start.y - start.height / 2), (out, levels[0])]
    if start.row != end.row:
        points += [(column, levels[0]), (column, levels[1])]
    points += [(into, levels[1]), (into, end.y - end.height / 2)]
    _draw_arrow(ax, points, BLUE)


def _draw_arrow(ax: Axes, points: Sequence[tuple[float, float]], colour: str) -> None:
    """A line through the points with rounded corners and a head."""
    vertices, codes = [points[0]], [Outline.MOVETO]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        vertices += [_towards(corner, before), corner, _towards(corner, after)]
        codes += [Outline.LINETO, Outline.CURVE3, Outline.CURVE3]
    outline = Outline([*vertices, points[-1]], [*codes, Outline.LINETO])
    ax.add_patch(
        FancyArrowPatch(
            path=outline,
            arrowstyle="-|>",
            mutation_scale=7,
            lw=1.0,
            color=colour,
            fill=False,
            capstyle="butt",
            joinstyle="miter",
        )
    )


def _towards(corner: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    """The point 5 pixels from `corner` in the direction of `other`."""
    length = math.dist(corner, other) or 1.0
    share = min(5.0, length / 2) / length
    return tuple(c + share * (o - c) for c, o in zip(corner, other, strict=True))


def _key(boxes: Sequence[Box]) -> list[tuple[str, str]]:
    """What the colours and circles mean, of those that occur: (text, colour or symbol)."""
    kinds = {box.kind for box in boxes}
    entries = [
        (text, colour) for kind, (text, colour) in KINDS.items() if kind in kinds - {"merge"}
    ]
    names = {"c": "concatenation", "+": "addition", "×": "product", "−": "difference"}
    symbols = dict.fromkeys(box.symbol for box in boxes if box.symbol)
    return entries + [(names.get(symbol, "merge"), symbol) for symbol in symbols]


SCALES = "height ∝ √(output height), width ∝ log(channels)"


def _key_width(boxes: Sequence[Box]) -> float:
    texts = [*(text for text, _ in _key(boxes)), SCALES]
    return sum(_text_width(text, SMALL) + 32 for text in texts)


def _draw_key(ax: Axes, boxes: Sequence[Box], y: float) -> None:
    x = 12.0
    for text, look in _key(boxes):
        if look.startswith("#"):
            ax.add_patch(Rectangle((x, y - 5), 10, 10, fc=look, ec=INK, lw=0.7))
        else:
            ax.add_patch(Circle((x + 5, y), 6, fc="white", ec=INK, lw=0.9))
            ax.text(x + 5, y, look, size=SMALL, ha="center", va="center_baseline")
        ax.text(x + 15, y, text, size=SMALL, va="center_baseline")
        x += _text_width(text, SMALL) + 32
    ax.text(x, y, SCALES, size=SMALL, color=MUTED, va="center_baseline")
