"""Prepared sets: rows and manifest, made once, whole or not at all."""

import errno
import hashlib
import io
import itertools
import json
import os
import threading

import numpy as np
import pytest
from skimage import color

from colorization.data import rows as module
from colorization.data.decode import decode
from colorization.data.prepared import PreparedSet, prepare
from colorization.data.recipe import Recipe
from colorization.data.source import SPLITS
from colorization.errors import UserError
from tests.data.image_files import RECIPE, SIZE, encoded, left_in, noise


def test_rows_are_the_files_sorted_by_name(source):
    prepared = prepare(source, RECIPE)
    assert prepared.names("train") == ["train/a.png", "train/b.PNG", "train/c.png"]
    assert prepared.names("test") == ["test/10.png", "test/2.png"]
    for split, seeds in {"train": (2, 3, 1), "val": (4,), "test": (6, 5)}.items():
        rows = prepared.images(split)
        assert isinstance(rows, np.memmap) and rows.dtype == np.uint8
        assert not rows.flags.writeable
        np.testing.assert_array_equal(rows, [noise(seed) for seed in seeds])


def test_the_manifest_says_what_every_file_became(source, tmp_path):
    prepared = prepare(source, RECIPE)
    assert prepared.folder == tmp_path / "data/prepared/tiny-16px-crop-rgb"
    manifest = json.loads((prepared.folder / "manifest.json").read_text())
    assert (manifest["source"], manifest["title"], manifest["licence"]) == (
        "tiny",
        "tiny set",
        "none",
    )
    assert manifest["space"] == prepared.space == "rgb" and prepared.source == "tiny"
    assert manifest["recipe"] == {"size": SIZE, "crop": True, "lab_before_resize": False}
    assert manifest["counts"].keys() == {
        "grayscale",
        "cmyk",
        "near_gray",
        "upsampled",
        "dropped",
        "dropped_as_duplicate",
        "dropped_as_near_gray",
    }
    assert not any(manifest["counts"].values())
    listed = [(e["split"], e["name"], e["row"]) for e in manifest["files"]]
    assert listed == [
        ("train", "train/a.png", 0),
        ("train", "train/b.PNG", 1),
        ("train", "train/c.png", 2),
        ("val", "val/x.png", 0),
        ("test", "test/10.png", 0),
        ("test", "test/2.png", 1),
    ]
    for entry in manifest["files"]:
        data = (source.folder / entry["name"]).read_bytes()
        assert entry["sha256"] == hashlib.sha256(data).hexdigest()


def untouchable(*_):
    raise AssertionError("prepared again")


def test_a_prepared_set_is_found_again(source, monkeypatch):
    first = prepare(source, RECIPE)
    monkeypatch.setattr(module, "decode", untouchable)
    said = []
    again = prepare(source, RECIPE, said.append)
    assert again.digest == first.digest and said == []


def test_another_recipe_is_another_set(source):
    folders = {
        prepare(source, recipe).folder.name
        for recipe in (RECIPE, Recipe(8), Recipe(SIZE, crop=False), Recipe(SIZE, True, True))
    }
    assert len(folders) == 4


@pytest.mark.parametrize("change", ["longer", "renamed", "added", "removed"])
def test_a_changed_source_is_prepared_again(source, change):
    before = prepare(source, RECIPE)
    path = source.folder / "test/10.png"
    if change == "longer":
        path.write_bytes(encoded(noise(7, 20, 20)))
    elif change == "renamed":
        path.rename(path.with_name("11.png"))
    elif change == "added":
        path.with_name("3.png").write_bytes(encoded(noise(7)))
    else:
        path.unlink()
    said = []
    after = prepare(source, RECIPE, said.append)
    assert after.folder == before.folder and "changed" in said[0]
    assert after.digest != before.digest
    expected = {
        "longer": ["test/10.png", "test/2.png"],
        "renamed": ["test/11.png", "test/2.png"],
        "added": ["test/10.png", "test/2.png", "test/3.png"],
        "removed": ["test/2.png"],
    }
    assert after.names("test") == expected[change] and len(after.images("test")) == len(
        expected[change]
    )


def test_the_digest_is_of_contents_names_splits_and_recipe(write_source, tmp_path):
    images = {split: {"a.png": noise(i), "b.png": noise(9)} for i, split in enumerate(SPLITS)}
    source = write_source(images)
    digests = [prepare(source, RECIPE).digest, prepare(source, Recipe(8)).digest]

    def again():
        for path in (tmp_path / "data/prepared").glob("*/manifest.json"):
            path.unlink()
            for array in path.parent.glob("*.npy"):
                array.unlink()
            path.parent.rmdir()
        return prepare(source, RECIPE).digest

    assert again() == digests[0]
    a, b = source.folder / "train/a.png", source.folder / "train/b.png"
    kept = a.read_bytes()
    a.write_bytes(encoded(noise(77)))
    digests.append(again())
    a.write_bytes(kept)
    b.rename(b.with_name("c.png"))
    digests.append(again())
    b.with_name("c.png").rename(source.folder / "val/c.png")
    digests.append(again())
    assert len(set(digests)) == 5


class Failing(io.BytesIO):
    """A file on a disk with a problem."""

    def __init__(self, number):
        super().__init__()
        self.number = number

    def write(self, data):
        raise OSError(self.number, os.strerror(self.number))


def fail_second_array(monkeypatch, number):
    def opened(path, *args):
        return Failing(number) if path.name == "val.npy" else open(path, *args)

    monkeypatch.setattr(module, "open", opened, raising=False)


def test_a_full_disk_is_told_in_one_line_and_leaves_nothing(source, tmp_path, monkeypatch):
    with monkeypatch.context() as context:
        fail_second_array(context, errno.ENOSPC)
        with pytest.raises(UserError, match="disk full while preparing .*tiny-16px-crop-rgb"):
            prepare(source, RECIPE)
    assert left_in(tmp_path) == []
    assert len(prepare(source, RECIPE).images("train")) == 3


@pytest.mark.parametrize("failure", [OSError, KeyboardInterrupt])
def test_whatever_interrupts_nothing_half_written_stays(source, tmp_path, monkeypatch, failure):
    with monkeypatch.context() as context:
        if failure is OSError:
            fail_second_array(context, errno.EIO)
        else:
            calls = itertools.count()

            def interrupted(data, recipe):
                if next(calls) == 4:
                    raise KeyboardInterrupt
                return decode(data, recipe)

            context.setattr(module, "decode", interrupted)
        with pytest.raises(failure):
            prepare(source, RECIPE)
    assert left_in(tmp_path) == []
    assert prepare(source, RECIPE).names("val") == ["val/x.png"]


def test_two_processes_that_prepare_at_once_end_with_one_set(source, tmp_path, monkeypatch):
    """The second waits for the first, and then has nothing left to do."""
    waiting, decoded = threading.Event(), itertools.count()

    def told(text):
        if text.startswith("waiting"):
            waiting.set()

    def one_more(data, recipe):
        if next(decoded) == 0:
            second.start()
            assert waiting.wait(10)
        return decode(data, recipe)

    monkeypatch.setattr(module, "decode", one_more)
    made = []
    second = threading.Thread(target=lambda: made.append(prepare(source, RECIPE, told)))
    made.append(prepare(source, RECIPE))
    second.join(10)
    assert made[0].digest == made[1].digest
    assert left_in(tmp_path) == [made[0].folder]
    assert next(decoded) == sum(map(len, source.files().values()))


def test_what_a_killed_process_left_does_not_matter(source, tmp_path):
    left = tmp_path / "data/prepared/tiny-16px-crop-rgb.part"
    left.mkdir(parents=True)
    (left / "train.npy").write_bytes(b"half")
    assert len(prepare(source, RECIPE).images("train")) == 3
    assert not left.exists()


def test_a_folder_without_its_manifest_is_replaced(source, tmp_path):
    folder = tmp_path / "data/prepared/tiny-16px-crop-rgb"
    folder.mkdir(parents=True)
    (folder / "train.npy").write_bytes(b"half")
    assert len(prepare(source, RECIPE).images("train")) == 3


def test_a_set_in_lab_says_so(source):
    prepared = prepare(source, Recipe(SIZE, lab_before_resize=True))
    assert prepared.space == "lab8"
    L, a, b = color.rgb2lab(noise(4))[2, 5]
    np.testing.assert_array_equal(
        prepared.images("val")[0, 2, 5], np.rint([L * 2.55, a + 128, b + 128])
    )


def test_a_prepared_set_can_be_opened_without_its_source(source):
    prepared = PreparedSet(prepare(source, RECIPE).folder)
    assert prepared.names("val") == ["val/x.png"]
    np.testing.assert_array_equal(prepared.images("val"), [noise(4)])
