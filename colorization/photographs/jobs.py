"""Which photographs are to be coloured, and where their coloured versions go."""

import glob
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from colorization.data.source import EXTENSIONS, image_files, no_file
from colorization.errors import UserError, shown
from colorization.files import refuse_file
from colorization.photographs.save import output_name

PAIRS = "compare"  # the folder below `out` for what shows photographs before and after


@dataclass(frozen=True)
class Job:
    """A photograph, the file for its coloured version, and that for both beside each other."""

    photograph: Path
    target: Path
    pair: Path | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        return (self.target, self.pair) if self.pair else (self.target,)


def find_jobs(
    given: Iterable[str | Path],
    out: Path,
    compare: bool = False,
    say: Callable[[str], None] = lambda text: None,
) -> list[Job]:
    """Photographs and where their coloured versions go: a file's name, a folder's tree.

    Args:
        given, out, compare: see `colorize_files`.
        say: called with a line for each path in a folder that looks like a photograph and is none.

    Raises:
        UserError: nothing is there, `out` is a file or where the photographs are, or two
            photographs would go to one file.
    """
    refuse_file(out)
    found = [(p, output_name(name)) for one in given for p, name in _found(one, out, say)]
    originals = {os.path.realpath(photograph): photograph for photograph, _ in found}
    jobs: dict[Path, Job] = {}  # by each file
    for photograph, name in found:
        job = Job(photograph, out / name, out / PAIRS / name if compare else None)
        for file in job.files:
            if original := originals.get(os.path.realpath(file)):
                raise UserError(
                    f"{shown(original)} lies in {shown(out)}; name another folder for OUT"
                )
            first = jobs.setdefault(file, job)
            if first.photograph != photograph:
                raise UserError(
                    f"{shown(first.photograph)} and {shown(photograph)} would both become "
                    f"{shown(file)}; colour them into different folders"
                )
    return list(dict.fromkeys(jobs.values()))


def _found(name: str | Path, out: Path, say) -> list[tuple[Path, Path]]:
    """Photographs that a name stands for, each with its name below `out`."""
    place, reals = Path(name), os.path.realpath(out)
    if os.path.isdir(place):
        if os.path.realpath(place) == reals:
            raise UserError(
                f"{shown(out)} is where the photographs are; name another folder for OUT"
            )
        pairs = [(p, p.relative_to(place)) for p in image_files(place, say)]
        pairs = [(p, t) for p, t in pairs if not _is_below(os.path.realpath(p), reals)]
        if not pairs:
            raise UserError(f"{shown(place)} holds no images ({', '.join(sorted(EXTENSIONS))})")
        return pairs
    if os.path.isfile(place):
        return [(place, Path(place.name))]
    if os.path.lexists(place):
        raise UserError(
            f"{shown(place)} is {no_file(place)}; give photographs, folders or a pattern"
        )
    found = sorted(map(Path, glob.glob(str(name), recursive=True)))
    pairs = [(p, Path(p.name)) for p in found if os.path.isfile(p)]
    if not pairs:
        raise UserError(
            f"{shown(name)} does not exist; give photographs, folders or a pattern"
            + _hint(str(name))
        )
    return pairs


def _is_below(path: str, folder: str) -> bool:
    return path.startswith(folder.rstrip(os.sep) + os.sep)


def _hint(name: str) -> str:
    """What make does to a name that begins with a space."""
    if any(entry != name and entry.lstrip() == name for entry in os.listdir(".")):
        return f" (make takes spaces in front away; if {name!r} begins with one: IN='./ {name}')"
    return ""
