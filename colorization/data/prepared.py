"""Images decoded, resized and filtered once, into memory-mapped uint8 arrays with a manifest.

A prepared set is a folder:

    train.npy, val.npy, test.npy   uint8 [N, size, size, 3], sRGB or 8-bit Lab; only the splits
                                   that the source has
    manifest.json                  source, recipe, and for every file its sha256 and its row, or
                                   why it was left out

It is written under a temporary name and renamed, one image at a time, so that neither memory nor
an interruption matters.
"""

import errno
import hashlib
import json
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from colorization.data import roots
from colorization.data.recipe import Recipe
from colorization.data.rows import COPY, NEAR_GRAY, divide, write_split
from colorization.data.source import SPLITS, UNSPLIT, as_items
from colorization.errors import UserError
from colorization.files import lock
from colorization.state import read_json

MOST_NAMED = 10  # files that are left out, a line each
NOTES = ("grayscale", "cmyk", "near_gray", "upsampled")


@dataclass(frozen=True)
class PreparedSet:
    """A prepared folder. `images(split)` is a read-only memory map."""

    folder: Path

    @cached_property
    def manifest(self) -> dict:
        remedy = f"delete {self.folder} to have it prepared again"
        return read_json(self.folder / "manifest.json", {}, remedy)

    @property
    def name(self) -> str:
        """By which results know the set: that of its folder and, of photographs that may be
        replaced, their contents."""
        by_contents = self.manifest.get("by_contents", False)
        return f"{self.folder.name}-{self.digest[:8]}" if by_contents else self.folder.name

    @property
    def space(self) -> str:
        return self.manifest["space"]

    @property
    def source(self) -> str:
        return self.manifest["source"]

    @cached_property
    def digest(self) -> str:
        """sha256 over every file's name, split, row and content hash: the set's identity."""
        return _digest(self.manifest["files"], self.manifest["recipe"])

    @property
    def splits(self) -> tuple[str, ...]:
        """The splits there are, of "train", "val" and "test" in this order."""
        there = {entry["split"] for entry in self.manifest["files"]}
        return tuple(split for split in SPLITS if split in there)

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Names of the folders that the kept images come from, sorted."""
        names = [name for split in self.splits for name in self.names(split)]
        return tuple(sorted({_class_of(name) for name in names}))

    def labels(self, split: str) -> np.ndarray:
        """Class of each image of a split, `[N]`: its place in `classes`.

        uint8, or uint16 where there are more than 256 classes.
        """
        places = {name: place for place, name in enumerate(self.classes)}
        dtype = np.min_scalar_type(max(len(self.classes) - 1, 0))
        return np.array([places[_class_of(name)] for name in self.names(split)], dtype)

    def images(self, split: str) -> np.ndarray:
        return np.load(self.folder / f"{split}.npy", mmap_mode="r", allow_pickle=False)

    def is_whole(self, split: str) -> bool:
        """Whether the array of a split has all its rows; one may have been cut off."""
        try:
            return len(self.images(split)) == len(self.names(split))
        except (OSError, ValueError, EOFError):
            return False

    def names(self, split: str) -> list[str]:
        """File names of a split, in the order of its rows; none of a split that is not there."""
        return [entry["name"] for entry in self.kept(split)]

    def kept(self, split: str) -> list[dict]:
        """The manifest's entries of a split's rows, in their order."""
        found = (e for e in self.manifest["files"] if e["split"] == split and "row" in e)
        return sorted(found, key=lambda entry: entry["row"])

    def summary(self) -> str:
        """One line: counts by split and what the rules met."""
        counts = " / ".join(f"{len(self.names(split))} {split}" for split in self.splits)
        notes = [
            f"{count} {what.replace('_', ' ')}"
            for what, count in self.manifest["counts"].items()
            if count
        ]
        return f"{self.source}: {counts}" + (f" ({', '.join(notes)})" if notes else "")


def prepare(source, recipe: Recipe, progress=lambda text: None) -> PreparedSet:
    """The prepared set of `source` under `recipe`, made now if it is not there yet.

    Of a source that is not strict, files that cannot be used and copies of earlier ones are left
    out.

    Args:
        source: see `colorization.data.sources`.
        recipe: size, crop, colour space, what is accepted.
        progress: called with a line of text when there is something to say.

    Raises:
        UserError: a strict source holds a file that cannot be used; nothing is left of a split;
            the disk is full.
    """
    folder = folder_of(source, recipe)
    listed = source.files()
    files = {key: as_items(listed[key]) for key in (*SPLITS, UNSPLIT) if key in listed}
    fingerprint = _fingerprint(files)
    if prepared := _find(folder, fingerprint):
        return prepared
    with lock(folder.parent, lambda: progress("waiting: another process prepares images")):
        if prepared := _find(folder, fingerprint):
            return prepared
        if folder.exists():
            progress(f"{folder}: cut off, or its source's files have changed; preparing again")
            shutil.rmtree(folder)
        prepared = _write(folder, source, recipe, files, fingerprint, progress)
    progress(prepared.summary())
    return prepared


def folder_of(source, recipe: Recipe) -> Path:
    """Where the prepared set of `source` under `recipe` is, or will be."""
    key = recipe.key_in(_space_of(source, recipe))
    return roots.write_root() / "prepared" / f"{source.key}-{key}"


def _space_of(source, recipe: Recipe) -> str:
    """Space of the rows: that of the source's images if they have one of their own."""
    return getattr(source, "space", recipe.space)


def _find(folder: Path, fingerprint: str) -> PreparedSet | None:
    """The set in a folder, if it was made of the same files."""
    prepared = PreparedSet(folder)
    try:
        same = prepared.manifest.get("fingerprint") == fingerprint
        return prepared if same and all(map(prepared.is_whole, prepared.splits)) else None
    except (UserError, LookupError, TypeError):  # cut off
        return None


def _write(folder, source, recipe, files, fingerprint, progress) -> PreparedSet:
    part = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # of a killed process
    try:
        part.mkdir()
        progress(f"preparing {sum(map(len, files.values()))} images of {source.title}")
        first: dict[str, str] = {}  # sha256 of a kept file -> its name
        entries = [
            entry
            for split, items in files.items()
            for entry in write_split(part, source, recipe, split, items, first)
        ]
        if UNSPLIT in files:
            _say_left_out(entries, progress)
            divide(part, entries, _split(source, entries))
        manifest = {
            "source": source.key,
            "title": source.title,
            "licence": source.licence,
            "space": _space_of(source, recipe),
            "recipe": recipe.to_json(),
            "fingerprint": fingerprint,
            "counts": _counts(entries),
            **({"by_contents": True} if UNSPLIT in files else {}),
            "files": entries,
        }
        (part / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
        part.rename(folder)
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise UserError(
                f"disk full while preparing {folder}; make room and run again"
            ) from None
        raise
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return PreparedSet(folder)


def _split(source, entries: list[dict]) -> dict[str, list[int]]:
    """How a source splits what of it can be used."""
    kept = sum("row" in entry for entry in entries)
    try:
        return source.split(kept)
    except UserError as error:
        copies = sum(entry.get("dropped", "").startswith(COPY) for entry in entries)
        others = len(entries) - kept - copies
        left_out = f"of {len(entries)} files, {copies} are copies and {others} cannot be used"
        raise UserError(f"{error} ({left_out})" if copies or others else str(error)) from None


def _say_left_out(entries: list[dict], progress) -> None:
    """Name what is left out, copies last, some lines at most."""
    dropped = [entry for entry in entries if "dropped" in entry]
    dropped.sort(key=lambda entry: entry["dropped"].startswith(COPY))
    for entry in dropped[:MOST_NAMED]:
        progress(f"left out: {entry['name']}: {entry['dropped']}")
    if len(dropped) > MOST_NAMED:
        progress(f"left out: {len(dropped) - MOST_NAMED} more, named in manifest.json")


def _counts(entries: list[dict]) -> dict:
    """What the summary names: notes on kept images; dropped ones, and among them two kinds."""
    notes = [note for entry in entries for note in entry.get("notes", [])]
    dropped = [entry["dropped"] for entry in entries if "dropped" in entry]
    return {
        **{note: notes.count(note) for note in NOTES},
        "dropped": len(dropped),
        "dropped_as_duplicate": sum(reason.startswith(COPY) for reason in dropped),
        "dropped_as_near_gray": dropped.count(NEAR_GRAY),
    }


def _class_of(name: str) -> str:
    return name.rpartition("/")[0]


def _fingerprint(files) -> str:
    listing = [(split, *item.identity) for split, items in files.items() for item in items]
    return hashlib.sha256(json.dumps(listing).encode()).hexdigest()


def _digest(entries, recipe) -> str:
    listing = [(e["name"], e["split"], e.get("row"), e.get("sha256")) for e in entries]
    return hashlib.sha256(json.dumps([listing, recipe], sort_keys=True).encode()).hexdigest()
