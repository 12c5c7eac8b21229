"""What are ImageNet's weights worth on drawn pictures? The parts of page 09 that take too long for the page.

    python tools/worth_of_imagenet.py    about 15 minutes on two quiet cores

It writes helpers/shipped/worth_of_imagenet.json.

Three questions, all with the page's own split of the 483 pictures (by stem, anew for each draw): frozen latents
at four sizes of picture, a small network from scratch, and the whole of EfficientNet-Lite0 fine-tuned, with
BatchNorm trained and with BatchNorm frozen whole. Each contender chooses its penalty or its learning rate on the
validation pictures of its own draw, from the same list; then its test pictures are opened, once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from helpers.backbones import imagenet_backbone  # noqa: E402
from helpers.data.augment import warp  # noqa: E402
from helpers.data.images import pictures  # noqa: E402
from helpers.finetune import finetune  # noqa: E402
from helpers.models import Classifier, Encoder  # noqa: E402
from helpers.probe import linear_probe  # noqa: E402

STORED = ROOT / "helpers" / "shipped" / "worth_of_imagenet.json"
BUDGETS, DRAWS = (1, 5, 10, 20), range(5)
SIZES, SIZE = (64, 96, 128, 160), 64
PENALTIES = (1.0, 10.0, 100.0)
RATES = (3e-4, 1e-3, 3e-3)
SCRATCH_STEPS, TUNE_STEPS = 150, 20


class Scaled(nn.Module):
    """A body that wants -1 to 1 on pictures from 0 to 1, and a head."""

    def __init__(self, body: nn.Module, head: nn.Module) -> None:
        super().__init__()
        self.body, self.head = body, head

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.body(2 * images - 1))


def change(images: Tensor) -> Tensor:
    """A drawn picture on white, mirrored or not, and warped."""
    mirrored = torch.where(torch.rand(len(images), 1, 1, 1) < 0.5, images.flip(3), images)
    return 1 - warp(1 - mirrored)


def stem(name: str) -> str:
    """What a picture shows, without "face" and "with ..."."""
    return name.split(" with ")[0].removesuffix(" face").split()[-1]


def split(labels: Tensor, stems: Tensor, per_class: int, draw: int) -> tuple[Tensor, Tensor, Tensor]:
    """Places of the few labelled, the validation and the test pictures; no stem is in two of them."""
    rank = torch.randperm(int(stems.max()) + 1, generator=torch.Generator().manual_seed(draw))[stems]
    order = (1000 * labels + rank).argsort(stable=True)  # class by class, then stem by stem
    few = torch.cat([order[labels[order] == k][:per_class] for k in range(6)])
    rest = order[~torch.isin(stems[order], stems[few])]
    turn = (stems[rest].diff(prepend=stems[rest[:1]]) != 0).cumsum(dim=0) % 2
    val, test = rest[turn == 0], rest[turn == 1]
    return few, val, test[~torch.isin(stems[test], stems[val])]


def balanced_accuracy(predictions: Tensor, labels: Tensor) -> float:
    """The mean over the classes of the share that is found (%)."""
    return 100 * torch.stack([(predictions[labels == k] == k).double().mean() for k in labels.unique()]).mean().item()


@torch.no_grad()
def outputs_of(model: nn.Module, images: Tensor) -> Tensor:
    """What the model returns for many images, 32 at a time, in `eval()` mode."""
    return torch.cat([model.eval()(part) for part in images.split(32)])


def chosen(contenders: dict[float, Callable[[Tensor], Tensor]], labels: Tensor, val: Tensor, test: Tensor) -> tuple:
    """Which setting is best on the validation pictures, and what it scores on the test pictures."""
    scores = {rate: balanced_accuracy(answer(val), labels[val]) for rate, answer in contenders.items()}
    best = max(scores, key=scores.get)
    return best, balanced_accuracy(contenders[best](test), labels[test])


def main() -> None:
    torch.set_num_threads(min(2, torch.get_num_threads()))
    drawn, names = pictures(SIZE)
    stems_of_all = [stem(name) for name in names]
    stems = torch.tensor([sorted(set(stems_of_all)).index(one) for one in stems_of_all])
    labels, results, rates = drawn.labels, {}, {}
    body = Scaled(imagenet_backbone(classes=0), nn.Identity())
    latents = {size: outputs_of(body, pictures(size)[0].images) for size in SIZES}

    def store(contender: str, per_class: int, draw: int, setting: float, score: float) -> None:
        results.setdefault(contender, {}).setdefault(str(per_class), []).append(round(score, 2))
        rates.setdefault(contender, {}).setdefault(str(per_class), []).append(setting)
        print(f"{contender:32} {per_class:3} draw {draw}: {setting:g} {score:.1f}", flush=True)
        facts = {"scratch_steps": SCRATCH_STEPS, "tune_steps": TUNE_STEPS, "penalties": PENALTIES, "list": RATES}
        STORED.write_text(json.dumps({"facts": facts, "test": results, "chosen": rates}, indent=1) + "\n")

    def train(model: nn.Module, few: Tensor, steps: int, lr: float, draw: int) -> Callable[[Tensor], Tensor]:
        finetune(model, drawn.subset(few), steps=steps, lr=lr, augment=change, seed=draw)
        return lambda rows: outputs_of(model, drawn.images[rows]).argmax(dim=1)

    def from_scratch(few: Tensor, lr: float, draw: int) -> Callable[[Tensor], Tensor]:
        torch.manual_seed(draw)
        model = Classifier(Encoder(in_channels=3, image_size=SIZE), classes=6)
        return train(model, few, SCRATCH_STEPS, lr, draw)

    def tuned(few: Tensor, lr: float, draw: int, moving: bool) -> Callable[[Tensor], Tensor]:
        torch.manual_seed(draw)
        model = Scaled(imagenet_backbone(classes=0), linear_probe(latents[SIZE][few], labels[few], penalty=10.0))
        for layer in model.modules():
            if isinstance(layer, nn.BatchNorm2d) and not moving:
                layer.requires_grad_(False)  # `fit` keeps what is frozen whole in `eval()`
        return train(model, few, TUNE_STEPS, lr, draw)

    for per_class in BUDGETS:
        for draw in DRAWS:
            few, val, test = split(labels, stems, per_class, draw)
            for size, known in latents.items():
                torch.manual_seed(draw)
                heads = {p: linear_probe(known[few], labels[few], penalty=p) for p in PENALTIES}
                answers = {p: lambda rows, h=head, x=known: h(x[rows]).argmax(dim=1) for p, head in heads.items()}
                store(f"frozen at {size}", per_class, draw, *chosen(answers, labels, val, test))
    for per_class in BUDGETS:
        for draw in DRAWS:
            few, val, test = split(labels, stems, per_class, draw)
            nets = {lr: from_scratch(few, lr, draw) for lr in RATES}
            store("scratch", per_class, draw, *chosen(nets, labels, val, test))
    for name, moving, budgets in (("finetuned", False, (5, 20)), ("finetuned, statistics move", True, (20,))):
        for per_class in budgets:
            for draw in DRAWS:
                few, val, test = split(labels, stems, per_class, draw)
                nets = {lr: tuned(few, lr, draw, moving) for lr in RATES}
                store(name, per_class, draw, *chosen(nets, labels, val, test))


if __name__ == "__main__":
    main()
