"""Each page as its reader meets it: in JupyterLab, with mouse and keyboard, in both themes."""

from __future__ import annotations

import inspect
import re

import pages
from accessibility import violations

from helpers.exercises.engine import exercises_of

OURS = [".jp-NotebookPanel-notebook .jp-OutputArea-output", ".jp-NotebookPanel-notebook .jp-RenderedMarkdown"]
TEXTS = {path.stem for path in pages.TEXTS}  # without code, exercises and quiz
NOT_OUR_MESSAGES = re.compile(r"favicon|ResizeObserver|service-worker|serviceworker|401|404 \(Not Found\)")


def test_every_cell_ran_without_an_error(opened):
    assert opened.errors() == []
    cells = [cell for cell in opened.cells() if cell["cell_type"] == "code"]
    assert all(cell["execution_count"] for cell in cells) and (cells or opened.stem in TEXTS)


def test_the_browser_reports_no_error_of_ours(opened):
    assert [text for text in opened.messages if not NOT_OUR_MESSAGES.search(text)] == []


def test_an_exercise_is_answered_wrong_then_right(opened):
    exercises = {} if opened.stem in TEXTS else exercises_of(int(opened.stem[:2]))
    if not exercises:
        return
    number, exercise = next(iter(exercises.items()))
    index = next(i for i, c in enumerate(opened.cells()) if f'check("{number}"' in "".join(c["source"]))
    name = exercise.solution.__name__
    call = f'check("{number}", {name})'
    assert "Not attempted" in opened.page.locator(".jp-NotebookPanel-notebook .jp-Cell").nth(index).inner_text()
    cell = opened.run_cell(index, f"def {name}(*inputs):\n    return 'something else'\n\n\n{call}")
    assert "Not yet." in cell.inner_text()
    cell = opened.run_cell(index, f"def {name}(*inputs):\n    return no_such_name\n\n\n{call}")
    assert "NameError" in cell.inner_text() and "return no_such_name" in cell.inner_text()
    cell = opened.run_cell(index, f"{inspect.getsource(exercise.solution)}\n\n{call}")
    assert "Correct." in cell.inner_text()


def test_a_question_is_answered(opened):
    if opened.stem.startswith("00") or opened.stem in TEXTS:
        return  # the first page has no quiz
    answers = opened.page.locator(".jp-OutputArea-output ol > li").first.locator("details")
    assert answers.count() >= 3
    for i in range(answers.count()):
        answer = answers.nth(i)
        assert not answer.locator("p").is_visible()
        answer.locator("summary").focus()
        opened.page.keyboard.press("Enter")
        assert re.match(r"(Right|Wrong)\. \w+", answer.locator("p").inner_text())


def test_axe_finds_nothing_of_ours(opened):
    assert violations(opened.page, OURS) == []


def test_screenshots_in_both_themes(opened):
    for theme in ("Dark", "Light"):
        assert all(path.stat().st_size > 20_000 for path in opened.screenshots(theme))
