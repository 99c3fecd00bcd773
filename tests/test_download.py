import copy
import errno
import hashlib
import http.server
import io
import random
import shutil
import socket
import struct
import tarfile
import threading
import zipfile
from types import SimpleNamespace

import pytest

from colorization.data import archives, download
from colorization.data.archives import unpack
from colorization.data.download import fetch, fetching
from colorization.errors import UserError

BODY = bytes(range(256)) * 80  # 20480 bytes
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


def names(folder):
    return sorted(path.name for path in folder.iterdir())


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


class FullDisk(io.FileIO):
    def write(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")


def fill_disk(monkeypatch):
    def open_full(path, mode="r"):
        return FullDisk(path, "w") if mode in ("wb", "ab") else open(path, mode)

    for module in (download, archives):
        monkeypatch.setattr(module, "open", open_full, raising=False)


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


# ---- archives


def zip_of(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


def tar_of(path, members, mode="w:gz"):
    """A tar of files, and of any ready TarInfo."""
    with tarfile.open(path, mode) as file:
        for name, data in members.items():
            info = data
            if not isinstance(data, tarfile.TarInfo):
                info = tarfile.TarInfo(name)
                info.size = len(data)
            file.addfile(info, None if info is data else io.BytesIO(data))
    return path


def tar_info(name, kind, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


FILES = {"a.txt": b"one", "sub/deep/b.bin": BODY, "./c": b"", "zipped.zip": b"PK\5\6" + bytes(18)}


def assert_refused(tmp_path, archive, match, **limits):
    """`unpack` refuses in one line and leaves nothing behind."""
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(UserError, match=match) as caught:
        unpack(archive, tmp_path / "out", **limits)
    assert "\n" not in str(caught.value) and str(archive) in str(caught.value)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("kind", ["zip", "w", "w:gz"])
@pytest.mark.parametrize("exists", [False, True])
def test_unpack(tmp_path, kind, exists):
    archive = tmp_path / "archive"
    archive = zip_of(archive, FILES) if kind == "zip" else tar_of(archive, FILES, kind)
    target = tmp_path / "new" / "out"
    if exists:
        target.mkdir(parents=True)
    assert unpack(archive, target, max_bytes=len(BODY) + 25) == target
    found = {p.relative_to(target): p.read_bytes() for p in target.rglob("*") if p.is_file()}
    assert found == {type(target)(name): data for name, data in FILES.items()}
    assert names(target.parent) == ["out"]
    (tmp_path / "plain").mkdir()
    assert target.stat().st_mode == (tmp_path / "plain").stat().st_mode


def test_folders_are_made(tmp_path):
    zip_of(tmp_path / "a.zip", {"empty/": b""})
    tar_of(tmp_path / "a.tar", {"": tar_info("empty", tarfile.DIRTYPE)}, "w")
    for archive in ("a.zip", "a.tar"):
        assert list(unpack(tmp_path / archive, tmp_path / f"{archive}-out").iterdir())[0].is_dir()


@pytest.mark.parametrize("kind", [zip_of, tar_of])
@pytest.mark.parametrize(
    "name", ["../evil", "sub/../../evil", "sub/../evil", "/tmp/evil", "..\\evil", "C:\\evil", ".."]
)
def test_names_that_lead_out_are_refused(tmp_path, kind, name):
    inner = tmp_path / "in"
    inner.mkdir()
    archive = kind(tmp_path / "archive", {"good": b"x", name: b"evil"})
    assert_refused(tmp_path, archive, "evil|'..'")


@pytest.mark.parametrize(
    "info",
    [
        tar_info("link", tarfile.SYMTYPE, "/etc/passwd"),
        tar_info("link", tarfile.SYMTYPE, "good"),
        tar_info("link", tarfile.LNKTYPE, "../archive"),
        tar_info("link", tarfile.LNKTYPE, "good"),
        tar_info("link", tarfile.CHRTYPE),
        tar_info("link", tarfile.BLKTYPE),
        tar_info("link", tarfile.FIFOTYPE),
    ],
)
def test_links_and_devices_in_a_tar_are_refused(tmp_path, info):
    archive = tar_of(tmp_path / "archive", {"good": b"x", "": info, "link/file": b"evil"})
    assert_refused(tmp_path, archive, "'link'.*link or a device")


def test_links_in_a_zip_are_refused(tmp_path):
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "archive", "w") as file:
        file.writestr(info, "/etc/passwd")
    assert_refused(tmp_path, tmp_path / "archive", "'link'.*link or a device")


@pytest.mark.parametrize("kind", [zip_of, tar_of])
def test_too_many_bytes_are_refused(tmp_path, kind):
    archive = kind(tmp_path / "archive", {"a": bytes(600_000), "b": bytes(400_000)})
    assert archive.stat().st_size < 10_000
    assert_refused(tmp_path, archive, "more than 999999 bytes", max_bytes=999_999)
    unpack(archive, tmp_path / "out", max_bytes=1_000_000)


def test_a_zip_that_lies_about_its_size_does_not_get_past_the_limit(tmp_path):
    archive = zip_of(tmp_path / "archive", {"a": bytes(10**6)})
    archive.write_bytes(archive.read_bytes().replace(struct.pack("<I", 10**6), b"\5\0\0\0"))
    assert_refused(tmp_path, archive, "corrupt", max_bytes=1000)


def test_a_zip_whose_members_share_their_bytes_does_not_get_past_the_limit(tmp_path):
    archive = zip_of(tmp_path / "archive", {"a": bytes(600_000)})
    with zipfile.ZipFile(archive, "a") as file:
        file.filelist.append(copy.copy(file.filelist[0]))
        file.writestr("c", b"")
    assert_refused(tmp_path, archive, "more than 1000000 bytes", max_bytes=1_000_000)


@pytest.mark.parametrize("kind", ["zip", "w", "w:gz"])
def test_every_cut_and_many_flips_are_noticed_or_harmless(tmp_path, kind):
    files = {"a": random.Random(0).randbytes(500).hex().encode(), "b/c": b"text" * 100}
    archive = tmp_path / "archive"
    whole = zip_of(archive, files) if kind == "zip" else tar_of(archive, files, kind)
    data = whole.read_bytes()
    end = len(data) if kind != "w" else 3072  # padding follows
    for cut in range(0, end, 41):
        archive.write_bytes(data[:cut])
        assert_refused(tmp_path, archive, "delete it and run again")
    for i in [*range(0, end, 23), *range(end - 8, end)]:
        archive.write_bytes(data[:i] + bytes([data[i] ^ 0x55]) + data[i + 1 :])
        try:
            unpack(archive, tmp_path / "out")
        except UserError as error:
            assert "cannot unpack" not in str(error)  # the disk is not to blame
            assert names(tmp_path) == ["archive"]
        else:
            if kind == "w:gz":  # its checksum covers all that was unpacked
                assert (tmp_path / "out" / "a").read_bytes() == files["a"]
                assert (tmp_path / "out" / "b" / "c").read_bytes() == files["b/c"]
            shutil.rmtree(tmp_path / "out")


@pytest.mark.parametrize("content", [b"", b"<html>Not found</html>" * 99, b"PK", b"\x1f\x8b\x08"])
def test_what_is_no_archive_is_refused(tmp_path, content):
    (tmp_path / "data.zip").write_bytes(content)
    assert_refused(tmp_path, tmp_path / "data.zip", "corrupt.*delete it and run again")


@pytest.mark.parametrize("members", [("a", "a/b"), ("a", "a/b/c"), ("a/b", "a")])
def test_a_file_and_a_folder_of_one_name_are_refused(tmp_path, members):
    archive = zip_of(tmp_path / "archive", dict.fromkeys(members, b"x"))
    assert_refused(tmp_path, archive, "corrupt")


def test_an_impossible_name_is_refused(tmp_path):
    info = tar_info("a", tarfile.REGTYPE)
    info.pax_headers = {"path": "a\0b"}
    assert_refused(tmp_path, tar_of(tmp_path / "archive", {"": info}), "corrupt")


def test_an_unknown_compression_is_refused(tmp_path):
    archive = zip_of(tmp_path / "archive", {"a": b"x"})
    data = bytearray(archive.read_bytes())
    data[8] = data[data.index(b"PK\1\2") + 10] = 99
    archive.write_bytes(data)
    assert_refused(tmp_path, archive, "compression")


def test_an_encrypted_zip_is_refused(tmp_path):
    archive = zip_of(tmp_path / "archive", {"a": b"x"})
    data = bytearray(archive.read_bytes())
    data[6] |= 1
    data[data.index(b"PK\1\2") + 8] |= 1
    archive.write_bytes(data)
    assert_refused(tmp_path, archive, "encrypted: unpack it by hand")


def test_a_missing_archive_is_named(tmp_path):
    assert_refused(tmp_path, tmp_path / "data.zip", "missing")


def test_what_is_there_is_left_alone(tmp_path):
    archive = zip_of(tmp_path / "archive", FILES)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine").write_text("mine")
    (tmp_path / "file").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").symlink_to(tmp_path / "empty")
    before = sorted(tmp_path.rglob("*"))
    for name in ("full", "file", "link", "other"):
        with pytest.raises(UserError, match=f"{name} is there already"):
            unpack(archive, tmp_path / name)
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "full" / "mine").read_text() == "mine"


def test_a_disk_that_fills_up_ends_the_unpacking(tmp_path, monkeypatch):
    fill_disk(monkeypatch)
    archive = zip_of(tmp_path / "archive", FILES)
    with pytest.raises(UserError, match=f"no space left in {tmp_path}"):
        unpack(archive, tmp_path / "out")
    assert names(tmp_path) == ["archive"]
