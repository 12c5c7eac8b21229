"""One small edit among the lines of a learner's code: a line moved, dropped, or of another kind."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

from helpers.exercises.taken_for import SIGNS

LOOPS = ast.For | ast.While
BLOCKS = ast.For | ast.While | ast.If | ast.With

Moves = Iterator[tuple[int, list[ast.stmt], ast.AST, str]]


def moves_of(body: list[ast.stmt], parent: ast.AST, field: str) -> Moves:
    """Other lines in the place of these: rank, the lines, the one to show, and what is wrong, in words."""
    start = int(isinstance(parent, ast.FunctionDef) and _is_docstring(body[0]))
    last = isinstance(parent, ast.FunctionDef)
    yield from _all_assigned(body)
    for i in range(start, len(body)):
        before, line, after = body[:i], body[i], body[i + 1 :]
        for rank, new, shown, words in _of_one(line, last and not after):
            yield rank, [*before, *new, *after], shown, words
        if len(body) - start > 1 or isinstance(line, ast.If):
            many = " with all that is in it" if isinstance(line, BLOCKS) else ""
            yield 3, [*before, *after] or [ast.Pass()], line, f"is too much{many}"
        if after:
            words = f"has to change places with the line after it, `{_first_line(after[0])}`"
            yield 3, [*before, after[0], line, *after[1:]], line, words
        if isinstance(line, BLOCKS):
            yield from _over_the_edge(before, line, after)


def _all_assigned(body: list[ast.stmt]) -> Moves:
    """`=` in place of `+=` in several lines."""
    lines = [line for line in body if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name)]
    if len(lines) < 2:
        return
    new = [
        ast.AugAssign(line.targets[0], ast.Add(), getattr(line.value, "operand", line.value)) if line in lines else line
        for line in body
    ]
    yield 2, new, lines[0], "replaces the old value, and should add to it; so do other lines there"


def _is_docstring(line: ast.stmt) -> bool:
    return isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant)


def _first_line(line: ast.stmt) -> str:
    return ast.unparse(line).splitlines()[0]


def _changed(node: ast.AST, **fields: object) -> ast.AST:
    twin = copy.copy(node)
    for name, value in fields.items():
        setattr(twin, name, value)
    return twin


def _over_the_edge(before: list, block: ast.stmt, after: list) -> Moves:
    """A line that belongs behind, in front of, or into a loop or an `if`."""
    what = "the loop" if isinstance(block, LOOPS) else "the `if`" if isinstance(block, ast.If) else "the `with`"
    inner = block.body
    for count in range(1, len(inner)):
        stay, leave = inner[:-count], inner[-count:]
        rank = 1 if isinstance(leave[0], ast.Return) else 2
        words = f"belongs behind {what}, one step to the left"
        yield rank, [*before, _changed(block, body=stay), *leave, *after], leave[0], words
    if isinstance(block, LOOPS) and isinstance(inner[-1], BLOCKS):  # out of an `if` in a loop, and out of the loop
        deep = inner[-1].body
        if len(deep) > 1:
            less = _changed(block, body=[*inner[:-1], _changed(inner[-1], body=deep[:-1])])
            yield 2, [*before, less, deep[-1], *after], deep[-1], f"belongs behind {what}, two steps to the left"
    if isinstance(block, LOOPS) and len(inner) > 1:
        words = "stands inside the loop, so that each round begins anew: it belongs in front of it"
        yield 1, [*before, inner[0], _changed(block, body=inner[1:]), *after], inner[0], words
    if isinstance(block, ast.If) and block.orelse:
        if isinstance(block.orelse[0], ast.If) and len(block.orelse) == 1:
            words = "is reached only where the condition above it does not hold: is `elif` right there?"
            yield 1, [*before, _changed(block, orelse=[]), *block.orelse, *after], block.orelse[0].test, words
        else:
            words = "belongs behind the `if`, and not into its `else`"
            yield 2, [*before, _changed(block, orelse=[]), *block.orelse, *after], block.orelse[0], words
    if after:
        words = f"belongs into {what} above it, one step to the right"
        yield 2, [*before, _changed(block, body=[*inner, after[0]]), *after[1:]], after[0], words
        if isinstance(block, ast.If) and block.orelse:
            words = "belongs into the `else` above it, one step to the right"
            yield 2, [*before, _changed(block, orelse=[*block.orelse, after[0]]), *after[1:]], after[0], words
        if isinstance(block, ast.If) and not block.orelse:
            words = "is done in any case; should it be done only where the `if` above does not hold?"
            yield 2, [*before, _changed(block, orelse=after[:1]), *after[1:]], after[0], words
            if len(after) > 1:
                yield 2, [*before, _changed(block, orelse=after)], after[0], words
        if isinstance(inner[-1], BLOCKS):
            deep = _changed(inner[-1], body=[*inner[-1].body, after[0]])
            words = "belongs into the block above it, two steps to the right"
            yield 3, [*before, _changed(block, body=[*inner[:-1], deep]), *after[1:]], after[0], words


def _of_one(line: ast.stmt, last: bool) -> Iterator[tuple[int, list[ast.stmt], ast.AST, str]]:
    """Other lines in the place of one."""
    if isinstance(line, ast.If):
        yield 3, line.body, line.test, "the condition is too much: it should be so in any case"
        if line.orelse:
            yield 3, line.orelse, line.test, "the condition is too much: it should be never so"
            swapped = _changed(line, body=line.orelse, orelse=line.body)
            yield 1, [swapped], line.test, "the two cases have changed places, or the condition is the wrong way round"
        yield 3, [ast.While(line.test, line.body, [])], line, "once may not be enough: is a loop needed?"
    if isinstance(line, ast.While):
        yield 3, [ast.If(line.test, line.body, [])], line, "once is enough: is `if` needed?"
    if isinstance(line, ast.For | ast.While):
        yield 4, line.body, line, "the loop is too much"
    if isinstance(line, ast.Break | ast.Continue | ast.Pass):
        for other in (ast.Continue, ast.Break):
            if not isinstance(line, other):
                yield 2, [other()], line, "another word is needed there, such as `break` or `continue`"
    if isinstance(line, ast.AugAssign):
        yield from _of_augmented(line)
    if isinstance(line, ast.Assign) and len(line.targets) == 1:
        yield from _of_assign(line)
    if isinstance(line, ast.Expr):
        yield from _of_expression(line, last)
    if isinstance(line, ast.Return) and line.value is None:
        yield 2, [ast.Pass()], line, "ends the function without a result"


def _of_augmented(line: ast.AugAssign) -> Iterator:
    sign = SIGNS[type(line.op)]
    for i, other in enumerate((ast.Add, ast.Sub, ast.Mult, ast.Div)):
        if not isinstance(line.op, other):
            yield 1 + (i > 1), [_changed(line, op=other())], line, f"needs another operator than `{sign}=`"
    words = f"changes the old value; with `{sign}=` it is kept in it, and it should be replaced"
    yield 2, [ast.Assign([line.target], line.value)], line, words
    if isinstance(line.value, ast.expr) and isinstance(line.op, ast.Add):
        wrapped = _changed(line, value=ast.List([line.value], ast.Load()))
        yield 2, [wrapped], line, "takes it apart and adds its parts one by one: a list is wanted on the right"


def _of_assign(line: ast.Assign) -> Iterator:
    target, value = line.targets[0], line.value
    if not isinstance(target, ast.Name | ast.Subscript | ast.Attribute):
        return
    if isinstance(value, ast.UnaryOp) and isinstance(value.op, ast.UAdd | ast.USub):
        sign, op = ("+", ast.Add()) if isinstance(value.op, ast.UAdd) else ("-", ast.Sub())
        words = f"says `={sign}`, which sets a new value; `{sign}=` changes the old one"
        yield 1, [ast.AugAssign(target, op, value.operand)], line, words
    words = "replaces the old value; it should be added to it, or taken from it"
    used = {ast.dump(n) for n in ast.walk(value) if isinstance(n, ast.Name)}
    built = isinstance(value, ast.ListComp | ast.List) or ast.dump(ast.Name(ast.unparse(target), ast.Load())) in used
    yield 1 + 2 * built, [ast.AugAssign(target, ast.Add(), value)], line, words
    yield 2 + built, [ast.AugAssign(target, ast.Sub(), value)], line, words
    if isinstance(target, ast.Name):
        append = ast.Call(ast.Attribute(ast.Name(target.id, ast.Load()), "append", ast.Load()), [value], [])
        yield 2, [ast.Expr(append)], line, "replaces the old list; it should grow"
        if isinstance(value, ast.List) and len(value.elts) == 1:
            yield 2, [ast.AugAssign(target, ast.Add(), value)], line, "replaces the old list; it should grow"
    if (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Attribute)
        and value.func.attr in ("append", "extend", "sort", "reverse", "insert", "update", "add", "remove")
    ):
        words = f"stores what `.{value.func.attr}` returns, which is None: it changes the list itself"
        yield 1, [ast.Expr(value)], line, words


def _of_expression(line: ast.Expr, last: bool) -> Iterator:
    value = line.value
    if last:
        yield 1, [ast.Return(value)], line, "computes the result, and does not return it"
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name) and value.func.id == "print" and value.args:
        one = value.args[0] if len(value.args) == 1 else ast.Tuple(value.args, ast.Load())
        yield 1, [ast.Return(one)], line, "prints the result, and does not return it"
    if isinstance(value, ast.Compare) and len(value.ops) == 1 and isinstance(value.ops[0], ast.Eq):
        target = copy.deepcopy(value.left)
        if isinstance(target, ast.Name | ast.Subscript):
            target.ctx = ast.Store()
            yield 1, [ast.Assign([target], value.comparators[0])], line, "compares, and stores nothing: `==` is not `=`"
    if isinstance(value, ast.Attribute):
        yield 1, [ast.Expr(ast.Call(value, [], []))], line, "does nothing: brackets are missing after it"
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
        owner = value.func.value
        if isinstance(owner, ast.Name):
            kept = ast.Assign([ast.Name(owner.id, ast.Store())], value)
            yield 1, [kept], line, f"makes something new and keeps it nowhere: `{owner.id}` stays as it was"
