"""Diagrams of functional Keras models: one box per layer, arcs for what skips layers.

Nothing here needs Keras; a built model's attributes are read.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle
from matplotlib.path import Path as Outline

from colorization.pages.boxes import KINDS, Box, _caption, _name_lines, network_boxes
from colorization.pages.style import (
    BLUE,
    HEADING,
    INK,
    MUTED,
    SMALL,
    new_figure,
    save,
    styled,
    text_height,
    text_width,
    wrap,
)

if TYPE_CHECKING:
    import keras


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


@styled
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
    title = wrap(f"{title}: {parameters:,} trainable parameters", width - 24, HEADING)
    rows = _rows(boxes, places, lanes, 20 + text_height([title], HEADING))
    height = rows[-1].bottom + 34

    figure = new_figure(width, height)
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
    save(path, figure)


def _places(boxes: Sequence[Box]) -> list[Place]:
    """Rows, horizontal positions and sizes of the boxes."""
    tallest = max(box.side for box in boxes)
    widths = [_box_width(box) for box in boxes]
    slots = [
        max(width + 18, *(text_width(line, SMALL, "bold") + 6 for line in _caption(box)))
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
    return sum(text_width(text, SMALL) + 32 for text in texts)


def _draw_key(ax: Axes, boxes: Sequence[Box], y: float) -> None:
    x = 12.0
    for text, look in _key(boxes):
        if look.startswith("#"):
            ax.add_patch(Rectangle((x, y - 5), 10, 10, fc=look, ec=INK, lw=0.7))
        else:
            ax.add_patch(Circle((x + 5, y), 6, fc="white", ec=INK, lw=0.9))
            ax.text(x + 5, y, look, size=SMALL, ha="center", va="center_baseline")
        ax.text(x + 15, y, text, size=SMALL, va="center_baseline")
        x += text_width(text, SMALL) + 32
    ax.text(x, y, SCALES, size=SMALL, color=MUTED, va="center_baseline")
