"""`check`, `hint` and `solution`: what every exercise shares.

Most exercises ask for a function that computes something: they name the cases in which it is tried, and
`judging` compares it with the solution there. Where a network is to be built or trained, an exercise has a
`judge(answer)` of its own, which calls the guarded `answer` and raises `Wrong`, or returns if all is right.
"""

from __future__ import annotations

import dis
import importlib
import inspect
import time
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from numbers import Number
from pathlib import Path
from types import CodeType

import torch
from torch import Tensor, nn

from helpers.exercises import judging, progress
from helpers.exercises.changes import in_place
from helpers.exercises.diagnosis import as_repair, nothing_returned, of_code, with_place
from helpers.exercises.errors import told
from helpers.exercises.guard import OutOfTime, call, time_limit
from helpers.exercises.judging import NotAttempted, Raised, Wrong, judge_by_cases
from helpers.exercises.notes import Note
from helpers.exercises.repair import CALL_SECONDS, LIKELY, SECONDS, Repair, search
from helpers.exercises.slips import as_tensor, page_names
from helpers.exercises.written import written

QUICK_SECONDS = 0.2  # a judge that is quicker than that can try repairs
JUDGE_SECONDS = 60.0  # time limit of a whole check: also a network that was returned may never end


@dataclass(frozen=True, kw_only=True)
class Exercise:
    """One exercise; the stub stands in the page."""

    solution: Callable  # shown by its source, so it uses only names that the page knows
    why: str  # shown with the solution
    notice: str  # shown when the answer is right: what to see now; true for every right answer
    hints: tuple[str, ...]  # two or more, each tells more than the one before
    cases: Callable[[], list[tuple]] | None = None  # inputs to try, small ones and awkward ones
    slips: Mapping[str, Callable] = field(default_factory=dict)  # diagnosis -> the function with this slip
    returns: str = ""  # what is wanted, in words: "two numbers, the mean gain and the number of wins"
    same: Callable[[object, object], bool] = judging.same  # whether a result counts as the right one
    judge: Callable[[Callable], None] | None = None  # in place of cases
    unfinished: Callable | None = None  # the stub, where it is more than an empty body
    seconds: float = 5.0  # time limit of one call

    def argument_names(self) -> list[str]:
        return list(inspect.signature(self.solution).parameters)


_hints_given: dict[str, int] = {}


def check(number: str, answer: Callable) -> Note:
    """Judge your function: not attempted, correct, wrong with a diagnosis, or raised.

    Args:
        number: of the exercise, such as "2.1".
        answer: your function itself, without brackets after its name.
    """
    if callable(number) and isinstance(answer, str):
        number, answer = answer, number
    exercise = find(number)
    if isinstance(exercise, Note):
        return exercise
    try:
        _attempted(answer, exercise)
        with torch.random.fork_rng(devices=[]), time_limit(JUDGE_SECONDS):  # the page's random numbers stay
            if exercise.judge:
                _judge_guarded(exercise, answer)
            else:
                judge_by_cases(exercise, answer)
    except NotAttempted:
        name = exercise.solution.__name__
        return Note("Not attempted", f"Fill in `{name}` above and run the cell again. Stuck? `hint({number!r})`")
    except OutOfTime:
        late = f"What your function returned did not end within {JUDGE_SECONDS:g} seconds, and was stopped."
        return Note("Your code raised an error", late)
    except Wrong as wrong:
        heading = "Your code raised an error" if isinstance(wrong, Raised) else "Not yet"
        return Note(heading, wrong.slip, wrong.example, f"{wrong.advice} Stuck? `hint({number!r})`".strip())
    except Exception as error:  # the judge met a result that it cannot handle
        return Note("Not yet", f"What your function returns is of another kind than asked ({error}).")
    return Note("Correct", f"{exercise.notice} {progress.record(number)}".strip())


def hint(number: str) -> Note:
    """The next hint for an exercise; after the last one it stays at the last."""
    exercise = find(number)
    if isinstance(exercise, Note):
        return exercise
    given = _hints_given.get(number, 0)
    _hints_given[number] = given + 1
    i = min(given, len(exercise.hints) - 1)
    more = f"`hint({number!r})` again for more." if i + 1 < len(exercise.hints) else f"Next: `solution({number!r})`."
    return Note(f"Hint {i + 1} of {len(exercise.hints)}", f"{exercise.hints[i]} {more}")


def solution(number: str) -> Note:
    """The code of an exercise's solution, and why it is so."""
    exercise = find(number)
    if isinstance(exercise, Note):
        return exercise
    return Note("Solution", exercise.why, inspect.getsource(exercise.solution).rstrip())


def find(number: str) -> Exercise | Note:
    """The exercise of this number; where there is none, a note that says which there are."""
    if not isinstance(number, str):
        return Note(
            "No such exercise",
            f'Write the number of the exercise in quotes, such as `check("1.1", ...)`, not `{number}`.',
        )
    page = number.strip().partition(".")[0]
    exercises = exercises_of(int(page)) if page.isdecimal() else {}
    if not exercises:
        return Note(
            "No such exercise", f'There is no page `{page}` with exercises. Write the number as in `check("1.1", ...)`.'
        )
    if number.strip() not in exercises:
        return Note("No such exercise", f"There is no exercise `{number}`; page {page} has {', '.join(exercises)}.")
    return exercises[number.strip()]


def exercises_of(page: int) -> dict[str, Exercise]:
    """All exercises of a page, by number; none where the page has none."""
    if page not in pages_with_exercises():
        return {}
    return importlib.import_module(f"helpers.exercises.page{page:02}").EXERCISES


def pages_with_exercises() -> list[int]:
    """The numbers of the pages that have exercises, in order."""
    return sorted(int(path.stem.removeprefix("page")) for path in Path(__file__).parent.glob("page[0-9][0-9]*"))


def compare(
    got: object,
    expected: Tensor | Number | bool | str,
    case: str,
    slips: Mapping[str, object] | None = None,
    *,
    atol: float = 1e-5,
) -> None:
    """Raise `Wrong` unless `got` equals `expected`; for judges that look at one value at a time.

    Args:
        got: what the learner's function returned, or what was measured of it.
        case: which case it was, for the message: "10 steps at a rate of 0.1, the weights".
        slips: diagnosis -> the value that this slip would give. Where it gives the expected value in
            this case the slip is passed over.
        atol: largest difference that counts as equal, plus as much in proportion.
    """
    if judging.same(got, expected, atol):
        return
    if got is None:
        raise Wrong("Your function returned `None`. Is a `return` missing?")
    for diagnosis, value in (slips or {}).items():
        if judging.same(got, value, atol) and not judging.same(value, expected, atol):
            raise Wrong(diagnosis)
    value, target = as_tensor(got), as_tensor(expected)
    if value is not None and target is not None and value.shape != target.shape:
        wanted = f"the shape {tuple(target.shape)}" if target.dim() else "a single number"
        raise Wrong(f"For {case}: your result has the shape {tuple(value.shape)}; wanted is {wanted}.")
    raise Wrong(f"For {case}: yours is `{written(got)}`, and `{written(expected)}` is right.")


def watched(make: Callable) -> tuple[object, list]:
    """What `make()` gives, and a list that will hold the very copy of it that the learner's function gets."""
    thing, given = make(), []

    def hand_over(memo: dict) -> object:
        given.append(make())
        return given[-1]

    thing.__deepcopy__ = hand_over
    return thing, given


def _attempted(answer: Callable, exercise: Exercise) -> None:
    """Raise unless `answer` is a function that can be called as the exercise asks."""
    name = exercise.solution.__name__
    if answer is None or answer is ...:
        raise NotAttempted
    if isinstance(answer, str):
        raise Wrong(f"`check` wants the function itself: write `{name}` without quotes.")
    if not callable(answer) or (isinstance(answer, nn.Module | Tensor)):
        raise Wrong(
            f"`check` wants the function itself, and got what it returned, a `{type(answer).__name__}`. "
            f"Write `{name}` without brackets after it."
        )
    if _is_unfinished(answer, exercise.unfinished):
        raise NotAttempted
    if inspect.iscoroutinefunction(answer):
        raise Wrong("Your function is declared with `async`. Leave the word out: `def` is enough.")
    if isinstance(answer, type) and not issubclass(answer, nn.Module):
        raise Wrong(f"You passed the class `{answer.__name__}`. A function is wanted: `def {name}(...)`.")
    wanted = exercise.argument_names()
    try:
        inspect.signature(answer).bind(*wanted)
    except TypeError:
        theirs = ", ".join(inspect.signature(answer).parameters) or "no arguments"
        called = f"with ({', '.join(wanted)})" if wanted else "without any, and makes what it returns"
        raise Wrong(f"Your function takes ({theirs}); it is called {called}.") from None
    except ValueError:  # some functions of C do not tell
        return


def _judge_guarded(exercise: Exercise, answer: Callable) -> None:
    """Let the exercise's own judge call the answer on copies; an error is told as the learner's own."""
    changed: list[str] = []

    def guarded(*inputs: object) -> object:
        outcome = call(answer, inputs, exercise.seconds)
        if outcome.error is not None:
            foreign = of_code(exercise, answer) if page_names(answer) else None
            raise Raised(f"{foreign or ''} {told(outcome.error, answer)}".strip())
        if outcome.value is ...:
            raise NotAttempted
        if outcome.value is None:
            raise Wrong(nothing_returned(answer, bool(outcome.printed)))
        changed.extend(outcome.changed)
        return outcome.value

    start = time.monotonic()
    try:
        with redirect_stdout(StringIO()):  # of a network that was returned
            exercise.judge(guarded)
    except NotAttempted:
        raise
    except Exception as error:  # also of a judge that met a result which it cannot handle
        cure = _cure(exercise, answer, time.monotonic() - start)
        if not isinstance(error, Wrong):
            raise
        more = None if isinstance(error, Raised) else of_code(exercise, answer)
        words = with_place(f"{error.slip} {more}" if more else error.slip, cure)
        words = f"{error.slip} {as_repair(cure)}" if isinstance(error, Raised) and cure else words
        raise type(error)(words, error.example, error.advice) from None
    if changed:
        raise Wrong(in_place(sorted(set(changed)), answer))


def _cure(exercise: Exercise, answer: Callable, seconds: float) -> Repair | None:
    """The edit that lets the judge pass, where judging takes no longer than a moment."""
    if seconds > QUICK_SECONDS:
        return None

    def passes(function: Callable, deadline: float, limit: Callable) -> bool:
        outcomes = []

        def guarded(*inputs: object) -> object:
            outcomes.append(call(function, inputs, CALL_SECONDS, limit))
            if outcomes[-1].error is not None or outcomes[-1].changed or outcomes[-1].value is None:
                raise Wrong("It does not help.")
            return outcomes[-1].value

        try:
            with redirect_stdout(StringIO()), torch.random.fork_rng(devices=[]), time_limit(SECONDS):  # no training
                exercise.judge(guarded)
        except (Exception, OutOfTime):
            return False
        return True

    return search(answer, exercise.solution, passes, worst=LIKELY)


def _is_unfinished(answer: Callable, stub: Callable | None) -> bool:
    """Whether the function does what the stub does, by its compiled code."""
    code = getattr(answer, "__code__", None)
    if code is None:
        return False
    return any(_steps(code) == _steps(f.__code__) for f in (_empty, stub) if f is not None)


def _empty() -> None: ...


def _steps(code: CodeType) -> list[tuple]:
    """What a piece of compiled code does, step by step; docstrings and line numbers do not count.

    Python compiles `F.relu(x)` in two ways, by whether `F` was imported in the same file; here both are one.
    """
    steps = []
    for step in dis.get_instructions(code):
        if step.opname not in ("PUSH_NULL", "NOP"):  # NOP: what `python -OO` leaves of a docstring
            value = None if step.opcode in (*dis.hasjrel, *dis.hasjabs) else step.argval
            name = step.opname.replace("LOAD_METHOD", "LOAD_ATTR")
            steps.append((name, _steps(value) if isinstance(value, CodeType) else value))
    return steps
