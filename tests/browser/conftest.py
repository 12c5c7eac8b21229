"""A real JupyterLab in a real Chromium: each page is opened once, run, and looked at by all tests.

Where Chromium is missing these tests are skipped, and say so; in CI (the variable CI is set) that is
a failure.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
import pages
import pytest
from xdist.scheduler import LoadScopeScheduling

ROOT = Path(__file__).parent.parent.parent
SCREENSHOTS = ROOT / "build" / "screenshots"
PAGES = [path.stem for path in pages.find_pages([], pages.TEXTS)]
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
HOW_TO = "Chromium is not installed. On Debian or Ubuntu: apt-get install chromium"
QUIET = [
    *("--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run", "--no-proxy-server"),
]
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # else cells out of sight have no text
    "docmanager-extension/plugin": {"autosave": False},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
TOKEN = "browser-tests"
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"  # this machine is never behind a proxy
KERNEL = "window.jupyterapp?.shell?.currentWidget?.sessionContext?.session?.kernel"
PIECE = 5000  # pixels of a page in one screenshot; Chromium draws at most 16,384
RUN_SECONDS = 240  # for all cells of a page, on a busy machine


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip where Chromium is missing."""
    for item in items:
        if CHROMIUM is None and not os.environ.get("CI") and Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=HOW_TO))


class ByPage(LoadScopeScheduling):
    """With two processes: all tests of one page in the same, so that each page is opened once.

    The mark "xdist_group" would do it, but pytest-xdist 3.8 does not see it with pytest 9.2, and says nothing.
    """

    def _split_scope(self, nodeid: str) -> str:
        test, _, page = nodeid.partition("[")
        return page or test.partition("::")[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByPage:
    return ByPage(config, log)


@pytest.fixture(scope="session")
def browser() -> Iterator[object]:
    assert CHROMIUM, HOW_TO
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a JupyterLab that serves a copy of the pages without outputs."""
    folder = tmp_path_factory.mktemp("lab")
    for stem in PAGES:
        notebook = nbformat.read(ROOT / "notebooks" / f"{stem}.ipynb", as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nbformat.write(notebook, folder / f"{stem}.ipynb")
    shutil.copy(next((ROOT / "notebooks").glob("03_*.ipynb")), folder / "stored.ipynb")  # with its outputs
    for plugin, values in SETTINGS.items():
        path = folder / ".settings" / "@jupyterlab" / f"{plugin}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    private = {f"JUPYTER_{name}_DIR": str(folder / f".{name.lower()}") for name in ("CONFIG", "DATA", "RUNTIME")}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = {
        "ServerApp.ip": "127.0.0.1",
        "ServerApp.port": port,
        "ServerApp.port_retries": 0,
        "ServerApp.root_dir": folder,
        "ServerApp.terminals_enabled": False,
        "IdentityProvider.token": TOKEN,
        "LabApp.news_url": None,
        "LabApp.check_for_updates_class": "jupyterlab.NeverCheckForUpdate",
        "LabApp.extension_manager": "readonly",
        "LabApp.expose_app_in_browser": True,
    }
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"]
    command += [f"--{name}={value}" for name, value in options.items()]
    environment = os.environ | private | {"JUPYTERLAB_SETTINGS_DIR": str(folder / ".settings")}
    with (folder / ".log").open("w") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(f"{address}/api/status?token={TOKEN}", server, folder / ".log")
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_for(address: str, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert server.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(address, timeout=5)
            return
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.3)
    raise TimeoutError(f"JupyterLab did not start:\n{log.read_text()}")


@dataclass
class Opened:
    """A page that was opened and run; `page` is Playwright's."""

    stem: str
    page: object
    messages: list[str] = field(default_factory=list)  # errors in the browser's console

    def cells(self) -> list[dict]:
        """The notebook's cells as the browser holds them, with outputs."""
        return self.page.evaluate("() => window.jupyterapp.shell.currentWidget.content.model.toJSON().cells")

    def errors(self) -> list[str]:
        """Errors that cells ended in; the page shows them in the same colours as a progress bar."""
        return [
            f"{output['ename']}: {output['evalue']}"
            for cell in self.cells()
            for output in cell.get("outputs", [])
            if output["output_type"] == "error"
        ]

    def run_cell(self, index: int, source: str | None = None) -> object:
        """Run the cell at this place as Shift+Enter does, with other code if given; returns its element."""
        self.page.evaluate(
            """([index, source]) => {
                const notebook = window.jupyterapp.shell.currentWidget.content;
                notebook.activeCellIndex = index;
                if (source !== null) notebook.activeCell.model.sharedModel.setSource(source);
            }""",
            [index, source],
        )
        before = self.cells()[index].get("execution_count")
        self.page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell')")
        self.page.wait_for_function(
            f"""([index, before]) => {{
                const cell = window.jupyterapp.shell.currentWidget.content.widgets[index];
                return cell.model.executionCount !== before && {KERNEL}.status === 'idle';
            }}""",
            arg=[index, before],
            timeout=60_000,
        )
        return self.page.locator(".jp-NotebookPanel-notebook .jp-Cell").nth(index)

    def screenshots(self, theme: str) -> list[Path]:
        """The whole page, top to bottom in pieces, in a theme: "Light" or "Dark"."""
        self.page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", f"JupyterLab {theme}"
        )
        self.page.wait_for_function(
            "theme => document.body.dataset.jpThemeName === theme", arg=f"JupyterLab {theme}", timeout=30_000
        )
        before = self.page.viewport_size
        self.page.set_viewport_size({"width": 1280, "height": PIECE + 140})  # 140: menu, tabs and status bar
        self.page.wait_for_timeout(1200)  # the theme's styles and the layout settle
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        paths, height = [], PIECE
        while PIECE * len(paths) < height:
            height = self.page.evaluate(
                """top => {
                    const page = document.querySelector('.jp-NotebookPanel-notebook .jp-WindowedPanel-outer');
                    page.scrollTo(0, top);
                    const last = [...page.querySelectorAll('.jp-Cell')].at(-1);  // below it there is empty space
                    return page.scrollTop + last.getBoundingClientRect().bottom - page.getBoundingClientRect().top;
                }""",
                PIECE * len(paths),
            )
            self.page.wait_for_timeout(300)
            paths.append(SCREENSHOTS / f"{self.stem}_{theme.lower()}_{len(paths) + 1}.png")
            self.page.screenshot(path=str(paths[-1]))
        self.page.set_viewport_size(before)
        return paths


@pytest.fixture(scope="session", params=PAGES)
def opened(request: pytest.FixtureRequest, browser: object, lab: str) -> Iterator[Opened]:
    """Each page in turn: opened in its own tab, all cells run."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    result = Opened(request.param, page)
    page.on("console", lambda message: result.messages.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: result.messages.append(str(error)))
    page.goto(f"{lab}/lab/tree/{request.param}.ipynb?token={TOKEN}&reset")
    # before the kernel is connected, a run can be lost
    page.wait_for_function(
        f"() => {{ const k = {KERNEL}; return k && k.connectionStatus === 'connected' && k.status === 'idle' }}",
        timeout=90_000,
    )
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    page.wait_for_function(
        f"""() => {{
            const cells = window.jupyterapp.shell.currentWidget.content.model.toJSON().cells;
            const done = cells.filter(c => c.cell_type === 'code').every(c => c.execution_count);
            const failed = cells.some(c => (c.outputs || []).some(o => o.output_type === 'error'));
            return (done || failed) && {KERNEL}.status === 'idle';
        }}""",
        timeout=RUN_SECONDS * 1000,
    )
    yield result
    page.evaluate("() => window.jupyterapp.commands.execute('kernelmenu:shutdown')")
    page.wait_for_timeout(500)
    page.close()
