"""Photographs coloured per second, and where the time goes.

    make bench          or          python -m benchmarks.colorize [--run RUN] [--megapixels M]

Colours generated photographs from a temporary folder with a run's network, or with an untrained
one of report 002's `small`. The shares are of one photograph after the other, on one thread.
"""

import argparse
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from colorization.backend import import_quietly
from colorization.errors import exit_status

COUNT = 48
FORMATS = ("jpg", "png")


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.colorize", description=__doc__)
    parser.add_argument("--run", type=Path, help="a finished run folder")
    parser.add_argument("--megapixels", type=float, default=1.0, help="default: 1")
    options = parser.parse_args()
    if not options.megapixels > 0:
        parser.error(f"--megapixels takes a number above 0, not {options.megapixels:g}")
    return exit_status(lambda: benchmark(options.run, options.megapixels))


def benchmark(run: Path | None, megapixels: float) -> int:
    import_quietly()
    from colorization.photographs.album import colorize_files

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run = run or untrained(folder / "run")
        print("format  photographs/s  read   see    network  Lab    write")
        for suffix in FORMATS:
            draw(folder / suffix, suffix, megapixels)
            for attempt in ("warm-up", "measured"):
                start = time.perf_counter()
                out = folder / attempt / suffix
                colorize_files([folder / suffix], out, run, say=lambda _: None)
                seconds = time.perf_counter() - start
            parts = shares(folder / suffix, folder / "one", run)
            line = "".join(f"{share:<7.0%}" for share in parts)
            print(f"{suffix:8s}{COUNT / seconds:<15.1f}{line}")
    print("loading the network and starting threads is part of the rate, not of the shares")
    return 0


def untrained(folder: Path) -> Path:
    """A run folder as if finished, with report 002's U-Net at `small`."""
    from colorization.files import write_json
    from colorization.serialization import to_json
    from colorization.training.network_file import save_network
    from experiments.flower_cgan import REPORT
    from experiments.flower_cgan.arms import unet

    config = REPORT.scaled(unet, "small")
    write_json(folder / "config.json", to_json(config))
    save_network(config.network(size=config.recipe.size), folder)
    return folder


def draw(folder: Path, suffix: str, megapixels: float) -> None:
    """Photographs with as much detail as a JPEG file of a camera has."""
    import numpy as np
    from PIL import Image

    folder.mkdir(parents=True)
    width, height = (round((megapixels * 1e6 * ratio) ** 0.5) for ratio in (4 / 3, 3 / 4))
    rng = np.random.default_rng(0)
    for number in range(COUNT):
        coarse = rng.integers(0, 256, (height // 40, width // 40, 3), "uint8")
        image = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
        grain = rng.normal(0, 4, (height, width, 1))
        pixels = np.clip(np.asarray(image) + grain, 0, 255).astype("uint8")
        Image.fromarray(pixels).save(folder / f"{number:02d}.{suffix}")


def shares(folder: Path, out: Path, run: Path) -> list[float]:
    """Of reading, seeing, the network, joining and writing, medians over photographs."""
    from PIL import Image

    from colorization.data.read import read_photograph
    from colorization.photographs.colorizer import Colorizer, join
    from colorization.photographs.save import save

    colorizer, seconds = Colorizer.load(run), {}

    @contextmanager
    def timed(what: str):
        start = time.perf_counter()
        yield
        seconds.setdefault(what, []).append(time.perf_counter() - start)

    for path in sorted(folder.iterdir()):
        with timed("read"):
            photograph = read_photograph(path.read_bytes())
        with timed("see"):
            seen, (height, width) = colorizer.see(Image.fromarray(photograph.rgb))
        with timed("network"):
            predicted = colorizer.predict(seen[None])[0, :height, :width]
        with timed("Lab"):
            join(photograph.rgb, predicted)
        with timed("write"):
            save(photograph, out / path.name)
    typical = [median(values) for values in seconds.values()]
    return [value / sum(typical) for value in typical]


if __name__ == "__main__":
    sys.exit(main())
