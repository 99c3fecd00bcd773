"""Frames of a video: their order, less flicker, and no colours of a scene that is over."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import color

from colorization.installation import bundled_run
from colorization.photographs.album import colorize_files
from colorization.photographs.frames import MOVED, Steady, in_order
from colorization.photographs.jobs import Job


def job(name):
    return Job(Path(name), Path("out") / name)


def test_frames_come_as_people_count():
    names = ["b/1.png", "a/f10.png", "a/f2.png", "a/f001b3.png", "a/f1.png", "a/x.png"]
    ordered = [str(one.photograph) for one in in_order(map(job, names))]
    assert ordered == [
        *("a/f1.png", "a/f001b3.png", "a/f2.png", "a/f10.png", "a/x.png", "b/1.png"),
    ]


def scene(seed, width=90):
    """A wide photograph, lightness `[40, width]` in 0..255: soft shapes."""
    coarse = np.random.default_rng(seed).integers(60, 200, (6, width // 8), "uint8")
    return np.asarray(Image.fromarray(coarse).resize((width, 40), Image.Resampling.BICUBIC))


def pan(seed, count, step=1):
    """The frames of a camera that moves over a photograph, with the grain of a film."""
    wide, grain = scene(seed, 60 + step * count), np.random.default_rng(seed + 100)
    for place in range(count):
        frame = wide[:, place * step : place * step + 60] + grain.normal(0, 3, (40, 60))
        yield np.clip(frame, 0, 255).astype("uint8")


@pytest.fixture
def film(tmp_path):
    """A folder of 24 frames of two scenes, the second, lighter one from frame 13 on."""
    (tmp_path / "film").mkdir()
    frames = [*pan(1, 12), *(255 - frame // 3 for frame in pan(2, 12))]
    for number, frame in enumerate(frames, 1):
        Image.fromarray(frame).save(tmp_path / "film" / f"frame-{number}.png")
    return tmp_path / "film"


def ab(folder):
    paths = [folder / f"frame-{number}.png" for number in range(1, 25)]
    return np.stack([color.rgb2lab(np.asarray(Image.open(path)))[..., 1:] for path in paths])


def test_a_film_flickers_less_and_a_cut_stays_one(film, tmp_path):
    run = bundled_run()  # the colours of a hardly trained one hardly change
    plain, steady = tmp_path / "plain", tmp_path / "steady"
    colorize_files([film], plain, run, say=lambda _: None)
    colorize_files([film], steady, run, frames=True, say=lambda _: None)
    one, other = ab(plain), ab(steady)
    within = [number for number in range(23) if number != 11]
    flicker = [np.abs(np.diff(each, axis=0))[within].mean() for each in (one, other)]
    assert flicker[0] > 0.5 and flicker[1] < 0.75 * flicker[0], flicker
    np.testing.assert_array_equal(other[[0, 12]], one[[0, 12]])  # scenes begin anew
    assert np.abs(other - one).mean() > 0


def test_what_is_missing_comes_out_as_if_all_were_coloured(film, tmp_path):
    run, out, said = bundled_run(), tmp_path / "out", []
    colorize_files([film], out, run, frames=True, say=said.append)
    whole = {path.name: path.read_bytes() for path in out.iterdir()}
    for name in ("frame-5.png", "frame-20.png"):
        (out / name).unlink()
    (out / "frame-7.png").write_text("mine")
    colorize_files([film], out, run, frames=True, say=said.append)
    assert said[-1].startswith("2 coloured") and "22 left as they were" in said[-1]
    found = {path.name: path.read_bytes() for path in out.iterdir()}
    assert found == {**whole, "frame-7.png": b"mine"}


def test_what_moves_takes_no_colours_of_what_was_there():
    L = np.full((2, 4), 50, "float32")
    red, blue = (np.full((2, 4, 2), value, "float32") for value in (40, -40))
    steady = Steady()
    np.testing.assert_array_equal(steady(Path("a"), L, red), red)
    moved = L + np.array([0, MOVED / 2, MOVED, 2 * MOVED], "float32")
    found = steady(Path("a"), moved, blue)[0, :, 0]
    assert found[0] > found[1] > found[2] == found[3] == -40


def test_another_folder_or_another_size_is_another_film():
    L, red = np.full((2, 4), 50, "float32"), np.full((2, 4, 2), 40, "float32")
    for folder, shape in (("b", (2, 4)), ("a", (4, 2))):
        steady = Steady()
        steady(Path("a"), L, red)
        found = steady(Path(folder), L.reshape(shape), -red.reshape(*shape, 2))
        assert (found == -40).all()
