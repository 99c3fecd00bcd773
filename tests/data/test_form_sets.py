"""Form images: those of their authors, and those that are drawn."""

import dataclasses
import zipfile

import numpy as np

from colorization.data import roots
from colorization.data.decode import decode
from colorization.data.form_sets import DietrichForms, GeneratedForms
from colorization.data.source import SPLITS
from tests.data.image_files import RECIPE, encoded, noise


def test_the_authors_forms_are_unpacked_from_their_archive(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)  # away from a `data` that has the real ones
    monkeypatch.setenv(roots.ENVIRONMENT_VARIABLE, str(tmp_path))
    (tmp_path / "forms").mkdir()
    with zipfile.ZipFile(tmp_path / "forms/form_Datasets.zip", "w") as archive:
        for folder, seed in (("training", 1), ("validation", 2), ("testing", 3)):
            archive.writestr(f"form_Datasets/{folder}/1.jpg", encoded(noise(seed), "jpeg"))
    for _ in range(2):  # unpacked; then found
        files = DietrichForms().files()
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
