"""Fetch files over HTTP, with resume and checks."""

import hashlib
import http.client
import json
import os
import re
import shutil
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from email.message import Message
from pathlib import Path
from typing import IO

from tqdm import tqdm

from colorization.data.disk import CHUNK, _local_errors, _one_line, no_space
from colorization.errors import UserError
from colorization.files import lock

TIMEOUT = 30.0  # seconds that one socket operation may take

RETRY_DELAY = 1.0  # seconds before the second try at a source, twice that before the third, ...

BUSY = (408, 425, 429)  # HTTP answers that, like 5xx, may be better at the next try


class _SourceError(Exception):
    """A source cannot give the file; the next one may."""


class _BrokenError(Exception):
    """A source did not give all of the file; it may at the next try."""


@contextmanager
def fetching(title: str, licence: str, origin: str, folder: Path) -> Iterator[None]:
    """Hold the folder that an image set is fetched into, and say what comes, on stderr.

    A second process that wants the set waits, and should then look whether it is there.

    Args:
        title, licence: of the set.
        origin: address that it is fetched from.
        folder: made if need be.
    """

    def waiting():
        _say(f"waiting: another process fetches into {folder}")

    _say(f"{title}: fetching {origin} into {folder} (licence: {licence})")
    with lock(folder, waiting):
        yield


def fetch(
    urls: Sequence[str],
    target: Path,
    *,
    size: int | None = None,
    sha256: str | None = None,
    attempts: int = 3,
) -> Path:
    """Download a file from the first source that has it, unless it is there already.

    The file grows as `<target>.part`, beside a `<target>.part.json` that says where it comes
    from, and takes its name when it is complete and checked. A later call goes on where a broken
    one stopped if the source still has the same file. Progress, and why a source was given up,
    go to stderr.

    Args:
        urls: sources, in the order in which they are tried.
        target: the file to write. A file already there is kept if it has the `size` and `sha256`.
        size: length of the file in bytes; if None, the source's Content-Length is believed.
        sha256: checksum of the file, 64 hexadecimal digits; if None, it is not checked.
        attempts: tries at each source, at least 1.

    Returns:
        `target`.

    Raises:
        UserError: no source gave the file, the disk is full or the folder cannot be written.
        ValueError: `attempts` is less than 1.
    """
    if attempts < 1:
        raise ValueError(f"attempts must be at least 1, not {attempts}")
    if target.is_dir():
        raise UserError(f"{target} is a folder where a file should be: move it away")
    with _local_errors(f"cannot write {target}", target.parent):
        if target.exists():
            problem = _problem(target, size, sha256)
            if problem is None:
                return target
            _say(f"{target} {problem}: downloading it again")
        target.parent.mkdir(parents=True, exist_ok=True)
        reasons = []
        for url in urls:
            try:
                _fetch_from(url, target, size, sha256, attempts)
                return target
            except _SourceError as error:
                reasons.append(f"{url} ({_one_line(error)})")
                _say(f"warning: no {target.name} from {reasons[-1]}")
    wanted = [] if size is None else [f"{size} bytes"]
    wanted += [] if sha256 is None else [f"sha256 {sha256}"]
    raise UserError(
        f"cannot download {target.name}: {'; '.join(reasons) or 'no source is known'}; run again"
        f" later, or get the file by hand and place it at {target.absolute()}"
        + (f" ({', '.join(wanted)})" if wanted else "")
    )


def _fetch_from(
    url: str, target: Path, size: int | None, sha256: str | None, attempts: int
) -> None:
    """Download `target` from one source, or raise _SourceError."""
    if not sys.stderr.isatty():
        _say(f"downloading {target.name} from {url}")
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
        problem = wrong  # the pieces may be of two different files: start over
    raise _SourceError(f"{problem}; tries: {attempts}")


def _download(url: str, part: Path, size: int | None) -> bool:
    """Make `part` complete with one request, for its missing end if it is of the same source.

    Returns:
        True if `part` was begun by an earlier request.

    Raises:
        _BrokenError: another try may do better.
        _SourceError: another try will not help.
    """
    state = _read_state(part)
    have = part.stat().st_size if part.exists() and state.get("url") == url else 0
    if have and have == state.get("total"):
        return True
    request = _request(url, have, state.get("version"))
    try:
        response = urllib.request.urlopen(request, timeout=TIMEOUT)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416 and have:
            return _download_anew(url, part, size)
        may_change = error.code in BUSY or error.code >= 500
        kind = _BrokenError if may_change else _SourceError
        raise kind(f"HTTP {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise _BrokenError(_one_line(error)) from error
    with response:
        version = _version(response.headers)
        if have and response.status == 206:
            start, total = _content_range(response.headers)
            if (start, total, version) != (have, state.get("total"), state.get("version")):
                response.close()
                return _download_anew(url, part, size)
        else:
            have = 0
            length = response.headers.get("Content-Length", "")
            total = int(length) if length.isdecimal() else None
        if size is not None and total not in (None, size):
            raise _SourceError(f"has {total} bytes, not {size}")
        if not have:
            _discard(part)
            tried, state = state, {"url": url, "version": version, "total": total}
            if total and state != tried:
                _say(f"{part.name.removesuffix('.part')} has {total / 1e6:.2f} MB")
            _state_path(part).write_text(json.dumps(state))
        _append(response, part, have, size if total is None else total)
    return have > 0


def _download_anew(url: str, part: Path, size: int | None) -> bool:
    _discard(part)
    return _download(url, part, size)


def _append(response: IO[bytes], part: Path, have: int, total: int | None) -> None:
    """Add what the source sends to the `have` bytes of `part`, up to `total` bytes."""
    need = max((total or 0) - have, 0)
    if need > shutil.disk_usage(part.parent).free:
        raise no_space(part.parent, need)
    bar = tqdm(
        total=total,
        initial=have,
        unit="B",
        unit_scale=True,
        desc=part.name.removesuffix(".part"),
        disable=not sys.stderr.isatty(),
    )
    writing = _local_errors(f"cannot write {part}", part.parent, need)
    with writing, bar, open(part, "ab" if have else "wb") as out:
        while chunk := _read(response):
            out.write(chunk)
            have += len(chunk)
            bar.update(len(chunk))
            if total is not None and have > total:
                break  # its size will be found wrong
    if total is not None and have < total:
        raise _BrokenError(f"connection ended after {have} of {total} bytes")


def _read(response: IO[bytes]) -> bytes:
    try:
        return response.read(CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise _BrokenError(_one_line(error)) from error


def _request(url: str, have: int, version: str | None) -> urllib.request.Request:
    headers = {"User-Agent": "Mozilla/5.0 (compatible; colorization)"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if version and not version.startswith("W/"):
            headers["If-Range"] = version
    try:
        return urllib.request.Request(url, headers=headers)
    except ValueError as error:
        raise _SourceError(_one_line(error)) from error


def _version(headers: Message) -> str | None:
    return headers.get("ETag") or headers.get("Last-Modified")


def _content_range(headers: Message) -> tuple[int | None, int | None]:
    """First byte and length of the whole file of a 206 answer, None where it does not say."""
    match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", headers.get("Content-Range", "").strip())
    if match is None:
        return None, None
    return int(match[1]), None if match[2] == "*" else int(match[2])


def _state_path(part: Path) -> Path:
    return part.with_name(part.name + ".json")


def _read_state(part: Path) -> dict:
    """Where `part` comes from: url, version, total; empty if that is not known."""
    try:
        state = json.loads(_state_path(part).read_text())
    except (OSError, ValueError):
        return {}
    return state if isinstance(state, dict) else {}


def _discard(part: Path) -> None:
    part.unlink(missing_ok=True)
    _state_path(part).unlink(missing_ok=True)


def _problem(path: Path, size: int | None, sha256: str | None) -> str | None:
    """What is wrong with a file, None if nothing is."""
    found = path.stat().st_size
    if size is not None and found != size:
        return f"has {found} bytes, not {size}"
    if sha256 is None:
        return None
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return None if digest == sha256.lower() else f"has sha256 {digest}, not {sha256}"


def _say(line: str) -> None:
    print(line, file=sys.stderr)
