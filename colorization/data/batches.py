"""From prepared arrays to batches: seeded order, optional flips and moves, uint8 all the way.

Batches travel as uint8 and become Lab inside the compiled training step, so that the way to the
device is short and every backend sees the same numbers. Order, flips and moves of an epoch are a
function of (seed, epoch) alone: a run that resumes at epoch k sees what the undisturbed run saw.
"""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import keras
import numpy as np
from keras import ops


class ResidentImages:
    """All training images in the device's memory; batches are gathered there by their rows.

    Args:
        images: uint8 `[N, H, W, C]`.
        move: whether any image is moved; see `moved`.
    """

    def __init__(self, images: np.ndarray, move: bool = False):
        self.move = move
        self.variables = []
        if keras.backend.backend() == "jax":
            # A compiled function would hold a plain array as a constant, written out in its code.
            self.variables = [keras.Variable(images, trainable=False, dtype="uint8", name="images")]
            self.images = self.variables[0]
        else:
            self.images = ops.convert_to_tensor(np.asarray(images))

    def gather(self, rows, mirrored, by):
        """Images `[B, H, W, C]` of rows `[B]`, some mirrored left to right, moved `by` `[B, 2]`."""
        images = ops.take(self.images, rows, axis=0)
        images = ops.where(mirrored[:, None, None, None], images[:, :, ::-1], images)
        return moved(images, by, ops) if self.move else images


def moved(images, by, arrays=np):
    """Images `[B, H, W, C]`, each moved `by` `[B, 2]` pixels down and right; what comes in is
    mirrored at the margin. `arrays` is `numpy` or `keras.ops`."""
    for axis, side in ((1, images.shape[1]), (2, images.shape[2])):
        place = arrays.arange(side, dtype="int32")[None] - by[:, axis - 1 : axis]
        place = arrays.where(place < 0, -1 - place, place)
        place = arrays.where(place >= side, 2 * side - 1 - place, place)
        place = arrays.expand_dims(place, (2, 3) if axis == 1 else (1, 3))
        images = arrays.take_along_axis(images, place, axis=axis)
    return images


def batches_per_epoch(count: int, batch_size: int) -> int:
    """Number of batches, the last smaller one included."""
    return -(-count // batch_size)


def stacks_per_epoch(count: int, batch_size: int, most: int) -> int:
    """Number of stacks of at most `most` batches; see `stacked`."""
    return -(-(count // batch_size) // most) + (count % batch_size > 0)


def stacked(batches: Iterable[tuple], most: int) -> Iterator[tuple]:
    """Batches of one size in a row, put one upon the other: a loop over them is one compiled call.

    Args:
        batches: tuples of arrays `[B, ...]` of one epoch; only the last one may be smaller.
        most: in one stack.

    Yields:
        their number, int32, and arrays `[most, B, ...]`, noughts beyond that number. A smaller
        batch is a stack of its own, `[1, B, ...]`.
    """
    for _, alike in itertools.groupby(batches, lambda batch: len(batch[0])):
        room = 0  # of every stack what the first one takes, so that all are one compiled call
        while taken := list(itertools.islice(alike, most)):
            room = room or len(taken)
            parts = (np.stack(part) for part in zip(*taken, strict=True))
            short = room - len(taken)
            yield (
                np.int32(len(taken)),
                *(np.pad(p, [(0, short)] + [(0, 0)] * (p.ndim - 1)) for p in parts),
            )


def epoch_batches(
    images: np.ndarray,
    batch_size: int,
    *,
    labels: np.ndarray | None = None,
    host: tuple[int, int] = (0, 1),
    **draws: Any,
) -> Iterator:
    """One epoch of batches.

    Args:
        images: uint8 `[N, H, W, C]`, usually a memory map.
        batch_size, draws: see `epoch_rows`.
        labels: uint8 `[N]`, class indices, or None.
        host: its number and how many there are: it gets that share of each batch.

    Yields:
        uint8 `[B, H, W, C]`, or a pair of it and the images' labels `[B]`.
    """
    for drawn in epoch_rows(len(images), batch_size, **draws):
        share = share_of(len(drawn[0]), host)
        rows, mirrored, by = (part[share] for part in drawn)
        batch = images[rows]
        batch[mirrored] = batch[mirrored, :, ::-1]
        if by.any():
            batch = moved(batch, by)
        yield batch if labels is None else (batch, labels[rows])


def share_of(count: int, host: tuple[int, int]) -> slice:
    """A host's share of a batch of `count`."""
    index, hosts = host
    return slice(index * count // hosts, (index + 1) * count // hosts)


def epoch_rows(
    count: int,
    batch_size: int,
    *,
    seed: int,
    epoch: int,
    reshuffle: bool,
    flip: bool,
    move: int = 0,
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """What the batches of an epoch are made of.

    Args:
        count: of images.
        batch_size: the last batch holds what is left.
        seed, epoch: determine order, flips and moves.
        reshuffle: draw a new order each epoch, else keep the first epoch's.
        flip: mirror each image left to right with probability 1/2.
        move: pixels that each image is moved by at most, down or up, and right or left.

    Yields:
        rows of the array, int32 `[B]`, which of them are mirrored, bool `[B]`, and what they are
        moved by, int32 `[B, 2]`.
    """
    random = np.random.default_rng([seed, epoch])
    order = (random if reshuffle else np.random.default_rng([seed, 0])).permutation(count)
    for start in range(0, count, batch_size):
        rows = order[start : start + batch_size].astype("int32")
        mirrored = random.random(len(rows)) < 0.5 if flip else np.zeros(len(rows), bool)
        by = np.zeros((len(rows), 2), "int32")
        if move:
            by = random.integers(-move, move, by.shape, "int32", endpoint=True)
        yield rows, mirrored, by


def training_dataset(
    images: np.ndarray,
    batch_size: int,
    *,
    seed: int,
    first_epoch: int,
    epochs: int,
    reshuffle: bool = True,
    flip: bool = False,
    move: int = 0,
    labels: np.ndarray | None = None,
    resident: bool = False,
    most: int = 1,
    host: tuple[int, int] = (0, 1),
):
    """The batches of epochs `first_epoch` .. `epochs - 1`, end to end: for TensorFlow a
    `tf.data.Dataset`, else a generator.

    To be given to `fit` with `steps_per_epoch`, so that the next epoch's first batches are
    fetched while the last ones train.

    Args:
        resident: give rows, mirrorings and moves instead of images, for a model that holds the
            images; on JAX in stacks of at most `most` batches, see `stacked`.
        host: see `epoch_batches`.
    """
    draws: dict[str, Any] = {"seed": seed, "reshuffle": reshuffle, "flip": flip, "move": move}
    on_tensorflow = keras.backend.backend() == "tensorflow"

    def one_epoch(epoch: int):
        if not resident:
            given = {"labels": labels, "host": host, **draws}
            return epoch_batches(images, batch_size, epoch=epoch, **given)
        batches: Iterator = epoch_rows(len(images), batch_size, epoch=epoch, **draws)
        if labels is not None:
            batches = ((*drawn, labels[drawn[0]]) for drawn in batches)
        return batches if on_tensorflow else stacked(batches, most)

    def batches():
        return itertools.chain.from_iterable(map(one_epoch, range(first_epoch, epochs)))

    if not on_tensorflow:
        return _as_tuples(batches())
    count = (epochs - first_epoch) * batches_per_epoch(len(images), batch_size)
    drawn: list = [("int32", ()), ("bool", ()), ("int32", (2,))]
    parts = drawn if resident else [("uint8", images.shape[1:])]
    return _dataset(batches, count, parts, labels)


def evaluation_dataset(
    images: np.ndarray,
    batch_size: int,
    labels: np.ndarray | None = None,
    host: tuple[int, int] = (0, 1),
):
    """One pass over the images in their own order, again and again: for TensorFlow a
    `tf.data.Dataset`, else a `keras.utils.PyDataset`."""
    if keras.backend.backend() != "tensorflow":
        return _InOrder(images, batch_size, labels, host)

    def batches():
        for start in range(0, len(images), batch_size):
            batch = images[start : start + batch_size]
            yield batch if labels is None else (batch, labels[start : start + batch_size])

    count = batches_per_epoch(len(images), batch_size)
    return _dataset(batches, count, [("uint8", images.shape[1:])], labels)


class _InOrder(keras.utils.PyDataset):
    def __init__(self, images, batch_size, labels, host):
        super().__init__()
        self.host = host
        self.arrays = (images,) if labels is None else (images, labels)
        self.batch_size = batch_size

    def __len__(self):
        return batches_per_epoch(len(self.arrays[0]), self.batch_size)

    def __getitem__(self, place):
        rows = slice(place * self.batch_size, (place + 1) * self.batch_size)
        batch = [array[rows] for array in self.arrays]
        share = share_of(len(batch[0]), self.host)
        return tuple(np.asarray(part[share]) for part in batch)


def _as_tuples(batches: Iterable) -> Iterator[tuple]:
    """As Keras wants what a generator gives."""
    return (batch if isinstance(batch, tuple) else (batch,) for batch in batches)


def _dataset(batches, count, parts, labels):
    """Batches of parts, each of a type and the shape of one of its examples."""
    import tensorflow as tf

    if labels is not None:
        parts = [*parts, (labels.dtype, ())]
    specs = tuple(tf.TensorSpec((None, *shape), dtype) for dtype, shape in parts)
    signature = specs if len(specs) > 1 else specs[0]
    dataset = tf.data.Dataset.from_generator(batches, output_signature=signature)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(count)).prefetch(4)
    return without_tuning(dataset)


def without_tuning(dataset):
    """A `tf.data.Dataset` that leaves its buffers as they are.

    The thread that would tune them looks at them after 10, 20, 40, ... ms, and whoever ends an
    iteration waits for its next look, for as long as it has run already.
    """
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
