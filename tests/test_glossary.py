"""Each bold term of a page is in the glossary, and each of the glossary is bold where it points; FAQ and links.

A page with a new term fails here until the glossary has a line for it, under its letter:

    - **term** <span lang="zh">中文</span>: One sentence. [page 16](16_x.ipynb#The-heading-it-stands-under)

What is not a term is not bold without a punctuation mark at its end: `glossary_rules` has the rule.
"""

import re
from pathlib import Path

import nbformat
import pages
import pytest
from glossary_rules import anchors_in, entries_of, fold, headings_of, terms_of
from nbformat.v4 import new_markdown_cell, new_notebook

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
PAGES = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
READ = {path.name: nbformat.read(path, as_version=4) for path in [*PAGES, *pages.TEXTS]}
TERMS = {path.name: terms_of(READ[path.name]) for path in PAGES}
ENTRIES = entries_of(READ["glossary.ipynb"])
FIVE = re.compile(r"^\d\. \*\*.+\?\*\* <span lang=\"zh\">[^<]+？</span> .+$", re.MULTILINE)


def faults_of_page(name: str, terms: dict[str, dict[str, str]], entries: list) -> list[str]:
    """Terms that this page has bold first, and that no entry leads to."""
    earlier = {form for page in terms if page < name for form in terms[page]}
    leading = {form for entry in entries for form in entry.forms if entry.file == name}
    by_form = {form: entry for entry in entries for form in entry.forms}
    found = []
    for form, written in terms[name].items():
        if form not in by_form:
            found.append(f"**{written}** is not in the glossary: add a line, or write it as a label or in italics")
        elif form not in earlier and form not in leading and by_form[form].file > name:
            found.append(f"**{written}** is bold here first, but the glossary leads to {by_form[form].file}")
    return found


def faults_of_entry(entry: object, terms: dict[str, dict[str, str]]) -> list[str]:
    """What is wrong with where an entry points to."""
    if entry.file not in terms:
        return [f"{entry.head} points to {entry.file}, which is no page"]
    found = []
    if entry.number != int(entry.file[:2]):
        found.append(f"{entry.head} says page {entry.number} and links {entry.file}")
    if not set(entry.forms) & set(terms[entry.file]):
        found.append(f"{entry.head} is not bold on {entry.file}")
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_bold_term_of_a_page_is_in_the_glossary(page):
    assert faults_of_page(page.name, TERMS, ENTRIES) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_entry_is_bold_on_its_page(page):
    assert [fault for entry in ENTRIES if entry.file == page.name for fault in faults_of_entry(entry, TERMS)] == []


def test_each_entry_leads_to_a_page():
    assert [entry.head for entry in ENTRIES if entry.file not in TERMS] == []


def test_each_form_of_an_entry_is_bold_somewhere():
    bold = {form for terms in TERMS.values() for form in terms}
    assert [form for entry in ENTRIES for form in entry.forms if form not in bold] == []


def test_two_entries_of_one_form_lead_to_two_pages():
    pairs = [(form, entry.file) for entry in ENTRIES for form in entry.forms]
    assert len(pairs) == len(set(pairs))


def test_entries_are_short_sentences_with_a_chinese_term():
    for entry in ENTRIES:
        assert re.search(r"[\u4e00-\u9fff]", entry.chinese), entry.head
        assert entry.sentence[0].isupper() and ". " not in entry.sentence, f"{entry.head}: more than one sentence"
        assert len(entry.sentence.split()) <= 30, f"{entry.head}: {len(entry.sentence.split())} words"


def test_entries_stand_in_the_order_of_the_alphabet_under_their_letters():
    heads = [entry.head.casefold() for entry in ENTRIES]
    assert heads == sorted(heads)
    letters = []
    for cell in READ["glossary.ipynb"].cells[1:]:
        (letter,) = re.findall(r"^## (.+)$", cell.source, flags=re.MULTILINE)
        letters.append(letter)
        for entry in entries_of(new_notebook(cells=[cell])):
            assert entry.head[0].upper() == letter or (letter == "0-9" and entry.head[0].isdigit()), entry.head
    assert [anchor for _, anchor in anchors_in(READ["glossary.ipynb"].cells[0].source) if anchor] == letters


@pytest.mark.parametrize("text", pages.TEXTS, ids=lambda path: path.stem)
def test_a_page_of_text_has_one_title_no_code_and_links_that_lead_to_headings(text):
    notebook = READ[text.name]
    assert {cell.cell_type for cell in notebook.cells} == {"markdown"}
    markdown = "\n\n".join(cell.source for cell in notebook.cells)
    assert re.findall(r"^#+ ", markdown, flags=re.MULTILINE).count("# ") == 1 and "\n### " not in markdown
    for file, anchor in anchors_in(markdown):
        target = READ.get(file or text.name)
        assert target is not None, f"{file} is no page"
        assert anchor is None or anchor in headings_of(target), f"{file} has no heading {anchor}"


def test_the_five_questions_of_the_article_and_at_most_seven_more():
    first, *cells = READ["faq.ipynb"].cells[1:]
    assert len(FIVE.findall(first.source)) == 5
    assert 1 <= len(cells) <= 7
    for cell in cells:
        question, answer, evidence = cell.source.split("\n\n")
        assert question.startswith("## ") and question.endswith("?")
        assert 2 <= len(re.findall(r"[.?](?= [A-Z]|$)", answer)) <= 4, question
        assert evidence.startswith("Evidence: ") and all(anchor for _, anchor in anchors_in(evidence)), question


@pytest.mark.parametrize("text", pages.TEXTS, ids=lambda path: path.stem)
def test_start_page_and_readme_link_it(text):
    markdown = "\n".join(cell.source for cell in READ["00_start_here.ipynb"].cells)
    assert f"]({text.name})" in markdown
    assert f"](notebooks/{text.name})" in (NOTEBOOKS.parent / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("one", "other"),
    [("Soft-labels", "soft label"), ("classes", "class"), ("probabilities", "probability"), ("vanishes", "vanish")],
)
def test_forms_that_are_one_term(one, other):
    assert fold(one) == fold(other)


def test_what_counts_as_a_term():
    page = new_notebook(
        cells=[
            new_markdown_cell("# 1. A page\n\n**After this page you can**\n\n**Time:** short."),
            new_markdown_cell("## One\n\n**Alone.** A **tensor**, `2 ** 3 ** 2`, *stress*.\n\n- **In points:** few"),
            new_markdown_cell("```\n**no**\n```\n\n## Recap\n\n- **tensors** and **more**"),
        ]
    )
    assert terms_of(page) == {"tensor": "tensor"}


def test_a_missing_entry_a_late_one_and_a_stray_one_are_found():
    line = '- **cell** <span lang="zh">单元格</span>: A box. [page {}]({})'
    early = entries_of(new_notebook(cells=[new_markdown_cell(line.format(0, "00_a.ipynb"))]))
    late = entries_of(new_notebook(cells=[new_markdown_cell(line.format(1, "01_b.ipynb"))]))
    terms = {"00_a.ipynb": {"cell": "cell"}, "01_b.ipynb": {"cell": "cells", "new": "New"}}
    assert faults_of_page("00_a.ipynb", terms, early) == []
    assert faults_of_page("01_b.ipynb", terms, early)[0].startswith("**New** is not in the glossary")
    assert faults_of_page("00_a.ipynb", terms, late) == [
        "**cell** is bold here first, but the glossary leads to 01_b.ipynb"
    ]
    assert faults_of_entry(early[0], {"00_a.ipynb": {}}) == ["cell is not bold on 00_a.ipynb"]
    assert faults_of_entry(late[0], {"00_a.ipynb": {}}) == ["cell points to 01_b.ipynb, which is no page"]
    with pytest.raises(AssertionError, match="no entry"):
        entries_of(new_notebook(cells=[new_markdown_cell("- **cell**: A box.")]))
