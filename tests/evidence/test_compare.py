"""Two sets of results side by side, on folders written by hand."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from colorization.errors import UserError
from colorization.evidence.compare import compare, word
from colorization.evidence.interval import Estimate
from colorization.results.run_folder import findings_of
from colorization.results.store import Shelf

NAMES = ("a.jpg", "b.jpg", "c.jpg")

# Means: ab MAE 12, PSNR 20, SSIM 0.7, accuracy 0.5, edge F1 0.5, colourfulness 30, bleed 0.3, and
# chroma ratio (10 + 20 + 30) / (20 + 20 + 60) = 0.6.
MEASURED = {
    "ab_mae": (10.0, 12.0, 14.0),
    "ab_mse": (200.0, 210.0, 220.0),
    "psnr": (19.0, 20.0, 21.0),
    "ssim": (0.6, 0.7, 0.8),
    "accuracy": (0.4, 0.5, 0.6),
    "edge_f1": (0.4, 0.5, 0.6),
    "colourfulness": (20.0, 30.0, 40.0),
    "bleed": (0.2, 0.3, 0.4),
    "chroma": (10.0, 20.0, 30.0),
    "chroma_true": (20.0, 20.0, 60.0),
}


@pytest.fixture
def write(tmp_path):
    """`write("a/demo/small/unet/seed-0", ...)`: a stored run there, and its folder.

    `shift` is added to measures of every test image, `rows` replaces them, `without` drops columns.
    """

    def run(
        path,
        shift=None,
        rows=None,
        names=NAMES,
        without=(),
        config=None,
        weights_sha256="ab",
        **data,
    ):
        folder = tmp_path / path
        folder.mkdir(parents=True)
        columns = {**MEASURED, **(rows or {})}
        table = pd.DataFrame(columns).iloc[: len(names)]
        for name, change in (shift or {}).items():
            table[name] += change
        test = table.assign(split="test", name=names)
        train = (table * 100).assign(split="train", name=[f"t-{name}" for name in names])
        table = pd.concat([train, test]).drop(columns=list(without))
        table.to_csv(folder / "images.csv", index=False)
        seed = int(re.search(r"\d*$", path)[0] or 0)
        texts = {
            "config": {"seed": seed, "images": "1234", "epochs": 3, **(config or {})},
            "environment": {"backend": "tensorflow", "precision": "float32"},
            "measures": {
                "splits": {},
                "data": {"source": "tiny", "prepared": "tiny-64px", **data},
                "network": {"sha256": weights_sha256},
            },
        }
        for name, value in texts.items():
            (folder / f"{name}.json").write_text(json.dumps(value))
        return folder

    return run


@pytest.fixture
def pair(write, tmp_path):
    """`pair(...)`: run 0 of an arm in a/demo and, written with the arguments, in b/demo."""

    def runs(**changes):
        write("a/demo/small/unet/seed-0")
        write("b/demo/small/unet/seed-0", **changes)
        return tmp_path / "a", tmp_path / "b"

    return runs


def run(a, b, force=False, tolerance=1.0):
    """Exit status and what was said."""
    said = []
    status = compare(a, b, force=force, tolerance=tolerance, say=said.append)
    return status, "\n".join(said)


def row(text, heading):
    """Cells of a line of a table."""
    (line,) = [line for line in text.splitlines() if line.startswith(f"{heading}  ")]
    return re.split(r"\s{2,}", line)[1:]


def test_equal_runs_are_the_same(pair):
    status, text = run(*pair())
    assert status == 0
    cells = row(text, "ab MAE [Lab]")
    assert cells == ["12.00", "12.00", "+0.00", "[+0.00, +0.00]", "0.50", "same"]
    assert row(text, "chroma ratio")[:2] == ["0.60", "0.60"]
    assert "weights: the same" in text
    assert text.splitlines()[-1] == "1 arm compared; 0 measures worse, 0 better"


def test_one_changed_image_is_not_the_same(pair):
    _, text = run(*pair(rows={"ab_mae": (10.0, 12.0, 14.003)}))
    assert row(text, "ab MAE [Lab]")[2::3] == ["+0.00", "within tolerance"]


@pytest.mark.parametrize(
    ("measure", "change", "heading", "expected"),
    [
        ("ab_mae", 1.0, "ab MAE [Lab]", ["12.00", "13.00", "+1.00", "[+1.00, +1.00]", "0.50"]),
        ("psnr", -1.0, "PSNR [dB]", ["20.00", "19.00", "-1.00", "[-1.00, -1.00]", "0.30"]),
        ("accuracy", -0.1, "accuracy", ["50.0%", "40.0%", "-10.0%", "[-10.0%, -10.0%]", "2.0%"]),
        ("bleed", 0.1, "bleed", ["30.0%", "40.0%", "+10.0%", "[+10.0%, +10.0%]", "2.0%"]),
        ("edge_f1", -0.1, "edge F1", ["0.50", "0.40", "-0.10", "[-0.10, -0.10]", "0.02"]),
    ],
)
def test_directions(pair, tmp_path, measure, change, heading, expected):
    a, b = pair(shift={measure: change})
    status, text = run(a, b)
    assert (status, row(text, heading)) == (1, [*expected, "worse"])
    assert text.endswith("1 measure worse, 0 better")
    status, text = run(b, a)
    assert (status, row(text, heading)[-1]) == (0, "better")
    assert text.endswith("0 measures worse, 1 better")


def test_within_tolerance(pair):
    status, text = run(*pair(shift={"ab_mae": 0.4}))
    assert (status, row(text, "ab MAE [Lab]")[-1]) == (0, "within tolerance")
    assert "the spread is unknown" in text


def test_beyond_tolerance_by_one_image_is_not_worse(pair):
    """The mean is 1 higher, but resampled images that leave out the third do not differ."""
    status, text = run(*pair(rows={"ab_mae": (10.0, 12.0, 17.0)}))
    assert row(text, "ab MAE [Lab]")[2:] == ["+1.00", "[+0.00, +3.00]", "0.50", "inconclusive"]
    assert status == 0


def test_without_direction(pair):
    status, text = run(*pair(shift={"colourfulness": -5.0}))
    assert (status, row(text, "colourfulness")[-1]) == (0, "differs")


def test_measures_without_a_tolerance_decide_nothing(pair):
    a, b = pair(shift={"ab_mse": 9.0})
    for tolerance in (1.0, 0.0):
        status, text = run(a, b, tolerance=tolerance)
        assert status == 0
        assert row(text, "ab MSE [Lab²]")[-2:] == ["–", "differs"]


def test_given_tolerance(pair):
    a, b = pair(shift={"ab_mae": 0.4})
    status, text = run(a, b, tolerance=0.6)
    assert (status, row(text, "ab MAE [Lab]")[-2:]) == (1, ["0.30", "worse"])
    assert "tolerance: 0.6 times the least differences that count" in text
    assert run(a, b, tolerance=0.82)[0] == 0
    for wrong in (-1.0, float("nan")):
        with pytest.raises(UserError, match="--tolerance"):
            run(a, b, tolerance=wrong)


@pytest.mark.parametrize(
    ("chroma", "expected"),
    [
        ((15.0, 30.0, 45.0), ["0.60", "0.90", "+0.30", "better"]),
        ((28.0, 32.0, 90.0), ["0.60", "1.50", "+0.90", "within tolerance"]),
        ((2.0, 2.0, 6.0), ["0.60", "0.10", "-0.50", "worse"]),
        ((40.0, 40.0, 120.0), ["0.60", "2.00", "+1.40", "worse"]),
        ((27.0, 28.0, 83.0), ["0.60", "1.38", "+0.78", "differs"]),
    ],
)
def test_chroma_ratio_is_better_nearer_to_1(pair, chroma, expected):
    tolerance = 20.0 if expected[-1] == "within tolerance" else 1.0
    status, text = run(*pair(rows={"chroma": chroma}), tolerance=tolerance)
    cells = row(text, "chroma ratio")
    assert [*cells[:3], cells[-1]] == expected
    assert status == (expected[-1] == "worse")


def test_spread_of_two_seeds(write, tmp_path):
    """The seeds of A are 2 apart, those of B 1: what differs by 2 is within, by 3 is not."""
    for side, shift in (("a", (0, 2)), ("near", (2.5, 3.5)), ("far", (3.5, 4.5))):
        for seed in (0, 1):
            write(f"{side}/demo/small/unet/seed-{seed}", shift={"ab_mae": shift[seed]})
    status, text = run(tmp_path / "a", tmp_path / "near")
    assert "== demo/small/unet seeds 0, 1\n" in text
    assert row(text, "ab MAE [Lab]")[:3] == ["13.00", "15.00", "+2.00"]
    assert row(text, "ab MAE [Lab]")[-2:] == ["2.00", "within spread"]
    assert status == 0
    status, text = run(tmp_path / "a", tmp_path / "far")
    cells = row(text, "ab MAE [Lab]")
    assert (status, cells[2], cells[-2:]) == (1, "+3.00", ["2.00", "worse"])
    assert "spread is unknown" not in text


def test_known_spread_decides_measures_without_tolerance(write, tmp_path):
    for seed in (0, 1):
        write(f"a/demo/small/unet/seed-{seed}", shift={"psnr": 0.1 * seed})
        write(f"b/demo/small/unet/seed-{seed}", shift={"psnr": 0.1 * seed - 1})
    status, text = run(tmp_path / "a", tmp_path / "b", tolerance=5.0)
    assert (status, row(text, "PSNR [dB]")[-2:]) == (1, ["0.10", "worse"])


def test_a_seed_of_one_side_tells_the_spread(write, tmp_path):
    write("a/demo/small/unet/seed-0")
    write("a/demo/small/unet/seed-1", shift={"ab_mae": 3})
    write("b/demo/small/unet/seed-0", shift={"ab_mae": 1})
    status, text = run(tmp_path / "a", tmp_path / "b")
    assert "only in A: demo/small/unet seed 1\n" in text
    assert row(text, "ab MAE [Lab]")[:2] == ["12.00", "13.00"]
    assert (status, row(text, "ab MAE [Lab]")[-2:]) == (0, ["3.00", "within spread"])


def test_other_seeds(write, tmp_path):
    write("a/demo/small/unet/seed-0")
    write("b/demo/small/unet/seed-7", shift={"ab_mae": 1})
    status, text = run(tmp_path / "a", tmp_path / "b")
    assert "== demo/small/unet seed 0 in A, demo/small/unet seed 7 in B" in text
    assert "configuration: the same" in text
    assert (status, row(text, "ab MAE [Lab]")[-1]) == (1, "worse")
    write("b/demo/small/unet/seed-8")
    with pytest.raises(UserError, match="a holds demo/small/unet seed 0; .*unet seeds 7, 8"):
        run(tmp_path / "a", tmp_path / "b")


def test_arms_of_one_side(pair, write):
    a, b = pair()
    write("a/demo/small/old/seed-0")
    write("b/demo/smoke/unet/seed-0")
    write("b/other/small/unet/seed-0")
    _, text = run(a, b)
    assert "only in A: demo/small/old seed 0\n" in text
    assert "only in B: demo/smoke/unet seed 0; other/small/unet seed 0\n" in text
    assert text.endswith("1 arm compared; 0 measures worse, 0 better")


def test_nothing_in_common(write, tmp_path):
    write("a/demo/small/unet/seed-0")
    write("b/demo/small/resnet/seed-0")
    with pytest.raises(UserError, match="unet seed 0; .* holds demo/small/resnet seed 0"):
        run(tmp_path / "a", tmp_path / "b")


def test_worse_arms_are_counted_over_reports(pair, write):
    a, b = pair(shift={"ab_mae": 1, "accuracy": 0.1})
    write("a/other/full/unet/seed-0")
    write("b/other/full/unet/seed-0", shift={"edge_f1": -0.1})
    status, text = run(a, b)
    assert (status, text.splitlines()[-1]) == (1, "2 arms compared; 2 measures worse, 1 better")


def test_folders_of_every_level(pair):
    a, b = pair(shift={"ab_mae": 1})
    levels = ["demo", "small", "unet", "seed-0"]
    for depth in range(5):
        below = "/".join(levels[:depth])
        assert run(a / below, b)[0] == 1
        assert run(a / below, b / below)[0] == 1


def test_run_folders_named_from_where_they_lie(pair, monkeypatch):
    a, b = pair()
    monkeypatch.chdir(a / "demo")
    _, text = run(Path("."), b)
    assert "== demo/small/unet seed 0\n" in text


def test_single_runs_of_two_arms(write, tmp_path):
    first = write("a/demo/small/unet/seed-0")
    second = write("a/demo/small/l1/seed-3", shift={"ab_mae": -1})
    status, text = run(first, second)
    assert "== demo/small/unet seed 0 in A, demo/small/l1 seed 3 in B" in text
    assert (status, row(text, "ab MAE [Lab]")[-1]) == (0, "better")
    (first / "environment.json").unlink()  # not needed
    assert run(first.parent, second.parent)[0] == 0


def test_single_runs_of_two_scales(write):
    first, second = write("a/demo/small/unet/seed-0"), write("a/demo/smoke/unet/seed-0")
    with pytest.raises(UserError, match="scale small in A, smoke in B; --force"):
        run(first, second)
    status, text = run(first, second, force=True)
    assert (status, row(text, "ab MAE [Lab]")[-1]) == (0, "same")
    assert "warning: scale small in A, smoke in B\n" in text


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
    with pytest.raises(UserError, match=f"demo/small/unet seed 0: {said}; --force"):
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
    """Drawn again, 95 % of the differences lie from 10 - 40 / 3 to 12 - 32 / 3, worked by hand."""
    a, b = pair(names=("d.jpg", "e.jpg"))
    status, text = run(a, b, force=True)
    mean_a, mean_b, difference, interval, _, called = row(text, "ab MAE [Lab]")
    assert (mean_a, mean_b, difference) == ("12.00", "11.00", "-1.00")
    assert interval == "[-3.33, +1.33]"
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
    assert "configuration: (A is stored, B is given) epochs: stored 3, given 5; network\n" in text
    assert "backend: stored 'tensorflow', given 'jax'\n" in text
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


@pytest.mark.parametrize("name", ["ab_mae", "ab_mse", "ciede2000"])
def test_lower_is_better(name):
    assert word(name, 2, 1, Estimate(-1, -2, -0.5, 9, 1), 0.2, "spread") == "better"
    assert word(name, 1, 2, Estimate(1, 0.5, 2, 9, 1), 0.2, "spread") == "worse"


@pytest.mark.parametrize(
    "name", ["psnr", "ssim", "auc", "accuracy", "accuracy_coloured", "edge_f1"]
)
def test_higher_is_better(name):
    assert word(name, 2, 1, Estimate(-1, -2, -0.5, 9, 1), 0.2, "spread") == "worse"
    assert word(name, 1, 2, Estimate(1, 0.5, 2, 9, 1), 0.2, "spread") == "better"


def test_nothing_is_worse_without_an_interval():
    none = float("nan")
    assert word("ab_mae", 1, 9, Estimate(8, none, none, 1, 1), 0.2, "spread") == "inconclusive"


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
    assert (status, row(text, "ab MAE [Lab]")[-1]) == (1, "worse")
    with pytest.raises(UserError, match="seed-2 does not exist"):
        run(one, results / "demo/small/unet/seed-2")
