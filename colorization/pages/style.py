"""What all figures have in common: style, palette, text that fits, and bytes that never change.

Lengths are pixels at 100 dots per inch, font sizes are points.
"""

import io
import math
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path
from PIL import Image

from colorization.files import replacing, write_text

DPI = 100

PAGE = 930  # as wide as a page shows a figure without making it smaller

SMALL, TEXT, HEADING = 7.5, 8.5, 11.0  # font sizes

INK, MUTED, RULE = "#222222", "#555555", "#DDDDDD"

# Okabe and Ito's palette without its yellow, which is hard to see on white.
BLUE, VERMILION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"

SKY, PURPLE, BLACK = "#56B4E9", "#CC79A7", "#000000"

COLOURS = (BLUE, VERMILION, GREEN, ORANGE, SKY, PURPLE, BLACK)

DASHES = ("-", (0, (5, 2)), (0, (1, 1)))

# Lines beside each other differ in both, so that one that lies over another does not hide it.
LINES = [(COLOURS[n % len(COLOURS)], DASHES[n % len(DASHES)]) for n in range(21)]

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
    "svg.hashsalt": "colorization",  # ids in SVG are the same each time
    "svg.fonttype": "none",  # text stays text: half the bytes, and it can be searched
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "figure.constrained_layout.w_pad": 0.08,
    "figure.constrained_layout.h_pad": 0.06,
}

FORMATS = {
    ".png": {
        "format": "PNG",
        "compress_level": 9,
        "compress_type": zlib.Z_DEFAULT_STRATEGY,
    },
    ".webp": {"format": "WEBP", "quality": 80, "method": 6},
}

# A decorator: the function draws in this style whatever the user's matplotlibrc says.
styled = style.context(["default", _STYLE])


def new_figure(width: float, height: float, **options) -> Figure:
    """An empty figure of so many pixels."""
    # Matplotlib rounds down, and 57 / 100 * 100 is a little less than 57.
    figure = Figure(((width + 0.01) / DPI, (height + 0.01) / DPI), DPI, **options)
    FigureCanvasAgg(figure)
    return figure


def save(path: Path, figure: Figure) -> None:
    """Write a figure as its suffix says, ".svg", ".png" or ".webp"; the same figure is the same
    bytes."""
    if path.suffix == ".svg":
        drawn = io.StringIO()
        figure.savefig(
            drawn,
            format="svg",
            metadata={"Date": None, "Creator": None, "Format": None, "Type": None},
        )
        # A hundredth of a point is as fine as anyone sees. Verdana is as wide as DejaVu Sans, which
        # not every system has.
        text = re.sub(r"([1-9]\d*\.\d\d)\d+", r"\1", drawn.getvalue())
        write_text(path, text.replace("'DejaVu Sans'", "'DejaVu Sans', Verdana, sans-serif"))
        return
    # Through Pillow rather than savefig: no alpha channel, no metadata, smaller.
    figure.canvas.draw()
    pixels = np.ascontiguousarray(np.asarray(figure.canvas.buffer_rgba())[..., :3])
    with replacing(path) as part:
        Image.fromarray(pixels).save(part, **FORMATS[path.suffix])


def panel_columns(count: int) -> int:
    """Panels beside each other: up to three in one row, more in two."""
    return count if count <= 3 else math.ceil(count / 2)


def panel_axes(
    count: int, width: float, height: float, title: str | None, note: str | None
) -> tuple[Figure, list[Axes]]:
    """A figure with `count` axes of about `width` x `height`, title above and note below."""
    columns = panel_columns(count)
    rows = math.ceil(count / columns)
    title = wrap(title or "", columns * width - 24, HEADING)
    note = wrap(note or "", columns * width - 24, SMALL)
    extra = text_height([title], HEADING) + text_height([note], SMALL)
    figure = new_figure(columns * width, rows * height + extra, layout="constrained")
    if title:
        figure.suptitle(title, x=12 / (columns * width), ha="left", size=HEADING)
    if note:
        figure.supxlabel(note, x=12 / (columns * width), ha="left", size=SMALL, color=MUTED)
    axes = list(figure.subplots(rows, columns, squeeze=False).flat)
    for ax in axes[count:]:
        ax.remove()
    return figure, axes[:count]


def label_axes(ax: Axes, title: str | None, x_label: str, y_label: str) -> None:
    ax.set_title(title or "")
    ax.set_xlabel(x_label)
    ax.set_ylabel(y_label)


def writer(figure: Figure) -> Callable[..., None]:
    """A function that writes text at pixels counted from the top left."""
    width, height = figure.bbox.size

    def write(x: float, y: float, text: str, **options) -> None:
        figure.text(x / width, 1 - y / height, text, **options)

    return write


def text_width(text: str, size: float, weight: str = "normal") -> float:
    """Width of a line of text."""
    font = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    return text_to_path.get_text_width_height_descent(text, font, False)[0] * DPI / 72


def text_height(texts: Iterable[str], size: float) -> int:
    """Height of the text with the most lines, with a little room; 0 where all are empty."""
    lines = max((text.count("\n") + 1 for text in texts if text), default=0)
    return math.ceil(lines * size * 1.25 * DPI / 72 + 4) if lines else 0


def wrap(text: str, width: float, size: float) -> str:
    """The text in lines that fit into `width`; longer words are cut, after - or _ if possible."""
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in _pieces(paragraph.split(), width, size):
            longer = f"{line} {word}".strip()
            if line and text_width(longer, size) > width:
                lines.append(line)
                longer = word
            line = longer
        lines.append(line)
    return "\n".join(lines)


def _pieces(words: Iterable[str], width: float, size: float) -> Iterator[str]:
    for word in words:
        while len(word) > 1 and text_width(word, size) > width:
            cut = len(word) - 1
            while cut > 1 and text_width(word[:cut], size) > width:
                cut -= 1
            cut = max(word.rfind(mark, 0, cut) for mark in "-_") + 1 or cut
            yield word[:cut]
            word = word[cut:]
        yield word
