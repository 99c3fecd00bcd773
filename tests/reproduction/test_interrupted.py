"""Nothing is lost: a run that is killed, or meets a full disk, at any moment ends as any other.

Every round goes on where the last one was stopped, between the download of its images and its
figures. `INTERRUPTIONS=60 pytest tests/test_interrupted.py` tries longer than the usual few.
"""

import contextlib
import http.server
import io
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from PIL import Image

from colorization.data.forms import generate_forms
from tests import ROOT

ROUNDS = int(os.environ.get("INTERRUPTIONS", "6"))
COMMIT = re.compile(r'\s*"(commit|dirty)": [^,\n]*,?')  # someone may commit meanwhile
TIMINGS = re.compile(
    r'"(train_seconds|images_per_second)": [\d.]+|[\d.]+ \| float32 \| [\d.]+'  # JSON, Markdown
)


def archive() -> bytes:
    """Form images as their authors' archive has them."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as written:
        for stream, (split, count) in enumerate(
            {"training": 22, "validation": 6, "testing": 6}.items()
        ):
            for number, (rgb, _) in enumerate(generate_forms(count, size=32, seed=stream)):
                image = io.BytesIO()
                Image.fromarray(rgb).save(image, format="bmp")
                written.writestr(f"form_Datasets/{split}/{number:02d}.bmp", image.getvalue())
    return file.getvalue()


class SlowHandler(http.server.SimpleHTTPRequestHandler):
    """Serves the archive in a third of a second, from any byte on."""

    body = archive()

    def log_message(self, *_):
        pass

    def do_GET(self):
        start = int((self.headers["Range"] or "bytes=0-")[6:-1])
        self.send_response(206 if self.headers["Range"] else 200)
        self.send_header("ETag", '"1"')
        self.send_header("Content-Length", str(len(self.body) - start))
        end = len(self.body)
        self.send_header("Content-Range", f"bytes {start}-{end - 1}/{end}")
        self.end_headers()
        step = -(-end // 20)
        for place in range(start, end, step):
            self.wfile.write(self.body[place : place + step])
            time.sleep(1 / 60)


@pytest.fixture(scope="module")
def url():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), SlowHandler)
    server.handle_error = lambda *_: None  # clients are killed here
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/form_Datasets.zip"
    server.shutdown()


class Rounds:
    """A process that starts rounds; see `tests.tiny.interrupted_run`."""

    def __init__(self, url: str, log: Path):
        self.url, self.log = url, log
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.tiny.interrupted_run"],
            cwd=ROOT,
            env={**os.environ, "no_proxy": "127.0.0.1", "KERAS_BACKEND": "tensorflow"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, folder: Path, event: int = 0, then: str = "die") -> int:
        """Begin a round; its process id."""
        given = {"folder": str(folder), "url": self.url, "event": event, "then": then}
        given["log"] = str(self.log)
        self.process.stdin.write(json.dumps(given) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def end(self) -> int:
        """Wait for the round; its exit status."""
        return int(self.process.stdout.readline())

    @property
    def said(self) -> str:
        """What the last round wrote, on either stream."""
        return self.log.read_text()

    def run(self, folder: Path, **options) -> int:
        self.start(folder, **options)
        return self.end()


@pytest.fixture(scope="module")
def rounds(url, tmp_path_factory):
    started = Rounds(url, tmp_path_factory.mktemp("log") / "log.txt")
    yield started
    started.process.kill()
    started.process.wait()


def contents(folder: Path) -> dict[str, bytes | str]:
    """Every file of a round's folder, without what differs between two undisturbed ones."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_dir() or path.name == ".lock":
            continue
        found[name] = path.read_bytes()
        if path.name == "epochs.csv":
            table = pd.read_csv(path).drop(columns=["seconds", "images_per_second"])
            found[name] = table.to_csv()
        elif path.name in ("measures.json", "runs.json", "README.md"):
            found[name] = COMMIT.sub("", TIMINGS.sub("", path.read_text()))
        elif path.name == "environment.json":  # someone may commit meanwhile
            kept = json.loads(path.read_text())
            found[name] = {k: v for k, v in kept.items() if k not in ("commit", "dirty")}
        elif path.name == "network.keras":  # it holds a date; measures.json the weights' digest
            found[name] = ""
    return found


@dataclass(frozen=True)
class Undisturbed:
    """A round that nothing disturbed: what it left, its seconds, how often it changed files."""

    contents: dict
    seconds: float
    events: int


@pytest.fixture(scope="module")
def undisturbed(rounds, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    begun = time.monotonic()
    assert rounds.run(folder) == 0, rounds.said
    events = int(re.search(r"(\d+) events", rounds.said)[1])
    return Undisturbed(contents(folder), time.monotonic() - begun, events)


def assert_same(folder: Path, undisturbed: Undisturbed) -> None:
    found, expected = contents(folder), undisturbed.contents
    assert sorted(found) == sorted(expected)  # no file is missing, no stray one is left
    for name in expected:
        assert found[name] == expected[name], name


@pytest.mark.slow
def test_killed_at_any_moment(rounds, undisturbed, tmp_path):
    draw, finished = random.Random(ROUNDS), 0
    folder = tmp_path / "0"
    folder.mkdir()
    for number in range(ROUNDS):
        if number % 2:
            status = rounds.run(folder, event=draw.randint(1, undisturbed.events))
        else:
            pid = rounds.start(folder)
            killer = threading.Timer(draw.uniform(0, undisturbed.seconds), kill, [pid])
            killer.start()
            status = rounds.end()
            killer.cancel()
        assert status in (0, -signal.SIGKILL), rounds.said
        if status == 0:
            assert_same(folder, undisturbed)
            finished += 1
            folder = tmp_path / str(finished)
            folder.mkdir()
    assert rounds.run(folder) == 0, rounds.said
    assert_same(folder, undisturbed)


def kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a file system of its own, of 8 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(folder)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("file systems cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.slow
def test_full_at_any_moment(rounds, undisturbed, small_disk):
    draw, finished = random.Random(ROUNDS), 0
    folder = small_disk / "0"
    folder.mkdir()
    for _ in range(ROUNDS):
        status = rounds.run(folder, event=draw.randint(1, undisturbed.events), then="fill")
        (folder / "filler").unlink(missing_ok=True)
        said = rounds.said
        assert status in (0, 1, 2) and "Traceback" not in said, said
        if status == 0:
            assert_same(folder, undisturbed)
            shutil.rmtree(folder)
            finished += 1
            folder = small_disk / str(finished)
            folder.mkdir()
        else:
            last = said.splitlines()[-1]
            assert re.match("error: .*(no space left|disk full)", last, re.IGNORECASE), said
    assert rounds.run(folder) == 0, rounds.said
    assert_same(folder, undisturbed)
