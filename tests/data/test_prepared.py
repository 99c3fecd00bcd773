"""Prepared."""

import hashlib
import json

import numpy as np
from PIL import Image

from colorization.data.prepared import prepare
from tests.data.prepare_helpers import RECIPE, SIZE, encoded, noise


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


def test_gray_and_cmyk_files_are_kept_counted_and_named(write_source):
    gray = Image.fromarray(noise(1)[..., 0])
    cmyk = Image.fromarray(noise(2)).convert("CMYK")
    nearly = np.full((SIZE, SIZE, 3), (100, 100, 103), "uint8")
    coloured = np.full((SIZE, SIZE, 3), (100, 100, 103), "uint8")
    coloured[3, 4] = 200, 100, 100  # one pixel is enough
    source = write_source(
        {
            "train": {
                "a.png": encoded(gray),
                "b.jpg": encoded(cmyk, "jpeg"),
                "c.png": nearly,
                "d.png": coloured,
                "e.png": encoded(gray.convert("1")),
            },
            "val": {"a.png": noise(3)},
            "test": {"a.png": noise(4)},
        }
    )
    prepared = prepare(source, RECIPE)
    notes = {e["name"]: e.get("notes") for e in prepared.manifest["files"]}
    assert notes == {
        "train/a.png": ["grayscale", "near_gray"],
        "train/b.jpg": ["cmyk"],
        "train/c.png": ["near_gray"],
        "train/d.png": None,
        "train/e.png": ["grayscale", "near_gray"],
        "val/a.png": None,
        "test/a.png": None,
    }
    counts = {what: count for what, count in prepared.manifest["counts"].items() if count}
    assert counts == {"grayscale": 2, "cmyk": 1, "near_gray": 3}
    expected = np.repeat(noise(1)[..., :1], 3, axis=2)
    np.testing.assert_array_equal(prepared.images("train")[0], expected)
    assert prepared.summary() == (
        "tiny: 5 train / 1 val / 1 test (2 grayscale, 1 cmyk, 3 near gray)"
    )
