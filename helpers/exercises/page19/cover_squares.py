"""Exercise 19.1. Occlusion: how far a model's number falls with one square after the other covered."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def cover_squares(image, weights, size):
    """By how much (weights * image).sum().clamp(min=0) falls if each square is covered with 0."""
    height, width = image.shape
    whole = (weights * image).sum().clamp(min=0)
    drops = torch.zeros(height // size, width // size)
    for i in range(height // size):
        for j in range(width // size):
            covered = image.clone()
            covered[i * size : (i + 1) * size, j * size : (j + 1) * size] = 0
            drops[i, j] = whole - (weights * covered).sum().clamp(min=0)
    return drops


def square_cases() -> list[tuple]:
    """Squares of 1, 2 and 3 pixels, height unlike width, one square alone, and models that are at 0 or fall to it."""

    def make(generator: torch.Generator, i: int) -> tuple:
        size = (2, 1, 2, 3, 1)[i % 5]
        height, width = ((1, 2), (2, 1), (1, 1), (2, 3), (1, 3), (3, 2))[i % 6]
        image = torch.randint(-1, 5, (height * size, width * size), generator=generator).float()
        weights = torch.randint(-2, 4, image.shape, generator=generator).float()
        if i % 3:  # a model that is above 0 in two of three cases
            weights = weights * (1 if (weights * image).sum() > 0 else -1)
        return image, weights, size

    return drawn(make, count=28)


def _drops(
    image: Tensor, weights: Tensor, size: int, number: Callable[[Tensor], Tensor], fill: float = 0, step: int = 0
) -> Tensor:
    rows, columns = image.shape[0] // size, image.shape[1] // size
    drops = torch.zeros(rows, columns)
    for i in range(rows):
        for j in range(columns):
            covered = image.clone()
            top, left = i * (step or size), j * (step or size)
            covered[top : top + size, left : left + size] = fill
            drops[i, j] = number(image) - number(covered)
    return drops


def _grows(image: Tensor, weights: Tensor, size: int) -> Tensor:
    """Squares from pixel (i, j) instead of (i * size, j * size), up to the right ends."""
    number = _relu(weights)
    drops = torch.zeros(image.shape[0] // size, image.shape[1] // size)
    for i in range(drops.shape[0]):
        for j in range(drops.shape[1]):
            covered = image.clone()
            covered[i : (i + 1) * size, j : (j + 1) * size] = 0
            drops[i, j] = number(image) - number(covered)
    return drops


def _relu(weights: Tensor) -> Callable[[Tensor], Tensor]:
    return lambda image: (weights * image).sum().clamp(min=0)


def _kept(image: Tensor, weights: Tensor, size: int) -> Tensor:
    """The model's number for each square alone."""
    products = (weights * image).unfold(0, size, size).unfold(1, size, size)
    return products.sum(dim=(2, 3)).clamp(min=0)


def _stays_covered(image: Tensor, weights: Tensor, size: int) -> Tensor:
    number, covered = _relu(weights), image.clone()
    drops = torch.zeros(image.shape[0] // size, image.shape[1] // size)
    for i in range(drops.shape[0]):
        for j in range(drops.shape[1]):
            covered[i * size : (i + 1) * size, j * size : (j + 1) * size] = 0
            drops[i, j] = number(image) - number(covered)
    return drops


def _large(drops: Tensor, size: int) -> Tensor:
    return drops.repeat_interleave(size, dim=0).repeat_interleave(size, dim=1)


COVER_SLIPS = {
    "The squares stay covered in yours: each time one more is gone. Begin each square with a new copy of the image.": (
        _stays_covered
    ),
    "That is the square's own sum, cut off at 0: you keep the square alone, or clamp the difference. Cover the square, "
    "and clamp each of the model's two numbers before you subtract.": _kept,
    "That is the number that is left with the square covered. Return by how much it *falls*: whole minus covered.": (
        lambda image, weights, size: _relu(weights)(image) - _drops(image, weights, size, _relu(weights))
    ),
    "Your model has no ReLU: a sum below 0 must become 0, with and without the square.": (
        lambda image, weights, size: _drops(image, weights, size, lambda x: (weights * x).sum())
    ),
    "You clamp the falls. A fall may be below 0, where the number rises; only the model's numbers are clamped.": (
        lambda image, weights, size: _drops(image, weights, size, _relu(weights)).clamp(min=0)
    ),
    "You cut each product off at 0. The ReLU comes last: first the sum over all pixels, then 0 if that is below 0.": (
        lambda image, weights, size: _drops(image, weights, size, lambda x: (weights * x).clamp(min=0).sum())
    ),
    "A square begins at pixel i * size, not at pixel i: yours grow.": _grows,
    "Your squares overlap: square number i begins at pixel i, and should begin at pixel i * size.": (
        lambda image, weights, size: _drops(image, weights, size, _relu(weights), step=1)
    ),
    "You cover with the mean of the image. Cover with 0.": (
        lambda image, weights, size: _drops(image, weights, size, _relu(weights), fill=image.mean())
    ),
    "You cover with 1. Cover with 0.": (
        lambda image, weights, size: _drops(image, weights, size, _relu(weights), fill=1)
    ),
    "Yours has a number for each pixel. Return one for each square: shape (H / size, W / size).": (
        lambda image, weights, size: _large(_drops(image, weights, size, _relu(weights)), size)
    ),
    "You return the falls as a share of the whole. Return them as they are.": (
        lambda image, weights, size: _drops(image, weights, size, _relu(weights)) / _relu(weights)(image)
    ),
}

EXERCISE = Exercise(
    solution=cover_squares,
    cases=square_cases,
    slips=COVER_SLIPS,
    returns="how far the model's number falls for each square, shape (H / size, W / size)",
    why="Copy the image, set one square to 0, and subtract the model's new number from the old one. Clamp each of the "
    "two numbers, not their difference.",
    notice="Where the model is at 0 already, no square can lower it: occlusion, too, is blind in places.",
    hints=(
        "There are H / size rows of squares and W / size columns. Two loops go through them.",
        "In each round take a new `image.clone()`, and set its square to 0: rows i * size up to (i + 1) * size.",
        "The fall is the model's number for the image minus that for the copy, and each is clamped at 0 by itself.",
    ),
)
