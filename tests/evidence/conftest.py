"""Fixtures that several modules here share."""

import json
import re

import pandas as pd
import pytest

from tests.evidence.compare_helpers import MEASURED, NAMES


@pytest.fixture
def write(tmp_path):
    """`write("a/demo/small/unet/seed-0", ...)`: a stored run there, and its folder.

    `shift` is added to measures of every test image, `rows` replaces them, `without` drops columns.
    """

    def run(
        path,
        shift=None,
        rows=None,
        names=NAMES,
        without=(),
        config=None,
        weights_sha256="ab",
        **data,
    ):
        folder = tmp_path / path
        folder.mkdir(parents=True)
        columns = {**MEASURED, **(rows or {})}
        table = pd.DataFrame(columns).iloc[: len(names)]
        for name, change in (shift or {}).items():
            table[name] += change
        test = table.assign(split="test", name=names)
        train = (table * 100).assign(split="train", name=[f"t-{name}" for name in names])
        table = pd.concat([train, test]).drop(columns=list(without))
        table.to_csv(folder / "images.csv", index=False)
        seed = int(re.search(r"\d*$", path)[0] or 0)
        texts = {
            "config": {"seed": seed, "images": "1234", "epochs": 3, **(config or {})},
            "environment": {"backend": "tensorflow", "precision": "float32"},
            "measures": {
                "splits": {},
                "data": {"source": "tiny", "prepared": "tiny-64px", **data},
                "network": {"sha256": weights_sha256},
            },
        }
        for name, value in texts.items():
            (folder / f"{name}.json").write_text(json.dumps(value))
        return folder

    return run


@pytest.fixture
def pair(write, tmp_path):
    """`pair(...)`: three runs of an arm in a/demo and, written with the arguments, in b/demo."""

    def runs(seeds=(0, 1, 2), **changes):
        for seed in seeds:
            write(f"a/demo/small/unet/seed-{seed}")
            write(f"b/demo/small/unet/seed-{seed}", **changes)
        return tmp_path / "a", tmp_path / "b"

    return runs
