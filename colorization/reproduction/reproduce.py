"""From a report to its results: data, training, evaluation, rendering; finished work is skipped."""

import json
import shutil
import time
from dataclasses import replace
from pathlib import Path

from colorization.data.prepared import PreparedSet, is_sealed, prepare
from colorization.errors import OutOfTime, RunFailed, RunUnusable, SourceUnavailable, UserError
from colorization.evaluation.finished_run import evaluate_baselines, evaluate_run
from colorization.files import write_json
from colorization.models.half import save_half
from colorization.models.resnet18_unet import imagenet_backbone
from colorization.pages.report_page import render
from colorization.reproduction.report import Arm, Report
from colorization.reproduction.scales import SMOKE_IMAGES
from colorization.results.run_folder import EVALUATED, findings_of, read_run
from colorization.results.store import DEFAULT, Shelf, storing
from colorization.serialization import to_json
from colorization.training.callbacks import snapshot_path
from colorization.training.checkpoint import restore
from colorization.training.config import TrainingConfig
from colorization.training.devices import leads
from colorization.training.epochs import read_epochs, write_epochs
from colorization.training.run import (
    FINISHED,
    RunOptions,
    explained_memory,
    load_network,
    locked,
    save_network,
    train,
)


def reproduce(
    report: Report,
    scale: str,
    arms: list[Arm],
    seeds: list[int],
    runs: Path,
    results_folder: Path,
    options: RunOptions,
    precision: str | None = None,
) -> list[Exception]:
    """Train and evaluate arms that are not finished yet, then render the report.

    Args:
        report, scale, arms, seeds: what to reproduce.
        runs, results_folder: where run folders and stored results lie.
        options: how the runs are carried out.
        precision: instead of each arm's own.

    Returns:
        What kept arms from being run: others go on.
    """
    failures, say = [], options.say
    for seed in seeds:
        for arm in arms:
            say(f"== {report.key} {arm.name}, scale {scale}, seed {seed}")
            if twin := _twin(report, arm, scale):
                say(f"left out: at this scale it is the same as {twin}")
                continue
            try:
                reproduce_run(report, scale, arm, seed, runs, results_folder, options, precision)
            except (SourceUnavailable, RunUnusable, RunFailed) as error:
                failures.append(type(error)(f"{arm.name}: {error}"))
                say(f"left out: {error}")
    if not leads():
        return failures
    with storing(results_folder, say):
        render(report, results_folder / report.key, say)
    return failures


def _twin(report: Report, arm: Arm, scale: str) -> str | None:
    """An arm before this one with the same configuration at this scale, or None.

    Not at `smoke`, where many are the same and each is run for its own sake.
    """
    if scale == "smoke":
        return None
    configs = {}
    for other in report.arms:
        if other.trained_by:
            continue
        configs[other.name] = to_json(report.scaled(other, scale))
        if other.name == arm.name:
            break
    same = [name for name in configs if configs[name] == configs.get(arm.name)]
    return same[0] if same and same[0] != arm.name else None


def resolve(report: Report, arm: Arm, scale: str, precision: str | None = None) -> TrainingConfig:
    """The arm's configuration at a scale."""
    config = report.scaled(arm, scale)
    return replace(config, precision=precision) if precision else config


def obtain(config: TrainingConfig, say=print) -> tuple[TrainingConfig, PreparedSet]:
    """The configuration's prepared images; a stand-in, said aloud, where the source fails.

    Raises:
        SourceUnavailable: there is no stand-in either.
    """
    stand_in = getattr(config.source, "stand_in", None)
    try:
        if stand_in is not None and is_sealed(stand_in, config.recipe):
            raise UserError("a bundle brought no other images")
        return config, prepare(config.source, config.recipe, say)
    except UserError as error:
        if stand_in is None:
            raise SourceUnavailable(str(error)) from None
        missing = str(error)
    say(f"{missing}\n{stand_in.title} stand in for {config.source.title}")
    try:
        return replace(config, source=stand_in), prepare(stand_in, config.recipe, say)
    except UserError as error:
        raise SourceUnavailable(f"{missing}\n{stand_in.title}: {error}") from None


def with_initial_weights(arm: Arm, config: TrainingConfig, say=print) -> TrainingConfig:
    """The configuration, from random weights where a primary arm's trained ones can't be had.

    Raises:
        SourceUnavailable: they can't be had, and the arm is there to show what they do.
    """
    if not config.initial_weights:
        return config
    try:
        imagenet_backbone()
    except UserError as error:
        if not arm.primary:
            raise SourceUnavailable(str(error)) from None
        say(f"{error}\nrandom initial weights stand in for those of ImageNet")
        return replace(config, initial_weights=None)
    return config


def run_folder(runs: Path, report: Report, scale: str, arm: str, seed: int) -> Path:
    return runs / report.key / scale / arm / f"seed-{seed}"


def reproduce_run(report, scale, arm, seed, runs, results_folder, options, precision):
    """Train and evaluate an arm that is not finished yet, and store what it found.

    Args:
        report, scale, arm, seed, runs, results_folder, options, precision: see `reproduce`.

    Raises:
        SourceUnavailable: its images, or its initial weights, can't be had.
        OutOfTime: `options` have a deadline and it came; the same call goes on.
    """
    say = options.say
    config = with_initial_weights(arm, resolve(report, arm, scale, precision), say)
    config, images = obtain(config, say)
    folder = run_folder(runs, report, scale, arm.name, seed)
    if arm.trained_by:
        trainer = report.arm(arm.trained_by)
        trained = run_folder(runs, report, scale, trainer.name, seed)
        trainer_config = resolve(report, trainer, scale, precision)
        trainer_config = with_initial_weights(trainer, trainer_config, say)
        trainer_config, _ = obtain(trainer_config, say)
        train(trained, trainer_config, images, seed, options)
        if not leads():
            return
        epoch = None
        if arm.snapshot:
            place = trainer.config.snapshots.index(arm.snapshot)
            epoch = trainer_config.snapshots[place]
        _adopt(trained, folder, config, epoch)
    else:
        train(folder, config, images, seed, options)
    if not leads():
        return
    if time.monotonic() > options.deadline:
        raise OutOfTime("trained, but not judged")
    further = test_sets(arm, config, say)
    with locked(folder):
        if not (folder / EVALUATED).exists():
            say("evaluating")
            with explained_memory(config):
                evaluate_run(folder, config, images, further)
    shelf = Shelf(results_folder / report.key / scale)
    with storing(results_folder, say):
        evaluate_baselines(shelf, config, images, further)
        # Of an arm's seeds, figures show the lowest.
        shown = seed <= min(shelf.seeds(arm.name), default=seed)
        shelf.put(findings_of(folder, arm.name, seed, report.shown(arm.name) if shown else set()))
        if arm.published and shown:
            keep_network(folder, results_folder / DEFAULT)


def keep_network(run: Path, target: Path) -> None:
    """Keep a finished run's network, and what has to be known to use it; see `DEFAULT`."""
    save_half(run / FINISHED, target / FINISHED)
    stored = read_run(run)
    write_json(target / EVALUATED, {"run": stored.name, "data": stored.data})
    write_json(target / "config.json", stored.config)  # last: where it is, there is a network


def test_sets(arm: Arm, config: TrainingConfig, say=print) -> dict[str, tuple]:
    """Further test sets by name: (prepared images, measure); one that can't be had is left out."""
    found = {}
    for given in arm.tested_on:
        source = SMOKE_IMAGES if config.source == SMOKE_IMAGES else given.source
        try:
            _, images = obtain(replace(config, source=source), say)
        except SourceUnavailable as error:
            say(f"not tested on {given.name}: {error}")
            continue
        found[given.name] = images, given.measure
    return found


def _adopt(trained: Path, folder: Path, config: TrainingConfig, epoch: int | None) -> None:
    """A folder for an arm that judges another arm's network, at its end or after `epoch`."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / FINISHED).exists():
        return
    stored = json.loads((trained / "config.json").read_text())
    write_json(folder / "config.json", {**stored, "objective": to_json(config.objective)})
    for name in ("environment.json", "class_weights.csv"):
        if (trained / name).exists():
            shutil.copyfile(trained / name, folder / name)
    epochs = read_epochs(trained / "epochs.csv")
    write_epochs(folder / "epochs.csv", [r for r in epochs if r["epoch"] <= (epoch or r["epoch"])])
    network = load_network(trained)
    if epoch:
        restore(snapshot_path(trained, epoch), network.variables)
    save_network(network, folder)
