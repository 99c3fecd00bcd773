"""What reports list to be drawn is on their pages, and photographs are shown by channels."""

import numpy as np
import pytest

from colorization.pages.photograph_figures import channels
from experiments.commands import shown_reports
from tests import ROOT

# Figures of the reports that are not curves or grids of results.
SHOWN = {
    "flower-gan": {"fig01", "fig02", "discriminator", "tulips"},
    "berkeley": {"fig01", "fig02", "fig03", "forms-confusion"},
    "flower-cgan": {"fig02", "fig03", "fig03-encoder-decoder", "fig04", "resnet18"},
    "rgb-mse-gan": {"gan", "generator", "discriminator"},
    "imagenet-cgan": {"samples", "channels", "cgan", "unet", "tanh", "patchgan", "resnet18"},
}


RENDERED = shown_reports(ROOT / "results")


@pytest.mark.parametrize("report", RENDERED, ids=lambda report: report.key)
def test_a_listed_figure_is_on_its_page(report):
    folder = ROOT / "results" / report.key
    page = (folder / "README.md").read_text()
    for figure in report.figures:
        if not figure.kept:
            assert f"- `{figure.name}`: {figure.title}" in page
            continue
        path = figure.path(folder)
        assert path.exists(), figure.name
        assert f"![{figure.title}](figures/{path.name})" in page
    kept = {figure.path(folder).name for figure in report.figures if figure.kept}
    there = {path.name for path in (folder / "figures").iterdir() if path.suffix != ".png"}
    assert there == kept  # and no other is left there
    names = {figure.name for figure in report.figures if figure.kept}
    assert SHOWN.get(report.key, set()) <= names


@pytest.mark.parametrize("report", RENDERED, ids=lambda report: report.key)
def test_a_kept_figure_is_no_wider_than_a_page(report):
    for path in (ROOT / "results" / report.key / "figures").glob("*.svg"):
        width = path.read_text()[:1000].split('width="')[1].split("pt")[0]
        assert float(width) * 100 / 72 < 960, path.name


def test_networks_are_said_to_be_those_of_full_scale():
    for report in RENDERED:
        for figure in report.figures:
            if hasattr(figure, "network"):
                text = (
                    ROOT / "results" / report.key / "figures" / f"{figure.name}.svg"
                ).read_text()
                assert f"full scale, {figure.arm.config.recipe.size} px" in text, figure.name


def test_channels_are_those_of_the_photograph():
    photograph = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3), "uint8")
    found = channels(photograph)
    parts = [found[name] for name in ("red", "green", "blue")]
    assert np.array_equal(np.sum(parts, axis=0), photograph)
    assert (found["red"][..., 1:] == 0).all()
    assert np.ptp(found["L"].astype(int), axis=-1).max() <= 1  # gray
    gray = channels(np.full((1, 2, 2, 3), 90, "uint8"))
    for name in ("a: green to red", "b: blue to yellow"):
        assert np.abs(gray[name].astype(int) - 145).max() <= 1
    red = channels(np.full((1, 2, 2, 3), (200, 0, 0), "uint8"))["a: green to red"][0, 0, 0]
    assert red[0] > 145 + 40 and red[1] < 145
