"""`check`, `hint` and `solution`: what every exercise shares.

An exercise's judge is a function `judge(answer)`. It calls the learner's `answer` with inputs and
raises `Wrong` with a diagnosis, or returns nothing if all is right. `answer` is guarded: it gets
copies of its inputs, ends after a time limit, and what it raises is told as the learner's own error.
"""

from __future__ import annotations

import copy
import ctypes
import dis
import importlib
import inspect
import linecache
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from numbers import Number
from pathlib import Path
from types import CodeType

import torch
from torch import Tensor

from helpers.exercises import progress
from helpers.exercises.notes import Note

JUDGE_SECONDS = 60.0  # time limit of a whole check: also a network that was returned may never end


@dataclass(frozen=True)
class Exercise:
    """One exercise; the stub stands in the page."""

    judge: Callable[[Callable], None]
    solution: Callable  # shown by its source, so it uses only names that the page knows
    why: str  # shown with the solution
    notice: str  # shown when the answer is right: what to see now
    hints: tuple[str, ...]  # two or more, each tells more than the one before
    unfinished: Callable | None = None  # the stub, where it is more than an empty body
    seconds: float = 5.0  # time limit of one call


class Wrong(Exception):  # noqa: N818
    """The answer is wrong; the message is a diagnosis that helps."""


class NotAttempted(Exception):  # noqa: N818
    """The stub is as it was."""


class Raised(Exception):  # noqa: N818
    """The learner's code raised an error or ran out of time; the message names their line."""


class _OutOfTime(BaseException):
    """Thrown into code that does not end; no `except Exception` catches it."""


_hints_given: dict[str, int] = {}


def check(number: str, answer: Callable) -> Note:
    """Judge your function: not attempted, correct, wrong with a diagnosis, or raised.

    Args:
        number: of the exercise, such as "2.1".
        answer: your function itself, without brackets after its name.

    Raises:
        ValueError: there is no exercise of this number.
    """
    exercise = find(number)
    try:
        guarded = _guard(answer, exercise)
        with torch.random.fork_rng(devices=[]), _time_limit(JUDGE_SECONDS):  # the page's random numbers stay
            exercise.judge(guarded)
    except NotAttempted:
        name = exercise.solution.__name__
        return Note("Not attempted", f"Fill in `{name}` above and run the cell again. Stuck? `hint({number!r})`")
    except Raised as error:
        return Note("Your code raised an error", str(error))
    except _OutOfTime:
        late = f"What your function returned did not end within {JUDGE_SECONDS:g} seconds, and was stopped."
        return Note("Your code raised an error", late)
    except Wrong as diagnosis:
        return Note("Not yet", str(diagnosis))
    except Exception as error:  # the judge met a result that it cannot handle
        return Note("Not yet", f"What your function returns is of another kind than asked ({error}).")
    return Note("Correct", f"{exercise.notice} {progress.record(number)}".strip())


def hint(number: str) -> Note:
    """The next hint for an exercise; after the last one it stays at the last."""
    exercise = find(number)
    given = _hints_given.get(number, 0)
    _hints_given[number] = given + 1
    i = min(given, len(exercise.hints) - 1)
    more = f"`hint({number!r})` again for more." if i + 1 < len(exercise.hints) else f"Next: `solution({number!r})`."
    return Note(f"Hint {i + 1} of {len(exercise.hints)}", f"{exercise.hints[i]} {more}")


def solution(number: str) -> Note:
    """The code of an exercise's solution, and why it is so."""
    exercise = find(number)
    return Note("Solution", exercise.why, code=inspect.getsource(exercise.solution).rstrip())


def find(number: str) -> Exercise:
    """The exercise of this number.

    Raises:
        ValueError: there is none; the message lists those of the page.
    """
    page = str(number).partition(".")[0]
    exercises = exercises_of(int(page)) if page.isdigit() else {}
    if not exercises:
        raise ValueError(f"no page {page!r} has exercises; write the number as in '1.1'")
    if number not in exercises:
        raise ValueError(f"there is no exercise {number!r}; page {page} has {', '.join(exercises)}")
    return exercises[number]


def exercises_of(page: int) -> dict[str, Exercise]:
    """All exercises of a page, by number; none where the page has none."""
    if page not in pages_with_exercises():
        return {}
    return importlib.import_module(f"helpers.exercises.page{page:02}").EXERCISES


def pages_with_exercises() -> list[int]:
    """The numbers of the pages that have exercises, in order."""
    return sorted(int(path.stem.removeprefix("page")) for path in Path(__file__).parent.glob("page[0-9][0-9].py"))


def compare(
    got: object,
    expected: Tensor | Number | bool | str,
    case: str,
    slips: Mapping[str, object] | None = None,
    *,
    atol: float = 1e-5,
) -> None:
    """Raise `Wrong` unless `got` equals `expected`: type, shape, dtype, then values.

    Args:
        got: what the learner's function returned; lists and NumPy arrays count as tensors.
        case: which case it was, for the message: "a 5 x 5 image and stride 2".
        slips: diagnosis -> the value that this slip would give. Where it gives the expected value in
            this case the slip is passed over.
        atol: largest difference that counts as equal, plus as much in proportion.
    """
    if got is None:
        raise Wrong("Your function returned `None`. Is a `return` missing?")
    if isinstance(expected, str):
        if got != expected:
            raise Wrong(_slip(got, expected, slips, atol) or f"For {case} the answer is not `{got!r}`.")
        return
    target = torch.as_tensor(expected)
    try:
        value = torch.as_tensor(got).detach()
    except (TypeError, ValueError, RuntimeError):
        kind = "a tensor" if isinstance(expected, Tensor) else "a number"
        raise Wrong(f"For {case} your function returned a `{type(got).__name__}`; {kind} is wanted.") from None
    slip = _slip(value, target, slips, atol)
    if slip:
        raise Wrong(slip)
    if value.shape != target.shape:
        wanted = f"shape {tuple(target.shape)}" if target.dim() else "a single number, shape ()"
        raise Wrong(f"For {case} your result has shape {tuple(value.shape)}; wanted is {wanted}.")
    if target.is_floating_point() and not value.is_floating_point() and not _equal(value, target, atol):
        raise Wrong(f"For {case} your result is of dtype `{value.dtype}`: fractions are lost. Compute in floats.")
    if value.is_floating_point() and value.isnan().any() and not target.double().isnan().any():
        raise Wrong(f"For {case} your result contains `nan`: look for 0 / 0, log(0) or inf - inf.")
    if not _equal(value, target, atol):
        raise Wrong(f"For {case} your function gives {show(value)}, but it should be {show(target)}.")


def show(value: object) -> str:
    """A number or a small tensor in few characters; of a large tensor its shape and its first numbers."""
    if not isinstance(value, Tensor):
        return f"`{value!r}`"
    numbers = [round(number, 4) if isinstance(number, float) else number for number in value.flatten()[:6].tolist()]
    if value.dim() == 0:
        return f"`{numbers[0]}`"
    more = ", ..." if value.numel() > 6 else ""
    return f"`[{', '.join(map(str, numbers))}{more}]` (shape {tuple(value.shape)})"


def watched(make: Callable) -> tuple[object, list]:
    """What `make()` gives, and a list that will hold the very copy of it that the learner's function gets."""
    thing, given = make(), []

    def hand_over(memo: dict) -> object:
        given.append(make())
        return given[-1]

    thing.__deepcopy__ = hand_over
    return thing, given


def _slip(got: object, expected: object, slips: Mapping[str, object] | None, atol: float) -> str | None:
    """The diagnosis of the slip whose value this is, or None."""
    if not _equal(got, expected, atol):
        for diagnosis, value in (slips or {}).items():
            if _equal(got, value, atol) and not _equal(value, expected, atol):
                return diagnosis
    return None


def _equal(a: object, b: object, atol: float) -> bool:
    if isinstance(a, str) or isinstance(b, str):
        return a == b
    a, b = torch.as_tensor(a), torch.as_tensor(b)
    return a.shape == b.shape and torch.allclose(a.double(), b.double(), rtol=atol, atol=atol, equal_nan=True)


def _guard(answer: Callable, exercise: Exercise) -> Callable:
    """`answer` with copied inputs, a time limit, and its errors told as `Raised`."""
    if answer is None or answer is ...:
        raise NotAttempted
    if not callable(answer):
        raise Wrong(
            f"`check` wants the function itself, and got a `{type(answer).__name__}`. "
            f"Write `{exercise.solution.__name__}` without brackets after it."
        )
    if _is_unfinished(answer, exercise.unfinished):
        raise NotAttempted

    def guarded(*args: object, **kwargs: object) -> object:
        args, kwargs = copy.deepcopy((args, kwargs))
        try:
            with _time_limit(exercise.seconds):
                result = answer(*args, **kwargs)
        except _OutOfTime:
            raise Raised(
                f"It did not end within {exercise.seconds:g} seconds, and was stopped. Look for a loop whose "
                "condition never becomes false."
            ) from None
        except Exception as error:
            raise Raised(_own_line(error, answer)) from None
        if result is ...:
            raise NotAttempted
        return result

    return guarded


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


def _own_line(error: Exception, answer: Callable) -> str:
    """The error, and the learner's own line in which it happened."""
    told = f"{type(error).__name__}: {error}"
    file = getattr(getattr(answer, "__code__", None), "co_filename", None)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    if not frames:
        return f"`{told}`"
    line = frames[-1].line or linecache.getline(frames[-1].filename, frames[-1].lineno).strip()
    return f"`{told}` in line {frames[-1].lineno} of your cell: `{line}`"


@contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    """Throw `_OutOfTime` into the code inside when it runs too long; works on every system.

    A thread asks the interpreter to raise it, which happens between two steps of Python; so a
    single long call into C ends first.
    """
    thread = ctypes.c_ulong(threading.get_ident())
    throw = ctypes.pythonapi.PyThreadState_SetAsyncExc
    done = threading.Event()

    def watch() -> None:
        wait = seconds
        while not done.wait(wait):  # again and again, should a bare `except:` swallow it
            throw(thread, ctypes.py_object(_OutOfTime))
            wait = 0.2

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()
        throw(thread, None)  # takes back one that is on its way
