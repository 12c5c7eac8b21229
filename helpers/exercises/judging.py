"""Judge a function by many small cases; of the cases in which its answer differs, the smallest is shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from helpers.exercises import slips
from helpers.exercises.diagnosis import diagnose, of_code
from helpers.exercises.errors import told
from helpers.exercises.guard import call
from helpers.exercises.written import table

if TYPE_CHECKING:
    from helpers.exercises.engine import Exercise


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
    outcomes = [call(answer, inputs, exercise.seconds) for inputs in cases]
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
            raise Wrong(in_place(changed))
        return
    errors = [i for i in failing if outcomes[i].error is not None]
    told_values = [(cases[i], rights[i], o) for i, o in enumerate(outcomes) if o.error is None]
    slip = diagnose(exercise, told_values, answer, names) if len(errors) < len(failing) else None
    if errors and not slip:
        smallest = min(errors, key=lambda i: size(cases[i]))
        everywhere = len(errors) == len(cases)
        example = table(dict(zip(names, cases[smallest], strict=True)) | {"right answer": rights[smallest]})
        where = "" if everywhere else " It happens with this input, not with all:"
        foreign = of_code(exercise, answer) if slips.page_names(answer) else None
        what = told(outcomes[smallest].error, answer)
        raise Raised(f"{foreign} {what}{where}" if foreign else what + where, example)
    smallest = min(set(failing) - set(errors), key=lambda i: size(cases[i]))
    rows = dict(zip(names, cases[smallest], strict=True))
    example = table(rows | {"your answer": outcomes[smallest].value, "right answer": rights[smallest]})
    also = f" {in_place(changed)}" if changed else ""
    if slip:
        raise Wrong(f"{in_place(changed)} Then: {slip}" if changed else slip, example)
    raise Wrong(
        f"For this input the answer is another.{also}",
        example,
        "Work this example out by hand, and print what your function has after each of its steps.",
    )


def drawn(make: Callable[[torch.Generator, int], tuple], count: int = 24) -> list[tuple]:
    """Inputs of so many cases, the same at each call: `make(generator, i)` draws those of case i."""
    generator = torch.Generator().manual_seed(0)
    return [make(generator, i) for i in range(count)]


def in_place(changed: Sequence[str]) -> str:
    """What is said of a function that changes its inputs."""
    what = " and ".join(f"`{name}`" for name in changed)
    return (
        f"Your function changes its input {what} in place: who called it finds other values there afterwards. Make a "
        "new one instead: compute without `+=`, without an underscore (`clamp`, not `clamp_`), or on a copy."
    )


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
