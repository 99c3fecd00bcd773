"""Order, flips and shares of batches; datasets that resume."""

import keras
import numpy as np
import pytest

from colorization.data.batches import (
    batches_per_epoch,
    epoch_batches,
    epoch_rows,
    evaluation_dataset,
    moved,
    training_dataset,
)

COUNT = 23


@pytest.fixture
def images(tmp_path):
    """A memory map of 23 images of 2x3 px that differ from each other and from their mirror."""
    pixels = np.arange(COUNT * 2 * 3, dtype="uint8").reshape(COUNT, 2, 3, 1)
    np.save(tmp_path / "images.npy", np.repeat(pixels, 3, axis=3))
    return np.load(tmp_path / "images.npy", mmap_mode="r")


def epoch(images, batch_size=5, *, seed=0, epoch=0, reshuffle=True, flip=False):
    batches = epoch_batches(
        images, batch_size, seed=seed, epoch=epoch, reshuffle=reshuffle, flip=flip
    )
    return [np.array(batch) for batch in batches]


def order(batches):
    """Which image each one is, mirrored or not."""
    return [int(image.min()) // 6 for batch in batches for image in batch]


@pytest.mark.parametrize(
    ("count", "size", "batches"), [(23, 5, 5), (20, 5, 4), (1, 10, 1), (10, 10, 1), (11, 10, 2)]
)
def test_batches_of_an_epoch(count, size, batches):
    assert batches_per_epoch(count, size) == batches
    assert len(epoch(np.zeros((count, 1, 1, 3), "uint8"), size)) == batches


def test_every_image_comes_once_an_epoch_and_the_last_batch_is_smaller(images):
    for number in range(3):
        batches = epoch(images, epoch=number)
        assert [len(batch) for batch in batches] == [5, 5, 5, 5, 3]
        assert sorted(order(batches)) == list(range(COUNT))
        for image, index in zip(np.concatenate(batches), order(batches), strict=True):
            np.testing.assert_array_equal(image, images[index])
    assert batches[0].dtype == np.uint8


def test_moved_images_are_mirrored_at_the_margin():
    images = np.random.default_rng(0).integers(0, 256, (4, 5, 7, 3), "uint8")
    by = np.array([[0, 0], [2, -3], [-5, 1], [1, 7]])
    for image, (down, right), found in zip(images, by, moved(images, by), strict=True):
        wide = np.pad(image, [(5, 5), (7, 7), (0, 0)], mode="symmetric")
        np.testing.assert_array_equal(found, wide[5 - down : 10 - down, 7 - right : 14 - right])


def test_images_move_by_the_most_that_is_allowed_and_no_further():
    images = np.random.default_rng(0).integers(0, 256, (200, 8, 8, 3), "uint8")
    draws = {"seed": 0, "epoch": 1, "reshuffle": True, "flip": False, "move": 2}
    by = np.concatenate([by for _, _, by in epoch_rows(200, 32, **draws)])
    assert {*by.ravel()} == {-2, -1, 0, 1, 2}
    rows = np.concatenate([rows for rows, *_ in epoch_rows(200, 32, **draws)])
    batches = np.concatenate(list(epoch_batches(images, 32, **draws)))
    np.testing.assert_array_equal(batches, moved(images[rows], by))


def test_the_order_is_a_function_of_seed_and_epoch(images):
    orders = {
        (seed, number): tuple(order(epoch(images, seed=seed, epoch=number)))
        for seed in (0, 1, 2)
        for number in (0, 1, 2)
    }
    assert len(set(orders.values())) == 9
    assert tuple(range(COUNT)) not in orders.values()
    np.random.seed(99)  # nobody else's generator matters
    assert tuple(order(epoch(images, seed=1, epoch=2))) == orders[1, 2]
    assert tuple(order(epoch(images, 7, seed=1, epoch=2))) == orders[1, 2]


def test_without_reshuffling_one_random_order_is_kept(images):
    def kept(number, seed=0):
        return order(epoch(images, seed=seed, epoch=number, reshuffle=False))

    assert kept(0) == kept(5) == order(epoch(images, epoch=0))
    # Files are sorted, often by class: in that order, a batch would be of one kind.
    assert kept(0) != list(range(COUNT)) and kept(0) != kept(0, seed=1)


def test_flips_mirror_about_half_of_the_images_left_to_right(images):
    flipped = 0
    for number in range(20):
        batches = epoch(images, epoch=number, flip=True)
        assert order(batches) == order(epoch(images, epoch=number))
        for image, index in zip(np.concatenate(batches), order(batches), strict=True):
            original = images[index]
            mirrored = not np.array_equal(image, original)
            np.testing.assert_array_equal(image, original[:, ::-1] if mirrored else original)
            flipped += mirrored
    assert 0.4 < flipped / (20 * COUNT) < 0.6


def test_flips_are_a_function_of_seed_and_epoch(images):
    def flips(seed, number):
        return np.concatenate(epoch(images, seed=seed, epoch=number, reshuffle=False, flip=True))

    np.testing.assert_array_equal(flips(0, 0), flips(0, 0))
    assert not np.array_equal(flips(0, 0), flips(0, 1))
    assert not np.array_equal(flips(0, 0), flips(1, 0))


def test_flipping_leaves_the_array_alone():
    images = np.arange(12, dtype="uint8").reshape(2, 1, 2, 3)
    before = images.copy()
    for number in range(5):
        epoch(images, 2, epoch=number, reshuffle=False, flip=True)
    np.testing.assert_array_equal(images, before)


def dataset(images, first_epoch, epochs=4, **changes):
    settings = {"seed": 3, "reshuffle": True, "flip": True, **changes}
    return training_dataset(images, 5, first_epoch=first_epoch, epochs=epochs, **settings)


def test_a_resumed_dataset_is_the_tail_of_the_undisturbed_one(images):
    whole = list(dataset(images, 0).as_numpy_iterator())
    assert len(whole) == 4 * 5
    for first in (1, 3, 4):
        tail = list(dataset(images, first).as_numpy_iterator())
        assert len(tail) == (4 - first) * 5
        for batch, expected in zip(tail, whole[first * 5 :], strict=True):
            np.testing.assert_array_equal(batch, expected)


def test_a_dataset_is_its_epochs_end_to_end(images):
    whole = list(dataset(images, 1, 3).as_numpy_iterator())
    expected = [
        batch for number in (1, 2) for batch in epoch(images, seed=3, epoch=number, flip=True)
    ]
    for batch, other in zip(whole, expected, strict=True):
        np.testing.assert_array_equal(batch, other)


def test_datasets_know_their_length_and_element(images):
    assert int(dataset(images, 1).cardinality()) == 3 * 5
    spec = dataset(images, 0).element_spec
    assert spec.shape.as_list() == [None, 2, 3, 3] and spec.dtype.name == "uint8"


def test_evaluation_takes_the_images_once_in_their_order(images):
    batches = evaluation_dataset(images, 10)
    assert int(batches.cardinality()) == 3
    np.testing.assert_array_equal(np.concatenate(list(batches.as_numpy_iterator())), images)


def test_nobody_waits_for_a_thread_that_tunes_buffers(images):
    for batches in (dataset(images, 0), evaluation_dataset(images, 10)):
        assert batches.options().autotune.enabled is False


LABELS = np.arange(COUNT, dtype="uint8") * 7


def test_labels_stay_with_their_images(images):
    settings = {"seed": 0, "epoch": 2, "reshuffle": True, "flip": True}
    batches = list(epoch_batches(images, 5, labels=LABELS, **settings))
    plain = list(epoch_batches(images, 5, **settings))
    assert [len(labels) for _, labels in batches] == [5, 5, 5, 5, 3]
    for (batch, labels), without in zip(batches, plain, strict=True):
        np.testing.assert_array_equal(batch, without)  # labels change neither order nor flips
        np.testing.assert_array_equal(labels, [7 * index for index in order([batch])])


def test_datasets_with_labels(images):
    batches = dataset(images, 1, 2, labels=LABELS)
    assert [spec.dtype.name for spec in batches.element_spec] == ["uint8", "uint8"]
    for batch, labels in batches.as_numpy_iterator():
        np.testing.assert_array_equal(labels, [7 * index for index in order([batch])])
    batches = list(evaluation_dataset(images, 10, LABELS).as_numpy_iterator())
    np.testing.assert_array_equal(np.concatenate([batch for batch, _ in batches]), images)
    np.testing.assert_array_equal(np.concatenate([labels for _, labels in batches]), LABELS)


def test_without_tensorflow_the_batches_are_the_same(images, monkeypatch):
    of_tensorflow = list(dataset(images, 1, labels=LABELS).as_numpy_iterator())
    plain = list(dataset(images, 1).as_numpy_iterator())
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    for given, expected in zip(dataset(images, 1, labels=LABELS), of_tensorflow, strict=True):
        for one, other in zip(given, expected, strict=True):
            np.testing.assert_array_equal(one, other)
    for given, expected in zip(dataset(images, 1), plain, strict=True):
        np.testing.assert_array_equal(*given, expected)
    for labels in (None, LABELS):
        batches = evaluation_dataset(images, 10, labels)
        for _ in range(2):  # again and again
            parts = [batches[i] for i in range(len(batches))]
            arrays = [np.concatenate(part) for part in zip(*parts, strict=True)]
            assert len(arrays) == (1 if labels is None else 2)
            np.testing.assert_array_equal(arrays[0], images)
            np.testing.assert_array_equal(arrays[-1], images if labels is None else LABELS)
