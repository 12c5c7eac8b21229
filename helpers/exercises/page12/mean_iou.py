"""Exercise 12.4. The mean over classes of the IoU of their pixels."""

from __future__ import annotations

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def mean_iou(answer, truth, classes):
    """The mean over classes of the IoU of their pixels."""
    ious = []
    for k in range(classes):
        both = ((answer == k) & (truth == k)).sum()
        either = ((answer == k) | (truth == k)).sum()
        if either > 0:
            ious.append(both / either)
    return sum(ious) / len(ious)


def mask_cases() -> list[tuple]:
    """Small masks of two to four classes: equal ones, ones that never agree, and classes that one or neither has."""

    def make(generator: torch.Generator, i: int) -> tuple:
        shape = ((2, 3), (3, 2), (1, 4), (3, 3), (5,))[i % 5]
        classes = (2, 3, 4)[i % 3]
        used = max(1, classes - (i // 3) % 3)  # the last classes may be in neither
        first = (i // 7) % 2 if used > 1 else 0  # the background may be in neither
        truth = torch.randint(first, used, shape, generator=generator)
        other = torch.randint(first, used, shape, generator=generator)
        answer = torch.where(torch.rand(shape, generator=generator) < 0.6, truth, other)
        if i == 4:
            answer = truth.clone()
        if i == 8:
            answer, truth = torch.zeros_like(truth), torch.ones_like(truth)
        if i % 6 == 5:
            answer = torch.zeros_like(truth)  # the lazy answer
        return answer, truth, classes

    return drawn(make, count=30)


def _counts(answer: Tensor, truth: Tensor, classes: int) -> list[tuple[float, float, float]]:
    """Of each class the pixels that both give it, those of the answer, those of the truth."""
    return [
        (int(((answer == k) & (truth == k)).sum()), int((answer == k).sum()), int((truth == k).sum()))
        for k in range(classes)
    ]


def _mean(measure: object, counted: object = lambda both, a, t: a + t > 0) -> object:
    """The mean of another measure, or over other classes; 0 where it cannot be divided."""

    def slip(answer: Tensor, truth: Tensor, classes: int) -> float:
        rows = [row for row in _counts(answer, truth, classes) if counted(*row)]
        values = [measure(*row) for row in rows]
        return sum(values) / len(values) if values else 0.0

    return slip


def _iou(both: float, a: float, t: float) -> float:
    return both / (a + t - both) if a + t else 0.0


def _pooled(answer: Tensor, truth: Tensor, classes: int) -> float:
    rows = _counts(answer, truth, classes)
    return sum(row[0] for row in rows) / sum(a + t - both for both, a, t in rows)


def _weighted(answer: Tensor, truth: Tensor, classes: int) -> float:
    return sum(_iou(both, a, t) * t for both, a, t in _counts(answer, truth, classes)) / truth.numel()


IOU_SLIPS = {
    "A class that neither of the two has is 0 / 0 in yours, and makes the whole mean nan. Skip it.": _mean(
        lambda both, a, t: both / (a + t - both) if a + t else float("nan"), lambda both, a, t: True
    ),
    "A class that neither of the two has counts as 0 in your mean. Leave it out.": _mean(_iou, lambda both, a, t: True),
    "A class that neither of the two has counts as 1 in your mean. Leave it out.": _mean(
        lambda both, a, t: _iou(both, a, t) if a + t else 1.0, lambda both, a, t: True
    ),
    "You leave out classes that only the answer has. There the IoU is 0, and it counts.": _mean(
        _iou, lambda both, a, t: t > 0
    ),
    "You leave out classes that only the truth has. There the IoU is 0, and it counts.": _mean(
        _iou, lambda both, a, t: a > 0
    ),
    "You leave out classes that were never right. There the IoU is 0, and it counts, if one of the two has the class.": (
        _mean(_iou, lambda both, a, t: both > 0)
    ),
    "That is the mean Dice: shared pixels count twice. Wanted is shared divided by covered by at least one.": _mean(
        lambda both, a, t: 2 * both / (a + t)
    ),
    "You divide by the pixels of both added up, so the shared ones count twice below. Divide by those that at least one "
    "gives (`|`).": _mean(lambda both, a, t: both / (a + t)),
    "You divide by the pixels of the truth: that is the mean recall.": _mean(
        lambda both, a, t: both / t if t else 0.0, lambda both, a, t: a + t > 0
    ),
    "You divide by the pixels of the truth, and leave out what it does not have: that is the mean recall.": _mean(
        lambda both, a, t: both / t, lambda both, a, t: t > 0
    ),
    "You divide by the pixels of the answer: that is the mean precision.": _mean(
        lambda both, a, t: both / a if a else 0.0, lambda both, a, t: a + t > 0
    ),
    "That is the share of pixels that are right, the accuracy. Compute an IoU for each class, then their mean.": (
        lambda answer, truth, classes: (answer == truth).float().mean()
    ),
    "You add up the pixels of all classes before you divide. Divide class by class, then take the mean.": _pooled,
    "You weigh each class by its pixels. In the mean each class counts the same.": _weighted,
    "You leave out class 0, the background. Here it counts like the others.": lambda answer, truth, classes: _mean(
        _iou
    )(answer - 1, truth - 1, classes - 1),
    "That is the IoU of class 1 alone. Wanted is the mean over all classes.": lambda answer, truth, classes: _iou(
        *_counts(answer, truth, 2)[1]
    ),
    "You return an IoU for each class. Wanted is their mean, one number.": lambda answer, truth, classes: [
        _iou(*row) for row in _counts(answer, truth, classes) if row[1] + row[2]
    ],
    "You count with `==` between the two masks, and so also pixels where neither has the class. Use `&` for both.": (
        lambda answer, truth, classes: _mean(
            lambda both, a, t: (answer.numel() - a - t + 2 * both) / (a + t - both) if a + t else 0.0
        )(answer, truth, classes)
    ),
    "You return percent. Wanted is a number from 0 to 1.": lambda answer, truth, classes: (
        100 * mean_iou(answer, truth, classes)
    ),
}


EXERCISE = Exercise(
    solution=mean_iou,
    cases=mask_cases,
    slips=IOU_SLIPS,
    returns="one number from 0 to 1",
    why="Class by class, `&` counts the pixels that both give and `|` those that at least one gives. A class that is "
    "nowhere has 0 / 0, and is left out.",
    notice="A rare class counts as much as the background: a lazy answer that is right at nearly each pixel scores low.",
    hints=(
        "Go through the classes. `answer == k` says for each pixel whether the answer gives class k.",
        "Of two such masks, `&` is where both give it and `|` where at least one does. `.sum()` counts.",
        "If no pixel is counted by `|`, skip the class. Collect the other quotients in a list.",
        "Return the sum of the list divided by its length.",
    ),
)
