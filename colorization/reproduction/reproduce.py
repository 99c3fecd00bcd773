"""From a report to its results: data, training, evaluation; finished work is skipped."""

import shutil
import time
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

from colorization.data.union import training_sets
from colorization.errors import OutOfTime, RunFailed, RunUnusable, SourceUnavailable, UserError
from colorization.evaluation.finished_run import evaluate_baselines, evaluate_run
from colorization.files import write_json
from colorization.installation import network_folder
from colorization.models.packed import save_packed
from colorization.reproduction.job import Job, Places
from colorization.reproduction.obtain import obtain, test_sets, with_initial_weights
from colorization.results.model_card import facts_of, write_card
from colorization.results.run_folder import EVALUATED, findings_of, read_run
from colorization.results.runs import StoredRun, check_whole, split_means
from colorization.results.store import GRAY, Shelf, storing
from colorization.scales import SCALES
from colorization.serialization import to_json
from colorization.state import read_json, stored_config
from colorization.training.callbacks import snapshot_path
from colorization.training.checkpoint import restore
from colorization.training.config import TrainingConfig
from colorization.training.devices import leads
from colorization.training.epochs import read_epochs, write_epochs
from colorization.training.network_file import FINISHED, load_network, save_network
from colorization.training.options import RunOptions
from colorization.training.run import explained_memory, locked, train


def reproduce(
    jobs: Iterable[Job], places: Places, options: RunOptions
) -> list[UserError | RunFailed]:
    """Train and evaluate what is not finished yet.

    Args:
        jobs: what to do, in this order.
        places: where run folders and stored results lie.
        options: how the runs are carried out.

    Returns:
        What kept jobs from being done, each reason once with its arms: others go on.
    """
    left_out: dict[tuple[type, str], list[str]] = {}  # why -> the arms
    say, jobs = options.say, list(jobs)
    for number, job in enumerate(jobs, 1):
        say(f"== {job} (run {number} of {len(jobs)}{_expected(job, places)})")
        try:
            reproduce_run(job, places, options)
        except (SourceUnavailable, RunUnusable, RunFailed) as error:
            arms = left_out.setdefault((type(error), str(error)), [])
            say(f"left out: {f'as {arms[0]} is, for the same reason' if arms else error}")
            arms.append(job.arm.name)
    return [
        kind(f"{', '.join(dict.fromkeys(arms))}: {why}") for (kind, why), arms in left_out.items()
    ]


def _expected(job: Job, places: Places) -> str:
    """How long a run will take that is still to be trained, going by what is stored of its arm."""
    shelf = Shelf(places.results / job.report.key / job.scale)
    stored = [run.cost["train_seconds"] for run in shelf.runs() if run.arm == job.arm.name]
    begun = (job.folder(places.runs) / "epochs.csv").exists()
    if not stored or begun or job.arm.trained_by:
        return ""
    return f", about {max(1, round(median(stored) / 60))} min where the stored ones ran"


def reproduce_run(job: Job, places: Places, options: RunOptions) -> None:
    """Train and evaluate a run that is not finished yet, and store what it found.

    Args:
        job, places, options: see `reproduce`.

    Raises:
        SourceUnavailable: its images, or its initial weights, can't be had.
        OutOfTime: `options` have a deadline and it came; the same call goes on.
    """
    say, folder = options.say, job.folder(places.runs)
    config = with_initial_weights(job.arm, job.config, say)
    config, images = obtain(config, say)
    if job.arm.trained_by:
        trainer = job.trainer
        trained = trainer.folder(places.runs)
        of_trainer, _ = obtain(with_initial_weights(trainer.arm, trainer.config, say), say)
        train(trained, of_trainer, images, job.seed, options)
        if leads():
            _adopt(trained, folder, config, job.snapshot)
    else:
        train(folder, config, images, job.seed, options)
    if not leads():
        return
    if time.monotonic() > options.deadline:
        raise OutOfTime("trained, but not judged")
    further = test_sets(job.arm, config, say)
    with locked(folder):
        if not _is_evaluated(folder, say):
            say("evaluating")
            with explained_memory(config):
                evaluate_run(folder, config, images, further)
    shelf = Shelf(places.results / job.report.key / job.scale)
    with storing(places.results, say):
        evaluate_baselines(shelf, config, images, further)
        _store(job, folder, shelf, places.results, config.source)


def _is_evaluated(folder: Path, say) -> bool:
    """Whether a finished run has been evaluated, and all that was found is there."""
    if not (folder / EVALUATED).exists():
        return False
    try:
        check_whole(read_run(folder))
    except RunUnusable:
        raise
    except UserError as error:
        say(str(error))
        return False
    return True


def _store(job: Job, folder: Path, shelf: Shelf, results: Path, source: Any) -> None:
    """Store what a finished run found; of an arm's seeds, figures show the lowest."""
    arm = job.arm
    shown = job.seed <= min(shelf.seeds(arm.name), default=job.seed)
    grids = job.report.shown(arm.name) if shown else set()
    shelf.put(findings_of(folder, arm.name, job.seed, grids))
    if arm.published and shown:
        target = network_folder(results, arm.published)
        if not holds_larger(target, job.scale):
            save_packed(folder / FINISHED, target / FINISHED)
            keep_facts(read_run(folder), shelf, training_sets(source), target)


def holds_larger(target: Path, scale: str) -> bool:
    """Whether the network that is kept there is of a larger scale than this one."""
    _, _, kept = read_json(target / EVALUATED, {}).get("run", "").partition("/")
    larger = list(SCALES)[: list(SCALES).index(scale)]
    return kept.partition("/")[0] in larger


def keep_facts(run: StoredRun, shelf: Shelf, sets: list[dict], target: Path) -> None:
    """Keep what has to be known to use a run's network beside it, with a card for people.

    Args:
        run: as its folder or the store has it.
        shelf: the stored results of its report and scale; the baselines are taken from it.
        sets: of its training images; see `training_sets`.
        target: see `network_folder`.
    """
    prepared = run.data["prepared"]
    rows, splits = shelf.baseline_rows(prepared, GRAY), shelf.baselines()[prepared][GRAY]
    facts = facts_of(run, lambda split: split_means(rows, splits, split), sets)
    write_card(target, run.config, facts)


def _adopt(trained: Path, folder: Path, config: TrainingConfig, epoch: int | None) -> None:
    """A folder for an arm that judges another arm's network, at its end or after `epoch`."""
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / FINISHED).exists():
        return
    stored = stored_config(trained)
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
