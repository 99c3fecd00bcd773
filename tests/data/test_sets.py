"""The reports' sets of photographs: where each is found, and what it says of itself."""

import numpy as np
import pytest
from PIL import Image

from colorization.data import roots
from colorization.data.collection import Mixture
from colorization.data.lab_arrays import MultiDomain
from colorization.data.own import OwnPhotographs
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
from tests.data.empty_files import counts, fill, fill_classes

SMALL = Recipe(8, crop=False, resample="bicubic")


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
