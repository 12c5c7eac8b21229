"""Exercise 10.1. Pairs (i, j) of near copies, i < j, that have different labels."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from helpers.exercises import judging
from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def conflicts(thumbnails, labels, within):
    """Pairs (i, j) of near copies, i < j, that have different labels."""
    gaps = thumbnails[:, None] - thumbnails
    near = gaps.square().mean(dim=2).sqrt() <= within
    differ = labels[:, None] != labels
    return [(i, j) for i, j in (near & differ).nonzero().tolist() if i < j]


def copy_cases() -> list[tuple]:
    """Thumbnails of two to four numbers, many near each other; with one photo, with none, with the limit met exactly."""

    def make(generator: torch.Generator, i: int) -> tuple:
        n, width = (1, 2, 3, 4, 3, 4)[i % 6], (2, 4, 3, 2)[i % 4]
        around = 50 * torch.randint(0, 4, (1, width), generator=generator)
        shifts = torch.randint(-9, 10, (n, width), generator=generator)
        far = 60 * (torch.rand(n, 1, generator=generator) < 0.25)
        labels = torch.randint(0, (2, 3)[i % 2], (n,), generator=generator)
        return (around + shifts + far).float(), labels, (6.0, 4.5, 7.5, 9.5)[i % 4]

    exact = [
        (torch.tensor([[10.0, 10.0], [16.0, 16.0]]), torch.tensor([0, 1]), 6.0),  # at the limit
        (torch.tensor([[10.0, 10.0], [16.0, 4.0]]), torch.tensor([1, 0]), 6.0),
        (torch.tensor([[0.0, 0.0], [0.0, 0.0], [0.0, 0.0]]), torch.tensor([2, 0, 1]), 1.0),  # all the same
        (torch.tensor([[0.0, 0.0], [90.0, 90.0], [1.0, 0.0]]), torch.tensor([2, 2, 0]), 6.0),
        (torch.tensor([[90.0, 0.0], [0.0, 0.0], [1.0, 0.0], [90.0, 1.0]]), torch.tensor([1, 1, 0, 0]), 6.0),
        (torch.tensor([[8.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]), torch.tensor([0, 1]), 4.5),
        (torch.tensor([[5.0, 5.0, 5.0, 5.0], [0.0, 0.0, 0.0, 0.0]]), torch.tensor([0, 1]), 4.5),
        (torch.tensor([[0.5, 0.5], [0.0, 0.0]]), torch.tensor([0, 1]), 0.4),  # squared it would be near
    ]
    return [*drawn(make, 28), *exact]


def same_pairs(got: object, right: object) -> bool:
    """Pairs in any order, as tuples, lists or rows of a tensor; each once."""
    if not (isinstance(right, list) and all(isinstance(pair, tuple) and len(pair) == 2 for pair in right)):
        return judging.same(got, right)
    if isinstance(got, Tensor) or type(got).__module__ == "numpy":
        got = got.tolist()
    if not isinstance(got, list | tuple | set | frozenset):
        return False
    try:
        pairs = [(int(i), int(j)) for i, j in got]
    except (TypeError, ValueError):
        return False
    return sorted(pairs) == sorted(right)


def _distances(thumbnails: Tensor) -> Tensor:
    return (thumbnails[:, None] - thumbnails[None]).square().mean(dim=2).sqrt()


def _pairs(mask: Tensor) -> list[tuple[int, int]]:
    return [(i, j) for i, j in mask.nonzero().tolist() if i < j]


def _differ(labels: Tensor) -> Tensor:
    return labels[:, None] != labels


def _with(distances: Callable[[Tensor], Tensor]) -> Callable:
    """The solution with another distance."""
    return lambda thumbnails, labels, within: _pairs((distances(thumbnails) <= within) & _differ(labels))


def _gaps(thumbnails: Tensor) -> Tensor:
    return thumbnails[:, None] - thumbnails[None]


CONFLICT_SLIPS = {
    "You list all near copies, also those with the same label. Wanted are the pairs whose labels differ.": (
        lambda t, labels, within: _pairs(_distances(t) <= within)
    ),
    "You list the near copies with the *same* label. Wanted are those whose labels differ.": lambda t, labels, within: (
        _pairs((_distances(t) <= within) & ~_differ(labels))
    ),
    "You list the pairs that are far apart. A copy is near: at most `within`.": lambda t, labels, within: _pairs(
        (_distances(t) > within) & _differ(labels)
    ),
    "You list all pairs whose labels differ, however far apart they are.": lambda t, labels, within: _pairs(
        _differ(labels)
    ),
    "You ask for a distance *below* `within`. At most `within` means that `within` itself counts: `<=`.": (
        lambda t, labels, within: _pairs((_distances(t) < within) & _differ(labels))
    ),
    "Each pair is there twice, as (i, j) and as (j, i). Keep those with i < j.": lambda t, labels, within: [
        tuple(pair) for pair in ((_distances(t) <= within) & _differ(labels)).nonzero().tolist()
    ],
    "Your pairs are turned: (j, i) with the larger place first. Wanted is i < j.": lambda t, labels, within: [
        (j, i) for i, j in conflicts(t, labels, within)
    ],
    "Places begin at 0: yours are one too large.": lambda t, labels, within: [
        (i + 1, j + 1) for i, j in conflicts(t, labels, within)
    ],
    "You compare each photo with the next one only. Copies may lie anywhere in the list.": lambda t, labels, within: [
        (i, j) for i, j in conflicts(t, labels, within) if j == i + 1
    ],
    "You compare all photos with the first one only. Each may have a copy anywhere.": lambda t, labels, within: [
        (i, j) for i, j in conflicts(t, labels, within) if i == 0
    ],
    "You return the first pair only. Is a `return` inside your loop? Collect all, then return.": (
        lambda t, labels, within: conflicts(t, labels, within)[:1]
    ),
    "You return the last pair only. Collect all pairs in a list.": lambda t, labels, within: conflicts(
        t, labels, within
    )[-1:],
    "You find no pair at all. Does your list begin anew for each i? Make it once, before the loops.": (
        lambda t, labels, within: [pair for pair in conflicts(t, labels, within) if pair[0] == len(t) - 1]
    ),
    "The last photo is left out: `range(len(thumbnails))` reaches all of them.": lambda t, labels, within: [
        (i, j) for i, j in conflicts(t, labels, within) if j < len(t) - 1
    ],
    "The first photo is left out: places begin at 0.": lambda t, labels, within: [
        (i, j) for i, j in conflicts(t, labels, within) if i > 0
    ],
    "You add up over the D numbers, as `cdist` and `norm` do. Take the mean of the squares, and then its root.": _with(
        lambda t: _gaps(t).norm(dim=2)
    ),
    "You divide by the root of 768. These thumbnails have fewer numbers: take D from the input, `thumbnails.shape[1]`.": (
        _with(lambda t: _gaps(t).norm(dim=2) / 768**0.5)
    ),
    "You divide by the root of N, the number of photos. Divide by that of D, how many numbers a thumbnail has.": _with(
        lambda t: _gaps(t).norm(dim=2) / len(t) ** 0.5
    ),
    "You divide the distance of `cdist` by D. The mean stands under the root: divide by the root of D.": _with(
        lambda t: _gaps(t).norm(dim=2) / t.shape[1]
    ),
    "The root is missing: you compare the mean of the squares with `within`.": _with(
        lambda t: _gaps(t).square().mean(dim=2)
    ),
    "You take the sum of the squares, without mean and root.": _with(lambda t: _gaps(t).square().sum(dim=2)),
    "You take the mean of the differences without their sign. Wanted is the root of the mean *square*.": _with(
        lambda t: _gaps(t).abs().mean(dim=2)
    ),
    "You take the sum of the differences without their sign. Wanted is the root of the mean square.": _with(
        lambda t: _gaps(t).abs().sum(dim=2)
    ),
    "You look at the largest difference. Wanted is the root of the mean square over all D numbers.": _with(
        lambda t: _gaps(t).abs().amax(dim=2)
    ),
    "With their signs, differences cancel in a mean. Square them first.": _with(lambda t: _gaps(t).mean(dim=2).abs()),
    "You compare the means of the thumbnails. Two different photos may be equally bright.": _with(
        lambda t: (t.mean(dim=1)[:, None] - t.mean(dim=1)).abs()
    ),
    "The limit 6 stands in your function. Use the argument `within`.": lambda t, labels, within: conflicts(
        t, labels, 6.0
    ),
    "You find exact copies only. Near copies differ a little.": lambda t, labels, within: _pairs(
        (_distances(t) == 0) & _differ(labels)
    ),
    "That is how many pairs there are. Return the pairs themselves.": lambda t, labels, within: len(
        conflicts(t, labels, within)
    ),
    "You return one list of places. Return pairs, such as `[(0, 2)]`.": lambda t, labels, within: sorted(
        {place for pair in conflicts(t, labels, within) for place in pair}
    ),
    "You return the pairs of labels. Return the pairs of places.": lambda t, labels, within: [
        (int(labels[i]), int(labels[j])) for i, j in conflicts(t, labels, within)
    ],
    "You return the distances of the pairs as well. Return the two places only.": lambda t, labels, within: [
        (i, j, float(_distances(t)[i, j])) for i, j in conflicts(t, labels, within)
    ],
    "You return True or False for each pair of photos. Return the places, such as `[(0, 2)]`.": (
        lambda t, labels, within: (_distances(t) <= within) & _differ(labels)
    ),
    "That says whether there is a pair at all. Return the pairs.": lambda t, labels, within: bool(
        conflicts(t, labels, within)
    ),
}


EXERCISE = Exercise(
    solution=conflicts,
    cases=copy_cases,
    slips=CONFLICT_SLIPS,
    same=same_pairs,
    returns="a list of pairs of places, such as `[(0, 2), (1, 3)]`, each pair once, the smaller place first",
    why="All pairs at once: square, mean, root make the distance; the labels must differ; i < j keeps each pair once.",
    notice="Such pairs are worth more than any setting: one photo cannot be of two classes, so a label is wrong.",
    hints=(
        "Two loops: `i` over all places, `j` over the places behind i. What do you ask of each pair?",
        "The distance of two thumbnails: square the differences, take the mean, then the root.",
        "`(thumbnails[i] - thumbnails[j]).square().mean().sqrt() <= within`, and `labels[i] != labels[j]`.",
    ),
)
