"""From a report to its results: data, training, evaluation, rendering; finished work is skipped."""

import hashlib
import json
import shutil
import time
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from skimage.color import rgb2lab

from colorization import results
from colorization.data.forms import SHAPES
from colorization.data.prepare import PreparedSet, is_sealed, prepare
from colorization.data.sources import SPLITS, AuthorsForms, GeneratedForms
from colorization.errors import OutOfTime, RunFailed, RunUnusable, SourceUnavailable, UserError
from colorization.evaluation import (
    BASELINES,
    baselines,
    evaluate,
    lab_batches,
    network_predictor,
)
from colorization.files import write_json
from colorization.models.cost import macs, trainable_parameters
from colorization.models.resnet18_unet import imagenet_backbone
from colorization.training.callbacks import snapshot_path
from colorization.training.checkpoint import restore
from colorization.training.config import TrainingConfig, to_json
from colorization.training.devices import leads
from colorization.training.epochs import read_epochs, write_epochs
from colorization.training.objectives import AbClassification
from colorization.training.run import (
    FINISHED,
    RunOptions,
    explained_memory,
    load_network,
    locked,
    save_network,
    train,
)
from experiments.render import render, storing
from experiments.report import Arm, Report
from experiments.scaling import SMOKE_IMAGES

TRAINING_IMAGES_JUDGED = 200


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
    keywords = getattr(config.network, "keywords", {})
    if keywords.get("weights") != "imagenet":
        return config
    try:
        imagenet_backbone()
    except UserError as error:
        if not arm.primary:
            raise SourceUnavailable(str(error)) from None
        say(f"{error}\nrandom initial weights stand in for those of ImageNet")
        return replace(config, network=partial(config.network, weights=None))
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
        if not (folder / "measures.json").exists():
            say("evaluating")
            with explained_memory(config):
                judge(folder, config, images, further)
    target = results_folder / report.key / scale / arm.name / f"seed-{seed}"
    with storing(results_folder, say):
        _judge_baselines(target.parents[1] / "baselines", config, images, further)
        shown = _is_shown(target)
        results.publish(
            folder,
            target,
            samples=report.shown(arm.name) if shown else (),
            also=(FINISHED,) if arm.published and shown else (),
        )


def _is_shown(target: Path) -> bool:
    """Whether figures show this run: of an arm's seeds, the lowest."""
    stored = [path.parent.name for path in target.parent.glob("seed-*/measures.json")]
    return min([target.name, *stored], key=lambda name: int(name.split("-")[1])) == target.name


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


def judge(folder: Path, config: TrainingConfig, images: PreparedSet, further: dict) -> None:
    """Evaluate a finished run; everything goes to its folder.

    Judged are the training images (at most 200, evenly spread), the test images, further test
    sets, and the test images again by the network as it was after each snapshot's epoch.
    """
    network = load_network(folder)
    objective = config.objective
    predict = network_predictor(network, objective, config.train_mode_validation)
    recorded = json.loads((folder / "config.json").read_text())["images"]
    common = {"batch_size": config.batch_size, "labelled": bool(objective.classes)}
    evaluations = {
        split: evaluate(
            images,
            split,
            predict,
            expected=recorded,
            palette=palette(config.source),
            limit=TRAINING_IMAGES_JUDGED if split == "train" else None,
            **common,
        )
        for split in ("train", "test")
    }
    quantised = isinstance(objective, AbClassification)
    results.write_samples(folder, images, evaluations, predict, quantised=quantised, **common)
    for name, (others, measure) in further.items():
        evaluations[name] = evaluate(others, "test", predict, extra=measure, **common)
        _further_samples(folder, others, name, evaluations[name], predict, common)
    extra = {"weights_sha256": _weights_digest(network)}
    if hasattr(objective, "output_measures"):
        outputs = network_predictor(
            network, objective, config.train_mode_validation, decode=lambda outputs: outputs
        )
        batches = lab_batches(images, "test", config.batch_size)
        extra["outputs"] = objective.output_measures(
            outputs(lab[..., :1], lab[..., 1:]) for lab in batches
        )
    for epoch in dict.fromkeys(config.snapshots):
        path = snapshot_path(folder, epoch)
        if not path.exists():  # of an arm that adopted an earlier epoch
            continue
        restore(path, network.variables)
        name = f"test@{epoch}"
        evaluations[name] = evaluate(images, "test", predict, **common)
        _further_samples(folder, images, name, evaluations[name], predict, common)
    epochs = read_epochs(folder / "epochs.csv")
    results.write_evaluations(
        folder,
        evaluations,
        source=images.source,
        prepared=images.folder.name,
        source_title=images.manifest["title"],
        source_licence=images.manifest["licence"],
        training_images=len(images.names("train")),
        counts={**images.manifest["counts"], "images": sum(map(len, map(images.names, SPLITS)))},
        further_sets={
            name: {"title": others.manifest["title"], "licence": others.manifest["licence"]}
            for name, (others, _) in further.items()
        },
        parameters=trainable_parameters(network),
        macs=macs(network),
        **_speed(epochs, config.pretraining.epochs if config.pretraining else 0),
        **extra,
    )


def _speed(epochs: list[dict], pretraining: int) -> dict[str, float]:
    """Seconds of all epochs, each stage at its median, and the last stage's images per second.

    An interruption or a busy machine makes some epochs longer; stages differ by what they train.
    """
    stages = [stage for stage in (epochs[:pretraining], epochs[pretraining:]) if stage]
    seconds = [len(stage) * np.median([row["seconds"] for row in stage]) for stage in stages]
    speeds = [row["images_per_second"] for row in stages[-1]]
    return {
        "train_seconds": round(float(sum(seconds)), 1),
        "images_per_second": float(np.median(speeds)),
    }


def _weights_digest(network) -> str:
    """Tells whether two runs ended with the same network, to the bit."""
    digest = hashlib.sha256()
    for variable in network.variables:
        digest.update(np.ascontiguousarray(variable).tobytes())
    return digest.hexdigest()


def _further_samples(folder, images, name, evaluation, predict, common):
    results.write_samples(
        folder,
        images,
        {"test": evaluation},
        predict,
        quantised=False,
        grids=(("test", "random"),),
        title=name,
        **common,
    )


def palette(source) -> np.ndarray | None:
    """ab of white and of the four shapes `[5, 2]` for form images, else None."""
    if getattr(source, "jitter_lightness", False):
        return np.array([(0.0, 0.0), *(shape.ab for shape in SHAPES)])
    if isinstance(source, AuthorsForms | GeneratedForms):
        colours = np.array([(255, 255, 255), *(shape.rgb for shape in SHAPES)], "uint8")
        return rgb2lab(colours)[:, 1:]
    return None


def _judge_baselines(
    folder: Path, config: TrainingConfig, images: PreparedSet, further: dict
) -> None:
    """Baselines from the training images, on the test and validation images and further sets."""
    sets = {split: (images, split) for split in ("test", "val") if images.names(split)}
    sets |= {name: (others, "test") for name, (others, _) in further.items()}
    target = folder / images.folder.name
    paths = {name: target / name.replace(" ", "-") for name in BASELINES}
    missing = [name for name, path in paths.items() if not _judged(path, sets)]
    if not missing:
        return  # before the training images are read for their means
    predictors, colours = baselines(images), palette(config.source)
    for name in missing:
        evaluations = {
            key: evaluate(of, split, predictors[name], batch_size=50, palette=colours)
            for key, (of, split) in sets.items()
        }
        results.write_evaluations(paths[name], evaluations, source=images.source)


def _judged(folder: Path, sets: Iterable[str]) -> bool:
    """Whether the results in a folder have all these splits."""
    path = folder / "measures.json"
    return path.exists() and set(sets) <= json.loads(path.read_text()).keys()
