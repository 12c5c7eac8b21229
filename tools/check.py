"""The whole test of the course (`make test`), with a summary that a person can read.

    python tools/check.py [PAGE ...]

Runs ruff, the unit tests and doctests, each page through nbval on two threads (the stored outputs come
from one), each page with the solutions put in and every cell run again, and each page in JupyterLab in
a real browser, where Chromium is installed: both on one thread. Connections beyond this machine are
refused. A page whose code cells were not all run is a failure. With pages named, only what concerns
them is run.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import nbformat
from pages import find_pages

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "build" / "tests"
NBVAL = [
    *("-o", "addopts=", "-o", "filterwarnings=", "-p", "no:cacheprovider", "-q"),
    *("--nbval", "--nbval-current-env", "--nbval-cell-timeout=300"),
    f"--nbval-sanitize-with={ROOT / 'tests' / 'nbval.cfg'}",
]
OF_A_PAGE = ["tests/test_notebooks.py", "tests/test_glossary.py", "tests/exercises"]  # unit tests that know pages
AGAIN = "tests/test_again.py"


@dataclass
class Step:
    """What one command found."""

    name: str
    seconds: float
    passed: int
    failed: int
    skipped: int
    note: str = ""


def main(names: list[str]) -> int:
    REPORTS.mkdir(parents=True, exist_ok=True)
    chosen = find_pages(names)
    only = ["-k", " or ".join(words_of(page) for page in chosen)] if names else []
    units = [*OF_A_PAGE, *only] if names else ["--ignore=tests/browser", f"--ignore={AGAIN}"]
    steps = [
        command("ruff: faults", ["ruff", "check"]),
        command("ruff: layout", ["ruff", "format", "--check"]),
        tests("unit tests and doctests", ["-n", "2", "-q", *units]),
        pages("every page", chosen),
        tests("every cell, again", ["-n", "2", "-v", AGAIN, *only]),
        browser("every page in a browser", only),
    ]
    print(f"\n{'':28}{'seconds':>8}{'passed':>8}{'failed':>8}{'skipped':>9}")
    for step in steps:
        print(f"{step.name:28}{step.seconds:8.0f}{step.passed:8}{step.failed:8}{step.skipped:9}  {step.note}")
    passed, failed, skipped = (sum(getattr(step, kind) for step in steps) for kind in ("passed", "failed", "skipped"))
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def words_of(page: Path) -> str:
    """What pytest's -k finds in the names of a page's tests: its file, its exercises, its number."""
    number = int(page.stem[:2])
    return f"{page.stem} or [{number}. or [{number}]"


def command(name: str, arguments: list[str]) -> Step:
    """A tool of its own that counts as one test."""
    announce(name)
    start = time.perf_counter()
    code = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, check=False).returncode
    return Step(name, time.perf_counter() - start, int(code == 0), int(code != 0), 0)


def tests(name: str, arguments: list[str]) -> Step:
    """A run of pytest on one thread, told as it goes."""
    announce(name)
    step, _ = run_pytest(name, arguments, threads=1, captured=False)
    return step


def run_pytest(name: str, arguments: list[str], threads: int, captured: bool) -> tuple[Step, str]:
    """A run of pytest, counted from its report; a run that left no report has failed."""
    report = report_of(name)
    report.unlink(missing_ok=True)
    environment = os.environ | {
        "OMP_NUM_THREADS": str(threads),
        "PYTHONPATH": str(ROOT / "tests" / "offline"),
        "OMP_WAIT_POLICY": "PASSIVE",  # threads that spin while they wait stall on a busy machine
        "JUPYTER_PREFER_ENV_PATH": "1",  # this environment's kernel, not one in the user's folder
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    start = time.perf_counter()
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, f"--junitxml={report}"],
        cwd=ROOT,
        env=environment,
        check=False,
        text=True,
        stdout=subprocess.PIPE if captured else None,
        stderr=subprocess.STDOUT if captured else None,
    )
    seconds = time.perf_counter() - start
    if not report.exists():
        return Step(name, seconds, 0, 1, 0, "left no report"), run.stdout or ""
    suite = ET.parse(report).getroot().find("testsuite")
    total, skipped = int(suite.get("tests")), int(suite.get("skipped"))
    failed = int(suite.get("failures")) + int(suite.get("errors"))
    step = Step(name, seconds, total - skipped - failed, failed, skipped)
    if run.returncode != 0 and failed == 0:
        step.failed, step.note = 1, f"pytest ended with {run.returncode}"
    return step, run.stdout or ""


def pages(name: str, chosen: list[Path]) -> Step:
    """nbval over the pages, two at a time, each on two threads; a page must have run as many code cells as it has."""
    announce(name)
    start = time.perf_counter()
    with ThreadPoolExecutor(2) as workers:
        steps = list(workers.map(one_page, chosen))
    passed, failed, skipped = (sum(getattr(step, kind) for step in steps) for kind in ("passed", "failed", "skipped"))
    notes = " ".join(step.note for step in steps if step.note)
    return Step(name, time.perf_counter() - start, passed, failed, skipped, notes)


def one_page(page: Path) -> Step:
    step, told = run_pytest(page.stem, [*NBVAL, str(page)], threads=2, captured=True)
    report = report_of(page.stem)
    ran = len(list(ET.parse(report).iter("testcase"))) if report.exists() else 0
    cells = sum(cell.cell_type == "code" for cell in nbformat.read(page, as_version=4).cells)
    if ran < cells or cells == 0:
        step.failed, step.note = step.failed + 1, f"{page.name}: {ran} of {cells} cells were run."
    print(f"{page.stem:24}{step.seconds:5.0f} s {step.passed:4} passed {step.failed:3} failed", flush=True)
    if step.failed:
        print(told, flush=True)
    return step


def report_of(name: str) -> Path:
    return REPORTS / f"{name.replace(' ', '_').replace(',', '')}.xml"


def browser(name: str, only: list[str]) -> Step:
    """Every page in JupyterLab in Chromium; without Chromium these tests are skipped, in CI they fail."""
    step = tests(name, ["-n", "2", "-v", "tests/browser", *only])
    if step.skipped:
        step.note = "Chromium is missing; on Debian or Ubuntu: apt-get install chromium"
    return step


def announce(name: str) -> None:
    print(f"\n=== {name}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
