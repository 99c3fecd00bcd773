"""The whole path at smoke scale, as a user runs it: every arm, both backends, then again."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pandas as pd
import pytest

from colorization.errors import RunFailed, RunUnusable, SourceUnavailable, UserError
from colorization.evaluation import finished_run
from colorization.files import write_json
from colorization.pages.measure_tables import measures_rows
from colorization.pages.overview import (
    departures_page,
    findings_list,
    reports_table,
    results_page,
)
from colorization.pages.tables import replace_block
from colorization.reproduction import reproduce as reproduction
from colorization.reproduction.job import Job, Places
from colorization.results.store import Shelf
from colorization.results.stored import Stored
from experiments import commands, report_module
from experiments.__main__ import main
from experiments.berkeley import REPORT
from tests import ROOT
from tests.tiny.command_line import finish, rendered, run, start, stored

# An arm of each kind; that the others differ from these in numbers alone is a test in
# test_adversarial_reports.py.
CHOSEN = ["regression", "weighted", "weighted-annealed-mean", "forms-56"]
ON_JAX = ["regression", "forms-56"]
DRAWN = ["unweighted", "forms-112-light"]  # what figures show besides
SMOKE = ["reproduce", "berkeley", "--scale", "smoke", "--arms"]


@dataclass(frozen=True)
class Smoke:
    """What a smoke run left on each backend."""

    tensorflow: Path
    jax: Path
    said: str = ""  # by the first


@pytest.fixture(scope="module")
def smoke(tmp_path_factory):
    """Arms on TensorFlow in this process and on JAX in another, at once."""
    folders = {backend: tmp_path_factory.mktemp(backend) for backend in ("tensorflow", "jax")}
    process = start(folders["jax"], *SMOKE, *ON_JAX, backend="jax")
    here = run(folders["tensorflow"], *SMOKE, *CHOSEN)
    there = finish(process)
    assert here.returncode == 0, here.stderr
    assert there.returncode == 0, there.stderr
    places = {name: folder / "runs" / "results" / "berkeley" for name, folder in folders.items()}
    return Smoke(**places, said=here.stdout)


@pytest.fixture(scope="module")
def everything(smoke):
    return smoke.tensorflow


def test_every_kind_of_arm_has_results(everything):
    assert_results(everything, CHOSEN)


def test_each_run_is_counted_and_the_last_lines_say_what_next(smoke):
    lines = smoke.said.splitlines()
    begun = [line for line in lines if line.startswith("== ")]
    count = len(begun)
    assert [line.partition("(")[2] for line in begun] == [
        f"run {number} of {count})" for number in range(1, count + 1)
    ]
    assert lines[-2].endswith("all on one page: make page")
    run = lines[-1].partition("RUN=")[2]
    assert "make colorize IN=photo.jpg RUN=runs/berkeley/smoke/" in lines[-1]
    assert (smoke.tensorflow.parents[2] / run / "network.keras").exists()


def test_a_run_to_come_is_expected_to_take_as_long_as_the_stored_ones(tmp_path):
    report, results = report_module("flower-cgan"), ROOT / "results"
    job = Job(report, report.arm("unet"), "small", 7)
    taken = [r.cost["train_seconds"] for r in Stored.read(results / "flower-cgan").of("unet")]
    said = reproduction._expected(job, Places(tmp_path, results))
    assert said.startswith(f", about {max(1, round(median(taken) / 60))} min ")
    assert reproduction._expected(job, Places(tmp_path, tmp_path)) == ""  # nothing is stored
    job.folder(tmp_path).mkdir(parents=True)
    (job.folder(tmp_path) / "epochs.csv").touch()
    assert reproduction._expected(job, Places(tmp_path, results)) == ""  # it has begun


@pytest.mark.slow
def test_every_figure_is_drawn_once_its_arm_has_results(everything, tmp_path):
    shutil.copytree(everything.parents[2], tmp_path, dirs_exist_ok=True)
    done = run(tmp_path, *SMOKE, *DRAWN)
    assert done.returncode == 0, done.stderr
    folder = tmp_path / "runs" / "results" / "berkeley"
    assert_results(folder, [*CHOSEN, *DRAWN])
    drawn = {path.name for path in (folder / "figures").iterdir()}
    assert drawn == {figure.path(folder).name for figure in REPORT.figures}


def assert_results(folder: Path, arms: list[str]) -> None:
    runs = stored(folder)
    assert sorted(runs) == sorted(arms)
    for arm, one in runs.items():
        assert list(one.epochs["epoch"]) == [1, 2], arm
        assert one.images.groupby("split").size().to_dict() == {"test": 10, "train": 20}, arm
        assert set(one.shown) == REPORT.shown(arm)
        for grid in one.shown:
            count = len(one.shown[grid]["names"])
            assert one.answers(grid).shape == one.photographs(grid).shape, arm
            assert len(one.ciede2000(grid)) == len(one.answers(grid)) == count == 5, arm
        means = one.means("test")
        assert 0 < means["ab_mae"] < 60 and 0 <= means["ssim"] <= 1 and means["images"] == 10, arm


def test_an_arm_that_only_decodes_differs_in_its_predictions_alone(everything):
    runs = stored(everything)
    one, other = runs["weighted"], runs["weighted-annealed-mean"]
    pd.testing.assert_frame_equal(one.epochs, other.epochs)
    assert one.means("test")["ab_mae"] != other.means("test")["ab_mae"]


def test_baselines_bracket_every_table(everything):
    for sets in Shelf(everything / "smoke").baselines().values():
        assert list(sets) == ["gray", "mean-ab", "mean-ab-given-L", "nearest-bin", "ground-truth"]
        assert sets["gray"]["test"]["chroma_ratio"] == 0
        truth = sets["ground-truth"]["test"]
        assert truth["ab_mae"] == truth["ciede2000"] == 0
        assert truth["ssim"] == truth["auc"] == truth["accuracy"] == truth["chroma_ratio"] == 1


def test_jax_trains_the_same_arms_from_the_same_weights(smoke):
    tensorflow, jax = stored(smoke.tensorflow), stored(smoke.jax)
    assert sorted(jax) == sorted(ON_JAX)
    for arm, one in jax.items():
        assert one.environment["backend"] == "jax"
        # bfloat16 rounds differently on each backend; the regression is float32.
        tolerance = 1e-3 if arm.startswith("regression") else 2e-2
        first = one.epochs["loss"][0], tensorflow[arm].epochs["loss"][0]
        assert first[0] == pytest.approx(first[1], rel=tolerance), arm


@pytest.mark.parametrize(
    ("kept", "scale", "larger"),
    [
        ("full", "small", True),
        ("small", "small", False),
        ("small", "full", False),
        (None, "smoke", False),
    ],
)
def test_a_network_that_is_kept_gives_way_to_no_smaller_scale(kept, scale, larger, tmp_path):
    if kept:
        write_json(tmp_path / "measures.json", {"run": f"general/{kept}/default/seed-0"})
    assert reproduction.holds_larger(tmp_path, scale) is larger


def test_finished_work_is_skipped(everything):
    folder = everything.parents[2]
    again = run(folder, "reproduce", "berkeley", "--scale", "smoke", "--arms", "regression")
    assert again.returncode == 0, again.stderr
    assert "epoch" not in again.stdout and "evaluating" not in again.stdout


def test_tables_and_figures_are_rendered_from_stored_results_alone(everything, tmp_path):
    copy = tmp_path / "results" / "berkeley"
    shutil.copytree(everything, copy)
    for path in [copy / "README.md", *(copy / "figures").iterdir()]:
        path.unlink()
    done = run(tmp_path, "figures", "berkeley")
    assert done.returncode == 0, done.stderr
    assert (copy / "README.md").read_text() == (everything / "README.md").read_text()
    drawn = {path.name for path in (everything / "figures").iterdir()}
    assert {"fig01.svg", "fig03.svg", "fig05.png", "fig12.svg"} <= drawn
    for name in drawn:
        one, other = copy / "figures" / name, everything / "figures" / name
        assert one.read_bytes() == other.read_bytes(), name


RENDERED = commands.shown_reports(ROOT / "results")


@pytest.mark.parametrize("report", RENDERED, ids=lambda report: report.key)
def test_committed_page_is_what_the_committed_results_give(report):
    folder = ROOT / "results" / report.key
    assert (folder / "README.md").read_text() == rendered(report, folder)


def test_a_baseline_stands_once_for_training_sets_that_it_does_not_depend_on():
    report, stored = report_module("imagenet-cgan"), Stored.read(ROOT / "results/imagenet-cgan")
    arms = measures_rows(stored.at("small"), report.arms, report.measures, "test")["arm"]
    assert list(arms).count("*gray*") == 1
    assert list(arms).count("*mean ab*") == 4  # 75, 150, 375 and 751 photographs


def test_committed_overview_is_what_the_committed_results_give():
    readme = (ROOT / "README.md").read_text()
    for name, render in (("reports", reports_table), ("findings", findings_list)):
        assert replace_block(readme, name, render(RENDERED, ROOT / "results")) == readme
    page = (ROOT / "results" / "README.md").read_text()
    assert page == results_page(RENDERED, ROOT / "results")
    assert (ROOT / "docs" / "departures.md").read_text() == departures_page(RENDERED)


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["reproduce", "berkely"], "unknown report 'berkely'; there are: flower-gan, berkeley"),
        (["reproduce", "berkeley", "--scale", "smoke", "--arms", "x"], "has no arm 'x'"),
        (["tables", "berkeley", "--results", "nowhere"], "nowhere is not there; name the folder"),
    ],
)
def test_mistakes_are_one_line_and_status_2(arguments, message, capsys):
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert message in error and error.count("\n") == 1 and error.startswith("error: ")


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["reproduce", "berkeley", "--scale", "tiny"], "invalid choice"),
        (["nonsense"], "invalid choice"),
        (["reproduce", "berkeley", "--seeds", "-1"], "'-1' is not a whole number from 0"),
        (["bundle", "berkeley", "--seeds", "1.5"], "'1.5' is not a whole number from 0"),
    ],
)
def test_unknown_words_name_the_choices(arguments, message, capsys):
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err


def test_another_configuration_is_refused(everything):
    folder = everything.parents[2]
    arguments = ["--scale", "smoke", "--arms", "regression", "--precision", "mixed_bfloat16"]
    done = run(folder, "reproduce", "berkeley", *arguments)
    assert done.returncode == 2
    assert "precision: stored 'float32', given 'mixed_bfloat16'" in done.stderr
    assert "Traceback" not in done.stderr


def test_forms_run_without_any_network(tmp_path, monkeypatch):
    """With no data and no way out, BSDS500 is named as missing and the forms are generated."""
    from colorization.data import download, kaggle
    from colorization.reproduction.obtain import obtain

    def no_network(urls, target, **_):
        raise UserError(f"{target.name} could not be downloaded")

    monkeypatch.setattr(download, "fetch", no_network)
    monkeypatch.setenv("COLORIZATION_DATA", str(tmp_path))
    monkeypatch.chdir(tmp_path)  # a checkout's own data/ would be searched too
    said = []
    config, images = obtain(REPORT.arm("forms-56").config, said.append)
    assert images.source.startswith("forms-generated") and config.source.key == images.source
    assert any("stand in for" in line for line in said)
    assert [len(images.names(split)) for split in ("train", "val", "test")] == [200, 100, 200]
    with pytest.raises(SourceUnavailable, match="BSR_bsds500.tgz could not be downloaded"):
        obtain(REPORT.arm("unweighted").config, said.append)
    # Neither the set nor its stand-in: the arm is left out, and both are named.
    monkeypatch.setattr(kaggle, "fetch_dataset", lambda slug, _: no_network([slug], Path(slug)))
    flowers = report_module("flower-gan").arm("flowers").config
    with pytest.raises(SourceUnavailable, match="(?s)flowers-recognition.*flower_photos.tgz could"):
        obtain(flowers, said.append)


@pytest.mark.parametrize(
    "error, status", [(RunFailed, 1), (RunUnusable, 2), (SourceUnavailable, 2)]
)
def test_one_arm_that_fails_does_not_keep_the_others_from_running(
    error, status, tmp_path, monkeypatch, capsys
):
    started, drawn = [], []

    def fails_at_first(job, *_):
        started.append(job.arm.name)
        if len(started) == 1:
            raise error("this one")
        folder = job.folder(Path("runs"))
        folder.mkdir(parents=True)
        (folder / "measures.json").touch()

    monkeypatch.setattr(reproduction, "reproduce_run", fails_at_first)
    monkeypatch.setattr(commands, "render", lambda report, *_: drawn.append(report.key))
    monkeypatch.chdir(tmp_path)
    given = ["reproduce", "berkeley", "--scale", "smoke", "--arms", "regression", "forms-56"]
    assert main(given) == status
    assert (started, drawn) == (["regression", "forms-56"], ["berkeley"])
    assert "regression: this one" in capsys.readouterr().err


def test_a_reason_is_given_once_for_all_arms_that_it_keeps(tmp_path, monkeypatch, capsys):
    def without_images(job, *_):
        raise SourceUnavailable("no such set; put it into data/")

    monkeypatch.setattr(reproduction, "reproduce_run", without_images)
    monkeypatch.chdir(tmp_path)
    given = ["reproduce", "berkeley", "--scale", "smoke", "--arms", "regression", "forms-56"]
    assert main(given) == 2
    found = capsys.readouterr()
    assert found.err == "error: regression, forms-56: no such set; put it into data/\n"
    assert found.out.count("no such set") == 1
    assert "left out: as regression is, for the same reason\n" in found.out
    assert not (tmp_path / "runs/results/berkeley").exists()  # nothing to render


def test_arms_are_looked_up_before_anything_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(reproduction, "reproduce_run", lambda *_: pytest.fail("it began"))
    monkeypatch.chdir(tmp_path)
    given = ["reproduce", "flower-gan", "berkeley", "--scale", "smoke", "--arms", "flowers"]
    assert main(given) == 2
    assert "berkeley has no arm 'flowers'" in capsys.readouterr().err


def test_stages_have_speeds_of_their_own():
    pretraining = [{"seconds": s, "images_per_second": 100} for s in (1.0, 1.0, 9.0)]
    game = [{"seconds": s, "images_per_second": 10} for s in (4.0, 4.0)]
    speed = finished_run._speed
    assert speed(pretraining + game, 3) == {"train_seconds": 11.0, "images_per_second": 10.0}
    assert speed(pretraining, 3) == {"train_seconds": 3.0, "images_per_second": 100.0}
    assert speed(game, 0) == {"train_seconds": 8.0, "images_per_second": 10.0}


def test_help_imports_nothing_heavy():
    code = "import sys, experiments.__main__, colorization.__main__\n"
    code += "assert not {'keras', 'numpy', 'tensorflow', 'pandas'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
