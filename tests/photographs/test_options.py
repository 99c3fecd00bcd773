"""What may be chosen where photographs are coloured, and what is said of it in one line."""

import os
import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from skimage import color

from colorization import installation
from colorization.__main__ import main
from colorization.photographs.colorizer import Colorizer, join
from experiments import every_report
from tests import ROOT


@pytest.fixture
def album(tmp_path):
    """A folder with a gray photograph and a faded one that has colours of its own."""
    (tmp_path / "album").mkdir()
    rng = np.random.default_rng(0)
    gray = Image.fromarray(rng.integers(90, 170, (9, 13), "uint8")).resize((60, 40))
    gray.save(tmp_path / "album" / "gray.png")
    faded = np.asarray(gray.convert("RGB")) + np.array([25, 0, -20])
    Image.fromarray(faded.astype("uint8")).save(tmp_path / "album" / "faded.png")
    return tmp_path / "album"


def lab(path):
    with Image.open(path) as image:
        return color.rgb2lab(np.asarray(image.convert("RGB")))


def coloured(album, name, run, *options):
    """Lab of a photograph coloured by the command."""
    out = album.parent / ("out" + "".join(options))
    arguments = ["colorize", str(album), "--out", str(out), "--run", str(run), *options]
    assert main(arguments) == 0
    return lab(out / name)


def test_saturation_is_a_factor_on_the_predicted_colours(finished, album):
    run = finished("regression")
    plain = Colorizer.load(run)
    L = np.random.default_rng(0).uniform(0, 100, (2, 16, 16)).astype("float32")
    expected = plain.predict(L)
    np.testing.assert_allclose(replace(plain, saturation=2.5).predict(L), 2.5 * expected)
    found = {x: coloured(album, "gray.png", run, "--saturation", x) for x in ("0", "0.5", "1")}
    whole = coloured(album, "gray.png", run)
    np.testing.assert_array_equal(found["1"], whole)
    assert np.abs(found["0"][..., 1:]).max() < 0.5
    np.testing.assert_allclose(found["0.5"][..., 1:], whole[..., 1:] / 2, atol=1)


def test_strength_mixes_a_photographs_own_colours_with_the_predicted(finished, album):
    run = finished("regression")
    own, whole = lab(album / "faded.png"), coloured(album, "faded.png", run)
    assert np.abs(own - whole)[..., 1:].mean() > 5
    np.testing.assert_array_equal(coloured(album, "faded.png", run, "--strength", "0"), own)
    mixed = coloured(album, "faded.png", run, "--strength", "0.25")
    np.testing.assert_allclose(mixed[..., 1:], 0.75 * own[..., 1:] + 0.25 * whole[..., 1:], atol=1)
    np.testing.assert_allclose(mixed[..., 0], own[..., 0], atol=0.5)
    # For a gray one it is saturation under another name.
    weak = coloured(album, "gray.png", run, "--strength", "0.5")
    pale = coloured(album, "gray.png", run, "--saturation", "0.5")
    np.testing.assert_allclose(weak, pale, atol=1)


def test_strips_are_mixed_without_a_seam():
    rgb = np.random.default_rng(0).integers(80, 180, (700, 901, 3), "uint8")
    own = color.rgb2lab(rgb)
    ab = np.full((4, 4, 2), 10, "float32")
    join(rgb, ab, strength=0.5)
    expected = color.lab2rgb(np.concatenate([own[..., :1], (own[..., 1:] + 10) / 2], axis=-1)) * 255
    assert np.abs(rgb - expected).max() < 0.6  # rounding


@pytest.mark.parametrize(
    "option, most", [("--temperature", "1"), ("--strength", "1"), ("--saturation", "3")]
)
@pytest.mark.parametrize("text", ["hot", "-0.1", "3.5", "nan", ""])
def test_a_number_that_is_none_is_one_line_with_its_range(option, most, text, capsys):
    with pytest.raises(SystemExit) as raised:
        main(["colorize", "x", "--out", "y", "--run", "z", option, text])
    assert raised.value.code == 2
    error = capsys.readouterr().err
    assert f"argument {option}: {text!r} is not a number from 0 to {most};" in error
    assert error.count("\n") == 1


@pytest.fixture
def shelf(tmp_path, finished, monkeypatch):
    """A folder of results where another network lies beside the default one."""
    results = tmp_path / "results"
    shutil.copytree(ROOT / "results" / "default", results / "default")
    folder = shutil.copytree(finished("regression"), results / "networks" / "forms")
    about = '{"data": {"title": "forms", "licence": "none needed", "training_images": 22}}'
    (folder / "measures.json").write_text(about)
    monkeypatch.setattr(installation, "bundled_run", lambda: results / "default")
    return results


def test_a_network_is_taken_by_its_name(shelf, album, finished, tmp_path, capsys):
    arguments = ["colorize", str(album), "--out", str(tmp_path / "out"), "--network", "forms"]
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert "22 photographs of forms at 16 px (none needed)" in said
    expected = coloured(album, "gray.png", finished("regression"))
    np.testing.assert_array_equal(lab(tmp_path / "out" / "gray.png"), expected)


@pytest.mark.parametrize("command", [["colorize", ""], ["export"], ["demo"]])
@pytest.mark.parametrize("name", ["list", "form", "../default", "Default"])
def test_a_name_of_no_network_is_answered_by_all_names(command, name, shelf, capsys):
    with pytest.raises(SystemExit) as raised:
        main([*command, "--network", name])
    assert raised.value.code == 2
    said = capsys.readouterr()
    assert f"argument --network: no network is named {name}; there are: default, forms;" in said.err
    assert said.err.count("\n") == 1 and said.out == ""


@pytest.mark.parametrize("command", [["colorize", "x"], ["export"], ["demo"]])
def test_a_run_and_a_network_exclude_each_other(command, finished, capsys):
    run = str(finished("regression"))
    assert main([*command, "--network", "default", "--run", run]) == 2
    assert "--run or --network, not both" in capsys.readouterr().err.replace("=", "")


def test_where_all_is_coloured_keras_is_not_loaded(finished, album, tmp_path):
    run, out = finished("regression"), tmp_path / "out"
    assert main(["colorize", str(album), "--out", str(out), "--run", str(run), "--compare"]) == 0
    code = "import sys\nfrom colorization.__main__ import main\n"
    code += "print(main(sys.argv[1:]), {'keras.src', 'tensorflow', 'jax'} & set(sys.modules))"

    def again(*options, **environment):
        command = [sys.executable, "-c", code, "colorize", album, "--out", out, *options]
        given = {**os.environ, **environment}
        given = {k: v for k, v in given.items() if v}
        done = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True)
        return done.stdout + done.stderr

    said = again("--run", run, "--compare", MAKELEVEL="")
    assert said.endswith(
        f"0 coloured in {out}, 2 left as they were (--overwrite replaces them)\n0 set()\n"
    )
    assert "(OVERWRITE=1 replaces them)" in again("--run", run, MAKELEVEL="1")
    assert "is not a run folder" in again("--run", tmp_path / "nowhere")
    (out / "gray.png").unlink()
    mistyped = again("--run", run, KERAS_BACKEND="jaxx")
    assert mistyped.endswith("KERAS_BACKEND=jaxx: the suite trains on tensorflow or jax\n")
    assert "1 coloured" in again("--run", run)
    assert lab(out / "gray.png").shape == (40, 60, 3)


def test_what_comes_with_the_suite_is_named_in_the_help(shelf, capsys):
    with pytest.raises(SystemExit):
        main(["colorize", "--help"])
    assert "default, forms" in " ".join(capsys.readouterr().out.split())


def test_without_any_network_it_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(installation, "bundled_run", lambda: tmp_path)
    assert main(["export"]) == 2
    assert "no network comes with this copy; name a finished run" in capsys.readouterr().err


def test_no_two_arms_keep_their_networks_under_one_name():
    arms = [arm for report in every_report() for arm in report.arms]
    names = [arm.published for arm in arms if arm.published]
    assert "default" in names and len(set(names)) == len(names)
