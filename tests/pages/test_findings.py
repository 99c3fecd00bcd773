"""What the pages say was learnt follows what is stored."""

import json
import shutil

import pytest

from colorization.pages.findings import findings
from colorization.results.stored import Stored
from experiments import report_module
from tests import ROOT

KEYS = ("flower-cgan", "common")
REPORTS = [report_module(key) for key in KEYS]


@pytest.fixture
def results(tmp_path):
    for key in KEYS:
        shutil.copytree(ROOT / "results" / key, tmp_path / key)
    return tmp_path


def sentence(results, start: str) -> str:
    (found,) = (said for said in findings(REPORTS, results) if said.startswith(start))
    return found


def test_verdicts_are_counted_and_what_is_contradicted_is_quoted(results):
    path = results / "flower-cgan" / "claims.json"
    claims = json.loads(path.read_text())
    for number, claim in enumerate(claims):
        claim["verdict"] = "contradicted" if number == 1 else "supported"
    path.write_text(json.dumps(claims))
    counted = sentence(results, "The verdicts on the reports'")
    assert (
        f"{len(claims)} claims: **supported {len(claims) - 1}** and **contradicted 1**" in counted
    )
    quoted = sentence(results, "Contradicted")
    assert claims[1]["claim"].rstrip(".") in quoted and quoted.count("“") == 1


def test_the_first_method_is_the_one_with_the_least_error_of_those_trained_often(results):
    stored = Stored.read(results / "common").at("small")
    arms = [arm.name for arm in report_module("common").arms if arm.primary]
    often = {name: runs for name in arms if len(runs := stored.of(name)) > 2}

    def error(name):
        return sum(run.means("test")["ciede2000"] for run in often[name]) / len(often[name])

    first, second = sorted(often, key=error)[:2]
    said = sentence(results, "On the same photographs")
    assert f"**{first} comes first** of the {len(often)} methods" in said
    assert f"CIEDE2000 {error(first):.2f} ±" in said
    assert f"{error(first) - error(second):+.2f} [" in said and f"second, {second}" in said


def test_methods_that_gray_beats_on_other_photographs_are_not_called_closer(results):
    stored = Stored.read(results / "common").at("small")
    arms = [arm.name for arm in report_module("common").arms if arm.primary]
    gray = stored.baselines(stored.of(arms[0])[0], "berkeley")["gray"]["ciede2000"]
    said = sentence(results, "On photographs of another kind (BSDS500)")
    assert f"CIEDE2000 {gray:.2f}" in said
    for name in arms:
        means = [run.means("berkeley")["ciede2000"] for run in stored.of(name)]
        closer = said.partition("**")[2].partition(" of the")[0].replace(" and ", ", ").split(", ")
        assert (name in closer) == (sum(means) / len(means) < gray)


def test_without_results_nothing_is_said(tmp_path):
    assert findings(REPORTS, tmp_path) == []


def test_results_of_one_report_alone_are_enough(results):
    shutil.rmtree(results / "common")
    assert any("closer to the true colours" in said for said in findings(REPORTS, results))
    assert not any("comes first" in said for said in findings(REPORTS, results))
