"""Which bold words of a page are terms, and what the glossary says of them.

A bold text is a **term** unless

- it ends in a punctuation mark, which makes it a label or a sentence (`**Alone.**`, `**In points:**`), or
- it stands in the opening, above the page's first heading of the second level, or in the recap, which
  repeats what was explained.

Stress in running prose is *italic*, and so are the names of contenders.

An entry of the glossary is a line such as

    - **softmax** <span lang="zh">softmax 函数</span>: Turns logits into probabilities. [page 4](04_x.ipynb#A-heading)

Its bold words are the forms that pages have in bold; other words before the colon are its own. Forms are
compared without regard to capitals, hyphens and the ending of a plural.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

import nbformat

BOLD = re.compile(r"\*\*(.+?)\*\*", re.DOTALL)
CODE = re.compile(r"^```.*?^```|`[^`\n]*`", re.DOTALL | re.MULTILINE)
HEADING = re.compile(r"^#{1,6} (.+?)\s*$", re.MULTILINE)
ENTRY = re.compile(
    r'- (?P<head>[^<]*\*\*[^<]*) <span lang="zh">(?P<chinese>[^<]+)</span>: (?P<sentence>.+\.)'
    r" \[page (?P<number>\d+)\]\((?P<file>[\w.]+)(?:#(?P<anchor>[^)]+))?\)"
)


@dataclass
class Entry:
    """One line of the glossary."""

    head: str  # as it is read, without the marks of bold
    forms: list[str]  # folded
    chinese: str
    sentence: str
    number: int
    file: str
    anchor: str | None


def terms_of(notebook: nbformat.NotebookNode) -> dict[str, str]:
    """Folded term -> the term as it is written where the page first has it bold."""
    found: dict[str, str] = {}
    for heading, text in sections_of(notebook):
        if heading in (None, "Recap"):
            continue
        for bold in BOLD.findall(text):
            if bold[-1] not in ".,:;?!":
                found.setdefault(fold(bold), bold)
    return found


def sections_of(notebook: nbformat.NotebookNode) -> list[tuple[str | None, str]]:
    """(heading of the second level, prose below it), in order; None above the first one."""
    text = "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    text = CODE.sub(lambda code: "" if "**" in code[0] else code[0], text)  # a power is not bold
    parts = re.split(r"^## (.+)$", text, flags=re.MULTILINE)
    return [(None, parts[0]), *zip(parts[1::2], parts[2::2], strict=True)]


def fold(term: str) -> str:
    """A term without capitals and hyphens, its last word in the singular: "Soft-labels" -> "soft label"."""
    term = " ".join(term.lower().replace("-", " ").split())
    term = re.sub(r"ies$", "y", term)
    return re.sub(r"(?<=ss|ch|sh)es$|(?<=x)es$|(?<=[^saiu])s$", "", term)


def entries_of(notebook: nbformat.NotebookNode) -> list[Entry]:
    """The glossary's entries, in order; a list item that is none raises an error."""
    found = []
    for cell in notebook.cells:
        for line in re.findall(r"^- .*$", cell.source, flags=re.MULTILINE):
            match = ENTRY.fullmatch(line)
            assert match, f"no entry: {line}"
            head = match["head"]
            found.append(
                Entry(
                    head.replace("**", ""),
                    [fold(form) for form in BOLD.findall(head)],
                    match["chinese"],
                    match["sentence"],
                    int(match["number"]),
                    match["file"],
                    match["anchor"],
                )
            )
    return found


def headings_of(notebook: nbformat.NotebookNode) -> set[str]:
    """What can stand behind the # of a link to this page, as JupyterLab and nbconvert name headings."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    return {heading.replace("`", "").replace(" ", "-") for heading in HEADING.findall(text)}


def anchors_in(markdown: str) -> list[tuple[str, str | None]]:
    """(file, heading or None) of each link to a notebook."""
    links = re.findall(r"\]\(([\w.]*\.ipynb)?(?:#([^)]+))?\)", markdown)
    return [(file, unquote(anchor) if anchor else None) for file, anchor in links]
