"""Page 00's first cells, the readiness check, in kernels and folders where something is missing."""

import os
import subprocess
import sys
from itertools import takewhile
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
READY = "This computer is ready."
HIDE = """
import importlib.util as _util
_found = _util.find_spec
_util.find_spec = lambda name: None if name == {name!r} else _found(name)
"""


def check_code():
    page = nbformat.read(ROOT / "notebooks" / "00_start_here.ipynb", as_version=4)
    code = [cell.source for cell in page.cells if cell.cell_type == "code"]
    return "\n".join(takewhile(lambda source: "setup(seed=" not in source, code))


def say(folder, *options, before="", python=sys.executable, **environment):
    """What the check prints, run as a script would be; it must never raise."""
    script = "import sys; sys.path.insert(0, '')\n" + before + "\n" + check_code()  # a kernel has '' first
    done = subprocess.run(
        [python, *options, "-c", script],
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def course(tmp_path):
    """A copy of the course's folder as far as the check looks at it, with its pages' folder."""
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    (tmp_path / "notebooks").mkdir()
    return tmp_path


def test_comes_before_every_import_of_the_course():
    assert "helpers." not in check_code().replace("helpers.submodule", "").replace("helpers.origin", "")
    names = {
        line.split()[1].partition(".")[0]
        for line in check_code().splitlines()
        if line.lstrip().startswith(("import ", "from "))
    }
    assert names <= sys.stdlib_module_names


def test_a_ready_computer(course):
    assert READY in say(course / "notebooks")


def test_a_kernel_that_has_nothing(course):
    said = say(course / "notebooks", "-S", "-I")
    assert "`helpers`, is not installed" in said and "%pip install --editable" in said
    for name in ("torch", "ipycanvas", "scikit-learn", "pillow", "jupyterlab", "tqdm"):
        assert name in said


def test_another_kernel_than_the_courses(course):
    (course / ".venv").mkdir()
    said = say(course / "notebooks", "-S", "-I")
    assert sys.executable in said and str(course / ".venv") in said and "Select Kernel" in said


@pytest.mark.parametrize(
    ("package", "name"), [("ipycanvas", "ipycanvas"), ("sklearn", "scikit-learn"), ("PIL", "pillow")]
)
def test_one_package_missing(course, package, name):
    said = say(course / "notebooks", before=HIDE.format(name=package))
    assert f"Missing in this kernel: {name}." in said and READY not in said


def test_away_from_the_course_the_installation_tells(tmp_path):
    assert READY in say(tmp_path)
    assert "Missing in this kernel: tqdm." in say(tmp_path, before=HIDE.format(name="tqdm"))
    assert "Get the whole course" in say(tmp_path, "-S", "-I")


@pytest.mark.parametrize("name", ["helpers.py", "helpers/__init__.py", "helpers/mine.txt"])
def test_another_helpers_beside_the_page(tmp_path, name):
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("")
    said = say(tmp_path)
    assert "hides the course's package" in said and str(tmp_path / "helpers") in said and "Rename" in said


def test_a_folder_that_cannot_be_written(course):
    (course / "file").write_text("")
    said = say(course / "notebooks", COURSE_FOLDER=str(course / "file" / "below"))
    assert "Nothing can be written in" in said and "%env COURSE_FOLDER=" in said


def test_the_setting_names_the_folder_and_nothing_is_left_in_it(course):
    assert READY in say(course / "notebooks", COURSE_FOLDER=str(course / "own"))
    assert list((course / "own").iterdir()) == []
    assert list((course / "notebooks").iterdir()) == []


def test_a_python_too_old(course):
    before = "import sys; sys.version_info = (3, 8, 1); sys.version = '3.8.1 (old)'"
    assert "Python 3.8.1 runs this page; the course needs 3.11" in say(course / "notebooks", before=before)


def test_a_nearly_full_disk_and_little_memory(course):
    before = "import shutil, os; shutil.disk_usage = lambda path: type('Usage', (), {'free': 2**20})"
    before += "\nos.sysconf = lambda name: 2**12"
    said = say(course / "notebooks", before=before)
    assert "disk is nearly full" in said and "Memory is below" in said


def test_a_look_that_fails_is_told(course):
    before = "import importlib\ndef no(): raise RuntimeError('odd')\nimportlib.invalidate_caches = no"
    assert "One look went no further: RuntimeError('odd')" in say(course / "notebooks", before=before)
