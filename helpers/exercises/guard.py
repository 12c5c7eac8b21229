"""Call the learner's function: on copies of its inputs, within a time limit, whatever it raises or prints kept."""

from __future__ import annotations

import contextlib
import copy
import ctypes
import inspect
import io
import itertools
import math
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType

import torch
from torch import Tensor, nn

MOST_RESULTS = 100_000  # of a generator that is turned into a list


class OutOfTime(BaseException):
    """Thrown into code that does not end; no `except Exception` catches it."""


@dataclass(frozen=True)
class Outcome:
    """What came of one call: a value or an error, what was printed, and which inputs were changed in place."""

    value: object = None
    error: BaseException | None = None
    printed: str = ""
    changed: tuple[str, ...] = ()


def call(function: Callable, inputs: tuple, seconds: float, limit: Callable | None = None) -> Outcome:
    """Call `function(*inputs)` on copies, for so many seconds at most.

    A generator comes back as the list of what it yields. `OutOfTime` is kept as the error.

    Args:
        limit: a `Watchdog`, where there are many calls.
    """
    given = copy.deepcopy(inputs)
    before = copy.deepcopy(given)
    prints = io.StringIO()
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(prints), (limit or time_limit)(seconds):
            warnings.simplefilter("ignore")
            value = _whole(function(*given))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # also `exit()` and OutOfTime: none may end the page
        return Outcome(error=error, printed=prints.getvalue())
    changed = tuple(
        _name(function, i) for i, (a, b) in enumerate(zip(before, given, strict=True)) if not unchanged(a, b)
    )
    return Outcome(value, None, prints.getvalue(), changed)


def unchanged(before: object, after: object) -> bool:
    """Whether an input still is what it was; models may be trained, so they are not looked at."""
    if isinstance(before, nn.Module):
        return True
    if isinstance(before, Tensor):
        same_kind = isinstance(after, Tensor) and before.shape == after.shape and before.dtype == after.dtype
        same_kind = same_kind and before.requires_grad == after.requires_grad
        return same_kind and torch.equal(before.detach().nan_to_num(), after.detach().nan_to_num())
    if isinstance(before, Mapping):
        return list(before) == list(after) and all(unchanged(before[key], after[key]) for key in before)
    if isinstance(before, list | tuple):
        return len(before) == len(after) and all(map(unchanged, before, after))
    if isinstance(before, int | float | str):
        return type(after) is type(before) and (before == after or before != before)  # nan is unequal to itself
    return True


def _whole(value: object) -> object:
    """Generators, ranges and views as lists; all else as it is."""
    if isinstance(value, Iterator | range | map | filter | zip) or type(value).__name__.startswith("dict_"):
        return list(itertools.islice(value, MOST_RESULTS))
    if type(value).__module__ == "numpy" and getattr(getattr(value, "dtype", None), "kind", "") in ("U", "S", "O"):
        return value.tolist()  # texts
    return tuple(map(_whole, value)) if type(value) is tuple else value


def _name(function: Callable, place: int) -> str:
    try:
        return list(inspect.signature(function).parameters)[place]
    except (IndexError, TypeError, ValueError):
        return f"argument {place + 1}"


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Throw `OutOfTime` into the code inside when it runs too long; works on every system.

    A thread asks the interpreter to raise it, which happens between two steps of Python; so a
    single long call into C ends first. It may happen just when the code inside has ended, before `running` is
    released; so the thread also ends when the frame that uses this is left.
    """
    user = sys._getframe(2)  # frame 1 is that of `contextmanager`
    thread = ctypes.c_ulong(threading.get_ident())
    throw = ctypes.pythonapi.PyThreadState_SetAsyncExc
    running = _held_lock()

    def watch() -> None:
        wait = seconds
        while not running.acquire(timeout=wait):  # again and again, should a bare `except:` swallow it
            if not _is_running(user, thread.value):
                return
            throw(thread, ctypes.py_object(OutOfTime))
            wait = 0.2

    watcher = threading.Thread(target=watch, daemon=True)
    with _swallowed_quietly():
        try:
            watcher.start()
            yield
        finally:
            running.release()
            if watcher.ident:
                watcher.join()
            throw(thread, None)  # takes back one that is on its way


class Watchdog:
    """A time limit for many short calls, with one thread for all of them."""

    def __init__(self) -> None:
        self.until = math.inf
        self.throwing = False
        self.running = _held_lock()
        self.quiet = _swallowed_quietly()
        self.thread = ctypes.c_ulong(threading.get_ident())
        self.watcher = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Watchdog:
        self.quiet.__enter__()
        self.watcher.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.running.release()
        self.watcher.join()
        self.quiet.__exit__(*error)

    @contextmanager
    def __call__(self, seconds: float) -> Iterator[None]:
        """Throw `OutOfTime` into the code inside when it runs too long, give or take a moment."""
        self.until = time.monotonic() + seconds
        try:
            yield
        finally:
            self.until = math.inf
            while self.throwing:  # until the thread has thrown, or seen that it need not
                time.sleep(0)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(self.thread, None)  # takes back one that is on its way

    def _watch(self) -> None:
        while not self.running.acquire(timeout=0.02):
            self.throwing = True
            if time.monotonic() > self.until:
                ctypes.pythonapi.PyThreadState_SetAsyncExc(self.thread, ctypes.py_object(OutOfTime))
            self.throwing = False


@contextmanager
def _swallowed_quietly() -> Iterator[None]:
    """Say nothing of an `OutOfTime` that fell into a callback of the interpreter's own, such as that of a weak set.

    Python swallows what such a callback raises, and prints it; the limit throws again.
    """
    before = sys.unraisablehook

    def hook(told: object) -> None:
        if told.exc_type is not OutOfTime:
            before(told)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before


def _held_lock() -> threading.Lock:
    """A lock that is taken already: to release it is a single step, into which no `OutOfTime` can fall.

    `threading.Event.set` has many steps; thrown out of the middle of one, it kept its lock, and all waited for ever.
    """
    lock = threading.Lock()
    lock.acquire()
    return lock


def _is_running(frame: FrameType, thread: int) -> bool:
    """Whether the code of a frame has not ended yet."""
    here = sys._current_frames().get(thread)
    while here is not None and here is not frame:
        here = here.f_back
    return here is frame
