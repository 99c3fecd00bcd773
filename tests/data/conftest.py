"""Sources and folders that several tests of the data prepare."""

import pytest

from colorization.data import download, kaggle, roots
from colorization.errors import UserError
from tests.data.image_files import noise


@pytest.fixture
def source(write_source):
    images = {
        "train": {"c.png": noise(1), "a.png": noise(2), "b.PNG": noise(3)},
        "val": {"x.png": noise(4)},
        "test": {"2.png": noise(5), "10.png": noise(6)},
    }
    return write_source(images)


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
