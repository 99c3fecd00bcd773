"""Verdicts: estimates against known errors of means, the one rule, and each report's claims."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from colorization.errors import UserError
from colorization.evidence import claims, rule
from colorization.evidence.claims import OWN, STATED, Claim, judge
from colorization.evidence.criteria import Reading, Test, better, not_worse
from colorization.evidence.observations import fewer_epochs, patch_is_image, weak_discriminator
from colorization.evidence.quantities import Epochs, Excess, Gap, Images, PerRun, Seconds
from colorization.pages import claims_section
from colorization.results.store import Findings, Shelf
from colorization.results.stored import Stored
from colorization.results.turns import write_turns
from tests import ROOT
from tests.evidence.claims_helpers import NAMES, RANDOM

# What a stored run has besides is that of this one.
(A_RUN,) = [
    run
    for run in Shelf(ROOT / "results" / "flower-gan" / "small").runs()
    if (run.arm, run.seed) == ("flowers", 0)
]


@pytest.fixture
def store(tmp_path):
    """`store(arm, errors, scale, seed)`: a stored run whose test images have these errors; without
    a seed, three, a hundredth apart.

    `training` names the arm that trained it, if it is a snapshot of another.
    """

    def write(
        arm,
        errors,
        scale="small",
        seed=None,
        losses=(3.0, 2.0, 1.0),
        accuracy=0.9,
        train=(),
        training=None,
        device="CPU",
        **facts,
    ):
        if seed is None:
            for seed, shift in enumerate((-0.01, 0.0, 0.01)):
                given = {"losses": losses, "accuracy": accuracy, "training": training}
                given |= {"device": device, "train": train, **facts}
                write(arm, np.asarray(errors) + shift, scale, seed, **given)
            return tmp_path / "report"
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

CLAIM = Claim(
    "9.9", "One is better than two.", "nowhere", STATED, (better("ciede2000", "one", "two"),)
)


def test_better_and_worse(store):
    store("one", GOOD)
    stored = Stored.read(store("two", BAD))
    found = judge(CLAIM, stored)
    assert (found.verdict, found.run) == (rule.SUPPORTED, "small, 3 seeds")
    assert found.tests[0].estimate.value == pytest.approx(GOOD.mean() - BAD.mean())
    reverse = Claim("", "", "", STATED, (better("ciede2000", "two", "one"),))
    assert judge(reverse, stored).verdict == rule.CONTRADICTED
    assert judge(
        Claim("", "", "", STATED, (not_worse("ciede2000", "one", "one"),)), stored
    ).verdict == (rule.SUPPORTED)


def test_arms_judged_on_different_photographs_are_not_compared(store):
    """Unless the claim is about two sets; a baseline of either set is compared with its own."""
    store("one", GOOD)
    stored = Stored.read(store("two", BAD[:40]))
    found = judge(CLAIM, stored)
    assert found.verdict == rule.NOT_RUN
    assert found.reason == "one and two were judged on different photographs"
    meant = replace(CLAIM, tests=(replace(CLAIM.tests[0], across_sets=True),))
    assert judge(meant, stored).verdict == rule.SUPPORTED


def test_several_test_sets_are_judged_together(store):
    """The images of a further set beside the test images', of all arms or not at all."""
    stored = Stored.read(store("one", GOOD, train=BAD[:30]))
    both = Images("one", "ciede2000", split="test+train")
    (scores,) = both.terms(stored)
    assert len(scores.units) == 80 and both.has_run(stored)
    expected = np.concatenate([GOOD, BAD[:30]]).mean()
    assert Test(both, at_most=11.0).judge(stored).estimate.value == pytest.approx(expected)
    assert not Images("one", "ciede2000", split="test+sketches").has_run(stored)


def test_a_missing_arm_is_named(store):
    found = judge(CLAIM, Stored.read(store("one", GOOD)))
    assert (found.verdict, found.reason, found.at) == (rule.NOT_RUN, "not run yet: two", "–")
    beside = Test(Images("one", "ciede2000"), at_most=1.0)
    found = judge(replace(CLAIM, aside=(beside,)), Stored.read(store("one", GOOD)))
    assert ([judged.test for judged in found.aside], found.at) == ([beside], "small")


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


def test_a_single_training_gives_way_to_a_smaller_scale_with_three(store):
    def value(run):
        return run.facts["value"]

    claim = Claim("", "", "", STATED, (Test(PerRun("one", "value", value), at_least=0.5),))
    folder = store("one", GOOD, "full", 0, value=0.9)
    found = judge(claim, Stored.read(folder))
    assert (found.verdict, found.scale) == (rule.ONE_TRAINING, "full")
    for seed in (0, 1, 2):
        store("one", GOOD, "small", seed, value=0.79 + 0.01 * seed)
    found = judge(claim, Stored.read(folder))
    assert (found.verdict, found.run) == (rule.SUPPORTED, "small, 3 seeds")
    assert [other.run for other in found.others] == ["full, 1 seed"]


def test_an_artefact_is_what_only_the_authors_form_supports(store):
    stored = Stored.read(store("one", GOOD, losses=np.linspace(1, 2, 40)))
    rising = Test(Epochs("one", "loss", "loss", "last"), Epochs("one", "", "loss", "first"))
    means = Test(rising.of, rising.against, at_most=0.0)
    seen = Test(rising.of, rising.against, at_least=0.0)
    claim = Claim("", "", "", STATED, (means,), seen=(seen,), reason="the axis is upside down")
    found = judge(claim, stored)
    assert (found.verdict, found.reason) == (rule.ARTEFACT, "the axis is upside down")
    assert (
        judge(Claim("", "", "", STATED, (means,), seen=(means,)), stored).verdict
        == rule.CONTRADICTED
    )


def test_what_cannot_answer_is_said(store):
    store("one", GOOD)
    stored = Stored.read(store("two", BAD))
    claim = Claim("", "", "", STATED, CLAIM.tests, unless=lambda s: "a stand-in was used")
    found = judge(claim, stored)
    assert (found.verdict, found.reason, found.tests) == (rule.NOT_RUN, "a stand-in was used", ())
    assert [judged.test for judged in found.aside] == list(CLAIM.tests)  # measured all the same
    further = Claim(
        "", "", "", STATED, (Test(Images("one", "ciede2000", split="coco"), at_most=1.0),)
    )
    assert judge(further, stored).verdict == rule.NOT_RUN


def test_a_discriminator_at_chance_decides_nothing(store):
    claim = Claim("", "", "", STATED, CLAIM.tests, undecided=weak_discriminator("one", "two"))
    store("one", GOOD, accuracy=(0.5, 0.9, 0.7))
    stored = Stored.read(store("two", BAD, accuracy=(0.56, 0.56, 0.5)))
    assert judge(claim, stored).verdict == rule.SUPPORTED
    stored = Stored.read(store("two", BAD, seed=1, accuracy=(0.9, 0.55, 0.5)))
    found = judge(claim, stored)
    assert found.verdict == rule.INCONCLUSIVE and found.tests
    assert "in two, seed 1, the discriminator hardly told real from" in found.reason
    assert "accuracy at most 55% in 67% of the epochs" in found.reason


READING = Reading("nothing reaches it", rule.NO_DIFFERENCE, "tests/test_that.py")


def test_a_claim_that_the_code_answers_needs_no_run(store):
    claim = Claim("9.8", "It helps.", "code", OWN, (READING,), aside=CLAIM.tests)
    found = judge(claim, Stored.read(store("one", GOOD)))
    assert (found.verdict, found.at, found.others) == (rule.NO_DIFFERENCE, "by reading", ())
    assert found.aside == ()  # an arm of it is missing
    found = judge(claim, Stored.read(store("two", BAD)))
    assert [judged.test for judged in found.aside] == list(CLAIM.tests)
    text = claims_section.claims_section([found], "berkeley")
    said = "by reading the code: nothing reaches it (`tests/test_that.py`)"
    assert (
        f"| 9.8 | It helps. | code: own question | **{rule.NO_DIFFERENCE}** | {said} | by" in text
    )
    assert "SCALE=full" not in text
    assert found.to_json()["tests"][0]["measured"].startswith("nothing reaches it")
    assert found.to_json()["basis"] == "own question"


def test_a_fact_does_not_outweigh_a_number(store):
    store("one", BAD)
    claim = Claim("", "", "", STATED, (*CLAIM.tests, Reading("", rule.SUPPORTED, "")))
    assert judge(claim, Stored.read(store("two", GOOD))).verdict == rule.CONTRADICTED


def test_a_claim_that_no_arm_can_answer_says_why(store):
    stored = Stored.read(store("one", GOOD))
    given = Claim("9.7", "It is nice.", "here", STATED, reason="nobody asks")
    found = judge(given, stored)
    assert (found.verdict, found.found, found.at) == (rule.NOT_RUN, "nobody asks", "–")
    beside = Test(Images("one", "ciede2000"), at_most=1.0)
    found = judge(Claim("", "", "", STATED, reason="nobody asks", aside=(beside,)), stored)
    assert (found.verdict, len(found.aside), found.at) == (rule.NOT_RUN, 1, "small")


def test_seconds_are_those_of_turns_or_none(store):
    store("one", GOOD)
    folder = store("two", BAD)
    faster = Test(Seconds("one"), Seconds("two"), ratio=True, at_most=1.0)
    claim = Claim("", "", "", STATED, (faster,))
    found = judge(claim, Stored.read(folder))
    assert found.verdict == rule.NOT_RUN and "not timed in turns here" in found.reason
    busy = np.array([1.0, 3.0, 1.0, 2.0])  # what else the machine did falls on both
    write_turns(folder / "small", {}, {"one": list(busy / 2), "two": list(busy)})
    found = judge(claim, Stored.read(folder))
    assert found.verdict == rule.SUPPORTED and found.tests[0].measured == "0.50 [0.50, 0.50]"
    (folder / "small" / "turns.json").write_text('{"environment": {}, "seconds": {"one": "fast"}}')
    with pytest.raises(UserError, match=r"turns\.json is not as"):
        judge(claim, Stored.read(folder))


def test_what_a_small_scale_cannot_answer(store):
    stored = Stored.read(store("one", GOOD))  # of 10 epochs at 64 px
    assert fewer_epochs("one", 10)(stored) == patch_is_image("one", 34)(stored) == ""
    assert fewer_epochs("one", 100)(stored) == "10 epochs are not the report's 100"
    assert patch_is_image("one", 70)(stored) == "a field of 70 px sees all of an image of 64 px"


def test_a_snapshot_that_was_not_taken(store):
    stored = Stored.read(store("one", GOOD))
    claim = Claim("", "", "", STATED, (Test(Images("one", "ciede2000", snapshot=0), at_most=1.0),))
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


def test_the_excess_over_a_baseline(store):
    """Twice the error on a set where a baseline errs twice as much is no worse."""
    for arm, errors, scale in (("one", GOOD, 1.0), ("two", 2 * GOOD, 2.0)):
        folder = store(arm, errors)
        rows = {"split": "test", "name": NAMES[:50], "ciede2000": errors - scale, "ab_mae": 0.0}
        rows |= {"chroma": 1.0, "chroma_true": 1.0}
        text = pd.DataFrame(rows).to_csv(index=False)
        Shelf(folder / "small").put_baselines(
            A_RUN.data["prepared"], {"gray": ({"test": {}}, text)}
        )
        found = Test(Excess(arm, "ciede2000", "gray"), at_least=0.0).judge(Stored.read(folder))
        assert found.estimate.value == pytest.approx(scale)
        assert found.what == f"CIEDE2000 over that of gray, {arm}"


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
    assert "| 9.9 | One is better than two. | nowhere: stated | **supported** |" in text
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
    assert f"\n  - at small, 3 seeds: contradicted.\n    - {difference}" in text
    assert "| full, 3 seeds (at small, 3 seeds: contradicted) |" in text
    assert "9.9 supported" in text and "SCALE=full" not in text
    (other,) = given.to_json()["others"]
    assert (other["verdict"], other["at"]) == ("contradicted", "small, 3 seeds")
    assert other["tests"][0]["value"] == pytest.approx(BAD.mean() - GOOD.mean(), rel=1e-4)


def test_older_runs_were_not_judged_by_a_measure(store):
    """One seed that lacks it is enough; what else the claim needs is judged as before."""
    stored = Stored.read(store("one", GOOD))
    asked = Test(Images("one", "told_apart"), at_most=0.6)
    assert not asked.has_run(stored) and not Gap("one", "told_apart").has_run(stored)
    assert judge(Claim("", "", "", "", (asked,)), stored).verdict == rule.NOT_RUN
    known = Test(Images("one", "ciede2000"), at_most=20.0)
    found = judge(Claim("", "", "", "", (known,), aside=(asked,)), stored)
    assert found.verdict == rule.SUPPORTED and found.aside == ()


def test_a_baseline_that_lacks_a_measure(store):
    folder = store("one", GOOD)
    rows = {"split": "test", "name": NAMES[:50], "ciede2000": 15.0, "ab_mae": 1.0}
    rows |= {"chroma": 1.0, "chroma_true": 1.0}
    found = {"gray": ({"test": {}}, pd.DataFrame(rows).to_csv(index=False))}
    Shelf(folder / "small").put_baselines(A_RUN.data["prepared"], found)
    stored = Stored.read(folder)
    assert Images("one", "ciede2000", baseline="gray").has_run(stored)
    assert not Images("one", "colour_distance", baseline="gray").has_run(stored)


def test_a_measure_of_whole_sets_is_not_asked_of_part_of_one():
    part = "landscapes", lambda name: True
    with pytest.raises(
        ValueError, match="colour distance is of a whole set, not of its landscapes"
    ):
        Images("one", "colour_distance", subset=part)
    assert Images("one", "told_apart", subset=part)
