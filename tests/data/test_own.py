"""The user's own photographs: checked, then split; known by their contents."""

import csv
import json
import os

import numpy as np
import pytest
from PIL import Image

from colorization.data.own import OwnPhotographs
from colorization.data.prepared import prepare
from colorization.data.recipe import Recipe
from colorization.data.source import UNSPLIT
from colorization.errors import UserError
from colorization.serialization import to_json
from tests.tiny.command_line import run as experiments

RECIPE = Recipe(16)
TRAIN = ("reproduce", "flower-cgan", "--arms", "unet", "--scale", "smoke")


def photograph(path, seed=0):
    """A photograph of random colours, as many bytes as any other of its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(seed).integers(0, 256, (48, 48, 3), "uint8")
    Image.fromarray(pixels).save(path)


@pytest.fixture
def album(data_folder, tmp_path):
    """Twelve photographs, of which the rule of splits takes the first one that is not left out."""
    for number in range(12):
        photograph(tmp_path / f"album/{number:02d}.bmp", number)
    return tmp_path / "album"


def prepared(folder):
    lines = []
    return prepare(OwnPhotographs(folder), RECIPE, lines.append), lines


def counts(images) -> dict:
    return {split: len(images.images(split)) for split in images.splits}


def drawn_to_test(folder) -> str:
    images, _ = prepared(folder)
    (name,) = images.names("test")
    return name


def test_a_file_is_checked_before_the_split(album):
    """The one that would be drawn to test is empty, and another takes its place."""
    chosen = drawn_to_test(album)
    (album / chosen).write_bytes(b"")
    images, lines = prepared(album)
    assert counts(images) == {"train": 10, "test": 1}
    (said,) = [line for line in lines if line.startswith("left out: ")]
    assert said.startswith(f"left out: {chosen}: cannot be read")
    assert chosen not in images.names("train") + images.names("test")
    for split in images.splits:
        assert len(images.names(split)) == len(set(images.names(split)))
    assert not (images.folder / f"{UNSPLIT}.npy").exists()


def test_rows_are_those_of_their_names(album):
    images, _ = prepared(album)
    for split in images.splits:
        for name, row in zip(images.names(split), images.images(split), strict=True):
            with Image.open(album / name) as file:
                alone = np.asarray(file.resize((16, 16), Image.Resampling.BILINEAR))
            np.testing.assert_array_equal(row, alone)


def test_a_file_that_is_gone_or_may_not_be_read_is_named(album):
    (album / "gone.jpg").symlink_to("nowhere.jpg")
    images, lines = prepared(album)
    assert counts(images) == {"train": 11, "test": 1}
    assert [line for line in lines if "gone.jpg" in line] or "gone.jpg" not in str(images.manifest)


def test_only_so_many_are_named(album):
    for number in range(25):
        (album / f"broken-{number}.jpg").write_bytes(b"no image")
    images, lines = prepared(album)
    assert counts(images) == {"train": 11, "test": 1}
    named = [line for line in lines if line.startswith("left out: ")]
    assert len(named) == 11 and named[-1] == "left out: 15 more, named in manifest.json"


def test_copies_are_the_reason_why_too_few_are_left(tmp_path, data_folder):
    for number in range(12):
        photograph(tmp_path / f"one/{number}.bmp")
    with pytest.raises(UserError, match="11 are copies and 0 cannot be used") as raised:
        prepared(tmp_path / "one")
    assert "1 images are there and 2 are needed" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_where_nothing_can_be_used_the_first_reason_is_said(tmp_path, data_folder):
    for number in range(2):
        (tmp_path / f"{number}.jpg").write_bytes(b"no image")
    with pytest.raises(UserError, match=r"no usable image: .*0\.jpg cannot be read"):
        prepared(tmp_path)


def test_names_are_told_apart_by_folder(tmp_path, data_folder):
    for year in (2019, 2020):
        for number in range(6):
            photograph(tmp_path / f"{year}/may/{number:02d}.png", 10 * year + number)
    images, _ = prepared(tmp_path)
    names = images.names("train") + images.names("test")
    assert len(set(names)) == 12
    assert {"2019/may/00.png", "2020/may/00.png"} <= set(names)
    assert images.classes == ("2019/may", "2020/may")


def test_a_name_of_any_bytes_can_be_stored(album):
    os.rename(album / "00.bmp", os.fsencode(album) + b"/caf\xe9.bmp")
    os.rename(album / "01.bmp", album / "two\nlines, \xe9.bmp")
    images, _ = prepared(album)
    names = images.names("train") + images.names("test")
    assert {"caf\\udce9.bmp", "two\\nlines, \xe9.bmp"} <= set(names)
    assert all(name.encode() and len(name.splitlines()) == 1 for name in names)


def test_replaced_photographs_are_not_taken_for_those_before(album):
    """Others of the same names, sizes and times."""
    before, _ = prepared(album)
    was = {entry["name"]: entry["sha256"] for entry in before.manifest["files"]}
    for number in range(12):
        path = album / f"{number:02d}.bmp"
        about = path.stat()
        photograph(path, 100 + number)
        os.utime(path, ns=(about.st_atime_ns, about.st_mtime_ns))
        assert path.stat().st_size == about.st_size
    after, lines = prepared(album)
    now = {entry["name"]: entry["sha256"] for entry in after.manifest["files"]}
    assert was.keys() == now.keys() and not set(was.values()) & set(now.values())
    assert any("have changed; preparing again" in line for line in lines)
    assert before.digest != after.digest and before.name != after.name


def test_the_same_photographs_are_prepared_once(album):
    prepared(album)
    os.utime(album / "00.bmp")
    assert prepared(album)[1] == []


@pytest.mark.parametrize("name", ["manifest.json", "train.npy", "test.npy"])
@pytest.mark.parametrize("left", [0.0, 0.5, 0.99])
def test_a_set_that_is_cut_off_is_prepared_again(name, left, album):
    images, _ = prepared(album)
    path = images.folder / name
    os.truncate(path, int(left * path.stat().st_size))
    again, lines = prepared(album)
    assert any("preparing again" in line for line in lines)
    assert counts(again) == {"train": 11, "test": 1}


def test_a_folder_is_a_source(album, tmp_path):
    source = OwnPhotographs(album)
    assert len(source.files()[UNSPLIT]) == 12
    assert len(OwnPhotographs(album).split(30)["test"]) == 3
    assert len(OwnPhotographs(album).split(3000)["test"]) == 200
    assert to_json(source)["folder"] == str(album)  # a run records it
    photograph(tmp_path / "other/album/1.png")
    assert OwnPhotographs(tmp_path / "other/album").key != source.key
    with pytest.raises(UserError, match="holds 1 photographs; put more there"):
        OwnPhotographs(tmp_path / "other/album").files()
    with pytest.raises(UserError, match="elsewhere is not a folder; give"):
        OwnPhotographs("elsewhere").files()


# ---------------------------------------------------------------- trained on


def test_where_nothing_was_trained_no_page_is_rendered(tmp_path):
    for number in range(3):
        photograph(tmp_path / f"album/{number}.bmp")
    done = experiments(tmp_path, *TRAIN, "--data", "folder:album")
    assert done.returncode == 2 and "2 are copies and 0 cannot be used" in done.stderr
    assert not list(tmp_path.glob("runs/**/*.md"))


@pytest.mark.slow
def test_a_run_on_other_photographs_is_refused_in_a_line(tmp_path):
    for number in range(6):
        photograph(tmp_path / f"album/{number}.bmp", number)
    train = (*TRAIN, "--data", "folder:album")
    done = experiments(tmp_path, *train)
    assert done.returncode == 0, done.stderr
    assert "no results yet" in done.stdout.splitlines()[-4]
    (folder,) = tmp_path.glob("runs/own-*/flower-cgan/smoke/unet/seed-0")
    (manifest,) = tmp_path.glob("data/prepared/own-*/manifest.json")
    before = json.loads(manifest.read_text())["files"]
    page = (folder.parents[3] / "results/flower-cgan/README.md").read_text()
    assert "(report)" not in page and "Departures" not in page and "unet" in page

    assert experiments(tmp_path, *train).returncode == 0  # all is there already
    for number in range(6):
        photograph(tmp_path / f"album/{number}.bmp", 100 + number)
    refused = experiments(tmp_path, *train)
    assert refused.returncode == 2
    (said,) = [line for line in refused.stderr.splitlines() if line.startswith("error: ")]
    assert "was trained on other photographs" in said and str(folder.relative_to(tmp_path)) in said

    losses = (folder / "epochs.csv").read_text()
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    assert experiments(tmp_path, *train).returncode == 0
    after = json.loads(manifest.read_text())["files"]
    assert [entry["name"] for entry in before] == [entry["name"] for entry in after]
    assert not {e["sha256"] for e in before} & {e["sha256"] for e in after}
    one, other = (
        list(csv.DictReader(text.splitlines()))
        for text in (losses, (folder / "epochs.csv").read_text())
    )
    assert one[-1]["loss_G"] != other[-1]["loss_G"]
    stored = json.loads(
        (folder.parents[3] / "results/flower-cgan/smoke/baselines.json").read_text()
    )
    assert len(stored) == 2  # those of the photographs before stay theirs
