"""Colouring files with a finished run."""

import numpy as np
import pytest
from PIL import Image
from skimage import color

from colorization.__main__ import main
from colorization.errors import UserError
from colorization.photographs.album import colorize_files
from colorization.photographs.colorizer import STRIP, Colorizer, join
from colorization.photographs.jobs import find_jobs
from tests import ROOT

RESULTS = ROOT / "results"


@pytest.fixture(scope="module", params=["regression", "classification", "rgb"])
def run(request, finished):
    return finished(request.param)


@pytest.fixture
def photographs(tmp_path):
    folder = tmp_path / "photo graphs"
    (folder / "below").mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(0, 256, (9, 13), "uint8")
    large = Image.fromarray(pixels).resize((61, 37), Image.Resampling.BICUBIC)
    large.save(folder / "gray.png")
    large.convert("RGB").save(folder / "below" / "été.jpg")
    return folder


def silent(_):
    pass


def pixels(path):
    with Image.open(path) as image:
        return np.asarray(image)


def test_folder_is_mirrored_in_names_formats_and_sizes(run, photographs, tmp_path):
    out = tmp_path / "out"
    assert colorize_files([photographs], out, run, say=silent) == 0
    written = sorted(path.relative_to(out).as_posix() for path in out.rglob("*.*"))
    assert written == ["below/été.jpg", "gray.png"]
    for name, form in (("gray.png", "PNG"), ("below/été.jpg", "JPEG")):
        with Image.open(out / name) as image:
            assert (image.size, image.mode, image.format) == ((61, 37), "RGB", form)


def test_lightness_is_the_photographs_own(run, photographs):
    with Image.open(photographs / "gray.png") as file:
        image = file.convert("RGB")
    result = Colorizer.load(run).colorize(image)
    original = color.rgb2lab(np.asarray(image))[..., 0]
    difference = np.abs(color.rgb2lab(np.asarray(result))[..., 0] - original)
    assert np.median(difference) < 1  # only colours outside sRGB may move


def test_an_image_of_the_training_size_is_seen_as_in_training(run):
    colorizer = Colorizer.load(run)
    gray = np.random.default_rng(0).integers(0, 256, (16, 16), "uint8")
    seen, inner = colorizer.see(Image.fromarray(gray).convert("RGB"))
    L = color.rgb2lab(np.stack([gray] * 3, axis=-1))[..., 0]
    np.testing.assert_allclose(seen, L, atol=1e-3)
    assert inner == (16, 16)
    inputs = colorizer.objective.inputs(seen[None, ..., None])
    expected = colorizer.objective.decode(colorizer.network(inputs, training=False))
    given = colorizer.predict(seen[None])
    np.testing.assert_allclose(given, np.asarray(expected)[..., -2:], atol=1e-3)


@pytest.mark.parametrize("shape", [(8, 16), (1600, 800), (1, 300), (700, 3)])
def test_a_photograph_is_seen_whole_and_undistorted(run, shape):
    colorizer = Colorizer.load(run)
    ramp = np.linspace(0, 255, shape[1]).astype("uint8")[None].repeat(shape[0], axis=0)
    seen, (height, width) = colorizer.see(Image.fromarray(ramp).convert("RGB"))
    assert seen.shape == (16, 16)
    assert (height, width) == tuple(max(1, round(16 * side / max(shape))) for side in shape)
    steps = np.diff(seen[0, :width])
    assert (steps >= 0).all()
    if height < 16:  # the rest is mirrored
        np.testing.assert_array_equal(seen[height], seen[height - 1])


@pytest.mark.parametrize("shape", [(3, 5), (16, 16), (40, 30), (700, 901)])
def test_strips_join_without_a_seam(shape):
    """As one resize and scikit-image would have it; 700 x 901 pixels take five strips."""
    assert 4 * STRIP < 700 * 901 < 5 * STRIP
    rng = np.random.default_rng(0)
    gray = rng.integers(80, 180, shape, "uint8")
    ab = rng.uniform(-15, 15, (16, 12, 2)).astype("float32")
    rgb = np.stack([gray] * 3, axis=-1)
    L = color.rgb2lab(rgb)[..., :1]
    large = [
        np.asarray(Image.fromarray(ab[..., i]).resize(shape[::-1], Image.Resampling.BILINEAR))
        for i in (0, 1)
    ]
    expected = color.lab2rgb(np.concatenate([L, np.stack(large, axis=-1)], axis=-1)) * 255
    join(rgb, ab)
    assert np.abs(rgb - expected).max() < 0.6  # rounding


def test_alpha_and_exif_are_kept(run, tmp_path):
    image = Image.new("RGBA", (20, 10), (90, 90, 90, 0))
    image.paste((200, 200, 200, 255), (0, 0, 10, 10))
    exif = Image.Exif()
    exif[0x010F] = "a camera"
    for suffix in ("png", "webp", "tif"):
        image.save(tmp_path / f"cut.{suffix}", exif=exif, lossless=True)
    out = tmp_path / "out"
    assert colorize_files([tmp_path / "cut.*"], out, run, say=silent) == 0
    for path in sorted(out.iterdir()):
        with Image.open(path) as result:
            assert result.mode == "RGBA", path
            assert np.asarray(result)[..., 3][5, [2, 17]].tolist() == [255, 0]
            if path.suffix != ".tif":
                assert result.getexif()[0x010F] == "a camera", path
    assert len(list(out.iterdir())) == 3


def test_every_format_is_written_as_it_came(run, tmp_path):
    image = Image.new("L", (20, 10), 120)
    names = [f"a.{suffix}" for suffix in ("jpg", "jpeg", "png", "webp", "tif", "tiff", "bmp")]
    for name in names:
        image.save(tmp_path / name)
    image.save(tmp_path / "b.gif")
    out = tmp_path / "out"
    given = [tmp_path / "b.gif", *(tmp_path / name for name in names)]
    assert colorize_files(given, out, run, say=silent) == 0
    assert sorted(path.name for path in out.iterdir()) == sorted([*names, "b.gif.png"])
    for path in out.iterdir():
        with Image.open(path) as result:
            assert result.mode == "RGB" and result.size == (20, 10)


def test_more_than_a_batch_of_all_sizes(run, tmp_path):
    """Each as it would be coloured alone: neither its batch nor its neighbours matter."""
    (tmp_path / "many").mkdir()
    rng = np.random.default_rng(0)
    for number in range(21):
        shape = rng.integers(1, 60, 2)
        Image.fromarray(rng.integers(0, 256, shape, "uint8")).save(
            tmp_path / "many" / f"{number:02d}.png"
        )
    out = tmp_path / "out"
    assert colorize_files([tmp_path / "many"], out, run, say=silent) == 0
    colorizer = Colorizer.load(run)
    for path in sorted((tmp_path / "many").iterdir()):
        with Image.open(path) as image, Image.open(out / path.name) as result:
            alone = np.asarray(colorizer.colorize(image.convert("RGB"))).astype(int)
            assert np.abs(alone - np.asarray(result)).max() <= 1, path


def test_compared_is_gray_beside_coloured(run, photographs, tmp_path):
    out = tmp_path / "out"
    colorize_files([photographs / "gray.png"], out, run, compare=True, say=silent)
    coloured, pair = pixels(out / "gray.png"), pixels(out / "compare" / "gray.png")
    before = np.stack([pixels(photographs / "gray.png")] * 3, axis=-1)
    np.testing.assert_array_equal(pair, np.concatenate([before, coloured], axis=1))


def test_a_photograph_that_has_colours_is_compared_with_them_too(run, tmp_path):
    colours = np.random.default_rng(0).integers(0, 256, (1500, 1800, 3), "uint8")
    Image.fromarray(colours).save(tmp_path / "bright.png")
    Image.fromarray(colours // 16 * 16 + 100).convert("L").convert("RGB").save(
        tmp_path / "dull.png"
    )
    out = tmp_path / "out"
    colorize_files([tmp_path / "*.png"], out, run, compare=True, say=silent)
    gray, coloured, original = np.split(pixels(out / "compare" / "bright.png"), 3, axis=1)
    assert gray.shape == (833, 1000, 3)  # no more than is looked at
    assert np.ptp(gray, axis=-1).max() == 0 and np.ptp(original, axis=-1).max() > 20
    small = Image.fromarray(colours)
    small.thumbnail((1000, 1000))
    np.testing.assert_array_equal(original, np.asarray(small))
    assert (coloured != original).any()
    assert pixels(out / "compare" / "dull.png").shape == (833, 2000, 3)


def test_pairs_are_files_like_the_others(run, tmp_path):
    """They overwrite nothing, may be asked for later, and two formats of one name have two."""
    for name in ("a.png", "a.jpg"):
        Image.new("L", (20, 10), 120).save(tmp_path / name)
    given, out = [tmp_path / "a.png", tmp_path / "a.jpg"], tmp_path / "out"
    colorize_files(given, out, run, say=silent)
    before = (out / "a.png").stat().st_mtime_ns
    (out / "compare").mkdir()
    (out / "compare" / "a.jpg").write_text("mine")
    colorize_files(given, out, run, compare=True, say=silent)
    assert (out / "a.png").stat().st_mtime_ns == before
    assert (out / "compare" / "a.jpg").read_text() == "mine"
    assert pixels(out / "compare" / "a.png").shape == (10, 40, 3)
    (tmp_path / "more" / "compare").mkdir(parents=True)
    Image.new("L", (20, 10)).save(tmp_path / "more" / "compare" / "a.png")
    with pytest.raises(UserError, match="would both become"):
        find_jobs([*given, tmp_path / "more"], out, compare=True)
    with pytest.raises(UserError, match="compare/a.png lies in"):  # and would be written over
        find_jobs([*given, tmp_path / "more" / "compare" / "a.png"], tmp_path / "more", True)


def test_a_misnamed_photograph_is_coloured_and_one_that_cannot_be_written_is_named(run, tmp_path):
    Image.new("RGBA", (20, 10), (90, 90, 90, 99)).save(tmp_path / "cut.jpg", format="PNG")
    Image.new("L", (20, 10), 120).save(tmp_path / "fine.png")
    Image.new("L", (16400, 2), 120).save(tmp_path / "odd.webp", format="PNG")  # too wide for WebP
    out, said = tmp_path / "out", []
    assert colorize_files([tmp_path / "*.*"], out, run, say=said.append) == 1
    with Image.open(out / "cut.jpg") as image:
        assert (image.format, image.mode) == ("JPEG", "RGB")
    assert sorted(path.name for path in out.iterdir()) == ["cut.jpg", "fine.png"]
    assert "odd.webp: cannot be written as odd.webp" in said[0] and "1 not coloured" in said[1]


def test_unreadable_file_is_named_and_the_rest_go_on(run, photographs, tmp_path, capsys):
    (photographs / "broken.jpg").write_bytes(b"\xff\xd8 not a photograph")
    arguments = ["colorize", str(photographs), "--out", str(tmp_path / "out")]
    assert main([*arguments, "--run", str(run)]) == 1
    said = capsys.readouterr().out
    assert (
        "broken.jpg: cannot be read" in said and "2 coloured" in said and "1 not coloured" in said
    )
    assert not (tmp_path / "out" / "broken.jpg").exists()


def test_existing_files_stay_unless_told(run, photographs, tmp_path):
    out = tmp_path / "out"
    (out / "below").mkdir(parents=True)
    (out / "gray.png").write_text("mine")
    said = []
    colorize_files([photographs], out, run, say=said.append)
    assert (out / "gray.png").read_text() == "mine"
    assert said[-1].startswith("1 coloured") and "1 left as they were" in said[-1]
    colorize_files([photographs], out, run, overwrite=True, say=silent)
    assert (out / "gray.png").read_bytes().startswith(b"\x89PNG")
    assert not [path for path in out.rglob("*") if path.name.endswith(".part")]


def test_what_was_coloured_is_not_coloured_again(run, photographs):
    out = photographs / "coloured"
    colorize_files([photographs], out, run, say=silent)
    jobs = find_jobs([photographs], out)
    assert sorted(job.photograph.name for job in jobs) == ["gray.png", "été.jpg"]


def test_a_temperature_is_for_classes(finished, photographs):
    with Image.open(photographs / "gray.png") as file:
        image = file.convert("RGB")
    chroma = {}
    for value in (0.0, 0.38, 1.0):
        coloured = Colorizer.load(finished("classification"), value).colorize(image)
        chroma[value] = np.linalg.norm(color.rgb2lab(np.asarray(coloured))[..., 1:], axis=-1).mean()
    assert chroma[0.0] > chroma[0.38] > chroma[1.0]  # from the mode towards the mean
    with pytest.raises(UserError, match="has no temperature"):
        Colorizer.load(finished("regression"), 0.38)


@pytest.mark.parametrize(
    "given, named, message",
    [
        ("nowhere", "run", "nowhere does not exist"),
        ("no*.png", "run", "does not exist; give photographs, folders or a pattern"),
        ("empty", "run", "holds no images"),
        ("out", "run", "is where the photographs are"),
        ("out/b.png", "run", "lies in .*out; name another folder"),
        ("**/a.png", "run", "would both become"),
        ("photo", "not-a-run", "is not a run folder"),
        ("photo", "damaged", "config.json cannot be read"),
        ("photo", "of-another-kind", "is not of a run"),
        ("photo", "unfinished", "has no network.keras; finish the run first"),
    ],
)
def test_mistakes_are_named(given, named, message, tmp_path, finished):
    for folder in ("empty", "photo", "other", "out", "not-a-run", "unfinished", "damaged"):
        (tmp_path / folder).mkdir()
    for name in ("photo/a.png", "other/a.png", "out/b.png"):
        Image.new("L", (4, 4)).save(tmp_path / name)
    (tmp_path / "unfinished" / "config.json").write_text("{}")
    (tmp_path / "damaged" / "config.json").write_text("{")
    (tmp_path / "of-another-kind").mkdir()
    (tmp_path / "of-another-kind" / "config.json").write_text('{"objective": {"type": "x"}}')
    (tmp_path / "of-another-kind" / "network.keras").write_bytes(
        (finished("regression") / "network.keras").read_bytes()
    )
    with pytest.raises(UserError, match=message):
        colorize_files([tmp_path / given], tmp_path / "out", tmp_path / named)
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.png"]


def test_missing_words_are_named(capsys):
    assert main(["colorize", "", "--out", "", "--run", ""]) == 2
    assert "IN=<file, folder or pattern in quotes>" in capsys.readouterr().err


def test_the_run_that_comes_with_the_suite_colours(photographs, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["colorize", str(photographs)]) == 0
    said = capsys.readouterr().out
    assert "photographs of" in said and "2 coloured in coloured" in said
    assert (RESULTS / "default" / "network.keras").stat().st_size < 12e6
    with Image.open(tmp_path / "coloured" / "gray.png") as image:
        assert np.ptp(np.asarray(image).astype(int), axis=-1).mean() > 1  # it has colours
