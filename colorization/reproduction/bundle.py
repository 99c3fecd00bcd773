"""Runs for a machine without network, packed: code, photographs, packages to install, a plan.

Unpacked there, `colorization.reproduction.away` works through the plan.
"""

import io
import json
import tarfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from importlib import metadata
from pathlib import Path

from colorization.data.carried import PHOTOGRAPHS, SEALED, photographs, seal
from colorization.data.prepared import PreparedSet
from colorization.errors import SourceUnavailable, UserError
from colorization.files import replacing
from colorization.installation import PACKAGE, checkout
from colorization.models.cost import macs, without_values
from colorization.models.imagenet_weights import torchvision_file
from colorization.reproduction.job import Job
from colorization.reproduction.obtain import further_sets, obtain
from colorization.training.environment import BUNDLED_COMMIT, commit

NAME = "colorization-bundle"
PLAN = "bundle.json"
PARTS = (
    *("colorization", "experiments", "benchmarks", "requirements", "requirements.txt"),
    *("Makefile", "LICENSE"),
)
PACKAGES = (
    *("h5py", "jinja2", "keras", "matplotlib", "pandas", "pillow", "pyvips", "pyvips-binary"),
    *("scikit-image", "scipy", "tqdm"),
)
BLOCK = 512  # bytes, of which a file in a tar takes whole ones
HEADERS = {False: 1, True: 3}  # blocks before it; a name of more than 100 bytes takes more


def pack(jobs: list[Job], target: Path, piece: int | None = None, say: Callable = print) -> None:
    """Write `colorization-bundle/` as an uncompressed tar, or as several.

    Args:
        jobs: what is to be done there, of one scale and precision.
        target: the archive to write.
        piece: bytes that no archive may exceed, or None for one archive. In pieces, the first one,
            `<target>-1-of-<n>.tar`, has code and plan, and the others the images in the order in
            which the runs need them.
        say: called with lines of text.

    Raises:
        UserError: no image set of any arm could be had; a photograph is larger than a piece.
    """
    if not checkout():
        raise UserError("a bundle carries the code of a checkout: run this in one, by its make")
    plan, sets = _planned(jobs, say)
    if not plan:
        raise UserError("there is nothing to pack: no image set could be had")
    data = list(_data(sets))
    pieces = _fill(data, piece) if piece else []
    names = [f"{target.stem}-{n + 2}-of-{len(pieces) + 1}.tar" for n in range(len(pieces))]
    sizes = {}
    for name, members in zip(names, pieces, strict=True):
        sizes[name] = _write(target.with_name(name), members)
    told = {"scale": jobs[0].scale, "precision": jobs[0].precision, "runs": plan, "pieces": sizes}
    weights = torchvision_file()
    if not weights:
        say("without ImageNet weights, so there is no KID and encoders start from random ones")
    first = target.with_name(f"{target.stem}-1-of-{len(pieces) + 1}.tar") if piece else target
    size = _write(first, [*_code(told, sets, weights), *([] if piece else data)], code=True)
    total = (size + sum(sizes.values())) / 1e6
    if piece and size > piece:
        say(f"{first} is larger than the other pieces may be: {size / 1e6:.0f} MB")
    what = f"{_count(len(plan), 'run')}, {_count(len(sets), 'image set')}, {total:.1f} MB"
    say(f"{first}: {what}" + (f", with {', '.join(names)}" if names else ""))
    say(f"unpack it there, install JAX and the packages of wheels.txt, and in {NAME} start:")
    say("  KERAS_BACKEND=jax python -m experiments run-bundle --minutes N --workers K")
    if names:
        say("the others may follow later, into that folder: run-bundle takes them as they come")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


@dataclass(frozen=True)
class _Set:
    """A prepared set, and what travels of it: photographs by sha256, or None for its arrays."""

    images: PreparedSet
    photographs: dict | None = field(repr=False)


@dataclass(frozen=True)
class _Member:
    """A file of an archive: where it goes, its bytes when asked for, and how many they are."""

    name: str
    read: Callable[[], bytes] = field(repr=False)
    size: int

    @classmethod
    def of(cls, path: Path, place: str) -> "_Member":
        return cls(f"{NAME}/data/{place}", path.read_bytes, path.stat().st_size)


def _planned(jobs: Iterable[Job], say: Callable) -> tuple[list[dict], dict[str, _Set]]:
    """The plan's entries, most wanted first, and the sets that they need by name in that order."""
    plan: list[dict] = []
    sets: dict[str, _Set] = {}
    for job in sorted(jobs, key=wanted):
        try:
            config, images = obtain(job.config, say)
        except SourceUnavailable as error:
            say(f"left out: {job}: {error}")
            continue
        needed = {images.folder.name: (config.source, images)}
        for _, source, further in further_sets(job.arm, config, say):
            needed[further.folder.name] = source, further
        for name, (source, one) in needed.items():
            if name not in sets:
                sets[name] = _Set(one, photographs(source, one))
        plan.append(
            {
                "report": job.report.key,
                "arm": job.arm.name,
                "seed": job.seed,
                "macs": _macs(job, images),
                "sets": list(needed),
            }
        )
    return plan, sets


def wanted(job: Job) -> tuple:
    """A key that sorts jobs: first the arms that most claims wait for, then more seeds of these,
    then the arms that no claim needs."""
    waiting = sum(job.arm.name in claim.arms for claim in job.report.claims)
    return not waiting, job.seed, -waiting


def _data(sets: dict[str, _Set]) -> Iterable[_Member]:
    """The images: each photograph once, or a set's arrays."""
    seen = set()
    for name, one in sets.items():
        if one.photographs is None:
            for split in one.images.splits:
                array = one.images.folder / f"{split}.npy"
                yield _Member.of(array, f"prepared/{name}/{array.name}")
            continue
        for digest, path in one.photographs.items():
            if digest not in seen:
                seen.add(digest)
                yield _Member.of(path, f"{PHOTOGRAPHS}/{digest}")


def _code(told: dict, sets: dict[str, _Set], weights: Path | None) -> Iterable[_Member]:
    """Everything but code and images: plan, list of packages, manifests and seals; and ImageNet
    weights, by which encoders start and every photograph is judged."""
    if weights:
        yield _Member.of(weights, f"resnet18/{weights.name}")
    texts = {
        PLAN: json.dumps(told, indent=1) + "\n",
        BUNDLED_COMMIT: json.dumps(commit()) + "\n",
        "wheels.txt": "\n".join(pins(PACKAGES)) + "\n",
    }
    for name, one in sets.items():
        place = f"data/prepared/{name}"
        texts[f"{place}/manifest.json"] = (one.images.folder / "manifest.json").read_text()
        arrays = "used without the photographs it was made from\n"
        texts[f"{place}/{SEALED}"] = arrays if one.photographs is None else seal(one.images)
    for name, text in texts.items():
        data = text.encode()
        yield _Member(f"{NAME}/{name}", partial(bytes, data), len(data))


def _fill(members: list[_Member], most: int) -> list[list[_Member]]:
    """Members in their order, in as few archives as they fit in."""
    pieces: list[list[_Member]] = []
    room = 0
    for member in members:
        takes = BLOCK * (HEADERS[len(member.name) > 100] + -(-member.size // BLOCK))
        if takes > most - tarfile.RECORDSIZE:
            raise UserError(
                f"a file of {member.size / 1e6:.1f} MB fits into no piece; raise PIECES"
            )
        if takes > room:
            pieces.append([])
            room = most - tarfile.RECORDSIZE
        pieces[-1].append(member)
        room -= takes
    return pieces


def _write(target: Path, members: Iterable[_Member], code: bool = False) -> int:
    """Write an archive; its size."""
    root = PACKAGE.parent
    with replacing(target) as part, tarfile.open(part, "w", format=tarfile.GNU_FORMAT) as archive:
        for name in PARTS if code else ():
            archive.add(root / name, f"{NAME}/{name}", filter=kept)
        for member in members:
            info = plain(tarfile.TarInfo(member.name))
            info.size, info.mode = member.size, 0o644
            archive.addfile(info, io.BytesIO(member.read()))
    return target.stat().st_size


def kept(info: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """`plain`, or None for what Python or a lock left."""
    left = "__pycache__" in info.name or info.name.endswith("/.lock")
    return None if left else plain(info)


def plain(info: tarfile.TarInfo) -> tarfile.TarInfo:
    """Without a name of this machine's user."""
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
