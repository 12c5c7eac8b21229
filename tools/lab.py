"""Open JupyterLab on page 00: on this machine alone, with a token.

Reads PORT (8888 if unset) and BROWSER ("no" opens none) from the environment.
"""

from __future__ import annotations

import os
import socket
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIRST_PAGE = "notebooks/00_start_here.ipynb"


def main() -> int:
    port = os.environ.get("PORT") or "8888"
    if not port.isdigit() or not 1024 <= int(port) <= 65535:
        return fail(f"PORT={port} is no port.", "Give a number from 1024 to 65535: make lab PORT=8890")
    if is_taken(int(port)):
        return fail(f"Port {port} is taken, perhaps by another JupyterLab.", f"Try: make lab PORT={int(port) + 1}")
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--ServerApp.root_dir={ROOT}",
        f"--LabApp.default_url=/lab/tree/{FIRST_PAGE}",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",  # nothing leaves this machine
        "--LabApp.news_url=None",
    ]
    if os.environ.get("BROWSER", "").lower() == "no":
        del os.environ["BROWSER"]  # Python's webbrowser would take it for a program
        command.append("--no-browser")
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")  # the only user in most containers
    print("Stop with Ctrl-C. If no browser opens, follow the link with the token below.", flush=True)
    os.environ["JUPYTER_PREFER_ENV_PATH"] = "1"  # .venv's kernel, not an old one in the user's folder
    os.chdir(ROOT)
    return os.execv(command[0], command)  # does not come back


def is_taken(port: int) -> bool:
    """Whether another program listens on this port of 127.0.0.1."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def fail(what: str, remedy: str) -> int:
    print(f"{what}\n{remedy}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
