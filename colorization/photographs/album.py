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

import numpy as np
from PIL import Image
from tqdm import tqdm

from colorization.data.decoders import FORMATS as HEADERS
from colorization.data.read import Photograph, PhotographFile
from colorization.data.source import contents
from colorization.errors import shown
from colorization.files import replacing
from colorization.photographs.boundary import attempt, in_time
from colorization.photographs.colorizer import Colorizer, join
from colorization.photographs.jobs import Job, find_jobs
from colorization.photographs.save import FORMATS, refuse_pages, save

BATCH, BATCH_PIXELS = 16, 1 << 25  # photographs in memory at once, and their pixels

COMPARED = 1600  # pixels that a side of a compared photograph may have


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
    temperature: float | None = None,
    say=print,
) -> int:
    """Colour photographs; a folder's names are mirrored below `out`, in their own formats.

    Args:
        given: files, folders (with all below them) and glob patterns.
        out: folder for the coloured files.
        run: the run folder whose network colours.
        overwrite: replace files that exist; otherwise they are left and counted.
        compare: write `<file name>-compare.jpg` too, the gray photograph beside the coloured one.
        temperature: see `Colorizer.load`.
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
    colorizer = Colorizer.load(run, temperature)
    todo = [job for job in jobs if overwrite or not all(map(os.path.exists, job.files))]
    start, failed = time.perf_counter(), 0
    with (
        ThreadPoolExecutor(os.cpu_count()) as pool,
        tqdm(total=len(todo), unit="photograph", disable=None, leave=False) as bar,
    ):
        reading: list = []
        for batch in (*_batches(todo), []):  # the next is read while this one is finished
            current, reading = reading, [(job, pool.submit(_open, job, colorizer)) for job in batch]
            opened = [(job, *future.result()) for job, future in current]
            problems = [(job, problem) for job, _, problem in opened if problem]
            if readable := [found for _, found, problem in opened if not problem]:
                problems += _finish(colorizer, readable, overwrite, pool, say)
            for job, problem in problems:
                bar.clear()
                say(f"{shown(job.photograph)}: {problem}")
            failed += len(problems)
            bar.update(len(current))
    coloured, kept = len(todo) - failed, len(jobs) - len(todo)
    rate = coloured / (time.perf_counter() - start)
    parts = [f"{coloured} coloured in {shown(out)}" + f" ({rate:.1f} a second)" * (coloured > 1)]
    parts += [f"{kept} left as they were (--overwrite replaces them)"] if kept else []
    parts += [f"{failed} not coloured"] if failed else []
    say(", ".join(parts))
    return failed


def _open(job: Job, colorizer: Colorizer) -> tuple[Opened | None, str | None]:
    """A photograph ready for the network, or what is wrong with it."""

    def read() -> Opened:
        file = PhotographFile(contents(job.photograph))
        first = file.page()
        refuse_pages(file, first, job.target)
        return Opened(job, file, first, *colorizer.see(Image.fromarray(first.rgb)))

    return attempt(lambda: in_time(read), "cannot be read")


def _finish(
    colorizer: Colorizer, opened: list[Opened], overwrite: bool, pool, say
) -> list[tuple[Job, str]]:
    """Predict for all at once; enlarge, join and write each in the pool; what went wrong."""
    # Two shapes, a photograph alone and a full batch: a network is compiled for each.
    count = BATCH if len(opened) > 1 else 1
    squares = np.zeros((count, colorizer.size, colorizer.size), "float32")
    squares[: len(opened)] = [one.seen for one in opened]
    predicted = colorizer.predict(squares)

    def write(place: int) -> tuple[list[str] | None, str | None]:
        one, (height, width) = opened[place], opened[place].shape
        wanted = [f for f in one.job.files if overwrite or not os.path.exists(f)]
        ab = predicted[place, :height, :width]
        doing = f"cannot be written as {shown(one.job.target.name)}"
        return attempt(lambda: _write(one, ab, wanted, colorizer), doing)

    problems = []
    for one, (lost, problem) in zip(opened, pool.map(write, range(len(opened))), strict=True):
        if problem:
            problems.append((one.job, problem))
        elif lost:
            say(f"{shown(one.job.photograph)}: coloured without {', '.join(lost)}")
    return problems


def _write(one: Opened, ab: np.ndarray, wanted: list[Path], colorizer: Colorizer) -> list[str]:
    """Write what is wanted of a photograph; what of its file is lost, in words."""
    photograph, lost = one.first, []
    before = at_most(photograph.rgb, COMPARED).convert("L") if one.job.pair in wanted else None
    join(photograph.rgb, ab)
    if one.job.target in wanted:
        lost = save(photograph, one.job.target, coloured_pages(one.file, colorizer))
        if one.file.others:
            lost.append(
                f"{one.file.others} pictures beside it (it is the first of {one.file.others + 1})"
            )
    if before and one.job.pair:
        _save_pair(before, at_most(photograph.rgb, COMPARED), one.job.pair)
    return lost


_one_at_a_time = threading.Lock()


def coloured_pages(file: PhotographFile, colorizer: Colorizer) -> Iterator[Photograph]:
    """All pages of a file but the first, coloured one after the other."""
    for number in range(1, file.count):
        page = in_time(lambda number=number: file.page(number))
        with _one_at_a_time:
            colorizer.colour(page)
        yield page


def _save_pair(before: Image.Image, after: Image.Image, target: Path) -> None:
    pair = Image.new("RGB", (2 * before.width, before.height))
    pair.paste(before, (0, 0))
    pair.paste(after, (before.width, 0))
    with replacing(target) as part:
        pair.save(part, "JPEG", **FORMATS[".jpg"].options)


def at_most(rgb: np.ndarray, side: int) -> Image.Image:
    """An image of at most `side` pixels in width and height."""
    image = Image.fromarray(rgb)
    image.thumbnail((side, side))
    return image


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
