"""scripts/train.py and predict.py as their users run them: to the end, killed, resumed, shared, on bad input."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import predict
import pytest
import torch
import train
from PIL import Image

from helpers.checkpoints import read_checkpoint
from helpers.photo_model import CONFIG, NONE, WEIGHTS, classify, load_photo_model

SCRIPTS = Path(__file__).resolve().parent.parent / "scripts"
QUICK = ["--size", "64", "--workers", "0", "--epochs", "3", "--patience", "9"]
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
COLOURS = {"blue": (30, 60, 200), "红色": (200, 40, 30), "green & co": (40, 180, 50)}


def paint(root, per_class=6):
    """Squares of three colours, of other sizes and shades, with noise, so that no two are alike."""
    generator = torch.Generator().manual_seed(0)
    for name, colour in COLOURS.items():
        (root / name).mkdir(parents=True, exist_ok=True)
        for i in range(per_class):
            noise = 120 * torch.rand(4, 4, 3, generator=generator) - 60
            pixels = (torch.tensor(colour) + noise).clamp(0, 255).byte().numpy()
            Image.fromarray(pixels).resize((70 + 10 * i, 90)).save(root / name / f"p{i // 2}_{i}.png")
    return root


def command(*arguments):
    return [sys.executable, str(SCRIPTS / "train.py"), *map(str, arguments)]


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    return paint(tmp_path_factory.mktemp("own") / "colours")


@pytest.fixture(scope="module")
def finished(photos):
    out = photos.parent / "finished"
    done = subprocess.run(
        command(photos, "--out", out, *QUICK), capture_output=True, text=True, env=ONE_THREAD, timeout=300
    )
    assert done.returncode == 0, done.stderr
    return out, done.stdout


def test_a_run_says_what_it_does_and_leaves_a_model_a_card_and_a_report(finished, photos):
    out, said = finished
    for words in ("12 photos to train on, 3 to choose by, 3 to test", "epoch 3 of 3", "test photos right", "红色 4"):
        assert words in said
    assert sorted(path.name for path in out.iterdir()) == ["README.md", CONFIG, "figures", WEIGHTS, "report.md"]
    assert "license: other" in (out / "README.md").read_text() and "## Limits" in (out / "README.md").read_text()
    assert "## Would more photos help?" in (out / "report.md").read_text()
    figures = {path.stem for path in (out / "figures").iterdir()}
    assert {"confusion", "learning_curve", "recall"} <= figures <= {"confusion", "learning_curve", "recall", "errors"}
    config = json.loads((out / CONFIG).read_text())
    assert config["classes"] == sorted(COLOURS) and config["contract"]["crop"] == 64


def test_predict_names_photos_and_reports_bad_ones(finished, photos, tmp_path, capsys):
    out, _ = finished
    (tmp_path / "bad.jpg").write_text("no picture")
    good = [str(photos / name / "p0_0.png") for name in COLOURS]
    assert predict.main([str(out), *good]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split("\t")[0] for line in lines] == good
    assert all(line.split("\t")[1] in {*COLOURS, NONE} for line in lines)
    assert predict.main([str(out), str(tmp_path / "bad.jpg"), good[0], str(tmp_path / "gone.jpg")]) == 2
    captured = capsys.readouterr()
    assert captured.out.startswith(good[0]) and captured.err.count("error: ") == 2
    assert predict.main([str(tmp_path), good[0]]) == 2
    assert "no model there" in capsys.readouterr().err


def test_unsure_answers_are_none_of_these(finished, photos):
    model, config = load_photo_model(finished[0])
    photo = photos / "blue" / "p0_0.png"
    _, confidence, each = classify(model, config, photo)
    assert abs(sum(each.values()) - 1) < 1e-5 and confidence == max(each.values())
    assert classify(model, {**config, "unsure_below": 1.01}, photo)[0] == NONE
    assert classify(model, {**config, "unsure_below": 0.0}, photo)[0] == max(each, key=each.get)


def test_changed_weights_and_configs_are_refused(finished, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(finished[0], copy)
    content = bytearray((copy / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (copy / WEIGHTS).write_bytes(content)
    with pytest.raises(ValueError, match="their SHA-256 differs"):
        load_photo_model(copy)
    config = json.loads((copy / CONFIG).read_text())
    for change in ({"classes": ["a"]}, {"temperature": 0}, {"contract": {"size": 3}}):
        (copy / CONFIG).write_text(json.dumps({**config, **change}))
        with pytest.raises(ValueError, match="config"):
            load_photo_model(copy)
    (copy / CONFIG).write_text("{")
    with pytest.raises(ValueError, match="not a whole config"):
        load_photo_model(copy)


def test_a_killed_run_resumes_to_the_same_model(finished, photos, tmp_path):
    out = tmp_path / "killed"
    running = subprocess.Popen(command(photos, "--out", out, *QUICK), env=ONE_THREAD, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 240
    while not (out / train.STATE).exists():
        assert running.poll() is None and time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    kept = train.load(out / train.STATE)["history"]
    assert 2 <= len(kept) <= 3, "killed after the first epoch or the second"
    again = subprocess.run(command(photos, "--out", out, *QUICK), capture_output=True, text=True, env=ONE_THREAD)
    assert again.returncode == 2 and "Pass --resume" in again.stderr and "Traceback" not in again.stderr
    other = subprocess.run(
        command(photos, "--out", out, *QUICK, "--seed", "1", "--resume"), capture_output=True, text=True, env=ONE_THREAD
    )
    assert other.returncode == 2 and "it had --seed 0" in other.stderr
    resumed = subprocess.run(
        command(photos, "--out", out, *QUICK, "--resume"), capture_output=True, text=True, env=ONE_THREAD
    )
    assert resumed.returncode == 0, resumed.stderr
    assert f"going on after epoch {len(kept) - 1}" in resumed.stdout and "taken from the run before" in resumed.stdout
    unbroken, _ = read_checkpoint(finished[0] / WEIGHTS)
    tensors, _ = read_checkpoint(out / WEIGHTS)
    assert all(torch.equal(tensors[name], tensor) for name, tensor in unbroken.items())
    assert not (out / train.STATE).exists()


def test_two_processes_share_the_work(finished, photos, tmp_path):
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"]  # or CPUs
    launch += ["--main_process_port", "0"]
    arguments = command(photos, "--out", tmp_path / "two", *QUICK)[1:]
    done = subprocess.run([*launch, *arguments], capture_output=True, text=True, env=ONE_THREAD, timeout=400)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "2 processes share the work" in done.stdout
    assert done.stdout.count("epoch 3 of 3") == 1 and (tmp_path / "two" / WEIGHTS).is_file()
    assert train.main([str(photos), "--out", str(tmp_path / "two")]) == 2


def broken_folder(tmp_path, fault):
    root = paint(tmp_path / "photos", per_class=3)
    if fault == "gone":
        return tmp_path / "gone"
    if fault == "one class":
        return root / "blue"
    if fault == "two photos":
        (root / "blue" / "p0_0.png").unlink()
    if fault == "no image":
        for path in (root / "blue").iterdir():
            path.write_text("no picture")
    return root


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("gone", "no such folder"),
        ("one class", "no sub-folders"),
        ("two photos", "3 groups of each class"),
        ("no image", "a class without images"),
    ],
)
def test_bad_input_is_an_error_of_status_2(tmp_path, capsys, fault, words):
    folder = broken_folder(tmp_path, fault)
    assert train.main([str(folder), "--out", str(tmp_path / "out"), *QUICK]) == 2
    captured = capsys.readouterr()
    assert words in captured.err and "Traceback" not in captured.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("arguments", [["--epochs", "-1"], ["--size", "20"], ["--group", "("], ["--lr", "0"]])
def test_bad_options_end_with_status_2(tmp_path, capsys, arguments):
    with pytest.raises(SystemExit) as stopped:
        train.main([str(tmp_path), *arguments])
    assert stopped.value.code == 2 and "error: --" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written(photos, tmp_path, capsys):
    (tmp_path / "file").write_text("in the way")
    assert train.main([str(photos), "--out", str(tmp_path / "file" / "out"), *QUICK]) == 2
    assert "cannot make this folder" in capsys.readouterr().err


def test_bad_files_are_named_and_left_out(tmp_path, capsys, monkeypatch):
    root = paint(tmp_path / "photos", per_class=4)
    (root / "blue" / "notes.jpg").write_text("no picture")
    seen = []
    monkeypatch.setattr(train, "photo_model", lambda classes: seen.append(classes) or exit_here())
    assert train.main([str(root), "--out", str(tmp_path / "out"), *QUICK]) == 2
    said = capsys.readouterr().out
    assert "1 file left out" in said and "notes.jpg" in said and seen == [3]


def exit_here():
    raise ValueError("far enough")


def test_a_file_that_vanishes_and_a_full_disk(tmp_path, capsys, monkeypatch):
    """In mid-training a photo vanishes: the run stops, is kept, and goes on when the photo is back."""
    root, out = paint(tmp_path / "photos", per_class=4), tmp_path / "out"
    epoch = train.train_epoch
    lost = None

    def vanish(accelerator, model, optimizer, train_set, number, options):
        nonlocal lost
        if number == 2 and lost is None:
            lost = Path(train_set.paths[0])
            lost.rename(tmp_path / "lost.png")
        return epoch(accelerator, model, optimizer, train_set, number, options)

    monkeypatch.setattr(train, "train_epoch", vanish)
    arguments = [str(root), "--out", str(out), *QUICK]
    assert train.main(arguments) == 2
    error = capsys.readouterr().err
    assert str(lost) in error and "Traceback" not in error and (out / train.STATE).exists()

    (tmp_path / "lost.png").rename(lost)

    def full(*arguments, **options):
        raise RuntimeError("[enforce fail at inline_container.cc] . PytorchStreamWriter failed writing file")

    saved = (out / train.STATE).read_bytes()
    monkeypatch.setattr(torch, "save", full)
    assert train.main([*arguments, "--resume"]) == 2
    assert "Is the disk full?" in capsys.readouterr().err and (out / train.STATE).read_bytes() == saved
    monkeypatch.undo()
    assert train.main([*arguments, "--resume"]) == 0


def test_a_group_stays_in_one_set(photos):
    options = train.parse([str(photos), "--group", "^p[0-9]+", "--size", "64"])
    sets, _ = train.read(options)
    groups = [{(Path(path).parent.name, Path(path).name[:2]) for path in part.paths} for part in sets]
    names = [{name for _, name in part} for part in groups]
    assert [len(part) for part in sets] == [6, 6, 6] and not (names[0] & names[1] or names[1] & names[2])


def test_a_group_that_is_in_no_name_is_told(photos, capsys, tmp_path):
    assert train.main([str(photos), "--group", "^zzz", "--out", str(tmp_path / "out")]) == 2
    assert "is in no photo's name" in capsys.readouterr().err


def test_a_class_of_three_ends_with_a_model(tmp_path, capsys):
    """And copies with two labels are told."""
    root = paint(tmp_path / "photos", per_class=6)
    for path in sorted((root / "blue").iterdir())[3:]:
        path.unlink()
    (root / "green & co" / "wrong.png").write_bytes((root / "红色" / "p0_0.png").read_bytes())
    arguments = [str(root), "--out", str(tmp_path / "out"), "--size", "64", "--workers", "0", "--epochs", "0"]
    assert train.main(arguments) == 0
    said = capsys.readouterr().out
    assert "near copies with two labels" in said and "wrong.png" in said
    report = (tmp_path / "out" / "report.md").read_text()
    assert "too few training photos to tell" in report and "near copies with two labels" in report


def test_help_is_for_strangers():
    done = subprocess.run(command("--help"), capture_output=True, text=True, timeout=200)
    assert done.returncode == 0
    for words in ("one sub-folder of photos for each class", "--resume", "accelerate launch", "example:"):
        assert words in done.stdout
