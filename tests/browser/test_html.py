"""Each page exported to HTML, opened without a kernel and without a network."""

from __future__ import annotations

import nbformat
import pages
import pytest
from accessibility import violations

NOTEBOOKS = pages.find_pages([], pages.TEXTS)
NO_QUIZ = ("00", *(path.stem for path in pages.TEXTS))


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def exported(request, browser, tmp_path_factory):
    notebook = nbformat.read(request.param, as_version=4)
    path = tmp_path_factory.mktemp("html") / f"{request.param.stem}.html"
    path.write_text(pages.to_html(notebook, request.param.stem), encoding="utf-8")
    context = browser.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri(), wait_until="load")
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == [], "it asks for nothing else"
    yield request.param.stem, page
    context.close()


def test_pictures_are_there_with_words(exported):
    _, page = exported
    pictures = page.locator("img")
    for i in range(pictures.count()):
        assert pictures.nth(i).get_attribute("alt")
        assert pictures.nth(i).evaluate("picture => picture.naturalWidth") > 20


def test_formulas_are_drawn_and_links_lead_to_exported_pages(exported):
    stem, page = exported
    words = page.locator(".jp-MarkdownOutput")
    assert not any("$" in text for text in words.all_inner_texts())
    if stem.startswith("04"):
        assert (
            page.locator("math[display=block]").count() > 10 and page.locator("math").first.bounding_box()["height"] > 8
        )
    links = page.locator(".jp-MarkdownOutput a").evaluate_all("all => all.map(a => a.getAttribute('href'))")
    assert not any(link.endswith(".ipynb") for link in links) and (any(link.endswith(".html") for link in links))


def test_a_question_works_without_a_kernel(exported):
    stem, page = exported
    if stem.startswith(NO_QUIZ):
        return
    answers = page.locator("ol > li").filter(has=page.locator("details")).first.locator("details")
    assert answers.count() >= 3
    answers.first.locator("summary").click()
    assert answers.first.locator("p").inner_text().startswith(("Right.", "Wrong."))


def test_what_answers_a_prediction_is_folded(exported):
    stem, page = exported
    folded = page.locator("details.folded")
    assert stem.startswith(NO_QUIZ) or folded.count() >= 2
    for i in range(folded.count()):
        output = folded.nth(i).locator(".jp-OutputArea-output").first
        assert not output.is_visible()
        folded.nth(i).locator("summary").first.click()
        assert output.is_visible()


def test_axe_finds_nothing_of_ours(exported):
    _, page = exported
    assert violations(page, ["body"]) == []


def test_code_is_whole_on_a_narrow_screen(exported):
    _, page = exported
    page.set_viewport_size({"width": 800, "height": 900})
    cut = page.locator("pre").evaluate_all("all => all.filter(p => p.scrollWidth > p.clientWidth + 1).length")
    assert cut == 0
