"""Every function that differs from a given one by one small change.

Two uses. A judge must reject each of these *mutants* of its solution (DeMillo, Lipton and Sayward, "Hints on
test data selection", 1978); `tests/exercises/test_mutants.py` holds that. And where nobody foresaw a
learner's slip, a mutant that returns what they return, in every case, tells which slip it is.
"""

from __future__ import annotations

import ast
import copy
import inspect
import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass

OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Div}
COMPARISONS = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq, ast.LtE, ast.GtE),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
SIBLINGS = {  # a function or a method, and those that are taken for it
    "mean": ("sum", "median"),
    "sum": ("mean", "max"),
    "max": ("min", "sum"),
    "min": ("max",),
    "amax": ("amin", "mean", "sum"),
    "amin": ("amax",),
    "argmax": ("argmin",),
    "any": ("all",),
    "all": ("any",),
    "round": ("int",),
    "softmax": ("log_softmax", "sigmoid"),
    "log": ("log2", "log10"),
    "square": ("abs",),
    "mse_loss": ("l1_loss",),
    "zip": ("zip_longest",),
    "diagonal": ("flatten",),
}


@dataclass(frozen=True)
class Mutant:
    """A changed function; `has` is the changed piece of code, `slip` says in words what kind of change it is."""

    function: Callable
    has: str
    slip: str


def mutants(function: Callable, changes: int = 1) -> Iterator[Mutant]:
    """All functions that differ from this one by so many changes.

    Args:
        function: one with source code, written outside of any other function.
        changes: 1 or 2.

    Example:
        >>> from helpers.exercises.page03.output_size import output_size
        >>> "dilation * k" in [mutant.has for mutant in mutants(output_size)]
        True
    """
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    for changed, has, slip in _changed(tree):
        if changes == 1:
            yield Mutant(_compiled(changed, function), has, slip)
            continue
        for twice, also_has, also in _changed(changed):
            if has in ast.unparse(twice):  # the second change did not undo the first, or swallow it
                yield Mutant(_compiled(twice, function), f"{has}` and `{also_has}", f"{slip}, and {also}")


def _compiled(tree: ast.Module, function: Callable) -> Callable:
    names = dict(function.__globals__)
    exec(compile(ast.fix_missing_locations(tree), "<mutant>", "exec"), names)  # noqa: S102  our own code, changed
    return names[function.__name__]


def _changed(tree: ast.Module) -> Iterator[tuple[ast.Module, str, str]]:
    """Copies of the tree with one change each: the copy, the changed piece as code, and the kind in words."""
    arguments = [argument.arg for argument in tree.body[0].args.args]
    for place, node in enumerate(ast.walk(tree)):
        if isinstance(node, ast.arguments | ast.arg | ast.Module | ast.FunctionDef):
            continue
        for other, slip in _rivals(node, arguments):
            twin = copy.deepcopy(tree)
            old = next(candidate for i, candidate in enumerate(ast.walk(twin)) if i == place)
            new = _Swap(old, other)
            twin = new.visit(twin)
            yield twin, new.piece, slip


class _Swap(ast.NodeTransformer):
    """Puts `new` in the place of `old`; `piece` is the code around it, long enough to be recognised."""

    def __init__(self, old: ast.AST, new: ast.AST | list) -> None:
        self.old, self.new, self.piece = old, new, ""

    def visit(self, node: ast.AST) -> ast.AST | list:
        if node is self.old:
            self.piece = _text(self.new)
            return self.new
        before = self.piece
        node = self.generic_visit(node)
        if self.piece != before and len(self.piece) < 12 and isinstance(node, ast.expr):
            self.piece = _text(node)
        return node


def _text(node: ast.AST | list) -> str:
    nodes = node if isinstance(node, list) else [node]
    return "; ".join(ast.unparse(ast.fix_missing_locations(part)).splitlines()[0] for part in nodes)


def _rivals(node: ast.AST, arguments: list[str]) -> Iterator[tuple[ast.AST | list | None, str]]:
    """What may stand in the place of this node, each with the kind of the change."""
    kind = type(node).__name__
    rivals = globals().get(f"_of_{kind.lower()}")
    if rivals:
        yield from rivals(node, arguments)


def _with(node: ast.AST, **changes: object) -> ast.AST:
    twin = copy.deepcopy(node)
    for name, value in changes.items():
        setattr(twin, name, value)
    return twin


def _of_binop(node: ast.BinOp, arguments: list[str]) -> Iterator:
    if type(node.op) in OPERATORS:
        yield _with(node, op=OPERATORS[type(node.op)]()), "another operator is needed there"
    if isinstance(node.op, ast.Sub | ast.Div | ast.FloorDiv | ast.MatMult | ast.Pow):
        yield _with(node, left=node.right, right=node.left), "the two sides have changed places"
    yield node.left, "a part is missing there"
    yield node.right, "a part is missing there"


def _of_unaryop(node: ast.UnaryOp, arguments: list[str]) -> Iterator:
    yield node.operand, "a sign or a `not` is missing there"


def _of_compare(node: ast.Compare, arguments: list[str]) -> Iterator:
    for other in COMPARISONS.get(type(node.ops[0]), ()):
        yield _with(node, ops=[other(), *node.ops[1:]]), "another comparison is needed there"


def _of_boolop(node: ast.BoolOp, arguments: list[str]) -> Iterator:
    yield _with(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And()), "`and` and `or` are swapped"
    for value in node.values:
        yield value, "a condition is missing there"


def _of_constant(node: ast.Constant, arguments: list[str]) -> Iterator:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value), "the opposite is needed there"
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1), "another number is needed there"
        yield ast.Constant(node.value - 1), "another number is needed there"
    elif isinstance(node.value, float):
        yield ast.Constant(2 * node.value), "another number is needed there"
        yield ast.Constant(node.value / 2), "another number is needed there"


def _of_name(node: ast.Name, arguments: list[str]) -> Iterator:
    if node.id not in arguments or not isinstance(node.ctx, ast.Load):
        return
    for other in arguments:
        if other != node.id:
            yield ast.Name(other, ast.Load()), "another argument is needed there"
    yield ast.BinOp(node, ast.Add(), ast.Constant(1)), "1 is too much there"
    yield ast.UnaryOp(ast.USub(), node), "the minus is too much there"
    yield _part_of(node, ast.Constant(1), None), "the first part is left out"
    yield _part_of(node, None, ast.UnaryOp(ast.USub(), ast.Constant(1))), "the last part is left out"


def _part_of(node: ast.expr, lower: ast.expr | None, upper: ast.expr | None) -> ast.Subscript:
    return ast.Subscript(node, ast.Slice(lower, upper), ast.Load())


def _of_call(node: ast.Call, arguments: list[str]) -> Iterator:
    name = getattr(node.func, "attr", getattr(node.func, "id", None))
    for other in SIBLINGS.get(name, ()):
        field = "attr" if isinstance(node.func, ast.Attribute) else "id"
        yield _with(node, func=_with(node.func, **{field: other})), f"it is not `{other}` that is needed there"
    if isinstance(node.func, ast.Attribute) and not _is_module(node.func.value):
        yield node.func.value, f"`{name}` or the like is missing there"
    elif len(node.args) == 1 and not node.keywords:
        yield node.args[0], f"`{name}` or the like is missing there"
    if len(node.args) > 1:
        first, second, *rest = node.args
        yield _with(node, args=[second, first, *rest]), "two arguments have changed places"
        yield _with(node, args=node.args[:-1]), "an argument is missing there"
    for i in range(len(node.keywords)):
        yield _with(node, keywords=node.keywords[:i] + node.keywords[i + 1 :]), "an argument is missing there"


def _is_module(node: ast.AST) -> bool:
    return (isinstance(node, ast.Name) and node.id in ("torch", "F", "nn", "copy", "math")) or (
        isinstance(node, ast.Attribute) and _is_module(node.value)
    )


def _of_attribute(node: ast.Attribute, arguments: list[str]) -> Iterator:
    if isinstance(node.ctx, ast.Load) and not _is_module(node.value):
        yield node.value, f"`.{node.attr}` is missing there"


def _of_subscript(node: ast.Subscript, arguments: list[str]) -> Iterator:
    if isinstance(node.ctx, ast.Load):
        yield node.value, "an index is missing there"
    if isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2:
        turned = _with(node.slice, elts=node.slice.elts[::-1])
        yield _with(node, slice=turned), "rows and columns have changed places"
    if isinstance(node.slice, ast.Slice) and (node.slice.lower or node.slice.upper):
        turned = ast.Slice(node.slice.upper, node.slice.lower)
        yield _with(node, slice=turned), "the other end is needed there"


def _of_tuple(node: ast.Tuple, arguments: list[str]) -> Iterator:
    if isinstance(node.ctx, ast.Load) and len(node.elts) > 1:
        yield _with(node, elts=node.elts[::-1]), "the order is the other way round"


def _of_ifexp(node: ast.IfExp, arguments: list[str]) -> Iterator:
    yield node.body, "a case is missing there"
    yield node.orelse, "a case is missing there"


def _of_comprehension(node: ast.comprehension, arguments: list[str]) -> Iterator:
    if node.ifs:
        yield _with(node, ifs=[]), "a condition is missing there"


def _of_for(node: ast.For, arguments: list[str]) -> Iterator:
    yield _with(node, body=[*node.body, ast.Break()]), "the loop ends after its first round"
    for i in range(len(node.body) if len(node.body) > 1 else 0):
        yield _with(node, body=node.body[:i] + node.body[i + 1 :]), "a line of the loop is missing"


def _of_if(node: ast.If, arguments: list[str]) -> Iterator:
    yield node.body, "a condition is missing there"


def _of_expr(node: ast.Expr, arguments: list[str]) -> Iterator:
    if isinstance(node.value, ast.Call):
        yield ast.Pass(), "a line is missing"


def _of_assign(node: ast.Assign, arguments: list[str]) -> Iterator:
    if isinstance(node.targets[0], ast.Subscript):
        yield ast.Pass(), "a line is missing"


def _of_augassign(node: ast.AugAssign, arguments: list[str]) -> Iterator:
    if type(node.op) in OPERATORS:
        yield _with(node, op=OPERATORS[type(node.op)]()), "another operator is needed there"
    yield ast.Pass(), "a line is missing"


def _of_return(node: ast.Return, arguments: list[str]) -> Iterator:
    if not isinstance(node.value, ast.Tuple):
        yield _with(node, value=ast.UnaryOp(ast.USub(), node.value)), "the minus is too much there"
        yield _with(node, value=ast.BinOp(node.value, ast.Add(), ast.Constant(1))), "1 is too much there"
    yield _with(node, value=ast.Tuple([node.value, node.value], ast.Load())), "the result is there twice"
    yield ast.Expr(node.value), "`return` is missing there"
    if isinstance(node.value, ast.Tuple):
        for i in range(len(node.value.elts)):
            fewer = node.value.elts[:i] + node.value.elts[i + 1 :]
            value = fewer[0] if len(fewer) == 1 else _with(node.value, elts=fewer)
            yield _with(node, value=value), "a result is missing"
