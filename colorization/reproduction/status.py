"""What lies in the folder of runs, and what of it and of the data could be made again."""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from colorization.columns import aligned
from colorization.data import roots
from colorization.errors import UserError
from colorization.files import is_locked
from colorization.state import stored_config
from colorization.training.epochs import read_epochs

COLUMNS = ("run", "state", "epoch", "last losses", "time left", "disk")

LOSSES = ("loss", "val_loss", "loss_G", "loss_D")


def status(runs: Path, say: Callable[[str], None] = print) -> None:
    """Say for every run below a folder how far it is, and what it takes of the disk."""
    folders = sorted(path.parent for path in runs.glob("**/seed-*/config.json"))
    folders = [folder for folder in folders if "results" not in folder.relative_to(runs).parts]
    if not folders:
        say(f"{runs} holds no runs yet; make reproduce-<report> begins one")
        return
    rows = [COLUMNS, *(_row(folder, runs) for folder in folders)]
    for line in aligned(rows):
        say(line)
    say(f"{len(folders)} runs, {_size(_bytes(runs))}; {_size(shutil.disk_usage(runs).free)} free")


def _row(folder: Path, runs: Path) -> tuple[str, ...]:
    try:
        epochs = read_epochs(folder / "epochs.csv")
        config = stored_config(folder)
        total = config["epochs"] + (config.get("pretraining") or {"epochs": 0})["epochs"]
    except (UserError, OSError, ValueError, KeyError, TypeError):
        return (str(folder.relative_to(runs)), "damaged", "", "", "", _size(_bytes(folder)))
    last = epochs[-1] if epochs else {}
    done, state = last.get("epoch", 0), _state(folder)
    left = (total - done) * last.get("seconds", 0) / 60
    losses = " ".join(f"{name} {last[name]:.4g}" for name in LOSSES if name in last)
    going = state in ("running", "stopped")
    return (
        str(folder.relative_to(runs)),
        state,
        f"{done}/{total}" if going else str(done),
        losses,
        f"{left:.0f} min" if going and epochs else "",
        _size(_bytes(folder)),
    )


def _state(folder: Path) -> str:
    if is_locked(folder):
        return "running"
    if not (folder / "network.keras").exists():
        return "stopped"
    return "finished" if (folder / "measures.json").exists() else "trained"


def _bytes(path: Path) -> int:
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(one.lstat().st_size for one in files if one.is_file())


def _size(count: float) -> str:
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def clean(
    runs: Path,
    agreed: Callable[[str], bool],
    say: Callable[[str], None] = print,
) -> None:
    """Remove what can be made again without training: prepared images and smoke runs.

    Args:
        runs: the folder of runs.
        agreed: asked with a question before anything is removed.
        say: called with lines of text.

    Raises:
        UserError: a run is being trained.
    """
    found = list(_removable(runs))
    if not found:
        say("nothing to remove")
        return
    for path, why in found:
        say(f"{_size(_bytes(path)):>8s}  {path}  ({why})")
    running = [path.parent for path in runs.glob("**/seed-*/.lock") if is_locked(path.parent)]
    if running:
        raise UserError(f"{running[0]} is being trained; wait for it or stop it first")
    if not agreed(f"remove these {len(found)}?"):
        say("nothing was removed")
        return
    for path, _ in found:
        shutil.rmtree(path)
    say(f"{len(found)} removed")


def _removable(runs: Path) -> Iterable[tuple[Path, str]]:
    for prepared in sorted((roots.write_root() / "prepared").glob("*/")):
        yield prepared, "made again from the photographs"
    for smoke in sorted(runs.glob("*/smoke/")):
        yield smoke, "generated images"
    if (runs / "results").is_dir():
        yield runs / "results", "of smoke runs"
