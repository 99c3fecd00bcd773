"""Runs on a machine without network: what they need goes there, what they found comes back.

`pack` writes an archive with the code, the prepared images, the packages to install and a plan.
Unpacked there, `run` works through the plan within a time budget and writes an archive of results,
which `collect` merges into those here.
"""

import json
import math
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from colorization.backend import keep_compiled
from colorization.data import archives
from colorization.data.prepared import SEALED, PreparedSet
from colorization.errors import OutOfTime, RunFailed, SourceUnavailable, UserError
from colorization.files import replacing, write_json
from colorization.models.cost import macs
from colorization.pages.report_page import render
from colorization.reproduction.report import Arm, Report
from colorization.reproduction.reproduce import (
    obtain,
    reproduce_run,
    resolve,
    run_folder,
    test_sets,
)
from colorization.results.store import Shelf, holds_results, shelves, storing
from colorization.results.stored import Stored
from colorization.training.environment import BUNDLED_COMMIT, commit
from colorization.training.epochs import read_epochs
from colorization.training.run import RunOptions

NAME = "colorization-bundle"

PLAN = "bundle.json"

PARTS = ("colorization", "experiments", "benchmarks", "requirements", "requirements.txt", "LICENSE")

PACKAGES = ("keras", "matplotlib", "pandas", "pillow", "scikit-image", "scipy", "tqdm", "jinja2")

RUNS, FOUND, COMPILED = Path("runs"), Path("results"), Path("compiled")  # in the unpacked bundle

RESERVE = 60  # seconds of the budget for judging what was trained last


def pack(
    chosen: Iterable[tuple[Report, list[Arm]]],
    scale: str,
    seeds: list[int],
    target: Path,
    precision: str | None = None,
    say: Callable = print,
) -> None:
    """Write the archive, `colorization-bundle/` in an uncompressed tar.

    Args:
        chosen: reports and their arms to run.
        scale, seeds, precision: as `reproduce` takes them.
        target: the archive to write.
        say: called with lines of text.

    Raises:
        UserError: no image set of any arm could be had.
    """
    plan, sets = [], {}
    for report, arms in chosen:
        for arm in arms:
            try:
                config, images = obtain(resolve(report, arm, scale, precision), say)
            except SourceUnavailable as error:
                say(f"left out: {report.key} {arm.name}: {error}")
                continue
            further = [images for images, _ in test_sets(arm, config, say).values()]
            sets |= {one.folder.name: one for one in (images, *further)}
            cost = _macs(report, arm, scale, images)
            plan += [
                {"report": report.key, "arm": arm.name, "seed": seed, "macs": cost}
                for seed in seeds
            ]
    if not plan:
        raise UserError("there is nothing to pack: no image set could be had")
    root = Path(__file__).parents[2]
    with replacing(target) as part, tarfile.open(part, "w") as archive:
        for name in PARTS:
            archive.add(root / name, f"{NAME}/{name}", filter=_plain)
        for name, images in sets.items():
            archive.add(images.folder, f"{NAME}/data/prepared/{name}", filter=_plain)
        with tempfile.TemporaryDirectory() as scratch:
            written = Path(scratch)
            write_json(written / PLAN, {"scale": scale, "precision": precision, "runs": plan})
            (written / "wheels.txt").write_text("\n".join(pins(PACKAGES)) + "\n")
            (written / SEALED).write_text("used without the photographs it was made from\n")
            write_json(written / BUNDLED_COMMIT, commit())
            for name in (PLAN, BUNDLED_COMMIT, "wheels.txt"):
                archive.add(written / name, f"{NAME}/{name}", filter=_plain)
            for name in sets:
                place = f"{NAME}/data/prepared/{name}/{SEALED}"
                archive.add(written / SEALED, place, filter=_plain)
    say(f"{target}: {len(plan)} runs, {len(sets)} image sets, {target.stat().st_size / 1e6:.0f} MB")
    say(f"unpack it there, install JAX and the packages of wheels.txt, and in {NAME} start:")
    say("  KERAS_BACKEND=jax python -m experiments run-bundle --minutes N")


def _plain(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Without what Python wrote, and without a name of this machine's user."""
    if "__pycache__" in info.name or info.name.endswith("/.lock"):
        return None
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


def _macs(report: Report, arm: Arm, scale: str, images: PreparedSet) -> float:
    """What a run costs beside others: multiply-accumulates of its networks over all epochs."""
    config = resolve(report, report.arm(arm.trained_by) if arm.trained_by else arm, scale)
    size = config.recipe.size
    network = macs(config.network(size=size))
    step = 3 * network
    if config.adversary:
        step = config.adversary.step_macs(network, size, config.objective)
    return float(step * len(images.names("train")) * config.all_epochs)


def pins(packages: Iterable[str]) -> list[str]:
    """The packages and all that they require, at the versions installed here: "name==version"."""
    from packaging.requirements import Requirement

    found, open_ = {}, list(packages)
    while open_:
        name = open_.pop()
        if name.lower() in found:
            continue
        try:
            found[name.lower()] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue  # for another system or an extra
        for text in metadata.requires(name) or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                open_.append(needed.name)
    return [f"{name}=={version}" for name, version in sorted(found.items())]


@dataclass(frozen=True)
class Plan:
    """What an unpacked bundle is to run, in the current folder.

    Args:
        scale, precision: of all runs; see `reproduce`.
        runs: report, arm, seed and cost (`macs`) of each.
        report: a report by its key.
    """

    scale: str
    precision: str | None
    runs: list[dict]
    report: Callable[[str], Report]

    @classmethod
    def read(cls, report: Callable[[str], Report]) -> "Plan":
        if not Path(PLAN).exists():
            raise UserError(f"there is no {PLAN} here; unpack a bundle and run this in its folder")
        return cls(**json.loads(Path(PLAN).read_text()), report=report)

    def missing(self) -> list[dict]:
        """Runs that are not finished."""
        return [entry for entry in self.runs if not self._is_stored(**entry)]

    def _is_stored(self, report: str, arm: str, seed: int, macs: float) -> bool:
        return Shelf(FOUND / report / self.scale).has(arm, seed)

    def cost(self, entry: dict) -> float:
        """Multiply-accumulates that a run still has before it."""
        report = self.report(entry["report"])
        trainer = report.arm(entry["arm"]).trained_by or entry["arm"]
        folder = run_folder(RUNS, report, self.scale, trainer, entry["seed"])
        done = max((row["epoch"] for row in read_epochs(folder / "epochs.csv")), default=0)
        total = resolve(report, report.arm(trainer), self.scale).all_epochs
        return entry["macs"] * (1 - done / total)

    def start(self, entry: dict, deadline: float, say: Callable) -> None:
        """Do one run; go on with it if it was begun."""
        report = self.report(entry["report"])
        reproduce_run(
            report,
            self.scale,
            report.arm(entry["arm"]),
            entry["seed"],
            RUNS,
            FOUND,
            RunOptions(say=say, deadline=deadline),
            self.precision,
        )


def run(
    minutes: float, archive: Path, report: Callable[[str], Report], say: Callable = print
) -> bool:
    """Work through the plan in the current folder, and leave an archive of what is finished.

    The run that is expected to take longest among those that fit in what is left of the budget
    comes first. One that does not end in time stays where it is, to go on at the next call.

    Args:
        minutes: the budget, all included.
        archive: of results, written between runs and at the end.
        report: a report by its key.
        say: called with lines of text.

    Returns:
        Whether all runs are finished.

    Raises:
        UserError: this is no unpacked bundle.
    """
    plan = Plan.read(report)
    keep_compiled(COMPILED)
    deadline = time.monotonic() + 60 * minutes - RESERVE
    left, done, seconds = plan.missing(), 0.0, 0.0
    try:
        while left and time.monotonic() < deadline:
            room = (deadline - time.monotonic()) * done / seconds if done else math.inf
            entry = _next(left, room, plan.cost)
            _write_archive(archive)  # of the runs before it, for whoever is cut off
            left.remove(entry)
            say(f"== {_name(entry)}")
            begun, cost = time.monotonic(), plan.cost(entry)
            try:
                plan.start(entry, deadline, say)
            except (UserError, RunFailed) as error:
                say(f"left out: {error}")
                continue
            done, seconds = done + cost, seconds + time.monotonic() - begun
    except OutOfTime as stop:
        say(f"out of time: {stop}")
    finally:
        for entry in plan.missing():
            say(f"not finished: {_name(entry)}")
        if _write_archive(archive):
            say(f"{archive}: {archive.stat().st_size / 1e3:.0f} kB, for make collect")
    return not plan.missing()


def _write_archive(archive: Path) -> bool:
    """Pack what is finished; whether there was anything."""
    if not FOUND.exists():
        return False
    with replacing(archive) as part, tarfile.open(part, "w:gz") as written:
        written.add(FOUND, "results", filter=_plain)
    return True


def _name(entry: dict) -> str:
    return f"{entry['report']} {entry['arm']}, seed {entry['seed']}"


def _next(left: list[dict], room: float, cost: Callable[[dict], float]) -> dict:
    """The longest run that fits, or the shortest."""
    fitting = [entry for entry in left if cost(entry) <= room]
    return max(fitting, key=cost) if fitting else min(left, key=cost)


def collect(archive: Path, target: Path, report: Callable[[str], Report], say=print) -> None:
    """Merge an archive of results into a folder of results, and render what changed.

    Args:
        archive: as `run` leaves it.
        target: the folder of results. Runs that it has already are replaced.
        report: a report by its key.
        say: called with lines of text.

    Raises:
        UserError: the archive cannot be unpacked, or holds no results.
    """
    wanted = "give the archive that run-bundle wrote (results.tar.gz)"
    if not archive.is_file():
        raise UserError(f"{archive} is no file; {wanted}")
    with tempfile.TemporaryDirectory() as scratch, storing(target, say):
        try:
            unpacked = archives.unpack(archive, Path(scratch) / "unpacked") / "results"
        except UserError:
            raise UserError(f"{archive} cannot be unpacked; {wanted}") from None
        if not holds_results(unpacked):
            raise UserError(f"{archive} holds no results; {wanted}")
        keys = sorted(path.name for path in unpacked.iterdir() if shelves(path))
        reports = [report(key) for key in keys]  # before anything is copied
        for one in reports:
            Stored.read(unpacked / one.key)
        for one in reports:
            for shelf in shelves(unpacked / one.key):
                _merge(shelf, Shelf(target / one.key / shelf.folder.name), say)
            render(one, target / one.key, say)


def _merge(found: Shelf, target: Shelf, say) -> None:
    """Put what one shelf has into another."""
    for prepared, baselines in found.take_baselines():
        target.put_baselines(prepared, baselines)
    for run in found.runs():
        known = target.has(run.arm, run.seed)
        target.put(found.take(run))
        say(f"{'replaced' if known else 'new'}: {run.name}")
