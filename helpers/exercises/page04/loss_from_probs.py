"""Exercise 4.1. The mean cross-entropy of probabilities (N, K) against class numbers (N,), in nats."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn
from helpers.exercises.page04.shared import _right


def loss_from_probs(probs, labels):
    """The mean cross-entropy of probabilities (N, K) against class numbers (N,), in nats."""
    return -probs[torch.arange(len(labels)), labels].log().mean()


def probs_cases() -> list[tuple]:
    """One row, two classes, more rows than classes and the reverse, labels of every kind."""

    def make(generator: torch.Generator, i: int) -> tuple:
        n, k = (1, 3, 2, 5, 4, 7)[i % 6], (2, 3, 4, 3, 6, 2)[i % 6]
        probs = torch.randn(n, k, generator=generator).softmax(dim=1)
        return probs, torch.randint(k, (n,), generator=generator)

    return drawn(make)


PROBS_SLIPS = {
    "The minus is missing: the logarithm of a probability is negative, a loss is not.": lambda probs, labels: (
        _right(probs, labels).log().mean()
    ),
    "The logarithm is missing. (`F.nll_loss` wants log-probabilities.)": F.nll_loss,
    "The logarithm and the minus are missing.": lambda probs, labels: _right(probs, labels).mean(),
    "That is the sum over the images. The loss of a batch is their *mean*.": lambda probs, labels: (
        -_right(probs, labels).log().sum()
    ),
    "That logarithm has base 2. Nats need the natural one, `torch.log`.": lambda probs, labels: (
        -_right(probs, labels).log2().mean()
    ),
    "That logarithm has base 10. Nats need the natural one, `torch.log`.": lambda probs, labels: (
        -_right(probs, labels).log10().mean()
    ),
    "You averaged over the classes too. Sum over classes, then take the mean over *images*.": lambda probs, labels: (
        -_right(probs, labels).log().mean() / probs.shape[1]
    ),
    "You divided by the number of classes. The mean is over the *images*.": lambda probs, labels: (
        -_right(probs, labels).log().sum() / probs.shape[1]
    ),
    "The probabilities went through a softmax once more: `F.cross_entropy` wants logits.": F.cross_entropy,
    "That is one minus the probability of the right class, not its logarithm.": lambda probs, labels: (
        1 - _right(probs, labels).mean()
    ),
    "The mean comes before the logarithm in yours. First each image's logarithm, then the mean.": (
        lambda probs, labels: -_right(probs, labels).mean().log()
    ),
    "These are the losses of the single images; wanted is their mean.": lambda probs, labels: (
        -_right(probs, labels).log()
    ),
    "That is the loss of the likeliest class. The label says which class counts.": lambda probs, labels: (
        -probs.amax(dim=1).log().mean()
    ),
    "That takes all classes, not the right one only. The label says which probability counts.": lambda probs, labels: (
        -probs.log().sum(dim=1).mean()
    ),
    "That is the entropy of the probabilities: the labels have no part in it.": lambda probs, labels: (
        -(probs * probs.log()).sum(dim=1).mean()
    ),
}


EXERCISE = Exercise(
    solution=loss_from_probs,
    cases=probs_cases,
    slips=PROBS_SLIPS,
    returns="one number, the mean loss",
    why="With class numbers, the sum over classes picks one term: minus the logarithm of the right class's "
    "probability. Then comes the mean over the images.",
    notice="Sum over classes, mean over images: the formula shows only the first of the two.",
    hints=(
        "For one image: which probability counts, and what is done to it?",
        "A label is a column number. The section on the article's formula picked one column per row.",
        "Three steps remain: what turns a probability into a loss, over what is the mean taken, and with which sign?",
    ),
)
