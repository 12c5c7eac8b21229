"""Create .venv and install the course into it; does nothing where that is already done.

    python3 tools/bootstrap.py [EXTRA ...]      EXTRA: test, bench

Needs the standard library alone, and parses on old Pythons, so that it can say what is missing.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "Scripts" if os.name == "nt" else "bin", "python")
STAMP = os.path.join(VENV, "installed.txt")
OLDEST = (3, 11)


def main(extras):
    if sys.version_info < OLDEST:
        use_newer_python()
    wanted = fingerprint()
    extras = sorted(set(extras) | installed_extras(wanted))
    if stamp(wanted, extras) == read(STAMP) and runs(PYTHON):
        return 0
    try:
        import ensurepip  # noqa: F401  Debian ships Python without it
        import venv  # noqa: F401
    except ImportError:
        return fail(
            "Python's venv module is missing, so no environment can be made.",
            "On Debian and Ubuntu: apt-get install python%d.%d-venv" % sys.version_info[:2],
        )
    if not runs(PYTHON):
        shutil.rmtree(VENV, ignore_errors=True)
        print("Creating .venv with Python %d.%d ..." % sys.version_info[:2])
        if subprocess.call([sys.executable, "-m", "venv", VENV]) != 0:
            return fail("The environment .venv could not be created.", "Is the disk full, or the folder read-only?")
    if os.path.exists(STAMP):
        os.remove(STAMP)  # an installation cut off half-way is taken up again
    target = ".[%s]" % ",".join(extras) if extras else "."
    print("Installing the course and what it needs into .venv: minutes the first time, gigabytes on Linux ...")
    sys.stdout.flush()
    start = time.time()
    command = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--quiet", "--editable", target]
    if subprocess.call(command, cwd=ROOT, env=dict(os.environ, PIP_USER="0")) != 0:  # a venv has no user site
        return fail(
            "The installation failed; pip's own words stand above.", "Check the network and the disk, then repeat."
        )
    with open(STAMP, "w") as file:
        file.write(stamp(wanted, extras))
    print("Installed in %d s." % (time.time() - start))
    return 0


def use_newer_python():
    """Go on with a newer Python where one is installed; else say so and stop."""
    for name in ("python3.14", "python3.13", "python3.12", "python3.11"):
        path = shutil.which(name) if hasattr(shutil, "which") else None
        if path and runs(path):
            os.execv(path, [path, os.path.abspath(__file__)] + sys.argv[1:])  # noqa: RUF005  old Pythons
    version = ".".join(map(str, sys.version_info[:3]))
    sys.exit(
        fail(
            "Python %s is too old; the course needs 3.11 or newer." % version,
            "Install one (python.org), then: make lab PYTHON=/path/to/python3",
        )
    )


def installed_extras(wanted):
    """The extras that an earlier call installed for the same pyproject.toml."""
    lines = read(STAMP).split("\n")
    return set(filter(None, lines[1].split(","))) if lines[0] == wanted and len(lines) > 1 else set()


def stamp(wanted, extras):
    return "%s\n%s" % (wanted, ",".join(extras))


def fingerprint():
    """Changes when pyproject.toml or the folder does: an editable install holds the folder's path."""
    with open(os.path.join(ROOT, "pyproject.toml"), "rb") as file:
        return hashlib.sha256(file.read() + ROOT.encode()).hexdigest()


def runs(python):
    """Whether this interpreter exists and starts (a venv dies with the Python that made it)."""
    try:
        with open(os.devnull, "w") as nowhere:
            return subprocess.call([python, "-c", "import sys"], stdout=nowhere, stderr=nowhere) == 0
    except OSError:
        return False


def read(path):
    try:
        with open(path) as file:
            return file.read()
    except OSError:
        return ""


def fail(what, remedy):
    sys.stderr.write("\n%s\n%s\n" % (what, remedy))
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
