"""Photographs coloured by a trained run, at their own resolution.

The network sees the photograph whole and undistorted at its own small size; only the ab that it
predicts is enlarged, and joined to the photograph's lightness strip by strip. No detail is lost.
"""

import glob
import os
import time
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tqdm import tqdm

from colorization.data.read import BadImage, Photograph, read_photograph
from colorization.data.source import EXTENSIONS, image_files
from colorization.errors import UserError
from colorization.files import refuse_file, replacing
from colorization.photographs.colorizer import Colorizer, join

BATCH, BATCH_PIXELS = 16, 1 << 25  # photographs in memory at once, and their pixels

COMPARED = 1600  # pixels that a side of a compared photograph may have

FORMATS: dict[str, dict[str, Any]] = {
    ".jpg": {"format": "JPEG", "quality": 95, "subsampling": 0},
    ".png": {"format": "PNG", "compress_level": 1},
    ".webp": {"format": "WEBP", "quality": 95},
    ".tif": {"format": "TIFF", "compression": "tiff_lzw"},
    ".bmp": {"format": "BMP"},
}

FORMATS |= {".jpeg": FORMATS[".jpg"], ".tiff": FORMATS[".tif"]}


@dataclass(frozen=True)
class Job:
    """A photograph, the file for its coloured version, and that for the pair of both if wanted."""

    photograph: Path
    target: Path
    pair: Path | None = None

    @property
    def files(self) -> tuple[Path, ...]:
        return (self.target, self.pair) if self.pair else (self.target,)


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
        Number of photographs that could not be read or written.

    Raises:
        UserError: nothing to colour, `out` is where the photographs are, or an unusable run.
        OSError: the disk is full, or may not be written to.
    """
    # Pillow warns of damaged EXIF data, and from 89 megapixels on; it refuses at twice as many.
    warnings.filterwarnings("ignore", module="PIL")
    jobs = find_jobs(given, out, compare)
    colorizer = Colorizer.load(run, temperature)
    todo = [job for job in jobs if overwrite or not all(file.exists() for file in job.files)]
    start, failed = time.perf_counter(), 0
    with (
        ThreadPoolExecutor(os.cpu_count()) as pool,
        tqdm(total=len(todo), unit="photograph", disable=None, leave=False) as bar,
    ):
        reading: list = []
        for batch in (*_batches(todo), []):  # the next is read while this one is finished
            current, reading = reading, [(job, pool.submit(_read, job)) for job in batch]
            readable, problems = [], []
            for job, future in current:
                try:
                    readable.append((job, future.result()))
                except (BadImage, MemoryError, OSError) as error:
                    problems.append((job, str(error) or "needs more memory than there is"))
            if readable:
                problems += _finish(colorizer, readable, overwrite, pool)
            for job, problem in problems:
                bar.clear()
                say(f"{job.photograph}: {problem}")
            failed += len(problems)
            bar.update(len(current))
    coloured, kept = len(todo) - failed, len(jobs) - len(todo)
    rate = coloured / (time.perf_counter() - start)
    parts = [f"{coloured} coloured in {out}" + f" ({rate:.1f} a second)" * (coloured > 1)]
    parts += [f"{kept} left as they were (--overwrite replaces them)"] if kept else []
    parts += [f"{failed} not coloured"] if failed else []
    say(", ".join(parts))
    return failed


def _read(job: Job) -> Photograph:
    return read_photograph(job.photograph.read_bytes())


def _finish(
    colorizer: Colorizer, read: list[tuple[Job, Photograph]], overwrite: bool, pool
) -> list[tuple[Job, str]]:
    """Predict for all at once; enlarge, join and write each in the pool; what went wrong."""
    seen = list(pool.map(lambda one: colorizer.see(Image.fromarray(one[1].rgb)), read))
    # Two shapes, a photograph alone and a full batch: a network is compiled for each.
    count = BATCH if len(seen) > 1 else 1
    squares = np.zeros((count, colorizer.size, colorizer.size), "float32")
    squares[: len(seen)] = [L for L, _ in seen]
    predicted = colorizer.predict(squares)

    def write(place: int) -> str | None:
        (job, photograph), (height, width) = read[place], seen[place][1]
        wanted = [file for file in job.files if overwrite or not file.exists()]
        before = at_most(photograph.rgb, COMPARED).convert("L") if job.pair in wanted else None
        join(photograph.rgb, predicted[place, :height, :width])
        try:
            if job.target in wanted:
                save(photograph, job.target)
            if before and job.pair:
                _save_pair(before, at_most(photograph.rgb, COMPARED), job.pair)
        except (OSError, ValueError) as error:
            if getattr(error, "errno", None):
                raise  # the disk's, not the photograph's
            return f"cannot be written as {job.target.name} ({error})"
        return None

    problems = pool.map(write, range(len(read)))
    return [(job, problem) for (job, _), problem in zip(read, problems, strict=True) if problem]


def save(photograph: Photograph, target: Path) -> None:
    """Write it as the target's suffix, one of `FORMATS`, says; a JPEG has no transparency."""
    image, options = Image.fromarray(photograph.rgb), FORMATS[target.suffix.lower()]
    if photograph.alpha and options["format"] != "JPEG":
        image.putalpha(photograph.alpha)
    with replacing(target) as part:
        image.save(part, **options, exif=photograph.exif)


def _save_pair(before: Image.Image, after: Image.Image, target: Path) -> None:
    pair = Image.new("RGB", (2 * before.width, before.height))
    pair.paste(before, (0, 0))
    pair.paste(after, (before.width, 0))
    with replacing(target) as part:
        pair.save(part, **FORMATS[".jpg"])


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
    """Pixels of an image by its header; 0 where that cannot be read, which `_read` will say."""
    try:
        with Image.open(path) as image:
            return image.width * image.height
    except Exception:  # Pillow's decoders raise whatever they stumble over
        return 0


def output_name(path: Path) -> Path:
    """A photograph's name for its coloured version: a PNG where its format is not written."""
    return path if path.suffix.lower() in FORMATS else path.with_name(f"{path.name}.png")


def find_jobs(given: Iterable[str | Path], out: Path, compare: bool = False) -> list[Job]:
    """Photographs and where their coloured versions go: a file's name, a folder's tree.

    Args:
        given, out, compare: see `colorize_files`.

    Raises:
        UserError: nothing is there, `out` is a file or where the photographs are, or two
            photographs would go to one file.
    """
    refuse_file(out)
    jobs: dict[Path, Job] = {}  # by each file
    for name in given:
        place = Path(name)
        if place.is_dir():
            if place.resolve() == out.resolve():
                raise UserError(f"{out} is where the photographs are; name another folder for OUT")
            pairs = [(p, p.relative_to(place)) for p in image_files(place)]
            pairs = [(p, t) for p, t in pairs if out.resolve() not in p.resolve().parents]
            if not pairs:
                raise UserError(f"{place} holds no images ({', '.join(sorted(EXTENSIONS))})")
        elif place.is_file():
            pairs = [(place, Path(place.name))]
        else:
            found = sorted(map(Path, glob.glob(str(name), recursive=True)))
            pairs = [(p, Path(p.name)) for p in found if p.is_file()]
            if not pairs:
                raise UserError(f"{name} does not exist; give photographs, folders or a pattern")
        for photograph, target in pairs:
            target = out / output_name(target)
            if photograph.resolve() == target.resolve():
                raise UserError(f"{photograph} lies in {out}; name another folder for OUT")
            pair = target.with_name(f"{target.name}-compare.jpg") if compare else None
            job = Job(photograph, target, pair)
            for file in job.files:
                first = jobs.setdefault(file, job)
                if first.photograph != photograph:
                    raise UserError(
                        f"{first.photograph} and {photograph} would both become {file}; colour "
                        "them into different folders"
                    )
    return list(dict.fromkeys(jobs.values()))
