"""What a page must hold, as one function: `faults(notebook)` names everything that is wrong with it."""

from __future__ import annotations

import ast
import itertools
import re

import nbformat

LONGEST_CELL = 25  # lines
MOST_CELLS = 80
LONGEST_READING = 25  # minutes, without optional sections and exercises
WORDS, LINES = 150, 25  # of prose and of code that a careful reader takes in a minute
LONGEST_IMPORTS = 14  # lines, blank ones not counted
LARGEST_OUTPUT = 200_000  # bytes
ABSOLUTE_PATH = re.compile(r"(?<![\w.])(/(home|root|Users|tmp|work|usr|var|opt|mnt)/|[A-Z]:\\\\)")
OPENING = ("**After this page you can**", "**Before this page:**", "**Time:**")


def faults(notebook: nbformat.NotebookNode) -> list[str]:
    """Everything wrong with an executed page, one line each; an empty list if nothing is."""
    found: list[str] = []
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    found += _opening(notebook)
    found += _headings(notebook)
    found += _rhythm(notebook)
    if len(notebook.cells) > MOST_CELLS:
        found.append(f"has {len(notebook.cells)} cells, more than {MOST_CELLS}: make two pages of it")
    minutes = reading_minutes(notebook)
    if minutes > LONGEST_READING:
        found.append(
            f"takes {minutes:.1f} minutes to read, more than {LONGEST_READING}: cut, or make a section optional"
        )
    counts = [cell.execution_count for cell in code]
    if counts != list(range(1, len(code) + 1)):
        found.append(f"execution counts are {counts}, not 1 to {len(code)}: run the page from a fresh kernel")
    found += _predictions(code)
    for number, cell in enumerate(code, start=1):
        found += [f"code cell {number}: {fault}" for fault in [*_source(cell), *_outputs(cell)]]
    if "widgets" in notebook.metadata:
        found.append("the notebook stores widget state")
    return found


def reading_minutes(notebook: nbformat.NotebookNode) -> float:
    """Minutes to read a page, without its exercises and without the sections headed "Optional"."""
    words = lines = 0
    optional = False
    for cell in notebook.cells:
        if cell.cell_type == "code":
            if not optional and "exercise" not in _tags(cell):
                lines += sum(1 for line in cell.source.splitlines() if line.strip())
            continue
        for part in re.split(r"^(?=#{1,3} )", cell.source, flags=re.MULTILINE):
            if part.startswith(("# ", "## ")):
                optional = part.startswith("## Optional")
            if not optional and not part.startswith("### Exercise"):
                words += len(re.sub(r"<[^>]+>|\$[^$]*\$", "x", part).split())
    return words / WORDS + lines / LINES


def _opening(notebook: nbformat.NotebookNode) -> list[str]:
    first = notebook.cells[0]
    if first.cell_type != "markdown" or not first.source.startswith("# "):
        return ["the first cell is no title"]
    found = [f"the first cell lacks {phrase}" for phrase in OPENING if phrase not in first.source]
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    if first.source.startswith("# 0. "):  # its readiness check comes before anything is imported
        code = [cell for cell in code if "setup(seed=" in cell.source]
    if not code or "setup(seed=" not in code[0].source:
        found.append("the first code cell does not call setup(seed=...)")
    elif len([line for line in code[0].source.splitlines() if line.strip()]) > LONGEST_IMPORTS:
        found.append(f"the imports take more than {LONGEST_IMPORTS} lines")
    return found


def _predictions(code: list[nbformat.NotebookNode]) -> list[str]:
    """Each `reveal` has one slot above it, and no output between the two stands open."""
    found, slots = [], {}
    for i, cell in enumerate(code):
        for name in re.findall(r"^(my_\w+) = \.\.\.", cell.source, flags=re.MULTILINE):
            slots[name] = i
        asked = re.findall(r"\breveal\(\s*(\w+)", cell.source)
        if len(asked) > 1:
            found.append(f"code cell {i + 1}: reveals {len(asked)} predictions at once")
        for name in asked:
            if name not in slots:
                found.append(f"code cell {i + 1}: reveals {name}, for which there is no `{name} = ...` above")
                continue
            shown = [cell for cell in code[slots.pop(name) + 1 : i + 1] if cell.outputs]
            if not all(cell.metadata.get("jupyter", {}).get("outputs_hidden") for cell in shown):
                found.append(f"code cell {i + 1}: what answers {name} is not folded (jupyter.outputs_hidden)")
    return found + [f"{name} is asked and never revealed" for name in slots]


def _tags(cell: nbformat.NotebookNode) -> list[str]:
    return cell.metadata.get("tags", [])


def _headings(notebook: nbformat.NotebookNode) -> list[str]:
    """One title, and no level skipped on the way down."""
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    text = re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    levels = [len(marks) for marks in re.findall(r"^(#{1,6}) ", text, flags=re.MULTILINE)]
    found = ["there is not exactly one title"] if levels.count(1) != 1 else []
    for before, after in itertools.pairwise(levels):
        if after > before + 1:
            found.append(f"a heading of level {after} follows one of level {before}")
    if "## Recap" not in text or "## References" not in text:
        found.append("recap or references are missing")
    return found + [f"an image without alternative text: {image}" for image in re.findall(r"!\[\s*\]\([^)]*\)", text)]


def _rhythm(notebook: nbformat.NotebookNode) -> list[str]:
    kinds = "".join("c" if cell.cell_type == "code" else "m" for cell in notebook.cells)
    return ["three code cells in a row without prose"] if "ccc" in kinds else []


def _source(cell: nbformat.NotebookNode) -> list[str]:
    found = []
    lines = cell.source.splitlines()
    if not cell.source.strip():
        found.append("is empty")
    if len(lines) > LONGEST_CELL:
        found.append(f"has {len(lines)} lines, more than {LONGEST_CELL}")
    if ABSOLUTE_PATH.search(cell.source):
        found.append("names an absolute path")
    if re.search(r"^\s*from \S+ import \*", cell.source, flags=re.MULTILINE):
        found.append("imports *")
    if cell.source.rstrip().endswith(";"):
        found.append("ends in a semicolon, which hides an output here and not under test")
    return found


def _outputs(cell: nbformat.NotebookNode) -> list[str]:
    found = []
    raises = "raises-exception" in _tags(cell)
    errors = [output.ename for output in cell.outputs if output.output_type == "error"]
    if errors and not raises:
        found.append(f"stores an error: {errors[0]}")
    if raises and not errors:
        found.append("is tagged raises-exception, but stores no error")
    if _shows(cell.source) and not cell.outputs:
        found.append("shows something, but no output is stored")
    for output in cell.outputs:
        text = _text(output)  # a PNG stands beside its HTML, for LaTeX: not counted
        if len(text) > LARGEST_OUTPUT:
            found.append(f"has an output of {len(text):,} bytes, more than {LARGEST_OUTPUT:,}")
        if ABSOLUTE_PATH.search(re.sub(r'src="data:[^"]*"', "", text)):
            found.append("has an absolute path in its output")
        for image in re.findall(r"<img\b[^>]*>", text):
            if not re.search(r'\balt="[^"]+"', image):
                found.append("shows an image without alternative text")
        if "image/png" in output.get("data", {}) and "text/html" not in output.data:
            found.append("shows a bare PNG, which has no alternative text: use helpers.plots")
        if output.get("name") == "stderr" and "\r" in output.text:
            found.append("stores a progress bar")
    return found


def _shows(source: str) -> bool:
    """Whether the cell's last statement prints or shows something for certain."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return False
    if not body or not isinstance(body[-1], ast.Expr) or not isinstance(body[-1].value, ast.Call):
        return False
    function = body[-1].value.func
    return isinstance(function, ast.Name) and function.id in {"print", "bars", "curves", "image_grid", "heatmap"}


def _text(output: nbformat.NotebookNode) -> str:
    """All that an output holds, as text."""
    if output.output_type == "stream":
        return output.text
    if output.output_type == "error":
        return "\n".join(output.traceback)
    return "\n".join(str(value) for kind, value in output.data.items() if kind != "image/png")
