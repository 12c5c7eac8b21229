"""What is compression worth? The parts of page 16 that take too long for the page.

    python tools/worth_of_compression.py    about 8 minutes on two quiet cores

It writes helpers/shipped/worth_of_compression.json.

Three questions. Pruning and low rank: five trainings of the page's network, then for each contender the same extra
training. Distillation: five draws of labels, each with another teacher and another student. Both are judged on the
page's validation digits; each contender chose its learning rate on the validation digits, with a training
and a draw that are not among the five. The page's network with 8-bit activations: exported,
calibrated, and timed with and without a compiler.
"""

from __future__ import annotations

import copy
import json
import logging
import platform
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrize

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from helpers.data import few_labels, make_loader  # noqa: E402
from helpers.data.augment import redraw  # noqa: E402
from helpers.data.images import digits  # noqa: E402
from helpers.finetune import finetune  # noqa: E402
from helpers.loops import fit, one_cycle  # noqa: E402
from helpers.metrics import accuracy, predict  # noqa: E402
from helpers.models import Classifier, Encoder, count_parameters  # noqa: E402

STORED = ROOT / "helpers" / "shipped" / "worth_of_compression.json"
STEPS, ROUNDS, ROUND_STEPS = 300, 3, 50
SHARES, RANKS, WIDTHS = (0.9, 0.98), (8,), (4, 8)
EXTRA_RATES, RATES = (1e-3, 3e-3, 1e-2, 3e-2), (1e-3, 3e-3, 1e-2, 3e-2, 1e-1)
BUDGETS, TEMPERATURE = (10,), 4.0
SEEDS, TUNING = range(5), 100


class Masked(nn.Module):
    """A weight of which some entries stay 0."""

    def __init__(self, mask: Tensor) -> None:
        super().__init__()
        self.register_buffer("mask", mask)

    def forward(self, weight: Tensor) -> Tensor:
        return weight * self.mask


def network() -> nn.Sequential:
    """The page's network: an encoder, a wide hidden layer, ten logits."""
    return nn.Sequential(Encoder(), nn.Linear(1024, 256), nn.ReLU(), nn.Linear(256, 10))


def student(width: int = 4) -> nn.Module:
    return Classifier(Encoder(width=width))


def layers(model: nn.Module) -> list[nn.Module]:
    return [layer for layer in model.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]


def masks_by_size(model: nn.Module, share: float) -> list[Tensor]:
    """The share of the weights that are smallest in size goes, over all layers together."""
    sizes = [layer.weight.detach().abs() for layer in layers(model)]
    flat = torch.cat([size.flatten() for size in sizes])
    kept = torch.ones(len(flat), dtype=torch.bool)
    kept[flat.argsort(stable=True)[: int(share * len(flat))]] = False
    parts = kept.split([size.numel() for size in sizes])
    return [part.view(size.shape) for part, size in zip(parts, sizes, strict=True)]


def masks_by_chance(model: nn.Module, share: float) -> list[Tensor]:
    """As many weights go from each layer as by size, but which ones is chance."""
    return [mask.flatten()[torch.randperm(mask.numel())].view(mask.shape) for mask in masks_by_size(model, share)]


def prune(model: nn.Module, masks: list[Tensor]) -> None:
    for layer, mask in zip(layers(model), masks, strict=True):
        if parametrize.is_parametrized(layer):
            parametrize.remove_parametrizations(layer, "weight")
        parametrize.register_parametrization(layer, "weight", Masked(mask))


def low_rank(model: nn.Module, rank: int) -> None:
    """Two thin layers in place of the wide one."""
    wide = model[1]
    u, s, v = torch.linalg.svd(wide.weight.detach(), full_matrices=False)
    down, up = nn.Linear(1024, rank, bias=False), nn.Linear(rank, 256)
    down.weight.data, up.weight.data, up.bias.data = v[:rank], u[:, :rank] * s[:rank], wide.bias.detach()
    model[1] = nn.Sequential(down, up)


def trained_again(start: nn.Module, lr: float, seed: int, kind: str, amount: float) -> nn.Module:
    """A copy of `start`, pruned or made thin, with `ROUNDS` rounds of extra training."""
    torch.manual_seed(seed)
    model = copy.deepcopy(start)
    if kind == "rank":
        low_rank(model, int(amount))
    for turn in range(1, ROUNDS + 1):
        share = 1 - (1 - amount) ** (turn / ROUNDS) if kind == "iterative" else amount
        if kind == "iterative" or (kind in ("one-shot", "chance") and turn == 1):
            prune(model, (masks_by_chance if kind == "chance" else masks_by_size)(model, share))
        if lr:
            finetune(model, TRAIN, steps=ROUND_STEPS, lr=lr, seed=10 * seed + turn)
    return model


def distillation(teacher: nn.Module, augment: Callable[[Tensor], Tensor]) -> Callable:
    """The loss of distillation: the teacher's answers to the same changed images, at TEMPERATURE."""

    def loss_fn(model: nn.Module, batch: list[Tensor]) -> Tensor:
        images = augment(batch[0])
        with torch.no_grad():
            wanted = (teacher(images) / TEMPERATURE).log_softmax(dim=1)
        answer = (model(images) / TEMPERATURE).log_softmax(dim=1)
        return TEMPERATURE**2 * F.kl_div(answer, wanted, reduction="batchmean", log_target=True)

    return loss_fn


def distilled(teacher: nn.Module, data: object, lr: float, seed: int) -> nn.Module:
    torch.manual_seed(seed)
    model, loader = student(), make_loader(data, batch_size=50, steps=STEPS, seed=seed)
    fit(model, distillation(teacher.eval(), redraw), loader, epochs=1, lr=lr, schedule=one_cycle, progress=False)
    return model


def plain(make: Callable, data: object, lr: float, seed: int, steps: int = STEPS) -> nn.Module:
    torch.manual_seed(seed)
    return finetune(make(), data, steps=steps, lr=lr, seed=seed)


def score(model: nn.Module, data: object) -> float:
    return round(100 * accuracy(*predict(model, make_loader(data, batch_size=500))), 2)


def contend(name: str, make: Callable[[float, int], nn.Module], rates: tuple[float, ...]) -> dict[int, nn.Module]:
    """Choose the rate with the tuning seed on validation digits; then run all seeds, and store their accuracies."""
    tried = {lr: score(make(lr, TUNING), VAL) for lr in rates}
    best = max(tried, key=tried.get)
    models = {seed: make(best, seed) for seed in SEEDS}
    RESULTS["rates"][name], RESULTS["tried"][name] = best, list(tried.values())
    RESULTS["val"][name] = [score(model, VAL) for model in models.values()]
    STORED.write_text(json.dumps(RESULTS, indent=1) + "\n")
    print(f"{name:36} {best:g} {tried} {RESULTS['val'][name]}", flush=True)
    return models


def prune_and_thin(teachers: dict[int, nn.Module]) -> None:
    def again(kind: str, amount: float) -> Callable[[float, int], nn.Module]:
        return lambda lr, seed: trained_again(teachers[seed], lr, seed, kind, amount)

    contend("trained longer", again("unpruned", 0), EXTRA_RATES)
    for share in SHARES:
        contend(
            f"one-shot {share:g}, untrained",
            lambda lr, s, x=share: trained_again(teachers[s], 0, s, "one-shot", x),
            (0,),
        )
        for kind in ("one-shot", "iterative"):
            contend(f"{kind} {share:g}", again(kind, share), EXTRA_RATES)
    contend("chance 0.9", again("chance", 0.9), EXTRA_RATES)
    for rank in RANKS:
        contend(f"rank {rank}, untrained", lambda lr, s, x=rank: trained_again(teachers[s], 0, s, "rank", x), (0,))
        contend(f"rank {rank}", again("rank", rank), EXTRA_RATES)
    for width in WIDTHS:
        contend(
            f"small {width}",
            lambda lr, s, w=width: plain(lambda: student(w), TRAIN, lr, s, STEPS + ROUNDS * ROUND_STEPS),
            RATES,
        )


def distil(teachers: dict[int, nn.Module]) -> None:
    contend("labels, all", lambda lr, s: plain(student, TRAIN, lr, s), RATES)
    contend("teacher, all images", lambda lr, s: distilled(teachers[s], TRAIN, lr, s), RATES)
    for n in BUDGETS:
        few = {seed: few_labels(TRAIN, n, seed) for seed in (TUNING, *SEEDS)}
        contend(f"labels, {n}", lambda lr, s, d=few: plain(student, d[s], lr, s), RATES)
        contend(f"teacher, {n}", lambda lr, s, d=few: distilled(teachers[s], d[s], lr, s), RATES)
        own = contend(f"large, {n}", lambda lr, s, d=few: plain(network, d[s], lr, s), RATES)
        own[TUNING] = plain(network, few[TUNING], RESULTS["rates"][f"large, {n}"], TUNING)
        contend(f"teacher of {n}, {n}", lambda lr, s, d=few, t=own: distilled(t[s], d[s], lr, s), RATES)


def exported(model: nn.Module, images: Tensor) -> nn.Module:
    """Weights and activations of 8 bits, the ranges of the activations observed on `images`."""
    from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e
    from torchao.quantization.pt2e.quantizer import x86_inductor_quantizer as x86

    dynamic = ({0: torch.export.Dim("n")},)
    graph = torch.export.export(model.eval(), (images,), dynamic_shapes=dynamic).module()
    quantizer = x86.X86InductorQuantizer().set_global(x86.get_default_x86_inductor_quantization_config())
    watching = prepare_pt2e(graph, quantizer)
    with torch.no_grad():
        watching(images)
    return convert_pt2e(watching)


def milliseconds(model: Callable, images: Tensor, times: int = 100) -> float:
    """The fastest of many runs: what other programs disturb least."""
    with torch.no_grad():
        spent = []
        for _ in range(times):
            start = time.perf_counter()
            model(images)
            spent.append(time.perf_counter() - start)
    return round(1000 * min(spent), 4)


def timed(model: nn.Module) -> dict:
    """Milliseconds of the page's network, static and not, compiled and not; needs a C++ compiler."""
    import torch._inductor.config as inductor

    inductor.freezing = True
    images, found = TRAIN.images[:64], {"machine": platform.processor() or platform.machine()}
    static = exported(model, images)
    for name, net in (("float32", model), ("8-bit", static)):
        for size in (1, 64):
            torch._dynamo.reset()
            found[f"{name}, {size}"] = milliseconds(net, images[:size])
            found[f"{name} compiled, {size}"] = milliseconds(torch.compile(net, dynamic=False), images[:size])
    return found


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    TRAIN, VAL, _ = digits()
    RESULTS = {
        "facts": {
            "steps": STEPS,
            "rounds": ROUNDS,
            "round_steps": ROUND_STEPS,
            "list": RATES,
            "extra_list": EXTRA_RATES,
        }
    }
    RESULTS |= {"rates": {}, "tried": {}, "val": {}}
    large = contend("large", lambda lr, s: plain(network, TRAIN, lr, s), RATES)
    large[TUNING] = plain(network, TRAIN, RESULTS["rates"]["large"], TUNING)
    RESULTS["weights"] = {"large": count_parameters(network())} | {
        f"small {w}": count_parameters(student(w)) for w in WIDTHS
    }
    prune_and_thin(large)
    distil(large)
    RESULTS["timed"] = timed(large[0])
    STORED.write_text(json.dumps(RESULTS, indent=1) + "\n")
    print(RESULTS["timed"])
