"""Functions as syntax trees: the learner's, and what of the solution may stand in its place."""

from __future__ import annotations

import ast
import copy
import inspect
import itertools
import textwrap
from dataclasses import dataclass
from types import FunctionType


@dataclass
class Scope:
    """What an edit may use: names of the function, texts and pieces of the solution, the parent of each node."""

    arguments: list[str]
    names: list[str]
    texts: list[str]
    donors: list[ast.expr]
    steps: list[ast.expr]  # calls of the solution, with the name `_` where the learner's piece belongs
    parents: dict[ast.AST, ast.AST]


def code(text: str, _: ast.expr | None = None) -> ast.expr:
    """An expression from its text, with `_` replaced by a piece."""
    return put_in(ast.parse(text, mode="eval").body, _)


def put_in(step: ast.expr, piece: ast.expr | None) -> ast.expr:
    """A copy of `step` with the piece in the place of `_`."""

    class Put(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return piece if node.id == "_" and piece is not None else node

    return Put().visit(copy.deepcopy(step))


def is_module(node: ast.AST) -> bool:
    """Whether a name is that of a module, as far as can be told from the name."""
    return (isinstance(node, ast.Name) and node.id in ("torch", "F", "nn", "copy", "math", "np", "numpy")) or (
        isinstance(node, ast.Attribute) and is_module(node.value)
    )


MOST_DONORS = 16


def parsed(function: FunctionType) -> tuple[str, ast.FunctionDef]:
    """Source and tree of a function; a lambda becomes a function with a `return`."""
    source = textwrap.dedent(inspect.getsource(function))
    if function.__name__ != "<lambda>":
        node = ast.parse(source).body[0]
        if not isinstance(node, ast.FunctionDef):
            raise TypeError
        node.decorator_list, node.returns = [], None
        return source, node
    tree = _of_lambdas(source)
    wanted = function.__code__
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda):
            made = eval(compile(ast.Expression(node), "<repair>", "eval"))  # noqa: S307  the learner's own code
            if made.__code__.co_code == wanted.co_code and made.__code__.co_consts == wanted.co_consts:
                body = ast.copy_location(ast.Return(node.body), node.body)
                named = ast.FunctionDef("_lambda", node.args, [body], [], type_params=[])
                return "", ast.copy_location(named, node)
    raise TypeError


def _of_lambdas(source: str) -> ast.AST:
    """The tree of a line that holds a lambda and may begin or end in the middle of something."""
    for start, end in itertools.product((0, source.find("lambda")), range(len(source), 0, -1)):
        try:
            lines = "\n" * source[:start].count("\n") + source[start:end].strip()
            return ast.parse(lines)
        except SyntaxError:
            continue
    raise TypeError


def scope_of(function: ast.FunctionDef, right: ast.FunctionDef, parents: dict) -> Scope:
    """What edits of the learner's function may use; `right` is the solution."""
    arguments = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)]
    stored = [n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
    texts = [n.value for n in ast.walk(right) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    texts = [text for text in dict.fromkeys(texts) if len(text) < 30]
    names = list(dict.fromkeys([*arguments, *stored]))
    fixed = [n for n in ast.walk(right) if isinstance(n, ast.Constant) and type(n.value) in (int, float)]
    fixed = list({n.value: n for n in fixed if n.value not in (0, 1)}.values())
    steps = list({ast.dump(step): step for step in map(_step, ast.walk(right)) if step}.values())
    return Scope(arguments, names, texts, pieces_of(right, arguments)[:MOST_DONORS] + fixed, steps, parents)


def _step(node: ast.AST) -> ast.Call | None:
    """A call of the solution with one thing that is not fixed, and `_` in its place; None for what is no such call."""
    if not isinstance(node, ast.Call):
        return None
    hole = ast.Name("_", ast.Load())
    given = [*node.args, *(keyword.value for keyword in node.keywords)]
    loose = [i for i, argument in enumerate(given) if any(isinstance(n, ast.Name) for n in ast.walk(argument))]
    method = isinstance(node.func, ast.Attribute) and not is_module(node.func.value)
    if method and not loose:
        return ast.Call(ast.Attribute(hole, node.func.attr, ast.Load()), node.args, node.keywords)
    if not method and loose == [0] and node.args:
        return ast.Call(node.func, [hole, *node.args[1:]], node.keywords)
    return None


def pieces_of(right: ast.FunctionDef, arguments: list[str]) -> list[ast.expr]:
    """Pieces of the solution, in the learner's names, that need nothing but the arguments."""
    values: dict[str, ast.expr] = {}
    own = [argument.arg for argument in right.args.args]
    renamed = {a: ast.Name(b, ast.Load()) for a, b in zip(own, arguments, strict=False)}
    for statement in right.body:
        pairs = []
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            pairs = [(statement.targets[0], statement.value)]
        elif isinstance(statement, ast.Assign) and isinstance(statement.value, ast.Tuple):
            pairs = list(zip(getattr(statement.targets[0], "elts", ()), statement.value.elts, strict=False))
        inlined = [(name.id, _inlined(value, renamed | values)) for name, value in pairs if isinstance(name, ast.Name)]
        values.update(inlined)
    returned = [n.value for n in ast.walk(right) if isinstance(n, ast.Return) and n.value]
    whole = {ast.dump(_inlined(value, renamed | values)) for value in returned}
    local = {n.id for n in ast.walk(right) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    found = {}
    for node in ast.walk(ast.Module(right.body, [])):
        if isinstance(node, ast.expr) and not isinstance(node, ast.Name | ast.Constant | ast.Slice | ast.Tuple):
            piece = _inlined(node, renamed | values)
            bound = {n.id for n in ast.walk(piece) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            free = {n.id for n in ast.walk(piece) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)} - bound
            if free & {*arguments} and not free & local and ast.dump(piece) not in whole:
                found[ast.dump(piece)] = piece
    return sorted(found.values(), key=lambda piece: len(ast.dump(piece)))


def _inlined(node: ast.expr, values: dict[str, ast.expr]) -> ast.expr:
    class Put(ast.NodeTransformer):
        def visit_Name(self, name: ast.Name) -> ast.expr:
            return copy.deepcopy(values[name.id]) if isinstance(name.ctx, ast.Load) and name.id in values else name

    return Put().visit(copy.deepcopy(node))
