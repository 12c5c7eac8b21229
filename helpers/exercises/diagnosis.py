"""Which slip explains *all* that a learner's function returned?

A diagnosis is given only if it explains what the function returned in every case: one that would fit a
single case by chance is worse than none.
"""

from __future__ import annotations

import copy
import difflib
import functools
import itertools
import re
import time
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from helpers.exercises import slips
from helpers.exercises.guard import Outcome
from helpers.exercises.mutants import mutants
from helpers.exercises.repair import LIKELY, Repair
from helpers.exercises.written import written

if TYPE_CHECKING:
    from helpers.exercises.engine import Exercise

SEARCH_SECONDS = 2.0  # of the repair and the mutants together
LINE = re.compile(r"\bline \d")
ORDINALS = ("first", "second", "third", "fourth")


def diagnose(
    exercise: Exercise,
    values: list,
    answer: Callable,
    names: list[str],
    repair: Callable[..., Repair | None],
    errors: bool = False,
) -> str | None:
    """The slip that explains what was returned in every case, in words; None where none does.

    Args:
        exercise: with its own slips.
        values: (inputs, right answer, outcome) of each case that ended without an error.
        answer: the learner's function.
        names: of its arguments.
        repair: finds the edit of the learner's function that makes it right.
        errors: whether other cases ended with one; then only slips of the exercise count, and swapped arguments.
    """
    deadline = time.monotonic() + SEARCH_SECONDS
    values = sorted(values, key=lambda value: exercise.same(value[2].value, value[1]))  # the telling ones first
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        known = (
            _of_kind(exercise, values, answer)
            or _notebook_name(exercise, answer)
            or _own_slip(exercise, values)
            or _own_slips_of_parts(exercise, values)
        )
        known = known or (_other_inputs(exercise, values, names) if errors else None)
        if known and (len(slips.page_names(answer)) == 1 or slips.idle_line(answer)):
            seen = of_code(exercise, answer)
            known = known if seen in known else f"{seen} {known}"
        if known or errors:
            return with_place(known, repair(worst=LIKELY)) if known else None
        texts = _of_texts(values) if isinstance(values[0][1], str) else None
        known = texts or _general_slip(exercise, values, names) or _always_times(values, names)
        if known and not _constant(values, answer):
            place = as_repair(repair(), 1)
            return f"{known} {place}" if place else with_place(known, repair())
        return _unforeseen(exercise, values, answer, names, repair, deadline)


def _unforeseen(
    exercise: Exercise, values: list, answer: Callable, names: list[str], repair: Callable, deadline: float
) -> str | None:
    """What is said where no slip of the exercise explains all."""
    return (
        as_repair(repair(), LIKELY)
        or _constant(values, answer)
        or of_code(exercise, answer)
        or _other_inputs(exercise, values, names)
        or as_repair(repair())
        or _two_slips(exercise, values, names)
        or _explain_parts(exercise, values, names)
        or _as_a_mutant(exercise, values, deadline)
        or _right_parts(exercise, values)
    )


def with_place(words: str, repair: Repair | None) -> str:
    """A slip in words, and the line where it probably is."""
    likely = repair is not None and repair.rank <= LIKELY and not LINE.search(words)
    return f"{words} Look at {repair.place()}." if likely else words


def as_repair(repair: Repair | None, worst: int = 9) -> str | None:
    """What is said of an edit that makes all right, if it is likely enough."""
    if repair is None or repair.rank > worst:
        return None
    return f"Your function is one change away: {repair.told()}."


def _of_kind(exercise: Exercise, values: list, answer: Callable) -> str | None:
    """The result is of another kind than asked."""
    got = [outcome.value for _, _, outcome in values]
    right = values[0][1]
    wanted = f"Wanted: {exercise.returns}." if exercise.returns else ""
    if all(value is None for value in got):
        return nothing_returned(answer, any(outcome.printed for *_, outcome in values))
    if any(value is None for value in got) and slips.returns_inside_loop(answer):
        return of_code(exercise, answer)
    if any(value is None for value in got):
        return "For some inputs your function returns `None`: a way through it has no `return`, or sets no value."
    odd = next((value for value in got if isinstance(value, str) or _is_function(value)), None)
    if odd is not None and not isinstance(right, str):
        if isinstance(odd, str):
            return f"Your function returns a text. {wanted}".strip()
        name = getattr(odd, "__name__", odd)
        return f"Your function returns `{name}` itself, and not its result: call it, with brackets. {wanted}".strip()
    if any(isinstance(value, torch.Size) for value in got) and isinstance(right, Tensor):
        return f"Your function returns a shape, and not the values. {wanted}".strip()
    if isinstance(right, tuple):
        return _of_count(exercise, values, wanted)
    counts = {len(value) if isinstance(value, tuple) else 0 for value in got}
    for place in range(min(*counts, len(ORDINALS)) if len(counts) == 1 and counts != {1} else 0):
        if all(exercise.same(o.value[place], r) for _, r, o in values):
            return f"Your function returns {max(counts)} values; only the {ORDINALS[place]} is wanted. {wanted}".strip()
    lengths = {len(parts) for parts in map(_parts, got) if parts is not None}
    if getattr(slips.as_tensor(right), "shape", None) == () and len(lengths) == 1 and lengths != {1}:
        for place in range(min(max(lengths), len(ORDINALS))):
            if all(_parts(o.value) and exercise.same(_parts(o.value)[place], r) for _, r, o in values):
                only = f"only the {ORDINALS[place]} is wanted"
                return f"Your function returns {max(lengths)} values; {only}. {wanted}".strip()
    if any(isinstance(value, dict) for value in got):
        return f"Your function returns a dictionary. {wanted}".strip()
    return None


def _of_texts(values: list) -> str | None:
    """The texts are right but for their writing, or two of them have changed places."""
    pairs = [(outcome.value, right) for _, right, outcome in values]
    if all(isinstance(got, list | tuple) and len(got) == 1 and got[0] == right for got, right in pairs):
        return "Your function returns the text in a list. The text alone is wanted, without brackets around it."
    if not all(isinstance(got, str) for got, _ in pairs):
        return None
    wrong = sorted({(got, right) for got, right in pairs if got != right})
    if all(difflib.SequenceMatcher(None, got.lower(), right.lower()).ratio() > 0.7 for got, right in wrong):
        return f"A text is written otherwise than asked: `{wrong[0][0]!r}`. Every letter, quote and point counts."
    swapped = len(wrong) == 2 and wrong[0] == wrong[1][::-1]
    both = {got for got, _ in wrong} == {got for got, right in pairs if right in dict(wrong)}
    return f"The texts `{wrong[0][0]!r}` and `{wrong[0][1]!r}` have changed places." if swapped and both else None


def nothing_returned(answer: Callable, printed: bool) -> str:
    """What is said where every result is None."""
    if slips.returns_something(answer):
        return (
            "Your function returns `None`, though there is a `return`: it is not reached, or what it returns is None. "
            "(`append`, `sort` and `print` return `None`. Or does a name keep the None that it began with? "
            "`.grad` is None before `backward()`.)"
        )
    if printed:
        return "Your function prints its result and returns nothing. Write `return` where `print` stands."
    return "Your function returned `None`. Is a `return` missing?"


def _is_function(value: object) -> bool:
    return callable(value) and not isinstance(value, nn.Module)


def _of_count(exercise: Exercise, values: list, wanted: str) -> str | None:
    """Several results are asked: too few, too many, or in another order."""
    count = len(values[0][1])
    parts = [_parts(outcome.value) for *_, outcome in values]
    if any(part is None or len(part) != count for part in parts):
        alone = [o.value[0] if isinstance(o.value, list | tuple) and len(o.value) == 1 else o.value for *_, o in values]
        for i in range(count):
            if all(exercise.same(one, right[i]) for one, (_, right, _) in zip(alone, values, strict=True)):
                return f"Only the {ORDINALS[i]} of the {count} results is there. {wanted}".strip()
        if any(isinstance(outcome.value, dict) for *_, outcome in values):
            return f"Your function returns a dictionary. {wanted}".strip()
        one = any(part is None or len(part) == 1 for part in parts)
        told = "one value" if one else f"{len(parts[0])} values"
        return f"{count} results are wanted, and yours returns {told}. {wanted}".strip()
    for order in itertools.permutations(range(count)):
        turned = all(exercise.same(o.value, tuple(right[i] for i in order)) for _, right, o in values)
        if turned and order != tuple(range(count)):
            return f"All results are right, and in another order than asked. {wanted}".strip()
    return None


def _parts(value: object) -> list | None:
    if isinstance(value, str | dict) or not hasattr(value, "__len__") or getattr(value, "shape", None) == ():
        return None
    return list(value)


def _own_slip(exercise: Exercise, values: list) -> str | None:
    return _explain(exercise, values, _own(exercise))


def _own(exercise: Exercise) -> list[tuple[str, Callable]]:
    return [(words, lambda inputs, _, slip=slip: slip(*inputs)) for words, slip in exercise.slips.items()]


def _general_slip(exercise: Exercise, values: list, names: list[str]) -> str | None:
    rivals = list(_general(values[0][0], names))
    return _explain(exercise, values, rivals)


def _other_inputs(exercise: Exercise, values: list, names: list[str]) -> str | None:
    """The answer is that of the solution for other inputs."""
    return _explain(exercise, values, _of_other_inputs(exercise, values, names))


def _of_other_inputs(exercise: Exercise, values: list, names: list[str]) -> list[tuple[str, Callable]]:
    return [
        (words, lambda inputs, _, change=change: exercise.solution(*change(inputs)))
        for words, change in slips.of_inputs(names, values[0][0])
    ]


def _general(inputs: tuple, names: list[str]) -> Iterator[tuple[str, Callable]]:
    for words, turn in slips.of_results(names, inputs):
        yield words, lambda inputs, right, turn=turn: turn(slips.as_tensor(right), inputs)


def _two_slips(exercise: Exercise, values: list, names: list[str]) -> str | None:
    """A slip of this exercise, and a general one on top of it."""
    return _explain(exercise, values, _twice(exercise, values, names))


def _twice(exercise: Exercise, values: list, names: list[str]) -> list[tuple[str, Callable]]:
    return [
        (
            f"Two slips at once. {words} And then: {_lower(more)}",
            lambda inputs, _, s=slip, t=turn: t(inputs, s(*inputs)),
        )
        for words, slip in exercise.slips.items()
        for more, turn in _general(values[0][0], names)
        if more.startswith(
            ("The sign", "Yours is 100", "Yours is one", "Yours is twice", "Yours is half", "Yours is the right")
        )
    ]


def _lower(words: str) -> str:
    return (words[0].lower() + words[1:]).replace("the right answer", "what that makes")


def _explain(exercise: Exercise, values: list, rivals: list[tuple[str, Callable]]) -> str | None:
    """The words of the rival whose results are those returned."""
    return next((words for words, rival in rivals if _agrees(exercise, values, rival)), None)


def _own_slips_of_parts(exercise: Exercise, values: list) -> str | None:
    """A slip of this exercise for each wrong one of several results; None where one is not explained."""
    told = _told_parts(exercise, values, _own(exercise)) if isinstance(values[0][1], tuple) else [None]
    return " ".join(told) if told and None not in told else None


def _explain_parts(exercise: Exercise, values: list, names: list[str]) -> str | None:
    """A slip for each wrong one of several results, where at least one is explained."""
    if not isinstance(values[0][1], tuple):
        return None
    rivals = [
        *_own(exercise),
        *_general(values[0][0], names),
        *_of_other_inputs(exercise, values, names),
        *_twice(exercise, values, names),
    ]
    told = _told_parts(exercise, values, rivals, names)
    known = [words for words in told if words]
    return f"{' '.join(known)}{' The other one differs, too.' * (None in told)}" if known else None


def _told_parts(exercise: Exercise, values: list, rivals: list, names: list[str] | None = None) -> list[str | None]:
    """For each wrong one of several results its slip, or None; the same slip of several is told once."""
    places: dict[str | None, list[str]] = {}
    for place in range(len(values[0][1])):
        part = [(inputs, right[place], Outcome(_parts(outcome.value)[place])) for inputs, right, outcome in values]
        if all(exercise.same(outcome.value, right) for _, right, outcome in part):
            continue
        words = next(
            (w for w, rival in rivals if _agrees(exercise, part, functools.partial(_part, rival, place))), None
        )
        places.setdefault(words or (names and _always_times(part, names)) or None, []).append(ORDINALS[place])
    return [
        words and f"The {' and the '.join(which)} result {'is' if len(which) == 1 else 'are'} not right. {words}"
        for words, which in places.items()
    ]


def _right_parts(exercise: Exercise, values: list) -> str | None:
    """Which of several results is right in every case, where nothing else can be said."""
    if not isinstance(values[0][1], tuple):
        return None
    right = [
        ORDINALS[i]
        for i in range(len(values[0][1]))
        if all(exercise.same(_parts(outcome.value)[i], expected[i]) for _, expected, outcome in values)
    ]
    return f"The {' and the '.join(right)} result is right; another differs." if right else None


def _part(rival: Callable, place: int, inputs: tuple, right: object) -> object:
    """What a rival makes of one of several results: a slip returns all, a turn works on the one."""
    result = rival(inputs, right)
    return result[place] if isinstance(result, tuple) else result


def _agrees(exercise: Exercise, values: list, rival: Callable) -> bool:
    """Whether the rival returns in every case what the learner's function returned."""
    try:
        return all(exercise.same(outcome.value, rival(inputs, right)) for inputs, right, outcome in values)
    except Exception:  # the rival has no result for one of the cases
        return False


def _constant(values: list, answer: Callable) -> str | None:
    first = values[0][2].value
    told = written(first)
    if len(values) < 3 or any(written(outcome.value) != told for *_, outcome in values):
        return None
    if len({written(right) for _, right, _ in values}) == 1:
        return None
    unread = slips.unused_arguments(answer)
    never = f" It never uses its argument `{unread[0]}`." if unread else ""
    return f"Your function returns `{told}` for every input.{never} Compute the result from the arguments."


def _always_times(values: list, names: list[str]) -> str | None:
    """The result is the right one, or its sum, times the same number in every case."""
    pairs = [(slips.as_tensor(outcome.value), slips.as_tensor(right)) for _, right, outcome in values]
    if any(got is None or right is None or got.shape != right.shape for got, right in pairs):
        return None
    if len({written(right) for _, right in pairs}) < 2:
        return None
    factor = slips.factor_of(pairs)
    if factor:
        return f"Yours is {factor:g} times the right answer, whatever the input is."
    for place, name in enumerate(names):
        if all(
            hasattr(inputs[place], "__len__") and getattr(inputs[place], "shape", 1) != () for inputs, _, _ in values
        ):
            factor = slips.factor_of(
                [(got, right * len(inputs[place])) for (got, right), (inputs, *_) in zip(pairs, values, strict=True)]
            )
            if factor and factor > 0:
                return f"You divided by {1 / factor:.4g}, whatever the input is; divide by `len({name})`."
    return None


def _unread(exercise: Exercise, answer: Callable) -> list[str]:
    """Arguments that the answer does not read and the solution does."""
    needless = set(slips.unused_arguments(exercise.solution))
    return [name for name in slips.unused_arguments(answer) if name not in needless]


def _notebook_name(exercise: Exercise, answer: Callable) -> str | None:
    """A name of the notebook is read in the place of an argument."""
    return of_code(exercise, answer) if slips.page_names(answer) and _unread(exercise, answer) else None


def of_code(exercise: Exercise, answer: Callable) -> str | None:
    """What the learner's own code shows."""
    unread, foreign = _unread(exercise, answer), slips.page_names(answer)
    if foreign and (unread or len(foreign) == 1):
        instead = f" instead of its argument `{unread[0]}`" if unread else ""
        return f"Your function uses `{foreign[0]}` of your notebook{instead}. It may only use what it is given."
    if unread:
        return f"Your function never uses its argument `{unread[0]}`."
    idle = slips.idle_line(answer)
    if idle:
        return idle
    if slips.returns_inside_loop(answer):
        return "The `return` stands inside your loop, which therefore ends in its first round. Put it behind the loop."
    return None


def _as_a_mutant(exercise: Exercise, values: list, deadline: float) -> str | None:
    """The change that turns the solution into what the learner's function does."""
    for changes in (1, 2):
        for mutant in mutants(exercise.solution, changes):
            if time.monotonic() > deadline:
                return None
            if changes == 2 and "`return` is missing" in mutant.slip:  # such words would only puzzle
                continue
            if _agrees(exercise, values, lambda inputs, _, f=mutant.function: f(*copy.deepcopy(inputs))):
                many = "one change" if changes == 1 else "two changes"
                return (
                    f"In all {len(values)} tests your function answers as the solution would with {many}: "
                    f"with `{mutant.has}` in it; {mutant.slip}."
                )
    return None
