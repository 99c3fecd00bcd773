"""What tests of downloads and of archives share: a body, and a disk that fills up."""

import errno
import io

from colorization.data import archives, download

BODY = bytes(range(256)) * 80  # 20480 bytes


def names(folder):
    return sorted(path.name for path in folder.iterdir())


class FullDisk(io.FileIO):
    def write(self, data):
        raise OSError(errno.ENOSPC, "No space left on device")


def fill_disk(monkeypatch):
    def open_full(path, mode="r"):
        return FullDisk(path, "w") if mode in ("wb", "ab") else open(path, mode)

    for module in (download, archives):
        monkeypatch.setattr(module, "open", open_full, raising=False)
