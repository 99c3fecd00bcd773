"""Images held by the device give the run that images sent to it give, on either backend."""

from pathlib import Path

import keras
import numpy as np
import pytest

from colorization.backend import compiled
from colorization.data.batches import (
    ResidentImages,
    epoch_batches,
    epoch_rows,
    stacked,
    stacks_per_epoch,
)
from colorization.errors import UserError
from colorization.training import checkpoint, options
from colorization.training import run as runs
from colorization.training.epochs import read_epochs
from tests.tiny import runs as tiny

pytestmark = pytest.mark.usefixtures("data_folder")


@pytest.mark.parametrize("move", [0, 3])
def test_gathered_batches_are_those_put_together_on_the_host(move):
    images = np.random.default_rng(0).integers(0, 256, (23, 4, 6, 3), "uint8")
    resident = ResidentImages(images, move=move > 0)
    gather = compiled(resident.gather)
    draws = {"seed": 3, "epoch": 2, "reshuffle": True, "flip": True, "move": move}
    rows = epoch_rows(len(images), 5, **draws)
    for drawn, batch in zip(rows, epoch_batches(images, 5, **draws), strict=True):
        np.testing.assert_array_equal(gather(*drawn), batch)


def trained(folder: Path, name: str, **options):
    """Losses of each epoch, and the final weights."""
    tiny.run(name, folder, say=lambda _: None, epochs=2, **options)
    rows = read_epochs(folder / "epochs.csv")
    losses = [{k: v for k, v in row.items() if "second" not in k} for row in rows]
    network = keras.saving.load_model(folder / "network.keras", compile=False)
    return losses, network.get_weights()


def assert_close(one, other):
    for a, b in zip(one[0], other[0], strict=True):
        assert a == pytest.approx(b, rel=1e-4)
    for a, b in zip(one[1], other[1], strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-3)


def assert_same(one, other):
    assert one[0] == other[0]
    for a, b in zip(one[1], other[1], strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(
    "name", [pytest.param("classification", marks=pytest.mark.slow), "adversarial"]
)
def test_either_feeding_gives_the_same_run(name, tmp_path):
    host = trained(tmp_path / "host", name, options={"feeding": "host"})
    assert_same(host, trained(tmp_path / "device", name, options={"feeding": "device"}))


@pytest.mark.parametrize(
    "name", [pytest.param("regression", marks=pytest.mark.slow), "adversarial"]
)
def test_several_steps_per_execution_give_the_same_run(name, tmp_path, monkeypatch):
    one = trained(tmp_path / "one", name)
    monkeypatch.setattr(runs, "has_accelerator", lambda: True)
    monkeypatch.setattr(runs, "STEPS_PER_EXECUTION", {"tensorflow": 5})  # of an epoch's 5
    assert runs.calls_per_epoch(22, 5, resident=False) == (5, 5)
    assert runs.calls_per_epoch(60, 5, resident=False) == (12, 4)
    assert_same(one, trained(tmp_path / "several", name))


@pytest.mark.parametrize("count, most, numbers", [(23, 3, (3, 1, 1)), (20, 9, (4,)), (3, 9, (1,))])
def test_stacked_batches_are_an_epochs_batches_in_their_order(count, most, numbers):
    draws = {"seed": 3, "epoch": 2, "reshuffle": True, "flip": True}
    batches = list(epoch_rows(count, 5, **draws))
    found = list(stacked(batches, most))
    assert tuple(stack[0] for stack in found) == numbers
    assert len(found) == stacks_per_epoch(count, 5, most)
    whole = [tuple(part.shape for part in parts) for _, *parts in found if len(parts[0][0]) == 5]
    assert len(set(whole)) <= 1  # the same shapes, so one compiled call
    taken = [tuple(p[i] for p in parts) for number, *parts in found for i in range(number)]
    for drawn, given in zip(batches, taken, strict=True):
        for one, other in zip(drawn, given, strict=True):
            np.testing.assert_array_equal(one, other)


def test_images_that_take_too_much_of_the_device_stay_on_the_host(monkeypatch):
    images = np.zeros((5, 4, 4, 3), "uint8")
    size = images.nbytes
    for room, resident in ((None, False), (4 * size - 4, False), (4 * size, True)):
        monkeypatch.setattr(options, "memory", lambda room=room: room)
        assert runs.RunOptions().holds_on_device(images) is resident
    assert not runs.RunOptions(devices=2).holds_on_device(images)
    with pytest.raises(UserError, match="holds the images on one device"):
        runs.RunOptions(devices=2, feeding="device").holds_on_device(images)


def test_checkpoints_do_not_hold_the_images(tmp_path, monkeypatch):
    counts, save = [], checkpoint.save

    def noted(path, variables, epoch):
        counts.append((path.name, len(variables)))
        save(path, variables, epoch)

    monkeypatch.setattr(checkpoint, "save", noted)
    for feeding in ("host", "device"):
        tiny.run(
            "regression",
            tmp_path / feeding,
            epochs=1,
            options={"feeding": feeding},
            say=lambda _: None,
        )
    half = len(counts) // 2
    assert counts[:half] == counts[half:] != []


JAX = """
import sys
from pathlib import Path
from colorization.training import run
from tests.training.test_feeding import assert_close, trained
import keras
assert keras.backend.backend() == "jax"
for name in sys.argv[1:] or ["adversarial"]:
    host = trained(Path(name + "-host"), name, options={"feeding": "host"})
    run.has_accelerator = lambda: True
    run.STEPS_PER_EXECUTION = {"jax": 3}  # of an epoch's 4 and a smaller one
    assert_close(host, trained(Path(name + "-device"), name, options={"feeding": "device"}))
print("same")
"""


def test_on_jax_many_steps_are_one_compiled_call_and_give_the_same_run(on_jax):
    assert on_jax(JAX) == "same"
