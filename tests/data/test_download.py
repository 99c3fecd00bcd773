"""Files over HTTP: resumed, checked, and one clear line for whatever goes wrong."""

import hashlib
import http.server
import io
import socket
import struct
import threading
from types import SimpleNamespace

import pytest

from colorization.data import download
from colorization.data.download import fetch, fetching
from colorization.errors import UserError
from tests.data.full_disk import BODY, fill_disk, names

SHA256 = hashlib.sha256(BODY).hexdigest()


class Source:
    """One file on the test server and the ways in which serving it goes wrong."""

    def __init__(self, body=BODY, **ways):
        self.body = body
        self.etag = '"1"'
        self.status = 200
        self.ranges = True  # honour Range
        self.if_range = True  # honour If-Range
        self.begin = None  # send from this byte on, whatever the Range
        self.length = None  # Content-Length, if not that of the body; 0 for none
        self.cuts = []  # for each request in turn: stop after this many bytes
        self.reset = False  # stop with a TCP reset
        self.seen = []  # the Range header of each request
        for name, value in ways.items():
            setattr(self, name, value)


class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        source = self.server.sources.get(self.path)
        if source is None:
            return self.send_error(404)
        wanted = self.headers["Range"]
        source.seen.append(wanted)
        if source.status != 200:
            return self.send_error(source.status)
        changed = source.if_range and self.headers.get("If-Range", source.etag) != source.etag
        start = 0
        if wanted and source.ranges and not changed:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            start = start if source.begin is None else source.begin
            if start >= len(source.body):
                return self.send_error(416)
            self.send_response(206)
            end = len(source.body)
            self.send_header("Content-Range", f"bytes {start}-{end - 1}/{end}")
        else:
            self.send_response(200)
        if source.etag:
            self.send_header("ETag", source.etag)
        if source.length != 0:
            length = len(source.body) - start if source.length is None else source.length
            self.send_header("Content-Length", str(length))
        self.end_headers()
        cut = source.cuts.pop(0) if source.cuts else None
        self.wfile.write(source.body[start:][:cut])
        if cut is not None and source.reset:
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.close()


@pytest.fixture(scope="module")
def server():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def serve(server, monkeypatch):
    """Put sources on the server; gives their URLs."""
    server.sources = {}
    monkeypatch.setattr(download, "RETRY_DELAY", 0.0)
    monkeypatch.setattr(download, "CHUNK", 1000)  # so that cuts fall between two reads
    monkeypatch.setenv("no_proxy", "127.0.0.1")

    def urls(*sources):
        paths = [f"/{len(server.sources) + i}/data.bin" for i in range(len(sources))]
        server.sources.update(zip(paths, sources, strict=True))
        return [f"http://127.0.0.1:{server.server_port}{path}" for path in paths]

    return urls


def test_a_file_is_fetched_into_a_new_folder(serve, tmp_path):
    target = tmp_path / "new" / "folder" / "data.bin"
    assert fetch(serve(Source()), target, size=len(BODY), sha256=SHA256.upper()) == target
    assert target.read_bytes() == BODY
    assert names(target.parent) == ["data.bin"]


def test_a_right_file_is_kept_and_a_wrong_one_replaced(serve, tmp_path):
    target = tmp_path / "data.bin"
    target.write_bytes(BODY)
    source = Source()
    urls = serve(source)
    fetch(urls, target, size=len(BODY), sha256=SHA256)
    fetch(urls, target)
    assert source.seen == []
    for wrong in (BODY[:-1], b"x" + BODY[1:]):
        target.write_bytes(wrong)
        fetch(urls, target, size=len(BODY), sha256=SHA256)
        assert target.read_bytes() == BODY
    assert source.seen == [None, None]
    target.write_bytes(BODY[:-1])
    fetch(urls, target, size=len(BODY))
    assert target.read_bytes() == BODY


@pytest.mark.parametrize("reset", [False, True])
def test_a_broken_connection_is_resumed(serve, tmp_path, reset):
    source = Source(cuts=[4000, 3000], reset=reset)
    target = fetch(serve(source), tmp_path / "data.bin", sha256=SHA256)
    assert target.read_bytes() == BODY and names(tmp_path) == ["data.bin"]
    assert len(source.seen) == 3
    if not reset:  # a reset may swallow what was sent before it
        assert source.seen == [None, "bytes=4000-", "bytes=7000-"]


def test_a_server_without_ranges_starts_over(serve, tmp_path):
    source = Source(cuts=[4000], ranges=False)
    target = fetch(serve(source), tmp_path / "data.bin")
    assert target.read_bytes() == BODY
    assert source.seen == [None, "bytes=4000-"]


def test_a_later_call_resumes(serve, tmp_path):
    source = Source(cuts=[4000])
    urls = serve(source)
    with pytest.raises(UserError, match="ended after 4000 of 20480 bytes"):
        fetch(urls, tmp_path / "data.bin", attempts=1)
    assert not (tmp_path / "data.bin").exists()
    assert fetch(urls, tmp_path / "data.bin", attempts=1).read_bytes() == BODY
    assert source.seen == [None, "bytes=4000-"]


@pytest.mark.parametrize("if_range", [False, True])
def test_a_changed_file_is_not_glued_to_the_old_part(serve, tmp_path, if_range):
    source = Source(cuts=[4000], if_range=if_range)
    urls = serve(source)
    with pytest.raises(UserError):
        fetch(urls, tmp_path / "data.bin", attempts=1)
    source.body, source.etag = BODY[::-1], '"2"'
    assert fetch(urls, tmp_path / "data.bin", attempts=1).read_bytes() == BODY[::-1]
    assert source.seen == [None, "bytes=4000-"] + [None] * (not if_range)


def test_another_range_than_the_one_asked_for_is_not_used(serve, tmp_path):
    source = Source(cuts=[4000], begin=3000)
    assert fetch(serve(source), tmp_path / "data.bin").read_bytes() == BODY
    assert source.seen == [None, "bytes=4000-", None]


def test_a_part_of_another_source_is_not_used(serve, tmp_path):
    first, second = Source(BODY[::-1], cuts=[4000]), Source()
    urls = serve(first, second)
    assert fetch(urls, tmp_path / "data.bin", attempts=1).read_bytes() == BODY
    assert second.seen == [None]


def test_a_part_of_unknown_source_is_not_used(serve, tmp_path):
    (tmp_path / "data.bin.part").write_bytes(b"?" * 500)
    (tmp_path / "data.bin.part.json").write_text("[broken")
    assert fetch(serve(Source()), tmp_path / "data.bin").read_bytes() == BODY


def test_a_file_that_changes_unnoticed_fails_its_checksum_and_is_fetched_anew(serve, tmp_path):
    source = Source(BODY[::-1], cuts=[4000], etag=None)
    urls = serve(source)
    with pytest.raises(UserError):
        fetch(urls, tmp_path / "data.bin", sha256=SHA256, attempts=1)
    source.body = BODY
    assert fetch(urls, tmp_path / "data.bin", sha256=SHA256).read_bytes() == BODY
    assert source.seen == [None, "bytes=4000-", None]


def test_a_part_that_outgrew_the_file_is_dropped(serve, tmp_path):
    source = Source(cuts=[4000])
    urls = serve(source)
    with pytest.raises(UserError):
        fetch(urls, tmp_path / "data.bin", attempts=1)
    source.body = BODY[:3000]
    assert fetch(urls, tmp_path / "data.bin", attempts=1).read_bytes() == BODY[:3000]


def test_a_complete_part_needs_only_its_checks(serve, tmp_path):
    source = Source(cuts=[4000])
    urls = serve(source)
    with pytest.raises(UserError):
        fetch(urls, tmp_path / "data.bin", attempts=1)
    (tmp_path / "data.bin.part").write_bytes(BODY)
    assert fetch(urls, tmp_path / "data.bin", sha256=SHA256).read_bytes() == BODY
    assert source.seen == [None]


@pytest.mark.parametrize(
    "bad",
    [
        Source(b"x" + BODY[1:]),
        Source(BODY[:-1]),
        Source(BODY + b"x"),
        Source(BODY + b"x", length=0),
        Source(length=10**15),
        Source(length=100),
        Source(cuts=[0] * 9),
        Source(status=403),
        Source(status=503),
    ],
    ids=[
        "checksum",
        "short",
        "long",
        "long-unsaid",
        "lies-long",
        "lies-short",
        "silent",
        "forbidden",
        "busy",
    ],
)
def test_a_bad_source_gives_way_to_the_next(serve, tmp_path, capsys, bad):
    urls = serve(bad, Source())
    target = fetch(urls, tmp_path / "data.bin", size=len(BODY), sha256=SHA256)
    assert target.read_bytes() == BODY and names(tmp_path) == ["data.bin"]
    lines = capsys.readouterr().err.splitlines()
    warnings = [line for line in lines if line.startswith("warning")]
    sizes = [line for line in lines if line.startswith("data.bin has ")]
    assert len(lines) - len(sizes) == 3 and len(warnings) == 1 and urls[0] in warnings[0]
    assert len(sizes) <= 2 and sizes[-1] == "data.bin has 0.02 MB"


def test_truncated_without_any_record_is_noticed(serve, tmp_path):
    with pytest.raises(UserError, match="connection ended after 20480 of 20500 bytes"):
        fetch(serve(Source(length=20500, ranges=False)), tmp_path / "data.bin")
    assert not (tmp_path / "data.bin").exists()


def test_no_more_is_read_than_the_file_should_have(serve, tmp_path):
    with pytest.raises(UserError, match="has 21000 bytes, not 20480"):  # one read too many
        fetch(serve(Source(BODY * 9, length=0)), tmp_path / "data.bin", size=len(BODY))
    assert names(tmp_path) == []


def test_only_hopeful_answers_are_tried_again(serve, tmp_path):
    gone, busy = Source(status=404), Source(status=503)
    with pytest.raises(UserError):
        fetch(serve(gone, busy), tmp_path / "data.bin", attempts=4)
    assert len(gone.seen) == 1 and len(busy.seen) == 4


def test_when_all_sources_fail_one_line_tells_all(serve, tmp_path):
    urls = [*serve(Source(status=404), Source(BODY[:-1])), "http://127.0.0.1:1/x", "no-url"]
    with pytest.raises(UserError) as caught:
        fetch(urls, tmp_path / "data.bin", size=len(BODY), sha256=SHA256, attempts=2)
    message = str(caught.value)
    assert "\n" not in message
    assert f"{urls[0]} (HTTP 404 Not Found)" in message
    assert f"{urls[1]} (has 20479 bytes, not 20480)" in message
    assert f"{urls[2]} (" in message and "refused" in message
    assert "no-url (unknown url type" in message
    assert str(tmp_path / "data.bin") in message and SHA256 in message and "20480" in message


def test_no_source_at_all(tmp_path):
    with pytest.raises(UserError, match="no source is known.*by hand"):
        fetch([], tmp_path / "data.bin")


def test_a_folder_in_place_of_the_file_and_no_attempts_are_refused(tmp_path):
    with pytest.raises(UserError, match="is a folder"):
        fetch([], tmp_path)
    with pytest.raises(ValueError, match="attempts"):
        fetch([], tmp_path / "data.bin", attempts=0)


def test_a_file_in_place_of_the_folder_is_named(serve, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot write .*data.bin"):
        fetch(serve(Source()), tmp_path / "file" / "data.bin")


def test_space_is_checked_before_the_download(serve, tmp_path, monkeypatch):
    free = len(BODY) - 1
    monkeypatch.setattr(download.shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    source = Source()
    with pytest.raises(UserError, match=f"{tmp_path}, 20480 bytes"):
        fetch(serve(source, Source()), tmp_path / "data.bin")
    assert not (tmp_path / "data.bin.part").exists()
    free = len(BODY)
    fetch(serve(source), tmp_path / "data.bin")


def test_a_disk_that_fills_up_ends_the_download(serve, tmp_path, monkeypatch):
    fill_disk(monkeypatch)
    second = Source()
    with pytest.raises(UserError, match=f"no space left in {tmp_path}, 20480 bytes"):
        fetch(serve(Source(), second), tmp_path / "data.bin")
    assert second.seen == []


def test_what_comes_is_said_and_who_comes_second_waits(tmp_path, capsys):
    folder, order = tmp_path / "set", []

    def fetch_too():
        with fetching("Some Set", "CC-BY", "http://somewhere", folder):
            order.append("second")

    second = threading.Thread(target=fetch_too)
    with fetching("Some Set", "CC-BY", "http://somewhere", folder):
        second.start()
        second.join(0.2)
        order.append("first")
    second.join(10)
    assert order == ["first", "second"]
    line = f"Some Set: fetching http://somewhere into {folder} (licence: CC-BY)"
    waiting = f"waiting: another process fetches into {folder}"
    assert capsys.readouterr().err.splitlines() == [line, line, waiting]


def test_one_line_without_a_terminal_and_a_bar_with_one(serve, tmp_path, capsys, monkeypatch):
    urls = serve(Source())
    fetch(urls, tmp_path / "one.bin")
    written = capsys.readouterr()
    lines = [f"downloading one.bin from {urls[0]}", "one.bin has 0.02 MB"]
    assert written.out == "" and written.err.splitlines() == lines

    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr("sys.stderr", terminal)
    fetch(urls, tmp_path / "two.bin")
    assert "downloading" not in terminal.getvalue()
    assert "two.bin: 100%" in terminal.getvalue() and "20.5k" in terminal.getvalue()
