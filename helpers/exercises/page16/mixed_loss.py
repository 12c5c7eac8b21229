"""Exercise 16.4. The loss of a student who hears a teacher and reads labels."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def mixed_loss(logits, teacher_logits, labels, temperature, share):
    """The loss of a student who hears its teacher and reads labels."""
    p = (logits / temperature).log_softmax(dim=1)
    w = (teacher_logits / temperature).log_softmax(dim=1)
    heard = temperature**2 * (w.exp() * (w - p)).sum(dim=1).mean()
    return share * F.cross_entropy(logits, labels) + (1 - share) * heard


def logit_cases() -> list[tuple]:
    """One image to three, two classes to four; labels alone, teacher alone, and both; temperatures around 1."""

    def make(generator: torch.Generator, i: int) -> tuple:
        n, k = 1 + i % 3, 2 + (i + i // 3) % 3
        logits, teacher_logits = (2 * torch.randn(2, n, k, generator=generator)).round(decimals=1)
        labels = torch.randint(k, (n,), generator=generator)
        return logits, teacher_logits, labels, (2.0, 4.0, 1.5, 3.0, 0.5)[i % 5], (0.3, 0.0, 0.8, 0.5, 1.0, 0.1)[i % 6]

    return drawn(make)


def _kl(logits: Tensor, teacher_logits: Tensor, temperature: float, alone: float | None = None) -> Tensor:
    """(N,) divergences; `alone` is the student's temperature where it is another."""
    p = (logits / (temperature if alone is None else alone)).log_softmax(dim=1)
    w = (teacher_logits / temperature).log_softmax(dim=1)
    return (w.exp() * (w - p)).sum(dim=1)


def _mix(share: float, read: Tensor, heard: Tensor) -> Tensor:
    return share * read + (1 - share) * heard


MIXED_SLIPS = {
    "The square of the temperature is missing: without it the teacher's part fades as T grows.": (
        lambda z, own, y, heat, share: _mix(share, F.cross_entropy(z, y), _kl(z, own, heat).mean())
    ),
    "Your divergence is the wrong way round: the student's probabilities weigh it. The teacher's do: w log(w / p). "
    "(`F.kl_div` wants the student's first, as logarithms.)": (
        lambda z, own, y, heat, share: _mix(share, F.cross_entropy(z, y), heat**2 * _kl(own, z, heat).mean())
    ),
    "You take the mean over images *and* classes. Add up the classes; the mean is over the images. (In `F.kl_div`: "
    "`reduction='batchmean'`.)": (
        lambda z, own, y, heat, share: _mix(
            share, F.cross_entropy(z, y), heat**2 * _kl(z, own, heat).mean() / z.shape[1]
        )
    ),
    "You divide the logits by the temperature for the labels, too. The cross-entropy takes them as they are.": (
        lambda z, own, y, heat, share: _mix(share, F.cross_entropy(z / heat, y), heat**2 * _kl(z, own, heat).mean())
    ),
    "The two parts are weighed the other way round: `share` belongs to the labels.": (
        lambda z, own, y, heat, share: _mix(1 - share, F.cross_entropy(z, y), heat**2 * _kl(z, own, heat).mean())
    ),
    "Yours is a cross-entropy with the teacher's probabilities. Subtract the teacher's with itself, which no student "
    "can undercut: that is 0 where both agree.": (
        lambda z, own, y, heat, share: _mix(
            share, F.cross_entropy(z, y), heat**2 * F.cross_entropy(z / heat, (own / heat).softmax(dim=1))
        )
    ),
    "In yours only one of the two is divided by the temperature: the student's *and* the teacher's logits must be.": (
        lambda z, own, y, heat, share: _mix(share, F.cross_entropy(z, y), heat**2 * _kl(z, own, heat, alone=1.0).mean())
    ),
    "Your softmax goes over the images (`dim=0`). Each image has its own probabilities: over the classes, `dim=1`.": (
        lambda z, own, y, heat, share: _mix(
            share, F.cross_entropy(z, y), heat**2 * _kl(z.T, own.T, heat).sum() / len(z)
        )
    ),
    "You multiply by the temperature. Divide by it: above 1 that makes small probabilities larger.": (
        lambda z, own, y, heat, share: _mix(share, F.cross_entropy(z, y), heat**2 * _kl(z, own, 1 / heat).mean())
    ),
    "The square of the temperature belongs to the teacher's part alone.": (
        lambda z, own, y, heat, share: heat**2 * _mix(share, F.cross_entropy(z, y), _kl(z, own, heat).mean())
    ),
    "You add up over the images, too. Take the mean over them: `reduction='batchmean'`.": (
        lambda z, own, y, heat, share: _mix(share, F.cross_entropy(z, y), heat**2 * _kl(z, own, heat).sum())
    ),
    "You multiply by the temperature once. It is its square.": (
        lambda z, own, y, heat, share: _mix(share, F.cross_entropy(z, y), heat * _kl(z, own, heat).mean())
    ),
    "Both parts are added whole. Weigh the labels' part by `share`, the teacher's by 1 - share.": (
        lambda z, own, y, heat, share: F.cross_entropy(z, y) + heat**2 * _kl(z, own, heat).mean()
    ),
}

EXERCISE = Exercise(
    solution=mixed_loss,
    cases=logit_cases,
    slips=MIXED_SLIPS,
    returns="one number",
    why="Labels speak at temperature 1, the teacher at T; with its square the teacher's part does not fade.",
    notice="With share = 1 the teacher is not heard, with share = 0 no label is needed.",
    hints=(
        "Two parts: `F.cross_entropy(logits, labels)`, and the distillation loss of the page.",
        "Divide both networks' logits by the temperature before `log_softmax`; weigh by the teacher's probabilities.",
        "Add up over the classes, take the mean over the images, times T squared; then mix by `share`.",
    ),
)
