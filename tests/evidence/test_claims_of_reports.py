"""Each report's claims."""

from collections import Counter
from types import SimpleNamespace

import numpy as np
import pytest

from colorization.evidence.claims import BASES, OWN, stored_claims
from colorization.evidence.criteria import Reading
from colorization.evidence.quantities import Images
from experiments import REPORTS, report_module
from experiments.__main__ import main
from experiments.berkeley.observed import hexagons_and_squares, shapes, shapes_right
from tests import ROOT

# In the order of the reports; a number once given stays.
NUMBERS = {
    key: numbers.split()
    for key, numbers in {
        "flower-gan": "0.9 0.10 0.1 0.6 0.7 0.2 0.3 0.4 0.11 0.12 0.8 0.13 0.5 0.14 0.15 0.16",
        "berkeley": "1.1 1.2 1.3 1.11 1.4 1.17 1.5 1.14 1.6 1.7 1.15 1.8 1.9 1.12 1.16 1.10a 1.10c "
        "1.10b 1.13",
        "flower-cgan": "2.11 2.12 2.13 2.14 2.5 2.6 2.16 2.8 2.10 2.9 2.1 2.2 2.3 2.4 2.17 2.7 "
        "2.15",
        "rgb-mse-gan": "3.2 3.1 3.8 3.10 3.4 3.7 3.5 3.9 3.3 3.6",
        "imagenet-cgan": "4.6 4.4 4.1 4.5 4.7 4.2 4.8 4.3 4.9",
        "common": "",
        "general": "",
    }.items()
}
NOT_THE_REPORTS_SENTENCE = {"2.8", "3.2", "3.3", "3.4", "4.6", "4.7"}


@pytest.mark.parametrize("key", REPORTS)
def test_every_claim_of_a_report_is_there_and_names_its_arms(key):
    report = report_module(key)
    assert [claim.number for claim in report.claims] == NUMBERS[key]
    for claim in report.claims:
        assert claim.said.endswith(".") and claim.where
        assert claim.basis in BASES
        assert (claim.basis == OWN) == (claim.number in NOT_THE_REPORTS_SENTENCE)
        assert (bool(claim.seen) or not claim.tests) == bool(claim.reason)
        for test in (*claim.tests, *claim.seen, *claim.aside):
            if isinstance(test, Reading):
                assert (ROOT / test.proof).is_file()
                continue
            assert (test.at_least is None) != (test.at_most is None)
            for arm in test.arms:
                report.arm(arm)  # or it raises


def test_verdicts_never_rest_on_training_images_unless_the_claim_does():
    allowed = {
        "1.2",
        "1.4",
        "1.7",
        "1.14",
        "1.17",
    }  # on training images, or on how far they are from the test's
    for key in REPORTS:
        for claim in report_module(key).claims:
            parts = [p for t in claim.tests for p in t.parts if isinstance(p, Images)]
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
    assert [shapes_right(run) for run in runs] == [1, 34 / 40]


def test_the_command_prints_every_claim(capsys, tmp_path):
    assert main(["claims", "berkeley", "--results", str(tmp_path / "none")]) == 2
    assert "is not there" in capsys.readouterr().err
    assert main(["claims", "berkeley", "--results", str(tmp_path)]) == 0
    printed = capsys.readouterr().out
    assert all(f"\n  {number} " in printed for number in NUMBERS["berkeley"])
    assert "not run yet: regression" in printed


def test_claims_are_wrapped_and_counted(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "72")
    assert main(["claims", "--results", str(ROOT / "results")]) == 0
    *lines, last = capsys.readouterr().out.splitlines()
    wide = [line for line in lines if len(line) > 72 and len(line.split()) > 2]
    assert [line for line in wide if not line.startswith(tuple(REPORTS))] == []
    claims = [claim for key in REPORTS for claim in stored_claims(ROOT / "results" / key)]
    verdicts = [claim["verdict"] for claim in claims]
    counts = Counter(verdicts)
    assert last.startswith(f"{len(verdicts)} claims: supported {counts['supported']}, ")
    assert last.endswith(f"not run {counts['not run']}")
