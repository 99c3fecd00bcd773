"""A saved network with its weights in float16: half as large, and loaded like any other."""

import io
import zipfile
from pathlib import Path

import h5py

from colorization.errors import RunUnusable
from colorization.files import replacing
from colorization.state import TRAIN_ANEW


def save_half(source: Path, target: Path) -> None:
    """Copy a `.keras` file, its float32 weights rounded to float16.

    Keras casts them back when it loads the network, which computes in float32 as before.

    Args:
        source: as `keras.Model.save` writes it.
        target: the file to write; the same network is the same bytes.

    Raises:
        RunUnusable: the source is cut off.
    """
    if not zipfile.is_zipfile(source):
        raise RunUnusable(f"{source} is damaged; {TRAIN_ANEW}")
    with (
        replacing(target) as part,
        zipfile.ZipFile(source) as old,
        zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            contents = old.read(name)
            if name.endswith(".h5"):
                contents = _halved(contents)
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), contents, 8, 9)


def _halved(contents: bytes) -> bytes:
    """An HDF5 file with float16 in place of float32."""
    written = io.BytesIO()
    with h5py.File(io.BytesIO(contents)) as old, h5py.File(written, "w") as new:

        def copy(name, item):
            if isinstance(item, h5py.Dataset):
                half = item.dtype == "float32"
                copied = new.create_dataset(name, data=item[()], dtype="float16" if half else None)
            else:
                copied = new.require_group(name)
            for key, value in item.attrs.items():
                copied.attrs[key] = value

        old.visititems(copy)
        for key, value in old.attrs.items():
            new.attrs[key] = value
    return written.getvalue()
