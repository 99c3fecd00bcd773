import dataclasses
import tarfile
import zipfile

import numpy as np
import pytest
from PIL import Image

from colorization.data import download, kaggle, roots
from colorization.data.collection import Mixture, OwnPhotographs, split_by_seed
from colorization.data.lab_arrays import MultiDomain
from colorization.data.prepared import prepare
from colorization.data.recipe import Recipe
from colorization.data.sets import (
    Coco,
    Flower500,
    Flower1497,
    FlowerPhotos,
    FlowerSketches,
    FlowersRecognition,
    ImagenetMini,
    Imagenette,
    Scenes,
)
from colorization.errors import UserError
from colorization.serialization import to_json

SMALL = Recipe(8, crop=False, resample="bicubic")


@pytest.fixture
def root(tmp_path, monkeypatch):
    """An empty data root; nothing is fetched from anywhere."""

    def refuse(*args, **_):
        raise UserError(f"no network for {args[0]}")

    monkeypatch.chdir(tmp_path)  # away from a `data` that has real ones
    monkeypatch.setenv(roots.ENVIRONMENT_VARIABLE, str(tmp_path))
    monkeypatch.setattr(download, "fetch", refuse)
    monkeypatch.setattr(kaggle, "fetch_dataset", refuse)
    return tmp_path


def fill(folder, count, start=0, suffix=".jpg"):
    """Empty files that are never the same: their contents are their paths."""
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(start, start + count):
        (folder / f"{i}{suffix}").write_text(f"{folder}/{i}")


def fill_classes(folder, source, count):
    for name in source.classes:
        fill(folder / name, count)


def counts(files):
    return {split: len(paths) for split, paths in files.items()}


# ---------------------------------------------------------------- the split


PATHS = [f"{i:02}" for i in range(20)]


def split(**changes):
    given = {"test": 5, "train": None, "seed": 3, "place": "here"}
    return split_by_seed(PATHS, **{**given, **changes})


def test_the_first_of_a_seeded_permutation_are_the_test_split():
    order = np.random.RandomState(3).permutation(20)
    files = split(train=8)
    assert list(files) == ["train", "test"]
    assert files["test"] == sorted(PATHS[i] for i in order[:5])
    assert files["train"] == sorted(PATHS[i] for i in order[5:13])
    rest = split()
    assert sorted(rest["train"] + rest["test"]) == PATHS


def test_the_test_split_does_not_depend_on_the_training_one():
    assert split()["test"] == split(train=1)["test"] == split(train=0)["test"]
    assert split(seed=4)["test"] != split()["test"]
    assert set(split(train=3)["train"]) < set(split(train=9)["train"])


def test_a_split_without_images_is_absent():
    assert split(train=0).keys() == {"test"}
    assert split(test=0).keys() == {"train"}


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (
            {"test": 5, "train": 16},
            "^here: 20 images are there and 21 are needed [(]5 to test and 16 to train[)]; add",
        ),
        ({"test": 20}, "20 images are there and 21 are needed"),
        ({"test": 21, "train": 0}, "21 are needed [(]21 to test[)]"),
    ],
)
def test_too_few_images_are_counted(asked, message):
    with pytest.raises(UserError, match=message) as raised:
        split(**asked)
    assert "\n" not in str(raised.value)


def test_all_images_can_be_used():
    assert counts(split(test=20, train=0)) == {"test": 20}
    assert counts(split(test=5, train=15)) == {"test": 5, "train": 15}


def test_negative_numbers_are_refused():
    for asked in ({"test": -1}, {"train": -1}):
        with pytest.raises(ValueError, match=">= 0"):
            split(**asked)


def test_keys_tell_splits_apart():
    plain = Scenes(train=20, test=5)
    changes = {"train": None, "test": 6, "seed": 1}
    assert changes.keys() == {field.name for field in dataclasses.fields(Scenes)}
    keys = {dataclasses.replace(plain, **{name: value}).key for name, value in changes.items()}
    assert len(keys | {plain.key, Scenes(train=0, test=5).key}) == 5


# ---------------------------------------------------------------- where sets are found


@pytest.mark.parametrize("place", ["flowers", "flowers-recognition/flowers"])
def test_flowers_recognition_is_found(root, place):
    source = FlowersRecognition(test=4)
    fill_classes(root / place, source, 3)
    fill(root / place / "flowers/rose", 3)  # the archive once held everything twice
    (root / place / "rose/fetch.py").write_text("")
    files = source.files()
    assert counts(files) == {"train": 11, "test": 4}
    for paths in files.values():
        assert paths == sorted(paths)
    assert {path.parent.parent for path in files["train"]} == {root / place}


def test_a_missing_class_is_named(root):
    source = FlowersRecognition(test=1)
    fill_classes(root / "flowers", source, 1)
    (root / "flowers/sunflower/0.jpg").unlink()
    (root / "flowers/sunflower").rmdir()
    message = "flowers has no folder sunflower, which Flowers Recognition has; put it there"
    with pytest.raises(UserError, match=message) as raised:
        source.files()
    assert "\n" not in str(raised.value)


def test_scenes_are_found_flat_or_by_class(root):
    fill(root / "scenes", 6)
    source = Scenes(train=4, test=2)
    assert counts(source.files()) == {"train": 4, "test": 2}
    # As Kaggle's archive unpacks: its other folders are not of the set.
    fill_classes(root / "scenes/seg_train/seg_train", source, 1)
    fill(root / "scenes/seg_pred/seg_pred", 9)
    files = source.files()
    assert counts(files) == {"train": 4, "test": 2}
    assert {p.parent.name for paths in files.values() for p in paths} == set(source.classes)


@pytest.mark.parametrize("place", ["imagenet-mini/imagenet-mini/train", "imagenet-mini/train"])
def test_imagenet_mini_is_found(root, place):
    for number in range(3):
        fill(root / place / f"n0{number}", 2, suffix=".JPEG")
    fill(root / place / "../val/n00", 5, suffix=".JPEG")
    assert counts(ImagenetMini(train=4, test=1).files()) == {"train": 4, "test": 1}


@pytest.mark.parametrize("place", ["coco/train2017", "coco/val2017", "train2017", "val2017"])
def test_coco_is_only_to_test_on(root, place):
    fill(root / place, 5)
    files = Coco(test=3).files()
    assert counts(files) == {"test": 3}
    assert files["test"] == sorted(files["test"]) != Coco(test=3, seed=1).files()["test"]
    with pytest.raises(UserError, match="COCO 2017: 5 images are there and 6 are needed"):
        Coco(test=6).files()


@pytest.mark.parametrize("place", ["flower-500", "GAN_Auto_Colorization-master"])
def test_the_authors_flowers_are_found(root, place):
    fill(root / place / "dataset/flower_500", 5)
    fill(root / place / "dataset/flower_test_sketch", 3)
    assert counts(Flower500(test=1, seed=123).files()) == {"train": 4, "test": 1}
    assert counts(FlowerSketches().files()) == {"test": 3}
    with pytest.raises(UserError, match="no network"):  # its first folder is not there
        Flower1497(test=1, seed=123).files()


def test_equal_flowers_of_both_folders_count_once(root):
    dataset = root / "flower-500/dataset"
    fill(dataset / "flower_1490", 6)
    source = Flower1497(test=2, seed=123)
    with pytest.raises(UserError, match="has no folder flower_500"):
        source.files()
    fill(dataset / "flower_500", 3)
    for number, name in enumerate("ab"):
        copied = (dataset / f"flower_1490/{number}.jpg").read_bytes()
        (dataset / f"flower_500/{name}.jpg").write_bytes(copied)
    files = source.files()
    names = [f"{p.parent.name}/{p.name}" for p in files["train"] + files["test"]]
    assert sorted(names) == [f"flower_1490/{i}.jpg" for i in range(6)] + [
        f"flower_500/{i}.jpg" for i in range(3)
    ]
    assert counts(files) == {"train": 7, "test": 2}


def test_own_photographs_are_taken_from_any_folder(root):
    fill(root / "mine/2021", 2)
    fill(root / "mine", 2, suffix=".png")
    (root / "mine/notes.txt").write_text("")
    source = OwnPhotographs(root / "mine", test=1)
    files = source.files()
    assert counts(files) == {"train": 3, "test": 1}
    fill(root / "other/mine", 1)
    assert OwnPhotographs(str(root / "other/mine"), test=1).key != source.key
    assert to_json(source)["folder"] == str(root / "mine")  # a run records it
    with pytest.raises(UserError, match="elsewhere is not a folder; give"):
        OwnPhotographs("elsewhere", test=1).files()


# ---------------------------------------------------------------- fetching


def test_a_set_from_kaggle_is_fetched_once(root, monkeypatch):
    asked = []

    def fetch(slug, folder):
        asked.append((slug, folder))
        fill_classes(folder / "unpacked/seg_train/seg_train", Scenes(test=0), 1)

    monkeypatch.setattr(kaggle, "fetch_dataset", fetch)
    for _ in range(2):
        assert counts(Scenes(test=2).files()) == {"train": 4, "test": 2}
    assert asked == [("puneet6060/intel-image-classification", root / "scenes")]


def write_archive(path, names):
    """A zip or tar.gz archive of files whose contents are their names."""
    path.parent.mkdir(parents=True, exist_ok=True)
    content = path.parent / "content"
    content.write_text("image")
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            for name in names:
                archive.write(content, name)
    else:
        with tarfile.open(path, "w:gz") as archive:
            for name in names:
                archive.add(content, name)
    content.unlink()


@pytest.mark.parametrize(
    ("source", "names"),
    [
        (FlowerPhotos(test=1), [f"flower_photos/{c}/1.jpg" for c in FlowerPhotos.classes]),
        (Imagenette(test=1), [f"imagenette2-320/train/{c}/1.JPEG" for c in Imagenette.classes]),
        (Coco(test=1), ["val2017/1.jpg", "val2017/2.jpg"]),
        (
            Flower500(test=1),
            [f"GAN_Auto_Colorization-master/dataset/flower_500/{i}.jpg" for i in "12"],
        ),
        (FlowerSketches(), ["GAN_Auto_Colorization-master/dataset/flower_test_sketch/1.jpg"]),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_archives_are_downloaded_and_unpacked_once(root, monkeypatch, source, names):
    fetched = []

    def fetch(urls, target):
        fetched.append((urls, target))
        write_archive(target, names)
        return target

    monkeypatch.setattr(download, "fetch", fetch)
    for _ in range(2):
        assert sum(counts(source.files()).values()) == len(names) - (source.name == "coco")
    ((urls, target),) = fetched
    assert urls[0].startswith("http") and target.parent == root / (source.home or source.name)


def test_an_archive_without_the_set_is_told(root, monkeypatch):
    def fetch(urls, target):
        write_archive(target, ["something/1.jpg"])
        return target

    monkeypatch.setattr(download, "fetch", fetch)
    for _ in range(2):
        with pytest.raises(UserError, match="unpacked holds no flower_photos; delete it"):
            FlowerPhotos(test=1).files()


# ---------------------------------------------------------------- stand-ins and mixtures


def test_stand_ins_take_over_the_split():
    for source, kind in ((FlowersRecognition, FlowerPhotos), (ImagenetMini, Imagenette)):
        assert source(test=7, train=9, seed=2).stand_in == kind(test=7, train=9, seed=2)
    mixture = MultiDomain(train=11, test=3).stand_in
    assert (mixture.test, mixture.train) == (3, 11)
    assert [type(part) for part in mixture.parts] == [Scenes, ImagenetMini]


def test_a_mixture_is_split_as_a_whole(root):
    fill(root / "scenes", 6)
    for number in range(2):
        fill(root / f"imagenet-mini/train/n0{number}", 2)
    source = MultiDomain(train=6, test=3).stand_in
    files = source.files()
    assert counts(files) == {"train": 6, "test": 3}
    chosen = set(files["train"] + files["test"])
    everything = Mixture(parts=source.parts, test=3).files()
    assert everything["test"] == files["test"] and chosen < set(sum(everything.values(), []))
    assert source.key == "scenes+imagenet-mini-6-3-seed0"
    assert source.title == f"{Scenes.title} and {ImagenetMini.title}"
    assert Scenes.licence in source.licence and ImagenetMini.licence in source.licence
    with pytest.raises(UserError, match="10 images are there and 12660 are needed"):
        MultiDomain().stand_in.files()


@pytest.mark.parametrize(
    "source",
    [
        FlowersRecognition(test=160),
        FlowerPhotos(test=160),
        Flower500(test=50, seed=123),
        Flower1497(test=150, seed=123),
        FlowerSketches(),
        Scenes(train=2250, test=250),
        ImagenetMini(train=4000, test=1000),
        Imagenette(train=4000, test=1000),
        Coco(test=100),
        MultiDomain(train=12500, test=160),
        Mixture(parts=(Scenes(test=0),), test=160),
        OwnPhotographs("mine", test=1),
    ],
    ids=lambda source: type(source).__name__,
)
def test_every_set_says_what_it_is(root, source):
    assert source.title and source.licence and source.strict is False
    assert set(source.key) <= set("abcdefghijklmnopqrstuvwxyz0123456789-+")
    with pytest.raises(UserError) as raised:
        source.files()
    assert "\n" not in str(raised.value)


# ---------------------------------------------------------------- prepared


def test_photographs_are_prepared_with_their_classes(root):
    random = np.random.default_rng(0)
    for name in FlowersRecognition.classes:
        (root / "flowers" / name).mkdir(parents=True)
        for number in range(2):
            image = Image.fromarray(random.integers(0, 256, (12, 10, 3), "uint8"))
            image.save(root / "flowers" / name / f"{number}.png")
    copy = (root / "flowers/daisy/0.png").read_bytes()
    (root / "flowers/tulip/2.png").write_bytes(copy)
    prepared = prepare(FlowersRecognition(test=3), SMALL)
    assert prepared.splits == ("train", "test")
    assert prepared.classes == FlowersRecognition.classes
    total = len(prepared.images("train")) + len(prepared.images("test"))
    assert total == 10 and prepared.manifest["counts"]["dropped_as_duplicate"] == 1
    names = [prepared.classes[label] for label in prepared.labels("train")]
    assert names == [name.split("/")[0] for name in prepared.names("train")]
    assert prepare(FlowersRecognition(test=3, seed=1), SMALL).folder != prepared.folder


@pytest.mark.parametrize(
    ("source", "needs", "expected"),
    [
        (Flower500(test=50, seed=123), "flower-500", {"train": 450, "test": 50}),
        (FlowerSketches(), "flower-500", {"test": 3}),
        (Scenes(train=2250, test=250), "scenes", {"train": 2250, "test": 250}),
        (FlowersRecognition(test=160), "flowers-recognition", {"test": 160}),
        (Coco(test=100), "coco", {"test": 100}),
        (ImagenetMini(train=700, test=200), "imagenet-mini", {"train": 700, "test": 200}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_the_real_sets_are_found(root, real_data, monkeypatch, source, needs, expected):
    monkeypatch.setenv(roots.ENVIRONMENT_VARIABLE, str(real_data(needs).parent))
    files = source.files()
    assert {split: len(files[split]) for split in expected} == expected
