"""Sets of photographs: their splits by a seed, where they come from, mixtures of them."""

import dataclasses
import tarfile
import zipfile

import numpy as np
import pytest

from colorization.data import download, kaggle
from colorization.data.collection import Mixture, split_by_seed
from colorization.data.lab_arrays import MultiDomain
from colorization.data.sets import (
    Coco,
    Flower500,
    FlowerPhotos,
    FlowerSketches,
    FlowersRecognition,
    ImagenetMini,
    Imagenette,
    Scenes,
)
from colorization.errors import UserError
from tests.data.empty_files import counts, fill, fill_classes

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


def test_stand_ins_take_over_the_split(tmp_path, monkeypatch):
    monkeypatch.setenv("COLORIZATION_DATA", str(tmp_path))  # no MIRFLICKR, which comes first
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
