"""The page to try a run on: what it answers, and in a browser with a real photograph."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from colorization.errors import UserError
from colorization.photographs.demo import colour, finished_runs, seen
from tests import ROOT


@pytest.fixture(scope="module")
def run(finished, tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "report" / "small" / "arm" / "seed-0"
    shutil.copytree(finished("regression"), folder)
    about = {"training_images": 20, "title": "tiny set"}
    (folder / "measures.json").write_text(json.dumps({"data": about}))
    return folder


@pytest.fixture
def photograph(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (200, 300), "uint8")
    path = tmp_path / "photo graph.png"
    Image.fromarray(pixels).save(path)
    return path


def test_a_photograph_is_coloured_at_its_own_resolution(run, photograph, tmp_path):
    target, shown = colour(photograph, run, tmp_path / "out")
    assert target == tmp_path / "out" / "photo graph.png"
    with Image.open(target) as image:
        assert image.size == (300, 200) and image.mode == "RGB"
        np.testing.assert_array_equal(np.asarray(image), np.asarray(shown["coloured"]))
    assert shown["gray"].mode == "L"
    assert shown["original"].size == (300, 200)


def test_colours_follow_the_sliders(run, photograph, tmp_path):
    """From whatever was chosen before: the network is kept, what is chosen is not."""
    found = {}
    for name, chosen in {
        "whole": {},
        "none": {"strength": 0.0},
        "gray": {"saturation": 0.0},
    }.items():
        _, shown = colour(photograph, run, tmp_path / name, **chosen)
        found[name] = np.asarray(shown["coloured"]).astype(int)
    with Image.open(photograph) as image:
        np.testing.assert_array_equal(found["none"], np.asarray(image.convert("RGB")))
    assert np.ptp(found["gray"], axis=-1).max() <= 1
    np.testing.assert_array_equal(
        np.asarray(colour(photograph, run, tmp_path / "again")[1]["coloured"]), found["whole"]
    )


def test_what_cannot_be_read_is_named(run, tmp_path):
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8 not a photograph")
    with pytest.raises(UserError, match="^broken.jpg: cannot be read"):
        colour(tmp_path / "broken.jpg", run, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_finished_runs_can_be_chosen(run):
    (run.parent / "seed-1").mkdir()
    assert finished_runs(run.parents[3]) == [run]


def test_a_run_that_needs_a_class_cannot_be_chosen(run, tmp_path):
    other = tmp_path / "report" / "small" / "by-class" / "seed-0"
    shutil.copytree(run, other)
    config = json.loads((other / "config.json").read_text())
    config["objective"]["classes"] = 5
    (other / "config.json").write_text(json.dumps(config))
    assert finished_runs(tmp_path) == []


def test_what_the_network_has_seen_is_told(run):
    assert " 20 images of tiny set at 16 px:" in seen(run)
    assert seen(run.parent) == ""


def test_without_gradio_it_says_what_to_install(run, monkeypatch):
    from colorization.photographs.demo import serve

    monkeypatch.setitem(sys.modules, "gradio", None)
    with pytest.raises(UserError, match="pip install -r .*requirements/demo.txt"):
        serve(run, run.parents[3], port=None)


# What other programs, and other users of a machine, may leave behind.
OF_OTHERS = {
    "GRADIO_SERVER_PORT": "abc",
    "GRADIO_NUM_PORTS": "none",
    "GRADIO_SERVER_NAME": "0.0.0.0",
    "GRADIO_ROOT_PATH": "/elsewhere",
    "GRADIO_SHARE": "true",
    "http_proxy": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
}


@pytest.fixture
def page(run, tmp_path):
    """A process that serves the page, as `make demo` does, and its address."""
    pytest.importorskip("gradio")
    (tmp_path / "t").mkdir()
    (tmp_path / "t/gradio").touch()  # where Gradio would keep what is dropped
    command = [sys.executable, "-u", "-m", "colorization", "demo", "--run", str(run)]
    environment = os.environ | OF_OTHERS | {"TMPDIR": str(tmp_path / "t")}
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as process:
        line = process.stdout.readline()
        assert line.startswith("not used: GRADIO_NUM_PORTS, GRADIO_ROOT_PATH,"), line
        line = process.stdout.readline()
        assert line.startswith("open http://127.0.0.1:"), line
        yield process, line.split()[1]
        process.terminate()


@pytest.fixture
def address(page):
    return page[1]


def test_what_is_dropped_is_gone_when_the_page_ends(page, photograph, tmp_path):
    process, address = page
    body = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.png"\r\n\r\n'
    body += photograph.read_bytes() + b"\r\n--x--\r\n"
    head = {"Content-Type": "multipart/form-data; boundary=x"}
    request = urllib.request.Request(f"{address}gradio_api/upload", body, head)
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    (path,) = json.loads(direct.open(request, timeout=30).read())
    assert Path(path).read_bytes() == photograph.read_bytes()
    (folder,) = [one for one in (tmp_path / "t").iterdir() if one.name.startswith("coloured-")]
    assert Path(path).is_relative_to(folder) and folder.stat().st_mode & 0o077 == 0
    process.terminate()
    process.wait(30)
    assert not folder.exists()


def wait_for(found, seconds=60):
    """The first true answer of a function that is asked again and again."""
    end = time.monotonic() + seconds
    while not (answer := found()):
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.2)
    return answer


def test_a_photograph_is_dropped_coloured_and_downloaded(
    chromium, address, run, photograph, tmp_path
):
    chromium.get(address)

    def all_of(selector):
        return chromium.find_elements("css selector", selector)

    assert "has seen nothing but" in wait_for(lambda: all_of("#seen"))[0].text
    assert not all_of("#download")[0].is_enabled()  # there is nothing yet
    (upload,) = wait_for(lambda: all_of("input[type=file]"))
    all_of("#colour")[0].click()  # too early
    assert wait_for(lambda: [e for e in all_of("body") if "drop a photograph first" in e.text])
    upload.send_keys(str(photograph))
    wait_for(lambda: [e for e in all_of("body") if "photo graph" in e.text])
    all_of("#colour")[0].click()
    wait_for(lambda: len(all_of("#slider img")) >= 2)
    for image in all_of("#slider img"):
        wait_for(lambda image=image: image.get_property("naturalWidth") == 300)
    wait_for(lambda: all_of("#download")[0].is_enabled())
    all_of("#download")[0].click()
    wait_for(lambda: [p for p in chromium.downloads.iterdir() if p.suffix == ".png"])
    (downloaded,) = chromium.downloads.iterdir()
    expected, _ = colour(photograph, run, tmp_path / "out")
    with Image.open(downloaded) as image, Image.open(expected) as same:
        np.testing.assert_array_equal(np.asarray(image), np.asarray(same))
