"""Seed, device, threads and memory: what the machine gives, asked of the machine.

Containers lie about cores: a container with a quota of one processor still *sees* all of the
host's. PyTorch would start a thread for each and spend its time waiting. So the number of threads
comes from the quota, not from `os.cpu_count()`.

And it is half of the quota. The course's networks are so small that a second thread gains next to
nothing; but as soon as the browser, the server or a neighbour wants a core, threads that wait for
each other are several times slower than one thread alone.
"""

from __future__ import annotations

import math
import os
import platform
import random
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Runtime:
    """What `setup` found and chose; prints as one short paragraph."""

    seed: int
    device: torch.device
    threads: int
    memory_limit: int | None  # bytes, None where the system does not say
    versions: dict[str, str]

    def __str__(self) -> str:
        memory = f"{self.memory_limit / 2**30:.1f} GiB" if self.memory_limit else "unknown"
        versions = ", ".join(f"{name} {number}" for name, number in self.versions.items())
        return f"seed {self.seed} | device {self.device} | threads {self.threads} | memory limit {memory}\n{versions}"

    __repr__ = __str__


def setup(seed: int = 0, device: str = "cpu") -> Runtime:
    """Seed Python, NumPy and torch, set torch's threads to half of the CPU quota, and say so.

    OMP_NUM_THREADS in the environment asks for another number of threads, up to the quota.

    The course's models are so small that a GPU would mostly wait for the next one, and the same
    seed gives the same numbers only on the same device; so `device` is the CPU unless you ask.

    Args:
        seed: any integer from 0 to 2**32 - 1.
        device: "cpu", or another that torch knows here, such as "cuda".

    Raises:
        ValueError: the seed is out of range, or torch cannot use that device here.

    Example:
        >>> from helpers.runtime import setup
        >>> setup(seed=0).seed
        0
    """
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed must be from 0 to 2**32 - 1, got {seed}")
    try:
        chosen = torch.device(device)
        torch.zeros(1, device=chosen)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise ValueError(f"torch cannot use device {device!r} here; use 'cpu'") from error
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002  what other libraries draw from
    torch.manual_seed(seed)
    threads = cpu_quota() if _asked_threads() else max(1, cpu_quota() // 2)
    torch.set_num_threads(threads)
    # torch imports a large part of itself at the first optimizer; better here than in mid-training.
    torch.optim.Adam([torch.zeros(1, requires_grad=True)])
    return Runtime(seed, chosen, threads, memory_limit(), _versions())


def writable_folder() -> Path:
    """Where the course writes (models, progress): the folder in COURSE_FOLDER, or the page's own.

    Set the environment variable COURSE_FOLDER where the course lies in a folder that is read-only or
    shared. The folder is made where it is missing.

    Raises:
        OSError: COURSE_FOLDER cannot be made.

    Example:
        >>> from helpers.runtime import writable_folder
        >>> models = writable_folder() / "runs"
    """
    asked = os.environ.get("COURSE_FOLDER")
    folder = Path(asked).expanduser().absolute() if asked else Path()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OSError(f"COURSE_FOLDER={folder}: cannot make this folder ({error.strerror}). Choose another") from error
    return folder


def cpu_quota() -> int:
    """Threads worth starting: the least of the cgroup quota, the affinity and OMP_NUM_THREADS.

    A quota of one and a half processors counts as two. At least 1.
    """
    limits = [len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()]
    limits += [math.ceil(quota) for quota in _cgroup_cpu_quotas()]
    if _asked_threads():
        limits.append(_asked_threads())
    return max(1, min(limit for limit in limits if limit is not None))


def _asked_threads() -> int | None:
    """What the user asked for by OMP_NUM_THREADS, the standard way; None if nothing."""
    asked = os.environ.get("OMP_NUM_THREADS", "")
    return int(asked) if asked.isdigit() and int(asked) else None


def memory_limit() -> int | None:
    """Bytes that this process may use: the cgroup's limit or the machine's memory, or None."""
    limits = [int(text) for text in _cgroup_values("memory.max", "memory/memory.limit_in_bytes") if text.isdigit()]
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(limits, default=None)


def _cgroup_cpu_quotas() -> list[float]:
    """Quotas in processors, of this process's cgroup and its parents; none where none is set."""
    quotas = []
    for text in _cgroup_values("cpu.max"):  # version 2: "150000 100000" or "max 100000"
        quota, _, period = text.partition(" ")
        if quota.isdigit() and period.isdigit():
            quotas.append(int(quota) / int(period))
    for controller in ("cpu", "cpu,cpuacct"):  # version 1: a quota of -1 means none
        quota = _read(CGROUP / controller / "cpu.cfs_quota_us")
        period = _read(CGROUP / controller / "cpu.cfs_period_us")
        if quota.isdigit() and period.isdigit():
            quotas.append(int(quota) / int(period))
    return [quota for quota in quotas if quota > 0]


def _cgroup_values(name: str, *version_1: str) -> list[str]:
    """The file `name` in this process's version-2 cgroup and all its parents, then version 1's."""
    own = next((line[3:] for line in _read(Path("/proc/self/cgroup")).splitlines() if line.startswith("0::")), "/")
    folder = CGROUP / own.strip().lstrip("/")
    folders = [folder, *folder.parents]
    paths = [parent / name for parent in folders if parent == CGROUP or CGROUP in parent.parents]
    paths += [CGROUP / path for path in version_1]
    return [text for text in map(_read, paths) if text]


def _read(path: Path) -> str:
    try:
        return path.read_text().strip()
    except OSError:
        return ""


def _versions() -> dict[str, str]:
    names = ("torch", "torchvision", "jupyterlab")
    return {"python": platform.python_version()} | {name: version(name) for name in names}
