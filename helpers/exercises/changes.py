"""What is said of a function that changes its inputs in place, and in which line it does."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence

from helpers.exercises.pieces import parsed

VIEWS = {"view", "reshape", "flatten", "squeeze", "unsqueeze", "detach", "numpy", "transpose", "permute", "unfold"}
VIEWS |= {"items", "values", "enumerate", "zip", "reversed", "diagonal", "expand", "t", "view_as", "unbind", "split"}
CHANGING = {"sort", "reverse", "pop", "popitem", "append", "extend", "insert", "remove", "clear", "update", "add"}
LONGEST = 60  # of a piece of code in a message


def in_place(changed: Sequence[str], answer: Callable) -> str:
    """What is said, with the line where it can be told."""
    what = " and ".join(f"`{name}`" for name in changed)
    beginning = f"Your function changes its {'inputs' if len(changed) > 1 else 'input'} {what} in place"
    line = changing_line(answer, changed)
    ending = "who called it finds other values there afterwards. Make a new one instead, or work on a copy"
    if line:
        return f"{beginning}, {line}: {ending}."
    ways = "without `+=`, without an underscore (`clamp`, not `clamp_`), with `sorted` and not `sort`, without `pop`"
    return f"{beginning}: {ending}: {ways}."


def changing_line(answer: Callable, changed: Sequence[str]) -> str | None:
    """The first line that changes one of these inputs: "in line 5, `rows.sort()`"; None where none is seen.

    Names that were given a part or a view of an input, such as `row` in `for row in rows`, count as the input.
    """
    try:
        _, function = parsed(answer)
    except (OSError, TypeError, SyntaxError, AttributeError, IndexError, ValueError):
        return None  # no source, or none that stands alone
    inputs = set(changed)
    for _ in range(3):  # a view of a view
        for node in ast.walk(function):
            pairs = [(node.target, node.iter)] if isinstance(node, ast.For | ast.comprehension) else []
            pairs = [(target, node.value) for target in node.targets] if isinstance(node, ast.Assign) else pairs
            for target, value in pairs:
                if _root(value) in inputs:
                    named = [target] if isinstance(target, ast.Name) else getattr(target, "elts", [])
                    inputs |= {part.id for part in named if isinstance(part, ast.Name)}
    found = [node for node in ast.walk(function) if any(_root(place) in inputs for place in _changed_by(node))]
    if not found:
        return None
    first = min(found, key=lambda node: (node.lineno, node.col_offset))
    piece = ast.unparse(first).splitlines()[0]
    line = answer.__code__.co_firstlineno + first.lineno - 1
    return f"in line {line}" + (f", `{piece}`" if len(piece) <= LONGEST else "")


def _root(node: ast.AST) -> str | None:
    """The name that a part or a view is of: `rows` for `rows[0].T` and for `enumerate(rows)`."""
    while True:
        if isinstance(node, ast.Subscript | ast.Attribute | ast.Starred):
            node = node.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in VIEWS:
            node = node.func.value
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in VIEWS and node.args:
            node = node.args[0]
        else:
            return node.id if isinstance(node, ast.Name) else None


def _changed_by(node: ast.AST) -> list[ast.AST]:
    """What a statement or a call changes in place."""
    if isinstance(node, ast.AugAssign):
        return [node.target]
    if isinstance(node, ast.Assign | ast.Delete):
        return [target for target in node.targets if isinstance(target, ast.Subscript | ast.Attribute)]
    if not isinstance(node, ast.Call):
        return []
    into = [word.value for word in node.keywords if word.arg == "out"]
    into += [part for word in node.keywords if word.arg == "inplace" for part in node.args[:1]]
    if isinstance(node.func, ast.Attribute):
        name = node.func.attr
        if name in CHANGING or (name.endswith("_") and not name.endswith("__")):
            into.append(node.func.value)
    return into
