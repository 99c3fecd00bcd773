"""Archives are unpacked whole and inside their folder, or refused and not at all."""

import copy
import io
import random
import shutil
import struct
import tarfile
import zipfile

import pytest

from colorization.data.archives import unpack
from colorization.errors import UserError
from tests.data.full_disk import BODY, fill_disk, names


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
