"""A trained network, or a baseline, as a function from L to ab."""

from collections.abc import Callable, Iterator

import keras
import numpy as np
from keras import ops

from colorization.backend import compiled
from colorization.colour.ab_bins import encode_nearest
from colorization.colour.ab_grid import AB_BINS
from colorization.colour.lab import images_to_lab
from colorization.data.prepared import PreparedSet

# L `[B, H, W, 1]` to ab `[B, H, W, 2]`, or to Lab `[B, H, W, 3]` of a method that gives its own
# lightness, all in Lab units. The true ab comes along for the baselines that need it (the ground
# truth itself) and for networks whose gray input is not L; a network that takes L never sees it.
# A third argument, class indices `[B]`, is given where `evaluate` was given labels.
Predictor = Callable[..., np.ndarray]

BASELINES = ("gray", "mean ab", "mean ab given L", "nearest bin", "ground truth")


def lab_batches(
    images: PreparedSet, split: str, batch_size: int, rows: np.ndarray | None = None
) -> Iterator[np.ndarray]:
    """The split's images (or some rows of it) in Lab units, float32 `[B, H, W, 3]`, in order."""
    array = images.images(split)
    rows = np.arange(len(array)) if rows is None else rows
    for start in range(0, len(rows), batch_size):
        batch = ops.convert_to_tensor(array[rows[start : start + batch_size]])
        yield ops.convert_to_numpy(images_to_lab(batch, images.space))


def network_predictor(
    network, objective, batch_statistics: bool, decode: Callable | None = None
) -> Predictor:
    """A trained network as a predictor; nothing is dropped out.

    Args:
        network: functional, the objective's inputs to its output.
        objective: scales the input and decodes the output.
        batch_statistics: normalise with each batch's own statistics (no `eval()`), else with the
            running averages.
        decode: network outputs and inputs to what is returned instead of Lab units.
    """
    decode = decode or objective.decode
    judged = without_dropout(network) if batch_statistics else network

    @compiled
    def outputs(inputs, *variables):
        # Stateless: with batch statistics a plain call would move the running averages.
        found, _ = judged.stateless_call(*variables, inputs, training=batch_statistics)
        return decode(found, inputs)

    def predict(L, ab=None, labels=None):
        groups = network.trainable_variables, network.non_trainable_variables
        variables = [[variable.value for variable in group] for group in groups]
        lab = L if ab is None else np.concatenate([L, ab], axis=-1)
        inputs = objective.inputs(ops.convert_to_tensor(lab), labels)
        return ops.convert_to_numpy(outputs(inputs, *variables))

    return predict


def without_dropout(network) -> keras.Model:
    """A functional network whose dropout layers drop nothing in training mode; new variables, in
    the same order."""

    def copy(layer):
        twin = type(layer).from_config(layer.get_config())
        if isinstance(twin, keras.layers.Dropout):
            twin.rate = 0.0
        return twin

    return keras.models.clone_model(network, clone_function=copy)


def baselines(images: PreparedSet) -> dict[str, Predictor]:
    """Predictors that every network has to beat, from the training split alone.

    Returns:
        "gray" (ab = 0), "mean ab" (of the training pixels), "mean ab given L" (by L rounded to
        units), "nearest bin" (the original in 313 colours: the ceiling of classification), and
        "ground truth".
    """
    mean, table = _training_means(images)

    def nearest_bin(L, ab):
        return AB_BINS[ops.convert_to_numpy(encode_nearest(ab))]

    predictors = (
        lambda L, ab: np.zeros_like(ab),
        lambda L, ab: np.broadcast_to(mean, ab.shape),
        lambda L, ab: table[np.rint(L[..., 0]).astype(int)],
        nearest_bin,
        lambda L, ab: ab,
    )
    return dict(zip(BASELINES, predictors, strict=True))


def _training_means(images: PreparedSet) -> tuple[np.ndarray, np.ndarray]:
    """Mean ab `[2]`, and mean ab for each L of 0..100 `[101, 2]` (the overall mean where none)."""
    sums, pixels = np.zeros((101, 2)), np.zeros(101)
    for lab in lab_batches(images, "train", 50):
        level = np.rint(lab[..., 0]).astype(int).ravel()
        pixels += np.bincount(level, minlength=101)
        for channel in (0, 1):
            values = lab[..., 1 + channel].ravel()
            sums[:, channel] += np.bincount(level, weights=values, minlength=101)
    mean = sums.sum(axis=0) / pixels.sum()
    table = np.where(pixels[:, None] > 0, sums / np.maximum(pixels, 1)[:, None], mean)
    return mean.astype("float32"), table.astype("float32")
