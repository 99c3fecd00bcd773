"""State files that are cut off or hold something else are named in one line, with what to do."""

import json
import os

import pytest

from colorization.data.carried import SEALED, has_arrived
from colorization.errors import RunUnusable, UserError
from colorization.reproduction.plan import PLAN, Plan
from colorization.state import read_json, read_rows, rows_of, stored_config
from experiments import report_module


@pytest.mark.parametrize("text", ["", "{", '{"a": 1', "[]", "3", "null", '{"a": "\ud83d'])
def test_json_that_is_cut_off_or_of_another_kind(text, tmp_path):
    path = tmp_path / "facts.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(RunUnusable, match="facts.json cannot be read .*; bring it back") as raised:
        read_json(path, {}, "bring it back", RunUnusable)
    assert "\n" not in str(raised.value)


def test_json_that_is_not_there_is_as_its_default(tmp_path):
    assert read_json(tmp_path / "facts.json", {"a": 1}) == {"a": 1}
    (tmp_path / "facts.json").write_text('{"a": 2}')
    assert read_json(tmp_path / "facts.json", {}) == {"a": 2}


def test_rows_cut_off_anywhere_are_noticed_but_between_rows(tmp_path):
    """What is missing then, `check_whole` counts."""
    text = b'epoch,loss\n1,0.25\n2,"0,1"\n'
    path = tmp_path / "epochs.csv"
    for size in range(len(text)):
        path.write_bytes(text[:size])
        if text[:size].endswith(b"\n"):
            assert read_rows(path) == rows_of(text)[: text[:size].count(b"\n") - 1]
            continue
        with pytest.raises(UserError, match="epochs.csv cannot be read") as raised:
            read_rows(path)
        assert "\n" not in str(raised.value)
    assert read_rows(tmp_path / "none.csv") == []


def test_a_folder_that_is_no_run(tmp_path):
    with pytest.raises(RunUnusable, match="is not a run folder .*; give one below runs/"):
        stored_config(tmp_path)
    for seed in ("seed-1", "seed-0"):
        (tmp_path / "unet" / seed).mkdir(parents=True)
        (tmp_path / "unet" / seed / "config.json").write_text("{}")
    for given in (tmp_path, tmp_path / "unet"):
        with pytest.raises(RunUnusable, match="give one such as .*/unet/seed-0$"):
            stored_config(given)


@pytest.mark.parametrize("text", ["", '{"scale": "smo', "[]"])
def test_a_plan_that_is_cut_off(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / PLAN).write_text(text)
    with pytest.raises(UserError, match="bundle.json cannot be read .*; unpack the bundle again"):
        Plan.read(report_module)


def test_a_seal_that_is_cut_off(tmp_path):
    manifest = {"files": [{"name": "a/b", "split": "test", "row": 0, "sha256": "0"}]}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    (tmp_path / SEALED).write_text(json.dumps({"arrays": {"test": "0"}}))
    assert not has_arrived(tmp_path)
    os.truncate(tmp_path / SEALED, 12)
    with pytest.raises(UserError, match=f"{SEALED} cannot be read .*unpack"):
        has_arrived(tmp_path)
