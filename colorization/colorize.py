"""Photographs coloured by a trained run, at their own resolution.

The network sees the photograph whole and undistorted at its own small size; only the ab that it
predicts is enlarged, and joined to the photograph's lightness strip by strip. No detail is lost.
"""

import glob
import json
import os
import time
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops
from PIL import Image
from tqdm import tqdm

from colorization.data.images import BadImage, Photograph, read_photograph
from colorization.data.prepare import RESAMPLING, Recipe
from colorization.data.sources import EXTENSIONS, image_files
from colorization.errors import UserError
from colorization.files import refuse_file, replacing
from colorization.lab import recolour, rgb_to_lab
from colorization.training.objectives import AbClassification, objective_from_json
from colorization.training.run import load_network

STRIP = 1 << 16  # pixels coloured at once; they fit a processor's cache
BATCH, BATCH_PIXELS = 16, 1 << 25  # photographs in memory at once, and their pixels
COMPARED = 1600  # pixels that a side of a compared photograph may have
FORMATS = {
    ".jpg": {"format": "JPEG", "quality": 95, "subsampling": 0},
    ".png": {"format": "PNG", "compress_level": 1},
    ".webp": {"format": "WEBP", "quality": 95},
    ".tif": {"format": "TIFF", "compression": "tiff_lzw"},
    ".bmp": {"format": "BMP"},
}
FORMATS |= {".jpeg": FORMATS[".jpg"], ".tiff": FORMATS[".tif"]}


@dataclass(frozen=True)
class Colorizer:
    """A trained network with what turns its output into ab.

    Args:
        network: functional model, the objective's inputs `[B, size, size, C]` to its output.
        objective: scales L and decodes.
        recipe: how its training images were made; photographs are resized by the same filter.
    """

    network: Any
    objective: Any
    recipe: Recipe

    @classmethod
    def load(cls, run: Path, temperature: float | None = None) -> "Colorizer":
        """From a run folder.

        Args:
            temperature: of the annealed mean over classes instead of the run's own; 0 takes the
                most probable class.

        Raises:
            UserError: it is not a run folder, the run is not finished, it needs to be told an
                image's class, or it has no classes to which a temperature could apply.
        """
        try:
            config = json.loads((run / "config.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise UserError(
                f"{run} is not a run folder (no config.json); give one below runs/"
            ) from None
        except (OSError, ValueError) as error:
            raise UserError(f"{run / 'config.json'} cannot be read ({error})") from None
        network = load_network(run)
        try:
            objective = objective_from_json(config["objective"])
            recipe = Recipe(**{k: v for k, v in config["recipe"].items() if k != "type"})
            if network.input_shape[1:3] != (recipe.size, recipe.size):
                raise ValueError(f"its network takes {network.input_shape[1]} px")
            objective.inputs(np.zeros((1, 1, 1, 1), "float32"))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UserError(f"{run / 'config.json'} is not of a run ({error!r})") from None
        if objective.classes:
            raise UserError(f"{run} colours by class and photographs have none; choose another run")
        if temperature is not None:
            if not isinstance(objective, AbClassification):
                raise UserError(f"{run} does not classify, so it has no temperature; leave it out")
            objective = replace(objective, temperature=temperature)
        return cls(network, objective, recipe)

    @property
    def size(self) -> int:
        """Height and width that the network takes, in pixels."""
        return self.recipe.size

    def see(self, image: Image.Image) -> tuple[np.ndarray, tuple[int, int]]:
        """What the network sees of an RGB image: its lightness, whole and undistorted.

        Returns:
            float32 `[size, size]` in 0..100, mirrored where the image is not square, and the
            height and width that the image has in it.
        """
        factor = self.size / max(image.size)
        width, height = (max(1, round(side * factor)) for side in image.size)
        small = image.resize((width, height), RESAMPLING[self.recipe.resample])
        margin = [(0, self.size - height), (0, self.size - width), (0, 0)]
        square = np.pad(np.asarray(small), margin, mode="symmetric")
        return ops.convert_to_numpy(rgb_to_lab(square))[..., 0], (height, width)

    def predict(self, seen: np.ndarray) -> np.ndarray:
        """ab, float32 `[B, size, size, 2]` in Lab units, for L `[B, size, size]`."""
        outputs = self.network.predict_on_batch(self.objective.inputs(seen[..., None]))
        return ops.convert_to_numpy(self.objective.decode(outputs))[..., -2:]

    def colour(self, photograph: Photograph) -> None:
        """Colour a photograph in place, at its own size."""
        seen, (height, width) = self.see(Image.fromarray(photograph.rgb))
        join(photograph.rgb, self.predict(seen[None])[0, :height, :width])

    def colorize(self, image: Image.Image) -> Image.Image:
        """An RGB image to its coloured version, at its own size."""
        photograph = Photograph(np.array(image))
        self.colour(photograph)
        return Image.fromarray(photograph.rgb)


def join(rgb: np.ndarray, ab: np.ndarray) -> None:
    """Give an image the colours of a smaller one, in place and strip by strip.

    Args:
        rgb: uint8 `[H, W, 3]`, sRGB.
        ab: float32 `[h, w, 2]` in Lab units, enlarged bilinearly.
    """
    height, width = rgb.shape[:2]
    channels = [Image.fromarray(np.ascontiguousarray(ab[..., i])) for i in (0, 1)]
    rows, step = max(1, STRIP // width), len(ab) / height
    for top in range(0, height, rows):
        strip = rgb[top : top + rows]
        box = (0, top * step, ab.shape[1], min(len(ab), (top + len(strip)) * step))
        size = width, len(strip)
        parts = [channel.resize(size, Image.Resampling.BILINEAR, box) for channel in channels]
        strip[:] = recolour(strip, np.stack([np.asarray(part) for part in parts], axis=-1))


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
            if before:
                _save_pair(before, at_most(photograph.rgb, COMPARED), job.pair)
        except (OSError, ValueError) as error:
            if getattr(error, "errno", None):
                raise  # the disk's, not the photograph's
            return f"cannot be written as {job.target.name} ({error})"

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
