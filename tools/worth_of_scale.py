"""How does the loss fall with more images and with more weights? The part of page 20 that takes too long for it.

    python tools/worth_of_scale.py    about 11 minutes of one core

It writes helpers/shipped/worth_of_scale.json.

The task is small Latin letters as another hand would draw them, 16 x 16 pixels; the network that of page 02 with one
hidden layer. Each point is the mean of four draws of training images and initial weights, trained side by side. The
rate and the number of steps are chosen for each point on validation letters, by the mean loss of the four, from the
same lists; then its loss on the held-out letters is taken, once. Three questions:

- "data": the hidden layer has 64 numbers, the number of images grows,
- "weights": the number of images is 2,000 or 16,000, the hidden layer grows,
- "longer": the points of "weights at 16000" with the longest training twice as long, as a check of the list of steps.
"""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from helpers.data.augment import redraw  # noqa: E402
from helpers.data.images import letters  # noqa: E402
from helpers.loops import one_cycle  # noqa: E402

STORED = ROOT / "helpers" / "shipped" / "worth_of_scale.json"
DRAWS, BATCH, HIDDEN = 4, 64, 64
IMAGES = (500, 1000, 2000, 4000, 8000, 16000)
WIDTHS, AT = (2, 4, 8, 16, 32, 64), (2000, 16000)
RATES, STEPS = (0.005, 0.02, 0.08), (200, 400, 800, 1600, 3200)
VAL, HELD_OUT = 4000, 8000


def small_latin() -> tuple[Tensor, Tensor]:
    """The letters a to z in all faces, (N, 1, 32, 32), and their numbers from 0 to 25."""
    everything = letters()
    names = [name for name in everything.classes if "a" <= name <= "z"]
    number = torch.tensor([names.index(name) if name in names else -1 for name in everything.classes])
    labels = number[everything.labels]
    return everything.images[labels >= 0], labels[labels >= 0]


def hands(count: int, seed: int) -> tuple[Tensor, Tensor]:
    """So many letters in any face, each drawn by another hand: (count, 256) and (count,)."""
    images, labels = small_latin()
    generator = torch.Generator().manual_seed(seed)
    picked = torch.randint(len(images), (count,), generator=generator)
    parts = [F.avg_pool2d(redraw(images[rows], generator), 2).flatten(1) for rows in picked.split(500)]
    return torch.cat(parts), labels[picked]


def losses(layers: list[Tensor], images: Tensor, labels: Tensor) -> Tensor:
    """Mean cross-entropy of each of G networks: images (G or 1, N, 256), labels (G or 1, N) -> (G,)."""
    first, first_bias, second, second_bias = layers
    groups = len(first)
    hidden = torch.baddbmm(first_bias, images.expand(groups, -1, -1), first).relu()
    logits = torch.baddbmm(second_bias, hidden, second)
    each = F.cross_entropy(logits.flatten(0, 1), labels.expand(groups, -1).flatten(), reduction="none")
    return each.view(groups, -1).mean(dim=1)


def new_layers(hidden: int) -> list[Tensor]:
    """Weights and biases of DRAWS networks 256 -> hidden -> 26, drawn as nn.Linear draws them."""
    layers = []
    for inputs, outputs in ((256, hidden), (hidden, 26)):
        bound = 1 / math.sqrt(inputs)
        for shape in ((inputs, outputs), (1, outputs)):
            parts = [
                bound * (2 * torch.rand(shape, generator=torch.Generator().manual_seed(10 * draw + len(layers))) - 1)
                for draw in range(DRAWS)
            ]
            layers.append(torch.stack(parts).requires_grad_())
    return layers


def train(pool: list[tuple[Tensor, Tensor]], images: int, hidden: int, lr: float, steps: int) -> list[Tensor]:
    """DRAWS networks side by side, each on the first `images` of its own pool."""
    layers = new_layers(hidden)
    optimizer = torch.optim.Adam(layers, lr=lr, fused=True)
    rounds = -(-steps * BATCH // images)
    orders = []
    for draw in range(DRAWS):
        generator = torch.Generator().manual_seed(draw)
        order = torch.cat([torch.randperm(images, generator=generator) for _ in range(rounds)])
        orders.append(order[: steps * BATCH].view(steps, BATCH))
    for step in range(steps):
        optimizer.param_groups[0]["lr"] = lr * one_cycle(step / steps)
        batch = torch.stack([own[order[step]] for (own, _), order in zip(pool, orders, strict=True)])
        labels = torch.stack([own[order[step]] for (_, own), order in zip(pool, orders, strict=True)])
        loss = losses(layers, batch, labels).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return layers


def main() -> None:
    torch.set_num_threads(1)
    started = time.process_time()
    pool = [hands(max(IMAGES), seed=100 + draw) for draw in range(DRAWS)]
    val, held_out = hands(VAL, seed=1), hands(HELD_OUT, seed=2)
    results: dict[str, list[dict]] = {}

    def point(name: str, images: int, hidden: int, all_steps: tuple[int, ...]) -> None:
        """Choose rate and steps on validation letters, then take the held-out loss of the four networks."""
        tried = {}
        for steps in all_steps:
            for lr in RATES:
                layers = train(pool, images, hidden, lr, steps)
                with torch.no_grad():
                    tried[losses(layers, val[0][None], val[1][None]).mean().item()] = (lr, steps, layers)
        best = min(tried)
        lr, steps, layers = tried[best]
        with torch.no_grad():
            found = [round(loss, 4) for loss in losses(layers, held_out[0][None], held_out[1][None]).tolist()]
        weights = sum(layer[0].numel() for layer in layers)
        row = {"images": images, "hidden": hidden, "weights": weights, "lr": lr, "steps": steps, "held_out": found}
        results.setdefault(name, []).append(row)
        print(f"{time.process_time() - started:5.0f} s  {name}: {row}", flush=True)
        facts = {"draws": DRAWS, "batch": BATCH, "rates": RATES, "steps": STEPS, "val": VAL, "held_out": HELD_OUT}
        STORED.write_text(json.dumps({"facts": facts, **results}, indent=1) + "\n")

    for images in IMAGES:
        point("data", images, HIDDEN, STEPS)
    for images in AT:
        for hidden in WIDTHS[:-1]:
            point(f"weights at {images}", images, hidden, STEPS)
        results[f"weights at {images}"].append(next(row for row in results["data"] if row["images"] == images))
    for hidden in WIDTHS:
        point("longer", max(IMAGES), hidden, (2 * max(STEPS),))


if __name__ == "__main__":
    main()
