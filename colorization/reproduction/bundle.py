"""Runs for a machine without network, packed: code, prepared images, packages to install, a plan.

Unpacked there, `colorization.reproduction.away` works through the plan.
"""

import tarfile
import tempfile
from collections.abc import Callable, Iterable
from importlib import metadata
from pathlib import Path

from colorization.data.prepared import SEALED, PreparedSet
from colorization.errors import SourceUnavailable, UserError
from colorization.files import replacing, write_json
from colorization.models.cost import macs, without_values
from colorization.reproduction.job import Job
from colorization.reproduction.obtain import obtain, test_sets
from colorization.training.environment import BUNDLED_COMMIT, commit

NAME = "colorization-bundle"
PLAN = "bundle.json"
PARTS = ("colorization", "experiments", "benchmarks", "requirements", "requirements.txt", "LICENSE")
PACKAGES = (
    *("h5py", "jinja2", "keras", "matplotlib", "pandas", "pillow", "scikit-image", "scipy"),
    *("tifffile", "tqdm"),
)


def pack(jobs: list[Job], target: Path, say: Callable = print) -> None:
    """Write the archive, `colorization-bundle/` in an uncompressed tar.

    Args:
        jobs: what is to be done there, of one scale and precision.
        target: the archive to write.
        say: called with lines of text.

    Raises:
        UserError: no image set of any arm could be had.
    """
    plan, sets = _planned(jobs, say)
    if not plan:
        raise UserError("there is nothing to pack: no image set could be had")
    first = jobs[0]
    root = Path(__file__).parents[2]
    with replacing(target) as part, tarfile.open(part, "w") as archive:
        for name in PARTS:
            archive.add(root / name, f"{NAME}/{name}", filter=plain)
        for name, images in sets.items():
            archive.add(images.folder, f"{NAME}/data/prepared/{name}", filter=plain)
        with tempfile.TemporaryDirectory() as scratch:
            written = Path(scratch)
            told = {"scale": first.scale, "precision": first.precision, "runs": plan}
            write_json(written / PLAN, told)
            (written / "wheels.txt").write_text("\n".join(pins(PACKAGES)) + "\n")
            (written / SEALED).write_text("used without the photographs it was made from\n")
            write_json(written / BUNDLED_COMMIT, commit())
            for name in (PLAN, BUNDLED_COMMIT, "wheels.txt"):
                archive.add(written / name, f"{NAME}/{name}", filter=plain)
            for name in sets:
                place = f"{NAME}/data/prepared/{name}/{SEALED}"
                archive.add(written / SEALED, place, filter=plain)
    say(f"{target}: {len(plan)} runs, {len(sets)} image sets, {target.stat().st_size / 1e6:.0f} MB")
    say(f"unpack it there, install JAX and the packages of wheels.txt, and in {NAME} start:")
    say("  KERAS_BACKEND=jax python -m experiments run-bundle --minutes N")


def _planned(jobs: Iterable[Job], say: Callable) -> tuple[list[dict], dict[str, PreparedSet]]:
    """The plan's entries, and the image sets that they need by name."""
    plan: list[dict] = []
    sets: dict[str, PreparedSet] = {}
    for job in jobs:
        try:
            config, images = obtain(job.config, say)
        except SourceUnavailable as error:
            say(f"left out: {job}: {error}")
            continue
        further = [images for images, _ in test_sets(job.arm, config, say).values()]
        sets |= {one.folder.name: one for one in (images, *further)}
        plan.append(
            {
                "report": job.report.key,
                "arm": job.arm.name,
                "seed": job.seed,
                "macs": _macs(job, images),
            }
        )
    return plan, sets


def plain(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Without what Python wrote, and without a name of this machine's user."""
    if "__pycache__" in info.name or info.name.endswith("/.lock"):
        return None
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


def _macs(job: Job, images: PreparedSet) -> float:
    """What a run costs beside others: multiply-accumulates of its networks over all epochs."""
    config = job.trainer.config
    size = config.recipe.size
    with without_values():
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
