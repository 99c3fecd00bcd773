"""The form images of report 001: those of its authors, and those that are drawn here."""

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from colorization.data import archives, download, forms, roots
from colorization.data.source import SPLITS, Splits, image_files
from colorization.files import lock, replacing


@dataclass(frozen=True)
class DietrichForms:
    """The form data set published with report 001: 200 / 100 / 200 drawings of 224 px.

    Where it can't be had, `GeneratedForms` with the same counts stands in.
    """

    key = "forms-authors"
    title = "form data set of the report's authors"
    licence = "not stated by its authors"
    strict = True
    url = (
        "https://github.com/Alban999/Grayscale-Image-Colorization/raw/master/"
        "Classification/form_Datasets.zip"
    )
    sha256 = "40b695b552dd9061b2cbe780a4d1e369dad0365ffe29b2aceee152b94141092a"
    folders = {"train": "training", "val": "validation", "test": "testing"}

    @property
    def stand_in(self) -> "GeneratedForms":
        return GeneratedForms()

    def files(self) -> Splits:
        pattern = "form_Datasets/training"
        training = roots.find(pattern, f"*/{pattern}", f"*/*/{pattern}")
        folder = training.parent if training else self._unpack()
        return {split: image_files(folder / name) for split, name in self.folders.items()}

    def _unpack(self) -> Path:
        home = roots.write_root() / "forms"
        target = home / "unpacked"
        archive = roots.find("form_Datasets.zip", "*/form_Datasets.zip")
        with download.fetching(self.title, self.licence, str(archive or self.url), home):
            if not target.exists():
                archive = archive or download.fetch(
                    [self.url], home / "form_Datasets.zip", sha256=self.sha256
                )
                archives.unpack(archive, target)
        return target / "form_Datasets"


@dataclass(frozen=True)
class GeneratedForms:
    """Form images drawn here, any number of them (see `colorization.data.forms`).

    Args:
        train, val, test: number of images.
        size: height and width in pixels.
        seed: of the generator; the splits never share an image.
        jitter_lightness: draw the set in which lightness does not give the shape away.
    """

    train: int = 200
    val: int = 100
    test: int = 200
    size: int = 224
    seed: int = 0
    jitter_lightness: bool = False

    title = "generated forms"
    licence = "Apache-2.0 (drawn by this code)"
    strict = True

    @property
    def key(self) -> str:
        jitter = "-jittered" if self.jitter_lightness else ""
        counts = f"{self.train}-{self.val}-{self.test}"
        return f"forms-generated{jitter}-{counts}-{self.size}px-seed{self.seed}"

    def files(self) -> Splits:
        folder = roots.write_root() / "forms" / self.key
        with lock(folder, lambda: None):  # another process that draws them is done in seconds
            return {split: list(self._draw(folder, split)) for split in SPLITS}

    def _draw(self, folder: Path, split: str):
        count, stream = getattr(self, split), 3 * self.seed + SPLITS.index(split)
        target = folder / split
        target.mkdir(parents=True, exist_ok=True)
        paths = [target / f"{index:05d}.png" for index in range(count)]
        if all(path.exists() for path in paths):
            return paths
        images = forms.generate_forms(
            count, size=self.size, seed=stream, jitter_lightness=self.jitter_lightness
        )
        for path, (rgb, _) in zip(paths, images, strict=True):
            with replacing(path) as part:
                Image.fromarray(rgb).save(part, format="png")
        return paths
