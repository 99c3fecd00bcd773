"""The rule sees few differences where there are none: stored arms set against themselves."""

import numpy as np
import pandas as pd
import pytest

from colorization.evidence import calibration
from colorization.evidence.calibration import Components, false_differences, half_width
from colorization.evidence.quantities import Images
from colorization.results.stored import Stored
from experiments import REPORTS, report_module
from tests import ROOT

STORED = pd.read_csv(ROOT / "results" / "calibration.csv")
WORST = STORED.nlargest(3, "false differences").index


def test_components_are_found_again():
    random = np.random.default_rng(0)
    values = random.normal(0, 5, (4000, 1)) + random.normal(0, 2, (1, 60))
    found = Components.of(values + random.normal(0, 3, (4000, 60)))
    assert found.images == pytest.approx(5, rel=0.05) and found.rest == pytest.approx(3, rel=0.01)
    assert found.trainings == pytest.approx(2, rel=0.25) and found.count == 4000
    alike = Components.of(values[:, :3] * 0 + random.normal(0, 3, (4000, 3)))
    assert alike.trainings < 0.1


def test_no_arm_differs_from_itself_in_more_than_six_percent():
    shares = STORED["false differences"]
    assert shares.max() <= 0.06 and 0.02 <= shares.mean() <= 0.04


def test_every_arm_with_three_trainings_was_set_against_itself():
    known = set(STORED[["report", "scale", "arm"]].itertuples(index=False, name=None))
    for key in REPORTS:
        stored = Stored.read(ROOT / "results" / key)
        for scale in ("small", "full"):
            for arm in report_module(key).arms:
                enough = len(stored.at(scale).of(arm.name)) >= calibration.TRAININGS
                assert ((key, scale, arm.name) in known) == enough, arm.name


@pytest.mark.parametrize("row", WORST)
def test_what_is_stored_is_what_the_rule_gives(row):
    """A change to the rule, or to the rows, has to be calibrated again: `make calibrate`."""
    there = STORED.loc[row]
    stored = Stored.read(ROOT / "results" / there["report"]).at(there["scale"])
    (scores,) = Images(there["arm"], calibration.MEASURE).terms(stored)
    found = Components.of(scores.values[scores.present()])
    assert found.trainings == pytest.approx(there["sd of trainings"], abs=1e-3)
    assert half_width(found, 3) == pytest.approx(there["± of 3 trainings"], abs=0.01)
    assert false_differences(found) == there["false differences"] <= 0.06
