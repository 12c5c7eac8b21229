"""What can go from a stranger's model? The part of page 16 that presses EfficientNet-Lite0, on page 9's pictures.

    python tools/worth_of_pressed_imagenet.py    about 15 minutes on two quiet cores

It writes helpers/shipped/worth_of_pressed_imagenet.json.

Five splits of the drawn pictures by stem: half to train on, the rest halved into pictures to choose by and to test.
In each, the body is pressed, gets a linear probe on its own latents as its head, and is trained for a few steps with
BatchNorm frozen: with its own statistics, or with those of the training pictures, whichever is better on the
validation pictures before training. The rival is the same network, trained as long, not pressed. The students are
the small network of page 9, from random weights: one reads the labels, one hears the trained unpressed network on the
same images. Each contender chooses its learning rate on the validation pictures of its own split; then its
test pictures are opened, once. With 8-bit activations nothing is trained: ranges are watched on training pictures.
"""

from __future__ import annotations

import copy
import json
import logging
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from worth_of_compression import distillation, exported, layers, masks_by_size, prune  # noqa: E402
from worth_of_imagenet import Scaled, balanced_accuracy, change, outputs_of, stem  # noqa: E402

from helpers.backbones import imagenet_backbone  # noqa: E402
from helpers.data import LabelledImages, make_loader, split_by_group  # noqa: E402
from helpers.data.images import pictures  # noqa: E402
from helpers.finetune import finetune  # noqa: E402
from helpers.loops import fit, one_cycle  # noqa: E402
from helpers.losses import augmented, classification_loss  # noqa: E402
from helpers.models import Classifier, Encoder  # noqa: E402
from helpers.probe import linear_probe  # noqa: E402

STORED = ROOT / "helpers" / "shipped" / "worth_of_pressed_imagenet.json"
SIZE, SPLITS = 64, range(5)
PRUNED, RANKS = (0.5, 0.8), (0.75, 0.5)  # shares of the weights that go, and of the singular values that stay
RATES, STUDENT_RATES = (3e-5, 1e-4, 3e-4, 1e-3), (1e-3, 3e-3, 1e-2)
STEPS, STUDENT_STEPS = 20, 300


def thin(body: nn.Module, share: float) -> None:
    """Two thin convolutions in place of each that looks at one pixel."""
    for parent in list(body.modules()):
        for name, layer in list(parent.named_children()):
            if isinstance(layer, nn.Conv2d) and layer.kernel_size == (1, 1) and layer.groups == 1:
                rank = max(1, round(share * min(layer.in_channels, layer.out_channels)))
                u, s, v = torch.linalg.svd(layer.weight.detach().flatten(1), full_matrices=False)
                down, up = (
                    nn.Conv2d(layer.in_channels, rank, 1, bias=False),
                    nn.Conv2d(rank, layer.out_channels, 1, bias=False),
                )
                down.weight.data, up.weight.data = v[:rank, :, None, None], (u[:, :rank] * s[:rank])[:, :, None, None]
                setattr(parent, name, nn.Sequential(down, up))


PRESSES: dict[str, Callable[[nn.Module], None]] = {
    "as it is": lambda body: None,
    **{f"pruned {share:g}": lambda body, share=share: prune(body, masks_by_size(body, share)) for share in PRUNED},
    **{f"rank {share:g}": lambda body, share=share: thin(body, share) for share in RANKS},
}


@torch.no_grad()
def settled(body: nn.Module, images: Tensor) -> nn.Module:
    """A copy whose BatchNorm statistics are those of `images`, from twenty batches of 50."""
    body = copy.deepcopy(body)
    norms = [layer for layer in body.modules() if isinstance(layer, nn.BatchNorm2d)]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # a plain mean over the batches
    body.train()
    for _ in range(20):
        body(2 * change(images[torch.randperm(len(images))[:50]]) - 1)
    return body.eval()


def weights_left(body: nn.Module) -> int:
    return sum(int((layer.weight != 0).sum()) for layer in layers(body))


def score(model: nn.Module, data: LabelledImages) -> float:
    return balanced_accuracy(outputs_of(model, data.images).argmax(dim=1), data.labels)


def with_probe(body: nn.Module, data: LabelledImages) -> Scaled:
    """The body with a head that was fitted on its latents; BatchNorm frozen whole."""
    latents = outputs_of(Scaled(body, nn.Identity()), data.images)
    model = Scaled(body, linear_probe(latents, data.labels, penalty=10.0))
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.requires_grad_(False)  # `fit` keeps what is frozen whole in `eval()`
    return model


def contenders(seed: int, known: LabelledImages, val: LabelledImages, test: LabelledImages) -> dict[str, tuple]:
    """Name -> test score and what was chosen, of all contenders on one split."""
    found, trained = {}, {}

    def best_of(models: dict[object, nn.Module]) -> object:
        return max(models, key=lambda choice: score(models[choice], val))

    def contend(name: str, models: dict[object, nn.Module]) -> nn.Module:
        best = best_of(models)
        found[name] = score(models[best], test), best
        print(f"{name:28} {best} {found[name][0]:.1f}", flush=True)
        return models[best]

    def tuned(start: nn.Module, lr: float) -> nn.Module:
        torch.manual_seed(seed)
        return finetune(copy.deepcopy(start), known, steps=STEPS, lr=lr, augment=change, seed=seed)

    def student(lr: float, loss_fn: Callable) -> nn.Module:
        torch.manual_seed(seed)
        model = Classifier(Encoder(in_channels=3, image_size=SIZE), classes=6)
        loader = make_loader(known, batch_size=50, steps=STUDENT_STEPS, seed=seed)
        fit(model, loss_fn, loader, epochs=1, lr=lr, schedule=one_cycle, progress=False)
        return model

    for name, press in PRESSES.items():
        body = imagenet_backbone(classes=0)
        press(body)
        torch.manual_seed(seed)
        starts = {"its own": with_probe(body, known), "re-estimated": with_probe(settled(body, known.images), known)}
        start = contend(f"{name}, untrained", starts)
        trained[name] = contend(name, {lr: tuned(start, lr) for lr in RATES})
    teacher = trained["as it is"].eval()
    for name, loss_fn in (
        ("student, labels", augmented(classification_loss, change)),
        ("student, teacher", distillation(teacher, change)),
    ):
        contend(name, {lr: student(lr, loss_fn) for lr in STUDENT_RATES})
    return found


def eight_bits(known: LabelledImages, test: LabelledImages) -> tuple[dict[str, tuple], list[int]]:
    """The body with 8-bit activations, its ranges watched on `known`: scores, and how many convolutions it reached."""
    body = imagenet_backbone(classes=0)
    probe = with_probe(body, known).head
    static = exported(body, 2 * known.images[::3] - 1)
    first, second = (torch.cat([probe(net(2 * part - 1)) for part in test.images.split(32)]) for net in (body, static))
    first, second = first.argmax(dim=1), second.argmax(dim=1)
    found = {
        "8-bit activations": (balanced_accuracy(second, test.labels), None),
        "8-bit activations, agree": (100 * (first == second).double().mean().item(), None),
    }
    reached = sum(tensor.dtype == torch.int8 for tensor in static.state_dict().values())
    return found, [reached, sum(isinstance(layer, nn.Conv2d) for layer in body.modules())]


def main() -> None:
    drawn, names = pictures(SIZE)
    stems = [stem(name) for name in names]
    stored = {"facts": {"steps": STEPS, "student_steps": STUDENT_STEPS, "list": RATES, "student_list": STUDENT_RATES}}
    stored |= {"weights": {}, "test": {}, "chosen": {}}
    for name, press in PRESSES.items():
        body = imagenet_backbone(classes=0)
        press(body)
        stored["weights"][name] = weights_left(body)
    stored["weights"]["student"] = weights_left(Classifier(Encoder(in_channels=3, image_size=SIZE), classes=6))
    for seed in SPLITS:
        parts = split_by_group(drawn.labels, stems, (0.5, 0.25, 0.25), seed)
        known, val, test = (drawn.subset(part) for part in parts)
        found = contenders(seed, known, val, test)
        with torch.no_grad():
            static, stored["convolutions"] = eight_bits(known, test)
        for name, (result, choice) in (found | static).items():
            stored["test"].setdefault(name, []).append(round(result, 2))
            stored["chosen"].setdefault(name, []).append(choice)
        STORED.write_text(json.dumps(stored, indent=1) + "\n")


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    main()
