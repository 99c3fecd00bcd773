"""Where data lies, and the sets with a split of their own."""

import dataclasses
import zipfile

import numpy as np
import pytest

from colorization.data import download, roots
from colorization.data.berkeley import BSDS500
from colorization.data.decode import decode
from colorization.data.form_sets import AuthorsForms, GeneratedForms
from colorization.data.prepared import PreparedSet, prepare
from colorization.data.source import SPLITS
from colorization.errors import UserError
from tests.data.prepare_helpers import RECIPE, encoded, noise


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
