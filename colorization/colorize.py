"""Photographs coloured by a trained run, at their own resolution.

The network sees the photograph's lightness at its own small size, whole and undistorted; only the
ab that it predicts is enlarged, and joined to the lightness at full resolution. No detail is lost.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops
from PIL import Image
from skimage import color, transform

from colorization.data.images import BadImage, read_rgb
from colorization.data.sources import EXTENSIONS, image_files
from colorization.errors import UserError
from colorization.files import replacing
from colorization.training.objectives import objective_from_json
from colorization.training.run import load_network


@dataclass(frozen=True)
class Colorizer:
    """A trained network with what turns its output into ab.

    Args:
        network: functional model, scaled L `[B, size, size, 1]` to the objective's output.
        objective: scales L and decodes.
        size: height and width that the network takes, in pixels.
    """

    network: Any
    objective: Any
    size: int

    @classmethod
    def load(cls, run: Path) -> "Colorizer":
        """From a run folder.

        Raises:
            UserError: it is not a run folder, or the run is not finished.
        """
        if not (run / "config.json").exists():
            raise UserError(f"{run} is not a run folder (no config.json); give one below runs/")
        network = load_network(run)
        config = json.loads((run / "config.json").read_text())
        objective = objective_from_json(config["objective"])
        if objective.classes:
            raise UserError(f"{run} colours by class and photographs have none; choose another run")
        return cls(network, objective, config["recipe"]["size"])

    def predict_ab(self, L: np.ndarray) -> np.ndarray:
        """ab for a lightness image of any size.

        Args:
            L: `[H, W]` in 0..100.

        Returns:
            float32 `[H, W, 2]` in Lab units.
        """
        height, width = L.shape
        factor = self.size / max(height, width)
        inner = max(1, round(height * factor)), max(1, round(width * factor))
        small = transform.resize(L, inner, order=1, anti_aliasing=factor < 1, preserve_range=True)
        margin = [(0, self.size - side) for side in inner]
        square = np.pad(small, margin, mode="symmetric").astype("float32")[None, ..., None]
        outputs = self.network(self.objective.inputs(square), training=False)
        decoded = ops.convert_to_numpy(self.objective.decode(outputs))
        ab = decoded[0, : inner[0], : inner[1], -2:]
        return transform.resize(ab, (height, width), order=1, preserve_range=True)

    def colorize(self, image: Image.Image) -> Image.Image:
        """An RGB photograph to its coloured version, at its own size."""
        L = color.rgb2lab(np.asarray(image))[..., 0]
        lab = np.concatenate([L[..., None], self.predict_ab(L)], axis=-1)
        return Image.fromarray(np.rint(color.lab2rgb(lab) * 255).astype("uint8"))


def colorize_files(given: Path, out: Path, run: Path, overwrite: bool = False, say=print) -> int:
    """Colour one photograph, or all below a folder with their names mirrored.

    Args:
        given: a file or a folder.
        out: folder for the coloured PNG files.
        run: the run folder whose network colours.
        overwrite: replace files that exist; otherwise they are left and counted.
        say: called with lines of text.

    Returns:
        Number of files that could not be read.

    Raises:
        UserError: nothing to colour, or an unusable run.
    """
    jobs = _jobs(given, out)
    colorizer = Colorizer.load(run)
    coloured, kept, failed = 0, 0, 0
    for path, target in jobs:
        if target.exists() and not overwrite:
            kept += 1
            continue
        try:
            image, _ = read_rgb(path.read_bytes())
        except BadImage as reason:
            say(f"{path}: {reason}")
            failed += 1
            continue
        with replacing(target) as part:
            colorizer.colorize(image).save(part, format="png")
        coloured += 1
    parts = [f"{coloured} coloured in {out}"]
    parts += [f"{kept} left as they were (--overwrite replaces them)"] if kept else []
    parts += [f"{failed} unreadable"] if failed else []
    say(", ".join(parts))
    return failed


def _jobs(given: Path, out: Path) -> list[tuple[Path, Path]]:
    """Photographs and where their coloured versions go."""
    if given.is_file():
        return [(given, out / f"{given.stem}.png")]
    if not given.is_dir():
        raise UserError(f"{given} does not exist; give a photograph or a folder of photographs")
    paths = image_files(given)
    if not paths:
        raise UserError(f"{given} holds no images ({', '.join(sorted(EXTENSIONS))})")
    return [(p, (out / p.relative_to(given)).with_suffix(".png")) for p in paths]
