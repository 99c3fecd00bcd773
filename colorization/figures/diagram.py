"""Diagrams of functional Keras models: one box per layer, arcs for what skips layers.

Nothing here needs Keras; a built model's attributes are read.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyArrowPatch, Rectangle
from matplotlib.path import Path as Outline

if TYPE_CHECKING:
    import keras

from colorization.figures.style import (
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
