"""Predictions judged: a row an image, measures of the whole set, and what was answered."""

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pandas as pd
from keras import ops
from skimage.color import rgb2lab

from colorization.colour.ab_bins import encode_nearest
from colorization.colour.ab_grid import GRAY_BIN
from colorization.colour.lab import lab_to_rgb
from colorization.data.prepared import PreparedSet
from colorization.errors import UserError
from colorization.evaluation.colour_distance import between_histograms, colour_distance
from colorization.evaluation.kernel_distance import SetDistance, image_features
from colorization.evaluation.metrics import ClassCounts, auc_of_pixels, image_measures
from colorization.evaluation.predictors import Predictor, lab_batches
from colorization.evaluation.told_apart import features, told_apart
from colorization.results.samples import to_8_bits


@dataclass
class Evaluation:
    """What came out for one split.

    Attributes:
        rows: one dict per image: name and `image_measures`, with accuracy, and what the measures
            of the whole set owe the image: `colour_distance`, `told_apart` and, of photographs if
            the weights of its network are at hand, `kid`.
        measures: of the whole set.
        answers: what was predicted for each image, as `colorization.results.samples` keeps it:
            8-bit ab `[H, W, 2]`, or sRGB `[H, W, 3]` of a method that gives its own lightness.
    """

    rows: list[dict] = field(default_factory=list)
    measures: dict = field(default_factory=dict)
    answers: list[np.ndarray] = field(default_factory=list)


def spread_rows(count: int, limit: int | None) -> np.ndarray:
    """At most `limit` of `count` rows, evenly spread; all if there is no limit."""
    if limit is None or count <= limit:
        return np.arange(count)
    return np.linspace(0, count - 1, limit).round().astype(int)


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
    distance = SetDistance(image_features() if palette is None else None)
    judged = 0
    measured: list[tuple] = []
    with ThreadPoolExecutor(os.cpu_count()) as threads:  # what an image costs is NumPy's work
        waiting: Iterable[tuple] = ()  # for the measures of a batch, while the next is predicted
        for lab in lab_batches(images, split, batch_size, rows):
            L, ab = lab[..., :1], lab[..., 1:]
            batch = rows[judged : judged + len(lab)]
            given = () if labels is None else (labels[batch],)
            answer = np.asarray(predict(L, ab, *given))
            whole = with_lightness(L, answer)
            predicted = whole[..., 1:]
            bins = ops.convert_to_numpy(encode_nearest(ab))
            predicted_bins = ops.convert_to_numpy(encode_nearest(predicted))
            rgb = displayed(L, whole)
            originals = displayed(L, ab)
            parts = lab, originals, whole, rgb, bins, predicted_bins
            result.answers += list(to_8_bits(answer) if answer.shape[-1] == 2 else rgb)
            measured += waiting
            waiting = threads.map(partial(_measures, extra), *parts)
            classes.add(bins, predicted_bins, auc_of_pixels(predicted - ab))
            shapes.add(ab, predicted)
            distance.add(originals, rgb)
            judged += len(lab)
        measured += waiting
    found, histograms, seen = zip(*measured, strict=True)
    of_set = {
        "colour_distance": colour_distance(list(histograms), lab[0, ..., 0].size),
        "told_apart": told_apart(*np.moveaxis(np.stack(seen), 1, 0)),
        **distance.column(),
    }
    result.rows = _rows([names[row] for row in rows], list(found), of_set)
    result.measures = {
        **_rounded(classes.measures()),
        **shapes.measures(),
        "images": len(result.rows),
    }
    return result


def _rows(names: list[str], found: list[dict], of_set: dict[str, np.ndarray]) -> list[dict]:
    """A row an image: its own measures, and what it adds to those of the whole set."""
    columns = pd.DataFrame(of_set).to_dict("records")
    return [
        {"name": name, **one, **_rounded(of_one)}
        for name, one, of_one in zip(names, found, columns, strict=True)
    ]


def _measures(
    extra, lab, rgb, predicted, rgb_predicted, bins, predicted_bins
) -> tuple[dict, np.ndarray, np.ndarray]:
    """The measures of one image, and what those of the set are made of."""
    right = bins == predicted_bins
    measures = image_measures(lab, rgb, predicted[..., 1:], rgb_predicted)
    measures["accuracy"] = right.mean()
    measures["accuracy_coloured"] = _mean(right, bins != GRAY_BIN)
    if extra is not None:
        measures.update(extra(lab, predicted))
    seen = features(lab[..., 0], *(rgb2lab(shown)[..., 1:] for shown in (rgb, rgb_predicted)))
    return _rounded(measures), between_histograms(lab, predicted[..., 1:]), seen


def _mean(values, where) -> float:
    return float(values[where].mean()) if where.any() else float("nan")


def _rounded(measures: dict) -> dict:
    return {name: float(f"{value:.6g}") for name, value in measures.items()}


class ShapeCounts:
    """Pixels of each shape by the shape whose colour they were given."""

    def __init__(self, palette: np.ndarray | None):
        self.palette = palette
        self.counts = np.zeros((0 if palette is None else len(palette),) * 2, "int64")

    def add(self, ab: np.ndarray, predicted: np.ndarray) -> None:
        if self.palette is None:
            return
        true, given = self._nearest(ab), self._nearest(predicted)
        np.add.at(self.counts, (true.ravel(), given.ravel()), 1)

    def _nearest(self, ab):
        return np.square(ab[..., None, :] - self.palette).sum(axis=-1).argmin(axis=-1)

    def measures(self) -> dict:
        return {} if self.palette is None else {"confusion": self.counts.tolist()}
