"""Page 00: a first look at shapes and shares."""

from __future__ import annotations

import torch

from helpers.exercises.engine import Exercise, Wrong, compare


def count_and_size(images):
    """How many images, how high, how wide."""
    count, _, height, width = images.shape
    return count, height, width


def judge_count_and_size(answer: object) -> None:
    for shape in ((6, 3, 20, 28), (5, 1, 32, 9), (2, 4, 16, 16)):
        n, c, h, w = shape
        got = answer(torch.zeros(shape))
        case = f"images of shape {shape}"
        if got is not None and not (hasattr(got, "__len__") and len(got) == 3):
            count = len(got) if hasattr(got, "__len__") else 1
            raise Wrong(f"Three numbers are wanted: images, height, width. For {case} yours returns {count}.")
        slips = {
            "The second number of the shape counts the channels (colours), not rows: leave it out.": (n, c, h),
            "The second number of the shape counts the channels (colours), not images: leave it out.": (c, h, w),
            "The second number of the shape counts the channels (colours), not the height: leave it out.": (n, c, w),
            "Height comes before width in a shape: (N, C, H, W).": (n, w, h),
            "That is the size of one image first. The number of images is the *first* number of the shape.": (h, w, n),
        }
        compare(got, torch.tensor((n, h, w)), case, slips)


def share_right(answers, labels):
    """The share of answers that are right, from 0 to 1."""
    return (answers == labels).float().mean().item()


def judge_share_right(answer: object) -> None:
    # In each case another end is right, so that an answer which leaves one out is seen.
    for pattern in ("11011010", "0110111", "1010011"):
        right = torch.tensor([int(mark) for mark in pattern])
        labels = torch.arange(len(pattern)) * 3 % 4
        answers = (labels + 1 - right) % 4
        n, k = len(pattern), int(right.sum())
        slips = {
            "That counts the right answers. A share is that count divided by the number of images.": k,
            "That is in percent. The share wanted goes from 0 to 1.": 100 * k / n,
            "That is the share of *wrong* answers.": 1 - k / n,
            "That counts the wrong answers. Wanted is the share of the right ones.": n - k,
            "Fractions are lost: `//` cuts them off, and `int` does. Divide by `/`.": 0,
            "It stops too early: a `return` inside the loop ends it at the first image.": right[0] / n,
            "That looks at one image only: a `return` inside the loop ends it there.": right[0],
            "The first image is left out: positions begin at 0, so `range(len(labels))` reaches them all.": (
                k - right[0]
            )
            / n,
            "The last image is left out: `range(len(labels))` reaches them all.": (k - right[-1]) / n,
            "The first image is left out: `labels[1:]` begins at the second.": (k - right[0]) / (n - 1),
            "The last image is left out: `labels[:-1]` ends before it.": (k - right[-1]) / (n - 1),
        }
        compare(answer(answers, labels), k / n, f"answers {answers.tolist()} and labels {labels.tolist()}", slips)


EXERCISES = {
    "0.1": Exercise(
        judge=judge_count_and_size,
        solution=count_and_size,
        why="A batch of images has the shape (N, C, H, W): images, channels, height, width, on every page.",
        notice="(N, C, H, W) is the order of every page: when a shape surprises you, print it.",
        hints=(
            "`images.shape` holds four numbers. Which of them are wanted?",
            "The order is (N, C, H, W). You can take a shape apart: `n, c, h, w = images.shape`.",
        ),
    ),
    "0.2": Exercise(
        judge=judge_share_right,
        solution=share_right,
        why="Comparing returns True and False, which count as 1 and 0; their mean is the share of True.",
        notice="You have just written accuracy, the measure of most pages. Page 7 shows where it misleads.",
        hints=(
            "`answers == labels` compares all at once, and returns True or False for each.",
            "The mean of True (1) and False (0) is the share. Turn them into numbers first: `.float().mean()`.",
        ),
    ),
}
