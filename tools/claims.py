"""Does every asserted claim hold on ten seeds, and by what margin?

    python tools/claims.py [PAGE ...]            ten seeds, minutes for each page
    python tools/claims.py --seeds 3 [PAGE ...]  fewer, while a page is being written

Each page is run again with every seed moved by the same number, so that the draw of the data, the
draw of the labels, the initial weights and all batches differ. The margin of a claim such as
`assert a > b + 4` is `a - (b + 4)`. With ten seeds the result is kept in tests/margins.json, where
a claim on the edge is seen. Exits with 1 if a claim fails on any seed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from pathlib import Path

import nbformat
import pages
from nbformat.v4 import new_code_cell
from tqdm import tqdm

MARGINS = Path(__file__).resolve().parent.parent / "tests" / "margins.json"
SEEDS = 10
STRIDE = 1000  # between two seeds, more than any page's own seeds span

# Runs in the page's kernel before its first cell.
WATCH = """
import ast, json, random, numpy, torch
class _Generator(torch.Generator):
    def manual_seed(self, seed): return super().manual_seed(seed + SHIFT)
def _moved(seed_function):
    return lambda seed=None, *rest: seed_function(seed + SHIFT if isinstance(seed, int) else seed, *rest)
torch.Generator = _Generator
torch.manual_seed, random.seed = _moved(torch.manual_seed), _moved(random.seed)
numpy.random.seed, numpy.random.default_rng = _moved(numpy.random.seed), _moved(numpy.random.default_rng)

_claims = {}
def _claim(text, operands, operators):
    held, margins = True, []
    for left, right, operator in zip(operands, operands[1:], operators.split()):
        held = held and bool(eval("left " + operator.replace("_", " ") + " right"))
        try:
            margin = float(right) - float(left)
        except (TypeError, ValueError, RuntimeError):
            continue
        if operator in ("<", "<=", ">", ">="):
            margins.append(margin if "<" in operator else -margin)
    _claims.setdefault(text, []).append([held, min(margins, default=None)])

class _Watch(ast.NodeTransformer):
    def visit_Assert(self, node):
        both = isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.And)
        parts = node.test.values if both else [node.test]
        calls = [ast.Expr(self.call(part)) for part in parts]
        return [ast.copy_location(ast.fix_missing_locations(call), node) for call in calls]
    def call(self, test):
        names = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Eq: "==", ast.NotEq: "!=",
                 ast.In: "in", ast.NotIn: "not in", ast.Is: "is", ast.IsNot: "is not"}
        if isinstance(test, ast.Compare):
            operands, operators = [test.left, *test.comparators], [names[type(o)] for o in test.ops]
        else:
            operands, operators = [ast.Call(ast.Name("bool", ast.Load()), [test], []), ast.Constant(True)], ["=="]
        told = ast.Constant(" ".join(operator.replace(" ", "_") for operator in operators))
        values = [ast.Constant(ast.unparse(test)), ast.List(operands, ast.Load()), told]
        return ast.Call(ast.Name("_claim", ast.Load()), values, [])
get_ipython().ast_transformers.append(_Watch())
"""


def claims_of(page: Path, shift: int) -> dict[str, tuple[bool, float | None]]:
    """Each asserted claim of a page run with its seeds moved: whether it held, and its least margin."""
    notebook = nbformat.read(page, as_version=4)
    notebook.cells.insert(0, new_code_cell(f"SHIFT = {shift}\n{WATCH}"))
    notebook.cells.append(new_code_cell("get_ipython().ast_transformers.clear()\nprint(json.dumps(_claims))"))
    run = pages.execute_notebook(notebook, page)
    if run.error:
        sys.exit(f"{page.name}, seeds moved by {shift}: a cell fails for another reason than a claim.\n{run.error}")
    recorded = json.loads(notebook.cells[-1].outputs[-1].text)
    found = {}
    for text, results in recorded.items():
        margins = [margin for _, margin in results if margin is not None]
        found[text] = (all(held for held, _ in results), min(margins, default=None))
    return found


def summary(runs: list[dict[str, tuple[bool, float | None]]]) -> dict[str, dict]:
    """For each claim: on how many seeds it held, its least and its median margin."""
    rows = {}
    for text in runs[0]:
        results = [run[text] for run in runs if text in run]
        margins = [margin for _, margin in results if margin is not None]
        rows[text] = {"held": sum(held for held, _ in results), "of": len(results)}
        if margins:
            rows[text] |= {"least": float(f"{min(margins):.3g}"), "median": float(f"{statistics.median(margins):.3g}")}
    return rows


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pages", nargs="*", metavar="PAGE")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    arguments = parser.parse_args()
    failed = 0
    for page in pages.find_pages(arguments.pages):
        shifts = tqdm(range(0, STRIDE * arguments.seeds, STRIDE), desc=page.stem, disable=not sys.stderr.isatty())
        rows = summary([claims_of(page, shift) for shift in shifts])
        print(f"\n{page.stem}: {len(rows)} claims")
        for text, row in rows.items():
            fails = row["held"] < row["of"]
            edge = "least" in row and row["least"] < 0.2 * row["median"]
            mark = "FAILS" if fails else "edge" if edge else ""
            margin = f"{row['least']:>10} {row['median']:>10}" if "least" in row else " " * 21
            print(f"{mark:6}{row['held']:3} of {row['of']:<3}{margin}  {text[:110]}", flush=True)
            failed += fails
        if arguments.seeds == SEEDS:
            stored = json.loads(MARGINS.read_text()) if MARGINS.exists() else {}
            stored[page.stem] = rows
            MARGINS.write_text(json.dumps(stored, indent=1, sort_keys=True) + "\n")
    print(f"\n{failed} claims fail on some seed. Least and median margin stand before each claim.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
