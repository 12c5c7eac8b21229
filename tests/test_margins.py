"""Each claim that a page asserts was tried on ten seeds, as it stands there now, and held on all of them."""

import ast
import json
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
MARGINS = json.loads((ROOT / "tests" / "margins.json").read_text(encoding="utf-8"))
PAGES = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def claims_in(source: str) -> set[str]:
    """What the code asserts; each part of an `and` is a claim of its own, as in tools/claims.py."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Assert):
            both = isinstance(node.test, ast.BoolOp) and isinstance(node.test.op, ast.And)
            found |= {ast.unparse(part) for part in (node.test.values if both else [node.test])}
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_claim_held_on_ten_seeds(page):
    cells = nbformat.read(page, as_version=4).cells
    asserted = set().union(*(claims_in(cell.source) for cell in cells if cell.cell_type == "code"))
    how = f"run `make claims PAGES={page.stem[:2]}`"
    assert asserted == set(MARGINS[page.stem]), how
    assert all(row["held"] == row["of"] >= 10 for row in MARGINS[page.stem].values()), how


def test_a_claim_is_found_in_its_parts():
    assert claims_in("def f(x):\n    assert x > 1 and x < 3\n\nassert a or b") == {"x > 1", "x < 3", "a or b"}
