"""The label-budget race of page 08: contenders, rules and runs, once for all who need them.

Rules: every contender trains for equally many steps of equally many images; its learning rate is chosen
from RATES on validation images, for each budget, with draws of labels that the race does not use; draws
of labels and pretrainings are varied separately. Pretrained encoders lie in build/race and are made where
they are missing. `make shipped` keeps the result, `make bench` repeats a part.
"""

from __future__ import annotations

import itertools
import json
import multiprocessing
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import torch
from torch import nn
from tqdm import tqdm

from helpers import checkpoints
from helpers.data import LabelledImages, few_labels, make_loader
from helpers.data.augment import redraw, warp
from helpers.data.images import digits, letters
from helpers.finetune import finetune
from helpers.loops import fit, one_cycle
from helpers.losses import augmented, classification_loss, denoising_loss
from helpers.metrics import accuracy, predict
from helpers.models import Autoencoder, Classifier, Decoder, Encoder
from helpers.runtime import cpu_quota, setup
from helpers.selftraining import equal_per_class, globally_surest, self_train, spread_labels

FOLDER = Path(__file__).resolve().parent.parent / "build" / "race"
EPOCHS = {"letters": 45, "random labels": 45, "warped": 25}
BUDGETS = (1, 2, 5, 10, 50)  # labels per digit
DRAWS, PRETRAININGS = range(5), range(3)
TOTAL_STEPS = 500  # of 50 images, for every contender
BEFORE_POOL = 300  # of these, the steps before a self-trained contender labels the pool
RATES, TUNING_DRAWS = (1e-3, 3e-3, 1e-2, 3e-2), (100, 101, 102)
STEP_COUNTS = (10, 30, 100, 300, 1000)
STARTS = {  # contender -> what its encoder starts from
    "scratch": None,
    "scratch strong": None,
    "warped autoencoder": "warped",
    "letters, random labels": "random labels",
    "letters": "letters",
}
SELF_TRAINED = ("scratch strong", "letters")
VERSIONS = {"equal per class": equal_per_class, "globally surest": globally_surest, "label propagation": spread_labels}


def pretrain(kind: str, seed: int) -> nn.Module:
    """Pretrain on letters, on letters whose labels are shuffled, or on warped digits without labels."""
    torch.manual_seed(seed)
    encoder = Encoder()
    if kind == "warped":
        dataset, model, loss_fn = digits()[0], Autoencoder(encoder, Decoder(encoder)), denoising_loss(warp)
    else:
        dataset = letters()
        model, loss_fn = Classifier(encoder, classes=len(dataset.classes)), augmented(classification_loss, redraw)
    if kind == "random labels":
        order = torch.randperm(len(dataset), generator=torch.Generator().manual_seed(seed))
        dataset = LabelledImages(dataset.images, dataset.labels[order], dataset.classes)
    loader = make_loader(dataset, batch_size=128, shuffle=True, seed=seed)
    fit(model, loss_fn, loader, epochs=EPOCHS[kind], lr=4e-3, schedule=one_cycle, progress=False)
    return model


def encoder_file(kind: str, seed: int) -> Path:
    return FOLDER / f"{kind.replace(' ', '_')}-{seed}.safetensors"


def ensure_encoder(job: tuple[str, int]) -> None:
    """Pretrain and save where the file is missing."""
    kind, seed = job
    if not encoder_file(kind, seed).exists():
        facts = {"what": "encoder", "data": "course data", "licence": "BSD-3-Clause"}
        model = pretrain(kind, seed)
        checkpoints.save_model(model, encoder_file(kind, seed), trained=f"tools/race.py, seed {seed}", **facts)


def start(contender: str, seed: int) -> Classifier:
    """A contender before it meets a label; `seed` is its pretraining's, or of its random weights."""
    torch.manual_seed(seed)
    encoder = Encoder(norm=contender != "scratch")  # the article's network has no BatchNorm
    if STARTS[contender]:
        checkpoints.load_encoder(encoder, encoder_file(STARTS[contender], seed))
    return Classifier(encoder)


def train(contender: str, budget: int, draw: int, seed: int, lr: float, steps: int = TOTAL_STEPS) -> Classifier:
    """Fine-tune a contender on `budget` labels per digit."""
    few, model = few_labels(digits()[0], budget, seed=draw), start(contender, seed)
    torch.manual_seed(1000 * seed + draw)
    augment = None if contender == "scratch" else redraw  # the article does not augment
    return finetune(model, few, steps=steps, lr=lr, augment=augment, seed=draw)


def pool(name: str) -> torch.Tensor:
    """Unlabelled images: all training digits, or ten times fewer of the rarest digit than of the commonest."""
    train_set = digits()[0]
    if name == "natural":
        return train_set.images
    order = torch.randperm(10, generator=torch.Generator().manual_seed(0)).tolist()
    keep = [
        (train_set.labels == digit).nonzero().flatten()[: round(350 * 10 ** (-k / 9))] for digit, k in enumerate(order)
    ]
    return train_set.images[torch.cat(keep)]


def measure(model: nn.Module) -> dict[str, float]:
    """Accuracy in percent on the validation and on the test images."""
    _, val_set, test_set = digits()
    sets = {"val": val_set, "test": test_set}
    return {name: round(100 * accuracy(*predict(model, make_loader(s, batch_size=250))), 2) for name, s in sets.items()}


def run_plain(job: tuple) -> dict[str, float]:
    return measure(train(*job))


def run_self_trained(job: tuple) -> dict[str, float]:
    """A contender that goes on to learn from the unlabelled pool."""
    contender, budget, draw, seed, lr, version, pool_name = job
    model = train(contender, budget, draw, seed, lr, BEFORE_POOL)
    few, believe = few_labels(digits()[0], budget, seed=draw), VERSIONS[version]
    torch.manual_seed(1000 * seed + draw)
    steps = TOTAL_STEPS - BEFORE_POOL
    return measure(self_train(model, few, pool(pool_name), believe, steps=steps, seed=draw))


def tune(run_all: Callable, contenders: Iterable[str], budgets: Iterable[int]) -> dict[str, dict[str, float]]:
    """The best of RATES for each contender and budget, by mean validation accuracy over TUNING_DRAWS."""
    keys = list(itertools.product(contenders, budgets, RATES))
    jobs = [(name, budget, draw, 0, lr) for name, budget, lr in keys for draw in TUNING_DRAWS]
    val = iter(result["val"] for result in run_all(run_plain, jobs, "learning rates"))
    means = {key: sum(next(val) for _ in TUNING_DRAWS) for key in keys}
    return {
        name: {str(budget): max(RATES, key=lambda lr: means[name, budget, lr]) for budget in budgets}
        for name in contenders
    }


def race(budgets: tuple = BUDGETS, draws: Iterable[int] = DRAWS, seeds: Iterable[int] = PRETRAININGS) -> dict:
    """Run everything; accuracies in percent, [[one for each pretraining] for each draw of labels].

    Returns:
        "val" and "test": {contender: {budget: accuracies}}; "rates": {contender: {budget: learning rate}};
        "steps": {contender: {budget: {steps: accuracies}}} and "versions": {version: {pool: accuracies}},
        both on validation images, the latter with one label per digit.
    """
    draws, seeds = list(draws), list(seeds)
    context = multiprocessing.get_context("spawn")  # a process for each core, one thread each: the networks are small
    with ProcessPoolExecutor(cpu_quota(), mp_context=context, initializer=_one_thread) as workers:

        def run_all(run: Callable, jobs: list, what: str) -> list:
            return list(tqdm(workers.map(run, jobs), total=len(jobs), desc=what, mininterval=5))

        def accuracies(run: Callable, job: Callable, what: str) -> dict[str, list[list[float]]]:
            results = iter(run_all(run, [job(draw, seed) for draw in draws for seed in seeds], what))
            table = [[next(results) for _ in seeds] for _ in draws]
            return {split: [[r[split] for r in row] for row in table] for split in ("val", "test")}

        run_all(ensure_encoder, [(kind, seed) for seed in seeds for kind in EPOCHS], "pretraining")
        rates = tune(run_all, STARTS, budgets)
        results: dict = {"val": {}, "test": {}, "rates": rates, "steps": {}, "versions": {}}

        def keep(name: str, budget: int, found: dict) -> None:
            for split, values in found.items():
                results[split].setdefault(name, {})[str(budget)] = values
            (FOLDER / "so_far.json").write_text(json.dumps(results))  # to look at while it runs

        for name, n in itertools.product(STARTS, budgets):
            lr = rates[name][str(n)]
            keep(name, n, accuracies(run_plain, lambda d, s: (name, n, d, s, lr), f"{name}, {n}"))  # noqa: B023
        for name, n in itertools.product(SELF_TRAINED, budgets):
            job = (rates[name][str(n)], "label propagation", "natural")
            told = f"{name} + self-training"
            keep(told, n, accuracies(run_self_trained, lambda d, s: (name, n, d, s, *job), f"{told}, {n}"))  # noqa: B023
        for version, pool_name in itertools.product(VERSIONS, ("natural", "10:1")):
            job = (rates["letters"]["1"], version, pool_name)
            found = accuracies(run_self_trained, lambda d, s: ("letters", 1, d, s, *job), f"{version}, {pool_name}")  # noqa: B023
            results["versions"].setdefault(version, {})[pool_name] = found["val"]
        for name, n, steps in itertools.product(SELF_TRAINED, (1, 10), STEP_COUNTS):
            lr = rates[name][str(n)]
            found = accuracies(run_plain, lambda d, s: (name, n, d, s, lr, steps), f"{name}, {n}, {steps} steps")  # noqa: B023
            results["steps"].setdefault(name, {}).setdefault(str(n), {})[str(steps)] = found["val"]
    return results


def _one_thread() -> None:
    setup(0)
    torch.set_num_threads(1)
