"""Execute the course's pages headless: into build/html (`run`) or in place (`refresh`).

    python tools/pages.py run [PAGE ...]
    python tools/pages.py refresh [PAGE ...]
    python tools/pages.py again [PAGE ...]     each cell twice, then each alone after the page ran

A page is named by the beginning of its file name, such as 04. Prints a line a page: seconds,
memory rise above the imports, result. Exits with 1 if a page fails, after its error.
"""

from __future__ import annotations

import argparse
import copy
import html
import os
import re
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
TEXTS = [NOTEBOOKS / "faq.ipynb", NOTEBOOKS / "glossary.ipynb"]  # text alone: exported, with nothing to execute
BUILD = ROOT / "build" / "html"
CELL_TIMEOUT = 300  # seconds
FORMULA = re.compile(r"(```.*?```|`[^`]*`)|\$\$(.+?)\$\$|\$([^$\n]+)\$", re.DOTALL)  # code, display, inline
PAGE_LINK = re.compile(r"\]\((\d\d_\w+|faq|glossary)\.ipynb")  # to a page, which is exported beside this one
TEMPLATE = """{%- extends 'lab/index.html.j2' -%}
{%- block html_head_js -%}{%- endblock -%}
{%- block html_head_js_mathjax -%}{%- endblock -%}
{%- block html_head_js_mermaidjs -%}{%- endblock -%}
{%- block html_head_css -%}
<style>
.jp-RenderedHTMLCommon a:any-link { text-decoration: underline }
details.folded > summary { cursor: pointer; padding: 0.4em 0 0.4em 1em }
pre, .jp-RenderedText pre, .highlight pre { white-space: pre-wrap; overflow-wrap: anywhere }
</style>
{%- endblock -%}
{%- block output_group -%}
{%- if cell.metadata.get("jupyter", {}).get("outputs_hidden") -%}
<details class="folded"><summary>Show what came out</summary>{{ super() }}</details>
{%- else -%}
{{ super() }}
{%- endif -%}
{%- endblock -%}
"""  # no script from elsewhere; links underlined, not marked by colour alone; code wraps on paper and narrow screens


@dataclass
class Run:
    """One execution of one page."""

    path: Path
    notebook: nbformat.NotebookNode
    seconds: float
    memory_rise: int | None  # bytes above the peak after the first code cell, which imports
    error: str

    def __str__(self) -> str:
        memory = f"{self.memory_rise / 2**20:5.0f} MB" if self.memory_rise is not None else "      ?"
        return f"{self.path.name:28} {self.seconds:6.1f} s  {memory}  {'failed' if self.error else 'ok'}"


def find_pages(names: list[str], texts: Sequence[Path] = ()) -> list[Path]:
    """The notebooks whose file names begin with one of `names`, or all, in order; those of `texts` come last."""
    pages = [*sorted(NOTEBOOKS.glob("[0-9]*.ipynb")), *texts]
    if not names:
        return pages
    for name in names:
        if not any(page.name.startswith(name) for page in pages):
            sys.exit(f"no page begins with {name!r}; there are {', '.join(page.stem for page in pages)}")
    return [page for page in pages if page.name.startswith(tuple(names))]


def execute(path: Path, progress: bool = False) -> Run:
    """Run one page from a fresh kernel, as "Run All" would; the file is not touched."""
    return execute_notebook(nbformat.read(path, as_version=4), path, progress)


def execute_notebook(notebook: nbformat.NotebookNode, path: Path, progress: bool = False) -> Run:
    """Run a page, or a variant of it, in the folder of `path`; its outputs are written into `notebook`."""
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    code_cells = [i for i, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    if not code_cells:
        tidy(notebook)
        return Run(path, notebook, 0.0, None, "")
    imports = next((i for i in code_cells if "setup(seed=" in notebook.cells[i].source), code_cells[0])
    bar = tqdm(total=len(code_cells), desc=path.stem, unit="cell", leave=False, disable=not progress)
    peaks: list[int | None] = []

    def after_cell(cell: nbformat.NotebookNode, cell_index: int, **_: object) -> None:
        bar.update()
        if cell_index == imports:
            peaks.append(peak_memory(client.km.provisioner.pid))
        if cell_index == code_cells[-1]:
            peaks.append(peak_memory(client.km.provisioner.pid))

    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        extra_arguments=["--IPKernelApp.log_level=40"],  # errors only: no warning about the loopback connection
        record_timing=False,
        coalesce_streams=True,
        store_widget_state=False,
        resources={"metadata": {"path": str(path.parent)}},
        on_cell_executed=after_cell,
    )
    start, error = time.perf_counter(), ""
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError, DeadKernelError) as problem:
        error = str(problem)
    seconds = time.perf_counter() - start
    bar.close()
    rise = peaks[-1] - peaks[0] if len(peaks) == 2 and None not in peaks else None
    tidy(notebook)
    return Run(path, notebook, seconds, rise, error)


def run_again(notebook: nbformat.NotebookNode, path: Path) -> list[str]:
    """Run each cell twice in a row, then, after the page, each cell once more from the last to the first.

    Backwards, because then no cell above has put a name right again. Returns what failed, a line each.
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    turns = [(number, turn) for number in range(1, len(code) + 1) for turn in ("first", "second")]
    turns += [(number, "alone after the page") for number in range(len(code), 0, -1)]
    variant = copy.deepcopy(notebook)
    variant.cells = [copy.deepcopy(code[number - 1]) for number, _ in turns]
    for i, cell in enumerate(variant.cells):
        cell.id = f"turn-{i}"
        cell.metadata.setdefault("tags", [])
        cell.metadata["tags"] = [*cell.metadata["tags"], "raises-exception"]
    run = execute_notebook(variant, path)
    failed = [run.error] if run.error else []
    for (number, turn), cell, source in zip(turns, variant.cells, [code[n - 1] for n, _ in turns], strict=True):
        errors = [output for output in cell.outputs if output.output_type == "error"]
        if errors and "raises-exception" not in source.metadata.get("tags", []):
            first_line = source.source.strip().splitlines()[0]
            failed.append(f"code cell {number}, {turn}: {errors[0].ename}: {errors[0].evalue[:150]} ({first_line})")
    return failed


def peak_memory(pid: int) -> int | None:
    """The most memory in bytes that a process ever held, where the system says so (Linux)."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return None
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM"))


def tidy(notebook: nbformat.NotebookNode) -> None:
    """Drop what changes from run to run and says nothing: finished progress bars, widget state, versions."""
    notebook.metadata.pop("widgets", None)
    notebook.metadata["kernelspec"] = {"display_name": "Python 3", "language": "python", "name": "python3"}
    notebook.metadata["language_info"] = {"name": "python", "file_extension": ".py"}
    for cell in notebook.cells:
        cell.metadata["slideshow"] = {"slide_type": slide_type(cell)}
        for output in cell.get("outputs", []):
            if output.output_type == "stream" and "\r" in output.text:  # a progress bar: keep its end, usually nothing
                lines = (line.rstrip().rsplit("\r", 1)[-1] for line in output.text.split("\n"))
                output.text = "".join(f"{line}\n" for line in lines if line.strip())
            if "data" in output:  # a widget lives in its kernel; its sentence stays
                output.data.pop("application/vnd.jupyter.widget-view+json", None)
        if "outputs" in cell:
            cell.outputs = [o for o in cell.outputs if o.output_type != "stream" or o.text]


def slide_type(cell: nbformat.NotebookNode) -> str:
    """A new slide at each heading of the first two levels, one below at the third, else on the same slide."""
    level = re.search(r"^(#{1,3}) ", cell.source, re.MULTILINE) if cell.cell_type == "markdown" else None
    return {"#": "slide", "##": "slide", "###": "subslide"}[level.group(1)] if level else "-"


def to_html(notebook: nbformat.NotebookNode, name: str) -> str:
    """An executed page as one HTML file that asks for nothing else: formulas are MathML, which browsers draw."""
    from nbconvert import HTMLExporter

    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = PAGE_LINK.sub(r"](\1.html", with_mathml(cell.source))
    body, _ = HTMLExporter(raw_template=TEMPLATE).from_notebook_node(notebook, {"metadata": {"name": name}})
    return body


def with_mathml(markdown: str) -> str:
    """Markdown in which each formula between $ or $$ became MathML; what is code stays as it is."""
    from latex2mathml.converter import convert

    def replace(found: re.Match) -> str:
        code, display, inline = found.groups()
        if code:
            return code
        mathml = convert(display or inline, display="block" if display else "inline")
        return mathml.replace("<mi>log</mi>", '<mi>log</mi><mspace width="0.17em"/>')

    return FORMULA.sub(replace, markdown)


def write_html(run: Run) -> None:
    """Export an executed page to build/html."""
    BUILD.mkdir(parents=True, exist_ok=True)
    (BUILD / f"{run.path.stem}.html").write_text(to_html(run.notebook, run.path.stem), encoding="utf-8")


def write_index(runs: list[Run]) -> None:
    """A page that links all others, with what was measured."""
    rows = "\n".join(
        f'<tr><td><a href="{run.path.stem}.html">{html.escape(title_of(run.notebook))}</a></td>'
        f"<td>{run.seconds:.1f} s</td><td>{'failed' if run.error else 'ok'}</td></tr>"
        for run in runs
    )
    BUILD.mkdir(parents=True, exist_ok=True)
    (BUILD / "index.html").write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Pretrained models: the course</title>'
        "<style>body{font:1rem/1.6 system-ui;margin:3rem auto;max-width:44rem}td{padding:.2rem 1.5rem .2rem 0}</style>"
        f"<h1>Pretrained models: the course</h1><table><tr><th>page</th><th>run in</th><th>result</th></tr>\n{rows}"
        "</table></html>\n",
        encoding="utf-8",
    )


def title_of(notebook: nbformat.NotebookNode) -> str:
    """The first heading."""
    return notebook.cells[0].source.splitlines()[0].lstrip("# ")


def show_again(paths: list[Path]) -> int:
    """Run pages as `run_again` does and print what failed."""
    failed = 0
    for path in paths:
        faults = run_again(nbformat.read(path, as_version=4), path)
        print(f"{path.name:28} {len(faults)} failed", *faults, sep="\n  ", flush=True)
        failed += len(faults)
    return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=("run", "refresh", "again"))
    parser.add_argument("pages", nargs="*", metavar="PAGE")
    arguments = parser.parse_args()
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # this environment's kernel, not one in the user's folder
    os.environ["PYDEVD_DISABLE_FILE_VALIDATION"] = "1"  # a warning about frozen modules says nothing here
    if arguments.action == "again":
        return show_again(find_pages(arguments.pages))
    runs = []
    for page in find_pages(arguments.pages, TEXTS):
        print(f"{page.stem} ...", end="\r", flush=True)
        run = execute(page, progress=sys.stderr.isatty())
        runs.append(run)
        print(run, flush=True)
        if run.error:
            print(run.error, file=sys.stderr)
        if arguments.action == "refresh" and not run.error:
            nbformat.write(run.notebook, page)
        if arguments.action == "run":
            write_html(run)
    if arguments.action == "run":
        write_index(runs)
        print(f"open {(BUILD / 'index.html').relative_to(ROOT)}")
    failed = [run.path.stem for run in runs if run.error]
    print(f"{len(runs) - len(failed)} pages ran, {len(failed)} failed {' '.join(failed)}".rstrip())
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
