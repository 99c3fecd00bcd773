"""Curves and bars, read from their pixels."""

import numpy as np
import pytest

from colorization.pages import line_charts
from colorization.pages.line_charts import bars, curve_panels, curves
from tests.pages.pixels import BLUE, MUTED, VERMILION, is_about, where

SERIES = {"training": ([1, 2, 3], [3.0, 2.0, 1.0]), "validation": ([1, 2, 3], [3.0, np.nan, 2.0])}


def test_curves_have_a_colour_for_each_series(png):
    pixels = png(curves, SERIES, y_label="loss (nats)", title="Losses", note="scale smoke, seed 0")
    is_about(pixels, 600, 400)
    line, other = where(pixels, BLUE), where(pixels, VERMILION)
    assert len(line) > 300 and 10 < len(other) < len(line) / 3  # NaN leaves a gap
    line = line[line[:, 0] > 100]  # below the legend
    assert line[line[:, 1].argmin(), 0] < line[line[:, 1].argmax(), 0]  # it falls


def test_a_band_is_as_high_as_the_values_that_it_spans(png):
    x, mean = [1, 2, 3], [2.0, 2.0, 2.0]
    plain = png(curves, {"a": (x, mean)}, y_label="loss", y_limits=(0, 4))
    series = {"a": (x, mean, [1.0, 1.0, 1.0], [3.0, 3.0, 3.0])}
    pixels = png(curves, series, y_label="loss", y_limits=(0, 4))
    changed = np.argwhere((pixels != plain).any(axis=-1))
    top = where(plain, MUTED)[:, 0][where(plain, MUTED)[:, 1] < 100].min()  # of the y axis
    rows, counts = np.unique(where(plain, MUTED)[:, 0], return_counts=True)
    bottom = rows[counts > 150][-1]
    assert np.ptp(changed[:, 0]) == pytest.approx((bottom - top) / 2, abs=8)


def test_a_line_that_lies_over_another_leaves_it_to_be_seen(png):
    pixels = png(curves, {"a": SERIES["training"], "b": SERIES["training"]}, y_label="loss")
    line = where(pixels, BLUE)
    assert (line[:, 0] > 100).sum() > 50 and len(where(pixels, VERMILION)) > 50


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
