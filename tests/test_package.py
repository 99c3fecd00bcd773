"""The suite as a package: versions, what it requires, and a wheel and an sdist that colour."""

import ast
import os
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement
from PIL import Image

from experiments import every_report
from tests import ROOT

UV = Path(sys.executable).with_name("uv")
needs_uv = pytest.mark.skipif(not UV.exists(), reason="needs requirements/dev.txt")
LOCK = tomllib.loads((ROOT / "uv.lock").read_text())["package"]
DERIVE = runpy.run_path(str(ROOT / "requirements" / "derive.py"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@needs_uv
def test_the_lock_is_of_the_project_and_the_requirements_are_of_the_lock():
    checked = subprocess.run(
        [UV, "lock", "--check", "--offline", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stderr
    for name, text in DERIVE["derived"]().items():
        assert (ROOT / "requirements" / name).read_text() == text, f"{name}: make lock"


def test_what_is_installed_on_top_asks_for_nothing_else():
    """pip refuses what has no hash, so that each file has all that is not in cpu.txt."""
    locked = {one["name"]: one for one in LOCK}

    def named(file: str) -> set[str]:
        text = (ROOT / "requirements" / file).read_text()
        return set(re.findall(r"^([\w.-]+)==", text, re.MULTILINE))

    below = named("cpu.txt") - {"tensorflow"}  # where there is tensorflow-cpu instead
    for extra in DERIVE["EXTRAS"]:
        added = named(f"{extra}.txt")
        for name in added:
            needed = {one["name"] for one in locked[name].get("dependencies", ())}
            assert needed <= added | below, f"{extra}: {name} needs {needed - added - below}"


def test_the_lock_names_no_index_but_pypi():
    hosts = set(re.findall(r"\w+://[^/\"]+", (ROOT / "uv.lock").read_text()))
    assert hosts == {"https://pypi.org", "https://files.pythonhosted.org"}


def third_party(folder: Path) -> set[str]:
    """Packages that the modules of a folder import, at the top of a file or within a function."""
    found = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names - {"colorization", "experiments"}


# What cannot be asked for its distribution here, since it need not be installed.
OPTIONAL = {"gradio": "gradio", "keras_hub": "keras-hub", "mlflow": "mlflow"}
OPTIONAL |= {"wandb": "wandb", "tensorflow": "tensorflow"}


def test_what_is_imported_is_required():
    extras = [text for extra in PROJECT["optional-dependencies"].values() for text in extra]
    required = {Requirement(text).name.lower() for text in [*PROJECT["dependencies"], *extras]}
    known = packages_distributions()
    for name in third_party(ROOT / "colorization") | third_party(ROOT / "experiments"):
        distribution = OPTIONAL.get(name) or known[name][0].lower()
        assert {distribution, distribution.replace("_", "-")} & required, name


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A wheel and an sdist of the checkout, by the kind."""
    return build(ROOT, tmp_path_factory.mktemp("built"))


def build(source: Path, out: Path) -> dict[str, Path]:
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", out, source]
    done = subprocess.run(command, capture_output=True, text=True)
    if "No module named build" in done.stderr:
        pytest.skip("needs requirements/dev.txt")
    assert done.returncode == 0, done.stdout + done.stderr
    return {path.suffix: path for path in out.iterdir()}


def test_every_network_is_in_the_wheel(tmp_path):
    """By way of the sdist; one with no more than the default network is built, too."""
    source = tmp_path / "source"
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff"):
        shutil.copyfile(ROOT / name, source / name)
    for folder in ("results/default", "results/networks/one", "results/common", "colorization"):
        (source / folder).mkdir(parents=True)
        (source / folder / "config.json").write_text("{}")
    with zipfile.ZipFile(build(source, tmp_path / "out")[".whl"]) as wheel:
        names = {name for name in wheel.namelist() if name.endswith("config.json")}
    folders = ("colorization", "colorization/default", "colorization/networks/one")
    assert names == {f"{folder}/config.json" for folder in folders}


@pytest.mark.slow
@pytest.mark.parametrize("kind", [".whl", ".gz"])
def test_an_installed_suite_colours_a_photograph(kind, built, tmp_path):
    """Installed where nothing else is; of this environment it sees what it requires."""
    (version,) = (p for p in sys.path if p.endswith("site-packages"))
    subprocess.run(["git", "init", "--quiet", tmp_path], check=True)  # somebody else's checkout
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python, inside = tmp_path / "venv" / "bin" / "python", tmp_path / "venv" / "lib"
    (site,) = inside.glob("python*/site-packages")
    (site / "required.pth").write_text(version)
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}

    def run(*command) -> subprocess.CompletedProcess:
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    run(
        *(python, "-m", "pip", "install", "--no-deps", "--no-index", "--no-build-isolation"),
        built[kind],
    )
    gray = np.linspace(0, 255, 96 * 64).reshape(64, 96).astype("uint8")
    Image.fromarray(gray).save(tmp_path / "photo.png")
    said = run(python.with_name("colorize"), "photo.png").stdout
    assert "name another run by --run" in said and str(ROOT) not in said
    coloured = np.asarray(Image.open(tmp_path / "coloured" / "photo.png")).astype(int)
    assert coloured.shape == (64, 96, 3) and np.ptp(coloured, axis=-1).max() > 5
    recorded = "from colorization.training.environment import commit; print(commit())"
    assert run(python, "-c", recorded).stdout == f"{{'version': '{PROJECT['version']}'}}\n"
    listed = run(python.with_name("colorization-reports"), "list", "berkeley").stdout
    assert "weighted-annealed-mean" in listed
    assert "usage: colorization " in run(python.with_name("colorization"), "--help").stdout


def test_the_citation_names_every_report_and_the_version():
    yaml = pytest.importorskip("yaml")
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["version"] == PROJECT["version"]
    assert f"## {PROJECT['version']}\n" in (ROOT / "CHANGELOG.md").read_text()
    cited = [
        (
            one["notes"],
            one["title"],
            one.get("year"),
            ", ".join(author["family-names"] for author in one["authors"]),
        )
        for one in citation["references"]
    ]
    assert cited == [
        (f"Report {report.number}: {report.key}", report.title, report.year, report.authors)
        for report in every_report()
        if report.authors
    ]


def test_the_hooks_are_of_the_locked_versions():
    locked = {package["name"]: package["version"] for package in LOCK if "version" in package}
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    assert re.findall(r"rev: v([\d.]+)", hooks) == [locked["ruff"]]
