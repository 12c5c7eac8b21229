"""Exercise 0.1. How many images, how high, how wide."""

from __future__ import annotations

import torch

from helpers.exercises.engine import Exercise


def count_and_size(images):
    """How many images, how high, how wide."""
    count, _, height, width = images.shape
    return count, height, width


def count_cases() -> list[tuple]:
    shapes = ((6, 3, 20, 28), (1, 1, 2, 3), (2, 4, 7, 7), (5, 1, 9, 4), (4, 2, 3, 1), (3, 3, 1, 5))
    return [(torch.zeros(shape),) for shape in shapes]


EXERCISE = Exercise(
    solution=count_and_size,
    cases=count_cases,
    returns="three numbers: how many images, their height, their width",
    slips={
        "The second number of the shape counts the channels (colours), not rows: leave it out.": lambda images: tuple(
            images.shape[:3]
        ),
        "The second number of the shape counts the channels (colours), not images.": lambda images: tuple(
            images.shape[1:]
        ),
        "The second number of the shape counts the channels (colours), not the height.": lambda images: (
            images.shape[0],
            images.shape[1],
            images.shape[3],
        ),
        "These are all four numbers of the shape. The channels are not asked for.": lambda images: images.shape,
    },
    why="A batch of images has the shape (N, C, H, W): images, channels, height, width, on every page.",
    notice="(N, C, H, W) is the order of every page: when a shape surprises you, print it.",
    hints=(
        "`images.shape` holds four numbers. Which of them are wanted?",
        "The order is (N, C, H, W). You can take a shape apart: `n, c, h, w = images.shape`.",
    ),
)
