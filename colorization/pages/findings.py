"""What was learnt, in a few sentences, from stored verdicts and rows alone."""

from collections import Counter
from collections.abc import Iterable, Sequence
from operator import sub
from pathlib import Path

from colorization.evidence.claims import stored_claims
from colorization.evidence.compare import word
from colorization.evidence.interval import Estimate, estimate
from colorization.evidence.quantities import Images
from colorization.evidence.rule import CONTRADICTED, FEW, VERDICTS
from colorization.reproduction.report import Arm, Report
from colorization.results.measures import MEASURES
from colorization.results.runs import StoredRun
from colorization.results.stored import Stored, over_seeds
from colorization.scales import SCALES

ERROR = "ciede2000"  # the measure that arms are ranked by
PALE = "mean-ab-given-L"  # the baseline that a network has to beat
FEWEST = max(FEW) + 1  # trainings of an arm that is ranked


def findings(reports: Iterable[Report], results: Path) -> list[str]:
    """Sentences in Markdown, the most telling first; fewer where less has been run."""
    reports = list(reports)
    stored = {report.key: Stored.read(results / report.key) for report in reports}
    authors = [report for report in reports if report.authors]
    found = [*_of_claims(authors, results), _of_primary_arms(authors, stored)]
    for report in reports:
        if report.compares_cost:
            found += _of_methods(report, stored[report.key])
    return [sentence for sentence in (*found, _of_scales(authors, stored)) if sentence]


def _of_claims(reports: Sequence[Report], results: Path) -> list[str]:
    """How the verdicts are shared out, and which claims are contradicted."""
    claims = [claim for report in reports for claim in stored_claims(results / report.key)]
    if not claims:
        return []
    counts = Counter(claim["verdict"] for claim in claims)
    said = _listed([f"**{v} {counts[v]}**" for v in VERDICTS if counts[v]])
    said = f"The verdicts on the reports' {len(claims)} claims: {said}."
    wrong = [f"“{c['claim'].rstrip('.')}” ({c['number']})" for c in claims]
    wrong = [w for w, c in zip(wrong, claims, strict=True) if c["verdict"] == CONTRADICTED]
    return [said, f"Contradicted by what was measured: {_listed(wrong)}." if wrong else ""]


def _of_primary_arms(reports: Sequence[Report], stored: dict[str, Stored]) -> str:
    """How many of the arms that the reports ran beat what needs no network."""
    words = []
    for report in reports:
        found = stored[report.key]
        arms = [arm.name for arm in report.arms if arm.primary and found.of(arm.name)]
        words += [_word(_gap(found, arm)) for arm in arms if found.baselines(found.of(arm)[0])]
    judged = [one for one in words if one not in FEW.values()]
    if not judged:
        return ""
    better = judged.count("better")
    return (
        f"Of the {len(judged)} arms that the reports themselves ran and that have {FEWEST} "
        f"trainings, **{better or 'none'} {'is' if better == 1 else 'are'} closer to the true "
        f"colours than *{_said(PALE)}***, a table from lightness to colour that no network made; "
        f"{judged.count('worse')} are farther from them (by {MEASURES[ERROR].name}, "
        f"{MEASURES[ERROR].counts:g} and more, with the whole 95 % interval)."
    )


def _of_methods(report: Report, stored: Stored) -> list[str]:
    """Which method came first on common ground, in what, and what is left on other photographs."""
    scale = next((s for s in SCALES if stored.at(s).runs), "")
    at_scale = stored.at(scale)
    arms = [arm for arm in report.arms if arm.primary]
    runs = {arm.name: found for arm in arms if (found := at_scale.of(arm.name))}
    ranked = [name for name, found in runs.items() if len(found) >= FEWEST]
    if len(ranked) < 2:
        return []
    return [
        _first(at_scale, runs, ranked),
        _strongest(runs, ranked),
        _elsewhere(at_scale, arms, runs),
    ]


def _first(stored: Stored, runs: dict[str, list[StoredRun]], ranked: list[str]) -> str:
    means = {name: _mean(runs[name], ERROR) for name in ranked}
    first, second = sorted(ranked, key=means.__getitem__)[:2]
    against, beside = _gap(stored, first, arm=second), _gap(stored, first)
    run, measure = runs[first][0], MEASURES[ERROR]
    size = run.config["recipe"]["size"]
    rest = len(runs) - len(ranked)
    few = f"; {rest} with fewer trainings are not ranked" if rest else ""
    return (
        f"On the same photographs ({run.data['title']}, {size} px), **{first} comes first** of "
        f"the {len(ranked)} methods with {FEWEST} trainings and more{few}: {measure.name} "
        f"{_cell(runs[first], ERROR)}; its difference to the second, {second}, is "
        f"{_interval(against)}, that to *{_said(PALE)}* {_interval(beside)}: {_judged(beside)}."
    )


def _strongest(runs: dict[str, list[StoredRun]], ranked: list[str]) -> str:
    ratios = {name: _mean(runs[name], "chroma_ratio") for name in ranked}
    pale = min(ranked, key=ratios.__getitem__)
    true = min(ranked, key=lambda name: abs(ratios[name] - 1))
    if pale == true:
        return ""
    return (
        f"Closeness is not colour: {pale} has {ratios[pale]:.0%} of the originals' chroma, "
        f"**{true} has {ratios[true]:.0%}**, at {MEASURES[ERROR].name} "
        f"{_cell(runs[true], ERROR)}."
    )


def _elsewhere(stored: Stored, arms: Sequence[Arm], runs: dict[str, list[StoredRun]]) -> str:
    """How many methods beat gray on photographs of another kind."""
    sets = [given.name for arm in arms for given in arm.tested_on]
    for split in dict.fromkeys(sets):
        judged = {name: found[0] for name, found in runs.items() if split in found[0].splits}
        if not judged:
            continue
        gray = stored.baselines(next(iter(judged.values())), split).get("gray", {}).get(ERROR)
        if gray is None:
            continue
        better = [name for name in judged if _mean(runs[name], ERROR, split) < gray]
        of = next(iter(judged.values())).data["further_sets"][split]["title"]
        return (
            f"On photographs of another kind ({of}) "
            f"**{_listed(better) or 'none'} of the {len(judged)} methods "
            f"{'are' if len(better) > 1 else 'is'} closer to the true colours than gray** "
            f"({MEASURES[ERROR].name} {MEASURES[ERROR].text(gray)})."
        )
    return ""


def _of_scales(reports: Sequence[Report], stored: dict[str, Stored]) -> str:
    """What has been run as the reports ran it."""
    ran = [report for report in reports if stored[report.key].runs]
    if not ran:
        return ""
    full, *smaller = SCALES
    whole = [report.label for report in ran if stored[report.key].at(full).runs]
    rest = [report.label for report in ran if report.label not in whole]
    said = "No report has been run at its own scale"
    if whole:
        said = f"At the reports' own scale there are runs of {_listed(whole)}"
    return said + (f"; of {_listed(rest)} there are smaller runs only." if rest else ".")


def _gap(stored: Stored, first: str, arm: str = "") -> Estimate:
    """How far an arm's error lies above another arm's, or the baseline's."""
    other = Images(arm or first, ERROR, baseline="" if arm else PALE)
    return estimate(*Images(first, ERROR).terms(stored), *other.terms(stored), of=sub)


def _word(gap: Estimate) -> str:
    return word(gap, MEASURES[ERROR].counts, MEASURES[ERROR].better)


def _judged(gap: Estimate) -> str:
    found = _word(gap)
    return f"{found} by what counts" if found in ("better", "worse") else found


def _interval(gap: Estimate) -> str:
    return f"{gap.value:+.2f} [{gap.low:+.2f}, {gap.high:+.2f}]"


def _mean(runs: Sequence[StoredRun], measure: str, split: str = "test") -> float:
    return sum(run.means(split)[measure] for run in runs) / len(runs)


def _cell(runs: list[StoredRun], measure: str) -> str:
    return over_seeds(runs, "test", (measure,))[MEASURES[measure].heading]


def _said(baseline: str) -> str:
    return baseline.replace("-", " ")


def _listed(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), *parts[-1:])))
