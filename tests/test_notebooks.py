"""The pages hold the rules of `notebook_rules`, and the rules bite."""

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from notebook_rules import faults, reading_minutes

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
PAGES = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))  # not what a learner has put beside them


def test_the_pages_are_numbered_without_a_gap():
    assert [int(page.stem[:2]) for page in PAGES] == list(range(len(PAGES))) and len(PAGES) >= 9


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_page_holds_the_rules(page):
    assert faults(nbformat.read(page, as_version=4)) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_between_pages_lead_somewhere(page):
    import re

    text = "\n".join(cell.source for cell in nbformat.read(page, as_version=4).cells if cell.cell_type == "markdown")
    for target in re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", text):
        assert (NOTEBOOKS / target).exists(), f"{page.name} links {target}, which is not there"


def good_page():
    """The smallest page without a fault."""
    opening = "# 9. A page\n\n**After this page you can** test.\n\n**Before this page:** none.\n\n**Time:** 1 min."
    shown = [new_output("stream", name="stdout", text="1\n")]
    picture = [new_output("execute_result", {"text/html": '<img alt="A dot." src="data:image/png;base64,AA">'})]
    return new_notebook(
        cells=[
            new_markdown_cell(opening),
            new_code_cell("setup(seed=0)", execution_count=1),
            new_markdown_cell("## A question"),
            new_code_cell("print(1)", execution_count=2, outputs=shown),
            new_code_cell("figure", execution_count=3, outputs=picture),
            new_markdown_cell("## Recap\n\n## References"),
        ]
    )


def test_good_page_has_no_fault():
    assert faults(good_page()) == []


def test_optional_sections_and_exercises_are_not_counted_as_reading():
    page = good_page()
    before = reading_minutes(page)
    page.cells[2].source += (
        "\n\n### Exercise 9.1: x\n\n" + "word " * 4000 + "\n\n## Optional: more\n\n" + "word " * 4000
    )
    assert reading_minutes(page) - before < 0.1
    page.cells[4].source = "\n".join("a" * 100)  # code of the optional section
    assert reading_minutes(page) < before + 0.1


def spoil_count(page):
    page.cells[3].execution_count = 7


def never_run(page):
    page.cells[3].execution_count = None


def store_error(page):
    page.cells[3].outputs = [new_output("error", ename="ValueError", evalue="no", traceback=[])]


def promise_error(page):
    page.cells[3].metadata["tags"] = ["raises-exception"]


def lose_output(page):
    page.cells[3].outputs = []


def name_path(page):
    page.cells[3].outputs[0].text = "saved in /home/somebody/model\n"


def name_path_in_code(page):
    page.cells[3].source = 'open("/tmp/model")'


def swell(page):
    page.cells[3].outputs[0].text = "x" * 300_000


def talk(page):
    page.cells[2].source += " word" * 4000


def unfold(page):
    page.cells[3].source = "my_guess = ..."
    page.cells[4].source = "reveal(my_guess, 1)"


def ask_nothing(page):
    page.cells[4].source = "reveal(my_guess, 1)"


def never_reveal(page):
    page.cells[3].source = "my_guess = ..."


def skip_heading(page):
    page.cells[2].source = "### Too deep"


def second_title(page):
    page.cells[2].source = "# Another title"


def lose_alt(page):
    page.cells[4].outputs[0].data["text/html"] = '<img src="data:image/png;base64,AA">'


def bare_png(page):
    page.cells[4].outputs[0].data = nbformat.from_dict({"image/png": "AA"})


def lose_markdown_alt(page):
    page.cells[2].source += "\n\n![](picture.png)"


def lengthen(page):
    page.cells[3].source = "\n".join(f"a{i} = {i}" for i in range(26))


def crowd(page):
    page.cells.insert(4, new_code_cell("a = 1", execution_count=3))
    page.cells[5].execution_count = 4


def import_star(page):
    page.cells[3].source = "from math import *\nprint(pi)"


def hide(page):
    page.cells[3].source = "print(1);"


def forget_seed(page):
    page.cells[1].source = "import torch"


def forget_opening(page):
    page.cells[0].source = "# 9. A page"


def store_bar(page):
    page.cells[3].outputs.append(new_output("stream", name="stderr", text="\repoch: 50%"))


def store_widgets(page):
    page.metadata["widgets"] = {}


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (spoil_count, "execution counts"),
        (never_run, "execution counts"),
        (store_error, "stores an error: ValueError"),
        (promise_error, "stores no error"),
        (lose_output, "no output is stored"),
        (name_path, "absolute path in its output"),
        (name_path_in_code, "names an absolute path"),
        (swell, "300,000 bytes"),
        (talk, "minutes to read"),
        (unfold, "is not folded"),
        (ask_nothing, "no `my_guess = ...` above"),
        (never_reveal, "never revealed"),
        (skip_heading, "level 3 follows one of level 1"),
        (second_title, "not exactly one title"),
        (lose_alt, "image without alternative text"),
        (bare_png, "bare PNG"),
        (lose_markdown_alt, "image without alternative text"),
        (lengthen, "26 lines"),
        (crowd, "three code cells in a row"),
        (import_star, "imports *"),
        (hide, "semicolon"),
        (forget_seed, "setup(seed"),
        (forget_opening, "lacks **After this page"),
        (store_bar, "progress bar"),
        (store_widgets, "widget state"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_each_fault_is_found(spoil, fault):
    page = good_page()
    spoil(page)
    assert any(fault in line for line in faults(page)), faults(page)
