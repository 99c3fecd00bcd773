"""Fixtures that several test modules share."""

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from colorization.backend import TENSORFLOW, import_quietly
from tests import ON_JAX, ROOT

os.environ.update(TENSORFLOW | dict(os.environ))  # as the command line has it
os.environ.pop("MAKELEVEL", None)  # `make test` sets it, and messages go by it
if "PYTEST_XDIST_WORKER" in os.environ:  # a core a worker; processes that tests start inherit it
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, "1")

import keras
import numpy as np
import pytest
from PIL import Image

from colorization.data import roots
from colorization.data.source import SPLITS, image_files
from colorization.files import lock
from tests.tiny import runs as tiny

import_quietly()  # a user's keras.json counts for no test

# Read before any test sets the variable.
_GIVEN = os.environ.get(roots.ENVIRONMENT_VARIABLE)


@pytest.fixture(autouse=True)
def same_weights_in_any_order():
    """A test's random weights do not depend on which tests came before it."""
    keras.utils.set_random_seed(0)


@pytest.fixture
def real_data():
    """`real_data(path)`: that path below the folder of real data, or the test is skipped."""

    def find(path: str) -> Path:
        if not _GIVEN or not (found := Path(_GIVEN).resolve() / path).exists():
            pytest.skip(f"no {path} in the real data; set {roots.ENVIRONMENT_VARIABLE}")
        return found

    return find


@pytest.fixture(scope="module")
def data_folder(tmp_path_factory):
    """An empty folder for all that the module prepares."""
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("data")
    patch.setenv(roots.ENVIRONMENT_VARIABLE, str(folder))
    yield folder
    patch.undo()


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """`finished(name)`: the folder of a tiny run of one epoch, which is not to be changed.

    It is trained once for all workers.
    """
    together = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        together = together.parent

    def run(name: str) -> Path:
        folder = together / "finished" / "report" / "small" / name / "seed-0"
        with lock(together / "finished", lambda: None), pytest.MonkeyPatch.context() as patch:
            if not (folder / "network.keras").exists():
                patch.setenv(roots.ENVIRONMENT_VARIABLE, str(together / "finished"))
                tiny.run(name, folder, epochs=1, say=lambda _: None)
        return folder

    return run


# What takes longest is handed out first: the last one is waited for.
LONGEST = (
    "test_adversarial_reports",
    "test_reproduce",
    "test_away",
    "test_interrupted",
    "test_bundle",
    "test_run.py",
    "test_devices",
    "test_hosts",
    "test_export",
    "test_docs",
    "test_hostile",
    "test_feeding",
)


def pytest_collection_modifyitems(items):
    def place(item) -> int:
        found = (i for i, name in enumerate(LONGEST) if name in item.nodeid)
        return next(found, len(LONGEST))

    items.sort(key=place)
    for item in items:
        if "chromium" in item.fixturenames:
            item.add_marker(pytest.mark.slow)


# Seconds since 1970 after which no long test begins: continuous integration has to end in time.
LONG_TESTS_UNTIL = float(os.environ.get("LONG_TESTS_UNTIL", "inf"))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    if item.get_closest_marker("slow") and time.time() > LONG_TESTS_UNTIL:
        pytest.skip("no time is left for long tests on this machine")


@pytest.fixture
def on_jax(tmp_path):
    """`on_jax(code)`: what Python code prints on the JAX backend, in a process of its own."""

    def run(code: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env={**os.environ, **ON_JAX, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    return run


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    """Headless Chromium by Selenium, which downloads to its `downloads`; skipped without it."""
    binary, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (binary and driver):
        pytest.skip("needs Chromium and chromedriver")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    downloads = tmp_path_factory.mktemp("downloads")
    options = webdriver.ChromeOptions()
    options.binary_location = binary
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    with webdriver.Chrome(options=options, service=Service(driver)) as found:
        found.set_window_size(1200, 900)
        found.downloads = downloads
        yield found


@dataclass(frozen=True)
class FolderSource:
    """Images below `folder/{train,val,test}`; see `colorization.data.sources`."""

    folder: Path
    strict: bool = True
    key = "tiny"
    title = "tiny set"
    licence = "none"

    def files(self):
        return {split: image_files(self.folder / split) for split in SPLITS}


@pytest.fixture
def write_source(tmp_path, monkeypatch):
    """`write_source(images, strict=True)`: a source of `{split: {file name: array or bytes}}`.

    Arrays are written losslessly. What is prepared goes below `tmp_path / "data"`.
    """
    data = tmp_path / "data"
    data.mkdir()
    monkeypatch.setenv(roots.ENVIRONMENT_VARIABLE, str(data))

    def write(images, strict=True):
        for split in SPLITS:
            (tmp_path / "source" / split).mkdir(parents=True, exist_ok=True)
            for name, content in images.get(split, {}).items():
                path = tmp_path / "source" / split / name
                if isinstance(content, bytes):
                    path.write_bytes(content)
                else:
                    Image.fromarray(np.asarray(content, "uint8")).save(path)
        return FolderSource(tmp_path / "source", strict)

    return write
