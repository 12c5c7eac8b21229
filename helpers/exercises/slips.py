"""Slips that every exercise shares, each found in one place: from the results, or from the learner's own code."""

from __future__ import annotations

import ast
import dis
import inspect
import itertools
import math
import textwrap
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from types import CodeType, FunctionType, ModuleType

import torch
from torch import Tensor

INSIDE = "Does a `return` inside a loop end it too early?"
REPLACED = "Is each one kept, or does the next replace it?"
TURNS: dict[str, Callable[[Tensor], Tensor]] = {  # what it is -> what it makes of the right answer
    "The sign is turned round: yours is minus the right answer.": lambda right: -right,
    "Yours is 1 minus the right answer: the other part of the whole.": lambda right: 1 - right,
    "Yours is 100 times the right answer: per cent, where a share from 0 to 1 is wanted.": lambda right: 100 * right,
    "Yours is one more than the right answer: is a + 1 too much there?": lambda right: right + 1,
    "Yours is one less than the right answer: is a + 1 missing?": lambda right: right - 1,
    "Yours is twice the right answer.": lambda right: 2 * right,
    "Yours is half the right answer.": lambda right: right / 2,
    "Yours is the square of the right answer.": torch.square,
    "Yours is the root of the right answer.": torch.sqrt,
    "Yours is the right answer upside down: 1 divided by it.": torch.reciprocal,
    "Yours is the logarithm of the right answer.": torch.log,
    "Yours is e to the power of the right answer: a logarithm is missing.": torch.exp,
    "The signs are lost: yours is the right answer without its minus.": torch.abs,
    "Fractions are lost: the right answer is cut off to a whole number. Divide by `/`, not by `//`.": torch.floor,
    "Yours is the right answer rounded to a whole number.": torch.round,
    "Yours is the right answer rounded to one decimal. Return it as it is.": lambda right: right.round(decimals=1),
    "Yours is the right answer rounded to two decimals. Return it as it is.": lambda right: right.round(decimals=2),
    "Yours is the right answer rounded to three decimals. Return it as it is.": lambda right: right.round(decimals=3),
    "Rows and columns have changed places: yours is the right answer transposed.": lambda right: right.transpose(0, 1),
    "Yours is the right answer in the other order, last first.": lambda right: right.flip(0),
    "Yours is the right answer turned from left to right.": lambda right: right.flip(-1),
    f"Only the first of the wanted values is there. {INSIDE}": lambda right: right[:1],
    f"Only the first of the wanted values is there, on its own. {INSIDE}": lambda right: right[0],
    f"Only the last of the wanted values is there. {REPLACED}": lambda right: right[-1:],
    f"Only the last of the wanted values is there, on its own. {REPLACED}": lambda right: right[-1],
    "The first value is missing.": lambda right: right[1:],
    "The last value is missing.": lambda right: right[:-1],
    "Your numbers are right, and stand in one row or list; keep the shape, and return a single number as itself.": (
        torch.flatten
    ),
    "Your numbers are right, with an axis too many in front.": lambda right: right[None],
    "Your numbers are right, with an axis too many at the end.": lambda right: right[..., None],
    "That is the sum of the right values; the values themselves are wanted.": torch.sum,
    "That is the mean of the right values; the values themselves are wanted.": lambda right: right.double().mean(),
}


def of_results(names: list[str], inputs: tuple) -> Iterator[tuple[str, Callable]]:
    """Slips that turn the right answer into another: each with a function (right answer, inputs) -> what comes out.

    Args:
        names: of the arguments.
        inputs: of one case, to know which of them have a length.
    """
    for words, turn in TURNS.items():
        yield words, lambda right, _, turn=turn: turn(right)
    for place, (name, value) in enumerate(zip(names, inputs, strict=False)):
        for axis in range(value.dim() if isinstance(value, Tensor) else int(hasattr(value, "__len__"))):
            yield from _by_a_size(place, axis, f"{name}.shape[{axis}]" if isinstance(value, Tensor) else f"len({name})")
        if isinstance(value, Tensor | int | float):
            as_it_came = f"Yours is the argument `{name}` as it came: nothing has happened to it."
            yield as_it_came, lambda _, given, place=place: given[place]


def _by_a_size(place: int, axis: int, size: str) -> Iterator[tuple[str, Callable]]:
    """The right answer times, or divided by, how many there are of something."""

    def n(given: tuple) -> int:
        return given[place].shape[axis] if isinstance(given[place], Tensor) else len(given[place])

    yield (
        f"Yours is the right answer times `{size}`: a sum where a mean is wanted?",
        lambda right, given: right * n(given),
    )
    yield (
        f"Yours is the right answer divided by `{size}`: a mean where a sum is wanted, or divided once too often?",
        lambda right, given: right / n(given),
    )
    yield f"You divided by `{size}` minus 1.", lambda right, given: right * n(given) / (n(given) - 1)


def of_inputs(names: list[str], inputs: tuple) -> Iterator[tuple[str, Callable]]:
    """Slips in what is read: each with a function from the inputs to those that the answer acts as if it got."""
    several = [i for i, value in enumerate(inputs) if hasattr(value, "__len__") and not isinstance(value, dict)]
    cuts = {
        "The first entry is left out: positions begin at 0.": slice(1, None),
        "The last entry is left out.": slice(None, -1),
        "Only the first entry is looked at. Does a `return` stand inside your loop?": slice(None, 1),
        "Only the last entry counts. Is `=` where `+=` or `append` belongs?": slice(-1, None),
    }
    for words, cut in cuts.items():
        yield words, lambda given, cut=cut: [v[cut] if i in several else v for i, v in enumerate(given)]
    for i, j in itertools.combinations(range(len(inputs)), 2):
        if type(inputs[i]) is type(inputs[j]):
            swapped = f"`{names[i]}` and `{names[j]}` have changed places."
            yield swapped, lambda given, i=i, j=j: [given[{i: j, j: i}.get(k, k)] for k in range(len(given))]
    for i, value in enumerate(inputs):
        if isinstance(value, int | float):
            for fixed in (0, 1, 2):
                told = f"Yours acts as if `{names[i]}` were {fixed}, whatever it is."
                yield told, lambda given, i=i, fixed=fixed: [fixed if k == i else v for k, v in enumerate(given)]


def unused_arguments(answer: Callable) -> list[str]:
    """Arguments that the learner's function takes and never reads."""
    code = getattr(answer, "__code__", None)
    return [name for name in code.co_varnames[: code.co_argcount] if name not in _read(code)] if code else []


def page_names(answer: Callable) -> list[str]:
    """Data of the notebook (tensors, lists, numbers, models) that the learner's function reads by name."""
    if not isinstance(answer, FunctionType):
        return []
    data = {name: answer.__globals__.get(name) for name in _read(answer.__code__, "LOAD_GLOBAL")}
    return [name for name, value in data.items() if value is not None and not _is_tool(name, value)]


def _is_tool(name: str, value: object) -> bool:
    """A module, a function, a constant of `math` or one in capitals: what a function may read by name."""
    constant = isinstance(value, float) and getattr(math, name, None) is not None
    return isinstance(value, ModuleType) or callable(value) or constant or name.isupper()


def _read(code: CodeType, how: str = "LOAD") -> list[str]:
    """Every name that compiled code reads, inner functions included."""
    steps = list(dis.get_instructions(code))
    found = [part for step in steps if how in step.opname for part in _parts(step.argval)]
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            found += _read(constant, how)
    return found


def _parts(value: object) -> tuple:
    """Python 3.13 loads two names in one step."""
    return value if isinstance(value, tuple) else (value,) if isinstance(value, str) else ()


def returns_inside_loop(answer: Callable) -> bool:
    """Whether a `return` stands inside a loop and is not under a condition."""
    loops = [node for node in _nodes(answer) if isinstance(node, ast.For | ast.While)]
    return any(isinstance(line, ast.Return) for loop in loops for line in loop.body)


def idle_line(answer: Callable) -> str | None:
    """What is said of a line that does nothing: `optimizer.zero_grad` without brackets, or `w.grad == None`."""
    for node in _nodes(answer):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Attribute):
            line = ast.unparse(node)
            return f"The line `{line}` does nothing: to call it, brackets are needed, `{line}()`."
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Compare):
            return f"The line `{ast.unparse(node)}` compares and changes nothing: to set a value, write `=`."
    return None


def returns_something(answer: Callable) -> bool:
    """Whether a `return` with a value stands in the learner's code."""
    return any(isinstance(node, ast.Return) and node.value is not None for node in _nodes(answer))


def _nodes(answer: Callable) -> list[ast.AST]:
    try:
        return list(ast.walk(ast.parse(textwrap.dedent(inspect.getsource(answer)))))
    except (OSError, TypeError, SyntaxError):
        return []


def as_tensor(value: object, within: tuple[int, ...] = ()) -> Tensor | None:
    """Whatever may be meant as numbers, as a tensor of doubles; None where it cannot.

    Args:
        within: the ids of the lists around it, as a list may hold itself.
    """
    if isinstance(value, str | bytes | dict) or value is None or id(value) in within:
        return None
    try:
        if isinstance(value, list | tuple | set | frozenset):
            parts = sorted(value) if isinstance(value, set | frozenset) else value
            parts = [as_tensor(part, (*within, id(value))) for part in parts]
            if any(part is None for part in parts):
                return None
            return torch.stack(parts) if parts else torch.zeros(0, dtype=torch.double)
        tensor = torch.as_tensor(float(value) if isinstance(value, Fraction | Decimal) else value)
        return tensor.detach().double() if not tensor.is_complex() else None
    except (TypeError, ValueError, RuntimeError):
        return None


def factor_of(pairs: list[tuple[Tensor, Tensor]]) -> float | None:
    """The number that turns every second one into the first, if there is one and it is not 0."""
    got, right = (torch.cat([pair[side].flatten() for pair in pairs]) for side in (0, 1))
    largest = right.abs().argmax() if len(right) else None
    if largest is None or right[largest] == 0:
        return None
    factor = (got[largest] / right[largest]).item()
    telling = abs(factor) > 1e-6 and abs(factor - 1) > 1e-3
    return factor if telling and torch.allclose(got, factor * right, rtol=1e-4, atol=1e-6) else None
