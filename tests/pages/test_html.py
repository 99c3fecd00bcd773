"""The page of all results: what it is made of, and how it behaves in a browser."""

import functools
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from colorization.pages import line_charts
from colorization.pages.findings import findings
from colorization.pages.html import listed, marked, page, write_page
from colorization.pages.loss_curves import draw_losses
from experiments import REPORTS, report_module
from experiments.__main__ import main
from tests import ROOT

RESULTS = ROOT / "results"
STORED = tuple(key for key in REPORTS if (RESULTS / key).is_dir())
SLOW = pytest.mark.slow


def test_text_is_escaped_before_its_markup_is_read():
    assert marked("<b>x</b> & *y*") == "&lt;b&gt;x&lt;/b&gt; &amp; <em>y</em>"
    assert marked("**arm** `small`") == "<strong>arm</strong> <code>small</code>"
    assert marked("[flower-gan](flower-gan/README.md)") == '<a href="#flower-gan">flower-gan</a>'
    assert marked("[x](javascript:alert(1))") == "[x](javascript:alert(1))"
    assert marked("**no *a* b**, **no *c***") == (
        "<strong>no <em>a</em> b</strong>, <strong>no <em>c</em></strong>"
    )


def test_a_markdown_list_is_read_item_by_item():
    assert listed("- one\n  and more\n- two - and three\n") == ["one and more", "two - and three"]


def stored_run(**columns) -> SimpleNamespace:
    """What a chart needs of a run that logged these columns."""
    count = len(next(iter(columns.values())))
    return SimpleNamespace(epochs=pd.DataFrame({"epoch": range(1, count + 1), **columns}))


def drawn(tmp_path, monkeypatch, **columns) -> list[dict]:
    """The panels that are drawn of a run, and the file is written."""
    panels, draw = [], line_charts.curve_panels
    monkeypatch.setattr(
        line_charts,
        "curve_panels",
        lambda path, given, **options: panels.extend(given) or draw(path, given, **options),
    )
    draw_losses(tmp_path / "losses.svg", [stored_run(**columns)])
    assert (tmp_path / "losses.svg").read_text().startswith("<?xml")
    return panels


def test_a_chart_has_a_line_for_training_and_one_for_validation(tmp_path, monkeypatch):
    (panel,) = drawn(tmp_path, monkeypatch, loss=[4.0, 2.0, 1.0], val_loss=[5.0, 4.0, 3.0])
    assert {label: list(y) for label, (_, y) in panel["series"].items()} == {
        "training": [4.0, 2.0, 1.0],
        "validation": [5.0, 4.0, 3.0],
    }
    assert not panel["log_y"]


def test_a_chart_of_losses_far_apart_is_logarithmic(tmp_path, monkeypatch):
    (panel,) = drawn(tmp_path, monkeypatch, loss=[100.0, 10.0, 1.0])
    assert panel["log_y"]


def test_players_have_a_panel_each(tmp_path, monkeypatch):
    answers = dict.fromkeys(("D_accuracy", "D_real", "D_fake"), [0.5, 0.6])
    losses = dict.fromkeys(("loss_G", "loss_G_GAN", "loss_D", "loss_D_real"), [2.0, 1.0])
    panels = drawn(tmp_path, monkeypatch, **losses, **answers, loss_G_L1=[0.0, 0.0])
    assert [panel["title"] for panel in panels] == [
        "generator",
        "discriminator",
        "answers of the discriminator",
    ]
    # A loss that is nought is not drawn, nor is a sum of one loss alone.
    assert list(panels[0]["series"]) == ["G, GAN"]
    both = drawn(tmp_path, monkeypatch, **losses, **answers, loss_G_L1=[1.0, 1.0])
    assert list(both[0]["series"]) == ["G", "G, GAN", "G, λ L1"]


def test_a_chart_of_one_epoch_or_of_a_constant_can_be_drawn(tmp_path, monkeypatch):
    assert drawn(tmp_path, monkeypatch, loss=[0.0])
    assert drawn(tmp_path, monkeypatch, loss=[1.0, 1.0])


SOME = ("flower-cgan", "common")  # a report with claims, and one without


@pytest.fixture(scope="module")
def rendered(request, tmp_path_factory):
    """`rendered(keys)`: the page of some reports' committed results, with its pictures."""

    @functools.cache
    def render(keys: tuple[str, ...]) -> Path:
        results = tmp_path_factory.mktemp("page") / "results"
        for key in keys:
            shutil.copytree(RESULTS / key, results / key)
        return write_page([report_module(key) for key in keys], results)

    return render


def test_the_page_has_its_reports_and_their_pictures(rendered):
    path = rendered(SOME)
    assert path.read_text() == page([report_module(key) for key in SOME], RESULTS)
    assert_complete(path, SOME)


def test_the_page_opens_with_the_methods_side_by_side_and_what_was_learnt(rendered):
    text = rendered(SOME).read_text()
    top = text[: text.index('<section id="overview">')]
    arms = [arm.name for arm in report_module("common").arms if arm.primary]
    assert re.findall(r'column.webp" alt="([^"]+)"', top) == ["gray", *arms, "original"]
    found = findings([report_module(key) for key in SOME], RESULTS)
    assert top.count("<li>") == len(found) + len(SOME) + 3  # and the navigation
    assert '<a href="#flower-cgan">002 Flowers cGAN</a>' in top


def test_a_report_shows_its_figures_and_settings_and_links_to_no_markdown(rendered):
    path = rendered(SOME)
    text = path.read_text()
    assert set(re.findall(r'href="([^"#]+\.md)"', text)) == {"../docs/measures.md"}
    kept = {figure.path(Path("flower-cgan")) for figure in report_module("flower-cgan").figures}
    shown = set(map(Path, re.findall(r'src="(flower-cgan/figures/[^"]+)"', text)))
    assert shown and shown <= kept and all((path.parent / name).exists() for name in shown)
    assert "unet (report)" in text and "unet (run, small)" in text


def test_a_page_of_one_report_leads_to_no_section_that_is_not_there(tmp_path):
    shutil.copytree(RESULTS / "flower-cgan", tmp_path / "flower-cgan")
    text = page([report_module(key) for key in STORED], tmp_path)
    places = set(re.findall(r' id="([^"]+)"', text))
    assert set(re.findall(r'href="#([^"]+)"', text)) <= places


@SLOW
def test_what_smoke_runs_left_has_a_page_of_its_own(tmp_path, monkeypatch, capsys):
    for results in ("results", "runs/results"):
        shutil.copytree(RESULTS / "rgb-mse-gan", tmp_path / results / "rgb-mse-gan")
    monkeypatch.chdir(tmp_path)
    assert main(["page"]) == 0
    said = capsys.readouterr().out.splitlines()
    for line, results in zip(said, ("results", "runs/results"), strict=True):
        assert line == f"{results}/index.html is rendered; open it in a browser"
        assert '<section id="rgb-mse-gan">' in (tmp_path / results / "index.html").read_text()


@SLOW
def test_the_page_of_every_report_is_complete(rendered):
    assert_complete(rendered(STORED), STORED)


def assert_complete(path, keys):
    text = path.read_text()
    pictures = set(re.findall(r'src="(page/[^"]+)"', text))
    assert all((path.parent / name).stat().st_size > 200 for name in pictures)
    assert {drawn.name for drawn in (path.parent / "page").iterdir()} == {
        Path(name).name for name in pictures
    }
    for key in keys:
        assert f'<section id="{key}">' in text
        assert any(name.startswith(f"page/{key}-") and name.endswith(".webp") for name in pictures)


def test_a_folder_without_results_is_one_line(tmp_path, capsys):
    assert main(["page", "--results", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert "holds no results; run: make reproduce" in error and error.count("\n") == 1


# ---------------------------------------------------------------- in a browser


@pytest.fixture(scope="module")
def browser(chromium, rendered):
    """Chromium with the page of the committed results open."""
    chromium.get(rendered(STORED).as_uri())
    return chromium


def elements(browser, selector: str) -> list:
    return browser.find_elements("css selector", selector)


def screenshot(element) -> np.ndarray:
    from io import BytesIO

    from PIL import Image

    return np.asarray(Image.open(BytesIO(element.screenshot_as_png)).convert("RGB")).astype(int)


def test_every_image_loads(browser):
    browser.set_script_timeout(60)
    broken = browser.execute_async_script(
        """
        const done = arguments[0], images = [...document.images];
        for (const image of images) image.loading = "eager";
        Promise.allSettled(images.map(image => image.decode())).then(() => done(
            images.filter(image => image.naturalWidth === 0).map(image => image.src)));
        """
    )
    assert broken == []
    assert len(elements(browser, ".frames img")) > 3 * 20


def test_the_slider_goes_from_gray_to_the_original_by_keyboard(browser):
    from selenium.webdriver.common.keys import Keys

    (slider,) = elements(browser, "#flower-cgan .slider input")
    frames = elements(browser, "#flower-cgan .frames")[0]
    (output,) = elements(browser, "#flower-cgan .slider output")
    browser.execute_script("arguments[0].scrollIntoView()", slider)
    prediction = screenshot(frames)
    slider.send_keys(Keys.HOME)
    gray = screenshot(frames)
    assert output.text == "gray" and slider.get_attribute("aria-valuetext") == "gray"
    # 64 px tiles are magnified without smoothing, so gray is gray to the pixel.
    assert np.ptp(gray, axis=-1).max() <= 2 < np.ptp(prediction, axis=-1).max()
    slider.send_keys(Keys.END)
    original = screenshot(frames)
    assert output.text == "original"
    assert np.abs(original - prediction).mean() > 3
    for _ in range(10):  # half the way back: the left halves of tiles show the original
        slider.send_keys(Keys.ARROW_LEFT)
    half = screenshot(frames)
    tile = half.shape[1] // 5
    left, right = slice(2, tile // 2 - 4), slice(tile // 2 + 4, tile - 2)
    np.testing.assert_array_equal(half[:, left], original[:, left])
    np.testing.assert_array_equal(half[:, right], prediction[:, right])


def test_tables_sort_by_their_numbers(browser):
    (table, *_) = elements(browser, "#imagenet-cgan table.sortable")
    heads = table.find_elements("css selector", "thead button")
    place = [head.text.split(" ↕")[0] for head in heads].index("ab MAE [Lab]")
    browser.execute_script("arguments[0].scrollIntoView()", heads[place])

    def column():
        rows = table.find_elements("css selector", "tbody tr")
        cells = [row.find_elements("css selector", "th, td")[place].text for row in rows]
        return [float(cell.split(" ±")[0]) for cell in cells]

    before = column()
    assert before != sorted(before)
    browser.execute_script("arguments[0].focus()", heads[place])
    heads[place].send_keys("\n")
    assert column() == sorted(before)
    heads[place].send_keys("\n")
    assert column() == sorted(before, reverse=True)
    head = heads[place].find_element("xpath", "..")
    assert head.get_attribute("aria-sort") == "descending"


@pytest.mark.parametrize("width, least", [(390, 1), (1280, 8)])
def test_numbers_of_the_first_table_can_be_seen(browser, width, least):
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    seen = browser.execute_script(
        """
        const row = document.querySelector("#overview .sortable tbody tr");
        const cells = [...row.querySelectorAll(".number")];
        return cells.filter(cell => cell.getBoundingClientRect().width
                                    && cell.getBoundingClientRect().right <= innerWidth).length;
        """
    )
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert seen >= least


def test_the_navigation_stays_and_names_what_is_read(browser):
    browser.execute_script("document.querySelector('#berkeley h3').scrollIntoView()")
    top, read = browser.execute_async_script(
        """
        const done = arguments[0];
        setTimeout(() => done([document.querySelector("nav").getBoundingClientRect().top,
                               document.querySelector("nav [aria-current]").textContent]), 300);
        """
    )
    assert top == 0 and read == "001 Berkeley"


@pytest.mark.parametrize("width", [360, 1200])
def test_nothing_is_wider_than_the_window(browser, width):
    metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    found = browser.execute_script("return document.documentElement.scrollWidth")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    assert found <= width


def test_text_can_be_read_in_light_and_dark(browser):
    def contrast(scheme):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        ink, quiet, paper = browser.execute_script(
            """
            const colour = (e, name) => getComputedStyle(e)[name].match(/\\d+/g).map(Number);
            const quiet = document.querySelector(".quiet");
            return [colour(document.body, "color"), colour(quiet, "color"),
                    colour(document.body, "backgroundColor")];
            """
        )
        return [ratio(ink, paper), ratio(quiet, paper)], paper

    def ratio(one, other):
        lights = sorted(luminance(rgb[:3]) + 0.05 for rgb in (one, other))
        return lights[1] / lights[0]

    def luminance(rgb):  # as WCAG 2 has it
        s = np.array(rgb) / 255
        linear = np.where(s <= 0.04045, s / 12.92, ((s + 0.055) / 1.055) ** 2.4)
        return linear @ [0.2126, 0.7152, 0.0722]

    (light, white), (dark, black) = contrast("light"), contrast("dark")
    assert min(light + dark) > 4.5  # WCAG AA
    assert sum(white) > sum(black)


def test_nothing_was_logged(browser):
    assert browser.get_log("browser") == []
