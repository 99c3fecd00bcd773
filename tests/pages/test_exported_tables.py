"""Measures for other programs, from the committed results."""

import pandas as pd
import pytest

from colorization.pages.exported_tables import COLUMNS, latex, write_csv, write_latex
from colorization.results.measures import MEASURES
from colorization.results.stored import Stored
from experiments import report_module
from experiments.__main__ import main
from tests import ROOT

RESULTS = ROOT / "results"


def test_a_csv_has_every_number_of_every_run_once(tmp_path):
    (path,) = write_csv([report_module("flower-cgan")], RESULTS, tmp_path)
    table = pd.read_csv(path)
    assert list(table) == COLUMNS and not table.duplicated(COLUMNS[:-1]).any()
    assert set(table["measure"]) <= MEASURES.keys()
    stored = Stored.read(RESULTS / "flower-cgan")
    for run in stored.runs:
        own = table[(table["arm"] == run.arm) & (table["seed"] == run.seed)]
        assert set(own["split"]) == set(run.splits)
        found = own[own["split"] == "test"].set_index("measure")["value"]
        assert found["ciede2000"] == pytest.approx(run.means("test")["ciede2000"], rel=1e-5)
        assert found["chroma_ratio"] == pytest.approx(run.means("test")["chroma_ratio"], rel=1e-5)
    gray = table[(table["arm"] == "gray") & (table["split"] == "test")]
    assert gray["seed"].isna().all() and gray.set_index("measure")["value"]["chroma_ratio"] == 0


def test_every_table_of_a_page_is_written_in_latex(tmp_path):
    written = write_latex([report_module("imagenet-cgan")], RESULTS, tmp_path)
    text = (tmp_path / "imagenet-cgan-small-test.tex").read_text()
    assert tmp_path / "imagenet-cgan-small-coco.tex" in written
    for part in (
        r"\toprule",
        r"\midrule",
        r"\bottomrule",
        r"\textbf{main} & ",
        r"\textit{gray} & ",
    ):
        assert part in text
    (names,) = (line for line in text.splitlines() if line.startswith("arm & "))
    columns = names.count(" & ") + 1
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert len(rows) > 10 and {line.count(" & ") + 1 for line in rows} == {columns}


def test_what_latex_reads_as_commands_is_escaped():
    table = pd.DataFrame({"arm": ["**unet+batch_size=8**, 5 & 6"], "told apart": ["50.0%"]})
    text = latex(table, "a_b & c", "tab:x")
    assert r"\textbf{unet+batch\_size=8}, 5 \& 6 & 50.0\% \\" in text
    assert r"\caption{a\_b \& c}" in text and r"\begin{tabular}{lr}" in text


def test_a_format_is_chosen_by_its_name(tmp_path, monkeypatch, capsys):
    results = tmp_path / "results"
    results.mkdir()
    (results / "flower-cgan").symlink_to(RESULTS / "flower-cgan")
    monkeypatch.chdir(tmp_path)
    assert main(["tables", "flower-cgan", "--format", "csv"]) == 0
    assert capsys.readouterr().out == "results/tables/measures.csv is written\n"
    assert [path.name for path in (results / "tables").iterdir()] == ["measures.csv"]
