"""Exercise 4.2. The logarithm of the softmax of logits (N, K), without overflow."""

from __future__ import annotations

import functools
import math

import torch
import torch.nn.functional as F
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
    large += [
        [[200.0, 0.0], [-300.0, -301.0]],
        [[0.0, 0.0, 1000.0]],
        [[0.0, 89.0]],
    ]  # none needs a shift only because it is 1000
    large += [[[60.0, -60.0]], [[-1000.0, -1000.0]], [[-1000.0, -1002.0, -1001.0], [-3000.0, -3000.0, -3000.0]]]
    return [*drawn(make, 12), *((torch.tensor(rows),) for rows in large)]


def _plain(logits: Tensor) -> Tensor:
    return (logits.exp() / logits.exp().sum(dim=1, keepdim=True)).log()


def _less(logits: Tensor, shift: Tensor | float) -> Tensor:
    """The formula, with this subtracted from the logits first."""
    shifted = logits - shift
    return shifted - shifted.exp().sum(dim=1, keepdim=True).log()


def _shifted(logits: Tensor) -> Tensor:
    return logits - logits.amax(dim=1, keepdim=True)


SMALL = (1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 1e-16, 1e-20, 1e-30, 1e-37, 1e-38)
ADDED = {
    f"A small number, {small:g}, comes in before the logarithm. It replaces every log-probability below "
    f"{math.log(small):.0f}. Go straight to the logarithm, past the softmax.": lambda logits, small=small: (
        logits.softmax(dim=1) + small
    ).log()
    for small in SMALL
}
RAISED = {
    f"Probabilities below {small:g} are raised to it (`clamp`), and with them every log-probability below "
    f"{math.log(small):.0f}. Go straight to the logarithm, past the softmax.": lambda logits, small=small: (
        logits.softmax(dim=1).clamp(min=small).log()
    )
    for small in SMALL
}
LEAST = {
    f"Log-probabilities that are lost become {least}, whatever they were. Go straight to the logarithm, past the "
    f"softmax{more}.": lambda logits, least=least, cut=cut: cut(logits.softmax(dim=1).log(), least)
    for least in (-10_000, -1000, -100)
    for more, cut in {
        "": lambda logs, least: logs.nan_to_num(neginf=least),
        ", and cut off nothing": lambda logs, least: logs.clamp(min=least),
    }.items()
}
CLAMPED = {
    f"`clamp` changes the logits beyond {limit}, and with them the answer. Subtract something that leaves the answer as "
    f"it is{more}.": lambda logits, limit=limit, low=low: _less(logits.clamp(min=low and -limit, max=limit), 0.0)
    for limit in (20, 50, 80, 85, 87, 88, 100, 500, 700)
    for more, low in {"": True, " for every row": None}.items()
}
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
    "You subtracted the *smallest* logit of each row, and the largest still overflows. Which one must be 0 afterwards?": (
        lambda logits: _less(logits, logits.amin(dim=1, keepdim=True))
    ),
    "You subtract the largest logit only where it is large. A row whose logits are all far below 0 needs it as well: its "
    "powers are all 0, and so is their sum.": lambda logits: _less(
        logits, logits.amax(dim=1, keepdim=True) if logits.max() > 80 else 0.0
    ),
    "You subtract the largest logit only of rows where it is very large or very low, such as 1000. e to the power of 200 "
    "overflows as well: do it for every row.": lambda logits: _less(
        logits,
        logits.amax(dim=1, keepdim=True).where(logits.amax(dim=1, keepdim=True).abs() > 500, 0.0),
    ),
    "You subtract the *place* of the largest logit (`argmax`). Subtract the largest logit itself: `max(...).values`.": (
        lambda logits: _less(logits, logits.argmax(dim=1, keepdim=True))
    ),
    "You subtracted the *median* of each row. A logit far above it still overflows: subtract the largest.": lambda logits: (
        _less(logits, logits.median(dim=1, keepdim=True).values)
    ),
    "You subtracted the *mean* of each row. A logit far above it still overflows: subtract the largest.": lambda logits: (
        _less(logits, logits.mean(dim=1, keepdim=True))
    ),
    "In a row of logits far below 0 yours does not subtract the largest itself, and all powers become 0. Do so in every row, with its sign.": lambda logits: (
        _less(logits, logits.abs().amax(dim=1, keepdim=True))
    ),
    "You subtracted the first logit of each row. Another one may be far larger, and overflow.": lambda logits: _less(
        logits, logits[:, :1]
    ),
    "You subtracted the last logit of each row. Another one may be far larger, and overflow.": lambda logits: _less(
        logits, logits[:, -1:]
    ),
    "You subtract 1000, whatever the logits are, and the powers of small ones become 0. Let each row say what is "
    "subtracted from it.": lambda logits: _less(logits, 1000.0),
    "You divide the logits by the largest of their row. That changes the answer; a subtraction does not.": (
        lambda logits: _less(logits / logits.amax(dim=1, keepdim=True), 0.0)
    ),
    "You subtract the largest logits of the columns (`dim=0`). Each *row* needs its own: `dim=1`.": lambda logits: (
        _less(logits, logits.amax(dim=0, keepdim=True))
    ),
    "The power is taken of the sum. First the powers, e to each logit, then their sum, then its logarithm.": (
        lambda logits: _shifted(logits) - _shifted(logits).sum(dim=1, keepdim=True).exp().log()
    ),
    "The logarithm is taken of each power, which undoes it. First add the powers of a row, then take the logarithm.": (
        lambda logits: _shifted(logits) - _shifted(logits).exp().log().sum(dim=1, keepdim=True)
    ),
    "`sum()` without an axis adds up the whole batch. Each row needs a sum of its own, `dim=1`.": lambda logits: (
        _shifted(logits) - _shifted(logits).exp().sum().log()
    ),
    "`max()` and `sum()` without an axis take the whole batch. Each row needs its own: `dim=1, keepdim=True`.": (
        lambda logits: (logits - logits.max()) - (logits - logits.max()).exp().sum().log()
    ),
    "The logarithm of the sum is *added*. It must come off: log softmax(z) = z - log(sum of exp(z)).": lambda logits: (
        _shifted(logits) + _shifted(logits).exp().sum(dim=1, keepdim=True).log()
    ),
    "Two slips. Each row needs its own largest logit, not that of the batch. And the logarithm of the sum is added, "
    "where it must come off.": lambda logits: (
        (logits - logits.max()) + (logits - logits.max()).exp().sum(dim=1, keepdim=True).log()
    ),
    "You divide by the logarithm of the sum. The logarithm of a fraction is a *difference*: subtract it.": (
        lambda logits: _shifted(logits) / _shifted(logits).exp().sum(dim=1, keepdim=True).log()
    ),
    "The largest logit comes off twice. Once is enough: the shifted logits stand for the first ones everywhere.": (
        lambda logits: _less(logits, logits.amax(dim=1, keepdim=True)) - logits.amax(dim=1, keepdim=True)
    ),
    "`nan_to_num` puts a number where the right one is lost, and not the right one. Keep the power from overflowing.": (
        lambda logits: torch.nan_to_num(_plain(logits))
    ),
    "`nan_to_num` puts a number where the right one is lost, and not the right one. Go straight to the logarithm, past "
    "the softmax.": lambda logits: torch.nan_to_num(logits.softmax(dim=1).log()),
    **ADDED,
    **RAISED,
    **LEAST,
    "That is one number, the loss of the likeliest classes. Return all log-probabilities, in the shape of the logits.": (
        lambda logits: F.cross_entropy(logits, logits.argmax(dim=1))
    ),
    "That is the largest log-probability of each row alone. Return them all, in the shape of the logits.": (
        lambda logits: logits.log_softmax(dim=1).amax(dim=1)
    ),
    "`log1p` is the logarithm of 1 + its input. The sum has its 1 already: take `log`.": lambda logits: (
        _shifted(logits) - _shifted(logits).exp().sum(dim=1, keepdim=True).log1p()
    ),
    "That is a softmax twice: `log_softmax` holds one already, and wants the logits.": lambda logits: logits.softmax(
        dim=1
    ).log_softmax(dim=1),
    "That is the logarithm of a sigmoid, each logit by itself. A softmax compares the logits of a row.": F.logsigmoid,
    **CLAMPED,
    "That is minus the mean of all log-probabilities, one number. Return them all, in the shape of the logits.": (
        lambda logits: -logits.log_softmax(dim=1).mean()
    ),
    "The logarithm has base 2, and the powers have base e. Both need e: `.log()`.": lambda logits: (
        _shifted(logits) - _shifted(logits).exp().sum(dim=1, keepdim=True).log2()
    ),
    "The *mean* of a row's powers stands where their sum is needed.": lambda logits: (
        _shifted(logits) - _shifted(logits).exp().mean(dim=1, keepdim=True).log()
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
