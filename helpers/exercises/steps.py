"""Which values of a wrong function are right all the same: steps that the solution takes, too."""

from __future__ import annotations

import ast
from collections.abc import Callable

import torch

from helpers.exercises import slips
from helpers.exercises.guard import call
from helpers.exercises.pieces import parsed, pieces_of
from helpers.exercises.repair import Code
from helpers.exercises.written import written

FEWEST = 3  # different values of a step, lest it be right by chance
SECONDS = 1.0  # of one call


def right_steps(solution: Callable, answer: Callable, cases: list[tuple]) -> str | None:
    """A sentence on the learner's own values that are needed and right in all cases; None where there are none."""
    try:
        _, right = parsed(solution)
        _, own = parsed(answer)
        arguments = [argument.arg for argument in right.args.args]
        pieces = [
            compile(ast.fix_missing_locations(ast.Expression(piece)), "<step>", "eval")
            for piece in pieces_of(right, arguments)
        ]
        keeping, names = _keeping(answer)
    except (OSError, TypeError, SyntaxError, AttributeError, ValueError):
        return None
    held = [_locals_of(keeping, names, inputs) for inputs in cases]
    given = [dict(zip(arguments, inputs, strict=True)) for inputs in cases]
    wanted = [[_value(piece, solution, inputs) for inputs in given] for piece in pieces]
    lines = {n.id: n.lineno for n in ast.walk(own) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    found = [name for name in lines if any(_all_equal([here.get(name) for here in held], step) for step in wanted)]
    if not found:
        return None
    last = max(found, key=lines.get)
    line = answer.__code__.co_firstlineno + lines[last] - 1
    return (
        f"What `{last}` holds after line {line} is needed, and right in all tests. Look at what is beside and after it."
    )


class _Keep(ast.NodeTransformer):
    """Puts a call that keeps all names in front of each `return` of a function."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        return node  # a function inside

    def visit_Return(self, node: ast.Return) -> list[ast.stmt]:
        return [ast.parse("__keep__(locals())").body[0], node]


def _keeping(answer: Callable) -> tuple[Callable, dict]:
    """The function, and a dictionary in which its names are found after a call."""
    held: dict[str, object] = {}
    code = Code(answer)
    main = code.functions[0][2]
    main.body = [part for line in main.body for part in _listed(_Keep().visit(line))]
    ast.fix_missing_locations(code.tree)
    return code.compiled(code.names(answer) | {"__keep__": held.update}), held


def _listed(node: ast.AST | list) -> list:
    return node if isinstance(node, list) else [node]


def _locals_of(keeping: Callable, held: dict, inputs: tuple) -> dict:
    """The names of a function, and what they hold when it ends."""
    held.clear()
    call(keeping, inputs, SECONDS)
    return dict(held)


def _value(piece: object, solution: Callable, inputs: dict) -> object:
    try:
        return eval(piece, {**solution.__globals__, **inputs})  # noqa: S307  our own code
    except Exception:  # a piece that only is of use under a condition
        return None


def _all_equal(own: list, step: list) -> bool:
    """Whether both hold the same values in all cases, and not always the same one."""
    pairs = [(slips.as_tensor(a), slips.as_tensor(b)) for a, b in zip(own, step, strict=True)]
    equal = all(
        a is not None and b is not None and a.shape == b.shape and torch.allclose(a, b, equal_nan=True)
        for a, b in pairs
    )
    return equal and len({written(b) for _, b in pairs}) >= FEWEST
