"""Exercise 0.2. The share of answers that are right, from 0 to 1."""

from __future__ import annotations

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def share_right(answers, labels):
    """The share of answers that are right, from 0 to 1."""
    return (answers == labels).float().mean().item()


def share_cases() -> list[tuple]:
    def make(generator: torch.Generator, i: int) -> tuple:
        labels = torch.randint(4, (1 + i // 3,), generator=generator)
        right = torch.rand(len(labels), generator=generator) < (0.7, 0.3)[i % 2]
        return (labels + ~right) % 4, labels

    return drawn(make)


EXERCISE = Exercise(
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
        "Each answer is looked for among *all* labels. Compare it with the label at its own place.": lambda answers, labels: (
            torch.isin(answers, labels).double().mean()
        ),
        "Each answer is compared with *each* label. Compare it with the label at its own place: `zip`.": lambda answers, labels: (
            (answers[:, None] == labels).sum() / len(answers)
        ),
        "These are True and False for each image; wanted is their share.": lambda answers, labels: answers == labels,
    },
    why="Comparing returns True and False, which count as 1 and 0; their mean is the share of True.",
    notice="You have just written accuracy, the measure of most pages. Page 7 shows where it misleads.",
    hints=(
        "`answers == labels` compares all at once, and returns True or False for each.",
        "The mean of True (1) and False (0) is the share. Turn them into numbers first: `.float().mean()`.",
    ),
)
