"""What becomes of each file of a source: kept, noted, enlarged, dropped, or refused."""

import dataclasses
import hashlib

import numpy as np
import pytest
from PIL import Image

from colorization.data.decode import decode
from colorization.data.prepared import prepare
from colorization.data.read import BadImage
from colorization.data.recipe import Recipe
from colorization.data.source import SPLITS
from colorization.errors import UserError
from tests.data.image_files import RECIPE, SIZE, encoded, left_in, noise


def truncated():
    data = encoded(noise(50, 64, 64), "jpeg")
    return data[: len(data) // 2]


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


# ---------------------------------------------------------------- bad files

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


# ---------------------------------------------------------------- other sources


@dataclasses.dataclass(frozen=True)
class Listed:
    """A source of given items."""

    listed: dict
    strict: bool = False
    key = "listed"
    title = "listed set"
    licence = "none"

    def files(self):
        return self.listed


@dataclasses.dataclass(frozen=True)
class ListedLab(Listed):
    space = "lab8"


class LabItem:
    """An image that is 8-bit Lab, `[H, W, 3]`."""

    def __init__(self, name, lab):
        self.name, self.lab = name, lab
        self.identity = (name,)

    def __str__(self):
        return f"item {self.name}"

    def read(self):
        return self.lab


@pytest.fixture
def write_images(write_source):
    """`write_images({"folder/name": array})`: their paths, in the given order."""

    def write(images):
        folder = write_source({}).folder
        for name, image in images.items():
            (folder / name).parent.mkdir(exist_ok=True)
            Image.fromarray(image).save(folder / name)
        return [folder / name for name in images]

    return write


@pytest.mark.parametrize("there", [("train", "test"), ("test",)])
def test_a_source_need_not_have_all_splits(write_images, there):
    paths = write_images({f"x/{i}.png": noise(i) for i in range(2)})
    listed = {split: [path] for split, path in zip(there[::-1], paths, strict=False)}
    prepared = prepare(Listed(listed), RECIPE)
    assert prepared.splits == there
    assert prepared.names("val") == [] and prepared.labels("val").shape == (0,)
    assert prepared.names("test") == ["x/0.png"]
    assert prepared.summary() == "listed: " + " / ".join(f"1 {split}" for split in there)
    assert sorted(path.stem for path in prepared.folder.glob("*.npy")) == sorted(there)


def test_an_empty_split_is_an_error(write_images):
    paths = write_images({"x/0.png": noise(0)})
    with pytest.raises(UserError, match="no usable image in its val split"):
        prepare(Listed({"train": paths, "val": []}), RECIPE)


def test_classes_are_the_folders_of_what_is_kept(write_images):
    images = {
        "rose/1.png": noise(1),
        "daisy/1.png": noise(2),
        "tulip/1.png": noise(3, 8, 8),  # too small: dropped
        "daisy/2.png": noise(4),
        "aster/1.png": noise(5),
    }
    *train, last = write_images(images)
    prepared = prepare(Listed({"train": train, "test": [last]}), RECIPE)
    assert prepared.classes == ("aster", "daisy", "rose")
    labels = prepared.labels("train")
    assert labels.tolist() == [2, 1, 1] and labels.dtype == np.uint8
    assert prepared.labels("test").tolist() == [0]


def test_more_than_256_classes_have_wider_labels(write_images):
    image = Image.fromarray(noise(0))
    (path,) = write_images({"x/0.png": noise(0)})
    items = []
    for i in range(257):
        image.putpixel((0, 0), (i % 256, i // 256, 0))
        items.append(LabItem(f"{i:03}/x", np.asarray(image)))
    labels = prepare(ListedLab({"train": items, "test": [path]}), RECIPE).labels("train")
    assert labels.tolist() == list(range(257)) and labels.dtype == np.uint16
    labels = prepare(ListedLab({"train": items[:255], "test": [path]}), RECIPE).labels("train")
    assert labels.max() == 254 and labels.dtype == np.uint8


@pytest.mark.parametrize("resample", ["bilinear", "bicubic"])
def test_lab_items_are_resized_plane_by_plane(write_images, resample):
    write_images({})
    lab = noise(1, 40, 40)
    recipe = Recipe(SIZE, crop=False, resample=resample)
    prepared = prepare(ListedLab({"test": [LabItem("set/0", lab)]}), recipe)
    method = Image.Resampling[resample.upper()]
    planes = [
        np.asarray(Image.fromarray(lab[..., i]).resize((SIZE, SIZE), method)) for i in range(3)
    ]
    np.testing.assert_array_equal(prepared.images("test")[0], np.stack(planes, axis=-1))
    assert prepared.space == prepared.manifest["space"] == "lab8"
    assert "-lab8" in prepared.folder.name and "rgb" not in prepared.folder.name
    assert prepared.names("test") == ["set/0"] and prepared.classes == ("set",)
    (entry,) = prepared.manifest["files"]
    assert entry["sha256"] == hashlib.sha256(lab.tobytes()).hexdigest()


def test_lab_items_follow_the_same_rules():
    gray = np.full((SIZE, SIZE, 3), (90, 128, 133), "uint8")
    assert decode(gray, RECIPE)[1] == ["near_gray"]
    gray[0, 0, 1] = 122  # a = -6
    assert decode(gray, RECIPE)[1] == []
    with pytest.raises(BadImage, match="8x30 px, smaller than 16 px"):
        decode(noise(0, 30, 8), RECIPE)
    pixels, notes = decode(noise(0, 30, 8), Recipe(SIZE, upsample=True))
    assert pixels.shape == (SIZE, SIZE, 3) and notes == ["upsampled"]
    # Already Lab before the resize: nothing is converted twice.
    same, _ = decode(noise(3), Recipe(SIZE, lab_before_resize=True))
    np.testing.assert_array_equal(same, noise(3))


def test_a_bad_item_of_a_strict_source_is_named(write_images):
    write_images({})
    source = ListedLab({"test": [LabItem("set/0", noise(0, 8, 8))]}, strict=True)
    with pytest.raises(UserError, match="^item set/0: is 8x8 px"):
        prepare(source, RECIPE)


def test_a_changed_item_is_noticed(write_images):
    write_images({})
    item = LabItem("set/0", noise(0))
    before = prepare(ListedLab({"test": [item]}), RECIPE)
    item.lab, item.identity = noise(1), ("set/0", 2)
    after = prepare(ListedLab({"test": [item]}), RECIPE)
    assert after.digest != before.digest
    np.testing.assert_array_equal(after.images("test"), [noise(1)])
