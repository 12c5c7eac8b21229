"""Make what comes with the course (helpers/shipped): two encoders, and the label-budget race.

    python tools/ship.py

Everything follows from the course's own recipes, seeds and data; `make bench` repeats it and
compares.
"""

from __future__ import annotations

import json
import multiprocessing
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from tqdm import tqdm

from helpers import checkpoints, recipes
from helpers.data import digits, glyphs, make_loader
from helpers.metrics import accuracy, predict
from helpers.runtime import cpu_quota, setup

EPOCHS = {"letters": 45, "warped": 25}
BUDGETS = (1, 2, 5, 10, 50)  # labels a digit
DRAWS = 5
SEED = 0


def train_encoders(folder: Path) -> dict[str, float]:
    """Pretrain "letters" and "warped" into `folder`; return the seconds that each took."""
    folder.mkdir(parents=True, exist_ok=True)
    letters, (train_set, _, _) = glyphs(), digits()
    start = time.perf_counter()
    classifier, _ = recipes.pretrain_letters(letters, epochs=EPOCHS["letters"], seed=SEED)
    middle = time.perf_counter()
    autoencoder, _ = recipes.pretrain_warped(train_set, epochs=EPOCHS["warped"], seed=SEED)
    seconds = {"letters": middle - start, "warped": time.perf_counter() - middle}
    checkpoints.save_model(
        classifier,
        folder / "letters.safetensors",
        what="Encoder of three 3x3 convolutions of stride 2 (16, 32, 64 channels, BatchNorm) and a linear head",
        trained=f"helpers.recipes.pretrain_letters, {EPOCHS['letters']} epochs, seed {SEED}",
        data=f"{len(letters)} images of {len(letters.classes)} letters (Latin, Greek, Cyrillic), DejaVu and STIX fonts",
        licence="BSD-3-Clause",
    )
    checkpoints.save_model(
        autoencoder,
        folder / "warped.safetensors",
        what="Autoencoder: the same encoder, and a mirrored decoder",
        trained=f"helpers.recipes.pretrain_warped, {EPOCHS['warped']} epochs, seed {SEED}, no label read",
        data=f"{len(train_set)} handwritten digits, a subset of MNIST, training split",
        licence="BSD-3-Clause",
    )
    return seconds


def race(folder: Path) -> dict:
    """Train every contender on every budget and draw, with the encoders in `folder`.

    Returns:
        {"val" or "test": {contender: {labels per class: [accuracy in percent, one a draw]}}}
    """
    jobs = [(name, budget, draw) for budget in BUDGETS for name in recipes.CONTENDERS for draw in range(DRAWS)]
    results = {split: {name: {str(b): [] for b in BUDGETS} for name in recipes.CONTENDERS} for split in ("val", "test")}
    # These networks are too small to share between threads: a process a core, one thread each.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(cpu_quota(), mp_context=context, initializer=_one_thread) as pool:
        measured = pool.map(partial(_run, folder=folder), jobs)
        for (name, budget, _), (val, test) in zip(jobs, tqdm(measured, total=len(jobs), desc="race"), strict=True):
            results["val"][name][str(budget)].append(val)
            results["test"][name][str(budget)].append(test)
    return results


def _one_thread() -> None:
    import torch

    setup(SEED)
    torch.set_num_threads(1)


def _run(job: tuple[str, int, int], folder: Path) -> tuple[float, float]:
    """Validation and test accuracy in percent of one contender, budget and draw."""
    name, budget, draw = job
    train_set, val_set, test_set = digits()
    model = recipes.contender(name, train_set, budget, seed=draw, folder=folder)
    val, test = (accuracy(*predict(model, make_loader(split, batch_size=250))) for split in (val_set, test_set))
    return round(100 * val, 2), round(100 * test, 2)


def main() -> None:
    print(setup(SEED))
    for name, seconds in train_encoders(checkpoints.SHIPPED).items():
        print(f"{name}: {seconds:.1f} s")
    results = race(checkpoints.SHIPPED)
    with checkpoints.replacing(checkpoints.SHIPPED / "label_budget.json") as temporary:
        temporary.write_text(json.dumps(results, indent=1) + "\n")
    for name, by_budget in results["val"].items():
        print(f"{name:24}", {n: round(sum(values) / len(values), 1) for n, values in by_budget.items()})


if __name__ == "__main__":
    main()
