"""Sets that are not folders of image files: arrays, classes, other spaces."""

import dataclasses
import hashlib

import numpy as np
import pytest
from PIL import Image

from colorization.data.decode import decode
from colorization.data.prepared import prepare
from colorization.data.read import BadImage
from colorization.data.recipe import Recipe
from colorization.errors import UserError
from tests.data.prepare_helpers import RECIPE, SIZE, noise


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
