"""The multi-domain set, which is arrays of Lab."""

import json

import numpy as np
import pytest
from PIL import Image

from colorization.data import kaggle, roots
from colorization.data.lab_arrays import SIZE, LabArrays, MultiDomain
from colorization.data.prepared import prepare
from colorization.data.recipe import Recipe
from colorization.errors import UserError

ROWS = (3, 2, 1)  # of ab1, ab2, ab3


def lab(row):
    """A 64th of the pixels, repeated: uint8 `[224, 224, 3]`."""
    small = np.random.default_rng(row).integers(0, 256, (SIZE // 8, SIZE // 8, 3), "uint8")
    return small.repeat(8, axis=0).repeat(8, axis=1)


def write_arrays(folder, images):
    for name in ("l", "ab/ab"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    images = np.stack(images)
    np.save(folder / "l/gray_scale.npy", images[..., 0])
    parts = np.split(images[..., 1:], np.cumsum(ROWS)[:2])
    for number, part in enumerate(parts, start=1):
        np.save(folder / f"ab/ab/ab{number}.npy", part)


@pytest.fixture(scope="module")
def arrays(tmp_path_factory):
    folder = tmp_path_factory.mktemp("arrays")
    write_arrays(folder, [lab(row) for row in range(sum(ROWS))])
    return folder


@pytest.fixture
def root(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(roots.ENVIRONMENT_VARIABLE, str(tmp_path))
    return tmp_path


def link(target, arrays):
    """The set below `target`, of links to its files."""
    for path in arrays.rglob("*.npy"):
        place = target / path.relative_to(arrays)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(path)


def test_rows_join_the_files(arrays):
    found = LabArrays(arrays)
    assert len(found) == 6 and isinstance(found.lightness, np.memmap)
    assert all(isinstance(part, np.memmap) for part in found.ab)
    for row in range(6):
        assert found[row].dtype == np.uint8
        np.testing.assert_array_equal(found[row], lab(row))


@pytest.mark.parametrize(
    "place", ["", "multi-domain", "image-colorization", "multi-domain/unpacked"]
)
def test_the_first_rows_train_and_the_next_test(root, arrays, place):
    link(root / place, arrays)
    files = MultiDomain(train=4, test=1).files()
    assert [item.name for item in files["train"]] == [f"multi-domain/0000{i}" for i in range(4)]
    (item,) = files["test"]
    np.testing.assert_array_equal(item.read(), lab(4))
    assert str(item) == f"row 4 of {root / place}/l/gray_scale.npy"
    assert json.loads(json.dumps(item.identity)) == list(item.identity)
    assert MultiDomain(train=0, test=6).files().keys() == {"test"}
    assert MultiDomain(train=6, test=0).files().keys() == {"train"}


def test_the_set_is_prepared_in_lab(root, arrays):
    link(root / "multi-domain", arrays)
    prepared = prepare(MultiDomain(train=4, test=2), Recipe(56, crop=False, resample="bicubic"))
    assert prepared.space == "lab8" and prepared.splits == ("train", "test")
    assert prepared.images("train").shape == (4, 56, 56, 3)
    expected = [
        Image.fromarray(lab(5)[..., channel]).resize((56, 56), Image.Resampling.BICUBIC)
        for channel in range(3)
    ]
    np.testing.assert_array_equal(prepared.images("test")[1], np.dstack(expected))
    assert prepared.classes == ("multi-domain",)


def test_it_is_prepared_again_when_a_file_changes(root):
    write_arrays(root, [lab(row) for row in range(6)])
    recipe = Recipe(28, crop=False)
    before = prepare(MultiDomain(train=4, test=2), recipe)
    write_arrays(root, [lab(row) for row in (9, 1, 2, 3, 4, 5)])
    after = prepare(MultiDomain(train=4, test=2), recipe)
    assert after.folder == before.folder and after.digest != before.digest
    assert (after.images("train")[0] != before.images("test")[0]).any()


def test_keys_tell_the_fields_apart():
    sources = (MultiDomain(), MultiDomain(train=1), MultiDomain(test=1))
    assert len({source.key for source in sources}) == 3
    assert (MultiDomain().train, MultiDomain().test) == (12500, 160)


def refused(message, **asked):
    source = MultiDomain(**{"train": 4, "test": 2, **asked})
    with pytest.raises(UserError, match=message) as raised:
        source.files()
    assert "\n" not in str(raised.value)


def replace(path, content):
    path.unlink()
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        np.save(path, content)


def test_too_few_rows_are_counted(root, arrays):
    link(root, arrays)
    refused(r"gray_scale.npy has 6 rows and 7 are needed \(5 to train and 2 to test\)", train=5)


def test_a_missing_file_is_named(root, arrays):
    link(root, arrays)
    (root / "ab/ab/ab2.npy").unlink()
    refused(r"ab/ab2.npy is missing, which should hold uint8 \[N, 224, 224, 2\]")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "ab1",
            np.zeros((3, 224, 224), "uint8"),
            r"ab1.npy holds uint8 \[3, 224, 224\] where uint8",
        ),
        ("ab1", np.zeros((3, 8, 8, 2), "uint8"), r"ab1.npy holds uint8 \[3, 8, 8, 2\]"),
        ("ab3", np.zeros((1, 224, 224, 2), "float32"), r"ab3.npy holds float32"),
        ("ab3", np.zeros((), "uint8"), r"ab3.npy holds uint8 \[\] where"),
        ("ab3", np.array([{"a": 1}]), r"ab3.npy cannot be read as an array of uint8"),
        ("ab2", b"no array", r"ab2.npy cannot be read as an array of uint8 \[N, 224, 224, 2\]"),
        ("ab2", b"", r"ab2.npy cannot be read"),
        ("ab2", np.zeros((3, 224, 224, 2), "uint8"), r"gray_scale.npy has 6 rows and .* have 7"),
    ],
)
def test_an_array_of_another_kind_is_named(root, arrays, name, content, message):
    link(root, arrays)
    replace(root / f"ab/ab/{name}.npy", content)
    refused(message)


def test_a_truncated_array_is_named(root, arrays):
    link(root, arrays)
    path = root / "l/gray_scale.npy"
    replace(path, path.read_bytes()[:-1])
    refused(r"gray_scale.npy cannot be read as an array of uint8 \[N, 224, 224\]")


def test_the_set_is_fetched_from_kaggle(root, arrays, monkeypatch):
    asked = []

    def fetch(slug, folder):
        asked.append(slug)
        link(folder / "unpacked", arrays)

    monkeypatch.setattr(kaggle, "fetch_dataset", fetch)
    for _ in range(2):
        assert len(MultiDomain(train=4, test=2).files()["train"]) == 4
    assert asked == ["shravankumar9892/image-colorization"]
