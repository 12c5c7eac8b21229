"""Exercise 17.2. The contrastive loss of a matrix of cosines whose partners are on the diagonal."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def matching_loss(cosines, temperature):
    """The mean loss of finding, for each row, the column of the same number."""
    scores = cosines / temperature
    return F.cross_entropy(scores, torch.arange(len(scores)))


def matrix_cases() -> list[tuple]:
    """One pair to four, warm and cold; and far apart."""

    def make(generator: torch.Generator, i: int) -> tuple:
        n = 1 + (i + i // 4) % 4
        cosines = (2 * torch.rand(n, n, generator=generator) - 1).round(decimals=1)
        return cosines, (0.1, 0.5, 1.0, 2.0, 0.25)[i % 5]

    ends = [(torch.tensor([[1.0, -1.0], [0.9, -0.9]]), 0.2), (torch.zeros(3, 3), 0.2)]
    return drawn(make) + ends


def _loss(scores):
    return F.cross_entropy(scores, torch.arange(len(scores)))


def _rows(cosines, temperature):
    return F.cross_entropy(cosines / temperature, torch.arange(len(cosines)), reduction="none")


def _others_only(cosines, temperature):
    """The partner is missing below the line."""
    scores = cosines / temperature
    others = scores.masked_fill(torch.eye(len(scores), dtype=torch.bool), -torch.inf)
    return (others.logsumexp(dim=1) - scores.diagonal()).mean()


def _softmax_first(cosines, temperature):
    return _loss((cosines / temperature).softmax(dim=1))


def _all_pairs(cosines, temperature):
    scores = cosines / temperature
    return (scores.flatten().logsumexp(dim=0) - scores.diagonal()).mean()


MATCHING_SLIPS = {
    "You go down the columns: for each *second* view you look for the first. Here each row is one question.": (
        lambda cosines, temperature: _loss(cosines.T / temperature)
    ),
    "You take the mean of both directions, rows and columns. Only the rows were asked.": (
        lambda cosines, temperature: (_loss(cosines / temperature) + _loss(cosines.T / temperature)) / 2
    ),
    "The temperature multiplies in yours. It divides the cosines: a low one makes differences large.": (
        lambda cosines, temperature: _loss(cosines * temperature)
    ),
    "The temperature changes nothing in yours. Divide the cosines by it.": lambda cosines, temperature: _loss(cosines),
    "The partner is missing in your sum below the line. It is one of the N columns.": _others_only,
    "You take a softmax, and cross_entropy takes another. Hand it the scores themselves.": _softmax_first,
    "Your sum below the line goes over the whole matrix. Each row has its own sum.": _all_pairs,
    "Your diagonal is minus infinity. Above that was a view compared with itself; here it holds the partners.": (
        lambda cosines, temperature: _loss((cosines / temperature).fill_diagonal_(-torch.inf))
    ),
    "You look for column 0 in each row. The right column of row i is column i.": (
        lambda cosines, temperature: F.cross_entropy(cosines / temperature, torch.zeros(len(cosines)).long())
    ),
    "You divide the loss by the temperature. Divide the cosines by it, before the loss is taken.": (
        lambda cosines, temperature: _loss(cosines) / temperature
    ),
    "Yours are the losses of the rows. Return their mean.": _rows,
    "You take the logarithm of the mean. Take the mean of the logarithms: each row has a loss of its own.": (
        lambda cosines, temperature: -(cosines / temperature).softmax(dim=1).diagonal().mean().log()
    ),
    "Yours is a mean of probabilities. The loss is minus the logarithm of each, and then the mean.": (
        lambda cosines, temperature: (cosines / temperature).softmax(dim=1).diagonal().mean()
    ),
}

EXERCISE = Exercise(
    solution=matching_loss,
    cases=matrix_cases,
    slips=MATCHING_SLIPS,
    returns="one number, the mean loss of the N rows",
    why="Row i is a classification with N classes, its scores are the cosines divided by the temperature, and the right "
    "class is i. So the labels are 0, 1, ..., N - 1.",
    notice="With one pair the loss is 0: whoever has one answer to choose from is right. Large batches ask more.",
    hints=(
        "Each row is one question with N possible answers. Which is the right one for row i?",
        "The scores are the cosines divided by the temperature, the loss is a cross-entropy, as above.",
        "`F.cross_entropy(scores, labels)` with `labels = torch.arange(len(scores))`.",
    ),
)
