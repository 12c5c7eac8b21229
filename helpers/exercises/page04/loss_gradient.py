"""Exercise 4.3. The gradient of the mean cross-entropy with respect to the logits (N, K)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn
from helpers.exercises.page04.shared import _right


def loss_gradient(logits, labels):
    """The gradient of the mean cross-entropy with respect to the logits (N, K)."""
    return (logits.softmax(dim=1) - F.one_hot(labels, logits.shape[1])) / len(labels)


def gradient_cases() -> list[tuple]:
    def make(generator: torch.Generator, i: int) -> tuple:
        n, k = (1, 2, 4, 2, 5)[i % 5], (2, 3, 3, 5, 3)[i % 5]
        return torch.randn(n, k, generator=generator), torch.randint(k, (n,), generator=generator)

    one_class = torch.tensor([[0.5], [-1.0], [2.0], [0.0]]), torch.zeros(4, dtype=torch.long)
    return [*drawn(make), one_class]


def _one_hot(logits: Tensor, labels: Tensor) -> Tensor:
    return F.one_hot(labels, logits.shape[1])


def _gradient(logits: Tensor, labels: Tensor) -> Tensor:
    return (logits.softmax(1) - _one_hot(logits, labels)) / len(labels)


def _softmax_twice(logits: Tensor, labels: Tensor) -> Tensor:
    """The gradient where the loss takes a softmax of the probabilities."""
    probs = logits.softmax(1)
    outer = _gradient(probs, labels)
    return probs * (outer - (outer * probs).sum(dim=1, keepdim=True))


def _squared_error(logits: Tensor, labels: Tensor, count: int) -> Tensor:
    """The gradient of the squared error of the probabilities, divided by so many."""
    probs = logits.softmax(1)
    outer = 2 * (probs - _one_hot(logits, labels)) / count
    return probs * (outer - (outer * probs).sum(dim=1, keepdim=True))


def _at(logits: Tensor, rows: slice, labels: Tensor) -> Tensor:
    """The softmax less 1 at the right class of some rows."""
    target = torch.zeros_like(logits)
    target[rows] = _one_hot(logits, labels).float()[rows]
    return logits.softmax(1) - target


def _columns(logits: Tensor, labels: Tensor) -> Tensor:
    probs = logits.softmax(1)
    probs[:, labels] -= 1
    return probs


NUMBERS = (
    "The class numbers themselves are subtracted. Subtract 1 at the right class and 0 elsewhere: make them one-hot"
)
FIXED = {
    f"You wrote {k} as the number of classes. Other inputs have more or fewer: it is `logits.shape[1]`.": (
        lambda logits, labels, k=k: (logits.softmax(1) - F.one_hot(labels, k)) / len(labels)
    )
    for k in (2, 3, 4, 5, 10)
}
GRADIENT_SLIPS = {
    "The sign is turned round: it is softmax minus one-hot.": lambda logits, labels: (
        (_one_hot(logits, labels) - logits.softmax(1)) / len(labels)
    ),
    "That is the gradient of the *sum* over images. Of the mean it is that divided by N.": lambda logits, labels: (
        logits.softmax(1) - _one_hot(logits, labels)
    ),
    "You divided by the number of classes. The mean runs over the images.": lambda logits, labels: (
        (logits.softmax(1) - _one_hot(logits, labels)) / logits.shape[1]
    ),
    "You divided by the number of images and of classes. The mean runs over the images alone.": (
        lambda logits, labels: (logits.softmax(1) - _one_hot(logits, labels)) / logits.numel()
    ),
    "The target is missing: subtract 1 at the right class.": lambda logits, labels: logits.softmax(1) / len(labels),
    "The target is missing, and so is the mean over the images.": lambda logits, labels: logits.softmax(1),
    "Only the softmax is divided by N; the whole difference should be.": lambda logits, labels: (
        logits.softmax(1) / len(labels) - _one_hot(logits, labels)
    ),
    "Only the one-hot part is divided by N; the whole difference should be.": lambda logits, labels: (
        logits.softmax(1) - _one_hot(logits, labels) / len(labels)
    ),
    "The softmax is missing: it is the probabilities minus one-hot, not the logits.": lambda logits, labels: (
        (logits - _one_hot(logits, labels)) / len(labels)
    ),
    "The logarithm of the softmax is there, where the softmax itself is needed.": lambda logits, labels: (
        (logits.log_softmax(1) - _one_hot(logits, labels)) / len(labels)
    ),
    "Your softmax ran over the images (`dim=0`). It runs along the classes, `dim=1`.": lambda logits, labels: (
        (logits.softmax(0) - _one_hot(logits, labels)) / len(labels)
    ),
    "The powers of the logits are there, where the softmax is needed: each power divided by the sum of its row.": (
        lambda logits, labels: (logits.exp() - _one_hot(logits, labels)) / len(labels)
    ),
    "You took a sigmoid of each logit by itself. The loss contains a softmax over the classes.": lambda logits, labels: (
        (logits.sigmoid() - _one_hot(logits, labels)) / len(labels)
    ),
    "That is the gradient of the squared error of the probabilities. Wanted is that of the cross-entropy.": (
        lambda logits, labels: _squared_error(logits, labels, logits.numel())
    ),
    "That is the gradient of the squared error of the probabilities, summed over the classes. Wanted is that of the "
    "cross-entropy.": lambda logits, labels: _squared_error(logits, labels, len(labels)),
    "You subtract at column `label - 1`. Classes are counted from 0: a label is a column number as it is.": (
        lambda logits, labels: _gradient(logits, (labels - 1) % logits.shape[1])
    ),
    "You divided by the number of *different* labels. The mean runs over the images.": lambda logits, labels: (
        (logits.softmax(1) - _one_hot(logits, labels)) / len(labels.unique())
    ),
    "At the right class yours is minus its probability (`*= -1`). Subtract 1 from it (`-= 1`).": lambda logits, labels: (
        logits.softmax(1) * (1 - 2 * _one_hot(logits, labels)) / len(labels)
    ),
    "At the right class yours is -1 itself (`= -1`). Subtract 1 from the probability that stands there (`-= 1`).": (
        lambda logits, labels: (
            (logits.softmax(1) * (1 - _one_hot(logits, labels)) - _one_hot(logits, labels)) / len(labels)
        )
    ),
    "You multiplied by N, where the mean divides by N.": lambda logits, labels: (
        (logits.softmax(1) - _one_hot(logits, labels)) * len(labels)
    ),
    "That is the loss itself; wanted is its gradient.": F.cross_entropy,
    f"{NUMBERS}.": lambda logits, labels: (logits.softmax(1) - labels) / len(labels),
    f"{NUMBERS}, one row for each image.": lambda logits, labels: (logits.softmax(1) - labels[:, None]) / len(labels),
    f"{NUMBERS}. And divide by N for the mean.": lambda logits, labels: logits.softmax(1) - labels[:, None],
    **FIXED,
    "The sign is turned round (it is softmax minus one-hot), and the mean over N images is missing.": (
        lambda logits, labels: _one_hot(logits, labels) - logits.softmax(1)
    ),
    "That is the mean over the images, one row for all. Each image keeps a row of its own, divided by N.": (
        lambda logits, labels: _gradient(logits, labels).sum(dim=0)
    ),
    "That is the sum over the images, one row for all. Each image keeps a row of its own, divided by N.": (
        lambda logits, labels: _gradient(logits, labels).sum(dim=0) * len(labels)
    ),
    "That is one number, the sum or mean of all entries, and always 0, up to rounding. Wanted is one number for each "
    "logit.": lambda logits, labels: logits.new_zeros(()),
    "That is one number for each image, the sum or mean of a row, and always 0, up to rounding. Wanted is one number for "
    "each logit.": lambda logits, labels: logits.new_zeros(len(logits)),
    "`[:, labels]` takes those columns in *every* row. Each row has a label of its own: go along the rows as well, by "
    "`torch.arange`.": lambda logits, labels: _columns(logits, labels) / len(labels),
    "`[:, labels]` takes those columns in *every* row. Each row has a label of its own. And the mean over N images is "
    "missing.": _columns,
    "The loss got probabilities and took a softmax of its own: softmax twice. `F.cross_entropy` wants the logits.": (
        _softmax_twice
    ),
    "In the last row nothing is subtracted. Does your `range` end too early?": lambda logits, labels: (
        _at(logits, slice(None, -1), labels) / len(labels)
    ),
    "In the first row nothing is subtracted: positions begin at 0.": lambda logits, labels: (
        _at(logits, slice(1, None), labels) / len(labels)
    ),
    "Only in the first row something is subtracted. Each row has a label of its own. If you count in a loop, does the "
    "`return` stand inside it?": lambda logits, labels: _at(logits, slice(None, 1), labels) / len(labels),
    "p (1 - p) is the slope of a single probability by its own logit; it knows nothing of the labels. The gradient of the "
    "*loss* was derived on the page.": lambda logits, labels: logits.softmax(1) * (1 - logits.softmax(1)) / len(labels),
    "p (1 - p) is the slope of a single probability by its own logit; the gradient of the *loss* was derived on the "
    "page.": lambda logits, labels: logits.softmax(1) * (1 - logits.softmax(1)),
    "-1 / p is the gradient with respect to the *probabilities*. Wanted is the one with respect to the logits, in front "
    "of the softmax.": lambda logits, labels: -_one_hot(logits, labels) / logits.softmax(1) / len(labels),
    "-1 / p is the gradient with respect to the *probabilities*; wanted is the one with respect to the logits. And the "
    "mean over N images is missing.": lambda logits, labels: -_one_hot(logits, labels) / logits.softmax(1),
    "You subtracted 1 at the *likeliest* class. Subtract it at the class that the label says.": lambda logits, labels: (
        _gradient(logits, logits.argmax(dim=1))
    ),
    "Those are the logits after a step with the rate 0.1. Wanted is the gradient alone.": lambda logits, labels: (
        logits - 0.1 * _gradient(logits, labels)
    ),
    "Those are the logits less the gradient. Wanted is the gradient alone.": lambda logits, labels: (
        logits - _gradient(logits, labels)
    ),
    "Two slips: your softmax runs over the images (`dim=0`, and not along the classes, `dim=1`), and you divided by the "
    "number of classes, not of images.": lambda logits, labels: (
        (logits.softmax(0) - _one_hot(logits, labels)) / logits.shape[1]
    ),
    "Two slips: your softmax runs over the images (`dim=0`, and not along the classes, `dim=1`), and the mean over N "
    "images is missing.": lambda logits, labels: logits.softmax(0) - _one_hot(logits, labels),
    "Your function returns the probabilities and the gradient. Return the second alone.": lambda logits, labels: (
        logits.softmax(1),
        _gradient(logits, labels),
    ),
    "Your function returns the loss and the gradient. Return the second alone.": lambda logits, labels: (
        F.cross_entropy(logits, labels),
        _gradient(logits, labels),
    ),
    "The gradient is right, and packed once more, in a tuple, a list or an axis in front (`torch.autograd.grad` returns "
    "a tuple). `[0]` takes it out.": lambda logits, labels: (_gradient(logits, labels),),
    "That is the part of the right class alone: wanted is one number for each logit.": lambda logits, labels: (
        (_right(logits.softmax(1), labels) - 1) / len(labels)
    ),
}


EXERCISE = Exercise(
    solution=loss_gradient,
    cases=gradient_cases,
    slips=GRADIENT_SLIPS,
    returns="a tensor of the shape of the logits",
    why="For one image it is softmax minus one-hot. The mean over N images divides it by N.",
    notice="Each row adds up to 0: what the right class gains, the others lose.",
    hints=(
        "The page derived it for one image: what minus what?",
        "`F.one_hot(labels, K)` makes rows with a single 1. K is `logits.shape[1]`.",
        "The loss is a mean over N images, so each image's part is divided by N.",
    ),
)
