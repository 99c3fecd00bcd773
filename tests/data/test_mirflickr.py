"""MIRFLICKR by domain: in the order of its manifest, named by what a photograph shows."""

import pytest

from colorization.data.lab_arrays import MultiDomain
from colorization.data.mirflickr import Mirflickr
from colorization.errors import UserError

DOMAINS = ("people", "other", "landscape", "people")


@pytest.fixture
def manifest(tmp_path, monkeypatch):
    monkeypatch.setenv("COLORIZATION_DATA", str(tmp_path))
    path = tmp_path / "mirflickr" / "manifest.csv"
    path.parent.mkdir()
    rows = [f"im{number}.avif,{domain}" for number, domain in enumerate(DOMAINS)]
    path.write_text("\n".join(["file,domain", *rows, ""]))
    return path


def test_the_first_rows_train_and_the_next_test(manifest):
    splits = Mirflickr(train=2, test=1).files()
    names = {split: [item.name for item in items] for split, items in splits.items()}
    assert names == {"train": ["people/im0.avif", "other/im1.avif"], "test": ["landscape/im2.avif"]}
    assert splits["train"][0].path == manifest.parent / "images" / "im0.avif"
    assert MultiDomain(train=2, test=1).stand_in == Mirflickr(train=2, test=1)


def test_too_few_or_another_table_are_named(manifest):
    with pytest.raises(UserError, match="manifest.csv has 4 rows and 6 are needed .5 to train"):
        Mirflickr(train=5, test=1).files()
    manifest.write_text("name,domain\na.avif,people\n")
    with pytest.raises(UserError, match="manifest.csv has no column file"):
        Mirflickr(train=1, test=0).files()
    manifest.unlink()
    with pytest.raises(UserError, match="there is no mirflickr/manifest.csv"):
        Mirflickr(train=1, test=0).files()
