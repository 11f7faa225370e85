import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
NEEDS = {"03_sweeps": "optuna"}


def outputs(notebook):
    return [output for cell in notebook.cells for output in cell.get("outputs", [])]


def test_there_are_notebooks():
    assert [path.name for path in NOTEBOOKS] == [
        "01_listen_to_a_voice.ipynb",
        "02_build_your_own_synth.ipynb",
        "03_sweeps.ipynb",
        "04_sound_inversion.ipynb",
    ]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_without_outputs(path):
    notebook = nbformat.read(path, as_version=4)
    assert outputs(notebook) == []
    assert {cell.get("execution_count") for cell in notebook.cells} == {None}


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_sound_and_pictures(path, tmp_path):
    if path.stem in NEEDS:
        pytest.importorskip(NEEDS[path.stem])
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=600, resources={"metadata": {"path": tmp_path}}).execute()
    shown = [output["data"] for output in outputs(notebook) if "data" in output]
    assert sum("image/png" in data for data in shown) >= 2
    assert sum("<audio" in data.get("text/html", "") for data in shown) >= 2
    said = [output["text"] for output in outputs(notebook) if output.get("name") == "stderr"]
    # A slow machine is told how far a sweep is.
    assert [text for text in said if not re.fullmatch(r"(trials: \d+ of \d+ .*\n)+", text)] == []
