"""Colouring files with a finished run."""

import numpy as np
import pytest
from PIL import Image
from skimage import color

from colorization.__main__ import main
from colorization.colorize import Colorizer, colorize_files
from colorization.errors import UserError
from tests import training_fixtures as tiny


@pytest.fixture(scope="module", params=["regression", "classification"])
def finished(request, tmp_path_factory):
    patch = pytest.MonkeyPatch()
    patch.setenv("COLORIZATION_DATA", str(tmp_path_factory.mktemp("data")))
    folder = tmp_path_factory.mktemp("runs") / "run"
    tiny.run(request.param, folder, epochs=1)
    patch.undo()
    return folder


@pytest.fixture
def photographs(tmp_path):
    folder = tmp_path / "photo graphs"
    (folder / "below").mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(0, 256, (9, 13), "uint8")
    large = Image.fromarray(pixels).resize((61, 37), Image.Resampling.BICUBIC)
    large.save(folder / "gray.png")
    large.convert("RGB").save(folder / "below" / "été.jpg")
    return folder


def test_folder_is_mirrored_at_its_own_resolution(finished, photographs, tmp_path):
    out = tmp_path / "out"
    assert colorize_files(photographs, out, finished, say=lambda _: None) == 0
    written = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.png"))
    assert written == ["below/été.png", "gray.png"]
    with Image.open(out / "gray.png") as image:
        assert image.size == (61, 37) and image.mode == "RGB"


def test_lightness_is_the_photographs_own(finished, photographs):
    with Image.open(photographs / "gray.png") as file:
        image = file.convert("RGB")
    result = Colorizer.load(finished).colorize(image)
    original = color.rgb2lab(np.asarray(image))[..., 0]
    difference = np.abs(color.rgb2lab(np.asarray(result))[..., 0] - original)
    assert np.median(difference) < 1  # only colours outside sRGB may move


def test_prediction_of_the_training_size_is_the_networks(finished):
    colorizer = Colorizer.load(finished)
    L = np.random.default_rng(0).uniform(0, 100, (16, 16)).astype("float32")
    expected = colorizer.objective.decode(colorizer.network(L[None, ..., None], training=False))
    np.testing.assert_allclose(colorizer.predict_ab(L), np.asarray(expected)[0], atol=1e-4)


def test_unreadable_file_is_named_and_the_rest_go_on(finished, photographs, tmp_path, capsys):
    (photographs / "broken.jpg").write_bytes(b"\xff\xd8 not a photograph")
    arguments = ["colorize", str(photographs), "--out", str(tmp_path / "out")]
    assert main([*arguments, "--run", str(finished)]) == 1
    said = capsys.readouterr().out
    assert "broken.jpg: cannot be read" in said and "2 coloured" in said and "1 unreadable" in said


def test_existing_files_stay_unless_told(finished, photographs, tmp_path):
    out = tmp_path / "out"
    (out / "below").mkdir(parents=True)
    (out / "gray.png").write_text("mine")
    colorize_files(photographs, out, finished, say=lambda _: None)
    assert (out / "gray.png").read_text() == "mine"
    colorize_files(photographs, out, finished, overwrite=True, say=lambda _: None)
    assert (out / "gray.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "given, run, message",
    [
        ("nowhere", "run", "nowhere does not exist"),
        ("empty", "run", "holds no images"),
        ("photo", "not-a-run", "is not a run folder"),
        ("photo", "unfinished", "has no checkpoint"),
    ],
)
def test_mistakes_are_named(given, run, message, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "photo").mkdir()
    Image.new("L", (4, 4)).save(tmp_path / "photo" / "a.png")
    (tmp_path / "not-a-run").mkdir()
    (tmp_path / "unfinished").mkdir()
    (tmp_path / "unfinished" / "config.json").write_text("{}")
    with pytest.raises(UserError, match=message):
        colorize_files(tmp_path / given, tmp_path / "out", tmp_path / run)
    assert not (tmp_path / "out").exists()


def test_missing_words_are_named(capsys):
    assert main(["colorize", "", "--out", "", "--run", ""]) == 2
    assert "IN=<file or folder>" in capsys.readouterr().err
