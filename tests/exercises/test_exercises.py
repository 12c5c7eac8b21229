"""Every exercise, judged by answers that are known: the stub, the solution, another right answer, wrong ones.

A page whose stubs are replaced by the solutions runs as well; that is `test_again.py`.
"""

import importlib
import inspect
import re
from pathlib import Path

import nbformat
import pytest
import torch

from helpers.exercises import check, hint, solution
from helpers.exercises.engine import exercises_of, pages_with_exercises

NOTEBOOKS = Path(__file__).parent.parent.parent / "notebooks"
PAGES = pages_with_exercises()
EXERCISES = {number: exercise for page in PAGES for number, exercise in exercises_of(page).items()}
ANSWERS = {
    number: answers
    for page in PAGES
    for number, answers in importlib.import_module(f"answers_{page:02}").ANSWERS.items()
}
WRONG = [(number, words) for number, answers in ANSWERS.items() for words in answers.wrong]


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def stub_cells(page):
    """number -> source of the cell in the page that holds the exercise's stub."""
    path = next(NOTEBOOKS.glob(f"{page:02}_*.ipynb"))
    cells = [c.source for c in nbformat.read(path, as_version=4).cells if "exercise" in c.metadata.get("tags", [])]
    return {re.search(r'check\("([\d.]+)"', cell).group(1): cell for cell in cells}


@pytest.mark.parametrize("page", PAGES)
def test_enough_exercises_and_each_stands_in_its_page(page):
    assert len(exercises_of(page)) >= 2
    assert list(stub_cells(page)) == list(exercises_of(page)), "in order, and none forgotten"


@pytest.mark.parametrize("number", EXERCISES)
def test_the_stub_is_not_attempted(number):
    exercise = EXERCISES[number]
    cell = stub_cells(int(number.split(".")[0]))[number]
    assert f'check("{number}", {exercise.solution.__name__})' in cell
    names = {"torch": torch, "F": torch.nn.functional, "nn": torch.nn, "check": check}
    exec(compile(cell, "stub", "exec"), names)
    assert check(number, names[exercise.solution.__name__]).heading == "Not attempted"


@pytest.mark.parametrize("number", EXERCISES)
def test_the_solution_passes(number):
    note = check(number, EXERCISES[number].solution)
    assert note.heading == "Correct", note


@pytest.mark.parametrize("number", EXERCISES)
def test_another_right_answer_passes(number):
    note = check(number, ANSWERS[number].right)
    assert note.heading == "Correct", note


@pytest.mark.parametrize(("number", "words"), WRONG)
def test_a_wrong_answer_gets_its_own_diagnosis(number, words):
    note = check(number, ANSWERS[number].wrong[words])
    assert note.heading == "Not yet", note
    assert words in note.text


@pytest.mark.parametrize("number", EXERCISES)
def test_diagnoses_differ_and_are_three_or_more(number):
    texts = {check(number, answer).text for answer in ANSWERS[number].wrong.values()}
    assert len(texts) == len(ANSWERS[number].wrong) >= 3


@pytest.mark.parametrize("number", EXERCISES)
def test_a_forgotten_return_is_told(number):
    def forgets(*args):
        len(args)

    forgets.__signature__ = inspect.signature(EXERCISES[number].solution)
    note = check(number, forgets)
    assert note.heading == "Not yet" and "`return` missing" in note.text


@pytest.mark.parametrize("number", EXERCISES)
def test_an_exception_is_told_by_the_learners_own_line(number):
    def answer(*args, **kwargs):
        return [][7]

    note = check(number, answer)
    assert note.heading == "Your code raised an error"
    assert "IndexError" in note.text and "return [][7]" in note.text and "engine" not in note.text


@pytest.mark.parametrize("number", EXERCISES)
def test_hints_grow_and_end_and_the_solution_shows_code(number):
    exercise = EXERCISES[number]
    assert len(exercise.hints) >= 2 and len(set(exercise.hints)) == len(exercise.hints)
    texts = [hint(number).text for _ in range(len(exercise.hints) + 1)]
    assert texts[-1] == texts[-2] and "solution" in texts[-1]
    note = solution(number)
    assert f"def {exercise.solution.__name__}(" in note.code and note.text == exercise.why
