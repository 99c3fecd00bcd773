"""Seconds a training image of a report's arms that took turns in one process.

`benchmarks.turns` measures them, on one device and with the same other load, as epochs of stored
runs are not. `turns.json` lies beside the runs of its scale.
"""

from pathlib import Path

from colorization.errors import UserError
from colorization.files import write_json
from colorization.state import read_json

TURNS = "turns.json"


def read_turns(folder: Path) -> dict:
    """What `write_turns` left in the folder of a scale, or the same with nothing in it.

    Raises:
        UserError: it is something else.
    """
    found = read_json(folder / TURNS, {"environment": {}, "seconds": {}})
    rounds = found["seconds"].values() if _is_whole(found) else [None]
    if not all(isinstance(r, list) and all(isinstance(s, float) for s in r) for r in rounds):
        raise UserError(f"{folder / TURNS} is not as `benchmarks.turns` left it")
    return found


def write_turns(folder: Path, environment: dict, seconds: dict[str, list[float]]) -> None:
    """Store where they were measured, and those of each arm, one a round."""
    write_json(folder / TURNS, {"environment": environment, "seconds": seconds})


def _is_whole(found) -> bool:
    there = ("environment", "seconds")
    return isinstance(found, dict) and all(isinstance(found.get(key), dict) for key in there)
