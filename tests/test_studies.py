"""A stored study ran the code that stands on its page: between the two lines `# page NN` of its tool."""

import ast
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parent.parent
TOOLS = {
    path: text.split("# page ")[1][:2]
    for path in sorted((ROOT / "tools").glob("worth_of_*.py"))
    if (text := path.read_text(encoding="utf-8")).count("\n# page ") == 2
}


def definitions(source: str) -> dict[str, str]:
    """Functions and classes of some code by name, without layout and without the name of the module `data`."""
    tree = ast.parse(source)
    kinds = ast.FunctionDef | ast.ClassDef
    return {node.name: ast.unparse(node).replace("data.", "") for node in tree.body if isinstance(node, kinds)}


def test_the_tools_are_found():
    assert {"14", "17", "18"} <= set(TOOLS.values())


@pytest.mark.parametrize("tool", TOOLS, ids=lambda path: path.stem)
def test_the_stored_study_ran_the_code_of_the_page(tool):
    number = TOOLS[tool]
    page = nbformat.read(next((ROOT / "notebooks").glob(f"{number}_*.ipynb")), as_version=4)
    on_page = {}
    for cell in page.cells:
        if cell.cell_type == "code" and "exercise" not in cell.metadata.get("tags", []):
            on_page |= definitions(cell.source)
    shared = definitions(tool.read_text(encoding="utf-8").split(f"\n# page {number}\n")[1])
    assert len(shared) >= 5
    for name, code in shared.items():
        assert code == on_page[name], name
