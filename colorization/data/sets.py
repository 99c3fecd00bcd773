"""The sets of photographs of the reports: where each is found, or fetched from."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from colorization.data.collection import (
    Collection,
    Photographs,
    SeededSplit,
    sorted_below,
    split_by_seed,
)
from colorization.data.source import Splits


@dataclass(frozen=True)
class FlowersRecognition(Photographs):
    """The flowers of report 000, from Kaggle: five kinds, 4,317 photographs."""

    name = "flowers-recognition"
    title = "Flowers Recognition"
    licence = "not stated for all of it; most is CC-BY 2.0"
    layouts = ("flowers",)
    classes = ("daisy", "dandelion", "rose", "sunflower", "tulip")
    slug = "alxmamaev/flowers-recognition"

    @property
    def stand_in(self) -> "FlowerPhotos":
        return self._split_of(FlowerPhotos)


@dataclass(frozen=True)
class FlowerPhotos(Photographs):
    """TensorFlow's flowers: the same five kinds, 3,670 photographs."""

    name = "flower-photos"
    title = "TensorFlow's flower photos"
    licence = "CC-BY 2.0"
    layouts = ("flower_photos",)
    classes = ("daisy", "dandelion", "roses", "sunflowers", "tulips")
    archive = (
        "flower_photos.tgz",
        "https://storage.googleapis.com/download.tensorflow.org/example_images/flower_photos.tgz",
    )


class ChengFlowers(Collection):
    """A folder of what the authors of report 002 published."""

    licence = "unknown (collected from the web by the report's authors)"
    home = "flower-500"
    archive = (
        "GAN_Auto_Colorization.zip",
        "https://github.com/chengyih001/GAN_Auto_Colorization/archive/refs/heads/master.zip",
    )


def _in_repository(folder: str) -> tuple[str, str]:
    return f"dataset/{folder}", f"GAN_Auto_Colorization-*/dataset/{folder}"


@dataclass(frozen=True)
class Flower500(ChengFlowers, Photographs):
    """The 500 flowers that report 002 trained and validated on."""

    name = "flower-500"
    title = "the 500 flowers of report 002"
    layouts = _in_repository("flower_500")


@dataclass(frozen=True)
class Flower1497(ChengFlowers, Photographs):
    """All 1,497 different flowers that the authors of report 002 published, in two folders."""

    name = "flower-1497"
    title = "the 1,497 flowers of report 002"
    layouts = _in_repository("flower_1490")

    def photographs(self) -> list[Path]:
        """Images of both folders, sorted by folder and name; of equal files only the first."""
        folder = self._find_or_fetch().parent
        paths = sorted_below(folder, self._images(folder, ("flower_1490", "flower_500")))
        by_content = {hashlib.sha256(path.read_bytes()).digest(): path for path in reversed(paths)}
        return list(reversed(by_content.values()))


@dataclass(frozen=True)
class FlowerSketches(ChengFlowers):
    """Three hand-drawn flowers on which report 002 tried its networks."""

    name = key = "flower-sketches"
    title = "the sketches of report 002"
    layouts = _in_repository("flower_test_sketch")

    def files(self) -> Splits:
        paths = self.photographs()
        return split_by_seed(paths, test=len(paths) or 1, train=0, seed=0, place=self.title)


@dataclass(frozen=True)
class Scenes(Photographs):
    """Outdoor scenes, from Kaggle: six kinds, 14,034 photographs of 150 px.

    They take the place of the scenes of report 003, which were never published.
    """

    name = "scenes"
    title = "Intel's outdoor scenes"
    licence = "not stated; research"
    layouts = ("seg_train/seg_train", "scenes/*.jpg")
    classes = ("buildings", "forest", "glacier", "mountain", "sea", "street")
    slug = "puneet6060/intel-image-classification"


@dataclass(frozen=True)
class ImagenetMini(Photographs):
    """The training part of ImageNet-mini, from Kaggle: 1,000 kinds, 34,745 photographs.

    A part of it may have far more of some kinds than of others; each kind has its turn.
    """

    name = "imagenet-mini"
    title = "ImageNet-mini"
    licence = "ImageNet's terms: non-commercial research and education"
    layouts = ("imagenet-mini/train",)
    slug = "ifigotin/imagenetmini-1000"
    by_turns = True

    @property
    def stand_in(self) -> "Imagenette":
        return self._split_of(Imagenette)


@dataclass(frozen=True)
class Imagenette(Photographs):
    """Ten easy kinds of ImageNet, from fast.ai: 9,469 photographs in its training part."""

    name = "imagenette"
    title = "Imagenette"
    licence = "ImageNet's terms: non-commercial research and education"
    layouts = ("imagenette2-320/train",)
    classes = (
        "n01440764",
        "n02102040",
        "n02979186",
        "n03000684",
        "n03028079",
        "n03394916",
        "n03417042",
        "n03425413",
        "n03445777",
        "n03888257",
    )
    archive = (
        "imagenette2-320.tgz",
        "https://s3.amazonaws.com/fast-ai-imageclas/imagenette2-320.tgz",
    )


@dataclass(frozen=True)
class Coco(SeededSplit):
    """Photographs of COCO, to test on only.

    Args:
        test: number of images.
        seed: of their choice.
    """

    test: int
    seed: int = 0

    train = 0
    name = "coco"
    title = "COCO 2017"
    licence = "each photograph has its own, of Flickr's Creative Commons ones"
    layouts = ("train2017", "val2017")
    archive = ("val2017.zip", "http://images.cocodataset.org/zips/val2017.zip")

    @property
    def key(self) -> str:
        return f"{self.name}-{self.test}-seed{self.seed}"
