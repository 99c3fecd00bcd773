"""What figures say of several runs of an arm."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from colorization.results.stored import by_epoch, seed_and_mean


def runs(*logs: list[float]) -> list[SimpleNamespace]:
    tables = [pd.DataFrame({"epoch": range(1, len(log) + 1), "loss": log}) for log in logs]
    return [SimpleNamespace(epochs=table) for table in tables]


def test_several_runs_have_a_mean_and_a_band():
    x, mean, low, high = by_epoch(runs([1.0, 2.0], [3.0, 2.0]), "loss")
    assert x.tolist() == [1, 2] and mean.tolist() == [2, 2]
    assert low.tolist() == [1, 2] and high.tolist() == [3, 2]


def test_one_run_is_a_line_without_the_epochs_that_logged_nothing():
    x, y = by_epoch(runs([np.nan, 4.0, 5.0]), "loss")
    assert x.tolist() == [2, 3] and y.tolist() == [4, 5]
    x, y = by_epoch(runs([1.0, 2.0]), lambda epochs: 10 * epochs["loss"])
    assert y.tolist() == [10, 20]


def test_the_seed_that_is_shown_stands_beside_the_mean_of_all():
    def run(error: float) -> SimpleNamespace:
        return SimpleNamespace(splits={"test": {}}, means=lambda split: {"ciede2000": error})

    seeds = [run(21.0), run(25.0)]
    assert seed_and_mean(seeds[0], seeds, "test") == "ΔE 21.0; 23.0 over 2 seeds"
    assert seed_and_mean(seeds[0], seeds[:1], "test") == "ΔE 21.0"
