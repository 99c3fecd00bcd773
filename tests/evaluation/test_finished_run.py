"""What figures show of a run is what was judged, and baselines are judged by every measure."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from skimage import color

from colorization.colour.ab_grid import AB_BINS
from colorization.evaluation.evaluate import evaluate
from colorization.evaluation.finished_run import NEWEST, evaluate_baselines, write_samples
from colorization.files import write_json
from colorization.pages.tiles import tiles
from colorization.results.run_folder import read_run
from colorization.results.store import Shelf
from tests.evaluation.evaluate_helpers import SIZE, TEST, TRAIN, brute_force_bins, to_rgb8


@pytest.mark.parametrize("objective", ["AbRegression", "AbClassification"])
def test_what_is_shown_is_what_was_judged(images, tmp_path, objective):
    seen = []

    def predict(L, ab):
        seen.append(len(L))
        return np.broadcast_to(np.array([40, -30], "float32"), ab.shape)

    found = {split: evaluate(images, split, predict, batch_size=2) for split in ("test", "train")}
    assert seen[:3] == [2, 2, 1]  # and it is not predicted again to be shown
    folder = tmp_path / "report" / "small" / "arm" / "seed-0"
    shown = write_samples(folder, {"test": images, "train": images}, found)
    assert len(seen) == 3 + -(-len(TRAIN) // 2)
    write_json(folder / "config.json", {"seed": 0, "objective": {"type": objective}})
    write_json(folder / "measures.json", {"shown": shown})
    run = read_run(folder)
    bands = tiles(run, "test-worst")
    quantised = objective == "AbClassification"
    rows = ["gray", "re-coloured", "original", "original, 313 colours"][: 3 + quantised]
    assert list(bands) == rows
    assert all(one.shape == (5, SIZE, SIZE, 3) and one.dtype == np.uint8 for one in bands.values())
    for place, name in enumerate(run.shown["test-worst"]["names"]):
        original = TEST[int(Path(name).stem)]
        shown = {label: band[place].astype(int) for label, band in bands.items()}
        lab = color.rgb2lab(original)
        assert np.ptp(shown["gray"], axis=-1).max() <= 1
        assert np.abs(shown["gray"] - to_rgb8(lab * [1, 0, 0])).max() <= 1
        assert np.abs(shown["original"] - original).max() <= 1
        recoloured = np.concatenate([lab[..., :1], np.full((SIZE, SIZE, 2), (40, -30))], axis=-1)
        assert np.abs(shown["re-coloured"] - to_rgb8(recoloured)).max() <= 1
        if quantised:
            ab = AB_BINS[brute_force_bins(lab[..., 1:])]
            expected = to_rgb8(np.concatenate([lab[..., :1], ab], axis=-1))
            assert np.abs(shown["original, 313 colours"] - expected).max() <= 1


def test_a_method_with_its_own_lightness_is_shown_with_it(images, tmp_path):
    def predict(L, ab):
        return np.broadcast_to(np.array([60, 40, -30], "float32"), (*ab.shape[:-1], 3))

    found = {split: evaluate(images, split, predict) for split in ("test", "train")}
    folder = tmp_path / "report" / "small" / "arm" / "seed-0"
    shown = write_samples(folder, {"test": images, "train": images}, found)
    assert shown["test-random"]["space"] == "rgb"
    write_json(folder / "config.json", {"seed": 0, "objective": {"type": "RgbRegression"}})
    write_json(folder / "measures.json", {"shown": shown})
    expected = to_rgb8(np.array([[[60.0, 40.0, -30.0]]]))
    coloured = tiles(read_run(folder), "test-random")["re-coloured"]
    assert np.abs(coloured.astype(int) - expected).max() <= 1


def test_baselines_that_lack_a_newer_measure_are_judged_again(images, tmp_path):
    shelf, config = Shelf(tmp_path / "small"), SimpleNamespace(source=None)
    evaluate_baselines(shelf, config, images, {})
    prepared, name = images.folder.name, "mean-ab-given-L"
    first = shelf.baseline_rows(prepared, name)
    assert {"colour_distance", "told_apart", "bleed_excess"} <= set(first)
    for changed, kept in ((first.assign(ab_mae=0.0), True), (first.drop(columns=NEWEST), False)):
        splits = dict.fromkeys(("test", "val"), {"images": 5})
        shelf.put_baselines(prepared, {name: (splits, changed.to_csv(index=False))})
        evaluate_baselines(shelf, config, images, {})
        found = shelf.baseline_rows(prepared, name)
        assert ((found["ab_mae"] == 0).all(), found.equals(first)) == (kept, not kept)
