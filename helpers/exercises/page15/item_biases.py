"""Exercise 15.1. How far an item's stars lie from the mean of all, pulled towards 0."""

from __future__ import annotations

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def item_biases(items, stars, count, penalty):
    """The bias of each of `count` items."""
    deviations = stars - stars.mean()
    biases = []
    for item in range(count):
        own = deviations[items == item]
        biases.append(own.sum() / (len(own) + penalty))
    return torch.stack(biases)


def star_cases() -> list[tuple]:
    """One to seven ratings of one to five items, of which some have none, and penalties below and above 1."""

    def make(generator: torch.Generator, i: int) -> tuple:
        count = (2, 3, 1, 4, 5)[i % 5]
        rows = (3, 5, 2, 7, 1, 6)[i % 6]
        last = count - (i % 3 == 0 and count > 1)  # then nobody has rated the last item
        items = torch.randint(last, (rows,), generator=generator)
        stars = torch.randint(1, 6, (rows,), generator=generator).float()
        return items, stars, count, (1.0, 0.5, 5.0, 2.0)[(i + i // 4) % 4]

    return drawn(make)


def _by_item(items: Tensor, stars: Tensor, count: int, of_own: object, default: float = 0.0) -> list[float]:
    """A number for each item from its own stars; `default` where there are none."""
    parts = [stars[items == item] for item in range(count)]
    return [float(of_own(own)) if len(own) else default for own in parts]


BIAS_SLIPS = {
    "You return the mean of each item's stars. Wanted is how far they lie from the mean of all, with the penalty in "
    "the division.": lambda items, stars, count, penalty: _by_item(items, stars, count, torch.mean),
    "Without the penalty, one rating counts like a hundred. Divide by the number of ratings plus the penalty.": (
        lambda items, stars, count, penalty: _by_item(items, stars, count, lambda own: own.mean() - stars.mean())
    ),
    "You take the mean of the items' means. The mean of all stars counts each rating once.": (
        lambda items, stars, count, penalty: _by_item(
            items,
            stars,
            count,
            lambda own: (
                (own - torch.stack([stars[items == item].mean() for item in items.unique()]).mean()).sum()
                / (len(own) + penalty)
            ),
        )
    ),
    "You divide by the number of all ratings plus the penalty. Each item has its own number of ratings.": (
        lambda items, stars, count, penalty: _by_item(
            items, stars, count, lambda own: (own - stars.mean()).sum() / (len(stars) + penalty)
        )
    ),
    "You pull the stars towards 0, and subtract the mean of all afterwards. Subtract it from each rating first, then "
    "divide.": lambda items, stars, count, penalty: _by_item(
        items, stars, count, lambda own: own.sum() / (len(own) + penalty) - stars.mean(), -float(stars.mean())
    ),
    "The penalty is subtracted from the sum of deviations. It belongs below the line, beside the number of ratings.": (
        lambda items, stars, count, penalty: _by_item(
            items, stars, count, lambda own: ((own - stars.mean()).sum() - penalty) / len(own)
        )
    ),
    "The mean deviation is divided by the penalty plus 1. Add the penalty to the number of the "
    "item's ratings.": lambda items, stars, count, penalty: _by_item(
        items, stars, count, lambda own: (own.mean() - stars.mean()) / (1 + penalty)
    ),
    "Deviations are taken from 3, the middle of the scale. Take them from the mean of all stars.": (
        lambda items, stars, count, penalty: _by_item(
            items, stars, count, lambda own: (own - 3).sum() / (len(own) + penalty)
        )
    ),
    "Only the last rating of each item counts, as each takes the place of the one before. Add them up, and count "
    "them.": lambda items, stars, count, penalty: _by_item(
        items, stars, count, lambda own: (own[-1] - stars.mean()) / (1 + penalty)
    ),
    "Only the last rating of each item counts: is it set by `=`, or by `biases[items] += ...`, which adds once? Add them up item by item.": lambda items, stars, count, penalty: (
        _by_item(items, stars, count, lambda own: (own[-1] - stars.mean()) / (len(own) + penalty))
    ),
    "The mean of all is subtracted once from the sum of an item's stars. It belongs to each rating, so it is "
    "subtracted as often as there are ratings.": lambda items, stars, count, penalty: [
        float((stars[items == item].sum() - stars.mean()) / ((items == item).sum() + penalty)) for item in range(count)
    ],
    "Items without ratings are left out. They are part of the answer, with the bias 0.": (
        lambda items, stars, count, penalty: item_biases(items, stars, count, penalty)[items.unique()]
    ),
}


EXERCISE = Exercise(
    solution=item_biases,
    cases=star_cases,
    slips=BIAS_SLIPS,
    returns="`count` numbers, the bias of each item",
    why="A deviation is the stars less the mean of all stars. With fewer ratings than the penalty, it is most of what "
    "the sum is divided by; with many it hardly counts.",
    notice="With a penalty of 5, an item with two ratings of 5 stars stands below one that a hundred people rated 4.8.",
    hints=(
        "First the mean of all stars, one number. Then each rating's deviation from it.",
        "For each item from 0 to `count` - 1, add up the deviations of the rows in which `items` names it.",
        "Divide each sum by the number of its rows plus `penalty`: without rows that is 0 / penalty, so 0.",
    ),
)
