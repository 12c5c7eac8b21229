"""Judge a function by many small cases; of the cases in which its answer differs, the smallest is shown."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from helpers.exercises import repair as repairs
from helpers.exercises import slips
from helpers.exercises.changes import in_place
from helpers.exercises.diagnosis import as_repair, diagnose, of_code
from helpers.exercises.errors import failing_line, told
from helpers.exercises.guard import Outcome, OutOfTime, call, time_limit
from helpers.exercises.repair import LIKELY
from helpers.exercises.steps import right_steps
from helpers.exercises.written import table

if TYPE_CHECKING:
    from helpers.exercises.engine import Exercise


LEAST_VALUES = 3  # beside errors, for a slip that explains them


class Wrong(Exception):  # noqa: N818
    """The answer is wrong: which slip it is, the smallest example, and what to try."""

    def __init__(self, slip: str, example: str = "", advice: str = "") -> None:
        super().__init__(slip)
        self.slip, self.example, self.advice = slip, example, advice


class Raised(Wrong):
    """The learner's code raised an error or ran out of time."""


class NotAttempted(Exception):  # noqa: N818
    """The stub is as it was."""


def judge_by_cases(exercise: Exercise, answer: Callable) -> None:
    """Raise `Wrong` unless the answer is right in every case, and leaves its inputs as they were."""
    cases, names = exercise.cases(), exercise.argument_names()
    rights = [exercise.solution(*inputs) for inputs in cases]
    start = time.monotonic()
    outcomes = _outcomes(answer, cases, exercise.seconds)
    quick = time.monotonic() - start < repairs.SECONDS / 2
    if all(outcome.value is ... and outcome.error is None for outcome in outcomes):
        raise NotAttempted
    changed = next((outcome.changed for outcome in outcomes if outcome.changed), ())
    failing = [
        i
        for i, (outcome, right) in enumerate(zip(outcomes, rights, strict=True))
        if outcome.error is not None or not exercise.same(outcome.value, right)
    ]
    if not failing:
        if changed:
            raise Wrong(in_place(changed, answer))
        return
    errors = [i for i in failing if outcomes[i].error is not None]
    smallest = min(set(errors) or failing, key=lambda i: size(cases[i]))
    order = [smallest, *sorted(failing, key=lambda i: size(cases[i])), *range(len(cases))]
    passes = _judged(exercise, [(cases[i], rights[i]) for i in dict.fromkeys(order)], on_copies=bool(changed))
    error = outcomes[smallest].error
    line = failing_line(error, answer) if errors else None
    repair = functools.cache(functools.partial(repairs.search, answer, exercise.solution, passes, line))
    if changed and not errors and passes(answer):
        example = table(dict(zip(names, cases[smallest], strict=True)) | {"right answer": rights[smallest]})
        raise Wrong(f"{in_place(changed, answer)} Nothing else is wrong: on a copy, all answers are right.", example)
    values = [value for value in zip(cases, rights, outcomes, strict=True) if value[2].error is None]
    few = len(errors) == len(failing) or (errors and len(values) < LEAST_VALUES)  # the error tells more than they do
    slip = None if few else diagnose(exercise, values, answer, names, repair, bool(errors))
    if slip and errors:
        smallest = min(set(failing) - set(errors), key=lambda i: size(cases[i]))
    rows = dict(zip(names, cases[smallest], strict=True))
    if errors and not slip:
        everywhere = len(errors) == len(cases)
        where = "" if everywhere else " The error comes with this input, not with all:"
        foreign = of_code(exercise, answer) if slips.page_names(answer) else None
        cure = as_repair(repair(), LIKELY)
        what = " ".join(part for part in (foreign, told(error, answer), cure) if part)
        raise Raised(what + where, table(rows | {"right answer": rights[smallest]}))
    example = table(rows | {"your answer": outcomes[smallest].value, "right answer": rights[smallest]})
    if slip:
        raise Wrong(f"{in_place(changed, answer)} Besides: {slip}" if changed else slip, example)
    so_far = right_steps(exercise.solution, answer, cases) if quick else None
    also = "".join(f" {words}" for words in (in_place(changed, answer) if changed else "", so_far) if words)
    raise Wrong(
        f"For this input the answer is another.{also}",
        example,
        "Work this example out by hand, and print what your function has after each of its steps.",
    )


def _outcomes(answer: Callable, cases: list[tuple], seconds: float) -> list[Outcome]:
    """What comes of each case; after two that did not end, the others count as such, too."""
    outcomes, late = [], []
    for inputs in cases:
        outcomes.append(late[0] if len(late) == 2 else call(answer, inputs, seconds))
        late += [outcomes[-1]] if isinstance(outcomes[-1].error, OutOfTime) and len(late) < 2 else []
    return outcomes


def _judged(exercise: Exercise, cases: list[tuple], on_copies: bool) -> Callable[..., bool]:
    """Whether a function is right in all cases; those that turned out to tell most are asked first."""

    patience = [repairs.CALL_SECONDS]

    def passes(function: Callable, deadline: float = math.inf, limit: Callable | None = None) -> bool:
        for i, (inputs, right) in enumerate(cases):
            if time.monotonic() > deadline:
                return False
            outcome = call(function, inputs, min(patience[0], deadline - time.monotonic()), limit)
            if isinstance(outcome.error, OutOfTime):  # where loops do not end, most edits will not end them
                patience[0] = max(repairs.CALL_SECONDS / 8, patience[0] / 2)
            fails = outcome.error is not None or (outcome.changed and not on_copies)
            with (limit or time_limit)(repairs.CALL_SECONDS):
                fails = fails or not exercise.same(outcome.value, right)
            if fails:
                cases.insert(0, cases.pop(i))
                return False
        return True

    return passes


def drawn(make: Callable[[torch.Generator, int], tuple], count: int = 24) -> list[tuple]:
    """Inputs of so many cases, the same at each call: `make(generator, i)` draws those of case i."""
    generator = torch.Generator().manual_seed(0)
    return [make(generator, i) for i in range(count)]


def size(value: object) -> int:
    """How much there is to read in an input."""
    if isinstance(value, Tensor):
        return value.numel()
    if isinstance(value, dict):
        return sum(map(size, value.values()))
    return sum(map(size, value)) if isinstance(value, list | tuple) else 1


def same(got: object, right: object, atol: float = 1e-5) -> bool:
    """Whether a result equals the right one in kind, shape and value.

    Lists, arrays and 0-d tensors count as what they hold; a tuple counts part by part.
    """
    if isinstance(right, str):
        return isinstance(got, str) and got == right
    if isinstance(right, tuple):
        if isinstance(got, str | dict) or not hasattr(got, "__len__") or getattr(got, "shape", None) == ():
            return False
        return len(got) == len(right) and all(same(a, b, atol) for a, b in zip(got, right, strict=True))
    in_a_list = isinstance(got, list | tuple)
    got, right = slips.as_tensor(got), slips.as_tensor(right)
    if got is None or right is None:
        return False
    if right.dim() == 0 and got.numel() == 1 and not in_a_list:  # a tensor of one number counts as that number
        got = got.reshape(())
    return got.shape == right.shape and torch.allclose(got, right, rtol=atol, atol=atol, equal_nan=True)
