"""What one sees while a run trains: a bar on a terminal, curves and images in TensorBoard."""

import io
import re
import sys

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from colorization.errors import UserError
from colorization.evaluation.tensorboard import TensorBoard
from colorization.training.epochs import read_epochs
from tests.tiny import runs as tiny

pytestmark = pytest.mark.usefixtures("data_folder")


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_gets_a_bar_with_epoch_speed_and_time_left(tmp_path, monkeypatch):
    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    tiny.run("regression", tmp_path / "run", say=lambda _: None, epochs=2)
    states = screen.getvalue().split("\r")
    assert any("epoch 1/2:" in state and "images/s" in state and "<" in state for state in states)
    assert any(re.match(r"epoch 2/2: 100%.* 44/44 ", state) for state in states), states
    assert states[-1].strip() == ""  # it leaves no trace


def test_a_log_gets_one_line_an_epoch_and_no_bar(tmp_path, capsys):
    tiny.run("pretrained", tmp_path / "run")
    written = capsys.readouterr()
    lines = [line for line in written.out.splitlines() if line.startswith("epoch ")]
    assert [line.split()[1] for line in lines] == [f"{n}/6" for n in range(1, 7)]
    assert all("images/s" in line and "left" in line for line in lines)
    assert "|" not in written.err


@pytest.mark.parametrize(
    "name", [pytest.param("classification", marks=pytest.mark.slow), "pretrained"]
)
def test_tensorboard_shows_what_the_epoch_log_has_and_coloured_images(name, tmp_path):
    tiny.run(name, tmp_path / "run", say=lambda _: None, options={"watchers": (TensorBoard,)})
    events = EventAccumulator(str(tmp_path / "run" / "tensorboard"), {"images": 0}).Reload()
    epochs = read_epochs(tmp_path / "run" / "epochs.csv")
    for tag in ("training/loss", "validation/loss"):
        column = "val_loss" if tag.startswith("validation") else "loss"
        logged = {event.step: event.value for event in events.Scalars(tag)}
        stored = {row["epoch"]: row[column] for row in epochs if column in row}
        assert logged == pytest.approx(stored, rel=1e-5)
    images = events.Images("coloured")
    assert [event.step for event in images] == [1, 2, 3, 4, 5, 6]
    grid = np.asarray(Image.open(io.BytesIO(images[-1].encoded_image_string)))
    assert grid.shape == (3 * 16, 5 * 16, 3)
    gray, _, original = np.split(grid.astype(int), 3)
    assert np.ptp(gray, axis=-1).max() <= 1 and np.ptp(original, axis=-1).max() > 50


def test_tensorboard_changes_nothing_of_the_run(tmp_path):
    tiny.run("adversarial", tmp_path / "plain", say=lambda _: None, epochs=2)
    tiny.run(
        "adversarial",
        tmp_path / "watched",
        say=lambda _: None,
        epochs=2,
        options={"watchers": (TensorBoard,)},
    )
    logs = [read_epochs(tmp_path / name / "epochs.csv") for name in ("plain", "watched")]
    for rows in zip(*logs, strict=True):
        one, other = ({k: v for k, v in row.items() if "second" not in k} for row in rows)
        assert one == other


def test_tensorboard_without_its_package_names_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(UserError, match="pip install -r .*requirements/tensorboard.txt"):
        tiny.run(
            "regression", tmp_path / "run", say=lambda _: None, options={"watchers": (TensorBoard,)}
        )
