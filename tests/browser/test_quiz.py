"""The count at the end of a quiz: by keyboard, in an exported page, and in JupyterLab before and after trusting."""

from __future__ import annotations

import json
import urllib.request

import nbformat
import pages
import pytest
from accessibility import violations
from conftest import KERNEL, SCREENSHOTS, TOKEN, Opened

from helpers.exercises import quiz

COUNT = ".course-quiz-count"


def notebook():
    """One cell, with the output that running it gives."""
    shown = quiz(1)
    data = {"text/html": shown._repr_html_(), "text/plain": repr(shown)}
    output = nbformat.v4.new_output("execute_result", data=data, execution_count=None)
    code = "from helpers.exercises import quiz\n\nquiz(1)"
    cells = [nbformat.v4.new_code_cell(code, outputs=[output])]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=kernel)


@pytest.fixture
def page(browser):
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def answer_by_keyboard(page):
    """Open options by Enter or Space until each question is right, all wrong ones first where the number is even."""
    questions = page.locator(".course-quiz ol > li")
    count, said = page.locator(COUNT), []
    for number in range(questions.count()):
        options = questions.nth(number).locator("details")
        right = options.evaluate_all("all => all.findIndex(o => o.querySelector('p').textContent.startsWith('Right.'))")
        order = [right, *(i for i in range(options.count()) if i != right)]
        for i in order if number % 2 else reversed(order):
            options.nth(i).locator("summary").focus()
            page.keyboard.press("Enter" if i % 2 else " ")
            assert options.nth(i).locator("p").is_visible()
        said.append(count.inner_text())
    return said


WANTED = [
    "0 of 1 at the first try, 4 to go.",
    "1 of 2 at the first try, 3 to go.",
    "1 of 3 at the first try, 2 to go.",
    "2 of 4 at the first try, 1 to go.",
    "2 of 5 at the first try.",
]


def test_first_tries_are_counted_in_an_exported_page(page, tmp_path):
    path = tmp_path / "quiz.html"
    path.write_text(pages.to_html(notebook(), "quiz"), encoding="utf-8")
    page.context.set_offline(True)
    page.goto(path.as_uri())
    assert page.locator(COUNT).inner_text() == "The count of first tries will stand here."
    assert answer_by_keyboard(page) == WANTED
    assert violations(page, [".course-quiz"]) == []
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=SCREENSHOTS / "quiz_exported.png", full_page=True)


def test_jupyterlab_counts_in_a_trusted_page_and_hides_the_count_in_another(page, lab):
    request = urllib.request.Request(
        f"{lab}/api/contents/quiz.ipynb?token={TOKEN}",
        data=json.dumps({"type": "notebook", "content": notebook()}).encode(),
        method="PUT",
    )
    urllib.request.urlopen(request, timeout=30).close()
    page.goto(f"{lab}/lab/tree/quiz.ipynb?token={TOKEN}&reset")
    page.wait_for_function(f"() => {KERNEL}?.connectionStatus === 'connected'", timeout=90_000)
    answer = page.locator(".jp-OutputArea-output details").first
    answer.locator("summary").focus()
    page.keyboard.press("Enter")
    assert answer.locator("p").is_visible() and not page.locator(COUNT).is_visible(), "not trusted yet: no script runs"

    opened = Opened("quiz", page)
    opened.run_cell(0)
    assert answer_by_keyboard(page) == WANTED
    assert violations(page, [".course-quiz"]) == []
    opened.screenshots("Dark")
    opened.screenshots("Light")
    page.evaluate("() => window.jupyterapp.commands.execute('kernelmenu:shutdown')")
