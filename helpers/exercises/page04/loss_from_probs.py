"""Exercise 4.1. The mean cross-entropy of probabilities (N, K) against class numbers (N,), in nats."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn
from helpers.exercises.page04.shared import _right


def loss_from_probs(probs, labels):
    """The mean cross-entropy of probabilities (N, K) against class numbers (N,), in nats."""
    return -probs[torch.arange(len(labels)), labels].log().mean()


def probs_cases() -> list[tuple]:
    """One row, two classes, more rows than classes and the reverse, labels of every kind; equal losses, a tiny
    probability, and so many images that the product of their probabilities is too small to be stored."""

    def make(generator: torch.Generator, i: int) -> tuple:
        n, k = (1, 3, 2, 5, 4, 7)[i % 6], (2, 3, 4, 3, 6, 2)[i % 6]
        probs = torch.randn(n, k, generator=generator).softmax(dim=1)
        return probs, torch.randint(k, (n,), generator=generator)

    all_first = torch.tensor([[0.5, 0.3, 0.2]]), torch.tensor([0])
    alike = torch.tensor([[0.5, 0.5], [0.5, 0.5], [0.9, 0.1]]), torch.tensor([0, 1, 0])
    tiny = torch.tensor([[1e-6, 1 - 1e-6]]), torch.tensor([0])
    generator = torch.Generator().manual_seed(1)
    many = (2 * torch.randn(300, 4, generator=generator)).softmax(dim=1), torch.randint(4, (300,), generator=generator)
    return [*drawn(make), all_first, alike, tiny, many]


def _each(probs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The loss of each image."""
    return -_right(probs, labels).log()


def _mean_of_classes(probs: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """First the mean of each class, then the mean of these."""
    losses = _each(probs, labels)
    return torch.stack([losses[labels == k].mean() for k in labels.unique()]).mean()


def _last_of_each_label(probs: torch.Tensor, labels: torch.Tensor) -> float:
    """As a dictionary from labels to losses keeps them."""
    kept = dict(zip(labels.tolist(), _each(probs, labels).tolist(), strict=True))
    return sum(kept.values()) / len(kept)


SMALL = {
    f"A small number, {small:g}, is added to the probability before the logarithm, and changes the loss. Leave it out.": (
        lambda probs, labels, small=small: -(_right(probs, labels) + small).log().mean()
    )
    for small in (1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10)
}
CLAMPED = {
    f"Probabilities below {small:g} are raised to it (`clamp`), so the worst guesses cost too little. Leave it out: no "
    "probability is 0 here.": lambda probs, labels, small=small: -_right(probs, labels).clamp(min=small).log().mean()
    for small in (0.1, 0.05, 1e-2, 1e-3, 1e-4, 1e-5)
}
NUMBERS = "A class number says *which* probability counts, and is no factor: 2 does not count twice."
PROBS_SLIPS = {
    "The minus is missing: the logarithm of a probability is negative, a loss is not.": lambda probs, labels: (
        _right(probs, labels).log().mean()
    ),
    "The logarithm is missing. (If you use `F.nll_loss`: it wants log-probabilities.)": F.nll_loss,
    "The product of so many probabilities is too small to be stored: it becomes 0, and its logarithm is lost. First the "
    "logarithm of each, then add up.": lambda probs, labels: -_right(probs, labels).prod().log() / len(labels),
    "Equal losses are counted only once, as in a set. Each image counts.": lambda probs, labels: (
        _each(probs, labels).unique().mean()
    ),
    "You took the mean for each class first, and then that of the classes. The mean is over all images at once.": (
        _mean_of_classes
    ),
    "Of several images with the same label only the last counts, as in a dictionary with the labels as keys. Keep one "
    "loss for each image.": _last_of_each_label,
    "You took `exp` where the logarithm belongs.": lambda probs, labels: (-_right(probs, labels)).exp().mean(),
    "You took `exp` where the logarithm belongs, with a minus in front.": lambda probs, labels: (
        -_right(probs, labels).exp().mean()
    ),
    "You took `exp` where minus the logarithm belongs.": lambda probs, labels: _right(probs, labels).exp().mean(),
    "You multiplied each logarithm by its probability once more. The label has picked the image's term: its factor is "
    "1.": lambda probs, labels: -(_right(probs, labels) * _right(probs, labels).log()).mean(),
    "That takes the logarithm of 1 - p, and not of the right class's p.": lambda probs, labels: (
        -(1 - _right(probs, labels)).log().mean()
    ),
    "You divided by the number of images plus 1.": lambda probs, labels: _each(probs, labels).sum() / (len(labels) + 1),
    **{
        f"Images whose right class got less than {least:g} are left out. They cost most, and they count.": (
            lambda probs, labels, least=least: -_right(probs, labels)[_right(probs, labels) > least].log().mean()
        )
        for least in (0.01, 0.05, 0.1)
    },
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
    "The probabilities went through a softmax once more. (`F.cross_entropy` takes one by itself: it wants logits.)": (
        F.cross_entropy
    ),
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
    "The minus is missing, and that is the sum over the images, where the mean is wanted.": lambda probs, labels: (
        -_each(probs, labels).sum()
    ),
    "That logarithm has base 2 (nats need the natural one, `torch.log`). And it is the sum, not the mean.": (
        lambda probs, labels: _each(probs, labels).sum() / math.log(2)
    ),
    "That logarithm has base 10 (nats need the natural one, `torch.log`). And it is the sum, not the mean.": (
        lambda probs, labels: _each(probs, labels).sum() / math.log(10)
    ),
    "That logarithm has base 2 (nats need the natural one, `torch.log`). And the minus is missing.": (
        lambda probs, labels: -_each(probs, labels).mean() / math.log(2)
    ),
    "`probs[:, labels]` takes those columns from *every* row. Each row has a label of its own: go along the rows as "
    "well, by `torch.arange`.": lambda probs, labels: -probs[:, labels].log().mean(),
    "`probs[:, labels]` takes those columns from *every* row; and a sum stands where the mean is wanted.": (
        lambda probs, labels: -probs[:, labels].log().sum()
    ),
    "That is the product of the right classes' probabilities. The loss takes minus the logarithm of each, and their "
    "mean.": lambda probs, labels: _right(probs, labels).prod(),
    "Classes are counted from 0, so a label is a column number as it is. Yours takes 1 off it.": (
        lambda probs, labels: _each(probs, labels - 1).mean()
    ),
    "The first image is left out: positions begin at 0.": lambda probs, labels: (
        _each(probs, labels)[1:].sum() / len(labels)
    ),
    "The last image is left out. Does your `range` end too early?": lambda probs, labels: (
        _each(probs, labels)[:-1].sum() / len(labels)
    ),
    f"{NUMBERS} Make the labels one-hot first, or use them as column numbers.": lambda probs, labels: (
        -(labels * probs.log()).sum(dim=1).mean()
    ),
    f"{NUMBERS} Make the labels one-hot first, or use them as columns. And the mean is over the images.": (
        lambda probs, labels: -(labels * probs.log()).mean()
    ),
    f"{NUMBERS} Make the labels one-hot, or use them as column numbers.": lambda probs, labels: (
        -(labels[:, None] * probs.log()).sum(dim=1).mean()
    ),
    f"{NUMBERS} Make the labels one-hot, or use them as columns. And the mean is over the images.": (
        lambda probs, labels: -(labels[:, None] * probs.log()).mean()
    ),
    "`F.one_hot(labels)` makes only as many columns as the largest label asks for. Say how many classes there are, in "
    "its second argument.": lambda probs, labels: -(F.one_hot(labels) * probs.log()).sum(dim=1).mean(),
    "Yours has a term for each wrong class as well, log(1 - p), as where every class is a yes or no of its own. Here "
    "only the right class counts.": lambda probs, labels: (
        F.binary_cross_entropy(probs, F.one_hot(labels, probs.shape[1]).float(), reduction="sum") / len(labels)
    ),
    "Yours has a term for each wrong class as well, log(1 - p), and a mean over the classes. Here only the right class "
    "counts.": lambda probs, labels: F.binary_cross_entropy(probs, F.one_hot(labels, probs.shape[1]).float()),
    "That is the accuracy, the share of right guesses. The loss also asks how *sure* each guess is.": (
        lambda probs, labels: (probs.argmax(dim=1) == labels).float().mean()
    ),
    "That is the squared error. The cross-entropy takes minus the logarithm of the right class's probability.": (
        lambda probs, labels: ((probs - F.one_hot(labels, probs.shape[1])) ** 2).sum(dim=1).mean()
    ),
    "That is the squared error, averaged over the classes too. The cross-entropy takes minus the logarithm of the right "
    "class's probability.": lambda probs, labels: ((probs - F.one_hot(labels, probs.shape[1])) ** 2).mean(),
    **SMALL,
    **CLAMPED,
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
