"""Diagrams of networks: rows, arcs, titles."""

from colorization.pages import boxes, diagram, style
from colorization.pages.boxes import network_boxes
from colorization.pages.diagram import network_diagram
from tests.pages.pixels import BLUE, is_about, where


def test_a_chain_is_drawn_without_arcs(chain, png):
    pixels = png(network_diagram, chain, title="Classification")
    is_about(pixels, 660, 440)
    assert len(where(pixels, BLUE)) == 0
    for kind in ("convolution", "transposed", "upsampling"):
        colour = [int(boxes.KINDS[kind][1][i : i + 2], 16) for i in (1, 3, 5)]
        assert len(where(pixels, colour)) > 1000


def test_a_long_chain_is_drawn_in_rows(chain, u_net, png, monkeypatch):
    monkeypatch.setattr(diagram, "ROW_WIDTH", 600.0)
    is_about(png(network_diagram, chain, title="Classification"), 740, 530)
    places = diagram._places(network_boxes(chain))
    rows = [place.row for place in places]
    assert rows == sorted(rows) and set(rows) == {0, 1} and abs(sum(rows) - len(rows) / 2) <= 1
    for before, place in zip(places, places[1:], strict=False):
        assert (before.x < place.x) == (before.row == place.row)
    assert len(where(png(network_diagram, u_net, title="U-Net"), BLUE)) > 500


def test_skips_are_drawn_as_arcs(u_net, png):
    pixels = png(network_diagram, u_net, title="U-Net")
    assert len(where(pixels, BLUE)) > 500
    boxes = network_boxes(u_net)
    names = [box.name for box in boxes]
    places = diagram._places(boxes)
    inner, outer = ((names.index(f"down{n}"), names.index(f"cat{n}")) for n in (2, 1))
    lanes = diagram._lanes([inner, outer], places)
    row = places[inner[0]].row
    assert lanes[*outer, row] == lanes[*inner, row] + 1  # the outer one passes above


def test_sums_two_inputs_and_two_outputs(keras, png):
    layers = keras.layers
    first, second = keras.Input((8, 8, 3), name="first"), keras.Input((8, 8, 3), name="second")
    x = layers.Add(name="sum")([layers.Conv2D(3, 1, name="projected")(first), second])
    classes = layers.Dense(10, activation="softmax", name="classes")(
        layers.GlobalAveragePooling2D(name="mean")(x)
    )
    model = keras.Model([first, second], [x, classes])
    boxes = {box.name: box for box in network_boxes(model)}
    assert boxes["sum"].symbol == "+" and len(boxes["sum"].sources) == 2
    assert boxes["classes"].details == ["Dense"] and boxes["classes"].after == ["softmax"]
    assert boxes["mean"].details == ["mean of all"] and boxes["mean"].side == 1
    assert {"output sum", "output classes"} < set(boxes)
    png(network_diagram, model, title="Two")


def test_the_title_counts_trainable_parameters(chain, monkeypatch, tmp_path):
    titles = []
    wrap = style.wrap
    monkeypatch.setattr(
        diagram, "wrap", lambda text, *args: wrap(titles.append(text) or text, *args)
    )
    network_diagram(tmp_path / "a.png", chain, title="Net")
    fixed = sum(weight.shape[0] for weight in chain.non_trainable_weights)
    assert fixed and titles == [f"Net: {chain.count_params() - fixed:,} trainable parameters"]
