"""helpers.runtime: seeds reproduce draws, and threads come from the quota."""

import os
import random

import numpy as np
import pytest
import torch

from helpers import runtime


@pytest.fixture(autouse=True)
def same_threads_after():
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.fixture
def cgroup(tmp_path, monkeypatch):
    """Writes fake cgroup files: cgroup(own="/a", **{"cpu.max": "..."}); the machine has 64 cores."""
    monkeypatch.setattr(runtime, "CGROUP", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(64)), raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    real_read = runtime._read

    def write(files, own="/"):
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        fake = f"12:cpuset:/elsewhere\n0::{own}"
        monkeypatch.setattr(
            runtime, "_read", lambda path: fake if str(path) == "/proc/self/cgroup" else real_read(path)
        )

    return write


def draws():
    return [random.random(), np.random.rand(), *torch.rand(3).tolist()]  # noqa: NPY002


def test_same_seed_same_draws():
    runtime.setup(seed=7)
    first = draws()
    runtime.setup(seed=7)
    assert draws() == first


def test_another_seed_other_draws_everywhere():
    runtime.setup(seed=0)
    first = draws()
    runtime.setup(seed=1)
    assert all(a != b for a, b in zip(first, draws(), strict=True))


@pytest.mark.parametrize("seed", [0, 2**32 - 1])
def test_seed_limits_are_allowed(seed):
    assert runtime.setup(seed=seed).seed == seed


@pytest.mark.parametrize("seed", [-1, 2**32, 2**70])
def test_bad_seed(seed):
    with pytest.raises(ValueError, match=r"seed must be from 0 .* got"):
        runtime.setup(seed=seed)


@pytest.mark.parametrize("device", ["banana", "cuda:99", ""])
def test_bad_device(device):
    with pytest.raises(ValueError, match=r"cannot use device .* use 'cpu'"):
        runtime.setup(device=device)


def test_bad_device_changes_no_seed():
    torch.manual_seed(3)
    state = torch.get_rng_state()
    with pytest.raises(ValueError, match="banana"):
        runtime.setup(seed=5, device="banana")
    assert torch.equal(state, torch.get_rng_state())


def test_setup_sets_the_threads_and_says_so(monkeypatch):
    monkeypatch.setattr(runtime, "cpu_quota", lambda: 1)
    torch.set_num_threads(2)
    found = runtime.setup(seed=4)
    assert torch.get_num_threads() == found.threads == 1
    assert found.device == torch.device("cpu")
    assert "seed 4 | device cpu | threads 1 | memory limit" in str(found)
    assert f"torch {torch.__version__.split('+')[0]}" in str(found)
    assert repr(found) == str(found)


def test_unknown_memory_is_said():
    found = runtime.Runtime(0, torch.device("cpu"), 1, None, {"torch": "9"})
    assert "memory limit unknown\ntorch 9" in str(found)
    assert "1.5 GiB" in str(runtime.Runtime(0, torch.device("cpu"), 1, 3 * 2**29, {}))


@pytest.mark.parametrize(
    ("files", "threads"),
    [
        ({}, 64),
        ({"cpu.max": "max 100000"}, 64),
        ({"cpu.max": "200000 100000"}, 2),
        ({"cpu.max": "150000 100000\n"}, 2),
        ({"cpu.max": "10000 100000"}, 1),
        ({"cpu.max": "nonsense"}, 64),
        ({"cpu.max": ""}, 64),
        ({"cpu/cpu.cfs_quota_us": "300000", "cpu/cpu.cfs_period_us": "100000"}, 3),
        ({"cpu/cpu.cfs_quota_us": "-1", "cpu/cpu.cfs_period_us": "100000"}, 64),
        ({"cpu/cpu.cfs_quota_us": "0", "cpu/cpu.cfs_period_us": "100000"}, 64),
        ({"cpu/cpu.cfs_quota_us": "300000"}, 64),
        ({"cpu,cpuacct/cpu.cfs_quota_us": "250000", "cpu,cpuacct/cpu.cfs_period_us": "50000"}, 5),
    ],
)
def test_cpu_quota_of_both_cgroup_versions(cgroup, files, threads):
    cgroup(files)
    assert runtime.cpu_quota() == threads


@pytest.mark.parametrize(("own", "threads"), [("/a/b", 3), ("/a", 4), ("/", 8), ("/gone", 8)])
def test_cpu_quota_asks_the_own_group_and_its_parents(cgroup, own, threads):
    files = {"cpu.max": "800000 100000", "a/cpu.max": "400000 100000", "a/b/cpu.max": "300000 100000"}
    cgroup(files, own)
    assert runtime.cpu_quota() == threads


def test_a_tighter_parent_wins(cgroup):
    cgroup({"a/cpu.max": "100000 100000", "a/b/cpu.max": "max 100000"}, "/a/b")
    assert runtime.cpu_quota() == 1


@pytest.mark.parametrize(
    ("value", "threads"), [("1", 1), ("3", 3), ("0", 4), ("99", 4), ("", 4), ("two", 4), ("-2", 4)]
)
def test_omp_num_threads_is_honoured(cgroup, monkeypatch, value, threads):
    cgroup({"cpu.max": "400000 100000"})
    monkeypatch.setenv("OMP_NUM_THREADS", value)
    assert runtime.cpu_quota() == threads


@pytest.mark.parametrize(("asked", "quota", "threads"), [("", 8, 4), ("", 3, 1), ("", 1, 1), ("0", 8, 4), ("3", 8, 3)])
def test_setup_takes_half_of_the_quota_unless_asked(cgroup, monkeypatch, asked, quota, threads):
    cgroup({"cpu.max": f"{quota}00000 100000"})
    monkeypatch.setenv("OMP_NUM_THREADS", asked)
    assert runtime.setup().threads == torch.get_num_threads() == threads


def test_affinity_is_honoured(cgroup, monkeypatch):
    cgroup({"cpu.max": "800000 100000"})
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 5}, raising=False)
    assert runtime.cpu_quota() == 2


def test_without_affinity_the_cores_count(cgroup, monkeypatch):
    cgroup({})
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert runtime.cpu_quota() == 6
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    cgroup({"cpu.max": "200000 100000"})
    assert runtime.cpu_quota() == 2


@pytest.mark.parametrize(
    ("files", "limit"),
    [
        ({"memory.max": "1048576"}, 1048576),
        ({"memory/memory.limit_in_bytes": "2097152"}, 2097152),
        ({"memory.max": "1048576", "memory/memory.limit_in_bytes": "2097152"}, 1048576),
    ],
)
def test_memory_limit(cgroup, files, limit):
    cgroup(files)
    assert runtime.memory_limit() == limit


@pytest.mark.parametrize("files", [{}, {"memory.max": "max"}, {"memory.max": str(2**62)}])
def test_memory_limit_falls_back_on_the_machine(cgroup, files):
    cgroup(files)
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    assert runtime.memory_limit() == machine
