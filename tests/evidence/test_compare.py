"""Two sets of results side by side, on folders written by hand."""

from pathlib import Path

import pytest

from colorization.errors import UserError
from tests.evidence.compare_helpers import row, run


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
    assert row(text, "ab MAE [Lab]")[2::3] == ["+0.00", "no difference that counts"]


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


def test_a_difference_that_does_not_count(pair):
    status, text = run(*pair(shift={"ab_mae": 0.4}))
    assert (status, row(text, "ab MAE [Lab]")[-1]) == (0, "no difference that counts")


def test_one_image_alone_makes_nothing_worse(pair):
    """The mean is 1 higher, but two of three images are the same."""
    status, text = run(*pair(rows={"ab_mae": (10.0, 12.0, 15.0)}))
    assert row(text, "ab MAE [Lab]")[2:] == ["+0.33", "[-1.10, +1.77]", "0.50", "inconclusive"]
    assert status == 0


@pytest.mark.parametrize("seeds, said", [((0,), "one training"), ((0, 1), "two trainings")])
def test_few_trainings_judge_nothing(pair, seeds, said):
    status, text = run(*pair(seeds=seeds, shift={"ab_mae": 5.0}))
    assert (status, row(text, "ab MAE [Lab]")[2::3]) == (0, ["+5.00", said])
    assert f"{said} a side: no difference is judged" in text


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
    assert "counts: 0.6 times the least difference that counts" in text
    assert run(a, b, tolerance=0.82)[0] == 0
    for wrong in (-1.0, float("nan")):
        with pytest.raises(UserError, match="--tolerance"):
            run(a, b, tolerance=wrong)


@pytest.mark.parametrize(
    ("chroma", "expected"),
    [
        ((18.0, 18.0, 54.0), ["0.60", "0.90", "+0.30", "better"]),
        ((2.0, 2.0, 6.0), ["0.60", "0.10", "-0.50", "worse"]),
        ((40.0, 40.0, 120.0), ["0.60", "2.00", "+1.40", "worse"]),
        ((28.0, 28.0, 84.0), ["0.60", "1.40", "+0.80", "no difference that counts"]),
        ((10.0, 40.0, 90.0), ["0.60", "1.40", "+0.80", "inconclusive"]),
    ],
)
def test_chroma_ratio_is_better_nearer_to_1(pair, chroma, expected):
    status, text = run(*pair(rows={"chroma": chroma}))
    cells = row(text, "chroma ratio")
    assert [*cells[:3], cells[-1]] == expected
    assert status == (expected[-1] == "worse")


def test_trainings_that_differ_much_leave_it_open(write, tmp_path):
    for side, shifts in (("a", (0, 2, 4)), ("near", (3, 1, 5)), ("far", (22, 20, 24))):
        for seed, shift in enumerate(shifts):
            write(f"{side}/demo/small/unet/seed-{seed}", shift={"ab_mae": shift})
    status, text = run(tmp_path / "a", tmp_path / "near")
    assert "== demo/small/unet seeds 0, 1, 2\n" in text
    assert row(text, "ab MAE [Lab]")[:3] == ["14.00", "15.00", "+1.00"]
    assert (status, row(text, "ab MAE [Lab]")[-1]) == (0, "inconclusive")
    status, text = run(tmp_path / "a", tmp_path / "far")
    cells = row(text, "ab MAE [Lab]")
    assert (status, cells[2], cells[-1]) == (1, "+20.00", "worse")


def test_seeds_of_one_side_are_named(write, tmp_path):
    write("a/demo/small/unet/seed-0")
    write("a/demo/small/unet/seed-1", shift={"ab_mae": 3})
    write("b/demo/small/unet/seed-0", shift={"ab_mae": 1})
    status, text = run(tmp_path / "a", tmp_path / "b")
    assert "only in A: demo/small/unet seed 1\n" in text
    assert row(text, "ab MAE [Lab]")[:2] == ["12.00", "13.00"]
    assert (status, row(text, "ab MAE [Lab]")[-1]) == (0, "one training")


def test_other_seeds(write, tmp_path):
    write("a/demo/small/unet/seed-0")
    write("b/demo/small/unet/seed-7", shift={"ab_mae": 1})
    status, text = run(tmp_path / "a", tmp_path / "b")
    assert "== demo/small/unet seed 0 in A, demo/small/unet seed 7 in B" in text
    assert "configuration: the same" in text
    assert (status, row(text, "ab MAE [Lab]")[-1]) == (0, "one training")
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
    for seed in range(3):
        write(f"a/other/full/unet/seed-{seed}")
        write(f"b/other/full/unet/seed-{seed}", shift={"edge_f1": -0.1})
    status, text = run(a, b)
    assert (status, text.splitlines()[-1]) == (1, "2 arms compared; 2 measures worse, 1 better")


def test_folders_of_every_level(pair):
    a, b = pair(shift={"ab_mae": 1})
    levels = ["demo", "small", "unet", "seed-0"]
    for depth in range(5):
        below = "/".join(levels[:depth])
        status = depth < 4  # a single training judges nothing
        assert run(a / below, b)[0] == status
        assert run(a / below, b / below)[0] == status


def test_run_folders_named_from_where_they_lie(pair, monkeypatch):
    a, b = pair()
    monkeypatch.chdir(a / "demo")
    _, text = run(Path("."), b)
    assert "== demo/small/unet seeds 0, 1, 2\n" in text


def test_single_runs_of_two_arms(write, tmp_path):
    first = write("a/demo/small/unet/seed-0")
    second = write("a/demo/small/l1/seed-3", shift={"ab_mae": -1})
    status, text = run(first, second)
    assert "== demo/small/unet seed 0 in A, demo/small/l1 seed 3 in B" in text
    assert (status, row(text, "ab MAE [Lab]")[2::3]) == (0, ["-1.00", "one training"])
    (first / "environment.json").unlink()  # not needed
    assert run(first.parent, second.parent)[0] == 0


def test_single_runs_of_two_scales(write):
    first, second = write("a/demo/small/unet/seed-0"), write("a/demo/smoke/unet/seed-0")
    with pytest.raises(UserError, match="scale small in A, smoke in B; --force"):
        run(first, second)
    status, text = run(first, second, force=True)
    assert (status, row(text, "ab MAE [Lab]")[-1]) == (0, "same")
    assert "warning: scale small in A, smoke in B\n" in text


def test_what_many_runs_hold_is_summed_up(write, tmp_path):
    for arm in "abcdefgh":
        write(f"a/demo/small/long-name-{arm}/seed-0")
    write("b/demo/smoke/unet/seed-0")
    with pytest.raises(UserError) as raised:
        run(tmp_path / "a", tmp_path / "b")
    said = str(raised.value).replace(str(tmp_path), "")
    assert "/a holds 8 arms of demo/small; /b holds demo/smoke/unet seed 0" in said
