"""An attempt that is one edit away from right: its line and the kind of its slip are named."""

import contextlib
import inspect
import sys
import time
import warnings
import weakref

import pytest
import torch

from helpers.exercises import check, diagnosis, engine, repair
from helpers.exercises.engine import Exercise
from helpers.exercises.guard import OutOfTime, Watchdog, call
from helpers.exercises.repair import search


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(repair, "SECONDS", 10.0)  # the search ends by itself, on a busy machine, too
    monkeypatch.setattr(diagnosis, "SEARCH_SECONDS", 15.0)


def spread(rows, weights, limit):
    """For each row its weighted mean; then the root of the mean square of those that are above the limit."""
    means = (rows * weights).sum(dim=1) / weights.sum()
    above = means[means > limit]
    return (above**2).mean() ** 0.5


def longest_run(letters, wanted):
    """The length of the longest run of a letter, and how often it stands in the text at all."""
    longest = run = count = 0
    for letter in letters:
        if letter == wanted:
            run += 1
            count += 1
            longest = max(longest, run)
        else:
            run = 0
    return longest, count


def kind(number, other):
    """Which of two numbers is the larger, in words."""
    if number > other:
        return "the first"
    if number < other:
        return "the second"
    return "none"


def spread_cases():
    generator = torch.Generator().manual_seed(0)
    rows = [torch.randint(1, 9, (6 + i % 3, 3), generator=generator).float() for i in range(12)]
    weights = [torch.randint(1, 4, (3,), generator=generator).float() for _ in range(12)]
    return [(row, weight, 3.0 + i % 4 / 2) for i, (row, weight) in enumerate(zip(rows, weights, strict=True))]


def run_cases():
    return [(text, "a") for text in ("", "a", "b", "aab", "baaabaab", "abab", "aaaab", "bbbaa", "aabaaa", "ab")]


def kind_cases():
    return [(i, j) for i in range(4) for j in range(4)]


EXERCISES = {
    "9.1": Exercise(solution=spread, why="", notice="", hints=("a", "b"), cases=spread_cases),
    "9.2": Exercise(solution=longest_run, why="", notice="", hints=("a", "b"), cases=run_cases),
    "9.3": Exercise(solution=kind, why="", notice="", hints=("a", "b"), cases=kind_cases),
}


@pytest.fixture(autouse=True)
def exercises(monkeypatch):
    monkeypatch.setattr(engine, "exercises_of", lambda page: EXERCISES)


SPREAD = inspect.getsource(spread).replace('    """For each row its', '    """As asked: its')
RUN = inspect.getsource(longest_run)
KIND = inspect.getsource(kind)
EDITS = [  # exercise, source, what was right, what stands there, line, words
    ("9.1", SPREAD, "dim=1", "dim=0", 3, "axis"),
    ("9.1", SPREAD, "rows * weights", "rows + weights", 3, "another operator than `+`"),
    ("9.1", SPREAD, "weights.sum()", "len(weights)", 3, "another function than `len`"),
    ("9.1", SPREAD, "weights.sum()", "rows.sum()", 3, "another name than `rows`"),
    ("9.1", SPREAD, "(rows * weights).sum(dim=1)", "rows * weights.sum()", 3, ""),
    ("9.1", SPREAD, "means > limit", "means < limit", 4, "points the wrong way"),
    ("9.1", SPREAD, "means > limit", "means > 7", 4, "the fixed number 7"),
    ("9.1", SPREAD, "** 0.5", "** 1 / 2", 5, "brackets are missing"),
    ("9.1", SPREAD, " ** 0.5", " ** 0.5 + rows.sum()", 5, "`+ rows.sum()` is too much"),
    ("9.1", SPREAD, "** 0.5", "** -0.5", 5, "the minus is too much"),
    ("9.1", SPREAD, "(above**2)", "above", 4, "its square is needed"),
    ("9.1", SPREAD, "(above**2).mean()", "(above**2).max()", 5, "another function than `max`"),
    ("9.1", SPREAD, "(above**2).mean()", "(above**2).mean", 5, "without brackets"),
    ("9.1", SPREAD, "    return (above", "    (above", 5, "Is a `return` missing?"),
    ("9.2", RUN, "longest = run = count = 0", "longest = run = count = 1", 3, ""),
    ("9.2", RUN, "run += 1", "run =+ 1", 6, "sets a new value"),
    ("9.2", RUN, "run += 1", "run += 2", 6, "the number 2 is too large"),
    ("9.2", RUN, "run += 1", "run -= 1", 6, "another operator than `-=`"),
    ("9.2", RUN, "count += 1", "count = 1", 7, "replaces the old value"),
    ("9.2", RUN, "max(longest, run)", "max(longest, count)", 8, "another name than `count`"),
    ("9.2", RUN, "max(longest, run)", "min(longest, run)", 8, "another function than `min`"),
    ("9.2", RUN, "letter == wanted", "letter is not wanted", 5, ""),
    ("9.2", RUN, "            run = 0", "            run == 0", 10, "`==` is not `=`"),
    ("9.2", RUN, "    return longest", "        return longest", 11, "behind the loop"),
    ("9.2", RUN, "longest, count\n", "count, longest\n", 11, "order"),
    ("9.2", RUN, "    for letter", "    letters = letters[1:]\n    for letter", 4, "the number 1 is too large"),
    ("9.3", KIND, "number > other", "number >= other", 3, "two equal values"),
    ("9.3", KIND, '"the second"', '"the secnd"', 6, "written otherwise"),
    ("9.3", KIND, "    if number < other:", "    if number > other:", 5, "points the wrong way"),
    ("9.3", KIND, "number < other", "number < 2", 5, "line 5"),
]


def attempt(tmp_path, source):
    """The function of this source, in a file of its own."""
    path = tmp_path / "attempt.py"
    path.write_text(source)
    names = {"torch": torch}
    exec(compile(source, str(path), "exec"), names)
    return next(value for name, value in names.items() if inspect.isfunction(value))


@pytest.mark.parametrize(("number", "source", "right", "wrong", "line", "words"), EDITS)
def test_the_line_and_the_kind_of_the_slip_are_named(tmp_path, number, source, right, wrong, line, words):
    assert right in source
    note = check(number, attempt(tmp_path, source.replace(right, wrong, 1)))
    assert note.heading in ("Not yet", "Your code raised an error")
    assert f"line {line}" in note.text and words in note.text, note


def test_the_solution_is_not_told(tmp_path):
    note = check("9.1", attempt(tmp_path, SPREAD.replace("weights.sum()", "weights.max()")))
    assert "weights.max()" in note.text and "weights.sum" not in note.text, note


def test_the_input_has_to_stay_as_it_is(tmp_path):
    alone = check("9.1", attempt(tmp_path, SPREAD.replace("(rows * weights)", "rows.mul_(weights)")))
    assert "changes its input `rows` in place" in alone.text and "one change away" not in alone.text
    both = SPREAD.replace("(rows * weights)", "rows.mul_(weights)").replace("** 0.5", "** 0.25")
    note = check("9.1", attempt(tmp_path, both))
    assert "changes its input `rows` in place" in note.text and "line 5" in note.text, note


def test_a_function_that_is_called_is_edited_too(tmp_path):
    source = "def answer(rows, weights, limit):\n    return inner(rows, weights, limit)\n\n" + SPREAD.replace(
        "def spread", "def inner"
    ).replace("** 0.5", "** 2")
    note = check("9.1", attempt(tmp_path, source))
    assert "line 8" in note.text and "`(above**2).mean() ** 2`" in note.text, note


def endless(letters, wanted):
    longest = run = count = place = 0
    while place < len(letters):
        if letters[place] == wanted:
            run += 1
            count += 1
            longest = max(longest, run)
        else:
            run = 0
        place -= -0
    return longest, count


def test_a_loop_without_an_end_is_cured(monkeypatch):
    from dataclasses import replace

    monkeypatch.setitem(EXERCISES, "9.2", replace(EXERCISES["9.2"], seconds=0.2))
    start = time.perf_counter()
    note = check("9.2", endless)
    assert time.perf_counter() - start < 6
    assert "did not end in time" in note.text, note
    assert "place -= -0" in note.text, note


def test_the_search_ends_in_time():
    def slow(function, deadline, limit):
        time.sleep(0.05)
        return False

    start = time.perf_counter()
    assert search(longest_run, longest_run, slow, seconds=0.5) is None
    assert time.perf_counter() - start < 2


def forever(x):
    while True:
        x = x + 0


def test_many_calls_share_one_time_limit():
    with Watchdog() as limit:
        late = [call(forever, (1,), 0.05, limit).error for _ in range(3)]
        early = [call(lambda x: x, (i,), 0.05, limit).value for i in range(200)]
    assert [type(error).__name__ for error in late] == ["OutOfTime"] * 3
    assert early == list(range(200))
    time.sleep(0.1)


def test_what_has_no_source_is_left_alone():
    names = {}
    exec("def answer(rows, weights, limit):\n    return rows.sum().sin() + weights.sum() + limit", names)
    assert "For this input" in check("9.1", names["answer"]).text


def test_right_steps_are_told(tmp_path):
    source = SPREAD.replace("return (above**2).mean() ** 0.5", "return above.sin().sum() - above.cos().max()")
    note = check("9.1", attempt(tmp_path, source))
    assert "What `above` holds after line 4 is needed" in note.text, note


def test_python_says_nothing_of_code_that_the_learner_did_not_write(tmp_path):
    source = "def answer(letters, wanted):\n    return [0][letters.index(wanted)] * len(letters) + [0] * 3\n"
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        search(attempt(tmp_path, source), longest_run, lambda function, end, limit: False)
    assert not told


@pytest.mark.parametrize("many", [False, True])
def test_a_limit_that_falls_into_a_callback_is_thrown_again_and_not_told(many, monkeypatch):
    told = []
    monkeypatch.setattr(sys, "unraisablehook", told.append)

    def busy(_):
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            pass

    def endless():
        thing = type("Thing", (), {})()
        kept = weakref.ref(thing, busy)
        del thing
        while kept() is None:
            pass

    with Watchdog() if many else contextlib.nullcontext() as limit:
        outcome = call(endless, (), 0.1, limit)
    assert isinstance(outcome.error, OutOfTime)
    assert told == []
