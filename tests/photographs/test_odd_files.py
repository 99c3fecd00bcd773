"""One bad file never ends an album: it is named in a line, the rest go on, none is half-written."""

import os
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from colorization.data.read import BadImage
from colorization.photographs.album import colorize_files
from colorization.photographs.boundary import attempt, in_time
from tests import ROOT
from tests.data.photograph_files import BARS, encoded, png, tiff

GOOD = encoded(BARS)


@pytest.fixture(scope="module")
def run(finished):
    return finished("classification")


@pytest.fixture
def album(tmp_path):
    folder = tmp_path / "album"
    folder.mkdir()
    (folder / "good.png").write_bytes(GOOD)
    return folder


def coloured(album, out, run) -> tuple[int, list[str], list[str]]:
    """How many are not coloured, what was said, and the files that are there."""
    said: list[str] = []
    failed = colorize_files([album], out, run, say=said.append)
    return failed, said, sorted(path.name for path in out.rglob("*") if path.is_file())


LOST = {"samples": BARS, "tags": {273: ("I", [1 << 30])}}  # its pixels are beyond the file's end

BAD = {
    "page.jpg": b"<html>not found</html>",
    "drawing.jpg": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
    "empty.png": b"",
    "half.jpg": encoded(np.random.default_rng(0).integers(0, 256, (64, 64), "uint8"), "JPEG")[:900],
    "signed.tif": tiff({"samples": BARS.astype("int16")}),
    "pages.bmp": tiff({"samples": BARS}, {"samples": BARS}),
    "one page of two.tif": tiff({"samples": BARS}, LOST),
    "wide.webp": encoded(np.zeros((2, 16400), "uint8")),
}


def test_bad_files_are_named_and_the_rest_go_on(album, run, tmp_path):
    for name, data in BAD.items():
        (album / name).write_bytes(data)
    (album / "huge.png").touch()
    os.truncate(album / "huge.png", 3 << 30)
    os.mkfifo(album / "pipe.jpg")
    failed, said, files = coloured(album, tmp_path / "out", run)
    assert failed == len(BAD) + 1 and files == ["good.png"]
    assert len(said) == len(BAD) + 3  # and the pipe's, and that of all
    for name in (*BAD, "huge.png", "pipe.jpg"):
        (line,) = [line for line in said if line.startswith(f"{album / name}: ")]
        assert "\n" not in line
    assert said[-1].endswith(f"1 coloured in {tmp_path / 'out'}, {failed} not coloured")


def test_no_program_is_started_by_what_a_file_holds(album, run, tmp_path):
    """Pillow would hand PostScript to Ghostscript, whatever the file's name."""
    started, tools = tmp_path / "started", tmp_path / "tools"
    tools.mkdir()
    (tools / "gs").write_text(f"#!/bin/sh\ntouch {started}\n")
    (tools / "gs").chmod(0o755)
    (album / "drawing.jpg").write_bytes(BAD["drawing.jpg"])
    (album / "good.png").unlink()
    command = [sys.executable, "-m", "colorization", "colorize", album, "--out", tmp_path / "out"]
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    done = subprocess.run(
        [*command, "--run", run], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 1 and not started.exists()
    assert done.stdout.count("drawing.jpg: cannot be read (it is PostScript") == 1


@pytest.mark.parametrize("length", [249, 250, 255])
def test_long_names_are_names(length, album, run, tmp_path):
    name = "n" * (length - 4) + ".png"
    (album / name).write_bytes(GOOD)
    failed, _, files = coloured(album, tmp_path / "out", run)
    assert failed == 0 and files == sorted(["good.png", name])


def test_a_name_that_becomes_too_long_is_named(album, run, tmp_path):
    name = "n" * 250 + ".gif"  # which would become a PNG
    (album / name).write_bytes(encoded(BARS, "GIF"))
    failed, said, files = coloured(album, tmp_path / "out", run)
    assert failed == 1 and files == ["good.png"]
    assert "(File name too long)" in said[0]


def test_a_name_of_any_bytes_is_coloured_or_named(run, tmp_path):
    folder = os.fsencode(tmp_path) + b"/album"
    os.mkdir(folder)
    for name, data in ((b"caf\xe9.png", GOOD), (b"t\xfcr\n.png", b"no image")):
        with open(folder + b"/" + name, "wb") as file:
            file.write(data)
    command = [sys.executable, "-m", "colorization", "colorize", folder]
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8:strict"}
    out = tmp_path / "out"
    done = subprocess.run(
        [*command, "--out", out, "--run", run], cwd=ROOT, env=environment, capture_output=True
    )
    assert done.returncode == 1 and os.listdir(os.fsencode(out)) == [b"caf\xe9.png"]
    (line,) = [line for line in done.stdout.splitlines() if b"cannot be read" in line]
    assert line.startswith(folder + rb"/t\xfcr\n.png: cannot be read")


def test_what_cannot_be_carried_over_is_said_and_the_photograph_is_coloured(album, run, tmp_path):
    (album / "text.png").write_bytes(png(BARS, (b"zTXt", b"a\0\0not packed")))
    failed, said, files = coloured(album, tmp_path / "out", run)
    assert failed == 0 and files == ["good.png", "text.png"]
    assert (
        said[0]
        == f"{album / 'text.png'}: coloured without text that is damaged or unpacks to megabytes"
    )


def test_all_pages_are_coloured_each_as_it_would_be_alone(album, run, tmp_path):
    pages = [np.roll(BARS, 24 * n, axis=1) for n in range(3)]
    (album / "pages.tif").write_bytes(tiff(*({"samples": page} for page in pages)))
    for number, page in enumerate(pages):
        Image.fromarray(page).save(album / f"{number}.tif")
    failed, _, _ = coloured(album, tmp_path / "out", run)
    assert failed == 0
    with Image.open(tmp_path / "out" / "pages.tif") as together:
        assert together.n_frames == 3
        for number in range(3):
            together.seek(number)
            with Image.open(tmp_path / "out" / f"{number}.tif") as alone:
                difference = np.asarray(together).astype(int) - np.asarray(alone)
            assert np.abs(difference).max() <= 1
            assert np.ptp(np.asarray(together).astype(int), axis=-1).max() > 0


def endless(depth: int = 0) -> int:
    return endless(depth + 1)


def failing(error: Exception):
    def work():
        raise error

    return work


@pytest.mark.parametrize(
    "work, reason",
    [
        (lambda: np.empty(1 << 60, "uint8"), "needs more memory than there is"),
        (endless, "cannot be read (maximum recursion depth exceeded)"),
        (lambda: {}["tag"], "cannot be read ('tag')"),
        (
            lambda: in_time(lambda: time.sleep(5), 0.1),
            "cannot be read (not done after 0.1 seconds)",
        ),
        (lambda: in_time(lambda: 1 / 0), "cannot be read (division by zero)"),
        (lambda: os.stat("nowhere.png"), "cannot be read (No such file or directory)"),
        (failing(BadImage("is bad")), "is bad"),
        (failing(ValueError("two\nlines")), "cannot be read (two lines)"),
    ],
)
def test_whatever_a_file_does_is_a_line(work, reason):
    assert attempt(work, "cannot be read") == (None, reason)


def test_the_disks_errors_are_not_a_files():
    with (
        open("/dev/full", "wb", buffering=0) as full,
        pytest.raises(OSError, match="No space left"),
    ):
        attempt(lambda: full.write(b"x"), "cannot be written")
