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
        n, k = (1, 2, 3, 2, 5)[i % 5], (2, 3, 2, 5, 3)[i % 5]
        return torch.randn(n, k, generator=generator), torch.randint(k, (n,), generator=generator)

    return drawn(make)


def _one_hot(logits: Tensor, labels: Tensor) -> Tensor:
    return F.one_hot(labels, logits.shape[1])


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
    "That is the loss itself; wanted is its gradient.": F.cross_entropy,
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
