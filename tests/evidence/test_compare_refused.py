"""What cannot be compared is refused in one line: other images, broken files, nothing in common."""

import json

import pytest
from scipy.stats import t

from colorization.errors import UserError
from colorization.evidence.compare import word
from colorization.evidence.interval import Estimate
from colorization.results.measures import MEASURES
from colorization.results.run_folder import findings_of
from colorization.results.store import Shelf
from tests.evidence.compare_helpers import MEASURED, NAMES, row, run


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"source": "huge"}, "source tiny in A, huge in B"),
        ({"prepared": "tiny-96px"}, "prepared set tiny-64px in A, tiny-96px in B"),
        ({"config": {"images": "5678"}}, "digest of images 1234 in A, 5678 in B"),
        ({"names": ("a.jpg", "b.jpg", "d.jpg")}, "test images 3 in A, 3 in B, 2 in both"),
    ],
)
def test_other_images_are_refused(pair, change, said):
    a, b = pair(**change)
    with pytest.raises(UserError, match=f"demo/small/unet seeds 0, 1, 2: {said}; --force"):
        run(a, b)
    _, text = run(a, b, force=True)
    assert f"warning: {said}\n" in text
    assert "configuration: the same" in text


def test_other_names_of_one_seed(write, tmp_path):
    for seed in (0, 1):
        write(f"a/demo/small/unet/seed-{seed}")
    write("b/demo/small/unet/seed-0")
    write("b/demo/small/unet/seed-1", names=("a.jpg", "b.jpg", "d.jpg"), shift={"ab_mae": 2})
    _, text = run(tmp_path / "a", tmp_path / "b", force=True)
    # In B of the two images that both seeds have: the mean of 11 and 13.
    assert row(text, "ab MAE [Lab]")[:3] == ["12.00", "12.00", "+0.00"]


def test_other_names_are_compared_unpaired(pair):
    """By hand: the variances of the means are 4 / 3 with 2 degrees, and 1 with 1."""
    a, b = pair(names=("d.jpg", "e.jpg"))
    status, text = run(a, b, force=True)
    mean_a, mean_b, difference, interval, _, called = row(text, "ab MAE [Lab]")
    assert (mean_a, mean_b, difference) == ("12.00", "11.00", "-1.00")
    half = t.ppf(0.975, (4 / 3 + 1) ** 2 / ((4 / 3) ** 2 / 2 + 1)) * (4 / 3 + 1) ** 0.5
    assert interval == f"[{-1 - half:+.2f}, {-1 + half:+.2f}]"
    assert (status, called) == (0, "inconclusive")
    assert "3 test images in A, 2 in B, not paired" in text


def test_order_of_images_does_not_matter(pair):
    a, b = pair(rows={k: v[::-1] for k, v in MEASURED.items()}, names=tuple(reversed(NAMES)))
    status, text = run(a, b)
    assert (status, row(text, "ab MAE [Lab]")[-1]) == (0, "same")


def test_settings_that_differ(pair):
    a, b = pair(config={"epochs": 5, "network": {"build": "x" * 200}}, weights_sha256="cd")
    path = b / "demo/small/unet/seed-0/environment.json"
    path.write_text(json.dumps({"backend": "jax", "precision": "float32"}))
    status, text = run(a, b)
    assert status == 0
    assert "configuration: epochs: A 3, B 5; network\n" in text
    assert "backend: A 'tensorflow', B 'jax'\n" in text
    assert "weights: different" in text


def test_weights_of_old_runs_are_not_recorded(pair):
    assert "weights: not recorded" in run(*pair(weights_sha256=None))[1]


def test_measure_of_one_side_is_named(pair):
    _, text = run(*pair(without=["edge_f1"]))
    assert "not compared, only in A: edge_f1\n" in text
    assert "edge F1" not in text


def test_missing_folders(pair, tmp_path):
    a, _ = pair()
    with pytest.raises(UserError, match="nowhere does not exist; name a folder of results"):
        run(a, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="empty holds no results; name a folder of results"):
        run(tmp_path / "empty", a)


@pytest.mark.parametrize("column", ["split", "name", "chroma", "chroma_true"])
def test_missing_column(pair, column):
    a, b = pair(without=[column])
    with pytest.raises(UserError, match=f"b/demo/small/unet/seed-0/images.csv lacks {column};"):
        run(a, b)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("config.json", b"{"),
        ("measures.json", b"\xff"),
        ("environment.json", b""),
        ("images.csv", b""),
        ("images.csv", b"a,b\n1,2,3\n4\n5,6,7,8\n"),
        ("images.csv", b"split,name,ab_mae,chroma,chroma_true\ntest,a.jpg,x,1,2\n"),
        (
            "images.csv",
            b"split,name,ab_mae,chroma,chroma_true\ntest,a.jpg,1,1,2\ntest,a.jpg,1,1,2\n",
        ),
        ("images.csv", b"split,name,ab_mae,chroma,chroma_true\ntrain,a.jpg,1,1,2\n"),
        ("images.csv", None),
    ],
)
def test_broken_files(pair, name, content):
    a, b = pair()
    path = b / "demo/small/unet/seed-0" / name
    path.unlink() if content is None else path.write_bytes(content)
    with pytest.raises(UserError, match=f"seed-0/{name}") as caught:
        run(a, b)
    assert "\n" not in str(caught.value)


def test_two_runs_of_a_seed(pair, write):
    a, b = pair()
    write("b/demo/small/unet/seed-0-old-0")
    with pytest.raises(UserError, match="seed-0 and .*seed-0-old-0 are both seed 0"):
        run(a, b)


LESS, MORE = Estimate(-1, -2, -0.5, 9, 3), Estimate(1, 0.5, 2, 9, 3)


@pytest.mark.parametrize("name", ["ab_mae", "ciede2000", "bleed"])
def test_lower_is_better(name):
    assert word(LESS, 0.2, MEASURES[name].better) == "better"
    assert word(MORE, 0.2, MEASURES[name].better) == "worse"


@pytest.mark.parametrize(
    "name", ["psnr", "ssim", "auc", "accuracy", "accuracy_coloured", "edge_f1"]
)
def test_higher_is_better(name):
    assert word(LESS, 0.2, MEASURES[name].better) == "worse"
    assert word(MORE, 0.2, MEASURES[name].better) == "better"


def test_no_direction_or_no_least_difference_is_neither():
    assert word(LESS, 0.2, MEASURES["colourfulness"].better) == "differs"
    assert word(LESS, None, "lower") == "differs"
    assert word(Estimate(0.1, -1, 1.2, 9, 3), None, "lower") == "inconclusive"


def test_nothing_is_worse_without_an_interval():
    none = float("nan")
    assert word(Estimate(8, none, none, 1, 3), 0.2, "lower") == "inconclusive"


def test_stored_results_of_every_level(write, tmp_path):
    """Runs that were put into a store are found where their folders would lie."""
    for seed in (0, 1):
        folder = write(f"runs/demo/small/unet/seed-{seed}", shift={"ab_mae": seed})
        (folder / "epochs.csv").write_text("epoch,seconds,loss\n1,2.0,3.0\n")
        shelf = Shelf(tmp_path / "results" / "demo" / "small")
        shelf.put(findings_of(folder, "unet", seed, set()))
    results = tmp_path / "results"
    for level in (".", "demo", "demo/small", "demo/small/unet", "demo/small/unet/seed-0"):
        status, text = run(results / level, tmp_path / "runs" / level)
        assert (status, row(text, "ab MAE [Lab]")[-1]) == (0, "same"), level
    one, other = (results / f"demo/small/unet/seed-{seed}" for seed in (0, 1))
    status, text = run(one, other)
    assert "unet seed 0 in A, demo/small/unet seed 1 in B" in text
    assert (status, row(text, "ab MAE [Lab]")[-1]) == (0, "one training")
    with pytest.raises(UserError, match="seed-2 does not exist"):
        run(one, results / "demo/small/unet/seed-2")
