"""Archives that nobody vouches for, unpacked: all of one or nothing."""

import errno
import gzip
import os
import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath
from typing import IO, Literal

from colorization.data.disk import CHUNK, _local_errors, _one_line
from colorization.errors import UserError

CORRUPT = (
    zipfile.BadZipFile,
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    struct.error,
    EOFError,
    RuntimeError,  # ways of compression that zipfile does not know
    ValueError,  # names that cannot be names
    IndexError,
    OverflowError,
    FileExistsError,  # a file and a folder of one name, as are the next two
    IsADirectoryError,
    NotADirectoryError,
)


def unpack(archive: Path, target: Path, *, max_bytes: int = 20 * 2**30) -> Path:
    """Unpack a zip, tar or gzipped tar archive as a new folder: all of it or nothing.

    Only plain files and folders are written, with default permissions. Two processes must not
    unpack as the same folder at once; see `fetching`.

    Args:
        archive: the archive; its kind is told from its content, not from its name.
        target: the folder to make; it may exist if it is empty.
        max_bytes: the most bytes that may be written.

    Returns:
        `target`.

    Raises:
        UserError: the archive is missing, corrupt, encrypted or too large, or holds a link, a
            device or a name that leads out of the folder; `target` is not empty; the disk is
            full or the folder cannot be written.
    """
    if not archive.is_file():
        raise UserError(f"{archive} is missing: download it first")
    with _local_errors(f"cannot unpack {archive} as {target}", target.parent):
        is_empty = target.is_dir() and not target.is_symlink() and not any(target.iterdir())
        if os.path.lexists(target) and not is_empty:
            raise UserError(f"{target} is there already and no empty folder: move it away")
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = target.with_name(f".{target.name}.part")
        shutil.rmtree(scratch, ignore_errors=True)  # of a killed process
        try:
            scratch.mkdir()
            _unpack_into(scratch, archive, max_bytes)
            if is_empty:
                target.rmdir()
            os.replace(scratch, target)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return target


def _unpack_into(folder: Path, archive: Path, max_bytes: int) -> None:
    left = max_bytes
    try:
        for name, source in _members(archive):
            path = folder / _inside(name, archive)
            if source is None:
                path.mkdir(parents=True, exist_ok=True)
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            with source, open(path, "wb") as out:
                while chunk := source.read(CHUNK):
                    left -= len(chunk)
                    if left < 0:
                        raise UserError(
                            f"{archive} unpacks to more than {max_bytes} bytes: it is not the"
                            " archive that was meant, delete it and get it from its author"
                        )
                    out.write(chunk)
    except (OSError, *CORRUPT) as error:
        # a zip archive with wrong offsets ends in EINVAL, when its file is read there
        if not isinstance(error, CORRUPT) and error.errno != errno.EINVAL:
            raise
        raise UserError(
            f"{archive} is corrupt, or no zip or tar archive ({_one_line(error)}):"
            " delete it and run again"
        ) from error


def _members(archive: Path) -> Iterator[tuple[str, IO[bytes] | None]]:
    """Name and open content of each member; None in place of the content for a folder."""
    with open(archive, "rb") as file:
        start = file.read(2)
    if start == b"PK":
        return _zip_members(archive)
    return _tar_members(archive, "r:gz" if start == b"\x1f\x8b" else "r:")


def _zip_members(archive: Path) -> Iterator[tuple[str, IO[bytes] | None]]:
    with zipfile.ZipFile(archive) as file:
        for info in file.infolist():
            kind = stat.S_IFMT(info.external_attr >> 16)  # 0 where the archive does not say
            if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise _refused(info.filename, archive)
            if info.flag_bits & 1:
                raise UserError(f"{archive} is encrypted: unpack it by hand")
            is_folder = info.is_dir() or kind == stat.S_IFDIR
            yield info.filename, None if is_folder else file.open(info)


def _tar_members(
    archive: Path, mode: Literal["r:", "r:gz"]
) -> Iterator[tuple[str, IO[bytes] | None]]:
    with tarfile.open(archive, mode) as file:
        for member in file:
            if not (member.isreg() or member.isdir()):
                raise _refused(member.name, archive)
            yield member.name, file.extractfile(member) if member.isreg() else None
        # tarfile takes a broken header for the end, and nothing else reads the gzip checksum
        file.fileobj.seek(file.offset)
        if file.fileobj.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
            raise tarfile.ReadError("the end is missing")
        while file.fileobj.read(CHUNK):
            pass


def _inside(name: str, archive: Path) -> Path:
    """The relative path of a member; a name that leads elsewhere, on any system, is refused."""
    path = PureWindowsPath(name)  # takes both / and \ as separators
    if path.anchor or ".." in path.parts:
        raise _refused(name, archive)
    return Path(*path.parts)


def _refused(name: str, archive: Path) -> UserError:
    return UserError(
        f"{archive} holds {name!r}, which is a link or a device or leads out of its folder:"
        " nothing was unpacked, get the archive from its author"
    )
