"""Input that was made to hurt: one clear line each, no code run, no file outside the target."""

import json
import shutil
import zipfile
from pathlib import Path

import keras
import pytest
from PIL import Image

from colorization.__main__ import main
from colorization.errors import UserError
from colorization.evidence.claims import stored_claims
from colorization.photographs.colorizer import Colorizer
from experiments.__main__ import main as experiments
from tests import ROOT


@pytest.fixture
def run(tmp_path, finished):
    return shutil.copytree(finished("regression"), tmp_path / "a run")


def test_code_in_a_network_is_not_run(run, tmp_path):
    """A Lambda layer carries bytecode; Keras' safe mode refuses it."""
    touched = tmp_path / "touched"

    def harmful(x):
        Path(touched).touch()
        return x

    network = keras.Sequential([keras.Input((16, 16, 1)), keras.layers.Lambda(harmful)])
    touched.unlink()  # building it runs it, loading must not
    network.save(run / "network.keras")
    with pytest.raises(UserError, match="network.keras cannot be loaded") as raised:
        Colorizer.load(run)
    assert "\n" not in str(raised.value) and not touched.exists()


@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_a_network_with_a_damaged_part_is_one_line(run, name, capsys, tmp_path):
    path = run / "network.keras"
    with zipfile.ZipFile(path) as archive:
        parts = {part: archive.read(part) for part in archive.namelist()}
    parts[name] = parts[name][: len(parts[name]) // 2]
    with zipfile.ZipFile(path, "w") as archive:
        for part, data in parts.items():
            archive.writestr(part, data)
    Image.new("L", (8, 8)).save(tmp_path / "gray.png")
    arguments = ["colorize", str(tmp_path / "gray.png"), "--out", str(tmp_path / "out")]
    assert main([*arguments, "--run", str(run)]) == 2
    error = capsys.readouterr().err
    assert "network.keras cannot be loaded" in error and error.count("\n") == 1


@pytest.mark.parametrize(
    "name", ['it\'s "mine".png', " leading.png", "日本 語.png", "a\nb.png", "$(x).png"]
)
def test_odd_names_are_names(run, name, tmp_path):
    Image.new("L", (8, 8)).save(tmp_path / name)
    out = tmp_path / "out folder"
    arguments = ["colorize", str(tmp_path / name), "--out", str(out), "--run", str(run)]
    assert main(arguments) == 0
    assert [path.name for path in out.iterdir()] == [name]


def changed(**sections):
    """`runs.json` with these sections of its first run."""

    def change(folder: Path) -> None:
        runs = json.loads((folder / "runs.json").read_text())
        runs[0].update(sections)
        (folder / "runs.json").write_text(json.dumps(runs))

    return change


def written(name: str, content: str | None):
    """A file of other content, or none."""

    def change(folder: Path) -> None:
        (folder / name).unlink()
        if content is not None:
            (folder / name).write_text(content)

    return change


def packed(archive: str, member: str, content: str | None):
    """A zip file with a member of other content, or without it."""

    def change(folder: Path) -> None:
        with zipfile.ZipFile(folder / archive) as old:
            members = {name: old.read(name) for name in old.namelist()}
        del members[member]
        if content is not None:
            members[member] = content.encode()
        with zipfile.ZipFile(folder / archive, "w") as new:
            for name, data in members.items():
                new.writestr(name, data)

    return change


AS_LEFT = "is not as a run leaves it"
FLOWERS = "batch-64.zip", "seed-0/images.csv"  # of the run that runs.json has first
BASELINE = (
    "baselines.zip",
    "flowers-recognition-all-160-seed0-64px-stretch-rgb-bicubic-upsampled/gray.csv",
)


@pytest.mark.parametrize(
    "change, message",
    [
        (written("runs.json", "{"), "runs.json cannot be read"),
        (written("runs.json", "{}"), "runs.json cannot be read"),
        (written("runs.json", "[3]"), AS_LEFT),
        (written("runs.json", '[{"arm": "flowers"}]'), AS_LEFT),
        (changed(splits={"test": 3}), AS_LEFT),
        (changed(splits=3), AS_LEFT),
        (changed(config={"seed": "x"}), AS_LEFT),
        (changed(data={}), AS_LEFT),
        (changed(cost=None), AS_LEFT),
        (changed(shown={"test-random": {}}), AS_LEFT),
        (written("epochs.csv", ""), "epochs.csv cannot be read (it is empty)"),
        (written("epochs.csv", "arm,seed,epoch,seconds\nbatch-64,0,1"), "it is cut off"),
        (written("epochs.csv", "epoch,seconds\n1,2\n"), AS_LEFT),
        (written("epochs.csv", "arm,seed,epoch,seconds\nbatch-64,0,1,2\n"), f"{AS_LEFT} (loss)"),
        (packed(*FLOWERS, "a,b\n1,2\n"), AS_LEFT),
        (packed(*FLOWERS, None), "has no seed-0/images.csv"),
        (written(FLOWERS[0], "PK"), "cannot be read"),
        (written(FLOWERS[0], None), "cannot be read"),
        (packed(*BASELINE, "split,name\ntest,a\n"), AS_LEFT),
        (packed(*BASELINE, None), "has no flowers-recognition"),
        (written("baselines.zip", None), "cannot be read"),
        (written("baselines.json", "["), "baselines.json cannot be read"),
    ],
)
def test_a_result_that_was_tampered_with_is_one_line(change, message, tmp_path, capsys):
    target = tmp_path / "flower-gan" / "small"
    shutil.copytree(ROOT / "results" / "flower-gan" / "small", target)
    change(target)
    assert experiments(["tables", "flower-gan", "--results", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert message in error and str(target) in error and error.count("\n") == 1


@pytest.mark.parametrize("content", ["<<<<<<< HEAD", "[{}]", "3", '{"number": 1}'])
def test_claims_that_were_tampered_with_are_one_line(content, tmp_path):
    (tmp_path / "flower-gan").mkdir()
    (tmp_path / "flower-gan/claims.json").write_text(content)
    with pytest.raises(UserError, match=r"claims\.json is not as it was rendered") as raised:
        stored_claims(tmp_path / "flower-gan")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "part, field, value",
    [("recipe", "size", "x"), ("recipe", "size", 128), ("objective", "scaling", {"L_range": "x"})],
)
def test_a_configuration_that_is_not_the_networks_is_one_line(run, part, field, value):
    config = json.loads((run / "config.json").read_text())
    config[part][field] = {**config[part][field], **value} if field == "scaling" else value
    (run / "config.json").write_text(json.dumps(config))
    with pytest.raises(UserError, match="config.json is not of a run") as raised:
        Colorizer.load(run)
    assert "\n" not in str(raised.value)
