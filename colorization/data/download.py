"""Fetch files over HTTP, with resume and checks, and unpack archives that nobody vouches for."""

import errno
import hashlib
import http.client
import json
import os
import re
import shutil
import stat
import struct
import sys
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import IO

from tqdm import tqdm

from colorization.errors import UserError

TIMEOUT = 30.0  # seconds that one socket operation may take
RETRY_DELAY = 1.0  # seconds before the second try at a URL, twice that before the third, ...
CHUNK = 2**16  # bytes read at a time
BUSY = (408, 425, 429)  # HTTP answers that, like 5xx, may be better at the next try

CORRUPT = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    struct.error,
    EOFError,
    RuntimeError,  # compression methods that zipfile does not know
    ValueError,  # names that are no names
    OverflowError,
    FileExistsError,  # a file and a folder of one name
    IsADirectoryError,
    NotADirectoryError,
)


class _SourceError(Exception):
    """A source cannot give the file; the next one may."""


class _BrokenError(Exception):
    """A source did not give the whole file; it may at the next try."""


def fetch(
    urls: Sequence[str],
    target: Path,
    *,
    size: int | None = None,
    sha256: str | None = None,
    attempts: int = 3,
) -> Path:
    """Download a file from the first source that has it, unless it is there already.

    The file grows as `<target>.part`, next to a `<target>.part.json` that names its source, and
    takes its own name once it is complete and checked. A later call goes on where a broken one
    stopped, as long as the source still has the same file. Progress and the reasons for moving
    on to another source go to stderr.

    Args:
        urls: sources, in the order in which they are tried.
        target: the file to write. A file that is there is kept if `size` and `sha256` match.
        size: length of the file in bytes; without it the source's Content-Length is believed.
        sha256: checksum, 64 hexadecimal digits.
        attempts: tries per source, at least 1.

    Returns:
        `target`.

    Raises:
        UserError: no source gave the file, the disk is full, or the folder cannot be written.
        ValueError: `attempts` is less than 1.
    """
    if attempts < 1:
        raise ValueError(f"attempts must be at least 1, not {attempts}")
    if target.is_dir():
        raise UserError(f"{target} is a folder where a file should be: move it away")
    with _local_errors(f"read {target}", target.parent):
        if target.exists():
            problem = _problem(target, size, sha256)
            if problem is None:
                return target
            _say(f"{target} {problem}: downloading it again")
    with _local_errors(f"write {target}", target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        reasons = []
        for url in urls:
            try:
                _fetch_from(url, target, size, sha256, attempts)
                return target
            except _SourceError as error:
                reason = " ".join(str(error).split())
                reasons.append(f"{url} ({reason})")
                _say(f"warning: {target.name} cannot be had from {url}: {reason}")
    wanted = [f"{size} bytes"] * (size is not None) + [f"sha256 {sha256}"] * (sha256 is not None)
    raise UserError(
        f"cannot download {target.name}: {'; '.join(reasons) or 'no URL is known'}; "
        f"run again later, or get the file by hand and place it at {target.absolute()}"
        + (f" ({', '.join(wanted)})" if wanted else "")
    )


def unpack(archive: Path, target: Path, *, max_bytes: int = 20 * 2**30) -> Path:
    """Unpack a zip, tar or gzipped tar archive into a new folder, all of it or nothing.

    Only plain files and folders are written, with default permissions.

    Args:
        archive: the archive; its content tells its kind, not its name.
        target: the folder to make; it must not exist or be empty.
        max_bytes: the most bytes that the files may have together.

    Returns:
        `target`.

    Raises:
        UserError: the archive is missing, corrupt, encrypted or too large, or has a member that
            is a link or a device or has a name that leads out of the folder; `target` is not
            empty; the disk is full or the folder cannot be written.
    """
    if not archive.is_file():
        raise UserError(f"{archive} is missing: download it first")
    with _local_errors(f"unpack {archive} into {target}", target.parent):
        if target.is_symlink() or target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise UserError(f"{target} is there already and not empty: move it away and run again")
        target.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
        try:
            folder = scratch / "files"
            folder.mkdir()
            _unpack_into(archive, folder, max_bytes)
            if target.exists():
                target.rmdir()
            os.replace(folder, target)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return target


def _fetch_from(
    url: str, target: Path, size: int | None, sha256: str | None, attempts: int
) -> None:
    """Download `target` from one source, or raise _SourceError."""
    part = target.with_name(target.name + ".part")
    problem = ""
    for attempt in range(attempts):
        time.sleep(RETRY_DELAY * attempt)
        try:
            resumed = _download(url, part, size)
        except _BrokenError as error:
            problem = str(error)
            continue
        wrong = _problem(part, size, sha256)
        if wrong is None:
            os.replace(part, target)
            _discard(part)
            return
        _discard(part)
        if not resumed:
            raise _SourceError(wrong)
        problem = wrong  # the two pieces may be of different files: start over
    raise _SourceError(f"{problem}; tries: {attempts}")


def _download(url: str, part: Path, size: int | None) -> bool:
    """Make one request for the missing end of `part` and add what comes.

    Returns:
        True if `part` was there in part before, False if all of it is of this request.

    Raises:
        _BrokenError: another try may do better.
        _SourceError: another try will not help.
    """
    state = _read_state(part)
    total = state.get("total")
    have = part.stat().st_size if part.exists() and state.get("url") == url else 0
    if total is not None and have > total or total not in (None, size) and size is not None:
        have = 0
    if have and have == total:
        return True  # all there; only the checks were cut off
    headers = {"User-Agent": "python-urllib"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if state.get("version"):
            headers["If-Range"] = state["version"]
    try:
        response = _open(url, headers)
    except _RangeRefused:
        _discard(part)
        return _download(url, part, size)
    with response:
        if have and response.status == 206:
            start, total = _content_range(response.headers.get("Content-Range", ""))
            same = start == have and _version(response.headers) == state.get("version")
            if not same or total != state.get("total"):
                _discard(part)
                return _download(url, part, size)
        else:
            have = 0
            length = response.headers.get("Content-Length", "")
            total = int(length) if length.isdecimal() else None
        if None not in (size, total) and size != total:
            raise _SourceError(f"has {total} bytes in place of {size}")
        if not have:
            _discard(part)
            state = {"url": url, "version": _version(response.headers), "total": total}
            _state_path(part).write_text(json.dumps(state))
        total = size if total is None else total
        _check_space(part, (total or 0) - have)
        _append(response, part, have, total, url)
    return have > 0


class _RangeRefused(Exception):  # noqa: N818
    """The server has nothing at the range asked for (HTTP 416)."""
