"""What a page teaches in full and a helper keeps tidy is the same code, but for annotations and docstrings."""

import ast
import inspect
from pathlib import Path

import nbformat
import pytest

from helpers import article, backbones, finetune, probe, selftraining

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
TAUGHT = {  # page -> what stands there in full
    5: [article.ArticleAutoencoder, probe.linear_probe, probe.nearest_neighbours],
    6: [finetune.finetune],
    8: [
        selftraining.self_train,
        selftraining.globally_surest,
        selftraining.equal_per_class,
        selftraining.spread_labels,
        selftraining.neighbour_graph,
    ],
    9: [backbones.imagenet_backbone, backbones.checked, backbones.weights_file],
}
PAIRS = [(page, thing) for page, things in TAUGHT.items() for thing in things]


def bare(node):
    """The code without annotations and docstrings, as text."""
    for part in ast.walk(node):
        if isinstance(part, ast.FunctionDef | ast.ClassDef):
            if part.body and isinstance(part.body[0], ast.Expr) and isinstance(part.body[0].value, ast.Constant):
                part.body = part.body[1:] or [ast.Pass()]
            if isinstance(part, ast.FunctionDef):
                part.returns = None
        if isinstance(part, ast.arg):
            part.annotation = None
    return ast.unparse(node)


def on_page(page, name):
    """The last definition of this name on the page."""
    cells = nbformat.read(next(NOTEBOOKS.glob(f"{page:02}_*.ipynb")), as_version=4).cells
    sources = [cell.source for cell in cells if cell.cell_type == "code"]
    found = [node for source in sources for node in ast.parse(source).body if getattr(node, "name", None) == name]
    assert found, f"page {page} does not define {name}"
    return found[-1]


@pytest.mark.parametrize(
    ("page", "thing"),
    PAIRS,
    ids=lambda value: getattr(value, "__name__", f"{value:02}" if isinstance(value, int) else None),
)
def test_the_page_and_the_helper_are_one(page, thing):
    ours = ast.parse(inspect.getsource(thing)).body[0]
    assert bare(on_page(page, thing.__name__)) == bare(ours)
