"""scripts/two_processes.py: one process, and two of which one is killed and that resume, end at the same weights.

Only two jobs of two processes are launched; one process runs right here.
"""

import contextlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import torch
from accelerate.state import AcceleratorState

SCRIPT = Path(__file__).resolve().parent.parent / "scripts" / "two_processes.py"
LAUNCH = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2", "--num_machines", "1"]
LAUNCH += ["--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]


def launch(*arguments, seconds=240):
    """What two processes say, and their status; they are ended if it takes too long."""
    settings = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": "", "USE_LIBUV": "0"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": settings}
    with subprocess.Popen([sys.executable, *LAUNCH, SCRIPT, *map(str, arguments)], **pipes) as job:
        try:
            said, complaints = job.communicate(timeout=seconds)
            return said, complaints, job.returncode
        finally:
            if job.poll() is None:
                for process in [*psutil.Process(job.pid).children(recursive=True), job]:
                    with contextlib.suppress(psutil.Error):
                        process.kill()


class KilledError(BaseException):
    """In the place of a real kill, which would end the tests."""


@pytest.fixture(scope="module")
def alone():
    """The program as a function of its arguments, in this process."""
    threads = torch.get_num_threads()
    spec = importlib.util.spec_from_file_location("two_processes", SCRIPT)
    program = importlib.util.module_from_spec(spec)
    path = list(sys.path)
    spec.loader.exec_module(program)
    sys.path[:] = path
    with torch.random.fork_rng(devices=[]), pytest.MonkeyPatch.context() as patch:
        patch.setattr(program.os, "kill", lambda *_: (_ for _ in ()).throw(KilledError()))
        yield lambda *arguments: program.main([str(each) for each in arguments])
    torch.set_num_threads(threads)
    AcceleratorState._reset_state(reset_partial_state=True)  # the process is as it was for other tests


def ended(folder):
    """All weights, and Adam's means of the gradients; these would be twice as long if gradients were summed."""
    state = torch.load(folder / "final.pt", weights_only=True)
    assert state["step"] == 52
    means = [each["exp_avg"] for each in state["optimizer"]["state"].values()]
    return [torch.cat([tensor.flatten() for tensor in part]) for part in (state["weights"].values(), means)]


@pytest.fixture(scope="module")
def one(alone, tmp_path_factory):
    folder = tmp_path_factory.mktemp("one")
    alone(folder)
    return ended(folder)


def test_two_processes_killed_and_resumed_end_where_one_does(one, tmp_path):
    said, complaints, status = launch(tmp_path, "--killed-at", 33)
    assert status != 0 and said.count("2 processes, from step 0") == 1 and "step 52" not in said and complaints
    assert [path.name for path in tmp_path.iterdir()] == ["state.pt"]
    assert torch.load(tmp_path / "state.pt", weights_only=True)["step"] == 30
    said, complaints, status = launch(tmp_path, "--resume")
    assert status == 0 and said.count("2 processes, from step 30") == 1, complaints
    weights, means = ended(tmp_path)
    assert torch.allclose(weights, one[0], atol=1e-3)
    assert (means - one[1]).norm() < 0.1 * one[1].norm()


def test_one_process_resumes_to_the_very_same_weights(alone, one, tmp_path, capsys):
    with pytest.raises(KilledError):
        alone(tmp_path, "--killed-at", 17)
    alone(tmp_path, "--resume")
    assert "from step 15" in capsys.readouterr().out
    assert all(map(torch.equal, ended(tmp_path), one))


def test_what_cannot_be_done_is_told(alone, tmp_path):
    with pytest.raises(SystemExit, match=r"there is no .*state\.pt"):
        alone(tmp_path, "--resume")
    (tmp_path / "state.pt").write_bytes(b"half of it")
    with pytest.raises(SystemExit, match="without --resume"):
        alone(tmp_path, "--resume")
    with pytest.raises(SystemExit, match="steps 1 to 52"):
        alone(tmp_path, "--killed-at", 99)
