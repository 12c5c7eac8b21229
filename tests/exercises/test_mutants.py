"""No function that differs from a solution by one change passes its judge.

A change that makes no difference to the result stands in EQUIVALENT, with its reason.
"""

import copy
import importlib
import inspect

import pytest
import torch

from helpers.exercises import check
from helpers.exercises.engine import exercises_of, pages_with_exercises
from helpers.exercises.guard import call
from helpers.exercises.mutants import mutants

LEAST = 20  # mutants that are rejected
FEW = {"0.1": "two short lines", "1.1": "one line"}  # solutions that have no more to change
EXERCISES = {number: exercise for page in pages_with_exercises() for number, exercise in exercises_of(page).items()}
EQUIVALENT = {
    number: changes
    for page in pages_with_exercises()
    for number, changes in getattr(importlib.import_module(f"answers_{page:02}"), "EQUIVALENT", {}).items()
}
OPEN = {"3.4", "5.4"}  # a network is trained: near the mark, another processor may decide otherwise
BY_CASES = [number for number, exercise in EXERCISES.items() if exercise.cases]


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


SAMPLE = 8  # one in so many goes through the whole of `check`, which also looks for words


def passing(number, functions):
    """Which of the functions are right, as `check` says; asked without words, where cases decide."""
    exercise = EXERCISES[number]
    if not exercise.cases:
        return [check(number, function).heading == "Correct" for function in functions]
    tries = [(inputs, exercise.solution(*inputs)) for inputs in exercise.cases()]

    def right_in(function, inputs, right):
        outcome = call(function, inputs, exercise.seconds)
        return outcome.error is None and not outcome.changed and exercise.same(outcome.value, right)

    verdicts = [all(right_in(function, *one) for one in tries) for function in functions]
    for i, (function, verdict) in enumerate(zip(functions, verdicts, strict=True)):
        if verdict or i % SAMPLE == 0:
            assert (check(number, function).heading == "Correct") == verdict
    return verdicts


@pytest.mark.parametrize("number", EXERCISES)
def test_no_mutant_of_the_solution_passes(number):
    exercise, equal = EXERCISES[number], EQUIVALENT.get(number, {})
    changed = list(mutants(exercise.solution))
    verdicts = passing(number, [mutant.function for mutant in changed])
    passed = {mutant.has for mutant, verdict in zip(changed, verdicts, strict=True) if verdict}
    assert passed == set(equal) or (number in OPEN and passed <= set(equal)), "passed, and known to be equal"
    assert all(equal.values()), "each with its reason"
    assert len(changed) - len(equal) >= LEAST or number in FEW


@pytest.mark.parametrize("number", BY_CASES)
def test_a_solution_that_changes_its_input_does_not_pass(number):
    solution = EXERCISES[number].solution

    def in_place(*inputs):
        result = copy.deepcopy(solution(*inputs))
        for given in inputs:
            if isinstance(given, torch.Tensor) and given.numel():
                given.sub_(1) if given.dtype != torch.bool else given.logical_not_()
            elif isinstance(given, list | dict):
                given.clear()
        return result

    in_place.__signature__ = inspect.signature(solution)
    note = check(number, in_place)
    unchangeable = all(isinstance(given, int | float | str) for given in EXERCISES[number].cases()[0])
    assert note.heading == ("Correct" if unchangeable else "Not yet"), note
    assert unchangeable or "in place" in note.text
