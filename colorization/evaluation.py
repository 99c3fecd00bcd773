"""Predictions judged: one row per image, measures of the whole set, and tiles for the grids."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import keras
import numpy as np
from keras import ops

from colorization.ab_bins import AB_BINS, GRAY_BIN, encode_nearest
from colorization.backend import compiled
from colorization.data.prepare import PreparedSet
from colorization.errors import UserError
from colorization.lab import images_to_lab, lab_to_rgb
from colorization.metrics import ClassCounts, auc_of_pixels, image_measures

# L `[B, H, W, 1]` to ab `[B, H, W, 2]`, or to Lab `[B, H, W, 3]` of a method that gives its own
# lightness, all in Lab units. The true ab comes along for the baselines that need it (the ground
# truth itself) and for networks whose gray input is not L; a network that takes L never sees it.
# A third argument, class indices `[B]`, is given where `evaluate` was given labels.
Predictor = Callable[..., np.ndarray]


BASELINES = ("gray", "mean ab", "mean ab given L", "nearest bin", "ground truth")


@dataclass
class Evaluation:
    """What came out for one split.

    Attributes:
        rows: one dict per image: name and `image_measures`, with accuracy.
        measures: of the whole set.
    """

    rows: list[dict] = field(default_factory=list)
    measures: dict = field(default_factory=dict)


def lab_batches(
    images: PreparedSet, split: str, batch_size: int, rows: np.ndarray | None = None
) -> Iterator[np.ndarray]:
    """The split's images (or some rows of it) in Lab units, float32 `[B, H, W, 3]`, in order."""
    array = images.images(split)
    rows = np.arange(len(array)) if rows is None else rows
    for start in range(0, len(rows), batch_size):
        batch = ops.convert_to_tensor(array[rows[start : start + batch_size]])
        yield ops.convert_to_numpy(images_to_lab(batch, images.space))


def spread_rows(count: int, limit: int | None) -> np.ndarray:
    """At most `limit` of `count` rows, evenly spread; all if there is no limit."""
    if limit is None or count <= limit:
        return np.arange(count)
    return np.linspace(0, count - 1, limit).round().astype(int)


def network_predictor(
    network, objective, batch_statistics: bool, decode: Callable | None = None
) -> Predictor:
    """A trained network as a predictor; nothing is dropped out.

    Args:
        network: functional, the objective's inputs to its output.
        objective: scales the input and decodes the output.
        batch_statistics: normalise with each batch's own statistics (no `eval()`), else with the
            running averages.
        decode: network outputs to what is returned instead of Lab units.
    """
    decode = decode or objective.decode
    judged = without_dropout(network) if batch_statistics else network

    @compiled
    def outputs(inputs, *variables):
        # Stateless: with batch statistics a plain call would move the running averages.
        found, _ = judged.stateless_call(*variables, inputs, training=batch_statistics)
        return decode(found)

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


def with_lightness(L: np.ndarray, predicted: np.ndarray) -> np.ndarray:
    """A prediction, ab or Lab, as Lab `[..., 3]`, float32."""
    parts = [predicted] if predicted.shape[-1] == 3 else [L, predicted]
    return np.concatenate(parts, axis=-1).astype("float32")


def displayed(L: np.ndarray, ab: np.ndarray) -> np.ndarray:
    """L `[..., 1]` and ab `[..., 2]`, or Lab, in Lab units to 8-bit sRGB `[..., 3]`."""
    rgb = lab_to_rgb(with_lightness(L, ab))
    return np.rint(ops.convert_to_numpy(rgb) * 255).astype("uint8")


def evaluate(
    images: PreparedSet,
    split: str,
    predict: Predictor,
    *,
    batch_size: int = 10,
    expected: str | None = None,
    palette: np.ndarray | None = None,
    limit: int | None = None,
    labelled: bool = False,
    extra: Callable | None = None,
) -> Evaluation:
    """Judge a predictor on a split.

    Args:
        images: the prepared set.
        split: "train", "val" or "test".
        predict: see `Predictor`.
        batch_size: images given to the predictor at once.
        expected: digest of the set that the run recorded.
        palette: ab of the shapes' colours `[S, 2]`, for the confusion matrix of form images.
        limit: judge at most so many images, evenly spread over the split.
        labelled: give the predictor the images' class indices.
        extra: (true Lab, predicted Lab) of an image to a dict of further measures.

    Raises:
        UserError: the set is not the recorded one.
    """
    if expected is not None and images.digest != expected:
        raise UserError(
            f"{images.folder} is not the set that this run was trained on; restore it, or delete "
            "the run folder to train on the new one"
        )
    result, classes, shapes = Evaluation(), ClassCounts(), ShapeCounts(palette)
    names = images.names(split)
    rows = spread_rows(len(names), limit)
    labels = images.labels(split) if labelled else None
    judged, measured = 0, []
    with ThreadPoolExecutor() as threads:  # what an image costs is NumPy's work
        waiting = ()  # for the measures of a batch, while the next is predicted
        for lab in lab_batches(images, split, batch_size, rows):
            L, ab = lab[..., :1], lab[..., 1:]
            batch = rows[judged : judged + len(lab)]
            given = () if labels is None else (labels[batch],)
            whole = with_lightness(L, np.asarray(predict(L, ab, *given)))
            predicted = whole[..., 1:]
            bins = ops.convert_to_numpy(encode_nearest(ab))
            predicted_bins = ops.convert_to_numpy(encode_nearest(predicted))
            parts = lab, displayed(L, ab), whole, displayed(L, whole), bins, predicted_bins
            measured += waiting
            waiting = threads.map(partial(_measures, extra), *parts)
            classes.add(bins, predicted_bins, auc_of_pixels(predicted - ab))
            shapes.add(ab, predicted)
            judged += len(lab)
        measured += waiting
    result.rows = [{"name": names[row], **one} for row, one in zip(rows, measured, strict=True)]
    result.measures = {
        **_rounded(classes.measures()),
        **shapes.measures(),
        "images": len(result.rows),
    }
    return result


def _measures(extra, lab, rgb, predicted, rgb_predicted, bins, predicted_bins) -> dict:
    """The measures of one image."""
    right = bins == predicted_bins
    measures = image_measures(lab, rgb, predicted[..., 1:], rgb_predicted)
    measures["accuracy"] = right.mean()
    measures["accuracy_coloured"] = _mean(right, bins != GRAY_BIN)
    if extra is not None:
        measures.update(extra(lab, predicted))
    return _rounded(measures)


def _mean(values, where) -> float:
    return float(values[where].mean()) if where.any() else float("nan")


def _rounded(measures: dict) -> dict:
    return {name: float(f"{value:.6g}") for name, value in measures.items()}


class ShapeCounts:
    """Pixels of each shape by the shape whose colour they were given."""

    def __init__(self, palette: np.ndarray | None):
        self.palette = palette
        self.counts = None if palette is None else np.zeros((len(palette),) * 2, "int64")

    def add(self, ab: np.ndarray, predicted: np.ndarray) -> None:
        if self.palette is None:
            return
        true, given = self._nearest(ab), self._nearest(predicted)
        np.add.at(self.counts, (true.ravel(), given.ravel()), 1)

    def _nearest(self, ab):
        return np.square(ab[..., None, :] - self.palette).sum(axis=-1).argmin(axis=-1)

    def measures(self) -> dict:
        return {} if self.counts is None else {"confusion": self.counts.tolist()}


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


def sample_tiles(
    images: PreparedSet,
    split: str,
    predict: Predictor,
    rows: list[int],
    batch_size: int,
    quantised: bool,
    labelled: bool = False,
) -> tuple[np.ndarray, list[str]]:
    """Pixels for a grid: a column for each image, the report's rows from top to bottom.

    Predicts in the same batches as `evaluate`, since batch statistics depend on them.

    Args:
        rows: which images of the split.
        quantised: add the original in 313 colours, as report 001 shows it.
        labelled: as in `evaluate`.

    Returns:
        uint8 mosaic `[rows * size, columns * size, 3]` and the row labels.
    """
    columns, labels_of = {}, images.labels(split) if labelled else None
    everything = np.arange(len(images.names(split)))
    for start in sorted({row // batch_size * batch_size for row in rows}):
        batch = everything[start : start + batch_size]
        (lab,) = lab_batches(images, split, batch_size, batch)
        L, ab = lab[..., :1], lab[..., 1:]
        given = () if labels_of is None else (labels_of[batch],)
        shown = [np.zeros_like(ab), np.asarray(predict(L, ab, *given)), ab]
        if quantised:
            shown.append(AB_BINS[ops.convert_to_numpy(encode_nearest(ab))])
        for row in np.intersect1d(rows, batch):
            i = row - start
            columns[row] = np.concatenate([displayed(L[i], one[i]) for one in shown])
    labels = ["gray", "re-coloured", "original", "original, 313 colours"]
    mosaic = np.concatenate([columns[row] for row in rows], axis=1)
    return mosaic, labels[: 4 if quantised else 3]
