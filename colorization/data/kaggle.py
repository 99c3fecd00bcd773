"""Fetch data sets from Kaggle, which wants an account, through its own client."""

import contextlib
import errno
import io
import os
import shutil
import sys
from pathlib import Path

from colorization.data import archives, disk
from colorization.errors import UserError

SETTINGS = "https://www.kaggle.com/settings"


def fetch_dataset(slug: str, folder: Path) -> Path:
    """Download a data set and unpack it as `folder / "unpacked"`, all of it or nothing.

    The archive grows in `folder / "<name>.part"`; a later call goes on where a broken one stopped.

    Args:
        slug: "owner/name" of the data set.
        folder: where it goes; made if need be.

    Returns:
        The folder with what the archive held.

    Raises:
        UserError: there is no `kaggle` package, or there are no credentials, or they are refused;
            the rules are not accepted, the data set is gone, Kaggle cannot be reached; the disk is
            full, or the archive is corrupt.
    """
    name = slug.split("/")[-1]
    part = folder / f"{name}.part"
    by_hand = f"download it by hand from {page(slug)} and unpack it in {folder.absolute()}"
    if not _has_credentials():
        raise UserError(
            f"{slug} is on Kaggle, and there are no credentials: set KAGGLE_API_TOKEN to a token"
            f" made at {SETTINGS}, or save it as ~/.kaggle/access_token, or set KAGGLE_USERNAME"
            " and KAGGLE_KEY to those of a kaggle.json (or save that as ~/.kaggle/kaggle.json);"
            f" and accept the licence at {page(slug)}; or {by_hand}"
        )
    try:
        api = _client()
        part.mkdir(parents=True, exist_ok=True)
        _check_space(_size(api, slug), part)
        with contextlib.redirect_stdout(sys.stderr):
            api.dataset_download_files(slug, path=str(part), quiet=not sys.stderr.isatty())
    except ImportError as error:
        raise UserError(
            f"the package kaggle cannot be imported ({error}):"
            f" {sys.executable} -m pip install kaggle, or {by_hand}"
        ) from None
    except UserError:
        raise
    except (Exception, SystemExit) as error:  # it raises whatever its parts raise, and exits
        raise UserError(_reason(error, slug, folder, by_hand)) from error
    target = archives.unpack(part / f"{name}.zip", folder / "unpacked")
    shutil.rmtree(part)
    return target


def page(slug: str) -> str:
    """Address of a data set's page."""
    return f"https://www.kaggle.com/datasets/{slug}"


def _has_credentials() -> bool:
    """Whether there is anything for the client to try. Without, importing it ends the process."""
    known, home = os.environ.get, Path.home()
    folders = [home / ".kaggle", Path(known("XDG_CONFIG_HOME") or home / ".config") / "kaggle"]
    if chosen := known("KAGGLE_CONFIG_DIR"):
        folders.append(Path(chosen))
    files = ("access_token", "access_token.txt", "kaggle.json", "credentials.json")
    return bool(
        known("KAGGLE_API_TOKEN")
        or (known("KAGGLE_USERNAME") and known("KAGGLE_KEY"))
        or known("KAGGLE_API_V1_TOKEN")  # a file in Kaggle's own notebooks
        or any((folder / name).is_file() for folder in folders for name in files)
    )


def _client():
    """Kaggle's client, signed in. Its advice to people goes nowhere: it takes many lines."""
    with contextlib.redirect_stdout(io.StringIO()):
        import kaggle  # signs in, or exits

        kaggle.api.authenticate()  # newer versions hide that the import could not
        return kaggle.api


def _size(api, slug: str) -> int | None:
    """Bytes of a data set, None if Kaggle does not say."""
    owner, name = slug.split("/")
    try:
        found = {item.ref: item for item in api.dataset_list(user=owner, search=name)}
        return found[slug].total_bytes or None
    except Exception:  # the download itself says what is wrong
        return None


def _check_space(size: int | None, part: Path) -> None:
    """Say how large a data set is; raise `UserError` where it has no room."""
    if size is None:
        return
    here = sum(path.stat().st_size for path in part.iterdir())
    print(f"{part.stem}.zip has {size / 1e6:.2f} MB", file=sys.stderr)
    if size - here > shutil.disk_usage(part).free:
        raise disk.no_space(part.parent, size - here)


def _reason(error: BaseException, slug: str, folder: Path, by_hand: str) -> str:
    """What to tell the user."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if isinstance(error, SystemExit) or status == 401:
        return (
            f"Kaggle does not accept the credentials{' (HTTP 401)' if status else ''}: make a new"
            f" token at {SETTINGS} and save it as ~/.kaggle/access_token, or {by_hand}"
        )
    if status == 403:
        return (
            f"Kaggle refuses {slug} (HTTP 403): sign in, accept the rules or the licence at"
            f" {page(slug)} and run again, or {by_hand}"
        )
    if status == 404:
        return (
            f"Kaggle has no data set {slug} (HTTP 404), perhaps it was renamed: look for it at"
            f" https://www.kaggle.com/datasets and unpack it in {folder.absolute()}"
        )
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"no space left in {folder.absolute()}: free some, or use another COLORIZATION_DATA"
    text = " ".join(str(error).split())[:200]
    return (
        f"cannot download {slug} from Kaggle ({type(error).__name__}: {text}); run again later,"
        f" or {by_hand}"
    )
