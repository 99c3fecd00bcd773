"""The plan of an unpacked bundle: what is to run in the current folder, and what is there of it."""

import tarfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from colorization.data.carried import has_arrived
from colorization.errors import UserError
from colorization.files import replacing
from colorization.reproduction.bundle import NAME, PLAN
from colorization.reproduction.job import Job, Places
from colorization.reproduction.report import Report
from colorization.results.store import Shelf
from colorization.state import read_json
from colorization.training.epochs import read_epochs

HERE = Places(runs=Path("runs"), results=Path("results"))  # in the unpacked bundle
SETS = Path("data/prepared")


@dataclass
class Plan:
    """What an unpacked bundle is to run, in the current folder.

    Args:
        scale, precision: of all runs; see `reproduce`.
        runs: report, arm, seed, cost (`macs`) and image sets of each, most wanted first.
        pieces: name and size of the archives that follow the one with the plan.
        report: a report by its key.

    Attributes:
        unpacked: names of the pieces that have been unpacked.
    """

    scale: str
    precision: str | None
    runs: list[dict]
    pieces: dict[str, int]
    report: Callable[[str], Report]
    unpacked: set[str] = field(default_factory=set, init=False)
    _here: set[str] = field(default_factory=set, init=False, repr=False)  # sets; they stay

    @classmethod
    def read(cls, report: Callable[[str], Report]) -> "Plan":
        if not Path(PLAN).exists():
            raise UserError(f"there is no {PLAN} here; unpack a bundle and run this in its folder")
        return cls(**read_json(Path(PLAN), {}, "unpack the bundle again"), report=report)

    def missing(self) -> list[dict]:
        """Runs that are not finished."""
        return [entry for entry in self.runs if not self._is_stored(entry)]

    def _is_stored(self, entry: dict) -> bool:
        shelf = Shelf(HERE.results / entry["report"] / self.scale)
        return shelf.has(entry["arm"], entry["seed"])

    def job(self, entry: dict) -> Job:
        """What an entry of the plan asks for."""
        report = self.report(entry["report"])
        return Job(report, report.arm(entry["arm"]), self.scale, entry["seed"], self.precision)

    def trains_in(self, entry: dict) -> Path:
        """The run folder that an entry trains in: another arm's where it only judges that."""
        return self.job(entry).trainer.folder(HERE.runs)

    def cost(self, entry: dict) -> float:
        """Multiply-accumulates that a run still has before it."""
        done = max((row["epoch"] for row in self.epochs(entry)), default=0)
        return entry["macs"] * (1 - done / self.job(entry).trainer.config.all_epochs)

    def epochs(self, entry: dict) -> list[dict]:
        """The rows of its epoch log."""
        return read_epochs(self.trains_in(entry) / "epochs.csv")

    def has_begun(self, entry: dict) -> bool:
        return (self.trains_in(entry) / "last.npz").exists()

    def has_arrived(self, entry: dict) -> bool:
        """Whether its images are here."""
        missing = set(entry["sets"]) - self._here
        self._here |= {name for name in missing if has_arrived(SETS / name)}
        return missing <= self._here

    def unpack_pieces(self) -> None:
        """Unpack the pieces that have arrived, whole, in this folder or beside it."""
        for name, size in self.pieces.items():
            for path in (Path(name), Path("..") / name):
                if name not in self.unpacked and path.exists() and path.stat().st_size == size:
                    _unpack(path)
                    self.unpacked.add(name)


def _unpack(piece: Path) -> None:
    """Unpack a piece here; what is there already stays as it is."""
    with tarfile.open(piece) as archive:
        for member in archive:
            target = Path(member.name).relative_to(NAME)
            contents = archive.extractfile(member)
            if contents and not target.exists():
                with replacing(target) as part:
                    part.write_bytes(contents.read())
