"""Photographs coloured by a trained run, at their own resolution.

The network sees the photograph whole and undistorted at its own small size; only the ab that it
predicts is enlarged, and joined to the photograph's lightness strip by strip. No detail is lost.
"""

import os
import threading
import time
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from tqdm import tqdm

from colorization.data.decoders import FORMATS as HEADERS
from colorization.data.read import Photograph, PhotographFile
from colorization.data.source import contents
from colorization.errors import shown
from colorization.installation import switch
from colorization.photographs.boundary import attempt, in_time
from colorization.photographs.frames import Steady, in_order
from colorization.photographs.jobs import Job, find_jobs
from colorization.photographs.save import refuse_pages, save
from colorization.photographs.side_by_side import SIDE, at_most, save_side_by_side
from colorization.state import stored_config

if TYPE_CHECKING:  # it loads Keras, which takes seconds
    from colorization.photographs.colorizer import Colorizer

BATCH, BATCH_PIXELS = 16, 1 << 25  # photographs in memory at once, and their pixels


@dataclass(frozen=True)
class Opened:
    """A photograph that is read, and what the network sees of its first page."""

    job: Job
    file: PhotographFile
    first: Photograph
    seen: np.ndarray
    shape: tuple[int, int]


def colorize_files(
    given: Iterable[str | Path],
    out: Path,
    run: Path,
    *,
    overwrite: bool = False,
    compare: bool = False,
    frames: bool = False,
    temperature: float | None = None,
    saturation: float = 1.0,
    strength: float = 1.0,
    say=print,
) -> int:
    """Colour photographs; a folder's names are mirrored below `out`, in their own formats.

    Keras is loaded if there is something to colour.

    Args:
        given: files, folders (with all below them) and glob patterns.
        out: folder for the coloured files.
        run: the run folder whose network colours.
        overwrite: replace files that exist; otherwise they are left and counted.
        compare: write the gray photograph beside the coloured one, and beside the original if that
            has colours, too: below `out/compare`, under the same names.
        frames: what lies in a folder are the frames of a video, in the order of the numbers in
            their names; see `colorization.photographs.frames`. Frames that have been coloured are
            looked at again, so that the others come out as if all were coloured at once.
        temperature, saturation, strength: see `Colorizer`.
        say: called with lines of text.

    Returns:
        Number of photographs that could not be read or written; each is named.

    Raises:
        UserError: nothing to colour, `out` is where the photographs are, or an unusable run.
        OSError: the disk is full, or may not be written to.
    """
    # Pillow warns of damaged EXIF data, and from 89 megapixels on; it refuses at twice as many.
    warnings.filterwarnings("ignore", module="PIL")
    jobs = find_jobs(given, out, compare, say)
    stored_config(run)  # a run that is none is named even where all is coloured
    todo = [job for job in jobs if overwrite or not all(map(os.path.exists, job.files))]
    failed: list[Job] = []
    seconds = 0.0
    if todo:
        from colorization.photographs.colorizer import Colorizer

        colorizer = Colorizer.load(run, temperature, saturation, strength)
        start = time.perf_counter()
        if frames:
            failed = _colour(colorizer, in_order(jobs), overwrite, Steady(), say)
        else:
            failed = _colour(colorizer, todo, overwrite, None, say)
        seconds = time.perf_counter() - start
    coloured, kept = len(set(todo) - set(failed)), len(jobs) - len(todo)
    parts = [f"{coloured} coloured in {shown(out)}"]
    if coloured > 1:
        parts[0] += f" ({coloured / seconds:.1f} a second)"
    parts += [f"{kept} left as they were ({switch('overwrite')} replaces them)"] if kept else []
    parts += [f"{len(failed)} not coloured"] if failed else []
    say(", ".join(parts))
    return len(failed)


def _colour(
    colorizer: "Colorizer", jobs: list[Job], overwrite: bool, steady: Steady | None, say
) -> list[Job]:
    """Colour photographs in order, batch by batch; those that could not be."""
    failed = []
    with (
        ThreadPoolExecutor(os.cpu_count()) as pool,
        tqdm(total=len(jobs), unit="photograph", disable=None, leave=False) as bar,
    ):
        reading: list = []
        for batch in (*_batches(jobs), []):  # the next is read while this one is finished
            current, reading = reading, [(job, pool.submit(_open, job, colorizer)) for job in batch]
            opened = [(job, *future.result()) for job, future in current]
            problems = [(job, problem) for job, _, problem in opened if problem]
            if readable := [found for _, found, problem in opened if not problem]:
                problems += _finish(colorizer, readable, overwrite, steady, pool, say)
            for job, problem in problems:
                bar.clear()
                say(f"{shown(job.photograph)}: {problem}")
            failed += [job for job, _ in problems]
            bar.update(len(current))
    return failed


def _open(job: Job, colorizer: "Colorizer") -> tuple[Opened | None, str | None]:
    """A photograph ready for the network, or what is wrong with it."""

    def read() -> Opened:
        file = PhotographFile(contents(job.photograph))
        first = file.page()
        refuse_pages(file, first, job.target)
        return Opened(job, file, first, *colorizer.see(Image.fromarray(first.rgb)))

    return attempt(lambda: in_time(read), "cannot be read")


def _finish(
    colorizer: "Colorizer",
    opened: list[Opened],
    overwrite: bool,
    steady: Steady | None,
    pool,
    say,
) -> list[tuple[Job, str]]:
    """Predict for all at once; enlarge, join and write each in the pool; what went wrong."""
    # Two shapes, a photograph alone and a full batch: a network is compiled for each.
    count = BATCH if len(opened) > 1 else 1
    squares = np.zeros((count, colorizer.size, colorizer.size), "float32")
    squares[: len(opened)] = [one.seen for one in opened]
    predicted = colorizer.predict(squares)
    colours = [
        ab[: one.shape[0], : one.shape[1]] for one, ab in zip(opened, predicted, strict=False)
    ]
    if steady:
        places = [one.job.photograph.parent for one in opened]
        seen = [one.seen[: one.shape[0], : one.shape[1]] for one in opened]
        colours = list(map(steady, places, seen, colours))

    def write(place: int) -> tuple[list[str] | None, str | None]:
        one = opened[place]
        wanted = [f for f in one.job.files if overwrite or not os.path.exists(f)]
        doing = f"cannot be written as {shown(one.job.target.name)}"
        return attempt(lambda: _write(one, colours[place], wanted, colorizer), doing)

    problems = []
    for one, (lost, problem) in zip(opened, pool.map(write, range(len(opened))), strict=True):
        if problem:
            problems.append((one.job, problem))
        elif lost:
            say(f"{shown(one.job.photograph)}: coloured without {', '.join(lost)}")
    return problems


def _write(one: Opened, ab: np.ndarray, wanted: list[Path], colorizer: "Colorizer") -> list[str]:
    """Write what is wanted of a photograph; what of its file is lost, in words."""
    if not wanted:
        return []
    photograph, lost = one.first, []
    original = at_most(photograph.rgb, SIDE) if one.job.pair in wanted else None
    colorizer.apply(photograph.rgb, ab)
    if one.job.target in wanted:
        lost = save(photograph, one.job.target, coloured_pages(one.file, colorizer))
        if one.file.others:
            lost.append(
                f"{one.file.others} pictures beside it (it is the first of {one.file.others + 1})"
            )
    if original and one.job.pair:
        save_side_by_side(original, at_most(photograph.rgb, SIDE), one.job.pair)
    return lost


_one_at_a_time = threading.Lock()


def coloured_pages(file: PhotographFile, colorizer: "Colorizer") -> Iterator[Photograph]:
    """All pages of a file but the first, coloured one after the other."""
    for number in range(1, file.count):
        page = in_time(lambda number=number: file.page(number))
        with _one_at_a_time:
            colorizer.colour(page)
        yield page


def _batches(jobs: list[Job]) -> Iterator[list[Job]]:
    """Jobs in order, so many at once as fit in memory."""
    batch: list[Job] = []
    pixels = 0
    for job in jobs:
        more = _pixels(job.photograph)
        if batch and (len(batch) == BATCH or pixels + more > BATCH_PIXELS):
            yield batch
            batch, pixels = [], 0
        batch.append(job)
        pixels += more
    if batch:
        yield batch


def _pixels(path: Path) -> int:
    """Pixels of an image by its header; its bytes where Pillow does not know that."""
    try:
        with Image.open(path, formats=(*HEADERS, "TIFF")) as image:
            return image.width * image.height
    except Exception:  # what is wrong with it, `_open` will say
        return os.path.getsize(path) if os.path.exists(path) else 0
