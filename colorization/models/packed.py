"""A saved network small enough to come with the code, loaded like any other."""

import io
import zipfile
from pathlib import Path

import h5py
import numpy as np

from colorization.errors import RunUnusable
from colorization.files import replacing
from colorization.state import TRAIN_ANEW

BITS = 6  # of a kernel's numbers that are kept; bfloat16 has 8, float16 11


def save_packed(source: Path, target: Path) -> None:
    """Copy a `.keras` file, its kernels rounded and all weights in float16, packed by LZMA.

    Keras casts them back when it loads the network, which then computes in float32 whatever it was
    trained in: that runs as well on a processor that knows no bfloat16.

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
        zipfile.ZipFile(part, "w") as new,
    ):
        for name in old.namelist():
            contents = old.read(name)
            if name.endswith(".h5"):
                contents = _rounded(contents)
            if name == "config.json":
                contents = in_float32(contents.decode()).encode()
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            new.writestr(info, contents, zipfile.ZIP_LZMA)


def rounded(kernel: np.ndarray) -> np.ndarray:
    """float32 numbers to the nearest ones of `BITS` binary digits."""
    mantissa, exponent = np.frexp(kernel)
    return np.ldexp(np.round(mantissa * 2**BITS) / 2**BITS, exponent)


def _rounded(contents: bytes) -> bytes:
    """An HDF5 file with float16 in place of float32, what has more than one axis rounded."""
    written = io.BytesIO()
    with h5py.File(io.BytesIO(contents)) as old, h5py.File(written, "w") as new:

        def copy(name, item):
            if isinstance(item, h5py.Dataset):
                values, half = item[()], item.dtype == "float32"
                if half and values.ndim > 1:
                    values = rounded(values)
                copied = new.create_dataset(name, data=values, dtype="float16" if half else None)
            else:
                copied = new.require_group(name)
            for key, value in item.attrs.items():
                copied.attrs[key] = value

        old.visititems(copy)
        for key, value in old.attrs.items():
            new.attrs[key] = value
    return written.getvalue()


def in_float32(config: str) -> str:
    """A network's configuration as JSON, without the precision that it was trained in."""
    return config.replace("mixed_bfloat16", "float32").replace("bfloat16", "float32")
