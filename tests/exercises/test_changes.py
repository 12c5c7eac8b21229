"""Which line changes an input in place."""

import inspect

import pytest

from helpers.exercises.changes import changing_line, in_place


def added(rows):
    total = 0
    total += 1
    rows += 1
    return rows


def by_method(rows):
    first = rows[0].view(-1)
    first.clamp_(0)
    return rows


def in_a_loop(rows):
    for i, row in enumerate(rows):
        row[i] = 0
    return rows


def by_option(rows):
    import torch.nn.functional as F

    return F.relu(rows, inplace=True)


def popped(rows):
    while rows:
        rows.pop()


def on_a_copy(rows):
    own = rows.clone()
    own += 1
    return own


def elsewhere(rows):
    return added(rows)


@pytest.mark.parametrize(
    ("answer", "piece"),
    [
        (added, "rows += 1"),
        (by_method, "first.clamp_(0)"),
        (in_a_loop, "row[i] = 0"),
        (by_option, "F.relu(rows, inplace=True)"),
        (popped, "rows.pop()"),
        (on_a_copy, None),
        (elsewhere, None),
        (list.sort, None),
    ],
)
def test_the_line_that_changes_an_input_is_named(answer, piece):
    told = changing_line(answer, ["rows"])
    if piece is None:
        assert told is None and "without `+=`" in in_place(["rows"], answer)
        return
    lines, start = inspect.getsourcelines(answer)
    number = start + next(i for i, line in enumerate(lines) if piece in line)
    assert told == f"in line {number}, `{piece}`"
    assert f"changes its input `rows` in place, {told}: who called it" in in_place(["rows"], answer)
