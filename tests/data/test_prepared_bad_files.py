"""Files that cannot be used, and copies of earlier ones: refused, or left out with the reason."""

import numpy as np
import pytest
from PIL import Image

from colorization.data.decode import decode
from colorization.data.prepared import prepare
from colorization.data.read import BadImage
from colorization.data.recipe import Recipe
from colorization.data.source import SPLITS
from colorization.errors import UserError
from tests.data.prepare_helpers import RECIPE, SIZE, encoded, left_in, noise


def truncated():
    data = encoded(noise(50, 64, 64), "jpeg")
    return data[: len(data) // 2]


BAD = {
    "train": {"a.png": noise(1), "b.jpg": truncated(), "c.png": noise(2), "d.png": b""},
    "val": {"a.png": noise(3)},
    "test": {"a.png": noise(4, SIZE - 1, 40), "b.png": noise(5)},
}


def test_a_strict_source_refuses_a_bad_file_by_name(write_source, tmp_path):
    source = write_source(BAD)
    with pytest.raises(UserError, match=r"train/b\.jpg: cannot be read .*truncated") as raised:
        prepare(source, RECIPE)
    assert "\n" not in str(raised.value)
    assert left_in(tmp_path) == []


def test_a_lenient_source_drops_bad_files_and_says_why(write_source):
    prepared = prepare(write_source(BAD, strict=False), RECIPE)
    assert prepared.names("train") == ["train/a.png", "train/c.png"]
    # Also read without a memory map: the header must fit the file.
    for mode in ("r", None):
        rows = np.load(prepared.folder / "train.npy", mmap_mode=mode)
        np.testing.assert_array_equal(rows, [noise(1), noise(2)])
    np.testing.assert_array_equal(prepared.images("test"), [noise(5)])
    files = {e["name"]: e for e in prepared.manifest["files"]}
    assert [files[f"train/{name}"].get("row") for name in ("a.png", "b.jpg", "c.png")] == [
        0,
        None,
        1,
    ]
    assert "truncated" in files["train/b.jpg"]["dropped"]
    assert "cannot be read" in files["train/d.png"]["dropped"]
    assert files["test/a.png"]["dropped"] == "is 40x15 px, smaller than 16 px"
    assert prepared.manifest["counts"]["dropped"] == 3
    assert prepared.summary() == "tiny: 2 train / 1 val / 1 test (3 dropped)"


def test_the_header_can_shrink_by_many_digits(write_source):
    train = {f"{i:03}.png": b"no image" for i in range(120)} | {"x.png": noise(1)}
    images = {"train": train, "val": {"a.png": noise(2)}, "test": {"a.png": noise(3)}}
    prepared = prepare(write_source(images, strict=False), RECIPE)
    np.testing.assert_array_equal(np.load(prepared.folder / "train.npy"), [noise(1)])


def test_a_split_without_a_usable_image_is_an_error(write_source, tmp_path):
    source = write_source({**BAD, "val": {"a.png": b"?"}}, strict=False)
    with pytest.raises(UserError, match="no usable image in its val split"):
        prepare(source, RECIPE)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("broken", ["a chunk's type", "the exif header"])
def test_files_broken_inside_are_bad_images_whatever_pillow_raises(broken):
    if broken == "a chunk's type":  # of the second IDAT
        data = bytearray(encoded(noise(1, 200, 200)))
        second = data.index(b"IDAT", data.index(b"IDAT") + 4)
        data[second : second + 4] = b"\x80\x0e8\xfe"
    else:
        exif = Image.Exif()
        exif[0x0112] = 6
        data = bytearray(encoded(noise(1), "webp", exif=exif))
        header = data.index(b"MM\0*") if b"MM\0*" in data else data.index(b"II*\0")
        data[header] = 0
    with pytest.raises(BadImage, match="cannot be read"):
        decode(bytes(data), RECIPE)


def test_copies_of_an_earlier_file_are_dropped(write_source):
    images = {
        "train": {"a.png": noise(1), "b.png": b"no image", "c.png": noise(1)},
        "val": {"a.png": noise(2), "b.png": b"no image"},
        "test": {"x.png": noise(2), "y.png": noise(1), "z.png": noise(3)},
    }
    prepared = prepare(write_source(images, strict=False), RECIPE)
    dropped = {e["name"]: e["dropped"] for e in prepared.manifest["files"] if "dropped" in e}
    for name in ("train/b.png", "val/b.png"):  # what is not kept has no copies
        assert "cannot be read" in dropped.pop(name)
    assert dropped == {
        "train/c.png": "duplicate of train/a.png",
        "test/x.png": "duplicate of val/a.png",
        "test/y.png": "duplicate of train/a.png",
    }
    assert prepared.names("test") == ["test/z.png"]
    assert prepared.summary() == (
        "tiny: 1 train / 1 val / 1 test (5 dropped, 3 dropped as duplicate)"
    )


def test_a_strict_source_keeps_copies(write_source):
    images = {split: {"a.png": noise(1), "b.png": noise(1)} for split in SPLITS}
    prepared = prepare(write_source(images), RECIPE)
    assert prepared.summary() == "tiny: 2 train / 2 val / 2 test"


def test_images_without_colour_can_be_left_out(write_source):
    gray = np.full((SIZE, SIZE, 3), 100, "uint8")
    images = {
        "train": {"a.png": gray, "b.png": noise(1)},
        "val": {"a.png": noise(2)},
        "test": {"a.png": noise(3), "b.png": gray + 1},
    }
    source = write_source(images)
    prepared = prepare(source, Recipe(SIZE, drop_near_gray=True))
    assert prepared.names("train") == ["train/b.png"] and prepared.names("test") == ["test/a.png"]
    dropped = [e["dropped"] for e in prepared.manifest["files"] if "dropped" in e]
    assert dropped == ["near gray", "near gray"]
    assert prepared.summary() == (
        "tiny: 1 train / 1 val / 1 test (2 dropped, 2 dropped as near gray)"
    )
    assert prepare(source, RECIPE).summary() == "tiny: 2 train / 1 val / 2 test (2 near gray)"


def test_small_images_can_be_enlarged(write_source):
    images = {
        "train": {"a.png": noise(1, 8, 40), "b.png": noise(2)},
        "val": {"a.png": noise(3)},
        "test": {"a.png": noise(4, 15, 15)},
    }
    prepared = prepare(write_source(images), Recipe(SIZE, crop=False, upsample=True))
    expected = Image.fromarray(images["train"]["a.png"]).resize(
        (SIZE, SIZE), Image.Resampling.BILINEAR
    )
    np.testing.assert_array_equal(prepared.images("train")[0], np.asarray(expected))
    np.testing.assert_array_equal(prepared.images("train")[1], noise(2))
    notes = {e["name"]: e.get("notes") for e in prepared.manifest["files"]}
    assert [name for name, noted in notes.items() if noted] == ["train/a.png", "test/a.png"]
    assert notes["test/a.png"] == ["upsampled"]
    assert prepared.summary() == "tiny: 2 train / 1 val / 1 test (2 upsampled)"
