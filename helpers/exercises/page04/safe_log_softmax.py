"""Exercise 4.2. The logarithm of the softmax of logits (N, K), without overflow."""

from __future__ import annotations

import functools

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn, same


def safe_log_softmax(logits):
    """The logarithm of the softmax of logits (N, K), without overflow."""
    shifted = logits - logits.max(dim=1, keepdim=True).values
    return shifted - shifted.exp().sum(dim=1, keepdim=True).log()


def logits_cases() -> list[tuple]:
    """Small logits, logits of which e to the power overflows, and rows that need another shift each."""

    def make(generator: torch.Generator, i: int) -> tuple:
        n, k = (1, 2, 3, 4)[i % 4], (2, 3, 2, 5)[i % 4]
        return (((1.0, 5.0, 30.0)[i % 3] * torch.randn(n, k, generator=generator)).round(decimals=1),)

    large = [[[1000.0, 0.0]], [[1000.0, 0.0], [-1000.0, -1000.0]], [[0.0, 2000.0, 1999.0], [5.0, 5.0, 5.0]]]
    return [*drawn(make, 12), *((torch.tensor(rows),) for rows in large)]


def _plain(logits: Tensor) -> Tensor:
    return (logits.exp() / logits.exp().sum(dim=1, keepdim=True)).log()


LOGITS_SLIPS = {
    "Right for small logits, but e to the power of 1000 overflows. What may be subtracted from each logit of a row?": (
        _plain
    ),
    "Right for small logits, but the power overflows. Subtract the largest logit of a row first.": lambda logits: (
        logits - logits.exp().sum(dim=1, keepdim=True).log()
    ),
    "The largest logit of the whole batch is no help to the other rows. Each row needs its own.": lambda logits: (
        (logits - logits.max()) - (logits - logits.max()).exp().sum(dim=1, keepdim=True).log()
    ),
    "A probability too small to be stored became 0, and its logarithm is lost. Go straight to the logarithm, past the "
    "softmax.": lambda logits: logits.softmax(dim=1).log(),
    "The logarithm of the sum was taken of the shifted logits, and comes off the ones that are not shifted.": (
        lambda logits: logits - (logits - logits.amax(dim=1, keepdim=True)).exp().sum(dim=1, keepdim=True).log()
    ),
    "That is the softmax. Its *logarithm* is wanted.": lambda logits: logits.softmax(dim=1),
    "You summed over the images (`dim=0`). The softmax runs along the classes, `dim=1`.": lambda logits: (
        logits.log_softmax(dim=0)
    ),
    "You only subtracted the largest logit. The logarithm of a sum is still to come off.": lambda logits: (
        logits - logits.amax(dim=1, keepdim=True)
    ),
    "The sum is there without its logarithm.": lambda logits: (
        logits
        - logits.amax(dim=1, keepdim=True)
        - (logits - logits.amax(dim=1, keepdim=True)).exp().sum(dim=1, keepdim=True)
    ),
    "The sign is turned round: log-probabilities are 0 or below.": lambda logits: -logits.log_softmax(dim=1),
    "That is the logarithm of the sum, one number for each row; it comes off each logit of the row.": lambda logits: (
        logits.logsumexp(dim=1)
    ),
    "That is the logarithm of each logit, without a softmax.": lambda logits: logits.log(),
}


EXERCISE = Exercise(
    solution=safe_log_softmax,
    cases=logits_cases,
    slips=LOGITS_SLIPS,
    returns="a tensor of the shape of the logits",
    same=functools.partial(same, atol=1e-3),  # from logits of 1000, single precision keeps three decimals
    why="Subtracting the largest logit changes nothing in the result, and makes the largest exponent 0.",
    notice="This is why `F.cross_entropy` asks for logits: from probabilities it could not be done.",
    hints=(
        "log softmax(z) = z - log(sum of exp(z)). Which part breaks when a logit is 1000?",
        "Only differences between the logits of a row count. What may you subtract, so that no power is larger than 1?",
        "`max` with `dim=1, keepdim=True` returns a column, in `.values`. For the shifted logits the formula is the same.",
    ),
)
