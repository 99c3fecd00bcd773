"""The notebook runs from its first cell to its last, in a kernel of its own."""

import pytest

from tests import ROOT

NOTEBOOK = ROOT / "docs" / "walk.ipynb"


@pytest.mark.slow
def test_the_notebook_runs(tmp_path, monkeypatch):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    monkeypatch.setenv("TMPDIR", str(tmp_path))  # where it works
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.delenv("COLORIZATION_DATA", raising=False)
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert not any(cell.get("outputs") for cell in notebook.cells)  # they would grow old
    resources = {"metadata": {"path": str(NOTEBOOK.parent)}}
    nbclient.NotebookClient(notebook, timeout=300, resources=resources).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    pictures = [one for one in shown if "image/png" in one.get("data", {})]
    (table,) = (one["data"]["text/html"] for one in shown if "text/html" in one.get("data", {}))
    assert len(pictures) == 3
    for row in ("*gray*", "**l1-only**", "**l1-only+batch_size=5**"):
        assert row in table
