"""Exercise 3.1. The mathematician's convolution of image (H, W) and kernel (k, k), where the kernel fits."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def true_convolution(image, kernel):
    """The mathematician's convolution of image (H, W) and kernel (k, k), where the kernel fits."""
    return F.conv2d(image[None, None], kernel.flip(0, 1)[None, None])[0, 0]


def convolution_cases() -> list[tuple]:
    """Images of few numbers, halves among them, higher than wide and the reverse; kernels of 1 to 4."""

    def make(generator: torch.Generator, i: int) -> tuple:
        k = (2, 1, 3, 4)[i % 4]
        shape = k + int(torch.randint(3, (), generator=generator)), k + int(torch.randint(3, (), generator=generator))
        image = torch.randint(-4, 5, shape, generator=generator).float() / (1 + i // 4 % 2)
        return image, torch.randint(-3, 4, (k, k), generator=generator).float()

    return drawn(make)


def _slide(image: torch.Tensor, kernel: torch.Tensor, **more: int) -> torch.Tensor:
    return F.conv2d(image[None, None], kernel[None, None], **more)[0, 0]


def _by_loops(image: torch.Tensor, kernel: torch.Tensor, rows: int, columns: int) -> torch.Tensor:
    """The right kernel at so many places, by two loops; an error where a shape does not fit."""
    kernel, k = kernel.flip(0, 1), len(kernel)
    places = [[(image[i : i + k, j : j + k] * kernel).sum() for j in range(columns)] for i in range(rows)]
    return torch.tensor(places)


def _as_large(image: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """The middle of the full convolution, as SciPy cuts it."""
    start = (len(kernel) - 1) // 2
    full = _slide(image, kernel.flip(0, 1), padding=len(kernel) - 1)
    return full[start : start + image.shape[0], start : start + image.shape[1]]


PADDED = {
    f"{padded} Only places where the whole kernel fits are wanted.{turned}": lambda image, kernel, pad=pad, turn=turn: (
        _slide(image, turn(kernel), padding=pad(len(kernel)))
    )
    for turned, turn in {
        "": lambda kernel: kernel.flip(0, 1),
        " And the kernel is not turned.": lambda kernel: kernel,
        " And the kernel is turned upside down only, not from left to right.": lambda kernel: kernel.flip(0),
        " And the kernel is turned from left to right only, not upside down.": lambda kernel: kernel.flip(1),
    }.items()
    for padded, pad in {
        "You padded the image by half the kernel.": lambda k: k // 2,
        "You padded the image by one pixel.": lambda k: 1,
        "The output is as of an image padded by k - 1 pixels.": lambda k: k - 1,
        "You padded the image, so that its size stays the same.": lambda k: "same",
    }.items()
}
CONVOLUTION_SLIPS = {
    "That is cross-correlation: the kernel is not turned. Its rows and columns are the *last* two axes of what you flip.": _slide,
    **PADDED,
    "You swapped rows and columns (a transpose). A turn by 180 degrees is something else.": lambda image, kernel: (
        _slide(image, kernel.T)
    ),
    "The kernel is turned by 90 degrees. Turn it by 180, by a flip of both axes.": lambda image, kernel: _slide(
        image, kernel.rot90()
    ),
    "The kernel is turned by 270 degrees. Turn it by 180, by a flip of both axes.": lambda image, kernel: _slide(
        image, kernel.rot90(3)
    ),
    "The kernel is turned upside down only. Turn it from left to right as well.": lambda image, kernel: _slide(
        image, kernel.flip(0)
    ),
    "The kernel is turned from left to right only. Turn it upside down as well.": lambda image, kernel: _slide(
        image, kernel.flip(1)
    ),
    "You turned the image, or kernel and result both: the right values stand in reversed order.": lambda image, kernel: (
        _slide(image.flip(0, 1), kernel)
    ),
    "You turned the result, or image and kernel both, which comes to the same. Turn the kernel alone.": lambda image, kernel: (
        _slide(image.flip(0, 1), kernel.flip(0, 1))
    ),
    "The axes of image and channel that `F.conv2d` wants are still there: take `[0, 0]` of the result.": (
        lambda image, kernel: _slide(image, kernel.flip(0, 1))[None, None]
    ),
    "One axis too many is still there: take `[0]` of what you have.": lambda image, kernel: _slide(
        image, kernel.flip(0, 1)
    )[None],
    "`squeeze()` throws away every axis of length 1, also one of the image's own. Take `[0, 0]` instead.": (
        lambda image, kernel: _slide(image, kernel.flip(0, 1)).squeeze()
    ),
    "The kernel is not turned. And `squeeze()` throws away every axis of length 1, also one of the image's own: take "
    "`[0, 0]` instead.": lambda image, kernel: _slide(image, kernel).squeeze(),
    "Your kernel moves on by two places at a time (stride 2). It should move by one.": lambda image, kernel: _slide(
        image, kernel.flip(0, 1), stride=2
    ),
    'Your output is as large as the image (`mode="same"`). Only places where the whole kernel fits are wanted.': (
        lambda image, kernel: _as_large(image, kernel)
    ),
    "You divided the kernel by the sum of its weights. Leave it as it is, apart from the turn.": lambda image, kernel: (
        _slide(image, kernel.flip(0, 1) / kernel.sum())
    ),
    "The last row and the last column are missing. How many places has a kernel of k pixels in a row of W? Not W - k.": (
        lambda image, kernel: _slide(image, kernel.flip(0, 1))[:-1, :-1]
    ),
    "The last column is missing. How many places has a kernel of k pixels in a row of W? Not W - k.": (
        lambda image, kernel: _slide(image, kernel.flip(0, 1))[:, :-1]
    ),
    "You took the mean over the kernel's pixels (k * k of them). Their sum is wanted.": lambda image, kernel: (
        _slide(image, kernel.flip(0, 1)) / kernel.numel()
    ),
    "You took the mean over the kernel's pixels, where their sum is wanted, and the kernel is not turned.": (
        lambda image, kernel: _slide(image, kernel) / kernel.numel()
    ),
    "Your output has as many columns as rows. An image may be wider than high: count the columns by `image.shape[1]`.": (
        lambda image, kernel: _by_loops(image, kernel, *[len(image) - len(kernel) + 1] * 2)
    ),
    "Your output has as many rows as columns. An image may be higher than wide: count the rows by `image.shape[0]`.": (
        lambda image, kernel: _by_loops(image, kernel, *[image.shape[1] - len(kernel) + 1] * 2)
    ),
}


EXERCISE = Exercise(
    solution=true_convolution,
    cases=convolution_cases,
    slips=CONVOLUTION_SLIPS,
    returns="an image, a tensor of two axes",
    why="`F.conv2d` slides the kernel as it is. Turned by 180 degrees beforehand, it is what mathematics calls "
    "convolution.",
    notice="Both operations are the same for a kernel that a turn leaves as it is, such as a blur.",
    hints=(
        "Which of the two does `F.conv2d` compute? What must be done to the kernel first?",
        "A turn by 180 degrees is a flip of both axes: `kernel.flip(0, 1)`.",
        "`F.conv2d` wants (N, C, H, W): write `image[None, None]`, and take `[0, 0]` of the result.",
    ),
)
