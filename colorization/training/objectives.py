"""What a network learns and how its output becomes colour.

An objective turns a batch of Lab images into the network's inputs and targets, gives the loss,
and decodes an output into ab, or into Lab where the network gives lightness too. Objectives are
frozen dataclasses: they are part of a run's stored configuration, and colouring a photograph later
needs nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Literal

import keras
import numpy as np

from colorization.colour import ab_bins
from colorization.colour.guided import enlarge_along
from colorization.colour.lab import lab_to_rgb, rgb_to_lab
from colorization.colour.scaling import RAW, LabScaling
from colorization.serialization import LATER

PIXEL_LOSSES = {"L1": "MeanAbsoluteError", "MSE": "MeanSquaredError"}  # of `keras.losses`


@dataclass(frozen=True)
class AbRegression:
    """Regress ab from L, and from the image's class where there are any.

    Args:
        scaling: what the network sees and gives. The logged loss is in scaled units.
        error: "MSE" or "L1", the mean over pixels and both channels.
        classes: 0, or the number of image classes; the network then also sees a plane of zeros
            or ones for each.
    """

    scaling: LabScaling = RAW
    error: Literal["MSE", "L1"] = "MSE"
    classes: int = 0

    output_channels = 2

    def inputs(self, lab, labels=None):
        """Lab `[B, H, W, 1 or 3]` and class indices `[B]` to what the network sees."""
        L = self.scaling.scale_L(lab[..., :1])
        if not self.classes:
            return L
        planes = keras.ops.one_hot(keras.ops.cast(labels, "int32"), self.classes)[:, None, None, :]
        planes = keras.ops.broadcast_to(planes, (*keras.ops.shape(L)[:3], self.classes))
        return keras.ops.concatenate([L, planes], axis=-1)

    def examples(self, lab, class_weights=None, labels=None):
        """Lab `[B, H, W, 3]` to `(inputs, ab)`, both scaled."""
        return self.inputs(lab, labels), self.scaling.scale_ab(lab[..., 1:])

    def loss(self) -> keras.losses.Loss:
        return getattr(keras.losses, PIXEL_LOSSES[self.error])()

    def metrics(self) -> list[keras.metrics.Metric]:
        return []

    def class_statistics(self, lab_batches):
        return None

    def decode(self, outputs, inputs=None):
        """Network outputs to ab in Lab units, float32 `[B, H, W, 2]`."""
        return self.scaling.unscale_ab(keras.ops.cast(outputs, "float32"))


@dataclass(frozen=True)
class RgbRegression:
    """Regress RGB from gray: the luma of ITU-R 601-2 as Pillow rounds it, not Lab's L.

    Args:
        low: black, in the network's units; white is 1. 0 after a ReLU or sigmoid, -1 after tanh.
        error: "MSE" or "L1", the mean over pixels and channels.
    """

    low: float = 0.0
    error: Literal["MSE", "L1"] = "MSE"

    classes = 0
    output_channels = 3

    def inputs(self, lab, labels=None):
        """Lab `[B, H, W, 3]` to the scaled gray image `[B, H, W, 1]`; L alone is a gray image."""
        if lab.shape[-1] == 1:
            lab = keras.ops.pad(lab, [(0, 0)] * 3 + [(0, 2)])
        return self._gray(_rgb8(lab))

    def examples(self, lab, class_weights=None, labels=None):
        """Lab `[B, H, W, 3]` to `(gray, RGB)`, both scaled."""
        rgb = _rgb8(lab)
        return self._gray(rgb), self._scale(rgb)

    def _gray(self, rgb):
        luma = keras.ops.sum(
            rgb * np.array([0.299, 0.587, 0.114], "float32"), axis=-1, keepdims=True
        )
        return self._scale(keras.ops.floor(luma + 0.5))

    def _scale(self, values):
        return self.low + (1.0 - self.low) * values / 255.0

    def loss(self) -> keras.losses.Loss:
        return getattr(keras.losses, PIXEL_LOSSES[self.error])()

    def metrics(self) -> list[keras.metrics.Metric]:
        return []

    def class_statistics(self, lab_batches):
        return None

    def decode(self, outputs, inputs=None):
        """Network outputs, clipped to black and white, to Lab `[B, H, W, 3]` with its own L."""
        outputs = keras.ops.cast(outputs, "float32")
        rgb = (outputs - self.low) / (1.0 - self.low)
        return rgb_to_lab(keras.ops.clip(rgb, 0.0, 1.0))

    def output_measures(self, batches: Iterable[np.ndarray]) -> dict[str, float]:
        """How outputs, in batches `[B, H, W, 3]`, meet their bounds.

        Returns:
            share_above_white (of values; a cast to uint8 without clipping wraps them round to
            black) and constant_channels (of 3: a channel that is the same everywhere is dead).
        """
        above = values = 0
        low, high = np.full(3, np.inf), np.full(3, -np.inf)
        for outputs in batches:
            above, values = above + int((outputs > 1.0).sum()), values + outputs.size
            low = np.minimum(low, outputs.min(axis=(0, 1, 2)))
            high = np.maximum(high, outputs.max(axis=(0, 1, 2)))
        return {
            "share_above_white": above / values,
            "constant_channels": int((low == high).sum()),
        }


def _rgb8(lab):
    """Lab to sRGB in 0..255, whole numbers: the 8-bit image again."""
    return keras.ops.floor(lab_to_rgb(lab) * 255.0 + 0.5)


@dataclass(frozen=True)
class Rebalancing:
    """Class weights against the rarity of saturated colours.

    Args:
        smoothing: "index", a Gaussian over the class index as Dietrich et al. ran it, or "ab", a
            Gaussian over ab space as Zhang et al. mean it.
        sigma: its standard deviation, in indices or Lab units.
        uniform_share: lambda, the share of the uniform distribution.
    """

    smoothing: Literal["index", "ab"] = "index"
    sigma: float = 5.0
    uniform_share: float = 0.5

    def smooth(self, prior: np.ndarray) -> np.ndarray:
        smooth = {"index": ab_bins.smooth_over_index, "ab": ab_bins.smooth_over_ab}
        return smooth[self.smoothing](prior, self.sigma)


@dataclass(frozen=True)
class AbClassification:
    """Classify every pixel into one of the 313 ab bins with a cross-entropy.

    The weighted loss is the plain mean over pixels of weight times cross-entropy, not divided by
    the sum of the weights, as the authors wrote it.

    Args:
        rebalancing: class weights, or None for equal ones.
        neighbours: 1 trains on the nearest bin; more on the soft encoding over that many.
        temperature: of the decoding; 0 takes the most probable bin.
        saturation: factor on the decoded ab. A temperature below 1 takes colours that are likely,
            and so less of each.
        scaling: of the input L.
        block: side, in pixels, of the squares that the network gives one answer for, the mean of
            their ab.
        guided: decoded colours of blocks are enlarged along the edges of the lightness: the
            epsilon of `enlarge_along`; 0 enlarges them bilinearly.
        adjusted: train the logits with the logarithm of the class weights added, so that what the
            network gives are the probabilities without rebalancing (Menon et al. 2021, "Long-tail
            learning via logit adjustment").
    """

    rebalancing: Rebalancing | None = None
    neighbours: int = 1
    temperature: float = 0.0
    scaling: LabScaling = RAW
    block: int = field(default=1, metadata=LATER)
    adjusted: bool = field(default=False, metadata=LATER)
    saturation: float = field(default=1.0, metadata=LATER)
    guided: float = field(default=0.0, metadata=LATER)

    classes = 0

    def inputs(self, lab, labels=None):
        """Lab `[B, H, W, 1 or 3]` to the scaled L."""
        return self.scaling.scale_L(lab[..., :1])

    def examples(self, lab, class_weights=None, labels=None):
        """Lab `[B, H, W, 3]` to `(L, target)` or `(L, target, weight)`.

        The target is the class index `[B, H, W]`, or a distribution `[B, H, W, 313]`.
        """
        L, ab = self.inputs(lab), lab[..., 1:]
        if self.block > 1:
            ab = keras.ops.average_pool(ab, self.block, strides=self.block)  # on JAX it needs both
        nearest = ab_bins.encode_nearest(ab)
        target = nearest
        if self.neighbours > 1:
            target = ab_bins.encode_soft(ab, self.neighbours)
        if class_weights is None:
            return L, target
        return (
            L,
            target,
            keras.ops.take(keras.ops.convert_to_tensor(class_weights, "float32"), nearest),
        )

    def loss(self) -> keras.losses.Loss:
        if self.neighbours > 1:
            return keras.losses.CategoricalCrossentropy(from_logits=True)
        return keras.losses.SparseCategoricalCrossentropy(from_logits=True)

    def metrics(self) -> list[keras.metrics.Metric]:
        """Share of pixels whose most probable bin is the right one, unweighted."""
        if self.neighbours > 1:
            return [keras.metrics.CategoricalAccuracy(name="accuracy")]
        return [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]

    def class_statistics(self, lab_batches) -> dict[str, np.ndarray] | None:
        """What rebalancing draws from the training images, or None without rebalancing.

        Returns:
            "prior", "smoothed" and "weight", each float64 `[313]`.
        """
        if self.rebalancing is None:
            return None
        prior = class_prior(lab_batches)
        smoothed = self.rebalancing.smooth(prior)
        weight = ab_bins.rebalancing_weights(smoothed, self.rebalancing.uniform_share)
        return {"prior": prior, "smoothed": smoothed, "weight": weight}

    def decode(self, outputs, inputs=None):
        """Logits, and what the network saw, to ab in Lab units, float32 `[B, H, W, 2]`."""
        ab = self.saturation * ab_bins.decode(outputs, self.temperature)
        if self.block == 1:
            return ab
        if self.guided:
            return enlarge_along(ab, self.scaling.unscale_L(inputs), self.guided)
        size = tuple(side * self.block for side in ab.shape[1:3])
        return keras.ops.image.resize(ab, size, interpolation="bilinear")


def class_prior(lab_batches) -> np.ndarray:
    """Share of pixels in each of the 313 bins.

    Args:
        lab_batches: iterable of Lab `[B, H, W, 3]`.

    Returns:
        float64 `[313]`, summing to 1.
    """
    counts = np.zeros(ab_bins.BINS)
    for lab in lab_batches:
        nearest = keras.ops.convert_to_numpy(ab_bins.encode_nearest(lab[..., 1:]))
        counts += np.bincount(nearest.ravel(), minlength=ab_bins.BINS)
    return counts / counts.sum()


Objective = AbRegression | AbClassification | RgbRegression


def objective_from_json(stored: dict) -> Objective:
    """The objective that `to_json` wrote into a run's configuration."""
    types = (AbRegression, AbClassification, RgbRegression, Rebalancing, LabScaling)
    by_name: dict[str, Callable] = {type_.__name__: type_ for type_ in types}
    fields = {
        key: objective_from_json(value) if isinstance(value, dict) else value
        for key, value in stored.items()
        if key != "type"
    }
    return by_name[stored["type"]](**fields)
