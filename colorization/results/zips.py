"""Zip files whose members can be replaced, and that otherwise only grow at their end.

What is added leaves the bytes before it as they are, so that a history of such files grows by
what is new.
"""

import shutil
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from colorization.errors import UserError
from colorization.files import replacing
from colorization.state import RESTORE

DATE = (1980, 1, 1, 0, 0, 0)  # of every member: equal contents are equal bytes
PACKED = (".webp",)  # suffixes of what deflating does not make smaller


def read(path: Path, name: str) -> bytes:
    """A member's contents.

    Raises:
        UserError: there is no such file or member, or it is damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.read(name)
    except KeyError:
        raise UserError(f"{path} has no {name}; {RESTORE}") from None
    except (OSError, zipfile.BadZipFile, zlib.error, EOFError) as error:
        raise UserError(f"{path} cannot be read ({error}); {RESTORE}") from None


def names(path: Path) -> list[str]:
    """Names of the members; none where there is no such file."""
    if not path.exists():
        return []
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.namelist()
    except (OSError, zipfile.BadZipFile) as error:
        raise UserError(f"{path} cannot be read ({error}); {RESTORE}") from None


def update(path: Path, members: Mapping[str, bytes], without: tuple[str, ...] = ()) -> None:
    """Add or replace members, whole or not at all; equal ones stay untouched.

    Args:
        path: the zip file, made if need be.
        members: name -> contents.
        without: names of members to leave out from now on.
    """
    there = names(path)
    new = {n: c for n, c in members.items() if n not in there or read(path, n) != c}
    gone = [name for name in there if name in new or name in without]
    if not new and not gone:
        return
    with replacing(path) as part:
        if there and not gone:
            shutil.copyfile(path, part)
        else:
            _write(part, "w", {n: read(path, n) for n in there if n not in gone})
        _write(part, "a", new)


def _write(path: Path, mode: Literal["w", "a"], members: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, mode) as archive:
        for name, contents in members.items():
            info = zipfile.ZipInfo(name, DATE)
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            if name.endswith(PACKED):
                info.compress_type = zipfile.ZIP_STORED
            archive.writestr(info, contents, compresslevel=9)
