"""Sets from Kaggle: credentials, refusals, and downloads that go on later."""

import errno
import io
import os
import subprocess
import sys
import zipfile
from types import ModuleType, SimpleNamespace

import pytest

from colorization.data.kaggle import fetch_dataset
from colorization.errors import UserError

SLUG = "someone/some-set"

VARIABLES = (
    "KAGGLE_API_TOKEN",
    "KAGGLE_USERNAME",
    "KAGGLE_KEY",
    "KAGGLE_CONFIG_DIR",
    "KAGGLE_API_V1_TOKEN",
    "XDG_CONFIG_HOME",
)


def archive(names=("set/1.jpg", "set/2.jpg")):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as written:
        for name in names:
            written.writestr(name, name)
    return file.getvalue()


class HTTPError(OSError):
    """As `requests` has it."""

    def __init__(self, status):
        super().__init__("Permission denied")
        self.response = SimpleNamespace(status_code=status)


class Client:
    """Kaggle's client: what it was asked, and how it fails."""

    def __init__(self, content=b"", sign_in=None, failure=None):
        self.content, self.sign_in, self.failure = content, sign_in, failure
        self.asked = []

    def authenticate(self):
        print("Authentication required\nand many more lines")
        if self.sign_in:
            raise self.sign_in

    def dataset_download_files(self, dataset, path=None, quiet=True):
        self.asked.append((dataset, path))
        print("Dataset URL: ...")
        file = os.path.join(path, dataset.split("/")[1] + ".zip")
        with open(file, "ab") as out:  # it goes on with what is there
            out.write(self.content)
        if self.failure:
            raise self.failure


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A home without credentials, and no kaggle package."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setitem(sys.modules, "kaggle", None)
    return home


@pytest.fixture
def install(home, monkeypatch):
    """`install(client)`: a kaggle package with that client, and credentials."""

    def install(client):
        module = ModuleType("kaggle")
        module.api = client
        monkeypatch.setitem(sys.modules, "kaggle", module)
        monkeypatch.setenv("KAGGLE_API_TOKEN", "token")
        return client

    return install


def refused(folder):
    with pytest.raises(UserError) as raised:
        fetch_dataset(SLUG, folder)
    assert "\n" not in str(raised.value)
    return str(raised.value)


def test_a_set_is_downloaded_and_unpacked(install, tmp_path, capsys):
    client = install(Client(archive()))
    folder = tmp_path / "data/set"
    assert fetch_dataset(SLUG, folder) == folder / "unpacked"
    assert (folder / "unpacked/set/2.jpg").read_text() == "set/2.jpg"
    assert [path.name for path in folder.iterdir()] == ["unpacked"]  # no archive is left
    assert client.asked == [(SLUG, str(folder / "some-set.part"))]
    out, err = capsys.readouterr()
    assert out == "" and "many more lines" not in err


def test_a_broken_download_goes_on_later(install, tmp_path):
    whole = archive()
    install(Client(whole[:100], failure=ConnectionError("reset by peer")))
    message = refused(tmp_path)
    assert "cannot download someone/some-set from Kaggle (ConnectionError: reset" in message
    assert "run again later" in message and not (tmp_path / "unpacked").exists()
    install(Client(whole[100:]))
    assert (fetch_dataset(SLUG, tmp_path) / "set/1.jpg").exists()


def test_archives_are_unpacked_with_care(install, tmp_path):
    install(Client(archive(["../outside.jpg"])))
    assert "leads out of its folder" in refused(tmp_path / "set")
    assert not (tmp_path / "outside.jpg").exists()
    install(Client(b"no archive"))
    assert "corrupt" in refused(tmp_path / "other")


# ---------------------------------------------------------------- credentials


def test_without_credentials_the_ways_to_give_them_are_told(home, tmp_path, monkeypatch):
    class Exits(ModuleType):
        def __getattr__(self, name):
            raise SystemExit(1)  # what importing it does

    monkeypatch.setitem(sys.modules, "kaggle", Exits("kaggle"))
    message = refused(tmp_path / "set")
    for part in (
        "KAGGLE_API_TOKEN",
        "~/.kaggle/access_token",
        "KAGGLE_USERNAME and KAGGLE_KEY",
        "~/.kaggle/kaggle.json",
        "licence at https://www.kaggle.com/datasets/someone/some-set",
        f"by hand from https://www.kaggle.com/datasets/{SLUG} and unpack it in {tmp_path / 'set'}",
    ):
        assert part in message
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize(
    ("variables", "file"),
    [
        ({"KAGGLE_API_TOKEN": "x"}, None),
        ({"KAGGLE_USERNAME": "x", "KAGGLE_KEY": "y"}, None),
        ({}, ".kaggle/access_token"),
        ({}, ".kaggle/kaggle.json"),
        ({}, ".kaggle/credentials.json"),
        ({}, ".config/kaggle/kaggle.json"),
        ({"XDG_CONFIG_HOME": "HOME/xdg"}, "xdg/kaggle/kaggle.json"),
        ({"KAGGLE_CONFIG_DIR": "HOME/own"}, "own/kaggle.json"),
    ],
)
def test_credentials_are_seen_wherever_the_client_looks(
    home, tmp_path, monkeypatch, variables, file
):
    for name, value in variables.items():
        monkeypatch.setenv(name, value.replace("HOME", str(home)))
    if file:
        (home / file).parent.mkdir(parents=True)
        (home / file).write_text("{}")
    # What is wrong now is the package.
    message = refused(tmp_path)
    assert "package kaggle cannot be imported" in message
    assert "pip install kaggle" in message and SLUG in message


@pytest.mark.parametrize("variables", [{"KAGGLE_USERNAME": "x"}, {"KAGGLE_KEY": "x"}])
def test_half_of_the_credentials_are_none(home, tmp_path, monkeypatch, variables):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert "there are no credentials" in refused(tmp_path)


def test_the_package_is_not_imported_before_it_is_needed():
    code = (
        "import sys, colorization.data.lab_arrays;"
        "sys.exit(bool({'kaggle', 'requests', 'keras', 'tensorflow'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    "client",
    [Client(sign_in=SystemExit(1)), Client(sign_in=HTTPError(401)), Client(failure=HTTPError(401))],
)
def test_refused_credentials_are_told(install, tmp_path, client):
    install(client)
    message = refused(tmp_path)
    assert message.startswith("Kaggle does not accept the credentials")
    assert "new token at https://www.kaggle.com/settings" in message


@pytest.mark.parametrize(
    ("status", "parts"),
    [
        (403, ("accept the rules or the licence at https://www.kaggle.com/datasets/someone/",)),
        (404, ("no data set someone/some-set", "renamed", "unpack it in")),
        (500, ("cannot download", "HTTPError: Permission denied", "run again later")),
    ],
)
def test_each_answer_has_its_line(install, tmp_path, status, parts):
    install(Client(failure=HTTPError(status)))
    message = refused(tmp_path)
    for part in parts:
        assert part in message
    assert (f"HTTP {status}" in message) == (status < 500)


def test_a_full_disk_is_told(install, tmp_path):
    install(Client(failure=OSError(errno.ENOSPC, "No space left on device")))
    assert refused(tmp_path).startswith(f"no space left in {tmp_path}")


def test_an_interruption_is_not_hidden(install, tmp_path):
    install(Client(failure=KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        fetch_dataset(SLUG, tmp_path)


def test_the_size_is_said_and_must_have_room(install, tmp_path, capsys):
    class Listing(Client):
        total = 3_000_000

        def dataset_list(self, user, search):
            assert f"{user}/{search}" == SLUG
            others = SimpleNamespace(ref="someone/some-set-too", total_bytes=1)
            return [others, SimpleNamespace(ref=SLUG, total_bytes=self.total)]

    client = install(Listing(archive()))
    fetch_dataset(SLUG, tmp_path / "one")
    assert "some-set.zip has 3.00 MB" in capsys.readouterr().err
    client.total = 10**15
    message = refused(tmp_path / "two")
    assert message.startswith(f"no space left in {tmp_path}/two, {10**15} bytes")
    assert len(client.asked) == 1
