"""Exercise 19.4. The area under a deletion curve."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def deletion_area(image, weights, strength):
    """The area under the deletion curve of (weights * image).sum(), whose first value counts as 1."""
    left = image.clone()
    numbers = [(weights * left).sum()]
    for pixel in strength.argsort(descending=True):
        left[pixel] = 0
        numbers.append((weights * left).sum())
    curve = torch.stack(numbers) / numbers[0]
    return ((curve[:-1] + curve[1:]) / 2).mean()


def deletion_cases() -> list[tuple]:
    """One pixel to six, strengths of both signs in any order, and curves that rise or go below 0 on the way."""

    def make(generator: torch.Generator, i: int) -> tuple:
        count = (3, 2, 4, 5, 1, 6)[i % 6]
        image = torch.randint(1, 5, (count,), generator=generator).float()
        weights = torch.randint(-2, 5, (count,), generator=generator).float()
        if (weights * image).sum() <= 0:
            weights = weights.abs() + 1
        order = torch.randperm(count, generator=generator) - i % 3
        return image, weights, order.float() / (1, 2)[i % 2]

    return drawn(make, count=26)


def _curve(image: Tensor, weights: Tensor, order: Tensor) -> Tensor:
    products, numbers = weights * image, []
    for gone in range(len(order) + 1):
        kept = products.clone()
        kept[order[:gone]] = 0
        numbers.append(kept.sum())
    return torch.stack(numbers)


def _strongest(strength: Tensor) -> Tensor:
    return strength.argsort(descending=True)


def _area(curve: Tensor) -> Tensor:
    return ((curve[:-1] + curve[1:]) / 2).mean()


def _but(area: Callable[[Tensor], Tensor], image: Tensor, weights: Tensor, strength: Tensor) -> Tensor:
    """The right curve, and something else made of it."""
    return area(_curve(image, weights, _strongest(strength)))


def _of(order: Tensor, image: Tensor, weights: Tensor) -> Tensor:
    curve = _curve(image, weights, order)
    return _area(curve / curve[0])


def _of_positive(image: Tensor, weights: Tensor, strength: Tensor) -> Tensor:
    """Pixels with a strength of 0 or less stay."""
    order = _strongest(strength)
    products = weights * image
    gone = (products[order] * (strength[order] > 0)).cumsum(dim=0)
    curve = torch.cat([products.sum()[None], products.sum() - gone])
    return _area(curve / curve[0])


def _alone(image: Tensor, weights: Tensor, strength: Tensor) -> Tensor:
    """Each time one pixel alone is gone."""
    products = (weights * image)[_strongest(strength)]
    curve = torch.cat([products.sum()[None], products.sum() - products])
    return _area(curve / curve[0])


AREA_SLIPS = {
    "That is the area of the opposite order: you delete the weakest first (`argsort` goes upwards by itself), or you put "
    "pixels in where they are to be taken out, or you return 1 minus the area.": (
        lambda image, weights, strength: _of(strength.argsort(), image, weights)
    ),
    "You delete the pixels in the order in which they stand. Sort them by strength, the strongest first.": (
        lambda image, weights, strength: _of(torch.arange(len(image)), image, weights)
    ),
    "You leave the pixels whose strength is 0 or less. Delete all, until none is left.": (_of_positive),
    "The numbers are not divided by the first one, that of the whole image.": (
        lambda image, weights, strength: _area(_curve(image, weights, _strongest(strength)))
    ),
    "You average all D + 1 numbers. Under straight lines the first and the last count half, and the others whole.": (
        lambda image, weights, strength: _but(lambda c: c.mean() / c[0], image, weights, strength)
    ),
    "Your axis counts pixels. It is the *share* of deleted pixels, from 0 to 1: a step is 1 / D wide.": (
        lambda image, weights, strength: len(image) * _of(_strongest(strength), image, weights)
    ),
    "Each step is 1 / (D + 1) wide in yours. D + 1 numbers have D steps between them.": (
        lambda image, weights, strength: len(image) / (len(image) + 1) * _of(_strongest(strength), image, weights)
    ),
    "You sort by the size of the strength, without its sign. Take it as it is.": (
        lambda image, weights, strength: _of(_strongest(strength.abs()), image, weights)
    ),
    "Each time you delete one pixel alone, and the ones before are back. They stay deleted.": _alone,
    "The number for the whole image is missing in your curve. D + 1 numbers are wanted, the first a 1.": (
        lambda image, weights, strength: _but(
            lambda c: torch.trapezoid(c[1:] / c[1], dx=1 / len(image)), image, weights, strength
        )
    ),
    "Each step counts with the number at its left end. Straight lines: take the middle of both ends.": (
        lambda image, weights, strength: _but(lambda c: c[:-1].mean() / c[0], image, weights, strength)
    ),
    "Each step counts with the number at its right end. Straight lines: take the middle of both ends.": (
        lambda image, weights, strength: _but(lambda c: c[1:].mean() / c[0], image, weights, strength)
    ),
    "You add the D + 1 numbers up. The area under straight lines is wanted, over an axis from 0 to 1.": (
        lambda image, weights, strength: _but(lambda c: c.sum() / c[0], image, weights, strength)
    ),
    "You divide by the largest number. Divide by the first: a curve may rise on its way.": (
        lambda image, weights, strength: _but(lambda c: _area(c / c.max()), image, weights, strength)
    ),
    "That is the curve. Return the area under it, one number.": (
        lambda image, weights, strength: _but(lambda c: c / c[0], image, weights, strength)
    ),
    "`argsort` tells which pixel comes first, second, ...; sorted once more it tells each pixel's place. You take one for the other.": (
        lambda image, weights, strength: _of(_strongest(strength).argsort(), image, weights)
    ),
}

EXERCISE = Exercise(
    solution=deletion_area,
    cases=deletion_cases,
    slips=AREA_SLIPS,
    returns="one number, the area under the curve",
    why="Sort, delete one pixel more in each step, and keep the model's number each time. After the division, the area "
    "is the mean of the D trapezoids, each as high as the middle of its two ends.",
    notice="The area falls if strong pixels carry much of the number. Whether they were strong for a good reason, it does "
    "not ask.",
    hints=(
        "`strength.argsort(descending=True)` names the pixels, the strongest first. Work on a copy of the image.",
        "Keep the model's number for the whole image and after each deletion: D + 1 numbers. Divide by the first.",
        "`torch.trapezoid(curve, dx=1 / D)` is the area under straight lines.",
    ),
)
