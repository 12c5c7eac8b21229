"""Exercise 11.4. The weight of a linear layer with all its adapters merged into it."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def merge(weight, adapters):
    """A new weight that does what `weight` and its adapters (down, up, scale) do together."""
    merged = weight.clone()
    for down, up, scale in adapters:
        merged += scale * up @ down
    return merged


def adapter_cases() -> list[tuple]:
    """Layers wide, tall and square, with no adapter, one or several of other ranks, the rank as large as a side, too."""

    def make(generator: torch.Generator, i: int) -> tuple:
        rows, columns = ((2, 3), (3, 2), (2, 2), (1, 3), (3, 1), (3, 3))[i % 6]
        weight = torch.randn(rows, columns, generator=generator).round(decimals=1)
        adapters = []
        for k in range((1, 2, 0, 1, 3, 2)[(i + i // 6) % 6]):
            rank = 1 + (i + k) % 2
            down = torch.randn(rank, columns, generator=generator).round(decimals=1)
            up = torch.randn(rows, rank, generator=generator).round(decimals=1)
            adapters.append((down, up, (0.5, 2.0, -1.0, 0.25)[(i + 2 * k) % 4]))
        return weight, adapters

    return drawn(make)


def _sum(weight: Tensor, adapters: list, update: object) -> Tensor:
    """The weight and an update for each adapter."""
    return weight + sum((update(*adapter) for adapter in adapters), torch.zeros_like(weight))


def _applied(weight: Tensor, adapters: list, step: object) -> Tensor:
    """The weight after a step for each adapter."""
    for adapter in adapters:
        weight = step(weight, *adapter)
    return weight


MERGE_SLIPS = {
    "The scale is missing: each product counts `scale` times.": lambda weight, adapters: _sum(
        weight, adapters, lambda down, up, scale: up @ down
    ),
    "You divide by the scale. Multiply by it.": lambda weight, adapters: _sum(
        weight, adapters, lambda down, up, scale: up @ down / scale
    ),
    "The scale counts twice: it stands on both factors.": lambda weight, adapters: _sum(
        weight, adapters, lambda down, up, scale: scale**2 * up @ down
    ),
    "You divide by the rank as well. The scale is given as it is meant.": lambda weight, adapters: _sum(
        weight, adapters, lambda down, up, scale: scale * up @ down / len(down)
    ),
    "Those are the adapters alone. The weight of the layer belongs to the sum.": lambda weight, adapters: _sum(
        torch.zeros_like(weight), adapters, lambda down, up, scale: scale * up @ down
    ),
    "The adapters are subtracted. Add them.": lambda weight, adapters: _sum(
        weight, adapters, lambda down, up, scale: -scale * up @ down
    ),
    "Yours is the weight as it came. Add the adapters to it, and return the sum.": lambda weight, adapters: weight,
    "Only the first adapter is merged. Does a `return` stand inside your loop?": lambda weight, adapters: merge(
        weight, adapters[:1]
    ),
    "Only the last adapter is merged: each replaces the one before. Go on from the sum so far.": (
        lambda weight, adapters: merge(weight, adapters[-1:])
    ),
    "The scale multiplies the weight of the layer, too. It belongs to the product of the factors alone.": (
        lambda weight, adapters: _applied(weight, adapters, lambda w, down, up, scale: scale * (w + up @ down))
    ),
    "The scale multiplies the weight, and not the product of the factors.": lambda weight, adapters: _applied(
        weight, adapters, lambda w, down, up, scale: scale * w + up @ down
    ),
    "You multiply all scales. Each belongs to its own product.": lambda weight, adapters: _sum(
        weight, adapters, lambda down, up, scale: math.prod(s for *_, s in adapters) * up @ down
    ),
    "You add up the scales first. Each belongs to its own product.": lambda weight, adapters: _sum(
        weight, adapters, lambda down, up, scale: sum(s for *_, s in adapters) * up @ down
    ),
    "The weight counts once for each adapter. It counts once altogether.": lambda weight, adapters: _sum(
        torch.zeros_like(weight), adapters, lambda down, up, scale: weight + scale * up @ down
    ),
    "You return a list with a weight for each adapter. One weight is wanted, with all of them.": (
        lambda weight, adapters: [weight + scale * up @ down for down, up, scale in adapters]
    ),
    "You averaged the adapters. They add up: a layer with two adapters adds both.": lambda weight, adapters: _sum(
        weight, adapters, lambda down, up, scale: scale * up @ down / max(1, len(adapters))
    ),
    "All adapters get the scale of the first. Each has its own.": lambda weight, adapters: _sum(
        weight, adapters, lambda down, up, scale: adapters[0][2] * up @ down
    ),
    "All adapters get the scale of the last. Each has its own.": lambda weight, adapters: _sum(
        weight, adapters, lambda down, up, scale: adapters[-1][2] * up @ down
    ),
    "Yours is the new weight transposed.": lambda weight, adapters: merge(weight, adapters).T,
    "You work with whole numbers: the fractions are lost.": lambda weight, adapters: merge(weight, adapters).trunc(),
}


EXERCISE = Exercise(
    solution=merge,
    cases=adapter_cases,
    slips=MERGE_SLIPS,
    returns="one tensor of the shape of `weight`",
    why="The layer adds `scale * up(down(x))` to `weight @ x` for each adapter, and that is one matrix times x: the "
    "weight plus the sum of `scale * up @ down`.",
    notice="The merged layer costs no more than the plain one, and nobody sees from its shape that it was adapted.",
    hints=(
        "Both paths are linear in x: `weight @ x + scale * (up @ (down @ x))`. Which single matrix does the same?",
        "`up @ down` has the shape (out, in), as the weight has. Start from the weight, and add one product per adapter.",
        "Work on `weight.clone()`, so that the weight that came in stays as it is, and on no adapter return it so.",
        "In a loop over `down, up, scale`, add `scale * up @ down` to the copy.",
    ),
)
