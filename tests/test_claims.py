"""Verdicts: estimates against known errors of means, the one rule, and each report's claims."""

import json
from operator import sub, truediv
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from colorization.evidence import claims, rule
from colorization.evidence.claims import Claim, judge
from colorization.evidence.criteria import Test, better, not_worse
from colorization.evidence.interval import Estimate, Scores, estimate
from colorization.evidence.observations import timed_apart, weak_discriminator
from colorization.evidence.quantities import Epochs, Gap, Images, PerRun
from colorization.evidence.rule import all_of, verdict
from colorization.pages import claims_section
from colorization.results.store import Findings, Shelf
from colorization.results.stored import Stored
from experiments import REPORTS, report_module
from experiments.__main__ import main
from experiments.berkeley.observed import hexagons_and_squares, shapes

ROOT = Path(__file__).parent.parent
RANDOM = np.random.default_rng(0)
NAMES = tuple(f"{i}.jpg" for i in range(200))


def scores(values, seeds=(0,), units=None, weights=None):
    values = np.asarray(values, float).reshape(-1, max(len(seeds), 1))
    units = units or tuple(range(len(values)))
    return Scores(units, tuple(seeds), values, weights)


# ---------------------------------------------------------------- estimates


def test_interval_over_images_is_that_of_the_mean():
    values = RANDOM.normal(5, 2, 400)
    found = estimate(scores(values))
    half = 1.96 * values.std() / 20
    assert found.value == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - half, abs=0.1 * half)
    assert found.high == pytest.approx(values.mean() + half, abs=0.1 * half)


def test_the_same_images_are_compared_image_by_image():
    base = RANDOM.normal(0, 10, 200)
    one, other = base + 1, base[::-1]
    first, elsewhere = scores(one, units=NAMES), scores(base, units=tuple(range(200)))
    paired = estimate(first, scores(other, units=NAMES[::-1]), of=sub)
    apart = estimate(first, elsewhere, of=sub)
    assert (paired.low, paired.high) == pytest.approx((1, 1))
    assert apart.high - apart.low > 3
    assert (paired.units, apart.units) == (200, 400)


def test_seeds_widen_the_interval():
    base = RANDOM.normal(0, 1, (200, 1))
    alike, apart = base + np.zeros((1, 3)), base + np.array([[-3.0, 0.0, 3.0]])
    narrow, wide = (estimate(scores(v, seeds=(0, 1, 2))) for v in (alike, apart))
    assert narrow.value == pytest.approx(wide.value)
    assert wide.high - wide.low > 5 * (narrow.high - narrow.low)


def test_each_arm_counts_with_all_its_seeds():
    one = scores([[1, 10, 100]] * 5, seeds=("one 0", "one 1", "one 2"))
    other = scores([[5, 3]] * 5, seeds=("other 0", "other 1"))
    found = estimate(one, other, of=sub)
    assert (found.value, found.seeds) == (pytest.approx(37 - 4), 2)
    alone = estimate(one)
    assert found.low == pytest.approx(alone.low - 4, abs=1.5)
    assert found.high == pytest.approx(alone.high - 4, abs=1.5)


def test_two_numbers_of_the_same_runs_are_drawn_together():
    """What a run has more of in the end than at first does not depend on the run's luck."""
    luck, first = np.array([[0.0, 50.0, 100.0]]), RANDOM.normal(0, 1, (30, 1))
    seeds = ("0", "1", "2")
    one, other = scores(first + luck + 7, seeds), scores(first + luck, seeds)
    found = estimate(one, other, of=sub)
    assert (found.low, found.high) == (pytest.approx(7), pytest.approx(7))
    apart = estimate(one, scores(first + luck, ("3", "4", "5")), of=sub)
    assert apart.high - apart.low > 50


def test_a_baseline_has_no_seeds():
    one = scores([[1, 2], [3, 4]], seeds=(0, 1))
    assert estimate(one, scores([1, 1], seeds=()), of=sub).value == pytest.approx(1.5)


def test_ratio_of_totals_and_missing_values():
    chroma = scores([1, 2, np.nan], weights=np.array([[2.0], [2.0], [9.0]]))
    assert estimate(chroma).value == pytest.approx(3 / 4)
    found = estimate(scores([2, np.inf, 4]))
    assert (found.value, found.low, found.high, found.units) == (3, 2, 4, 2)
    without_two = scores([10, np.nan, np.nan, 40])
    other = scores([1, 2, np.nan, np.nan])
    assert estimate(without_two, other, of=sub).value == 9  # one is in both
    assert estimate(scores([6, 6]), scores([3, 3]), of=truediv).value == 2


def test_one_number_has_no_interval():
    found = estimate(scores([3]))
    assert found.value == 3 and np.isnan(found.low) and np.isnan(found.high)
    three = estimate(scores([[1, 2, 3]], seeds=(0, 1, 2)))
    assert (three.low, three.high) == (1, 3)
    # Nor has a comparison with it, however many seeds the other side has.
    against = estimate(scores([[1, 2, 3]], seeds=(0, 1, 2)), scores([3], (7,)), of=sub)
    assert against.value == -1 and np.isnan(against.low)


def test_estimates_are_repeatable():
    values = scores(RANDOM.normal(size=50))
    assert estimate(values) == estimate(values)


# ---------------------------------------------------------------- the rule


@pytest.mark.parametrize(
    "low, high, threshold, above, expected",
    [
        (0.5, 0.9, 0.5, True, rule.SUPPORTED),
        (0.4, 0.9, 0.5, True, rule.INCONCLUSIVE),
        (0.1, 0.4, 0.5, True, rule.CONTRADICTED),  # there, but too small to count
        (0.1, 0.5, 0.5, True, rule.INCONCLUSIVE),
        (-0.9, -0.5, -0.5, False, rule.SUPPORTED),
        (-0.9, -0.4, -0.5, False, rule.INCONCLUSIVE),
        (-0.4, 2.0, -0.5, False, rule.CONTRADICTED),
        (0.0, 0.0, -0.5, False, rule.CONTRADICTED),  # identical networks
        (float("nan"), float("nan"), 0.5, True, rule.INCONCLUSIVE),
    ],
)
def test_the_rule(low, high, threshold, above, expected):
    assert verdict(Estimate((low + high) / 2, low, high, 10, 1), threshold, above) == expected


def test_a_claim_is_as_bad_as_its_worst_test():
    assert all_of([rule.SUPPORTED, rule.SUPPORTED]) == rule.SUPPORTED
    assert all_of([rule.SUPPORTED, rule.INCONCLUSIVE]) == rule.INCONCLUSIVE
    assert all_of([rule.INCONCLUSIVE, rule.CONTRADICTED]) == rule.CONTRADICTED


# ---------------------------------------------------------------- claims on stored runs


# What a stored run has besides is that of this one.
(A_RUN,) = [
    run
    for run in Shelf(ROOT / "results" / "flower-gan" / "small").runs()
    if (run.arm, run.seed) == ("flowers", 0)
]


@pytest.fixture
def store(tmp_path):
    """`store(arm, errors, scale, seed)`: a stored run whose test images have these errors.

    `training` names the arm that trained it, if it is a snapshot of another.
    """

    def write(
        arm,
        errors,
        scale="small",
        seed=0,
        losses=(3.0, 2.0, 1.0),
        accuracy=0.9,
        train=(),
        training=None,
        device="CPU",
        **facts,
    ):
        split = ["test"] * len(errors) + ["train"] * len(train)
        errors = np.concatenate([errors, train]).astype(float)
        rows = {
            "split": split,
            "name": NAMES[: len(errors)],
            "ciede2000": errors,
            "ab_mae": errors,
            "chroma": errors,
            "chroma_true": 10.0,
        }
        epochs = {"epoch": range(1, len(losses) + 1), "loss": losses, "seconds": 1.0}
        epochs["D_accuracy"] = accuracy
        config = {"seed": seed, "network": {"build": training or arm}}
        changed = {
            "config": A_RUN.config | config,
            "environment": A_RUN.environment | {"device": device},
            "shown": {},
        }
        found = Findings(
            arm,
            seed,
            {**A_RUN.facts, **changed, **facts},
            pd.DataFrame(epochs).astype(str).to_dict("records"),
            {"images.csv": pd.DataFrame(rows).to_csv(index=False).encode()},
        )
        Shelf(tmp_path / "report" / scale).put(found)
        return tmp_path / "report"

    return write


GOOD, BAD = RANDOM.normal(10, 1, 50), RANDOM.normal(12, 1, 50)
CLAIM = Claim("9.9", "One is better than two.", "nowhere", (better("ciede2000", "one", "two"),))


def test_better_and_worse(store):
    store("one", GOOD)
    stored = Stored.read(store("two", BAD))
    found = judge(CLAIM, stored)
    assert (found.verdict, found.run) == (rule.SUPPORTED, "small, 1 seed")
    assert found.tests[0].estimate.value == pytest.approx(GOOD.mean() - BAD.mean())
    reverse = Claim("", "", "", (better("ciede2000", "two", "one"),))
    assert judge(reverse, stored).verdict == rule.CONTRADICTED
    assert judge(Claim("", "", "", (not_worse("ciede2000", "one", "one"),)), stored).verdict == (
        rule.SUPPORTED
    )


def test_a_missing_arm_is_named(store):
    found = judge(CLAIM, Stored.read(store("one", GOOD)))
    assert (found.verdict, found.reason) == (rule.NOT_RUN, "not run yet: two")


def test_scales_are_not_mixed_and_the_largest_decides(store):
    store("one", GOOD, "full")
    store("one", BAD + 3, "small")
    stored = Stored.read(store("two", BAD, "small"))
    found = judge(CLAIM, stored)
    assert (found.verdict, found.others) == (rule.CONTRADICTED, ())
    stored = Stored.read(store("two", BAD, "full"))
    found = judge(CLAIM, stored)
    assert (found.verdict, found.scale) == (rule.SUPPORTED, "full")
    assert [(other.verdict, other.scale) for other in found.others] == [
        (rule.CONTRADICTED, "small")
    ]


def test_a_number_without_interval_gives_way_to_a_smaller_scale_with_seeds(store):
    def value(run):
        return run.facts["value"]

    claim = Claim("", "", "", (Test(PerRun("one", "value", value), at_least=0.5),))
    folder = store("one", GOOD, "full", value=0.9)
    found = judge(claim, Stored.read(folder))
    assert (found.verdict, found.scale) == (rule.INCONCLUSIVE, "full")
    for seed in (0, 1, 2):
        store("one", GOOD, "small", seed, value=0.7 + 0.1 * seed)
    found = judge(claim, Stored.read(folder))
    assert (found.verdict, found.run) == (rule.SUPPORTED, "small, 3 seeds")
    assert [other.run for other in found.others] == ["full, 1 seed"]


def test_an_artefact_is_what_only_the_authors_form_supports(store):
    stored = Stored.read(store("one", GOOD, losses=np.linspace(1, 2, 40)))
    rising = Test(Epochs("one", "loss", "loss", "last"), Epochs("one", "", "loss", "first"))
    means = Test(rising.of, rising.against, at_most=0.0)
    seen = Test(rising.of, rising.against, at_least=0.0)
    claim = Claim("", "", "", (means,), seen=(seen,), reason="the axis is upside down")
    found = judge(claim, stored)
    assert (found.verdict, found.reason) == (rule.ARTEFACT, "the axis is upside down")
    assert judge(Claim("", "", "", (means,), seen=(means,)), stored).verdict == rule.CONTRADICTED


def test_what_cannot_answer_is_said(store):
    store("one", GOOD)
    stored = Stored.read(store("two", BAD))
    claim = Claim("", "", "", CLAIM.tests, unless=lambda s: "a stand-in was used")
    found = judge(claim, stored)
    assert (found.verdict, found.reason, found.tests) == (rule.NOT_RUN, "a stand-in was used", ())
    assert [judged.test for judged in found.aside] == list(CLAIM.tests)  # measured all the same
    further = Claim("", "", "", (Test(Images("one", "ciede2000", split="coco"), at_most=1.0),))
    assert judge(further, stored).verdict == rule.NOT_RUN


def test_a_discriminator_at_chance_decides_nothing(store):
    claim = Claim("", "", "", CLAIM.tests, undecided=weak_discriminator("one", "two"))
    store("one", GOOD, accuracy=(0.5, 0.9, 0.7))
    stored = Stored.read(store("two", BAD, accuracy=(0.56, 0.56, 0.5)))
    assert judge(claim, stored).verdict == rule.SUPPORTED
    stored = Stored.read(store("two", BAD, seed=1, accuracy=(0.9, 0.55, 0.5)))
    found = judge(claim, stored)
    assert found.verdict == rule.INCONCLUSIVE and found.tests
    assert "in two, seed 1, the discriminator hardly told real from" in found.reason
    assert "accuracy at most 55% in 67% of the epochs" in found.reason


def test_times_on_different_devices_decide_nothing(store):
    claim = Claim("", "", "", CLAIM.tests, undecided=timed_apart("one", "two"))
    store("one", GOOD, device="a GPU")
    store("two", BAD, device="a GPU")
    folder = store("three", BAD, device="a CPU")
    assert judge(claim, Stored.read(folder)).verdict == rule.SUPPORTED
    found = judge(claim, Stored.read(store("two", BAD, seed=1, device="a CPU")))
    assert found.verdict == rule.INCONCLUSIVE and found.tests
    assert found.reason == "its runs were timed on different devices: a CPU; a GPU"


def test_a_snapshot_that_was_not_taken(store):
    stored = Stored.read(store("one", GOOD))
    claim = Claim("", "", "", (Test(Images("one", "ciede2000", snapshot=0), at_most=1.0),))
    assert judge(claim, stored).verdict == rule.NOT_RUN


def test_a_baseline_that_beats_both_arms_is_named(store):
    store("one", BAD)
    folder = store("two", BAD + 1)
    assert judge(CLAIM, Stored.read(folder)).notes == ()
    found = {}
    for name, error in (("gray", 15.0), ("mean-ab-given-L", 11.0)):
        rows = {"split": "test", "name": NAMES[:50], "ciede2000": error, "ab_mae": error}
        rows |= {"chroma": 1.0, "chroma_true": 1.0}
        found[name] = {"test": {}}, pd.DataFrame(rows).to_csv(index=False)
    Shelf(folder / "small").put_baselines(A_RUN.data["prepared"], found)
    found = judge(CLAIM, Stored.read(folder))
    said = "mean ab given L alone has CIEDE2000 11.00, better than these arms"
    assert found.notes == (said,)


@pytest.mark.parametrize("training, width", [("two", 0.0), (None, 2.0)])
def test_a_snapshot_is_drawn_with_the_training_that_it_was_taken_from(store, training, width):
    for seed, luck in enumerate((-2.0, 0.0, 2.0)):
        store("one", GOOD + luck, seed=seed, training=training)
        folder = store("two", GOOD + luck + 1, seed=seed)
    found = judge(CLAIM, Stored.read(folder)).tests[0].estimate
    assert found.value == pytest.approx(-1) and found.seeds == 3
    assert found.high - found.low >= width and (found.high - found.low < 1e-6) == (width == 0)


def test_the_gap_between_test_and_training_images(store):
    store("one", GOOD, train=GOOD - 5)
    stored = Stored.read(store("two", GOOD, train=GOOD - 2))
    found = Test(Gap("one", "ciede2000"), Gap("two", "ciede2000"), at_least=1.0).judge(stored)
    assert found.estimate.value == pytest.approx(3) and found.verdict == rule.SUPPORTED
    assert found.what == "CIEDE2000 on test − on training images, one − two"


def test_parts_of_the_images(store):
    stored = Stored.read(store("one", [1.0] * 10 + [5.0] * 10))
    first = ("the first ten", lambda name: int(name.split(".")[0]) < 10)
    found = Test(Images("one", "ciede2000", subset=first), at_most=1.0).judge(stored)
    assert (found.estimate.value, found.estimate.units) == (1.0, 10)
    ratio = Test(Images("one", "chroma_ratio", subset=first), at_least=0.0).judge(stored)
    assert ratio.estimate.value == pytest.approx(0.1)


def test_the_section_says_number_threshold_and_command(store):
    store("one", GOOD)
    verdicts = claims.judge_all((CLAIM,), Stored.read(store("two", BAD)))
    text = claims_section.claims_section(verdicts, "berkeley")
    assert "| 9.9 | One is better than two. (nowhere) | **supported** |" in text
    assert f"\n  - CIEDE2000, one − two: {GOOD.mean() - BAD.mean():+.2f} [" in text
    assert "], needs ≤ -0.50: supported\n" in text
    assert 'make reproduce-berkeley SCALE=full ARMS="one two"' in text
    assert json.loads(json.dumps(verdicts[0].to_json()))["tests"][0]["verdict"] == "supported"


def test_the_section_says_what_other_scales_found(store):
    for scale, errors in (("small", BAD), ("full", GOOD - 3)):
        store("one", errors, scale)
        folder = store("two", GOOD, scale)
    (given,) = claims.judge_all((CLAIM,), Stored.read(folder))
    text = claims_section.claims_section([given], "berkeley")
    difference = f"CIEDE2000, one − two: {BAD.mean() - GOOD.mean():+.2f} ["
    assert f"\n  - at small, 1 seed: contradicted.\n    - {difference}" in text
    assert "| full, 1 seed (at small, 1 seed: contradicted) |" in text
    assert "9.9 supported" in text and "SCALE=full" not in text
    (other,) = given.to_json()["others"]
    assert (other["verdict"], other["at"]) == ("contradicted", "small, 1 seed")
    assert other["tests"][0]["value"] == pytest.approx(BAD.mean() - GOOD.mean(), rel=1e-4)


# ---------------------------------------------------------------- the reports


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
