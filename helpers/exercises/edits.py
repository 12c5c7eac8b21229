"""One small edit of a learner's code: what may stand in the place of an expression, and what its slip is in words.

`mutants` turns a right function into wrong ones; here a wrong one shall become right. So the words say what is
wrong with the piece that stands there, and never what has to be written. Each edit has a rank: 1 is the
likeliest slip, 5 the least.
"""

from __future__ import annotations

import ast
import copy
import difflib
import itertools
import re
from collections.abc import Iterator

from helpers.exercises.pieces import Scope, code, is_module, put_in
from helpers.exercises.taken_for import ALONG, AXES, EQUALS, INNER, MATHS, NEAR, ORDERED, PARTS, SIGNS, WRAPS, siblings

Edits = Iterator[tuple[int, ast.AST, str]]


def edits_of(node: ast.expr, scope: Scope) -> Edits:
    """What may stand in the place of this expression: rank, expression, and what is wrong, in words."""
    own = globals().get(f"_of_{type(node).__name__.lower()}")
    if own:
        yield from own(node, scope)
    yield from _any(node, scope)


def _changed(node: ast.AST, **fields: object) -> ast.AST:
    twin = copy.copy(node)
    for name, value in fields.items():
        setattr(twin, name, value)
    return twin


def _of_binop(node: ast.BinOp, scope: Scope) -> Edits:
    sign = SIGNS[type(node.op)]
    for i, other in enumerate(NEAR.get(type(node.op), ())):
        yield 1 + (i > 0), _changed(node, op=other()), f"another operator than `{sign}` is needed"
    if isinstance(node.op, ast.Mult) and isinstance(node.right, ast.Constant):
        yield 2, _changed(node, op=ast.Pow()), "another operator than `*` is needed"
    if isinstance(node.op, ast.Sub | ast.Div | ast.FloorDiv | ast.MatMult | ast.Mod):
        yield 2, _changed(node, left=node.right, right=node.left), f"the two sides of `{sign}` have to change places"
    yield from _regrouped(node)
    yield 3, node.left, f"`{sign} {ast.unparse(node.right)}` is too much"
    yield 3, node.right, f"`{ast.unparse(node.left)} {sign}` is too much"
    if isinstance(node.left, ast.BinOp) and not isinstance(node.left.left, ast.Constant):
        yield 2, node.left.left, f"all that stands behind `{ast.unparse(node.left.left)}` is too much"


def _regrouped(node: ast.BinOp) -> Edits:
    """Brackets elsewhere: around two of three, or a function or method over more or less of the formula."""
    words = "the brackets are missing, or stand in another place: think of what is computed first"
    left, right = node.left, node.right
    if isinstance(left, ast.BinOp):
        yield 1, _changed(left, right=_changed(node, left=left.right)), words
    if isinstance(right, ast.BinOp):
        yield 1, _changed(right, left=_changed(node, right=right.left)), words
    if isinstance(left, ast.UnaryOp):
        yield 2, _changed(left, operand=_changed(node, left=left.operand)), words
    for side, one in (("left", left), ("right", right)):
        if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute) and side == "right":
            inner = _changed(node, right=one.func.value)
            yield 1, _changed(one, func=_changed(one.func, value=inner)), words
        if isinstance(one, ast.Call) and one.args and not isinstance(one.args[0], ast.Starred):
            inner = _changed(node, **{side: one.args[0]})
            ends = f"the brackets of `{_name(one)}` end at the wrong place"
            yield 2, _changed(one, args=[inner, *one.args[1:]]), ends


def _of_unaryop(node: ast.UnaryOp, scope: Scope) -> Edits:
    if isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Constant):
        yield from _numbers(node, -node.operand.value, scope)
    elif isinstance(node.operand, ast.BinOp) and isinstance(node.op, ast.USub):
        inner = _changed(node.operand, left=_changed(node, operand=node.operand.left))
        yield 1, inner, "the brackets are missing, or stand in another place: think of what is computed first"
    yield 1, node.operand, f"{SIGNS[type(node.op)]} is too much"


def _of_compare(node: ast.Compare, scope: Scope) -> Edits:
    old = type(node.ops[0])
    others = (*ORDERED, ast.Eq, ast.NotEq) if old in (*ORDERED, ast.Eq, ast.NotEq) else ()
    others = {ast.Is: (ast.Eq, ast.IsNot, ast.NotEq), ast.IsNot: (ast.NotEq, ast.Is, ast.Eq)}.get(old, others)
    others = {ast.In: (ast.NotIn, ast.Eq), ast.NotIn: (ast.In,)}.get(old, others)
    for other in others:
        if other is old:
            continue
        if {old, other} in EQUALS:
            rank, words = 1, "two equal values fall on the wrong side"
        elif old in ORDERED and other in ORDERED:
            rank, words = 1, f"`{SIGNS[old]}` points the wrong way"
        elif old in (ast.Is, ast.IsNot) and other in (ast.Eq, ast.NotEq):
            rank, words = 1, f"`{SIGNS[old]}` asks for the very same thing in memory, not for an equal value"
        else:
            rank, words = 2, f"another comparison than `{SIGNS[old]}` is needed"
        yield rank, _changed(node, ops=[other(), *node.ops[1:]]), words
    if len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq):
        for whole in ("all", "any"):
            yield 4, code(f"(_).{whole}()", _=node), "one True or False is needed, and not one for each number"


def _of_boolop(node: ast.BoolOp, scope: Scope) -> Edits:
    other, word = (ast.Or, "and") if isinstance(node.op, ast.And) else (ast.And, "or")
    yield 1, _changed(node, op=other()), f"`{word}` is not the right word between the conditions"
    for i, value in enumerate(node.values):
        rest = node.values[:i] + node.values[i + 1 :]
        new = rest[0] if len(rest) == 1 else _changed(node, values=rest)
        yield 3, new, f"the condition `{ast.unparse(value)}` is too much"
        if len(rest) > 1:
            yield 3, value, "only one of the conditions is needed"


def _of_constant(node: ast.Constant, scope: Scope) -> Edits:
    value = node.value
    if isinstance(value, bool):
        yield 1, ast.Constant(not value), f"`{value}` should be the opposite"
    elif isinstance(value, int | float):
        yield from _numbers(node, value, scope)
    elif isinstance(value, str):
        for text in scope.texts:
            if text != value:
                near = difflib.SequenceMatcher(None, text.lower(), value.lower()).ratio() > 0.7
                words = "is spelt otherwise than asked" if near else "is not the text that is needed"
                yield 1 if near else 2, ast.Constant(text), f"`{value!r}` {words}"
    if value is None:
        return
    if isinstance(value, int | float) and not isinstance(value, bool):
        for name in scope.names:
            rank = 2 if name in scope.arguments else 3
            yield rank, ast.Name(name, ast.Load()), f"the fixed number {value} should be something given or computed"
        for name in scope.arguments:
            for size in (f"len({name})", f"{name}.shape[0]", f"{name}.shape[-1]", f"{name}.numel()"):
                yield 3, code(size), f"the fixed number {value} should depend on the input"


def _numbers(node: ast.expr, value: float, scope: Scope) -> Edits:
    """Other numbers: by one, then those that are often meant."""
    axis = _axis(node, scope)
    near = (value - 1, value + 1) if isinstance(value, int) else (value * 2, value / 2, 1 - value, round(value))
    if axis:
        near = (0, 1, -1, 2, -2, -3)
    far = (0, 1, -1, 2, 0.5) if isinstance(value, int) else (0.0, 1.0, -1.0, 2.0, 0.5, value * 10, value / 10)
    seen = {value}
    for i, other in enumerate([*near, *far, value * 2, value / 2, -value]):
        if other in seen or (other != other):
            continue
        seen.add(other)
        if axis:
            words = f"another axis than {value} is needed"
        elif i < len(near) and isinstance(value, int) and value >= 0:
            words = f"the number {value} is too {'large' if other < value else 'small'}"
        else:
            words = f"another number than {value} is needed"
        new = ast.Constant(other) if other >= 0 else ast.UnaryOp(ast.USub(), ast.Constant(-other))
        yield 1 if i < len(near) and isinstance(value, int) else 2, new, words
    if axis and isinstance(value, int):
        yield 2, ast.Tuple([ast.Constant(0), ast.Constant(1)], ast.Load()), "that axis alone is not enough"


def _axis(node: ast.expr, scope: Scope) -> bool:
    """Whether a number says along which axis."""
    parent = scope.parents.get(node)
    if isinstance(parent, ast.Tuple):
        parent = scope.parents.get(parent)
    if isinstance(parent, ast.keyword):
        return parent.arg in AXES
    return isinstance(parent, ast.Call) and _name(parent) in ALONG and node in parent.args


def _of_name(node: ast.Name, scope: Scope) -> Edits:
    if not isinstance(node.ctx, ast.Load) or node.id not in scope.names:
        return
    for other in scope.names:
        if other != node.id and not _would_be_equal(node, other, scope):
            yield 2, ast.Name(other, ast.Load()), f"another name than `{node.id}` is needed"
    for fixed in (0, 1, 2):
        yield 4, ast.Constant(fixed), f"another value than `{node.id}` is needed"
    for name in scope.arguments:
        for size in (f"len({name})", f"{name}.numel()"):
            yield 4, code(size), f"another value than `{node.id}` is needed"


def _would_be_equal(node: ast.Name, other: str, scope: Scope) -> bool:
    """Whether another name would make both sides of a comparison the same, which then says nothing."""
    outer = scope.parents.get(node)
    while isinstance(outer, ast.expr) and not isinstance(outer, ast.Compare):
        outer = scope.parents.get(outer)
    if not isinstance(outer, ast.Compare):
        return False
    first, second = (re.sub(rf"\b{node.id}\b", other, ast.unparse(side)) for side in (outer.left, outer.comparators[0]))
    return first == second


def _name(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def _of_call(node: ast.Call, scope: Scope) -> Edits:
    name, func = _name(node), node.func
    for other in siblings(name):
        rank, words = 2, f"another function than `{name}` is needed"
        if isinstance(func, ast.Attribute):
            yield rank, _changed(node, func=_changed(func, attr=other)), words
        else:
            new = code(f"math.{other}") if other in MATHS else ast.Name(other, ast.Load())
            yield rank, _changed(node, func=new), words
    if isinstance(func, ast.Attribute) and not is_module(func.value):
        yield 3, func.value, f"`.{name}(...)` is too much"
    elif len(node.args) >= 1 and not isinstance(node.args[0], ast.Starred):
        yield 3, node.args[0], f"`{name}(...)` is too much"
    for i, j in itertools.combinations(range(min(len(node.args), 4)), 2):
        turned = list(node.args)
        turned[i], turned[j] = turned[j], turned[i]
        words = f"two arguments of `{name}` have to change places"
        yield (1 if (i, j) == (0, 1) and len(turned) == 2 else 2), _changed(node, args=turned), words
    if isinstance(func, ast.Attribute) and len(node.args) == 1 and not is_module(func.value):
        turned = _changed(node, func=_changed(func, value=node.args[0]), args=[func.value])
        yield 2, turned, f"what stands before `.{name}` and what stands in its brackets have to change places"
    for i, argument in enumerate(node.args if len(node.args) > 1 or node.keywords or name in ALONG else []):
        less = node.args[:i] + node.args[i + 1 :]
        yield 3, _changed(node, args=less), f"the argument `{ast.unparse(argument)}` is too much"
    for i, keyword in enumerate(node.keywords):
        less = node.keywords[:i] + node.keywords[i + 1 :]
        yield 2, _changed(node, keywords=less), f"the argument `{ast.unparse(keyword)}` is too much"
    inner = node.func.value if isinstance(func, ast.Attribute) and not is_module(func.value) else None
    inner = inner or (node.args[0] if node.args and not isinstance(node.args[0], ast.Starred) else None)
    for step in scope.steps if inner is not None else []:
        other = f"another function than `{name}` is needed"
        yield 3, put_in(step, inner), f"`{name}` needs other arguments" if _name(step) == name else other
    yield from _more_arguments(node, name, scope)
    yield from _function_over_less(node)


def _more_arguments(node: ast.Call, name: str, scope: Scope) -> Edits:
    """An argument that is missing."""
    given = {keyword.arg for keyword in node.keywords}

    def plus(text: str) -> ast.Call:
        return _changed(node, keywords=[*node.keywords, code(f"f({text})").keywords[0]])

    if name == "one_hot" and node.args:
        for width in (code(f"{argument}.shape[1]") for argument in scope.arguments):
            sized, given_one = _changed(node, args=[node.args[0], width], keywords=[]), len(node.args) + len(given) > 1
            yield 2, sized, f"the number of classes {'should come from the input' if given_one else 'is missing'}"
    along = bool(given & {*AXES}) or (len(node.args) > int(_is_function_of_module(node)))
    if name in ALONG:
        if not along:
            for axis in (0, 1, -1, 2):
                yield 2, plus(f"dim={axis}"), "the axis is missing: over all numbers at once is too much"
        elif not given & {"keepdim", "keepdims"}:
            yield 2, plus("keepdim=True"), "the axis should stay, with one entry: an argument is missing"
    if name in ("std", "var") and not given & {"correction", "unbiased", "ddof"}:
        for text in ("correction=0", "ddof=1", "ddof=0"):
            yield 1, plus(text), "what it is divided by, n or n - 1, is not the one that is needed"
    if name in ("sorted", "sort", "argsort") and not given & {"reverse", "descending"}:
        for text in ("reverse=True", "descending=True"):
            yield 1, plus(text), "the order is the wrong way round"
    if name == "topk":
        yield 2, plus("largest=False"), "the other end is needed"
    if name == "range" and len(node.args) == 1:
        for text in ("range(1, _)", "range(1, _ + 1)", "range(_ + 1)", "range(_ - 1)"):
            yield 1, code(text, _=node.args[0]), "the range begins or ends one step off"
    if name == "range" and len(node.args) == 2:
        yield 1, _changed(node, args=node.args[1:]), "the range begins at the wrong place"


def _is_function_of_module(node: ast.Call) -> bool:
    return not isinstance(node.func, ast.Attribute) or is_module(node.func.value)


def _function_over_less(node: ast.Call) -> Edits:
    """`f(a / b)` to `f(a) / b`, and `(a - b).mean()` to `a - b.mean()`."""
    first = node.args[0] if node.args else None
    words = f"the brackets of `{_name(node)}` end at the wrong place"
    if isinstance(first, ast.BinOp):
        yield 3, _changed(first, left=_changed(node, args=[first.left, *node.args[1:]])), words
        yield 3, _changed(first, right=_changed(node, args=[first.right, *node.args[1:]])), words
    inner = node.func.value if isinstance(node.func, ast.Attribute) else None
    if isinstance(inner, ast.BinOp):
        for side in ("left", "right"):
            less = _changed(node, func=_changed(node.func, value=getattr(inner, side)))
            yield 3, _changed(inner, **{side: less}), f"`.{_name(node)}(...)` belongs to one part of the formula only"


def _of_attribute(node: ast.Attribute, scope: Scope) -> Edits:
    if not isinstance(node.ctx, ast.Load):
        return
    called = isinstance(scope.parents.get(node), ast.Call) and scope.parents[node].func is node
    for group in (("values", "indices"), ("keys", "values", "items")):
        if node.attr in group and not called:
            for other in group:
                if other != node.attr:
                    yield 2, _changed(node, attr=other), f"another one than `.{node.attr}` is needed"
    if not called:
        yield 1, ast.Call(node, [], []), f"`.{node.attr}` without brackets is only the function, which has not run"
        if not is_module(node):
            yield 3, node.value, f"`.{node.attr}` is too much"


def _of_subscript(node: ast.Subscript, scope: Scope) -> Edits:
    if not isinstance(node.ctx, ast.Load):
        return
    part = node.slice
    yield 3, node.value, f"the index `[{ast.unparse(part).strip('()')}]` is too much"
    if isinstance(part, ast.Tuple):
        for order in list(itertools.permutations(part.elts))[1:6]:
            yield 1, _changed(node, slice=_changed(part, elts=[*order])), "the indices stand in the wrong order"
        for i in range(len(part.elts)):
            less = part.elts[:i] + part.elts[i + 1 :]
            new = less[0] if len(less) == 1 else _changed(part, elts=less)
            yield 3, _changed(node, slice=new), f"the index `{ast.unparse(part.elts[i])}` is too much"
            each = [*part.elts[:i], ast.Slice(), *part.elts[i + 1 :]]
            yield 3, _changed(node, slice=_changed(part, elts=each)), "all along one axis are needed, not one alone"
    elif isinstance(part, ast.Slice):
        for lower, upper in _bounds(part):
            yield 2, _changed(node, slice=ast.Slice(lower, upper, part.step)), "the part begins or ends one step off"
        yield 2, _changed(node, slice=ast.Slice(part.upper, part.lower, part.step)), "the other end is needed"
        if part.step is not None:
            yield 2, _changed(node, slice=ast.Slice(part.lower, part.upper)), "the step of the slice is too much"
    else:
        whole = ast.Tuple([ast.Slice(), part], ast.Load())
        yield 2, _changed(node, slice=whole), "the index runs along the wrong axis"


def _bounds(part: ast.Slice) -> Iterator[tuple]:
    one = ast.Constant(1)
    less_one = ast.UnaryOp(ast.USub(), one)
    yield from [(None, part.upper), (part.lower, None)]
    yield from [(one, part.upper)] if part.lower is None else [(ast.BinOp(part.lower, ast.Add(), one), part.upper)]
    if part.upper is None:
        yield part.lower, less_one
    else:
        yield from [(part.lower, ast.BinOp(part.upper, operator, one)) for operator in (ast.Add(), ast.Sub())]


def _of_tuple(node: ast.Tuple, scope: Scope) -> Edits:
    if isinstance(scope.parents.get(node), ast.Subscript) or not 1 < len(node.elts) < 5:
        return
    store = isinstance(node.ctx, ast.Store)
    words = "the names stand in the wrong order" if store else "the values stand in the wrong order"
    for order in list(itertools.permutations(node.elts))[1:]:
        yield 1 + store, _changed(node, elts=[*order]), words
    for i, one in enumerate(node.elts if not store else []):
        less = node.elts[:i] + node.elts[i + 1 :]
        new = less[0] if len(less) == 1 else _changed(node, elts=less)
        yield 3, new, f"`{ast.unparse(one)}` is too much"


def _of_list(node: ast.List, scope: Scope) -> Edits:
    if isinstance(node.ctx, ast.Load) and len(node.elts) == 1:
        yield 2, node.elts[0], "the square brackets are too much"


def _of_ifexp(node: ast.IfExp, scope: Scope) -> Edits:
    yield 1, _changed(node, body=node.orelse, orelse=node.body), "the two values have to change places"
    for one in (node.body, node.orelse):
        yield 3, one, "the condition is too much"


def _any(node: ast.expr, scope: Scope) -> Edits:
    """What may be missing around any piece; much of it only where nothing smaller helps."""
    parent = scope.parents.get(node)
    if isinstance(getattr(node, "ctx", None), ast.Store | ast.Del) or isinstance(node, ast.Slice | ast.Starred):
        return
    condition = isinstance(parent, ast.If | ast.While | ast.IfExp | ast.comprehension) and (
        node is getattr(parent, "test", None) or node in getattr(parent, "ifs", ())
    )
    if condition or isinstance(parent, ast.BoolOp):
        yield 2, ast.UnaryOp(ast.Not(), node), "the condition is the wrong way round: a `not` is missing"
    called = isinstance(parent, ast.Call) and parent.func is node
    if called or isinstance(node, ast.Constant | ast.JoinedStr):
        return
    if isinstance(parent, ast.Slice | ast.Subscript | ast.Compare | ast.BinOp) or (
        isinstance(parent, ast.Call) and _name(parent) == "range"
    ):
        yield 3, ast.BinOp(node, ast.Sub(), ast.Constant(1)), f"`{ast.unparse(node)}` is one too large"
        yield 3, ast.BinOp(node, ast.Add(), ast.Constant(1)), f"`{ast.unparse(node)}` is one too small"
    if isinstance(parent, ast.BinOp | ast.Call | ast.Return | ast.Assign) and not isinstance(node, ast.UnaryOp):
        yield 3, ast.UnaryOp(ast.USub(), node), "a minus is missing"
    whole = isinstance(parent, ast.Return | ast.Assign | ast.AugAssign | ast.Tuple | ast.keyword | ast.comprehension)
    whole = whole or isinstance(parent, ast.Call | ast.ListComp | ast.GeneratorExp | ast.For)
    for words, text in WRAPS if whole else ():
        yield 4, code(text, _=node), words
    if not isinstance(node, ast.BinOp | ast.Compare | ast.BoolOp):
        for words, text in PARTS:
            yield 4, code(text, _=node), words
    if isinstance(parent, ast.Attribute):
        for words, text in INNER:
            yield 4, code(text, _=node), words
    for name in scope.arguments if whole else ():
        for size in (f"len({name})", f"{name}.numel()", f"{name}.shape[-1]"):
            yield 4, code(f"_ / {size}", _=node), "it has to be divided by how many there are"
    for step in scope.steps if whole or isinstance(parent, ast.Attribute | ast.BinOp) else ():
        yield 4, put_in(step, node), "a step is missing: something has to be done with it first"
    for donor in scope.donors:
        if ast.dump(donor) != ast.dump(node):
            yield 5, donor, "something else is needed"
