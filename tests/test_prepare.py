import dataclasses
import errno
import hashlib
import io
import itertools
import json
import os
import threading
import zipfile

import numpy as np
import pytest
from PIL import Image
from skimage import color

from colorization.data import download, roots
from colorization.data import prepared as module
from colorization.data.berkeley import BSDS500
from colorization.data.decode import decode
from colorization.data.form_sets import AuthorsForms, GeneratedForms
from colorization.data.prepared import PreparedSet, prepare
from colorization.data.read import BadImage
from colorization.data.recipe import Recipe
from colorization.data.source import SPLITS
from colorization.errors import UserError

SIZE = 16
RECIPE = Recipe(SIZE)


def noise(seed, height=SIZE, width=SIZE):
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), "uint8")


def encoded(image, kind="png", **options):
    """The bytes of an image file; `image` is an array or a Pillow image."""
    image = image if isinstance(image, Image.Image) else Image.fromarray(image)
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def truncated():
    data = encoded(noise(50, 64, 64), "jpeg")
    return data[: len(data) // 2]


def decoded(image, recipe=RECIPE, **options):
    return decode(encoded(image, **options), recipe)


# ---------------------------------------------------------------- the array and its manifest


@pytest.fixture
def source(write_source):
    images = {
        "train": {"c.png": noise(1), "a.png": noise(2), "b.PNG": noise(3)},
        "val": {"x.png": noise(4)},
        "test": {"2.png": noise(5), "10.png": noise(6)},
    }
    return write_source(images)


def left_in(folder):
    """What lies among the prepared sets."""
    found = (folder / "data/prepared").iterdir()
    return [path for path in found if path.name != ".lock"]


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


# ---------------------------------------------------------------- prepared once, whole or not


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


def test_keys_of_recipes():
    assert [
        Recipe(112, lab_before_resize=True).key,
        Recipe(56).key,
        Recipe(16, crop=False).key,
    ] == ["112px-crop-lab8", "56px-crop-rgb", "16px-stretch-rgb"]
    plain = Recipe(16)
    changes = {
        "size": 17,
        "crop": False,
        "lab_before_resize": True,
        "resample": "bicubic",
        "upsample": True,
        "drop_near_gray": True,
    }
    assert changes.keys() == {field.name for field in dataclasses.fields(Recipe)}
    keys = {dataclasses.replace(plain, **{name: value}).key for name, value in changes.items()}
    assert len(keys | {plain.key}) == 7


def test_optional_fields_are_recorded_only_where_they_are_set(source):
    """Digests of sets prepared before there were such fields must not change."""
    recipe = Recipe(SIZE, resample="bicubic", upsample=True)
    assert prepare(source, recipe).manifest["recipe"] == {
        "size": SIZE,
        "crop": True,
        "lab_before_resize": False,
        "resample": "bicubic",
        "upsample": True,
    }
    files = prepare(source, RECIPE).manifest["files"]
    listing = [[e["name"], e["split"], e["row"], e["sha256"]] for e in files]
    fields = {"size": SIZE, "crop": True, "lab_before_resize": False}
    text = json.dumps([listing, fields], sort_keys=True)
    assert prepare(source, RECIPE).digest == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("fields", [{"resample": "lanczos"}, {"resample": "bicubic"}])
def test_a_recipe_that_cannot_be_followed_is_refused(fields):
    with pytest.raises(ValueError, match="resample|bilinearly"):
        Recipe(SIZE, lab_before_resize=True, **fields)


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


# ---------------------------------------------------------------- geometry


@pytest.mark.parametrize(
    ("height", "width", "top", "left"),
    [
        (16, 16, 0, 0),
        (16, 17, 0, 0),  # torchvision rounds half to even: 0.5 to 0,
        (16, 19, 0, 2),  # 1.5 to 2,
        (16, 25, 0, 4),  # 4.5 to 4
        (16, 27, 0, 6),
        (40, 16, 12, 0),
    ],
)
def test_the_centre_is_kept_as_torchvision_crops(height, width, top, left):
    image = noise(0, height, width)  # the short side is 16 already: nothing is interpolated
    for recipe in (RECIPE, Recipe(SIZE, lab_before_resize=True)):
        pixels, _ = decoded(image, recipe)
        expected = image[top : top + 16, left : left + 16]
        if recipe.lab_before_resize:
            expected = np.rint(color.rgb2lab(expected) * [2.55, 1, 1] + [0, 128, 128])
        np.testing.assert_array_equal(pixels, expected)


@pytest.mark.parametrize(
    ("height", "width", "resized", "left"),
    [
        (33, 50, 24, 4),  # 16 * 50 / 33 = 24.2
        (33, 51, 24, 4),  # 24.7: cut, not rounded
        (33, 52, 25, 4),  # 25.2
        (32, 321, 160, 72),  # 160.5
    ],
)
@pytest.mark.parametrize("upright", [False, True])
def test_the_short_side_is_scaled_to_size_and_the_long_side_cut(
    height, width, resized, left, upright
):
    image, scaled = Image.fromarray(noise(0, height, width)), (resized, 16)
    if upright:
        image, scaled = image.transpose(Image.Transpose.TRANSPOSE), scaled[::-1]
    expected = np.asarray(image.resize(scaled, Image.Resampling.BILINEAR))
    expected = expected[left:][:16] if upright else expected[:, left:][:, :16]
    np.testing.assert_array_equal(decoded(image)[0], expected)


def test_rgb_is_resized_by_pillows_antialiased_bilinear_filter():
    # Halving: a triangle over four pixels, 1/8, 3/8, 3/8, 1/8.
    columns = np.random.default_rng(0).integers(0, 256, 32)
    image = np.broadcast_to(columns[None, :, None], (32, 32, 3)).astype("uint8")
    expected = [
        np.dot(columns[2 * i - 1 : 2 * i + 3], [0.125, 0.375, 0.375, 0.125]) for i in range(1, 15)
    ]
    pixels, _ = decoded(image)
    assert np.abs(pixels[5, 1:15, 1] - np.array(expected)).max() <= 1


def test_bicubic_is_pillows_too():
    image = Image.fromarray(noise(0, 40, 60))
    expected = np.asarray(image.resize((24, 16), Image.Resampling.BICUBIC))[:, 4:20]
    pixels, _ = decoded(image, Recipe(SIZE, resample="bicubic"))
    np.testing.assert_array_equal(pixels, expected)
    assert (pixels != decoded(image)[0]).any()


@pytest.mark.parametrize("times", [2, 3])
def test_lab_is_interpolated_without_antialiasing(times):
    image = noise(0, times * SIZE, times * SIZE)
    lab = color.rgb2lab(image)
    # Pixel centres of the small image lie between four of the large one, or on every third.
    sampled = {2: lab.reshape(SIZE, times, SIZE, times, 3).mean(axis=(1, 3)), 3: lab[1::3, 1::3]}
    pixels, _ = decoded(image, Recipe(SIZE, lab_before_resize=True))
    exact = sampled[times] * [255 / 100, 1, 1] + [0, 128, 128]
    assert pixels.dtype == np.uint8
    assert np.abs(pixels - exact).max() <= 0.5 + 1e-6


def test_a_set_in_lab_says_so(source):
    prepared = prepare(source, Recipe(SIZE, lab_before_resize=True))
    assert prepared.space == "lab8"
    L, a, b = color.rgb2lab(noise(4))[2, 5]
    np.testing.assert_array_equal(
        prepared.images("val")[0, 2, 5], np.rint([L * 2.55, a + 128, b + 128])
    )


def test_near_gray_in_lab():
    gray = np.full((SIZE, SIZE, 3), (100, 100, 103), "uint8")
    assert decoded(gray, Recipe(SIZE, lab_before_resize=True))[1] == ["near_gray"]
    assert decoded(noise(0), Recipe(SIZE, lab_before_resize=True))[1] == []


def test_stretching_keeps_the_whole_image():
    image = Image.fromarray(noise(0, 20, 50))
    expected = np.asarray(image.resize((16, 16), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(decoded(image, Recipe(SIZE, crop=False))[0], expected)


@pytest.mark.parametrize(
    ("orientation", "upright"),
    [
        (1, lambda x: x),
        (2, lambda x: x[:, ::-1]),
        (3, lambda x: x[::-1, ::-1]),
        (4, lambda x: x[::-1]),
        (5, lambda x: x.swapaxes(0, 1)),
        (6, lambda x: np.rot90(x, -1)),
        (7, lambda x: np.rot90(x, 2).swapaxes(0, 1)),
        (8, np.rot90),
    ],
)
def test_photographs_are_turned_upright(orientation, upright):
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = noise(0)
    np.testing.assert_array_equal(decoded(image, exif=exif)[0], upright(image))


def test_orientation_comes_before_the_size_and_the_crop():
    exif = Image.Exif()
    exif[0x0112] = 6
    image = noise(0, 40, 16)
    expected = np.rot90(image, -1)[:, 12:28]
    np.testing.assert_array_equal(decoded(image, exif=exif)[0], expected)


@pytest.mark.parametrize("mode", ["P", "RGBA"])
def test_other_modes_become_rgb(mode):
    image = Image.new("RGB", (SIZE, SIZE), (200, 40, 10))
    pixels, notes = decoded(image.quantize() if mode == "P" else image.convert(mode))
    np.testing.assert_array_equal(pixels, np.broadcast_to((200, 40, 10), (SIZE, SIZE, 3)))
    assert notes == []


@pytest.mark.parametrize("mode", ["LA", "I;16"])
def test_gray_with_alpha_or_16_bits_is_gray(mode):
    values = np.full((SIZE, SIZE), 84, "uint16")
    image = Image.fromarray(values * 257)
    if mode == "LA":
        image = Image.fromarray(values.astype("uint8")).convert(mode)
    pixels, notes = decoded(image)
    assert notes == ["grayscale", "near_gray"]
    assert (pixels == 84).all()


@pytest.mark.parametrize(("height", "width"), [(15, 40), (40, 15), (1, 1)])
def test_an_image_below_the_size_is_refused(height, width):
    with pytest.raises(BadImage, match=f"{width}x{height} px, smaller than 16 px"):
        decoded(noise(0, height, width))


# ---------------------------------------------------------------- roots and sources


def test_the_given_root_is_searched_before_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for folder in ("data/set", "given/set"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.delenv(roots.ENVIRONMENT_VARIABLE, raising=False)
    assert roots.find("set").resolve() == tmp_path / "data/set"
    assert roots.write_root().resolve() == tmp_path / "data"
    monkeypatch.setenv(roots.ENVIRONMENT_VARIABLE, str(tmp_path / "given"))
    assert roots.find("set") == tmp_path / "given/set"
    assert roots.find("other", "*et") == tmp_path / "given/set"
    assert roots.find("nothing") is None
    assert roots.write_root() == tmp_path / "given"


def test_a_folder_without_a_write_bit_is_never_written_to(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    given = tmp_path / "given"
    given.mkdir(mode=0o555)
    monkeypatch.setenv(roots.ENVIRONMENT_VARIABLE, str(given))
    assert str(roots.write_root()) == "data"
    given.chmod(0o755)
    assert roots.write_root() == given


def write_bsds(folder, counts):
    for split, count in counts.items():
        (folder / split).mkdir(parents=True)
        for index in range(count):
            (folder / split / f"{index}.jpg").write_bytes(b"")


@pytest.mark.parametrize("parents", ["", "BSR", "berkeley/BSR"])
def test_bsds500_is_found_where_its_archives_put_it(tmp_path, monkeypatch, parents):
    monkeypatch.setenv(roots.ENVIRONMENT_VARIABLE, str(tmp_path))
    folder = tmp_path / parents / "BSDS500/data/images"
    write_bsds(folder, {"train": 200, "val": 100, "test": 200})
    (folder / "train/Thumbs.db").write_bytes(b"")
    files = BSDS500().files()
    assert {split: len(paths) for split, paths in files.items()} == BSDS500.counts
    assert files["train"] == sorted(files["train"])


def test_bsds500_with_a_file_missing_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv(roots.ENVIRONMENT_VARIABLE, str(tmp_path))
    write_bsds(tmp_path / "BSDS500/data/images", {"train": 200, "val": 99, "test": 200})
    with pytest.raises(UserError, match=r"images/val holds 99 images where BSDS500 has 100"):
        BSDS500().files()


def test_the_authors_forms_are_unpacked_from_their_archive(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)  # away from a `data` that has the real ones
    monkeypatch.setenv(roots.ENVIRONMENT_VARIABLE, str(tmp_path))
    (tmp_path / "forms").mkdir()
    with zipfile.ZipFile(tmp_path / "forms/form_Datasets.zip", "w") as archive:
        for folder, seed in (("training", 1), ("validation", 2), ("testing", 3)):
            archive.writestr(f"form_Datasets/{folder}/1.jpg", encoded(noise(seed), "jpeg"))
    for _ in range(2):  # unpacked; then found
        files = AuthorsForms().files()
        assert [len(files[split]) for split in SPLITS] == [1, 1, 1]
        assert files["val"][0].parent.name == "validation"
        expected = decode(encoded(noise(3), "jpeg"), RECIPE)[0]
        np.testing.assert_array_equal(decode(files["test"][0].read_bytes(), RECIPE)[0], expected)
    said = capsys.readouterr().err
    assert "form_Datasets.zip into" in said and "http" not in said


def test_generated_forms_are_drawn_once_and_their_splits_differ(tmp_path, monkeypatch):
    monkeypatch.setenv(roots.ENVIRONMENT_VARIABLE, str(tmp_path))
    source = GeneratedForms(train=3, val=2, test=2, size=32)
    files = source.files()
    assert [len(files[split]) for split in SPLITS] == [3, 2, 2]
    contents = {path: path.read_bytes() for paths in files.values() for path in paths}
    assert len(set(contents.values())) == 7
    times = [path.stat().st_mtime_ns for path in contents]
    assert source.files() == files
    assert [path.stat().st_mtime_ns for path in contents] == times
    lost = files["val"][1]
    lost.unlink()
    assert source.files() == files and lost.read_bytes() == contents[lost]


def test_generated_forms_differ_by_every_field_in_their_key():
    plain = GeneratedForms()
    changes = {"train": 9, "val": 9, "test": 9, "size": 9, "seed": 9, "jitter_lightness": True}
    assert changes.keys() == {field.name for field in dataclasses.fields(GeneratedForms)}
    keys = {dataclasses.replace(plain, **{name: value}).key for name, value in changes.items()}
    assert len(keys | {plain.key}) == 7


def test_a_prepared_set_can_be_opened_without_its_source(source):
    prepared = PreparedSet(prepare(source, RECIPE).folder)
    assert prepared.names("val") == ["val/x.png"]
    np.testing.assert_array_equal(prepared.images("val"), [noise(4)])


def test_downloaded_bsds500_is_unpacked_once_and_found_again(tmp_path, monkeypatch):
    """Berkeley is down, the mirror answers; afterwards nothing is fetched."""
    monkeypatch.setenv("COLORIZATION_DATA", str(tmp_path))
    fetched = []

    def fetch(urls, target, **_):
        fetched.append(target.name)
        if target.suffix == ".tgz":
            raise UserError("Berkeley is down")
        target.parent.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(target, "w") as archive:
            for split, count in BSDS500.counts.items():
                for i in range(count):
                    name = f"BSDS500-master/BSDS500/data/images/{split}/{i:03d}.jpg"
                    archive.writestr(name, b"photograph")
        return target

    monkeypatch.setattr(download, "fetch", fetch)
    first = BSDS500().files()
    assert {split: len(paths) for split, paths in first.items()} == BSDS500.counts
    assert BSDS500().files() == first
    assert fetched == ["BSR_bsds500.tgz", "BSDS500-master.zip"]
