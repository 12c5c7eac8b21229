"""The whole test of the course (`make test`), with a summary that a person can read.

Runs ruff, the unit tests and doctests, then every page through nbval twice: with one thread, and
with two; last, every page in JupyterLab in a real browser, where Chromium is installed. In all of
them connections beyond this machine are refused. A page whose code cells were not all run is a failure.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
REPORTS = ROOT / "build" / "tests"
NOTEBOOKS = ROOT / "notebooks"
NBVAL = [
    *("-o", "addopts=", "-o", "filterwarnings=", "-p", "no:cacheprovider", "-q"),
    *("--nbval", "--nbval-current-env", "--nbval-cell-timeout=300"),
    f"--nbval-sanitize-with={ROOT / 'tests' / 'nbval.cfg'}",
    str(NOTEBOOKS),
]


@dataclass
class Step:
    """What one command found."""

    name: str
    seconds: float
    passed: int
    failed: int
    skipped: int
    note: str = ""


def main() -> int:
    REPORTS.mkdir(parents=True, exist_ok=True)
    steps = [
        command("ruff: faults", ["ruff", "check"]),
        command("ruff: layout", ["ruff", "format", "--check"]),
        tests("unit tests and doctests", ["-n", "2", "-q", "--ignore=tests/browser"], threads=1),
        pages("every page, one thread", ["-n", "2", "--dist", "loadfile"], threads=1),
        pages("every page, two threads", [], threads=2),
        browser("every page in a browser"),
    ]
    print(f"\n{'':28}{'seconds':>8}{'passed':>8}{'failed':>8}{'skipped':>9}")
    for step in steps:
        print(f"{step.name:28}{step.seconds:8.0f}{step.passed:8}{step.failed:8}{step.skipped:9}  {step.note}")
    passed, failed, skipped = (sum(getattr(step, kind) for step in steps) for kind in ("passed", "failed", "skipped"))
    print(f"\n{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


def command(name: str, arguments: list[str]) -> Step:
    """A tool of its own that counts as one test."""
    announce(name)
    start = time.perf_counter()
    code = subprocess.run([sys.executable, "-m", *arguments], cwd=ROOT, check=False).returncode
    return Step(name, time.perf_counter() - start, int(code == 0), int(code != 0), 0)


def tests(name: str, arguments: list[str], threads: int) -> Step:
    """A run of pytest, counted from its report; a run that gave no report has failed."""
    announce(name)
    report = REPORTS / f"{name.replace(' ', '_').replace(',', '')}.xml"
    report.unlink(missing_ok=True)
    environment = os.environ | {
        "OMP_NUM_THREADS": str(threads),
        "PYTHONPATH": str(ROOT / "tests" / "offline"),
        "OMP_WAIT_POLICY": "PASSIVE",  # threads that spin while they wait stall on a busy machine
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    start = time.perf_counter()
    run = [sys.executable, "-m", "pytest", *arguments, f"--junitxml={report}"]
    code = subprocess.run(run, cwd=ROOT, env=environment, check=False).returncode
    seconds = time.perf_counter() - start
    if not report.exists():
        return Step(name, seconds, 0, 1, 0, "gave no report")
    suite = ET.parse(report).getroot().find("testsuite")
    total, skipped = int(suite.get("tests")), int(suite.get("skipped"))
    failed = int(suite.get("failures")) + int(suite.get("errors"))
    if code != 0 and failed == 0:
        return Step(name, seconds, total - skipped, 1, skipped, f"pytest ended with {code}")
    return Step(name, seconds, total - skipped - failed, failed, skipped)


def pages(name: str, arguments: list[str], threads: int) -> Step:
    """nbval over all pages; each page must have run as many code cells as it has."""
    step = tests(name, [*NBVAL, *arguments], threads)
    report = REPORTS / f"{name.replace(' ', '_').replace(',', '')}.xml"
    cases = [case.get("classname", "") for case in ET.parse(report).iter("testcase")] if report.exists() else []
    for path in sorted(NOTEBOOKS.glob("**/*.ipynb")):
        if ".ipynb_checkpoints" in path.parts:
            continue
        cells = sum(cell.cell_type == "code" for cell in nbformat.read(path, as_version=4).cells)
        ran = sum(path.stem in case for case in cases)
        if ran < cells or cells == 0:
            step.failed += 1
            step.note += f"{path.name}: {ran} of {cells} cells were run. "
    return step


def browser(name: str) -> Step:
    """Every page in JupyterLab in Chromium; without Chromium these tests are skipped, in CI they fail."""
    step = tests(name, ["-q", "tests/browser"], threads=1)
    if step.skipped:
        step.note = "Chromium is missing; on Debian or Ubuntu: apt-get install chromium"
    return step


def announce(name: str) -> None:
    print(f"\n=== {name}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
