import subprocess
import sys

import matplotlib
import numpy as np
import pytest
from PIL import Image

from colorization.pages import boxes, confusion_matrices, diagram, image_grids, line_charts, style
from colorization.pages.boxes import network_boxes
from colorization.pages.confusion_matrices import confusion
from colorization.pages.diagram import network_diagram
from colorization.pages.image_grids import image_grid
from colorization.pages.line_charts import bars, curve_panels, curves

BLUE, VERMILION, MUTED = (0, 114, 178), (213, 94, 0), (85, 85, 85)
DARKEST = (0, 64, 95)  # of the confusion matrices' colours
SERIES = {"training": ([1, 2, 3], [3.0, 2.0, 1.0]), "validation": ([1, 2, 3], [3.0, np.nan, 2.0])}


@pytest.fixture
def png(tmp_path):
    """Renders twice, the second time with other defaults; returns the pixels `[H, W, 3]`."""

    def render(function, *args, **options):
        paths = tmp_path / "first.png", tmp_path / "made" / "second.png"
        function(paths[0], *args, **options)
        with matplotlib.rc_context({"font.size": 30, "figure.facecolor": "red"}):
            function(paths[1], *args, **options)
        assert paths[0].read_bytes() == paths[1].read_bytes()
        assert [path.name for path in paths[1].parent.iterdir()] == ["second.png"]
        with Image.open(paths[0]) as image:
            assert image.format == "PNG" and image.mode == "RGB" and not image.info
            pixels = np.array(image)
        edge = np.concatenate([pixels[[0, -1]].reshape(-1, 3), pixels[:, [0, -1]].reshape(-1, 3)])
        assert (edge == 255).all()  # nothing is cut off
        return pixels

    return render


@pytest.fixture(scope="module")
def keras():
    return pytest.importorskip("keras")


@pytest.fixture(scope="module")
def chain(keras):
    from colorization.models.classification_cnn import classification_cnn

    return classification_cnn(16, filters=2, classes=313)


@pytest.fixture(scope="module")
def u_net(keras):
    layers = keras.layers
    image = x = keras.Input((32, 32, 1), name="L")
    skips = []
    for level in (1, 2):
        x = layers.Conv2D(4 * level, 3, padding="same", activation="relu", name=f"down{level}")(x)
        skips.append(x)
        x = layers.MaxPooling2D(name=f"pool{level}")(x)
    x = layers.Conv2D(16, (3, 1), dilation_rate=2, padding="same", name="middle")(x)
    x = layers.LeakyReLU(name="leaky")(x)
    for level in (2, 1):
        x = layers.UpSampling2D(name=f"up{level}")(x)
        x = layers.Concatenate(name=f"cat{level}")([x, skips[level - 1]])
        x = layers.ZeroPadding2D(1, name=f"pad{level}")(x)
        x = layers.Conv2D(4 * level, 3, name=f"conv{level}")(x)
        x = layers.Activation("tanh", name=f"tanh{level}")(x)
        x = layers.Dropout(0.5, name=f"drop{level}")(x)
    return keras.Model(image, layers.Conv2D(2, 1, name="ab")(x))


def where(pixels, colour):
    """Rows and columns of the pixels of a colour."""
    return np.argwhere((pixels == colour).all(axis=-1))


def is_about(pixels, width, height):
    assert width * 0.8 < pixels.shape[1] < width * 1.2
    assert height * 0.8 < pixels.shape[0] < height * 1.2


def test_importing_loads_neither_keras_nor_pyplot():
    names = "('keras', 'tensorflow', 'torch', 'jax', 'matplotlib.pyplot')"
    code = f"import sys, colorization.figures; print([n for n in {names} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


# ---------------------------------------------------------------- curves and bars


def test_curves_have_a_colour_for_each_series(png):
    pixels = png(curves, SERIES, y_label="loss (nats)", title="Losses", note="scale smoke, seed 0")
    is_about(pixels, 600, 400)
    line, other = where(pixels, BLUE), where(pixels, VERMILION)
    assert len(line) > 300 and 10 < len(other) < len(line) / 3  # NaN leaves a gap
    line = line[line[:, 0] > 100]  # below the legend
    assert line[line[:, 1].argmin(), 0] < line[line[:, 1].argmax(), 0]  # it falls


def test_every_option_of_curves_shows(tmp_path):
    path, seen = tmp_path / "a.png", set()
    options = [
        {},
        {"log_y": True},
        {"y_limits": (0, 10)},
        {"references": {"gray": 2.5}},
        {"x_label": "step"},
        {"title": "other"},
        {"note": "other"},
    ]
    for option in options:
        curves(path, SERIES, y_label="loss", **option)
        seen.add(path.read_bytes())
    assert len(seen) == len(options)


def test_a_reference_is_a_dashed_line_at_its_value(png):
    pixels = png(curves, SERIES, y_label="loss", y_limits=(0, 4), references={"mean": 3.0})
    rows, counts = np.unique(where(pixels, MUTED)[:, 0], return_counts=True)
    dashed, axis = rows[counts > 150][[0, -1]]
    top = where(pixels, MUTED)[:, 0][where(pixels, MUTED)[:, 1] < 100].min()  # of the y axis
    assert (axis - dashed) / (axis - top) == pytest.approx(3 / 4, abs=0.02)


def test_a_reference_beyond_the_limits_is_labelled_at_the_edge(tmp_path, monkeypatch):
    texts = []
    draw = line_charts.Axes.annotate
    monkeypatch.setattr(
        line_charts.Axes,
        "annotate",
        lambda *args, **kw: texts.append(args[1:3]) or draw(*args, **kw),
    )
    references = {"mean": 160.0, "none": -1.0, "gray": 3.0}
    curves(tmp_path / "a.png", SERIES, y_label="loss", y_limits=(0, 4), references=references)
    assert texts == [("↓ none", (1, 0)), ("gray", (1, 3.0)), ("↑ mean", (1, 4))]


def test_labels_of_references_are_moved_apart():
    assert line_charts._apart([10, 50, 90], [12, 12, 12]) == [10, 50, 90]
    moved = line_charts._apart([10, 11, 12], [12, 24, 12])
    assert np.diff(moved) == pytest.approx([18, 18], abs=0.1)
    assert np.mean(moved) == pytest.approx(11)


@pytest.mark.parametrize("log_y", [False, True])
@pytest.mark.filterwarnings("ignore:Data has no positive values")
@pytest.mark.filterwarnings("error")
def test_odd_series_are_drawn(tmp_path, log_y):
    odd = [], [np.nan] * 3, [0.0, 0.0, 0.0], [1.0, np.inf, 2.0]
    panels = [{"series": {"a": (range(len(y)), y)}, "y_label": "loss", "log_y": log_y} for y in odd]
    curve_panels(tmp_path / "a.png", panels)
    assert (tmp_path / "a.png").stat().st_size > 5000


def test_many_epochs_make_a_small_file(tmp_path):
    rng = np.random.default_rng(0)
    noise = {f"arm {n}": (np.arange(1, 501), n + rng.random(500)) for n in range(6)}
    curves(tmp_path / "a.png", noise, y_label="loss")
    assert (tmp_path / "a.png").stat().st_size < 300_000


def test_panels_of_curves_stand_side_by_side(png):
    other = {"validation": ([1, 2, 3], [10.0, 20.0, 30.0])}
    panels = [
        {"series": SERIES, "y_label": "sum of losses", "title": "(a) As plotted", "note": "small"},
        {"series": other, "y_label": "loss", "references": {"constant mean colour: 20": 20.0}},
    ]
    pixels = png(curve_panels, panels, title="Losses", note="seed 0")
    is_about(pixels, 1100, 430)
    half = pixels.shape[1] / 2
    columns = where(pixels, VERMILION)[:, 1]
    assert (columns < half).sum() > 10 and not (columns > half).any()
    assert (where(pixels, BLUE)[:, 1] > half).sum() > 200


def test_bars_are_as_high_as_their_values(png):
    panel = {"title": "few", "x_label": "class", "y_label": "share", "values": [1.0, 0.0, 2.0]}
    pixels = png(bars, [panel])
    is_about(pixels, 360, 290)
    columns, heights = np.unique(where(pixels, BLUE)[:, 1], return_counts=True)
    middle = (columns[0] + columns[-1]) / 2
    low, high = heights[columns < middle].max(), heights[columns > middle].max()
    assert high == pytest.approx(2 * low, abs=3)


def test_bars_over_all_bins(png):
    values = np.linspace(0, 1, 313)
    panel = {"title": "prior", "x_label": "ab bin", "y_label": "probability", "values": values}
    panels = [panel, {**panel, "values": values[::-1]}, {**panel, "log_y": True}]
    pixels = png(bars, panels, title="Class probability", note="σ = 5")
    is_about(pixels, 1080, 330)
    rising, falling, _ = np.array_split((pixels == BLUE).all(axis=-1).sum(axis=0), 3)
    assert np.argmax(rising) > np.argmax(falling)
    drawn = rising[rising > 3]
    assert (np.diff(drawn) >= 0).all() and len(drawn) > 200  # no hairlines between bins


# ---------------------------------------------------------------- photographs


def mosaic(rows, columns, height, width):
    """uint8 pixels that are all of different colours, none of them gray."""
    index = np.arange(rows * height * columns * width)
    colours = np.stack([index % 16 * 8, 100 + index // 16, 250 - index % 7], axis=-1)
    return colours.astype("uint8").reshape(rows * height, columns * width, 3)


def test_tiles_keep_their_pixels_and_places(png):
    image = mosaic(2, 3, 4, 5)
    labels = {"rows": ["gray", "original"], "columns": ["a.jpg", "b.jpg", "c.jpg"]}
    captions = ["ΔE 1.0", "ΔE 2.0", "ΔE 3.0"]
    pixels = png(image_grid, image, **labels, captions=captions, title="Grid", note="CC0", scale=9)
    is_about(pixels, 180, 220)
    corners = np.zeros((*image.shape[:2], 2), int)
    for place in np.ndindex(image.shape[:2]):
        found = where(pixels, image[place])
        assert len(found) == 81 and (np.ptp(found, axis=0) == 8).all()
        corners[place] = found[0]
    y, x = np.moveaxis(corners - corners[0, 0], -1, 0)
    gap = image_grids.GAP
    assert (y == (np.arange(8) * 9 + np.arange(8) // 4 * gap)[:, None]).all()
    assert (x == (np.arange(15) * 9 + np.arange(15) // 5 * gap)[None, :]).all()


def test_tiles_are_magnified_to_a_readable_size_unless_the_file_would_be_large(tmp_path):
    path = tmp_path / "grid.png"
    for size, columns, drawn in ((56, 2, 168), (112, 2, 224), (112, 5, 112), (64, 14, 128)):
        image = np.zeros((4 * size, columns * size, 3), "uint8")
        image_grid(path, image, rows=["a"] * 4, columns=["b"] * columns)
        with Image.open(path) as opened:
            width = opened.size[0]
        assert 0 < width - columns * drawn < 80


def test_words_are_cut_at_a_hyphen_if_they_have_one():
    narrow = style.text_width("rebalanced-", style.TEXT)
    assert style.wrap("a rebalanced-annealed one", narrow, style.TEXT).split("\n") == [
        "a",
        "rebalanced-",
        "annealed",
        "one",
    ]
    cut = style.wrap("classification", narrow, style.TEXT).split("\n")
    assert "".join(cut) == "classification" and len(cut) == 2


def test_long_labels_of_tiles_are_wrapped(png):
    image = np.full((64, 64, 3), (0, 114, 178), "uint8")
    name = "a_very_long_file_name_without_a_space.jpg"
    options = {"rows": ["original, 313 colours"], "columns": [name], "scale": 1}
    pixels = png(image_grid, image, **options, note="not a formula: $\\frac$")
    assert pixels.shape[1] < 150
    assert len(where(pixels, BLUE)) == 64 * 64  # no text over the tile


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((9, 8, 3), "uint8"),
        np.zeros((8, 9, 3), "uint8"),
        np.zeros((8, 8), "uint8"),
        np.zeros((8, 8, 3)),
    ],
)
def test_a_mosaic_that_cannot_be_cut_is_refused(tmp_path, image):
    with pytest.raises(ValueError):
        image_grid(tmp_path / "grid.png", image, rows=["a", "b"], columns=["c", "d"])
    assert not (tmp_path / "grid.png").exists()


def test_captions_are_one_for_each_column(tmp_path):
    image = np.zeros((8, 8, 3), "uint8")
    with pytest.raises(ValueError, match="1 captions for 2 columns"):
        image_grid(tmp_path / "a.png", image, rows=["a"], columns=["b", "c"], captions=["d"])


# ---------------------------------------------------------------- confusion matrices


def test_rows_are_what_was_drawn_and_columns_what_it_became(png):
    panels = {"56 px": [[0, 40], [5, 5]], "112 px": [[0, 0], [7, 0]]}
    pixels = png(confusion, panels, ["square", "hexagon"], title="Shapes", note="seed 0")
    is_about(pixels, 430, 290)
    dark = where(pixels, DARKEST)
    left, right = dark[dark[:, 1] < 250], dark[dark[:, 1] > 250]
    for cell, cells in ((left, (0, 1)), (right, (1, 0))):
        assert 0.7 * confusion_matrices.CELL**2 < len(cell) < confusion_matrices.CELL**2
        assert (np.ptp(cell, axis=0) < confusion_matrices.CELL).all(), cells
    assert left[:, 0].max() < right[:, 0].min()  # upper row, lower row
    assert (
        right[:, 1].min() - left[:, 1].max() < confusion_matrices.CELL
    )  # right column, left column


def test_shares_are_of_the_row():
    shares = confusion_matrices._row_shares([[1, 3], [0, 0]], 2)
    assert shares[0].tolist() == [0.25, 0.75] and np.isnan(shares[1]).all()
    texts = [confusion_matrices._percent(share) for share in (0, 0.0004, 0.123, 0.9999, 1, np.nan)]
    assert texts == ["0 %", "0.0 %", "12.3 %", "100.0 %", "100 %", "–"]


@pytest.mark.parametrize("counts", [[[1, 2]], [[1, 2, 3]] * 3, [1, 2]])
def test_a_matrix_of_another_size_is_refused(tmp_path, counts):
    with pytest.raises(ValueError, match="2 x 2"):
        confusion(tmp_path / "a.png", {"a": counts}, ["square", "hexagon"])


# ---------------------------------------------------------------- networks


def test_every_layer_belongs_to_one_box(chain, u_net):
    for model in (chain, u_net):
        layers = [name for box in network_boxes(model) for name in box.layers]
        assert sorted(layers) == sorted(layer.name for layer in model.layers)


def test_boxes_of_a_chain(chain):
    boxes = network_boxes(chain)
    assert [box.sources for box in boxes] == [[], *([index] for index in range(len(boxes) - 1))]
    kinds = "end " + "convolution " * 11 + "transposed upsampling transposed convolution " * 1
    assert [box.kind for box in boxes] == [*kinds.split(), "convolution", "end"]
    halved = boxes[2]
    assert (halved.name, halved.shape) == ("conv1_2", (8, 8, 2))
    assert halved.details == ["3×3", "stride 2"] and halved.after == ["ReLU", "BN"]
    assert halved.layers == ["conv1_2_pad", "conv1_2", "conv1_2_relu", "conv1_bn"]
    assert "dilation 2" in next(box for box in boxes if box.name == "conv5_1").details
    assert next(box for box in boxes if box.name == "conv8_up").details == ["factor 2"]
    assert boxes[-1].shape == (16, 16, 313) and boxes[-1].side == 16


def test_boxes_of_a_u_net(u_net):
    boxes = {box.name: box for box in network_boxes(u_net)}
    names = list(boxes)
    sources = {name: [names[index] for index in box.sources] for name, box in boxes.items()}
    assert sources["cat2"] == ["up2", "down2"] and sources["cat1"] == ["up1", "down1"]
    assert boxes["cat1"].symbol == "c" and boxes["cat1"].kind == "merge"
    assert boxes["down1"].after == ["ReLU"] and boxes["pool1"].details == ["max 2"]
    assert boxes["middle"].details == ["3×1", "dilation 2"]
    assert boxes["conv1"].layers[0] == "pad1" and boxes["conv1"].after == ["tanh", "dropout 0.5"]
    assert sources["output"] == ["ab"]


def test_a_chain_is_drawn_without_arcs(chain, png):
    pixels = png(network_diagram, chain, title="Classification")
    is_about(pixels, 1150, 300)
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
