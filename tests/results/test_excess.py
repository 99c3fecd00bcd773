"""The bleed beyond the original's: from a run's own rows, or from the stored baseline."""

import numpy as np
import pandas as pd
import pytest

from colorization.errors import UserError
from colorization.results.runs import ROWS, check, split_means, with_excess
from colorization.results.store import Findings, Shelf
from colorization.results.stored import Stored
from tests import ROOT

A_RUN = next(run for run in Shelf(ROOT / "results/flower-cgan/small").runs() if run.arm == "unet")
SET = A_RUN.data["prepared"]


def rows(split="test", names="ab", **columns):
    known = dict.fromkeys(("ab_mae", "ciede2000", "chroma", "chroma_true"), 1.0)
    return pd.DataFrame({"split": split, "name": list(names), **known, **columns})


@pytest.fixture
def store(tmp_path):
    """`store(rows, truth)`: the only run of a shelf with these rows and those of that baseline."""

    def put(run, truth=None):
        shelf = Shelf(tmp_path / "report" / "small")
        if truth is not None:
            splits = {split: {} for split in truth["split"]}
            shelf.put_baselines(SET, {"ground-truth": (splits, truth.to_csv(index=False))})
        files = {ROWS: run.to_csv(index=False).encode()}
        epochs = [{"epoch": "1", "loss": "1", "seconds": "1"}]
        facts = {**A_RUN.facts, "shown": {}}
        facts["splits"] = {**facts["splits"], **{split: {} for split in run["split"]}}
        facts["splits"]["test"] = facts["splits"]["train"] = {"images": 2}
        shelf.put(Findings("arm", 0, facts, epochs, files))
        (stored,) = Stored.read(tmp_path / "report").runs
        return stored

    return put


def test_a_row_has_its_own_originals_bleed(store):
    run = store(rows(bleed=[0.5, 0.3], bleed_true=[0.2, 0.4]), rows(bleed=[9.0, 9.0]))
    np.testing.assert_allclose(run.images["bleed_excess"], [0.3, -0.1])
    assert run.means("test")["bleed_excess"] == pytest.approx(0.1)


def test_an_older_row_has_that_of_the_baseline_by_split_and_name(store):
    """A snapshot is judged on the test images; of training images nothing is known."""
    run = pd.concat(
        [rows(split, bleed=[0.5, 0.3]) for split in ("test", "test@5", "coco", "train")]
    )
    truth = [rows("test", "ba", bleed=[0.1, 0.2]), rows("coco", bleed=[0.25, 0.05])]
    found = store(run, pd.concat(truth))
    expected = [0.3, 0.2, 0.3, 0.2, 0.25, 0.25, np.nan, np.nan]
    np.testing.assert_allclose(found.images["bleed_excess"], expected)
    assert np.isnan(found.means("train")["bleed_excess"])


@pytest.mark.parametrize("truth", [None, rows()], ids=["no baseline", "without bleed"])
def test_what_is_known_of_no_original_has_no_excess(store, truth):
    assert "bleed_excess" not in store(rows(bleed=[0.5, 0.3]), truth).images


def test_a_prediction_without_gradient_has_none():
    found = with_excess(rows(bleed=[np.nan, 0.3], bleed_true=[0.1, 0.1]))
    np.testing.assert_allclose(found["bleed_excess"], [np.nan, 0.2])


def test_text_in_place_of_bleed_is_named(store):
    with pytest.raises(UserError, match=r"as a run leaves it \(bleed\)"):
        check(store(rows(bleed=["x", "y"], bleed_true=[0.1, 0.1])))


def test_baselines_have_theirs_whether_they_were_stored_before_or_after(tmp_path):
    shelf = Shelf(tmp_path / "small")
    found = {"ground-truth": rows(bleed=[0.1, 0.2]), "nearest-bin": rows(bleed=[0.15, 0.3])}
    shelf.put_baselines(SET, {n: ({"test": {}}, t.to_csv(index=False)) for n, t in found.items()})
    means = {name: splits["test"] for name, splits in shelf.baselines()[SET].items()}
    assert means["ground-truth"]["bleed_excess"] == 0
    assert means["nearest-bin"]["bleed_excess"] == pytest.approx(0.075)


def test_every_stored_run_with_bleed_has_its_excess():
    """On test images: none has to be trained again for it."""
    shelf = Shelf(ROOT / "results/flower-cgan/small")
    truth = shelf.baseline_rows(SET, "ground-truth")
    mean = truth.loc[truth["split"] == "test", "bleed"].mean()
    for run in shelf.runs():
        means = run.means("test")
        assert means["bleed_excess"] == pytest.approx(means["bleed"] - mean, abs=5e-3), run.name


def test_a_white_page_has_no_chroma_ratio():
    white = rows().assign(chroma=3.0, chroma_true=0.0)
    assert np.isnan(split_means(white, {"test": {}}, "test")["chroma_ratio"])
