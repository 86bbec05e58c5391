"""The notebooks run from top to bottom, offline and without a key, and show what they should.

They are committed without outputs, so that none can be out of date; this runs each in a kernel of its own.
"""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "evals" / "notebooks").glob("*.ipynb"))


def outputs(notebook):
    return [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


@pytest.mark.filterwarnings("default")  # of the kernel's client, not ours
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_its_results(path, monkeypatch):
    for name in ("TRANSCRIPTS", "OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=60, resources={"metadata": {"path": str(path.parent)}}).execute()
    shown = [output["data"] for output in outputs(notebook) if "data" in output]
    pages = [data["text/html"] for data in shown if "text/html" in data]
    assert any("<table" in page for page in pages), "a result shows itself as a table"
    assert any("<svg" in page and "</svg>" in page for page in pages), "and a chart is drawn in place"
    assert not [output for output in outputs(notebook) if output.get("name") == "stderr"]


def test_there_are_notebooks_and_they_have_no_outputs():
    assert [path.stem for path in NOTEBOOKS] == ["decisions", "first_steps", "tuning"]
    for path in NOTEBOOKS:
        notebook = nbformat.read(path, as_version=4)
        nbformat.validate(notebook)
        assert not outputs(notebook), f"{path.name}: clear its outputs before it is committed"
        assert all(cell.execution_count is None for cell in notebook.cells if cell.cell_type == "code")
