"""What a network learns and how its output becomes colour.

An objective turns a batch of Lab images into the network's inputs and targets, gives the loss,
and decodes an output into ab. Objectives are frozen dataclasses: they are part of a run's stored
configuration, and colouring a photograph later needs nothing else.
"""

from dataclasses import dataclass

import keras
import numpy as np
from keras import ops

from colorization import ab_bins
from colorization.lab import RAW, LabScaling


@dataclass(frozen=True)
class AbRegression:
    """Regress ab from L with a mean squared error over pixels and both channels.

    Args:
        scaling: what the network sees and gives. The logged loss is in scaled units squared.
    """

    scaling: LabScaling = RAW

    def examples(self, lab, class_weights=None):
        """Lab `[B, H, W, 3]` to `(L, ab)`, both scaled."""
        L = self.scaling.scale_L(lab[..., :1])
        return L, self.scaling.scale_ab(lab[..., 1:])

    def loss(self) -> keras.losses.Loss:
        return keras.losses.MeanSquaredError()

    def metrics(self) -> list[keras.metrics.Metric]:
        return []

    def class_statistics(self, lab_batches):
        return None

    def decode(self, outputs):
        """Network outputs to ab in Lab units, float32 `[B, H, W, 2]`."""
        return self.scaling.unscale_ab(ops.cast(outputs, "float32"))


@dataclass(frozen=True)
class Rebalancing:
    """Class weights against the rarity of saturated colours.

    Args:
        smoothing: "index", a Gaussian over the class index as Dietrich et al. ran it, or "ab", a
            Gaussian over ab space as Zhang et al. mean it.
        sigma: its standard deviation, in indices or Lab units.
        uniform_share: lambda, the share of the uniform distribution.
    """

    smoothing: str = "index"
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
        scaling: of the input L.
    """

    rebalancing: Rebalancing | None = None
    neighbours: int = 1
    temperature: float = 0.0
    scaling: LabScaling = RAW

    def examples(self, lab, class_weights=None):
        """Lab `[B, H, W, 3]` to `(L, target)` or `(L, target, weight)`.

        The target is the class index `[B, H, W]`, or a distribution `[B, H, W, 313]`.
        """
        L = self.scaling.scale_L(lab[..., :1])
        nearest = ab_bins.encode_nearest(lab[..., 1:])
        target = nearest
        if self.neighbours > 1:
            target = ab_bins.encode_soft(lab[..., 1:], self.neighbours)
        if class_weights is None:
            return L, target
        return L, target, ops.take(ops.convert_to_tensor(class_weights, "float32"), nearest)

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

    def decode(self, outputs):
        """Logits to ab in Lab units, float32 `[B, H, W, 2]`."""
        return ab_bins.decode(outputs, self.temperature)


def class_prior(lab_batches) -> np.ndarray:
    """Share of pixels in each of the 313 bins.

    Args:
        lab_batches: iterable of Lab `[B, H, W, 3]`.

    Returns:
        float64 `[313]`, summing to 1.
    """
    counts = np.zeros(ab_bins.BINS)
    for lab in lab_batches:
        nearest = ops.convert_to_numpy(ab_bins.encode_nearest(lab[..., 1:]))
        counts += np.bincount(nearest.ravel(), minlength=ab_bins.BINS)
    return counts / counts.sum()


def objective_from_json(stored: dict) -> AbRegression | AbClassification:
    """The objective that `to_json` wrote into a run's configuration."""
    types = (AbRegression, AbClassification, Rebalancing, LabScaling)
    by_name = {type_.__name__: type_ for type_ in types}
    fields = {
        key: objective_from_json(value) if isinstance(value, dict) else value
        for key, value in stored.items()
        if key != "type"
    }
    return by_name[stored["type"]](**fields)
