"""A network as boxes, a line each: what a diagram draws."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras


# Kind of box: what the key calls it, its colour (tints of the palette).
KINDS = {
    "end": ("input, output", "#D5D5D5"),
    "convolution": ("convolution", "#A6D5F1"),
    "transposed": ("transposed convolution", "#F2C666"),
    "upsampling": ("upsampling", "#73C8AD"),
    "pooling": ("pooling", "#EBA06D"),
    "other": ("other", "#E3B5CE"),
    "block": ("block of layers", "#B9B4E8"),
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


def gathered(boxes: Sequence[Box], names: str) -> list[Box]:
    """Boxes with one in place of all whose names begin alike.

    Args:
        names: a regular expression; boxes whose names begin with the same match of it become one,
            where the first of them stood.
    """
    matches = [re.match(names, box.name) for box in boxes]
    keys = [match.group() if match else box.name for match, box in zip(matches, boxes, strict=True)]
    order = list(dict.fromkeys(keys))
    found = []
    for own, key in enumerate(order):
        members = [box for box, other in zip(boxes, keys, strict=True) if other == key]
        sources = {order.index(keys[source]) for box in members for source in box.sources}
        box = replace(members[0], sources=sorted(sources - {own}))
        if len(members) > 1:
            box = replace(
                members[-1],
                name=key,
                kind="block",
                symbol="",
                details=[_as_part(box, key) for box in members],
                layers=[name for box in members for name in box.layers],
                sources=box.sources,
            )
        found.append(box)
    return found


def _as_part(box: Box, block: str) -> str:
    """A box in a line of its block's caption."""
    if box.kind == "other":
        return ", ".join(box.details)
    return " ".join([box.name.removeprefix(block).strip("_"), *box.details])


def part_of(boxes: Sequence[Box], name: str) -> list[Box]:
    """The boxes whose names begin with `name`, between an input and an output."""
    inside = [index for index, box in enumerate(boxes) if box.name.startswith(name)]
    before = next(s for index in inside for s in boxes[index].sources if s not in inside)
    place = {index: position for position, index in enumerate(inside, start=1)}
    found = [Box("input", "end", boxes[before].shape)]
    for index in inside:
        sources = sorted({place.get(source, 0) for source in boxes[index].sources})
        found.append(replace(boxes[index], sources=sources))
    return [*found, Box("output", "end", found[-1].shape, sources=[len(found) - 1])]


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


def caption(box: Box) -> list[str]:
    """The lines under a box, its name first."""
    shape = "×".join("?" if size is None else str(size) for size in box.shape)
    after = [", ".join(box.after[i : i + 2]) for i in range(0, len(box.after), 2)]
    after = [f"{line}," for line in after[:-1]] + after[-1:]
    return [*name_lines(box.name), shape, *box.details, *after]


def name_lines(name: str) -> list[str]:
    """A name, in two lines if it is long and has an underscore to break it at."""
    cut = name.rfind("_", 1, 13) if len(name) > 13 else -1
    return [name] if cut < 0 else [name[:cut], name[cut:]]
