"""CycleGAN: its pool of images, its losses by hand, and who is joined with whom."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

from colorization.backend import compiled
from colorization.colour.lab import images_to_lab
from colorization.training import stages
from colorization.training.callbacks import training_state
from colorization.training.config import CycleAdversary
from colorization.training.image_pool import ImagePool
from tests.tiny import runs as tiny
from tests.training.adversarial_helpers import copy_of, fitted

SIZE, BATCH = 8, 4
pytestmark = pytest.mark.usefixtures("data_folder")


@pytest.fixture(autouse=True)
def seeded():
    keras.utils.set_random_seed(0)


def numbered(first, count):
    """Images that are their number all over."""
    numbers = np.arange(first, first + count, dtype="float32")
    return np.broadcast_to(numbers[:, None, None, None], (count, 2, 2, 1))


def exchange(pool, images) -> list[int]:
    """The numbers of the images that come out; each is whole."""
    out = ops.convert_to_numpy(pool.exchange(images))
    assert (out == out[:, :1, :1]).all() and out.dtype == np.float32
    return out[:, 0, 0, 0].astype(int).tolist()


def stored(pool) -> list[int]:
    return ops.convert_to_numpy(pool.stored)[:, 0, 0, 0].astype(int).tolist()


def test_the_pool_returns_what_it_is_given_while_it_fills():
    pool = ImagePool(SIZE, (2, 2, 1))
    assert exchange(pool, numbered(1, 4)) == [1, 2, 3, 4]
    assert exchange(pool, numbered(5, 3)) == [5, 6, 7]
    assert exchange(pool, numbered(8, 1)) == [8]
    assert stored(pool) == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_full_pool_gives_back_a_stored_image_half_of_the_time():
    pool, rounds = ImagePool(SIZE, (2, 2, 1)), 250
    exchange(pool, numbered(1, 4))
    exchange(pool, numbered(5, 4))
    old, ages = 0, []
    for number in range(rounds):
        before = stored(pool)
        given = list(range(9 + 4 * number, 13 + 4 * number))
        shown = exchange(pool, numbered(given[0], 4))
        left = [image for image, new in zip(shown, given, strict=True) if image != new]
        assert set(left) <= set(before)  # an image that leaves was there
        assert len(set(left)) == len(left)  # from places of its own
        for image, new in zip(shown, given, strict=True):
            if image != new:  # the new one takes its place
                before[before.index(image)] = new
                ages.append(new - image)
        assert stored(pool) == before
        old += len(left)
    assert 0.45 < old / (4 * rounds) < 0.55
    # An image goes with probability 1/4 at each of the following batches, after four on average.
    assert 3.4 < np.mean(ages) / 4 < 4.6


def test_every_place_of_the_pool_is_drawn():
    pool = ImagePool(3, (2, 2, 1))
    exchange(pool, numbered(1, 3))
    first = set()
    for number in range(20):
        first.add(tuple(stored(pool)))
        shown = exchange(pool, numbered(10 + 3 * number, 3))
        assert len(set(shown)) == 3
    assert all(len({state[place] for state in first}) > 5 for place in range(3))


def test_a_smaller_last_batch_takes_fewer_places():
    pool, old = ImagePool(SIZE, (2, 2, 1)), 0
    exchange(pool, numbered(1, SIZE))
    for first, count in ((9, 4), (13, 2), (15, 4), (19, 1), (20, 4)):
        before, given = set(stored(pool)), set(range(first, first + count))
        shown = exchange(pool, numbered(first, count))
        assert len(shown) == count and set(shown) <= before | given
        assert len(set(stored(pool)) - before) == len(set(shown) - given)
        old += len(set(shown) - given)
    assert old > 0


def test_a_pool_that_batches_do_not_fill_evenly_gives_nothing_that_was_not_stored():
    """Three batches of 4 into 10 places: the last of them meets places without an image."""
    for seed in range(5):
        keras.utils.set_random_seed(seed)
        pool = ImagePool(10, (2, 2, 1))
        for first in range(1, 41, 4):
            shown = exchange(pool, numbered(first, 4))
            assert 0 not in shown
            if first >= 9:
                assert 0 not in stored(pool)
    assert int(pool.filled) == 10


def test_the_pool_under_compilation():
    pool = ImagePool(SIZE, (2, 2, 1))
    variables = pool.variables

    def pure(values, images):
        with keras.StatelessScope(list(zip(variables, values, strict=True))) as scope:
            out = pool.exchange(images)
        return out, [scope.get_current_value(variable) for variable in variables]

    values, step = [variable.value for variable in variables], compiled(pure)
    for number in range(4):
        images = numbered(1 + 4 * number, 4)
        out, values = step(values, images)
        np.testing.assert_array_equal(ops.convert_to_numpy(out), pool.exchange(images))
    for value, variable in zip(values, variables, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(value), np.asarray(variable))


# ---------------------------------------------------------------- the game

GENERATOR = partial(tiny.UNET, filters=2)
PAIRED = replace(
    tiny.CYCLE,
    network=GENERATOR,
    adversary=CycleAdversary(
        partial(GENERATOR, inputs=2, outputs=1),
        partial(tiny.DISCRIMINATOR, filters=2),
        cycle_weight=10.0,
        pool=SIZE,
        paired=True,
    ),
)


def built(**changes):
    """The compiled model of a run, as `run` builds it."""
    config = replace(PAIRED, adversary=replace(PAIRED.adversary, **changes))
    return stages.build_stages(Path(), config, tiny.prepared())[-1].model


def photographs(first=0):
    """A batch of prepared images, and their scaled L and ab; no two of them are equal."""
    images = tiny.prepared().images("train")[first : first + BATCH]
    L, ab = PAIRED.objective.examples(images_to_lab(images, "rgb"))
    return images, np.asarray(L), np.asarray(ab)


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, "float64")))


def join(L, ab):
    return np.concatenate([L, ab], axis=-1)


def test_first_batch_by_hand_moves_all_four_networks():
    model = built()
    images, L, ab = photographs()
    builders = {
        "network": GENERATOR,
        "reverse": PAIRED.adversary.reverse,
        "discriminator": partial(PAIRED.adversary.discriminator, channels=3),
        "reverse_discriminator": partial(PAIRED.adversary.discriminator, channels=1),
    }

    def copies():
        return [copy_of(getattr(model, n), partial(b, size=16)) for n, b in builders.items()]

    def run(network, *inputs):
        return np.asarray(network(join(*inputs) if len(inputs) == 2 else inputs[0], training=True))

    before = copies()
    colour, reverse, d_colour, d_lightness = before
    fake_ab, fake_L = run(colour, L), run(reverse, ab)
    real = [sigmoid(run(d_colour, L, ab)), sigmoid(run(d_lightness, L))]
    fake = [sigmoid(run(d_colour, L, fake_ab)), sigmoid(run(d_lightness, fake_L))]
    cycle = np.abs(run(reverse, fake_ab) - L).mean() + np.abs(run(colour, fake_L) - ab).mean()
    history = fitted(model, images, BATCH, 1)

    after = copies()
    answers = [sigmoid(run(after[2], L, fake_ab)), sigmoid(run(after[3], fake_L))]
    expected = {
        "loss_G_cycle": 10.0 * cycle,
        "loss_G_GAN": -sum(np.log(p).mean() for p in answers),
        "loss_D_real": -sum(np.log(p).mean() for p in real),
        "loss_D_fake": -sum(np.log(1 - p).mean() for p in fake),
        "D_real": real[0].mean(),
        "D_fake": fake[0].mean(),
        "D_accuracy": ((real[0] > 0.5).mean() + (fake[0] <= 0.5).mean()) / 2,
    }
    expected["loss_G"] = expected["loss_G_cycle"] + expected["loss_G_GAN"]
    expected["loss_D"] = (expected["loss_D_real"] + expected["loss_D_fake"]) / 2
    assert {name: values[0] for name, values in history.items()} == pytest.approx(
        expected, rel=1e-4
    )
    for old, new in zip(before, after, strict=True):
        for one, other in zip(old.trainable_variables, new.trainable_variables, strict=True):
            assert not np.array_equal(np.asarray(one), np.asarray(other)), one.path


def watch(monkeypatch, network) -> list:
    """What the network is given from now on; some of it can be read after `update` only."""
    given, call = [], network.call

    def watching(inputs, training=None, mask=None):
        given.append(inputs)
        return call(inputs, training=training, mask=mask)

    monkeypatch.setattr(network, "call", watching)
    return given


def key(image):
    return np.asarray(image).tobytes()


@pytest.mark.parametrize("pool_pairs", [True, False])
def test_old_colours_are_shown_with_their_own_lightness_or_the_current(pool_pairs, monkeypatch):
    model = built(pool_pairs=pool_pairs)
    pooled = []
    exchange = model.colour_pool.exchange
    monkeypatch.setattr(
        model.colour_pool, "exchange", lambda images: pooled.append(images) or exchange(images)
    )
    shown = watch(monkeypatch, model.discriminator)
    lightness_of, old = {}, 0
    for number in range(5):
        images, L, _ = photographs(BATCH * number)
        shown.clear()
        model.update(images)
        fake_ab = np.asarray(pooled[-1])[..., -2:]
        for colours, its_own in zip(fake_ab, L, strict=True):
            lightness_of[key(colours)] = its_own
        for image, colours, current in zip(np.asarray(shown[0]), fake_ab, L, strict=True):
            is_old = key(image[..., 1:]) != key(colours)
            old += is_old
            joined = lightness_of[key(image[..., 1:])] if pool_pairs else current
            np.testing.assert_array_equal(image[..., :1], joined)
            if is_old:  # and the two differ
                assert not np.array_equal(lightness_of[key(image[..., 1:])], current)
    assert old >= 3


@pytest.mark.parametrize("paired", [True, False])
def test_unpaired_takes_true_colours_from_another_order(paired, monkeypatch):
    model = built(paired=paired)
    coloured, reversed_, judged = (
        watch(monkeypatch, network)
        for network in (model.network, model.reverse, model.discriminator)
    )
    orders = []
    for number in range(4):
        images, L, ab = photographs(BATCH * number)
        for given in (coloured, reversed_, judged):
            given.clear()
        model.update(images)
        np.testing.assert_array_equal(np.asarray(coloured[0]), L)
        places = [key(image) for image in ab]
        true_ab = np.asarray(reversed_[1])
        orders.append([places.index(key(image)) for image in true_ab])
        assert sorted(orders[-1]) == [0, 1, 2, 3]
        own = [place == row for row, place in enumerate(orders[-1])]
        assert all(own) if paired else not any(own)
        # The discriminator sees true colours with the lightness that they have.
        real = join(L, ab)[orders[-1]]
        np.testing.assert_array_equal(np.asarray(judged[1]), real)
    assert paired or len(set(map(tuple, orders))) > 1


def test_a_checkpoint_holds_the_pools():
    model = built()
    images, *_ = photographs()
    state = {id(variable) for variable in training_state(model)}
    for pool in (model.colour_pool, model.lightness_pool):
        for variable in (pool.stored, pool.filled, pool.seeds.state):
            assert id(variable) in state
    assert id(model.seeds.state) in state
    fitted(model, images, BATCH, 1)
    for pool in (model.colour_pool, model.lightness_pool):
        assert int(pool.filled) == BATCH
        assert np.asarray(pool.stored)[:BATCH].any() and not np.asarray(pool.stored)[BATCH:].any()
