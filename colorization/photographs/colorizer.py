"""A trained network with what turns its output into the colours of a photograph."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from keras import ops
from PIL import Image

from colorization.colour.conversion import recolour
from colorization.colour.lab import rgb_to_lab
from colorization.data.read import Photograph
from colorization.data.recipe import RESAMPLING, Recipe
from colorization.errors import UserError
from colorization.state import stored_config
from colorization.training.network_file import load_network
from colorization.training.objectives import AbClassification, objective_from_json

STRIP = 1 << 17  # pixels coloured at once; they fit a processor's cache


@dataclass(frozen=True)
class Colorizer:
    """A trained network with what turns its output into ab.

    Args:
        network: functional model, the objective's inputs `[B, size, size, C]` to its output.
        objective: scales L and decodes.
        recipe: how its training images were made; photographs are resized by the same filter.
        saturation: factor on the predicted ab; 0 is gray, 1 what the network predicts, above 1
            more vivid.
        strength: from 0, the photograph as it is, to 1, the predicted colours alone; between them
            its own colours and the predicted ones are mixed in Lab. A gray photograph's own are
            gray, so that below 1 strength and saturation do the same for it.
    """

    network: Any
    objective: Any
    recipe: Recipe
    saturation: float = 1.0
    strength: float = 1.0

    @classmethod
    def load(
        cls,
        run: Path,
        temperature: float | None = None,
        saturation: float = 1.0,
        strength: float = 1.0,
    ) -> "Colorizer":
        """From a run folder.

        Args:
            temperature: of the annealed mean over classes instead of the run's own; 0 takes the
                most probable class.
            saturation, strength: see the class.

        Raises:
            UserError: it is not a run folder, the run is not finished, it needs to be told an
                image's class, or it has no classes to which a temperature could apply.
        """
        config = stored_config(run)
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
        return cls(network, objective, recipe, saturation, strength)

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
        inputs = self.objective.inputs(seen[..., None])
        outputs = self.network.predict_on_batch(inputs)
        ab = ops.convert_to_numpy(self.objective.decode(outputs, inputs))[..., -2:]
        return ab if self.saturation == 1 else ab * self.saturation

    def apply(self, rgb: np.ndarray, ab: np.ndarray) -> None:
        """Give a photograph the colours that are predicted for it, in place; see `join`."""
        join(rgb, ab, self.strength)

    def colour(self, photograph: Photograph) -> None:
        """Colour a photograph in place, at its own size."""
        seen, (height, width) = self.see(Image.fromarray(photograph.rgb))
        self.apply(photograph.rgb, self.predict(seen[None])[0, :height, :width])

    def colorize(self, image: Image.Image) -> Image.Image:
        """An RGB image to its coloured version, at its own size."""
        photograph = Photograph(np.array(image))
        self.colour(photograph)
        return Image.fromarray(photograph.rgb)


def join(rgb: np.ndarray, ab: np.ndarray, strength: float = 1.0) -> None:
    """Give an image the colours of a smaller one, in place and strip by strip.

    Args:
        rgb: uint8 `[H, W, 3]`, sRGB.
        ab: float32 `[h, w, 2]` in Lab units, enlarged bilinearly.
        strength: share of these colours, 0 to 1; the rest is the image's own.
    """
    if strength == 0:
        return
    height, width = rgb.shape[:2]
    channels = [Image.fromarray(np.ascontiguousarray(ab[..., i])) for i in (0, 1)]
    rows, step = max(1, STRIP // width), len(ab) / height
    for top in range(0, height, rows):
        strip = rgb[top : top + rows]
        box = (0, top * step, ab.shape[1], min(len(ab), (top + len(strip)) * step))
        size = width, len(strip)
        parts = [channel.resize(size, Image.Resampling.BILINEAR, box) for channel in channels]
        planes = np.stack([np.asarray(part) for part in parts])  # each of a piece, in memory
        colours = np.moveaxis(planes, 0, -1)
        if strength < 1:
            own = ops.convert_to_numpy(rgb_to_lab(strip))[..., 1:]
            colours = own + strength * (colours - own)
        strip[:] = recolour(strip, colours)
