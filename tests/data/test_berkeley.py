"""BSDS500, wherever its archives were unpacked."""

import zipfile

import pytest

from colorization.data import download, roots
from colorization.data.berkeley import BSDS500
from colorization.errors import UserError


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
