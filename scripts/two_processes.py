"""The same small training on one process or on several, stopped and resumed at any step: page 20 runs it.

    python scripts/two_processes.py runs/one
    accelerate launch --multi_gpu --num_processes 2 scripts/two_processes.py runs/two

A small network learns to name the letters a to z, in 4 epochs of 13 steps of 32 images. With several processes each
takes its part of every 32, and the gradients are averaged. Into FOLDER come the weights at the end, and on the way,
every 5 steps, all that `--resume` needs, with any number of processes. The network has no BatchNorm: it would see a
part of the batch only.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # to run from any folder, installed or not

import torch
import torch.nn.functional as F
from accelerate import Accelerator, DataLoaderConfiguration, skip_first_batches
from accelerate.utils import set_seed
from torch.utils.data import DataLoader

from helpers.checkpoints import replacing
from helpers.data.images import letters
from helpers.models import Classifier, Encoder

BATCH, EPOCHS = 32, 4  # images a step, over all processes
EVERY = 5  # steps between two checkpoints


def main(arguments: list[str] | None = None) -> None:
    options = parse(arguments)
    torch.set_num_threads(1)
    set_seed(0)
    sharing = DataLoaderConfiguration(split_batches=True, use_seedable_sampler=True)
    accelerator = Accelerator(cpu=True, dataloader_config=sharing)

    everything = letters()
    a_to_z = torch.tensor(["a" <= name <= "z" for name in everything.classes])
    model = Classifier(Encoder(norm=False), classes=len(everything.classes))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.003)
    train_set = everything.subset(a_to_z[everything.labels].nonzero().flatten())
    loader = DataLoader(train_set, batch_size=BATCH, shuffle=True)
    model, optimizer, loader = accelerator.prepare(model, optimizer, loader)

    step = load(accelerator, model, optimizer, options.folder / "state.pt") if options.resume else 0
    first, last = step, EPOCHS * len(loader)
    if options.killed_at is not None and not first < options.killed_at <= last:
        sys.exit(f"--killed-at {options.killed_at}: this job takes the steps {first + 1} to {last}")
    accelerator.print(f"{accelerator.num_processes} processes, from step {step}", flush=True)
    started = time.perf_counter()
    while step < last:
        loader.set_epoch(step // len(loader))  # the order of the images follows from the epoch alone
        for images, labels in skip_first_batches(loader, step % len(loader)):
            loss = F.cross_entropy(model(images), labels)
            optimizer.zero_grad()
            accelerator.backward(loss)  # here the gradients of all processes are averaged
            optimizer.step()
            step += 1
            if step == options.killed_at and accelerator.is_last_process:
                os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))  # at once, without a last word
            if step % EVERY == 0:
                save(accelerator, model, optimizer, options.folder / "state.pt", step)
    each = 1000 * (time.perf_counter() - started) / max(1, step - first)
    save(accelerator, model, optimizer, options.folder / "final.pt", step)
    accelerator.print(f"step {step}, loss of the last batch's part {loss.item():.3f}, {each:.0f} ms a step")
    model, optimizer = accelerator.free_memory(model, optimizer)  # or their connection outlives the next line,
    accelerator.end_training()  # and now and then a process aborts at its exit


def save(accelerator, model, optimizer, path: Path, step: int) -> None:
    """One process writes, beside the old file first: a kill in mid-writing leaves that one whole."""
    if accelerator.is_main_process:
        path.parent.mkdir(parents=True, exist_ok=True)
        weights = accelerator.unwrap_model(model).state_dict()
        with replacing(path) as beside:
            torch.save({"step": step, "weights": weights, "optimizer": optimizer.state_dict()}, beside)


def load(accelerator, model, optimizer, path: Path) -> int:
    """All processes read; return the steps that were done. Where there is nothing to read, the job ends."""
    if not path.is_file():
        sys.exit(f"nothing to resume: there is no {path}")
    try:
        state = torch.load(path, weights_only=True)
    except Exception as error:
        sys.exit(f"{path} cannot be read ({error}): start again without --resume")
    accelerator.unwrap_model(model).load_state_dict(state["weights"])
    optimizer.load_state_dict(state["optimizer"])
    return state["step"]


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="where the weights go")
    parser.add_argument("--resume", action="store_true", help="go on from the last checkpoint in FOLDER")
    parser.add_argument("--killed-at", metavar="STEP", type=int, help="the last process kills itself after this step")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
