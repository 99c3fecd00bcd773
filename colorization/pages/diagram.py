"""Diagrams of functional Keras models: one box per layer, arcs for what skips layers.

Nothing here needs Keras; a built model's attributes are read.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.axes import Axes

from colorization.pages.box_drawing import (
    LINE,
    RADIUS,
    Place,
    canvas,
    draw_arrow,
    draw_box,
    draw_key,
    key_width,
)
from colorization.pages.boxes import Box, caption, network_boxes
from colorization.pages.style import (
    BLUE,
    HEADING,
    MUTED,
    PAGE,
    SMALL,
    save,
    styled,
    text_height,
    text_width,
    wrap,
)

if TYPE_CHECKING:
    import keras


@dataclass
class Row:
    """Heights of a row of boxes: its upper edge, the boxes' top and centre, the captions' top."""

    top: float
    boxes: float
    centre: float
    captions: float
    bottom: float


TALLEST, LANE, MARGIN = 110.0, 11.0, 28.0

ROW_WIDTH = PAGE - 130.0  # the rest is for skips that go from row to row

SCALES = "height ∝ √(output height), width ∝ log(channels)"


@styled
def network_diagram(
    path: Path,
    model: "keras.Model",
    *,
    title: str,
    shown: Callable[[list[Box]], list[Box]] = lambda boxes: boxes,
) -> None:
    """A network as a row of boxes, or several rows where it is long, with arcs for skips.

    The height of a box goes with the square root of its output's height, the width with the
    logarithm of the channels.

    Args:
        path: the file to write.
        model: a functional `keras.Model`, channels last.
        title: the number of trainable parameters of what is shown is added to it.
        shown: the network's boxes to those that are drawn.
    """
    boxes = shown(network_boxes(model))
    edges = [(source, index) for index, box in enumerate(boxes) for source in box.sources]
    skips = [(a, b) for a, b in edges if b != a + 1]
    places = _places(boxes)
    lanes = _lanes(skips, places)
    columns = sorted({a for a, b in skips if places[a].row != places[b].row}, reverse=True)
    right = max(place.x + place.slot / 2 for place in places) + 16
    width = max(right + 12 * len(columns) + 20, key_width(boxes, SCALES) + 24, 480)
    parameters = _parameters(model, boxes)
    title = wrap(f"{title}: {parameters:,} trainable parameters", width - 24, HEADING)
    rows = _rows(boxes, places, lanes, 20 + text_height([title], HEADING))
    height = rows[-1].bottom + 34

    figure, ax = canvas(width, height)
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
        draw_box(ax, box, place, rows[place.row].captions)
    draw_key(ax, boxes, SCALES, height - 18)
    save(path, figure)


def _parameters(model: "keras.Model", boxes: Sequence[Box]) -> int:
    """Trainable parameters of the layers that boxes stand for."""
    layers = dict.fromkeys(name for box in boxes for name in box.layers)
    weights = [weight for name in layers for weight in model.get_layer(name).trainable_weights]
    return sum(math.prod(weight.shape) for weight in weights)


def _places(boxes: Sequence[Box]) -> list[Place]:
    """Rows, horizontal positions and sizes of the boxes."""
    tallest = max(box.side for box in boxes)
    widths = [_box_width(box) for box in boxes]
    slots = [
        max(width + 18, *(text_width(line, SMALL, "bold") + 12 for line in caption(box)))
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
        bottom = captions + LINE * max(len(caption(boxes[index])) for index in inside) + 8
        rows.append(Row(top, start, start + tallest / 2, captions, bottom))
        for index in inside:
            places[index].y = rows[-1].centre
        top = bottom
    return rows


def _draw_flow(ax: Axes, start: Place, end: Place, right: float, rows: Sequence[Row]) -> None:
    """An arrow to the next box; at the end of a row down and back to the left."""
    points = [(start.x + start.width / 2, start.y), (end.x - end.width / 2, end.y)]
    if start.row != end.row:
        level, left = rows[end.row].top + 4, MARGIN / 2
        points[1:1] = [(right, start.y), (right, level), (left, level), (left, end.y)]
    draw_arrow(ax, points, MUTED)


def _draw_skip(ax: Axes, start: Place, end: Place, levels: Sequence[float], column: float) -> None:
    """An arc above the row; into another row by way of `column` at the right."""
    out, into = start.x + 3, end.x - 3
    points = [(out, start.y - start.height / 2), (out, levels[0])]
    if start.row != end.row:
        points += [(column, levels[0]), (column, levels[1])]
    points += [(into, levels[1]), (into, end.y - end.height / 2)]
    draw_arrow(ax, points, BLUE)
