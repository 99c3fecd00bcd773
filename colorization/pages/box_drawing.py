"""Boxes, arrows between them and what their colours mean: what every diagram is made of."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle
from matplotlib.path import Path as Outline

from colorization.pages.boxes import KINDS, Box, caption, name_lines
from colorization.pages.style import INK, MUTED, SMALL, new_figure, text_width

LINE, RADIUS = 12.5, 8.0  # of captions, of circles


@dataclass
class Place:
    """Where a box is drawn: its row, centre and size, and the width with its caption."""

    row: int
    x: float
    slot: float
    width: float
    height: float
    y: float = 0.0


def canvas(width: float, height: float) -> tuple[Figure, Axes]:
    """An empty figure whose axes count pixels from the top left."""
    figure = new_figure(width, height)
    ax = figure.add_axes((0, 0, 1, 1), xlim=(0, width), ylim=(height, 0))
    ax.set_axis_off()
    return figure, ax


def draw_box(ax: Axes, box: Box, place: Place, captions: float) -> None:
    """A box or a circle, and its caption from `captions` downwards."""
    fill = KINDS[box.kind][1]
    if box.kind == "merge":
        ax.add_patch(Circle((place.x, place.y), RADIUS, fc=fill, ec=INK, lw=0.9))
        ax.text(place.x, place.y, box.symbol, size=9, ha="center", va="center_baseline")
    else:
        corner = (place.x - place.width / 2, place.y - place.height / 2)
        ax.add_patch(Rectangle(corner, place.width, place.height, fc=fill, ec=INK, lw=0.7))
    named = len(name_lines(box.name))
    for index, line in enumerate(caption(box)):
        weight = "bold" if index < named else "normal"
        y = captions + LINE * index
        ax.text(place.x, y, line, size=SMALL, weight=weight, ha="center", va="top")


def draw_arrow(
    ax: Axes, points: Sequence[tuple[float, float]], colour: str, dashed: bool = False
) -> None:
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
            ls=(0, (4, 2)) if dashed else "-",
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


def key_width(boxes: Sequence[Box], further: str) -> float:
    texts = [*(text for text, _ in _key(boxes)), further]
    return sum(text_width(text, SMALL) + 32 for text in texts)


def draw_key(ax: Axes, boxes: Sequence[Box], further: str, y: float) -> None:
    """What the boxes mean, and `further` to that, on a line at `y`."""
    x = 12.0
    for text, look in _key(boxes):
        if look.startswith("#"):
            ax.add_patch(Rectangle((x, y - 5), 10, 10, fc=look, ec=INK, lw=0.7))
        else:
            ax.add_patch(Circle((x + 5, y), 6, fc="white", ec=INK, lw=0.9))
            ax.text(x + 5, y, look, size=SMALL, ha="center", va="center_baseline")
        ax.text(x + 15, y, text, size=SMALL, va="center_baseline")
        x += text_width(text, SMALL) + 32
    ax.text(x, y, further, size=SMALL, color=MUTED, va="center_baseline")
