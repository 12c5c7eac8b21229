"""Which maps follow the model, and which the picture? The photos of page 19, and the maps of its explorer.

    python tools/worth_of_maps.py    about 4 minutes on a quiet core

It writes helpers/shipped/worth_of_maps.json.

For six photos and EfficientNet-Lite0 (pages 09 and 19): how alike a map stays (rank correlation) if the last layer is
redrawn at random, and if another class is asked for; and the deletion curve of its order, beside orders that never
saw the model. For the explorer: maps of two photos and of a digit with a planted mark, with all their settings.
Nothing is chosen by these results.
"""

from __future__ import annotations

import base64
import copy
import json
import sys
from collections.abc import Callable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from helpers.backbones import imagenet_architecture, imagenet_backbone, imagenet_labels, imagenet_transform  # noqa: E402
from helpers.data import LabelledImages  # noqa: E402
from helpers.data.images import digits, photo  # noqa: E402
from helpers.finetune import finetune  # noqa: E402
from helpers.models import Classifier, Encoder  # noqa: E402

STORED = ROOT / "helpers" / "shipped" / "worth_of_maps.json"
PHOTOS = ("chelsea", "coffee", "camera", "china", "motorcycle_left", "rocket")  # those that page 09 finds well named
EXPLORED = PHOTOS[:2]
FAR = {"photos": "flute", "digits": "1"}  # a class that is not in the picture
SMOOTH, STEPS = {"few": 2, "many": 8}, {"few": 4, "many": 16}
CELLS = {"few": 4, "many": 8}  # squares along a side that are covered one at a time
LEVELS, SIDE, RANDOM = 14, 14, 5  # of the deletion curve: steps, squares along a side, random orders
Logits = Callable[[Tensor], Tensor]


def gradients(model: nn.Module, images: Tensor, answer: int) -> Tensor:
    """The gradient of one logit for each of the images, a few at a time."""
    found = []
    for part in images.split(4):
        part = part.detach().clone().requires_grad_()
        found.append(torch.autograd.grad(model(part)[:, answer].sum(), part)[0])
    return torch.cat(found)


def guided(model: nn.Module, image: Tensor, answer: int) -> Tensor:
    """The gradient without what would lower the logit at a ReLU."""
    rectifiers = [layer for layer in model.modules() if isinstance(layer, (nn.ReLU, nn.ReLU6))]
    hooks = [r.register_full_backward_hook(lambda layer, into, out: (into[0].clamp(min=0),)) for r in rectifiers]
    try:
        return gradients(model, image, answer)
    finally:
        for hook in hooks:
            hook.remove()


def last_maps(model: nn.Module, image: Tensor) -> tuple[Tensor, Logits]:
    """The last maps before the head, and what makes logits of them."""
    if isinstance(model, Classifier):
        return model.encoder.layers(image), lambda maps: model.head(maps.flatten(1))
    return model.forward_features(image), model.forward_head


def grad_cam(model: nn.Module, image: Tensor, answer: int) -> Tensor:
    maps, head = last_maps(model, image)
    maps = maps.detach().requires_grad_()
    slopes = torch.autograd.grad(head(maps)[0, answer], maps)[0]
    cam = (slopes.mean(dim=(2, 3), keepdim=True) * maps).sum(dim=1, keepdim=True).relu()
    return F.interpolate(cam.detach(), size=image.shape[2:], mode="bilinear")


def edges(image: Tensor) -> Tensor:
    """The picture times its own edges: no model is asked."""
    kernel = torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]])[None, None]
    grey = image.mean(dim=1, keepdim=True)
    slopes = [F.conv2d(F.pad(grey, (1, 1, 1, 1), mode="replicate"), k) for k in (kernel, kernel.mT)]
    return image * torch.hypot(*slopes)


@torch.no_grad()
def covered(model: nn.Module, image: Tensor, cells: int) -> tuple[Tensor, Tensor]:
    """Logits (K,) of the image, and (cells * cells, K) with one square after the other covered by 0."""
    size, copies = image.shape[-1] // cells, []
    for i in range(cells):
        for j in range(cells):
            copies.append(image.clone())
            copies[-1][..., i * size : (i + 1) * size, j * size : (j + 1) * size] = 0
    return model(image)[0], torch.cat([model(part) for part in torch.cat(copies).split(4)])


def maps_of(model: nn.Module, image: Tensor, answer: int, hidden: dict, side: int) -> dict[str, Tensor]:
    """method -> strengths (side, side); where a method has more than one setting: "method few" and "method many"."""
    generator = torch.Generator().manual_seed(0)
    noisy = image + (0.3 if image.shape[1] == 3 else 0.2) * torch.randn(
        SMOOTH["many"], *image.shape[1:], generator=generator
    )
    slopes = gradients(model, noisy, answer)
    found = {"gradient": gradients(model, image, answer), "guided backpropagation": guided(model, image, answer)}
    found["Grad-CAM"] = grad_cam(model, image, answer)
    found["edges, no model"] = edges(image)
    for told in ("few", "many"):
        found[f"SmoothGrad {told}"] = slopes[: SMOOTH[told]].mean(dim=0, keepdim=True)
        shares = ((torch.arange(STEPS[told]) + 0.5) / STEPS[told]).view(-1, 1, 1, 1)
        found[f"integrated gradients {told}"] = image * gradients(model, shares * image, answer).mean(0, keepdim=True)
        whole, others = hidden[told]
        drops = (whole - others)[:, answer].view(1, 1, CELLS[told], CELLS[told])
        found[f"occlusion {told}"] = F.interpolate(drops, size=image.shape[2:])
    return {
        name: F.adaptive_avg_pool2d(one.abs().sum(dim=1, keepdim=True), side)[0, 0].detach()
        for name, one in found.items()
    }


def ranks(strength: Tensor) -> Tensor:
    """The place of each number, from the smallest on; equal ones share theirs."""
    flat = strength.flatten()
    return (flat[:, None] > flat).double().sum(dim=1) + (flat[:, None] == flat).double().sum(dim=1) / 2


def alike(first: Tensor, second: Tensor) -> float:
    """The rank correlation; 0 where a map is the same everywhere, and so has no order."""
    return round(torch.corrcoef(torch.stack([ranks(first), ranks(second)]))[0, 1].nan_to_num(0.0).item(), 4)


@torch.no_grad()
def deletion(model: nn.Module, image: Tensor, answer: int, order: Tensor) -> list[float]:
    """The answer's probability while squares go grey, the strongest first."""
    place = order.flatten().argsort(descending=True).argsort().view(1, 1, SIDE, SIDE)
    place = F.interpolate(place.float(), size=image.shape[2:])
    kept = torch.cat([image * (place >= SIDE * SIDE * level / LEVELS) for level in range(LEVELS + 1)])
    return [round(p, 5) for p in torch.cat([model(part) for part in kept.split(5)]).softmax(1)[:, answer].tolist()]


def packed(strength: Tensor) -> str:
    """(side, side) as text: bytes, of which 255 is the largest."""
    whole = (255 * strength / strength.max().clamp(min=1e-12)).round().to(torch.uint8)
    return base64.b64encode(whole.numpy().tobytes()).decode()


def redrawn_head(model: nn.Module, name: str) -> nn.Module:
    torch.manual_seed(0)
    other = copy.deepcopy(model)
    getattr(other, name).reset_parameters()
    return other.requires_grad_(False)


def cheats() -> tuple[dict[str, nn.Module], nn.Module, Tensor]:
    """Two networks that differ in where a mark stood in training, an untrained one, and a marked digit 3."""
    train_set, val_set, _ = digits()
    fives = train_set.labels == 5
    shuffled = fives[torch.randperm(len(fives), generator=torch.Generator().manual_seed(0))]
    torch.manual_seed(0)
    start, models = Classifier(Encoder()), {}
    for name, marked in {"cheat": fives, "honest": shuffled}.items():
        images = train_set.images.clone()
        images[marked, :, 1:4, 1:4] = 1
        few = LabelledImages(images, train_set.labels, train_set.classes)
        models[name] = finetune(copy.deepcopy(start), few, augment=None).requires_grad_(False)
    start.train()
    with torch.no_grad():  # its BatchNorm has to know the digits
        for _ in range(30):
            start(train_set.images[::7])  # some of each digit
    digit = val_set.images[val_set.labels == 3][:1].clone()
    digit[..., 1:4, 1:4] = 1
    return models, start.eval().requires_grad_(False), digit


def untrained_photo_model(images: Tensor) -> nn.Module:
    torch.manual_seed(0)
    model = imagenet_architecture()
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.momentum = None  # the mean over all that it sees
            layer.reset_running_stats()
    model.train()
    with torch.no_grad():
        model(images)
    return model.eval().requires_grad_(False)


def plain(model: nn.Module) -> nn.Module:
    for layer in model.modules():
        if isinstance(layer, nn.ReLU6):
            layer.inplace = False  # so that guided backpropagation can look at it
    return model


def main() -> None:
    torch.set_num_threads(1)
    stored = {"facts": {"smooth": SMOOTH, "steps": STEPS, "cells": CELLS}, "pictures": {}, "maps": {}}
    stored |= {"alike": {"head redrawn": {}, "another class": {}}, "deletion": {}}

    def explore(name: str, nets: dict[str, nn.Module], image: Tensor, names: list[str], far: str, side: int) -> None:
        top = nets["trained"](image)[0].detach().topk(2).indices.tolist()
        answers = {"first answer": top[0], "second answer": top[1], "a class far off": names.index(far)}
        stored["pictures"][name] = {"side": side, "answers": {asked: names[a] for asked, a in answers.items()}}
        for weights, model in nets.items():
            hidden = {told: covered(model, image, cells) for told, cells in CELLS.items()}
            for asked, answer in answers.items():
                for method, strength in maps_of(model, image, answer, hidden, side).items():
                    if method.startswith("edges") and (weights != "trained" or asked != "first answer"):
                        continue  # they are the same
                    stored["maps"]["|".join((name, weights, asked, method))] = packed(strength)
        print("explored", name, flush=True)

    models, untrained, digit = cheats()
    for name, model in models.items():
        nets = {"trained": model, "last layer redrawn": redrawn_head(model, "head"), "all redrawn": untrained}
        explore(f"digit, {name} model", nets, digit, list("0123456789"), FAR["digits"], 32)
        stored["pictures"][f"digit, {name} model"]["image"] = packed(digit[0, 0])
    transform, names = imagenet_transform(), imagenet_labels()
    images = torch.stack([transform(photo(name)) for name in PHOTOS])
    model = plain(imagenet_backbone().requires_grad_(False))
    head = plain(redrawn_head(model, "classifier"))
    for name, image in zip(PHOTOS, images.split(1), strict=True):
        answer = int(model(image)[0].argmax())
        cases = {
            "first": (model, answer),
            "head redrawn": (head, answer),
            "another class": (model, names.index("flute")),
        }
        found = {}
        for case, (net, asked) in cases.items():
            hidden = {told: covered(net, image, cells) for told, cells in CELLS.items()}
            found[case] = maps_of(net, image, asked, hidden, 28)
        for case, kept in stored["alike"].items():
            for method, strength in found[case].items():
                kept.setdefault(method, []).append(alike(strength, found["first"][method]))
        middle = (torch.arange(SIDE) - (SIDE - 1) / 2).square()
        orders = {method: F.adaptive_avg_pool2d(one[None, None], SIDE) for method, one in found["first"].items()}
        orders["a blob in the middle"] = -(middle[:, None] + middle)
        generator = torch.Generator().manual_seed(0)
        orders |= {f"random {i}": torch.rand(SIDE, SIDE, generator=generator) for i in range(RANDOM)}
        for method, order in orders.items():
            stored["deletion"].setdefault(method, []).append(deletion(model, image, answer, order))
        print("measured", name, flush=True)
    untrained = plain(untrained_photo_model(images))
    for name, image in zip(EXPLORED, images.split(1), strict=False):
        nets = {"trained": model, "last layer redrawn": head, "all redrawn": untrained}
        explore(name, nets, image, names, FAR["photos"], 28)
    STORED.write_text(json.dumps(stored) + "\n")


if __name__ == "__main__":
    main()
