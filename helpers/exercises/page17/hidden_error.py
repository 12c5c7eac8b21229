"""Exercise 17.1. The error of a masked autoencoder: only what was hidden counts."""

from __future__ import annotations

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def hidden_error(outputs, targets, shown):
    """The mean squared error of (N, C, H, W) where shown (N, H, W) is False."""
    errors = (outputs - targets).square()
    hidden = ~shown[:, None].expand_as(errors)  # each channel of a hidden pixel
    return errors[hidden].mean()


def masked_cases() -> list[tuple]:
    """One image and two, one channel to three, height unlike width; images shown whole, and hidden whole."""

    def make(generator: torch.Generator, i: int) -> tuple:
        n, c = 1 + i % 2, 1 + (i // 2) % 3
        h, w = ((1, 2), (2, 3), (2, 1), (3, 2))[i % 4]
        outputs, targets = torch.randint(-4, 8, (2, n, c, h, w), generator=generator).float() / 4
        shown = torch.rand(n, h, w, generator=generator) < (0.3, 0.6, 0.5)[i % 3]
        shown[0].view(-1)[0] = False  # something is hidden
        if n == 2 and i % 3 == 0:
            shown[1] = True
        if i % 8 == 5:
            shown[0] = False
        return outputs, targets, shown

    return drawn(make)


def _errors(outputs, targets, shown):
    return (outputs - targets).square(), ~shown[:, None].expand_as(outputs)


def _by_image(outputs, targets, shown):
    errors, hidden = _errors(outputs, targets, shown)
    means = [e[m].mean() for e, m in zip(errors, hidden, strict=True) if m.any()]
    return sum(means) / len(means)


def _over(outputs, targets, shown, count):
    errors, hidden = _errors(outputs, targets, shown)
    return (errors * hidden).sum() / count(errors, hidden)


MASKED_SLIPS = {
    "Your error is that of the pixels that were shown. Count the others: those where `shown` is False.": (
        lambda outputs, targets, shown: _errors(outputs, targets, shown)[0][shown[:, None].expand_as(outputs)].mean()
    ),
    "You add up the right errors, and divide by the number of all errors. Divide by how many are hidden.": (
        lambda outputs, targets, shown: _over(outputs, targets, shown, lambda errors, hidden: errors.numel())
    ),
    "You divide by the number of hidden pixels, but each has C channels, and so C errors.": (
        lambda outputs, targets, shown: _over(outputs, targets, shown, lambda e, hidden: hidden[:, 0].sum())
    ),
    "You take a mean for each image, then the mean of these. An image with little hidden then counts as much as "
    "one with a lot. Take one mean over all that is hidden.": _by_image,
    "You look at the first channel only. Each channel of a hidden pixel counts.": (
        lambda outputs, targets, shown: (outputs - targets)[:, 0].square()[~shown].mean()
    ),
    "Every pixel counts in yours, also those that were shown.": (
        lambda outputs, targets, shown: (outputs - targets).square().mean()
    ),
    "Yours is a sum. Divide it by the count of what is hidden.": (
        lambda outputs, targets, shown: _over(outputs, targets, shown, lambda errors, hidden: 1)
    ),
}

EXERCISE = Exercise(
    solution=hidden_error,
    cases=masked_cases,
    slips=MASKED_SLIPS,
    returns="one number, the mean of the squared errors of all hidden numbers",
    why="`shown[:, None]` puts in an axis for the channels, `expand_as` repeats it, and `~` turns True into False: so "
    "each number of a hidden pixel is picked, and there is one mean over all of them.",
    notice="A network that copies what it sees has no gain from that here: only what it cannot see counts.",
    hints=(
        "Compute all squared errors first, (N, C, H, W). Which of them count?",
        "`shown` has no axis for channels. `shown[:, None]` is (N, 1, H, W), and `~` turns it round.",
        "`errors[mask]`, with a mask of the errors' full shape, keeps those where the mask is True: `mask` is "
        "`~shown[:, None].expand_as(errors)`.",
    ),
)
