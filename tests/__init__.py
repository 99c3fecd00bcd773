"""The tests lie as the code does: `tests/<package>/test_<module>.py`."""

from pathlib import Path

ROOT = Path(__file__).parents[1]
