"""Page 00: a first look at shapes and shares."""

from __future__ import annotations

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def count_and_size(images):
    """How many images, how high, how wide."""
    count, _, height, width = images.shape
    return count, height, width


def count_cases() -> list[tuple]:
    shapes = ((6, 3, 20, 28), (1, 1, 2, 3), (2, 4, 7, 7), (5, 1, 9, 4), (4, 2, 3, 1), (3, 3, 1, 5))
    return [(torch.zeros(shape),) for shape in shapes]


def share_right(answers, labels):
    """The share of answers that are right, from 0 to 1."""
    return (answers == labels).float().mean().item()


def share_cases() -> list[tuple]:
    def make(generator: torch.Generator, i: int) -> tuple:
        labels = torch.randint(4, (1 + i // 3,), generator=generator)
        right = torch.rand(len(labels), generator=generator) < (0.7, 0.3)[i % 2]
        return (labels + ~right) % 4, labels

    return drawn(make)


EXERCISES = {
    "0.1": Exercise(
        solution=count_and_size,
        cases=count_cases,
        returns="three numbers: how many images, their height, their width",
        slips={
            "The second number of the shape counts the channels (colours), not rows: leave it out.": lambda images: (
                tuple(images.shape[:3])
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
    ),
    "0.2": Exercise(
        solution=share_right,
        cases=share_cases,
        returns="one number from 0 to 1",
        slips={
            "That counts the right answers. A share is that count divided by the number of images.": lambda answers, labels: (
                int((answers == labels).sum())
            ),
            "That says whether any answer is right. Wanted is how many of them, as a share.": lambda answers, labels: (
                answers == labels
            ).any(),
            "That is 1 only where all answers are right, and else 0. `//` and `int` cut fractions off: divide by `/`.": lambda answers, labels: (
                (answers == labels).all()
            ),
            "That is the share of *wrong* answers.": lambda answers, labels: (answers != labels).double().mean(),
            "That counts the wrong answers. Wanted is the share of the right ones.": lambda answers, labels: (
                answers != labels
            ).sum(),
            "It stops too early: a `return` inside the loop ends it at the first image.": lambda answers, labels: (
                (answers == labels)[0] / len(labels)
            ),
            "That looks at one image only: a `return` inside the loop ends it there.": lambda answers, labels: (
                answers == labels
            )[0],
            "The first image is left out: positions begin at 0, so `range(len(labels))` reaches them all.": lambda answers, labels: (
                (answers == labels)[1:].sum() / len(labels)
            ),
            "The last image is left out: `range(len(labels))` reaches them all.": lambda answers, labels: (
                (answers == labels)[:-1].sum() / len(labels)
            ),
            "The first image is left out: `labels[1:]` begins at the second.": lambda answers, labels: (
                (answers == labels)[1:].double().mean()
            ),
            "The last image is left out: `labels[:-1]` ends before it.": lambda answers, labels: (
                (answers == labels)[:-1].double().mean()
            ),
            "These are True and False for each image; wanted is their share.": lambda answers, labels: (
                answers == labels
            ),
        },
        why="Comparing returns True and False, which count as 1 and 0; their mean is the share of True.",
        notice="You have just written accuracy, the measure of most pages. Page 7 shows where it misleads.",
        hints=(
            "`answers == labels` compares all at once, and returns True or False for each.",
            "The mean of True (1) and False (0) is the share. Turn them into numbers first: `.float().mean()`.",
        ),
    ),
}
