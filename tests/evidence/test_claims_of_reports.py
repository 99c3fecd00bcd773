"""Each report's claims."""

from types import SimpleNamespace

import numpy as np
import pytest

from colorization.evidence.quantities import Images
from experiments import REPORTS, report_module
from experiments.__main__ import main
from experiments.berkeley.observed import hexagons_and_squares, shapes

NUMBERS = {
    "flower-gan": [f"0.{i}" for i in range(1, 9)],
    "berkeley": [*(f"1.{i}" for i in range(1, 10)), "1.10a", "1.10b"],
    "flower-cgan": [f"2.{i}" for i in range(1, 9)],
    "rgb-mse-gan": [f"3.{i}" for i in range(1, 8)],
    "imagenet-cgan": [f"4.{i}" for i in range(1, 8)],
    "common": [],
}


@pytest.mark.parametrize("key", REPORTS)
def test_every_claim_of_a_report_is_there_and_names_its_arms(key):
    report = report_module(key)
    assert [claim.number for claim in report.claims] == NUMBERS[key]
    for claim in report.claims:
        assert claim.said.endswith(".") and claim.where and claim.tests
        assert bool(claim.seen) == bool(claim.reason)
        for test in (*claim.tests, *claim.seen, *claim.aside):
            assert (test.at_least is None) != (test.at_most is None)
            for arm in test.arms:
                report.arm(arm)  # or it raises


def test_verdicts_never_rest_on_training_images_unless_the_claim_does():
    allowed = {"1.2", "1.4", "1.7"}  # on training images, or on how far they are from the test's
    for key in REPORTS:
        for claim in report_module(key).claims:
            parts = [p for t in claim.tests for p in (t.of, t.against) if isinstance(p, Images)]
            if any(part.split == "train" for part in parts):
                assert claim.number in allowed


def test_confused_shapes_are_counted_over_all_seeds():
    counts = np.diag([90, 10, 10, 10, 10])
    wrong = counts.copy()
    wrong[2] = [0, 0, 4, 0, 6]  # squares, taken for hexagons
    runs = [SimpleNamespace(splits={"test": {"confusion": c.tolist()}}) for c in (counts, wrong)]
    stored = SimpleNamespace(of={"forms-56": runs}.get)
    assert "square 70% right, 30% hexagon" in shapes(stored, "forms-56")
    assert "triangle 100% right" in shapes(stored, "forms-56")
    assert [hexagons_and_squares(run) for run in runs] == [0, 0.3]


def test_the_command_prints_every_claim(capsys, tmp_path):
    assert main(["claims", "berkeley", "--results", str(tmp_path / "none")]) == 2
    assert "is not there" in capsys.readouterr().err
    assert main(["claims", "berkeley", "--results", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert all(f"\n  {number} " in printed for number in NUMBERS["berkeley"])
    assert "not run yet: regression" in printed
