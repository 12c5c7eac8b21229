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
    """Images of few whole numbers, higher than wide and the reverse; kernels of 1 to 4."""

    def make(generator: torch.Generator, i: int) -> tuple:
        k = (2, 1, 3, 4)[i % 4]
        shape = k + int(torch.randint(3, (), generator=generator)), k + int(torch.randint(3, (), generator=generator))
        image = torch.randint(-4, 5, shape, generator=generator).float()
        return image, torch.randint(-3, 4, (k, k), generator=generator).float()

    return drawn(make)


def _slide(image: torch.Tensor, kernel: torch.Tensor, **more: int) -> torch.Tensor:
    return F.conv2d(image[None, None], kernel[None, None], **more)[0, 0]


CONVOLUTION_SLIPS = {
    "That is cross-correlation: the kernel is not turned.": _slide,
    "You padded the image. Only places where the whole kernel fits are wanted.": lambda image, kernel: _slide(
        image, kernel.flip(0, 1), padding=len(kernel) // 2
    ),
    "You padded the image on all sides. Only places where the whole kernel fits are wanted.": lambda image, kernel: (
        _slide(image, kernel.flip(0, 1), padding=len(kernel) - 1)
    ),
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
    "You turned the image instead of the kernel: the right values stand in reversed order.": lambda image, kernel: (
        _slide(image.flip(0, 1), kernel)
    ),
    "You turned image and kernel both. Only the kernel is turned.": lambda image, kernel: _slide(
        image.flip(0, 1), kernel.flip(0, 1)
    ),
    "The axes of image and channel that `F.conv2d` wants are still there: take `[0, 0]` of the result.": (
        lambda image, kernel: _slide(image, kernel.flip(0, 1))[None, None]
    ),
    "One axis too many is still there: take `[0, 0]` of the result.": lambda image, kernel: _slide(
        image, kernel.flip(0, 1)
    )[None],
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
