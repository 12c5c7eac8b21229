"""What is taken for one another: operators, functions, and what is forgotten around a value or inside of a function."""

from __future__ import annotations

import ast

from helpers.exercises.mutants import SIBLINGS

NEAR = {  # an operator, and those that are taken for it
    ast.Add: (ast.Sub, ast.Mult),
    ast.Sub: (ast.Add, ast.Div),
    ast.Mult: (ast.Div, ast.Add, ast.MatMult),
    ast.Div: (ast.Mult, ast.FloorDiv, ast.Sub),
    ast.FloorDiv: (ast.Div, ast.Mod, ast.Mult),
    ast.Mod: (ast.FloorDiv, ast.Div),
    ast.MatMult: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.BitAnd: (ast.BitOr, ast.BitXor),
    ast.BitOr: (ast.BitAnd,),
    ast.BitXor: (ast.Pow, ast.BitOr, ast.BitAnd),
}
SIGNS = {
    ast.Add: "+",
    ast.Sub: "-",
    ast.Mult: "*",
    ast.Div: "/",
    ast.FloorDiv: "//",
    ast.Mod: "%",
    ast.Pow: "**",
    ast.MatMult: "@",
    ast.BitAnd: "&",
    ast.BitOr: "|",
    ast.BitXor: "^",
    ast.LShift: "<<",
    ast.RShift: ">>",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
    ast.USub: "the minus",
    ast.UAdd: "the plus",
    ast.Not: "`not`",
    ast.Invert: "`~`",
}
ORDERED = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
EQUALS = [{ast.Lt, ast.LtE}, {ast.Gt, ast.GtE}]
TAKEN = (  # functions that are taken for one another, besides those in SIBLINGS
    ("sum", "mean", "max", "min", "prod", "median", "count_nonzero", "std", "var", "norm"),
    ("len", "sum", "max"),
    ("any", "all", "sum"),
    ("amax", "amin", "argmax", "argmin", "max", "min", "logsumexp", "mean"),
    ("floor", "ceil", "round", "int", "trunc"),
    ("log", "log2", "log10", "log1p", "exp", "sqrt"),
    ("sigmoid", "softmax", "log_softmax", "exp", "tanh", "relu", "logsigmoid"),
    ("permute", "reshape", "view", "transpose"),
    ("reshape", "flatten", "expand"),
    ("repeat", "repeat_interleave", "expand", "tile"),
    ("cat", "stack", "hstack", "vstack"),
    ("square", "sqrt", "abs"),
    ("append", "extend"),
    ("add", "update"),
    ("flip", "roll", "fliplr", "flipud", "rot90"),
    ("keys", "values", "items"),
    ("mse_loss", "l1_loss", "smooth_l1_loss"),
    ("cross_entropy", "nll_loss", "binary_cross_entropy"),
    ("maximum", "minimum"),
    ("clamp_min", "clamp_max"),
    ("squeeze", "unsqueeze"),
    ("numel", "dim"),
    ("isnan", "isinf", "isfinite"),
    ("union", "intersection", "difference", "symmetric_difference"),
    ("sort", "argsort"),
    ("conv2d", "conv1d"),
    ("startswith", "endswith"),
    ("lower", "upper", "strip"),
    ("cumsum", "cumprod"),
    ("sum", "numel"),
)
MATHS = ("floor", "ceil", "trunc", "sqrt", "log2", "log10", "log1p", "prod")  # `math` has them, and no builtin
ALONG = (
    *("sum", "mean", "max", "min", "amax", "amin", "argmax", "argmin", "median", "std", "var", "softmax", "norm"),
    *("log_softmax", "cat", "stack", "prod", "any", "all", "cumsum", "sort", "argsort", "topk", "flip", "roll", "diff"),
    *("logsumexp", "unsqueeze", "squeeze"),
)
AXES = ("dim", "axis", "dims")
WRAPS = (  # what is missing around a value -> in code
    ("its square is needed", "_ ** 2"),
    ("its square root is needed", "_ ** 0.5"),
    ("it is needed without its sign", "abs(_)"),
    ("it is needed with the other sign", "-_"),
    ("1 minus it is needed", "1 - _"),
    ("1 divided by it is needed", "1 / _"),
    ("half of it is needed", "_ / 2"),
    ("twice as much is needed", "2 * _"),
    ("one more is needed", "_ + 1"),
    ("one less is needed", "_ - 1"),
    ("its logarithm is needed", "_.log()"),
    ("its exponential is needed", "_.exp()"),
    ("its sum is needed", "_.sum()"),
    ("its mean is needed", "_.mean()"),
    ("the sum of its entries is needed", "sum(_)"),
    ("how many it holds is needed", "len(_)"),
    ("a whole number is needed", "int(_)"),
    ("it is needed rounded", "round(_)"),
    ("a list is needed", "list(_)"),
    ("a single number is needed", "_.item()"),
    ("a list is needed", "_.tolist()"),
    ("the values without the places are needed", "_.values"),
    ("the places of the values are needed, not the values", "_.indices"),
    ("floats are needed", "_.float()"),
    ("it is needed with rows and columns in the other order", "_.T"),
    ("it is needed in the other order", "_[::-1]"),
    ("it is needed as one row of numbers", "_.flatten()"),
    ("an axis in front is missing", "_[None]"),
    ("an axis at the end is missing", "_[..., None]"),
    ("a copy is needed", "__copied__(_)"),
    ("a tensor is needed", "torch.as_tensor(_)"),
    ("each only once is needed", "set(_)"),
)
PARTS = (  # of a thing with several entries
    ("its first entry is too much", "_[1:]"),
    ("its last entry is too much", "_[:-1]"),
    ("one entry is needed, not all", "_[0]"),
    ("one entry is needed, not all", "_[-1]"),
    ("another axis is needed", "_[:, 0]"),
    ("the values of the dictionary are needed", "_.values()"),
)
INNER = (  # what is missing in front of a method, or inside of a function
    ("the numbers have to be squared before that", "_ ** 2"),
    ("absolute values are needed before that", "abs(_)"),
    ("floats are needed before that", "_.float()"),
)


def siblings(name: str) -> list[str]:
    """Functions that are taken for this one."""
    found = [*SIBLINGS.get(name, ()), *(other for group in TAKEN if name in group for other in group)]
    return [other for other in dict.fromkeys(found) if other != name]
