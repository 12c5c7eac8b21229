"""A page whose stubs are replaced by the solutions runs green from top to bottom, and solves every exercise."""

import inspect
import json
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from helpers.exercises.engine import exercises_of

NOTEBOOKS = Path(__file__).parent.parent.parent / "notebooks"


@pytest.mark.parametrize("page", range(7))
def test_solved_page_runs(page, tmp_path):
    source = next(NOTEBOOKS.glob(f"{page:02}_*.ipynb"))
    path = Path(shutil.copy(source, tmp_path))
    notebook = nbformat.read(path, as_version=4)
    exercises = exercises_of(page)
    for cell in notebook.cells:
        if "exercise" in cell.metadata.get("tags", []):
            call = next(line for line in cell.source.splitlines() if line.startswith("check("))
            number = call.split('"')[1]
            cell.source = f"{inspect.getsource(exercises[number].solution)}\n\n{call}"
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    notes = [
        output.data["text/plain"]
        for cell in notebook.cells
        if "exercise" in cell.metadata.get("tags", [])
        for output in cell.outputs
        if "data" in output
    ]
    assert len(notes) == len(exercises) and all(note.startswith("Correct") for note in notes), notes
    assert json.loads((tmp_path / "course_progress.json").read_text())["solved"] == sorted(exercises)
