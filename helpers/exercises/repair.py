"""Which one small edit of the learner's own function makes all right: its line, its piece, and what is wrong there.

The words never show the repaired code. Expressions are edited by `edits`, statements by `moves`; each candidate
is compiled and tried on the very cases of the exercise, so that what is named is known to be enough.
"""

from __future__ import annotations

import ast
import copy
import itertools
import math
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import FunctionType

import torch

from helpers.exercises.edits import edits_of
from helpers.exercises.guard import OutOfTime, Watchdog
from helpers.exercises.moves import moves_of
from helpers.exercises.pieces import parsed, scope_of

SECONDS = 1.3  # for the search
CALL_SECONDS = 0.15  # for one call of a candidate
MOST_CERTAIN = 2  # the worst rank of which a second edit is told, after an "or"
LIKELY = 3  # the worst rank of an edit that most probably is the slip itself
LONGEST = 60  # of a piece of code in a message
LARGEST_SHARE = 0.5  # of the function that a piece may be which is replaced by one of the solution


@dataclass(frozen=True)
class Repair:
    """An edit that helps: how likely it is the slip, where it is, and what is wrong there."""

    rank: int
    line: int
    piece: str
    words: str
    whole_line: bool = False

    def place(self) -> str:
        """Where it is, for a message."""
        return f"line {self.line}: `{self.piece}`"

    def told(self) -> str:
        """The slip in words, without its beginning."""
        where = f"line {self.line}, `{self.piece}`" if self.whole_line else f"in line {self.line}, `{self.piece}`"
        return f"{where}, {self.words}" if self.whole_line else f"{where}: {self.words}"


@dataclass(frozen=True)
class _Edit:
    """Nodes to put in the place of others: (parent, its field, place in the field or None, what to put there)."""

    rank: int
    changes: tuple[tuple[ast.AST, str, int | None, object], ...]
    shown: ast.AST
    words: str


class Code:
    """The learner's function as a syntax tree, with the functions of the same cell that it calls."""

    def __init__(self, answer: FunctionType) -> None:
        self.answer = answer
        called = [answer.__globals__.get(name) for name in answer.__code__.co_names]
        near = [
            f
            for f in dict.fromkeys(filter(lambda f: isinstance(f, FunctionType), called))
            if f is not answer and f.__code__.co_filename == answer.__code__.co_filename
        ]
        self.functions = [(f, *parsed(f)) for f in [answer, *near]]
        self.tree = ast.Module([node for _, _, node in self.functions[::-1]], [])
        ast.fix_missing_locations(self.tree)
        self.owners = {id(part): function for function, _, node in self.functions for part in ast.walk(node)}

    def line_of(self, node: ast.AST) -> int:
        """The number of the line in the learner's cell."""
        return self.owners.get(id(node), self.answer).__code__.co_firstlineno + node.lineno - 1

    def compiled(self, names: dict) -> Callable:
        """The function of the tree as it is now."""
        names = dict(names)
        exec(compile(self.tree, "<repair>", "exec"), names)  # noqa: S102  the learner's own code
        return names[self.functions[0][2].name]

    def names(self, solution: Callable) -> dict:
        """What the function may read: its globals, its closure, and what pieces of the solution need."""
        cells = zip(self.answer.__code__.co_freevars, self.answer.__closure__ or (), strict=True)
        helpers = {"math": math, "torch": torch, "__copied__": copy.deepcopy}
        held = {name: cell.cell_contents for name, cell in cells if cell.cell_contents is not self.answer}
        return {**helpers, **solution.__globals__, **self.answer.__globals__, **held}


def search(
    answer: Callable,
    solution: Callable,
    passes: Callable[[Callable, float, Callable], bool],
    line: int | None = None,
    worst: int = 5,
    seconds: float | None = None,
) -> Repair | None:
    """The likeliest edit of `answer` that `passes`; None where there is none, or no source, or no time is left.

    Args:
        passes: whether a function is right in all cases, given a time to end and a limit for each call.
        line: of an error, near which the slip probably is.
        worst: rank of the edits to try last.
    """
    with Watchdog() as limit, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # edits make odd code, which the learner did not write
        seconds = SECONDS if seconds is None else seconds
        found = list(itertools.islice(_that_help(answer, solution, passes, line, worst, seconds, limit), 2))
    if len(found) == 2 and found[0].line != found[1].line:
        return replace(found[0], words=f"{found[0].words}. Or {found[1].told()}")
    return found[0] if found else None


def _that_help(
    answer: Callable,
    solution: Callable,
    passes: Callable,
    line: int | None,
    worst: int,
    seconds: float,
    limit: Watchdog,
) -> Iterator[Repair]:
    """Edits that help, the likeliest first; after the first, only those that are as likely."""
    deadline, last = time.monotonic() + seconds, None
    try:
        code = Code(answer)
        edits = [edit for edit in _edits(code, solution) if edit.rank <= worst]
        names = code.names(solution)
    except (OSError, TypeError, SyntaxError, AttributeError, ValueError, RecursionError):
        return  # no source, or none that stands alone
    edits.sort(key=lambda edit: (edit.rank, abs(code.line_of(edit.shown) - line) if line else 0))
    for edit in edits:
        if time.monotonic() > deadline or (last and (edit.rank > last or last > MOST_CERTAIN)):
            return
        try:
            with _made(edit):
                candidate = code.compiled(names)
            helps = passes(candidate, deadline, limit)
        except (Exception, OutOfTime):  # not every edit gives code
            continue
        if helps:
            deadline, last = min(deadline, time.monotonic() + SECONDS / 4), edit.rank
            whole = isinstance(edit.changes[0][-1], list)  # statements, not a piece of one
            yield Repair(edit.rank, code.line_of(edit.shown), _piece(edit.shown, code), edit.words, whole)


class _made:  # noqa: N801  a context
    """The tree with an edit in it."""

    def __init__(self, edit: _Edit) -> None:
        self.changes = edit.changes

    def __enter__(self) -> None:
        self.before = []
        for parent, field, place, new in self.changes:
            for node in new if isinstance(new, list) else [new]:
                ast.fix_missing_locations(node)
            value = getattr(parent, field)
            self.before.append((parent, field, place, value if place is None else value[place]))
            _put(parent, field, place, new)

    def __exit__(self, *error: object) -> None:
        for parent, field, place, old in self.before[::-1]:
            _put(parent, field, place, old)


def _put(parent: ast.AST, field: str, place: int | None, new: object) -> None:
    if place is None:
        setattr(parent, field, new)
    else:
        getattr(parent, field)[place] = new


def _edits(code: Code, solution: Callable) -> list[_Edit]:
    """Everything to try with the tree, unordered."""
    _, right = parsed(solution)
    found = []
    for _, _, function in code.functions:
        parents = {child: node for node in ast.walk(function) for child in ast.iter_child_nodes(node)}
        scope = scope_of(function, right, parents)
        most = LARGEST_SHARE * sum(1 for statement in function.body for _ in ast.walk(statement))
        for node in ast.walk(function):
            if isinstance(node, ast.arguments | ast.arg):
                continue
            for field, value in ast.iter_fields(node):
                if isinstance(value, list) and value and isinstance(value[0], ast.stmt):
                    for rank, new, shown, words in moves_of(value, node, field):
                        found.append(_Edit(rank, ((node, field, None, new),), shown, words))
                for place, child in enumerate(value) if isinstance(value, list) else [(None, value)]:
                    if isinstance(child, ast.expr) and field not in ("annotation", "decorator_list", "returns"):
                        large = sum(1 for _ in ast.walk(child)) > most
                        for rank, new, words in edits_of(child, scope):
                            if rank < 5 or not (large or isinstance(node, ast.Return)):
                                found.append(_Edit(rank, ((node, field, place, new),), _shown(child, parents), words))
    return found + _everywhere(found)


def _everywhere(edits: list[_Edit]) -> list[_Edit]:
    """The same edit wherever the same piece stands: a slip that was made twice."""
    groups = defaultdict(list)
    for edit in edits:
        parent, field, place, new = edit.changes[0]
        if edit.rank <= 2 and isinstance(new, ast.expr):
            old = getattr(parent, field)
            groups[ast.dump(old if place is None else old[place]), ast.dump(new)].append(edit)
    return [
        replace(
            group[0],
            rank=group[0].rank + 1,
            changes=tuple(edit.changes[0] for edit in group),
            words=f"{group[0].words}, here and wherever else it stands",
        )
        for group in groups.values()
        if len(group) > 1
    ]


def _shown(node: ast.AST, parents: dict) -> ast.AST:
    """The piece with as much around it as makes it easy to find."""
    while len(ast.unparse(node)) < 12:
        outer = parents.get(node)
        if isinstance(outer, ast.keyword | ast.Slice | ast.comprehension):
            outer = parents.get(outer)
        simple = ast.expr | ast.Assign | ast.AugAssign
        if not isinstance(outer, simple) or len(ast.unparse(outer)) > LONGEST:
            break
        node = outer
    outer = parents.get(node)
    return outer if isinstance(outer, ast.Call) and outer.func is node else node


def _piece(node: ast.AST, code: Code) -> str:
    """The learner's own writing of a piece, in one line."""
    source = next((s for _, s, tree in code.functions if any(part is node for part in ast.walk(tree))), "")
    text = (source and ast.get_source_segment(source, node)) or ast.unparse(node)
    lines = [line.strip() for line in text.strip().splitlines()]
    short = lines[0] if isinstance(node, ast.stmt) else " ".join(lines)
    return short if len(short) <= LONGEST + 10 else short[:LONGEST] + " ..."
