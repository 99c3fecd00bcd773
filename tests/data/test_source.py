"""One rule of what a photograph file is; what is passed over is named, nothing is waited for."""

import os
import socket

import pytest

from colorization.data import source
from colorization.data.source import MOST_BYTES, NoPhotograph, contents, image_files
from tests.data.photograph_files import BARS, encoded

GOOD = encoded(BARS)


@pytest.fixture
def album(tmp_path):
    """A folder with two photographs, a link to one of them, and all that is none."""
    folder = tmp_path / "album"
    (folder / "holiday.jpg").mkdir(parents=True)
    for name in ("good.png", "holiday.jpg/inside.PNG", "notes.txt", "Thumbs.db", ".hidden.png"):
        (folder / name).write_bytes(GOOD)
    (folder / "._good.png").write_bytes(b"\0\5\x16\7")
    for name in ("__MACOSX", ".thumbnails"):
        (folder / name).mkdir()
        (folder / name / "small.png").write_bytes(GOOD)
    os.mkfifo(folder / "pipe.jpg")
    for name, target in (
        ("loop.png", "loop.png"),
        ("gone.jpg", "nowhere.jpg"),
        ("same.png", "good.png"),
        ("again", "."),
    ):
        (folder / name).symlink_to(target)
    return folder


def test_photographs_are_found_and_what_is_none_is_named(album):
    said = []
    found = [path.relative_to(album).as_posix() for path in image_files(album, said.append)]
    assert found == ["good.png", "holiday.jpg/inside.PNG", "same.png"]
    assert sorted(line.removeprefix(f"{album}/") for line in said) == [
        "._good.png: passed over (what macOS keeps beside a file)",
        ".hidden.png: passed over (hidden)",
        "again: passed over (a link to a folder)",
        "gone.jpg: passed over (a link to a file that is gone)",
        "loop.png: passed over (a link that leads to itself)",
        "pipe.jpg: passed over (a named pipe)",
    ]


def test_where_nobody_listens_each_is_printed_once(album, capsys):
    image_files(album)
    image_files(album)
    assert capsys.readouterr().out.count("pipe.jpg: passed over") == 1


def test_a_socket_is_passed_over(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # a socket's name is short
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("a.jpg")
        said = []
        assert image_files(tmp_path, said.append) == []
    assert said == [f"{tmp_path}/a.jpg: passed over (a socket)"]


def test_any_bytes_are_a_name_and_a_line(tmp_path):
    name = os.fsencode(tmp_path) + b"/caf\xe9\n\x1b[31m.png"
    os.symlink("nowhere", name)
    said = []
    image_files(tmp_path, said.append)
    assert said == [
        f"{tmp_path}/caf\\xe9\\n\\x1b[31m.png: passed over (a link to a file that is gone)"
    ]


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "a.jpg")
    with pytest.raises(NoPhotograph, match="is a named pipe"):
        contents(tmp_path / "a.jpg")
    with pytest.raises(OSError, match="Is a directory"):
        contents(tmp_path)


def test_a_file_larger_than_any_photograph_is_not_read(tmp_path):
    with open(tmp_path / "a.tif", "wb") as file:
        file.truncate(MOST_BYTES + 1)  # takes no room
    with pytest.raises(NoPhotograph, match="has 2.1 GB; 2 GB at most"):
        contents(tmp_path / "a.tif")


def test_the_sets_of_the_reports_are_listed_as_they_were(real_data):
    """Stored results name their photographs: the rule may add formats, and lose no file."""
    before = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"}
    for name in (
        "berkeley",
        "flower-500",
        "flowers-recognition",
        "imagenet-mini",
        "scenes",
        "coco",
    ):
        folder = real_data(name)
        listed = sorted(path for path in folder.rglob("*") if path.suffix.lower() in before)
        assert image_files(folder) == listed, name
    assert before < source.EXTENSIONS
