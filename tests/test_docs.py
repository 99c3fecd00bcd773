"""The documentation: its worked example runs, its links and commands exist."""

import re
import subprocess
import sys
from types import ModuleType

import pytest

from experiments import __main__ as command_line
from tests import ROOT
from tests.tiny.command_line import rendered

PAGES = [*sorted(ROOT.glob("*.md")), ROOT / "data" / "README.md", *sorted(ROOT.glob("docs/*.md"))]


def test_the_report_of_the_worked_example_runs(data_folder, tmp_path, monkeypatch):
    page = (ROOT / "docs" / "adding.md").read_text()
    (code,) = re.findall(r"```python\n(.+?)```", page, re.DOTALL)
    assert len(code.splitlines()) < 60
    module = ModuleType("experiments.scenes_cgan")
    exec(compile(code, "docs/adding.md", "exec"), module.__dict__)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(command_line.REPORTS, "scenes-cgan", "a cGAN on scenes")
    runs = tmp_path / "runs"
    arguments = ["reproduce", "scenes-cgan", "--scale", "smoke", "--arms", "all"]
    assert command_line.main([*arguments, "--runs", str(runs)]) == 0
    folder = runs / "results" / "scenes-cgan"
    text = (folder / "README.md").read_text()
    assert text == rendered(module.REPORT, folder)
    assert "chroma ratio, unet − l1-only" in text
    assert {path.stem for path in (folder / "figures").iterdir()} == {"fig01", "fig02", "fig03"}


# A Python that does nothing but print what it is given.
PRINTING = """#!/bin/sh
for argument in "$@"; do printf '%s\\0' "$argument"; done
"""


@pytest.mark.parametrize(
    "target, given, expected",
    [
        (
            "colorize",
            ["IN={}", "OUT=o", "COMPARE=1"],
            ["colorize", "--out=o", "--compare", "--", "{}"],
        ),
        ("colorize", ["IN=a", "RUN={}"], ["colorize", "--run={}", "--", "a"]),
        ("export", ["RUN={}", "OUT={}"], ["export", "--run={}", "--out={}"]),
        ("compare", ["A={}", "B={}", "FORCE=1"], ["compare", "--force", "--", "{}", "{}"]),
        ("collect", ["IN={}"], ["collect", "--", "{}"]),
        ("reproduce", ["DATA=folder:{}"], ["reproduce", "--data=folder:{}"]),
        ("data-berkeley", ["SCALE=small"], ["data", "berkeley", "--scale", "small"]),
    ],
)
def test_names_reach_the_command_as_they_were_typed(target, given, expected, tmp_path):
    name = """-my "best" $(shell touch one)`touch two`'s \n\n $HOME;#.jpg"""
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(PRINTING)
    python.chmod(0o755)
    (tmp_path / "venv" / ".ready").touch()  # newer than the requirements: nothing is installed
    command = ["make", "--silent", "-f", ROOT / "Makefile", "-C", tmp_path, target, "VENV=venv"]
    done = subprocess.run(
        [*command, *(text.format(name) for text in given)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    # The target `reproduce` and its like print the command that they start.
    words = done.stdout[done.stdout.index("-m\0") :].split("\0")
    assert words[2:-1] == [text.format(name) for text in expected]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["venv"]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text()):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_targets_of_make_exist(page):
    makefile = (ROOT / "Makefile").read_text()
    exact = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    families = set(re.findall(r"^([a-z-]+-)%:", makefile, re.MULTILINE))
    for target in re.findall(r"\bmake ([a-z][a-z-]*)(?![a-z.])", page.read_text()):
        family = next((f for f in families if target.startswith(f)), None)
        known = family and target.removeprefix(family) in {*command_line.REPORTS, "", "scenes-cgan"}
        assert target in exact or known, target


API = sorted((ROOT / "docs" / "api").glob("*.md"))


def test_every_page_of_the_api_is_in_its_table_of_contents():
    listed = re.findall(r"^  - (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    assert sorted(listed) == [page.name for page in API]
    linked = re.findall(r"\]\((\w+\.md)\)", (ROOT / "docs" / "api" / "index.md").read_text())
    assert sorted(linked) == sorted({*listed} - {"index.md"})


def test_pages_of_the_api_are_rendered_from_docstrings(tmp_path):
    """Strictly: a module that is gone, or a docstring that cannot be read, ends it."""
    pytest.importorskip("mkdocs")
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", tmp_path / "site"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    modules = re.findall(r"^::: (\S+)$", "".join(page.read_text() for page in API), re.MULTILINE)
    rendered = "".join(path.read_text() for path in (tmp_path / "site").glob("*.html"))
    assert len(modules) > 40
    for name in modules:
        assert f'id="{name}"' in rendered, name
    assert 'id="colorization.training.config.TrainingConfig"' in rendered
