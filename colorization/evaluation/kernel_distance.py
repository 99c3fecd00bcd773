"""How far coloured photographs lie from the originals in the features of a network for ImageNet.

The *kernel inception distance* (Binkowski et al. 2018, "Demystifying MMD GANs") is the unbiased
estimate of the squared maximum mean discrepancy, with the kernel (x.y / d + 1)^3. Here the d = 256
features are those of torchvision's ResNet-18 after its third stage, averaged over the image, in
place of Inception's: any file of its weights gives the same numbers. Without one
(`colorization.models.imagenet_weights`) there is no such column.
"""

import functools
from collections.abc import Callable

import keras
import numpy as np
from PIL import Image

from colorization.backend import compiled
from colorization.evaluation.jackknife import jackknifed
from colorization.models.imagenet_weights import from_torchvision, set_encoder, torchvision_file
from colorization.models.resnet18_unet import resnet18

SIZE = 128  # pixels, of the images that the network is shown

STAGE = 3  # of four

MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet's R, G, B in 0..1

# Mean, deviation and maximum of the features of `_probe`, of torchvision's weights.
KNOWN = (0.1304, 0.1502, 0.8774)

Features = Callable[[np.ndarray], np.ndarray]


@functools.cache
def image_features(say: Callable[[str], None] = print) -> Features | None:
    """(uint8 sRGB `[N, H, W, 3]`) to features `[N, 256]`; None without torchvision's weights.

    Raises:
        UserError: their file is damaged.
    """
    path = torchvision_file()
    if path is None:
        return None
    image = keras.Input((SIZE, SIZE, 3))
    *_, last = resnet18(image, filters=64, stages=STAGE)
    pooled = keras.layers.GlobalAveragePooling2D(dtype="float32")(last)
    network = keras.Model(image, pooled)
    set_encoder(network, from_torchvision(path))
    call = compiled(lambda batch: network(batch, training=False))

    def features(rgb):
        shown = [
            Image.fromarray(one).resize((SIZE, SIZE), Image.Resampling.BILINEAR) for one in rgb
        ]
        given = (np.stack([np.asarray(one) for one in shown]) / 255 - MEAN) / DEVIATION
        return keras.ops.convert_to_numpy(call(given.astype("float32"))).astype(float)

    if not np.allclose(_summary(features(_probe())), KNOWN, rtol=0.01):
        say(f"{path} holds other weights than torchvision's resnet18; KID is left out")
        return None
    return features


def _probe() -> np.ndarray:
    """A picture of ramps, `[1, 128, 128, 3]`."""
    ramp = np.arange(SIZE, dtype="uint8")
    x, y = np.meshgrid(2 * ramp, 2 * ramp)
    return np.stack([x, y, x ^ y], axis=-1)[None]


def _summary(features: np.ndarray) -> tuple[float, float, float]:
    return features.mean(), features.std(), features.max()


def kernel_distance(originals: np.ndarray, coloured: np.ndarray) -> np.ndarray:
    """The distance of a set, as a column whose mean it is.

    It is the mean over pairs of different photographs i, j of k(x_i, x_j) + k(y_i, y_j) - k(x_i,
    y_j) - k(x_j, y_i) (Gretton et al. 2012, lemma 6): nothing compares a photograph with its own
    original. What an image's number is, `jackknifed` says.

    Args:
        originals, coloured: features of N photographs, `[N, d]`.

    Returns:
        `[N]`, in thousandths; the mean is 0 for the originals, and where both are samples of one
        distribution 0 on average. NaN for fewer than three photographs.
    """
    count, width = originals.shape
    if count < 3:
        return np.full(count, np.nan)

    def kernel(one, other):
        return (one @ other.T / width + 1) ** 3

    across = kernel(originals, coloured)
    pairs = kernel(originals, originals) + kernel(coloured, coloured) - across - across.T
    of_each = 1000 * (pairs.sum(axis=1) - np.diag(pairs))
    whole = of_each.sum() / (count * (count - 1))
    return jackknifed(whole, (of_each.sum() - 2 * of_each) / ((count - 1) * (count - 2)))


class SetDistance:
    """The distance of a set whose images come in batches.

    Args:
        features: of images; None for no distance.
    """

    def __init__(self, features: Features | None):
        self.features = features
        self._seen: list[list[np.ndarray]] = []

    def add(self, originals: np.ndarray, coloured: np.ndarray) -> None:
        """Look at a batch, uint8 sRGB `[N, H, W, 3]`."""
        if self.features:
            self._seen.append([self.features(originals), self.features(coloured)])

    def column(self) -> dict[str, np.ndarray]:
        """`kernel_distance` by the name of its column; {} without features."""
        return {"kid": kernel_distance(*np.concatenate(self._seen, axis=1))} if self._seen else {}
