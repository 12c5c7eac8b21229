"""Exercise 16.3. What remains when the smallest weights of all layers together become 0."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn, same

SHAPES = (((2, 2), (3,)), ((4,),), ((3,), (2, 1), (1,)), ((2, 3), (2,)), ((1, 2, 2), (3, 1)))
SHARES = (0.5, 0.3, 0.75, 0.0, 1.0, 0.6, 0.25, 0.9)


def pruned(weights, share):
    """The weights with the smallest of them set to 0."""
    sizes = torch.cat([weight.flatten() for weight in weights]).abs()
    kept = torch.ones(len(sizes))
    kept[sizes.argsort(stable=True)[: int(share * len(sizes))]] = 0
    result, start = [], 0
    for weight in weights:
        end = start + weight.numel()
        result.append(weight * kept[start:end].view(weight.shape))
        start = end
    return result


def weight_cases() -> list[tuple]:
    """One tensor to three, layers of unlike sizes, many equal sizes of either sign, shares of 0 and 1."""

    def make(generator: torch.Generator, i: int) -> tuple:
        weights = []
        for layer, shape in enumerate(SHAPES[i % len(SHAPES)]):
            numbers = torch.randint(1, 5 if i % 2 else 30, shape, generator=generator).float() * (3 if layer else 1)
            weights.append(torch.where(torch.rand(shape, generator=generator) < 0.5, -numbers, numbers))
        return weights, SHARES[(i + i // 8) % len(SHARES)]

    return drawn(make)


def _split(flat: Tensor, weights: list[Tensor]) -> list[Tensor]:
    parts = flat.split([weight.numel() for weight in weights])
    return [part.view(weight.shape) for part, weight in zip(parts, weights, strict=True)]


def _flat(weights: list[Tensor]) -> Tensor:
    return torch.cat([weight.flatten() for weight in weights])


def _without(weights: list[Tensor], order: Tensor, count: int) -> list[Tensor]:
    flat = _flat(weights).clone()
    flat[order[:count]] = 0
    return _split(flat, weights)


def _by_threshold(weights: list[Tensor], share: float, also_equal: bool) -> list[Tensor]:
    """All below the size of the last one that goes, or all up to it."""
    flat, count = _flat(weights), int(share * len(_flat(weights)))
    if not count:
        return [weight.clone() for weight in weights]
    threshold = flat.abs().sort().values[count - 1]
    return _split(torch.where(flat.abs() <= threshold if also_equal else flat.abs() < threshold, 0, flat), weights)


def same_parts(got: object, right: list[Tensor]) -> bool:
    """Whether both are as many tensors, of the same shapes and numbers."""
    return same(got, tuple(right))


PRUNED_SLIPS = {
    "You take the share from each tensor. Sort all numbers together: a layer of small weights loses more.": (
        lambda weights, share: [pruned([weight], share)[0] for weight in weights]
    ),
    "You sort by value, so the most negative weights go first. Sort by size: `abs()`.": (
        lambda weights, share: _without(weights, _flat(weights).argsort(stable=True), int(share * len(_flat(weights))))
    ),
    "Too many go: all that are as large as the last one that goes. Take exactly floor(share x N), the first of equal "
    "sizes first.": lambda weights, share: _by_threshold(weights, share, True),
    "Too few go: those that are as large as the last one that goes all stay. Take exactly floor(share x N), the first "
    "of equal sizes first.": lambda weights, share: _by_threshold(weights, share, False),
    "The largest go in yours. The smallest in size become 0.": (
        lambda weights, share: _without(
            weights, _flat(weights).abs().argsort(stable=True, descending=True), int(share * len(_flat(weights)))
        )
    ),
    "Of equal sizes the last ones go first in yours. The first ones go first: a stable sort keeps their order.": (
        lambda weights, share: _without(
            weights,
            _flat(weights).abs().flip(0).argsort(stable=True).neg() + len(_flat(weights)) - 1,
            int(share * len(_flat(weights))),
        )
    ),
    "Yours is one long row. Cut it back into tensors of the shapes that came in.": (
        lambda weights, share: _flat(pruned(weights, share))
    ),
    "The numbers are right, the shapes are not: give each tensor back its shape with `view`.": (
        lambda weights, share: [weight.flatten() for weight in pruned(weights, share)]
    ),
    "The signs are gone: sort the sizes, but return the weights themselves.": (
        lambda weights, share: [weight.abs() for weight in pruned(weights, share)]
    ),
    "In yours `share` is what stays. It is what goes.": lambda weights, share: pruned(weights, 1 - share),
    "You take the share from each tensor, and all that are as large as the last one that goes. Sort all numbers "
    "together, and count.": lambda weights, share: [_by_threshold([weight], share, True)[0] for weight in weights],
    "Those are masks of ones and zeros. Multiply them with the weights.": (
        lambda weights, share: [(weight != 0).float() for weight in pruned(weights, share)]
    ),
    "In yours `share` is compared with the sizes. It says *how many* go: floor(share x N).": (
        lambda weights, share: [weight * (weight.abs() > share) for weight in weights]
    ),
    "A quantile can be a size. Count: the first floor(share x N) of the sorted ones.": (
        lambda weights, share: [w * (w.abs() >= torch.quantile(_flat(weights).abs(), share)) for w in weights]
    ),
    "A quantile is a size or lies between two. Count: the first floor(share x N) of the sorted ones.": (
        lambda weights, share: [w * (w.abs() > torch.quantile(_flat(weights).abs(), share)) for w in weights]
    ),
    "The number that goes is rounded up in yours. floor(share x N) is wanted: `int(...)`.": (
        lambda weights, share: _without(
            weights, _flat(weights).abs().argsort(stable=True), math.ceil(share * len(_flat(weights)))
        )
    ),
}

EXERCISE = Exercise(
    solution=pruned,
    cases=weight_cases,
    slips=PRUNED_SLIPS,
    same=same_parts,
    returns="a list of tensors of the same shapes",
    why="One list of all sizes, sorted, says which places go; then each tensor takes its own part of the list back.",
    notice="A layer whose weights are small as a whole can lose nearly all of them. One may also prune layer by layer.",
    hints=(
        "Put all sizes into one long tensor: `torch.cat` of the flattened weights.",
        "`argsort(stable=True)` returns the places from the smallest to the largest, equal ones in their order.",
        "Cut the long tensor of zeros and ones back into pieces: `numel()` says how long each is, `view` shapes it.",
    ),
)
