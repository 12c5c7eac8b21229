"""Exercise 18.2. The symmetric loss of a batch whose names were shuffled."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def shuffled_loss(scores, partner):
    """The symmetric loss where picture i belongs to name partner[i]."""
    pictures = F.cross_entropy(scores, partner)
    names = F.cross_entropy(scores.T, partner.argsort())
    return (pictures + names) / 2


def score_cases() -> list[tuple]:
    """One pair to five; partners in their places, swapped, and moved round, where the inverse is another order."""

    def make(generator: torch.Generator, i: int) -> tuple:
        count = (3, 4, 2, 5, 1, 3)[i % 6]
        scores = (3 * torch.randn(count, count, generator=generator)).round(decimals=1)
        partner = torch.randperm(count, generator=generator)
        if i % 3 == 0:
            partner = torch.arange(count).roll(1)
        if i == 7:
            scores = 400 * scores  # exp of these overflows
        return scores, partner

    return drawn(make)


def _rows(scores: Tensor, right: Tensor) -> Tensor:
    return F.cross_entropy(scores, right)


LOSS_SLIPS = {
    "Your names look for picture `partner[j]`. But `partner` tells the name of a picture; of a name you need the "
    "picture, the other way round: which i has `partner[i]` equal to j?": lambda scores, partner: (
        (_rows(scores, partner) + _rows(scores.T, partner)) / 2
    ),
    "You leave `partner` out in both directions: picture i need not have column i here.": lambda scores, partner: (
        (_rows(scores, torch.arange(len(scores))) + _rows(scores.T, torch.arange(len(scores)))) / 2
    ),
    "Your names look along the columns for picture j, as if they were not shuffled.": lambda scores, partner: (
        (_rows(scores, partner) + _rows(scores.T, torch.arange(len(scores)))) / 2
    ),
    "Only the pictures look for their names in yours. The names look for their pictures as well: take the mean of "
    "both.": lambda scores, partner: _rows(scores, partner),
    "Only the names look for their pictures in yours. Take the mean of both directions.": lambda scores, partner: _rows(
        scores.T, partner.argsort()
    ),
    "You add the two directions. The loss is their mean.": lambda scores, partner: 2 * shuffled_loss(scores, partner),
    "In yours name i is that of picture `partner[i]`. The name of picture i stands in *column* `partner[i]`: the order is `scores[:, partner]`, not `scores[partner]`, nor its inverse.": (
        lambda scores, partner: (
            (_rows(scores[partner], torch.arange(len(scores))) + _rows(scores[partner].T, torch.arange(len(scores))))
            / 2
        )
    ),
    "The formula is right, but large scores make `exp` infinite, or a softmax 0, whose logarithm is minus infinity. `F.cross_entropy` and `log_softmax` take care of that.": lambda scores, partner: (
        -sum(scores.softmax(dim)[torch.arange(len(scores)), partner].log().mean() for dim in (0, 1)) / 2
    ),
    "You put the columns in order and still ask for `partner`: after `scores[:, partner]` the right column of row i is "
    "i.": lambda scores, partner: (
        (_rows(scores[:, partner], partner) + _rows(scores[:, partner].T, partner.argsort())) / 2
    ),
    "You return the two directions apart. One number is wanted, their mean.": lambda scores, partner: (
        _rows(scores, partner),
        _rows(scores.T, partner.argsort()),
    ),
    "`F.cross_entropy` takes scores and does the softmax itself. Yours does it twice.": lambda scores, partner: (
        (_rows(scores.softmax(dim=1), partner) + _rows(scores.T.softmax(dim=1), partner.argsort())) / 2
    ),
    "You take the mean of the probabilities. Cross-entropy takes minus the logarithm of each.": lambda scores, partner: (
        -sum(scores.softmax(dim)[torch.arange(len(scores)), partner].mean() for dim in (0, 1)) / 2
    ),
    "You divide the scores by a temperature. They are divided already.": lambda scores, partner: shuffled_loss(
        scores / 0.1, partner
    ),
    "You take the mean of the right scores. Cross-entropy compares each with the others of its row, or its column.": (
        lambda scores, partner: -scores[torch.arange(len(scores)), partner].mean()
    ),
}

EXERCISE = Exercise(
    solution=shuffled_loss,
    cases=score_cases,
    slips=LOSS_SLIPS,
    returns="one number",
    why="Along row i the right column is `partner[i]`. Along column j the right row is the i whose partner is j: the "
    "inverse order. Or put the columns in order first, `scores[:, partner]`; then both directions look on the diagonal.",
    notice="In what order the pairs of a batch stand changes nothing in the loss, as long as one knows who belongs to whom.",
    hints=(
        "Begin with the pictures: along row i, which column is right?",
        "For the names go along the columns (`scores.T`). Name j belongs to the picture i with `partner[i] == j`.",
        "Or put the names in order: in `scores[:, partner]` the right scores lie on the diagonal. Then it is the loss of the "
        "page.",
    ),
)
