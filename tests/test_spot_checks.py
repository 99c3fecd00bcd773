"""Spot checks of the evaluation as a whole, each of which a plausible mistake would fail.

Expected values come from NumPy and scikit-image, never from `colorization.evaluation.metrics`.
"""

import hashlib
import io
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from PIL import Image
from skimage import color, metrics

from colorization.colour.ab_grid import AB_BINS
from colorization.data import download, kaggle, roots
from colorization.data.prepared import prepare
from colorization.data.recipe import Recipe
from colorization.data.source import SPLITS
from colorization.errors import SourceUnavailable, UserError
from colorization.evaluation.evaluate import evaluate
from colorization.evaluation.finished_run import rows_csv
from colorization.evaluation.predictors import baselines, lab_batches
from colorization.reproduction.obtain import obtain
from colorization.results import runs
from colorization.scales import SCALES
from experiments import REPORTS, report_module

SIZE = 24
SPACES = pytest.mark.parametrize("lab_before_resize", [False, True], ids=["rgb", "lab8"])


def colourful(index, size=SIZE):
    """A textured image of one strong hue; neighbours in `index` are far apart in hue."""
    random = np.random.default_rng(index)
    angle = np.deg2rad(137.5 * index)
    lab = np.empty((size, size, 3))
    lab[..., 0] = random.uniform(45, 75, (size // 4, size // 4)).repeat(4, 0).repeat(4, 1)
    lab[..., 1:] = 40 * np.array([np.cos(angle), np.sin(angle)])
    lab[..., 1:] += random.normal(0, 8, (size // 4, size // 4, 2)).repeat(4, 0).repeat(4, 1)
    return to_rgb8(lab)


def to_rgb8(lab):
    """Lab to what a viewer sees, by scikit-image."""
    return np.rint(np.clip(color.lab2rgb(lab), 0, 1) * 255).astype("uint8")


def flat(rgb):
    return np.full((SIZE, SIZE, 3), rgb, "uint8")


def prepared_set(write_source, test, **recipe):
    """Test images among colourful training images."""
    size = len(test[0])
    images = {
        "train": {f"{i}.png": colourful(100 + i, size) for i in range(6)},
        "val": {"0.png": colourful(200, size)},
        "test": {f"{i}.png": image for i, image in enumerate(test)},
    }
    return prepare(write_source(images), Recipe(size, **recipe))


@pytest.fixture
def images(write_source):
    return prepared_set(write_source, [colourful(i) for i in range(5)])


def true_ab(L, ab):
    return ab


def true_lab(L, ab):
    return np.concatenate([L, ab], axis=-1)


def mean_of(rows, measure):
    return np.mean([row[measure] for row in rows])


# ---------------------------------------------------------------- measures, by hand


def ciede2000(lab1, lab2):
    """Sharma, Wu, Dalal (2005), equations 2 to 22, with unit weights; hues in degrees."""
    (L1, a1, b1), (L2, a2, b2) = (
        np.moveaxis(np.asarray(lab, "float64"), -1, 0) for lab in (lab1, lab2)
    )
    mean_chroma7 = ((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2) ** 7
    G = 0.5 * (1 - np.sqrt(mean_chroma7 / (mean_chroma7 + 25.0**7)))
    a1, a2 = (1 + G) * a1, (1 + G) * a2
    C1, C2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    gray = C1 * C2 == 0
    turn = h2 - h1
    dh = np.where(turn > 180, turn - 360, np.where(turn < -180, turn + 360, turn))
    dh = np.where(gray, 0, dh)
    dL, dC, dH = L2 - L1, C2 - C1, 2 * np.sqrt(C1 * C2) * np.sin(np.radians(dh / 2))
    L, C, total = (L1 + L2) / 2, (C1 + C2) / 2, h1 + h2
    h = np.where(np.abs(turn) <= 180, total, np.where(total < 360, total + 360, total - 360)) / 2
    h = np.where(gray, total, h)
    T = 1 - 0.17 * np.cos(np.radians(h - 30)) + 0.24 * np.cos(np.radians(2 * h))
    T += 0.32 * np.cos(np.radians(3 * h + 6)) - 0.20 * np.cos(np.radians(4 * h - 63))
    S_L = 1 + 0.015 * (L - 50) ** 2 / np.sqrt(20 + (L - 50) ** 2)
    S_C, S_H = 1 + 0.045 * C, 1 + 0.015 * C * T
    rotation = 2 * np.sqrt(C**7 / (C**7 + 25.0**7))
    rotation *= -np.sin(np.radians(60 * np.exp(-(((h - 275) / 25) ** 2))))
    dL, dC, dH = dL / S_L, dC / S_C, dH / S_H
    return np.sqrt(dL**2 + dC**2 + dH**2 + rotation * dC * dH)


def slope(channels):
    """Norm of the gradient: central differences, at the border those to the next pixel."""
    squares = np.zeros(channels.shape[:2])
    for axis in (0, 1):
        along = np.moveaxis(np.asarray(channels, "float64"), axis, 0)
        difference = np.empty_like(along)
        difference[1:-1] = (along[2:] - along[:-2]) / 2
        difference[0], difference[-1] = along[1] - along[0], along[-1] - along[-2]
        squares += np.square(np.moveaxis(difference, 0, axis)).sum(axis=-1)
    return np.sqrt(squares)


def near(mask):
    """Pixels with one of the mask within two rows and two columns."""
    return sliding_window_view(np.pad(mask, 2), (5, 5)).any(axis=(-2, -1))


def colourfulness(rgb):
    red, green, blue = (rgb[..., i].astype("float64") for i in range(3))
    rg, yb = red - green, 0.5 * (red + green) - blue
    return np.sqrt(rg.var() + yb.var()) + 0.3 * np.sqrt(rg.mean() ** 2 + yb.mean() ** 2)


def nearest_bins(ab):
    bins = AB_BINS.astype("float64")
    return np.square(ab[:, :, None] - bins).sum(axis=-1).argmin(axis=-1)


def by_hand(lab, predicted):
    """Every measure of one image, from Lab to Lab."""
    ab, ab_predicted = lab[..., 1:], predicted[..., 1:]
    rgb, rgb_predicted = to_rgb8(lab), to_rgb8(predicted)
    error = ab_predicted - ab
    distance = np.sqrt((error**2).sum(axis=-1))
    edges, edges_predicted = slope(ab) > 10, slope(ab_predicted) > 10
    precision = near(edges)[edges_predicted].mean()
    recall = near(edges_predicted)[edges].mean()
    strength = slope(ab_predicted)
    bins, right = nearest_bins(ab), nearest_bins(ab) == nearest_bins(ab_predicted)
    squares = np.square(rgb.astype("float64") - rgb_predicted).mean()
    return {
        "ab_mae": np.abs(error).mean(),
        "ab_mse": (error**2).mean(),
        "ciede2000": ciede2000(color.rgb2lab(rgb), color.rgb2lab(rgb_predicted)).mean(),
        "psnr": 10 * np.log10(255**2 / squares),
        "ssim": np.mean(
            [
                metrics.structural_similarity(
                    rgb[..., i], rgb_predicted[..., i], win_size=7, data_range=255
                )
                for i in range(3)
            ]
        ),
        "auc": np.mean([(distance <= t).mean() for t in range(151)]),
        "chroma": np.sqrt((ab_predicted**2).sum(axis=-1)).mean(),
        "chroma_true": np.sqrt((ab**2).sum(axis=-1)).mean(),
        "colourfulness": colourfulness(rgb_predicted),
        "edge_f1": 2 * precision * recall / (precision + recall),
        "bleed": strength[slope(lab[..., :1]) < 5].sum() / strength.sum(),
        "accuracy": right.mean(),
        "accuracy_coloured": right[(AB_BINS[bins] != 0).any(axis=-1)].mean(),
    }


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
        ((50, 2.4900, -0.0010), (50, -2.4900, 0.0011), 7.2195),
        ((50, 2.5, 0), (50, 0, -2.5), 4.3065),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_ciede2000_by_hand_gives_the_published_values(first, second, expected):
    """Pairs of the table of Sharma, Wu, Dalal (2005)."""
    assert ciede2000(first, second) == pytest.approx(expected, abs=5e-5)
    assert ciede2000(second, first) == pytest.approx(expected, abs=5e-5)


# ---------------------------------------------------------------- truth, gray, others' colours


@SPACES
@pytest.mark.parametrize("predict", [true_ab, true_lab], ids=["ab", "lab"])
def test_the_truth_is_perfect_in_every_measure(write_source, predict, lab_before_resize):
    test = [colourful(i) for i in range(5)]
    images = prepared_set(write_source, test, lab_before_resize=lab_before_resize)
    found = evaluate(images, "test", predict, batch_size=2)
    rows = images.images("test")
    true = rows * [100 / 255, 1, 1] - [0, 128, 128] if lab_before_resize else color.rgb2lab(rows)
    for i, (row, lab) in enumerate(zip(found.rows, true, strict=True)):
        chroma = np.linalg.norm(lab[..., 1:], axis=-1).mean()
        strength, flat_L = slope(lab[..., 1:]), slope(lab[..., :1]) < 5
        assert chroma > 20
        # Every measure: one that is added needs its perfect value here.
        assert row.pop("name") == f"test/{i}.png"
        assert row == pytest.approx(
            {
                **dict.fromkeys(("ab_mae", "ab_mse", "ciede2000"), 0),
                **dict.fromkeys(("ssim", "auc", "edge_f1", "accuracy", "accuracy_coloured"), 1),
                "psnr": np.inf,
                "chroma": chroma,
                "chroma_true": chroma,
                "colourfulness": colourfulness(to_rgb8(lab)),
                "bleed": strength[flat_L].sum() / strength.sum(),
            },
            rel=1e-3,
            abs=1e-9,
        )
    perfect = {name: found.measures[name] for name in found.measures if name != "majority"}
    assert perfect == {
        "accuracy": 1,
        "accuracy_balanced": 1,
        "auc_balanced": 1,
        "images": 5,
    }


def gray_lab(L, ab):
    return np.concatenate([L, 0 * ab], axis=-1)


@pytest.mark.parametrize("predict", [lambda L, ab: 0 * ab, gray_lab], ids=["ab", "lab"])
def test_gray_gets_exactly_the_rows_of_the_gray_baseline(images, predict):
    found = evaluate(images, "test", predict, batch_size=2)
    baseline = evaluate(images, "test", baselines(images)["gray"], batch_size=50)
    np.testing.assert_equal(found.rows, baseline.rows)
    np.testing.assert_equal(found.measures, baseline.measures)
    for row in found.rows:
        assert row["chroma"] == row["edge_f1"] == row["accuracy"] == 0
        assert row["colourfulness"] < 0.5  # a channel may be rounded the other way
        assert np.isnan(row["bleed"]) and row["chroma_true"] > 20


def test_another_images_colours_are_worse_than_none_in_particular(images):
    """Image i gets the colours of image i + 1: worse than the mean, and that than the truth."""
    ab = np.concatenate(list(lab_batches(images, "test", 2)))[..., 1:]
    given = iter(np.split(np.roll(ab, -1, axis=0), [2, 4]))
    permuted = evaluate(images, "test", lambda L, ab: next(given), batch_size=2).rows
    mean = evaluate(images, "test", baselines(images)["mean ab"], batch_size=2).rows
    truth = evaluate(images, "test", true_ab, batch_size=2).rows
    for measure in ("ab_mae", "ciede2000"):
        assert mean_of(permuted, measure) > 1.2 * mean_of(mean, measure) > 5
        for row, other, perfect in zip(permuted, mean, truth, strict=True):
            assert row["name"] == other["name"] == perfect["name"]
            assert row[measure] > other[measure] > perfect[measure] == 0
    # As colourful as the truth: chroma does not tell them apart.
    assert mean_of(permuted, "chroma") == pytest.approx(mean_of(truth, "chroma"), rel=1e-5)


# ---------------------------------------------------------------- known differences


@pytest.mark.parametrize("with_L", [False, True], ids=["ab", "lab"])
@pytest.mark.parametrize(
    ("rgb", "ab"),
    [
        ((150, 110, 90), (-20, 30)),
        ((90, 100, 170), (40, -30)),  # blue, where the formula turns
        ((170, 90, 100), (30, -8)),  # across hue 0
        ((130, 130, 130), (12, 25)),
        ((60, 180, 60), (90, -90)),  # beyond sRGB: clipped before it is judged
    ],
)
def test_a_known_tint_has_its_known_ciede2000(write_source, rgb, ab, with_L):
    images = prepared_set(write_source, [flat(rgb)])
    true = color.rgb2lab(np.array(rgb, "uint8"))
    predicted = np.array([true[0] - 7 if with_L else true[0], *ab])
    seen = color.rgb2lab(to_rgb8(predicted))
    expected = ciede2000(true, seen)
    assert expected > 5
    start = 0 if with_L else 1

    def tint(L, _):
        return np.broadcast_to(predicted[start:], (*L.shape[:-1], 3 - start))

    (row,) = evaluate(images, "test", tint).rows
    assert row["ciede2000"] == pytest.approx(expected, rel=1e-4)
    assert row["ab_mae"] == pytest.approx(np.abs(ab - true[1:]).mean(), rel=1e-4)


@SPACES
def test_a_shift_of_ab_by_3_and_4(write_source, lab_before_resize):
    test = [colourful(i) for i in range(5)]
    images = prepared_set(write_source, test, lab_before_resize=lab_before_resize)
    shift = np.array([3, 4], "float32")
    for predict in (lambda L, ab: ab + shift, lambda L, ab: np.concatenate([L, ab - shift], -1)):
        for row in evaluate(images, "test", predict, batch_size=2).rows:
            assert row["ab_mae"] == pytest.approx(3.5, rel=1e-5)
            assert row["ab_mse"] == pytest.approx(12.5, rel=1e-5)


@dataclass(frozen=True)
class Bands:
    """One image of 8-bit Lab, in whole numbers of a and b: an item, and the source of it."""

    lab8: np.ndarray
    key = title = "bands"
    licence = "none"
    name = "bands/0"
    strict = True
    space = "lab8"
    identity = ("bands",)

    def read(self):
        return self.lab8

    def files(self):
        return {"train": [self], "test": [self]}


@pytest.mark.parametrize("outlined", [True, False])
def test_two_bands_of_shifted_colour_by_hand(write_source, outlined):
    """A quarter of ab (-27, -36) beside (6, 8) become (-24, -32) and (9, 12)."""
    write_source({})  # sets the data root
    lab8 = np.full((16, 16, 3), (153, 128 + 6, 128 + 8), "uint8")
    lab8[:, :4] = 102 if outlined else 153, 128 - 27, 128 - 36
    images = prepare(Bands(lab8), Recipe(16))
    found = evaluate(images, "test", lambda L, ab: ab + np.float32([3, 4]))
    rows = pd.read_csv(io.StringIO(rows_csv({"test": found})))
    means = runs.split_means(rows, {"test": found.measures}, "test")
    by_hand = {
        "ab_mae": (3 + 4) / 2,
        "ab_mse": (9 + 16) / 2,
        "auc": 146 / 151,  # within all tolerances from 5 to 150
        "auc_balanced": 146 / 151,
        "chroma_true": (45 + 3 * 10) / 4,
        "chroma": (40 + 3 * 15) / 4,
        "chroma_ratio": 17 / 15,
        "accuracy": 3 / 4,  # (-30, -40) became (-20, -30), (10, 10) stayed
        "accuracy_coloured": 3 / 4,
        "accuracy_balanced": 1 / 2,
        "majority": 3 / 4,
        "edge_f1": 1,  # the step of norm 55 is where it was
        "bleed": 0 if outlined else 1,
    }
    assert {name: means[name] for name in by_hand} == pytest.approx(by_hand, rel=1e-5)


def test_a_row_depends_neither_on_its_batch_nor_on_the_limit(images):
    def rows(**options):
        found = evaluate(images, "test", lambda L, ab: 0.6 * ab + 2, **options).rows
        return {row.pop("name"): row for row in found}

    whole = rows(batch_size=5)
    for options in ({"batch_size": 1}, {"batch_size": 3}, {"batch_size": 2, "limit": 3}):
        found = rows(**options)
        assert len(found) == options.get("limit", 5)
        for name, row in found.items():
            assert row == pytest.approx(whole[name], rel=1e-4)


# ---------------------------------------------------------------- one image, by hand


def scene(size=48):
    """Gradients, a disc and a bar with edges in lightness and colour, and some grain."""
    random = np.random.default_rng(7)
    y, x = np.mgrid[:size, :size] / (size - 1)
    lab = np.stack([45 + 25 * x, -6 + 14 * y, 4 + 24 * x * y], axis=-1)
    disc = (x - 0.35) ** 2 + (y - 0.4) ** 2 < 0.05
    lab[disc] = lab[disc] * 0.3 + [20, 38, 10]
    bar = x + 0.3 * y > 0.95
    lab[bar] = lab[bar] * 0.5 + [30, -8, -32]
    lab += random.normal(0, [2, 1.5, 1.5], lab.shape)
    return to_rgb8(lab)


def recoloured(ab):
    """Paler, blotchy, displaced by three pixels, with a square of colour from nowhere."""
    random = np.random.default_rng(11)
    ab = 0.8 * np.roll(ab, 3, axis=1) + random.normal(0, 2.5, ab.shape)
    ab[30:40, 4:14] += [-26, 14]
    return ab


@pytest.mark.parametrize("with_L", [False, True], ids=["ab", "lab"])
def test_one_image_by_hand(write_source, with_L):
    rgb = scene()
    images = prepared_set(write_source, [rgb])
    lab = color.rgb2lab(rgb)
    predicted = np.concatenate([lab[..., :1], recoloured(lab[..., 1:])], axis=-1)
    if with_L:
        predicted[..., 0] = 8 + 0.8 * predicted[..., 0]
    expected = by_hand(lab, predicted)
    for name in ("ssim", "auc", "edge_f1", "bleed", "accuracy", "accuracy_coloured"):
        assert 0.05 < expected[name] < 0.99  # a case that tells
    found = evaluate(images, "test", lambda L, ab: predicted[None, ..., 0 if with_L else 1 :])
    (row,) = found.rows
    assert row.pop("name") == "test/0.png"
    assert row == pytest.approx(expected, rel=1e-4)

    bins, bins_predicted = nearest_bins(lab[..., 1:]), nearest_bins(predicted[..., 1:])
    distance = np.linalg.norm(predicted[..., 1:] - lab[..., 1:], axis=-1)
    auc = np.mean([distance <= t for t in range(151)], axis=0)
    occurring, counts = np.unique(bins, return_counts=True)
    assert len(occurring) > 10
    assert found.measures == pytest.approx(
        {
            "accuracy": expected["accuracy"],
            "accuracy_balanced": np.mean(
                [(bins_predicted[bins == one] == one).mean() for one in occurring]
            ),
            "auc_balanced": np.mean([auc[bins == one].mean() for one in occurring]),
            "majority": counts.max() / bins.size,
            "images": 1,
        },
        rel=1e-4,
    )


@pytest.mark.parametrize("with_L", [False, True], ids=["ab", "lab"])
def test_one_photograph_by_hand(real_data, write_source, with_L):
    path = sorted(real_data("flowers-recognition/flowers").glob("*/*.jpg"))[0]
    source = write_source({split: {"a.jpg": path.read_bytes()} for split in SPLITS})
    images = prepare(source, Recipe(96, crop=False, resample="bicubic"))
    lab = color.rgb2lab(images.images("test")[0])
    predicted = np.concatenate([lab[..., :1], recoloured(lab[..., 1:])], axis=-1)
    if with_L:
        predicted[..., 0] = 8 + 0.8 * predicted[..., 0]
    found = evaluate(images, "test", lambda L, ab: predicted[None, ..., 0 if with_L else 1 :])
    (row,) = found.rows
    assert row.pop("name") == "test/a.jpg"
    assert row == pytest.approx(by_hand(lab, predicted), rel=1e-3)


# ---------------------------------------------------------------- leaks


def pixel_hashes(images, split):
    """sha256 of each row of a split -> the image's name."""
    rows = zip(images.images(split), images.names(split), strict=True)
    return {hashlib.sha256(row.tobytes()).hexdigest(): name for row, name in rows}


def leaks(images, *further):
    """(training image, image judged) of equal pixels, in val, in test and in further test sets."""
    trained = pixel_hashes(images, "train")
    judged = [(images, split) for split in ("val", "test") if split in images.splits]
    judged += [(others, "test") for others in further]
    found = [(trained, pixel_hashes(others, split)) for others, split in judged]
    return [(first[h], names[h]) for first, names in found for h in names if h in first]


def encoded(image, **options):
    data = io.BytesIO()
    Image.fromarray(image).save(data, "png", **options)
    return data.getvalue()


PLAIN = {
    "train": {"a.png": encoded(colourful(1)), "b.png": encoded(colourful(2))},
    "val": {"c.png": encoded(colourful(3))},
    "test": {"d.png": encoded(colourful(4))},
}


@pytest.mark.parametrize("strict", [False, True])
def test_different_images_are_no_leak(write_source, strict):
    assert leaks(prepare(write_source(PLAIN, strict), Recipe(SIZE))) == []


@pytest.mark.parametrize("split", ["val", "test"])
def test_a_strict_source_leaks_a_copy_and_says_nothing(write_source, split):
    """As it is today: sets with a fixed list are taken as they come, copies and all."""
    said = []
    copies = {**PLAIN, split: {**PLAIN[split], "copy.png": encoded(colourful(1))}}
    prepared = prepare(write_source(copies), Recipe(SIZE), said.append)
    assert leaks(prepared) == [("train/a.png", f"{split}/copy.png")]
    assert prepared.manifest["counts"]["dropped_as_duplicate"] == 0
    assert "duplicate" not in " ".join(said)


def test_a_lenient_source_leaves_a_copy_out_of_the_test_images(write_source):
    copies = {**PLAIN, "test": {**PLAIN["test"], "copy.png": encoded(colourful(1))}}
    said = []
    prepared = prepare(write_source(copies, strict=False), Recipe(SIZE), said.append)
    assert leaks(prepared) == []
    assert prepared.names("test") == ["test/d.png"]
    assert said[-1].endswith("(1 dropped, 1 dropped as duplicate)")


def test_a_lenient_source_leaks_a_copy_in_another_file(write_source):
    """As it is today: files are compared, not pixels."""
    again = encoded(colourful(1), compress_level=0)
    assert again != PLAIN["train"]["a.png"]
    copies = {**PLAIN, "test": {**PLAIN["test"], "copy.png": again}}
    said = []
    prepared = prepare(write_source(copies, strict=False), Recipe(SIZE), said.append)
    assert leaks(prepared) == [("train/a.png", "test/copy.png")]
    assert "dropped" not in said[-1]


def trained_sets():
    """Each (source, recipe) of an arm at scale small, with the further sets it is tested on."""
    cases = {}
    for key in REPORTS:
        report = report_module(key)
        for arm in report.arms:
            config = report.scaled(arm, "small")
            case = cases.setdefault((config.source, config.recipe), (key, arm, config, {}))
            case[-1].update(dict.fromkeys(given.source for given in arm.tested_on))
    return [
        pytest.param(config, tuple(further), id=f"{key}-{arm.name}-{source.key}-{recipe.key}")
        for (source, recipe), (key, arm, config, further) in cases.items()
    ]


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """Where all real sets of this module are unpacked and prepared."""
    return tmp_path_factory.mktemp("prepared")


@pytest.fixture
def only_read(real_data, scratch, monkeypatch):
    """The real data are read where they are; all is written elsewhere and nothing is fetched."""
    given = real_data(".")

    def refuse(*args, **kwargs):
        raise UserError("not fetched for a test")

    monkeypatch.setattr(roots, "read_roots", lambda: [given, scratch])
    monkeypatch.setattr(roots, "write_root", lambda: scratch)
    monkeypatch.setattr(download, "fetch", refuse)
    monkeypatch.setattr(kaggle, "fetch_dataset", refuse)


@pytest.mark.parametrize(("config", "further"), trained_sets())
def test_no_image_that_is_judged_was_trained_on(only_read, scratch, config, further):
    try:
        config, images = obtain(config, lambda text: None)
    except SourceUnavailable as error:
        pytest.skip(str(error))
    # Of a source that is not strict, `prepare` would hide an overlap by leaving images out.
    listed = [str(item) for items in config.source.files().values() for item in items]
    assert len(set(listed)) == len(listed)
    others = []
    for source in further:
        try:
            others.append(obtain(replace(config, source=source), lambda text: None)[1])
        except SourceUnavailable:
            continue
    assert Path(scratch) in images.folder.parents
    assert len(images.names("train")) and len(images.names("test"))
    assert leaks(images, *others) == []


@pytest.mark.parametrize("scale", SCALES)
@pytest.mark.parametrize("key", REPORTS)
def test_an_arm_judges_anothers_network_on_that_ones_images(key, scale):
    """Split alike, so that what it is judged on was not trained on."""
    report = report_module(key)
    for arm in report.arms:
        if arm.trained_by:
            config = report.scaled(arm, scale)
            trainer = report.scaled(report.arm(arm.trained_by), scale)
            assert (config.source, config.recipe) == (trainer.source, trainer.recipe), arm.name
