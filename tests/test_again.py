"""Every page with the solutions put in: each cell twice in a row, then each alone after the page ran."""

import inspect
import shutil
from pathlib import Path

import nbformat
import pages
import pytest

from helpers.exercises.engine import exercises_of

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def solved(page: Path) -> tuple[nbformat.NotebookNode, list[str]]:
    """The page whose stubs are replaced by the solutions, and the numbers of its exercises."""
    notebook = nbformat.read(page, as_version=4)
    exercises = exercises_of(int(page.stem[:2]))
    for cell in notebook.cells:
        if "exercise" in cell.metadata.get("tags", []):
            call = next(line for line in cell.source.splitlines() if line.startswith("check("))
            cell.source = f"{inspect.getsource(exercises[call.split(chr(34))[1]].solution)}\n\n{call}"
    return notebook, sorted(exercises)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_cell_of_the_solved_page_can_be_run_again(page, tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_FOLDER", str(tmp_path))
    notebook, numbers = solved(page)
    assert pages.run_again(notebook, Path(shutil.copy(page, tmp_path))) == []
    if numbers:
        assert sorted((tmp_path / "course_progress.txt").read_text().split()) == numbers


def test_a_cell_that_cannot_be_run_twice_is_found(tmp_path):
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in ("a = 1", "a + 1", "del a", "b = 2", "b = 'two'")]
    notebook.cells.insert(4, nbformat.v4.new_code_cell("b + 1"))
    found = pages.run_again(notebook, tmp_path / "page.ipynb")
    assert [line.split(":")[0] for line in found] == [
        "code cell 3, second",
        "code cell 5, alone after the page",
        "code cell 3, alone after the page",
        "code cell 2, alone after the page",
    ]
