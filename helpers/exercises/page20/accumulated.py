"""Exercise 20.2. The gradient of the mean loss over all images, from the gradients of parts of unequal size."""

from __future__ import annotations

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def accumulated(gradients, sizes):
    """The gradient of the mean loss over all images of all parts."""
    total = torch.zeros_like(gradients[0])
    for gradient, size in zip(gradients, sizes, strict=True):
        total = total + size * gradient
    return total / sum(sizes)


def part_cases() -> list[tuple]:
    """One part to four, of equal and of unequal sizes, the last often smaller; one weight to four."""

    def make(generator: torch.Generator, i: int) -> tuple:
        count, length = (2, 3, 1, 4)[i % 4], (3, 1, 2, 4)[(i // 2) % 4]
        sizes = torch.randint(1, 9, (count,), generator=generator).tolist()
        if i % 5 == 0:
            sizes = [4] * (count - 1) + [1]
        gradients = [torch.randn(length, generator=generator).round(decimals=1) for _ in sizes]
        return gradients, sizes

    return drawn(make)


def _mean(gradients: list[Tensor]) -> Tensor:
    return torch.stack(gradients).mean(dim=0)


def _sum(gradients: list[Tensor], sizes: list[float]) -> Tensor:
    return sum(size * gradient for gradient, size in zip(gradients, sizes, strict=True))


PART_SLIPS = {
    "You take the mean of the parts' gradients. Then an image of a small part counts more. Weight each part by its "
    "number of images.": lambda gradients, sizes: _mean(gradients),
    "You add the parts' gradients up as they are. Weight each by its number of images, and divide by all images.": (
        lambda gradients, sizes: torch.stack(gradients).sum(dim=0)
    ),
    "You add up gradients times sizes, and that is the gradient of a *sum* of losses. Divide by the number of images.": (
        lambda gradients, sizes: _sum(gradients, sizes)
    ),
    "You divide by the number of parts. Divide by the number of images in all of them.": (
        lambda gradients, sizes: _sum(gradients, sizes) / len(sizes)
    ),
    "You divide each gradient by its size. It is a mean already: multiply by the size, and divide by all images.": (
        lambda gradients, sizes: _sum(gradients, [1 / size for size in sizes])
    ),
    "You add up the parts' gradients and divide by the number of images. Each of them is a mean: first times its size.": (
        lambda gradients, sizes: torch.stack(gradients).sum(dim=0) / sum(sizes)
    ),
    "You weight all parts by the size of the first one. The last part may be smaller: take each part's own size.": (
        lambda gradients, sizes: _sum(gradients, [sizes[0]] * len(sizes)) / sum(sizes)
    ),
    "You divide by the size of the first part times the number of parts. The last part may be smaller: add the sizes up.": (
        lambda gradients, sizes: _sum(gradients, sizes) / (sizes[0] * len(sizes))
    ),
    "You return one number. The gradient has a number for each weight: keep its shape.": (
        lambda gradients, sizes: accumulated(gradients, sizes).mean()
    ),
    "You weight the parts by the softmax of their sizes. A part's weight is its share of all images.": (
        lambda gradients, sizes: _sum(gradients, torch.tensor(sizes).double().softmax(dim=0).tolist())
    ),
    "You put the parts one behind the other. Add them up: the result has the shape of one gradient.": (
        lambda gradients, sizes: torch.cat([size * g for g, size in zip(gradients, sizes, strict=True)]) / sum(sizes)
    ),
    "That is the gradient of the last part. Add up over the parts.": lambda gradients, sizes: gradients[-1],
}

EXERCISE = Exercise(
    solution=accumulated,
    cases=part_cases,
    slips=PART_SLIPS,
    returns="one tensor, of the shape of each gradient",
    why="A part's gradient times its size is the sum over its images. The sums of all parts, divided by the number of "
    "all images, are the mean over all.",
    notice="If all parts are of one size, the plain mean is right as well, which is why this slip goes unseen until the "
    "last batch of an epoch is shorter. Data parallel training has the same trap.",
    hints=(
        "A mean times the number of images is the sum over these images.",
        "Sums may be added up over the parts. What makes a mean of the sum over all images?",
        "Multiply each gradient by its size, add them up, and divide by `sum(sizes)`.",
    ),
)
