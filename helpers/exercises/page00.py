"""Page 00: a first look at shapes and shares."""

from __future__ import annotations

import torch

from helpers.exercises.engine import Exercise, Wrong, compare


def count_and_size(images):
    """How many images, how high, how wide."""
    count, _, height, width = images.shape
    return count, height, width


def judge_count_and_size(answer: object) -> None:
    for shape in ((3, 1, 32, 32), (5, 3, 20, 28), (7, 1, 16, 9)):
        n, c, h, w = shape
        got = answer(torch.zeros(shape))
        if got is not None and len(got) != 3:
            raise Wrong(f"Three numbers are wanted: images, height, width. Yours gives {len(got)}.")
        slips = {
            "The second number of the shape counts the channels (colours), not rows: leave it out.": (n, c, h),
            "Height comes before width in a shape: (N, C, H, W).": (n, w, h),
            "That is the size of one image first. The number of images is the *first* number of the shape.": (h, w, n),
        }
        compare(got, torch.tensor((n, h, w)), f"images of shape {shape}", slips)


def share_right(answers, labels):
    """The share of answers that are right, from 0 to 1."""
    return (answers == labels).float().mean().item()


def judge_share_right(answer: object) -> None:
    generator = torch.Generator().manual_seed(0)
    for count in (4, 10, 25):
        labels = torch.randint(3, (count,), generator=generator)
        answers = torch.randint(3, (count,), generator=generator)
        right = int((answers == labels).sum())
        slips = {
            "That counts the right answers. A share is that count divided by the number of images.": right,
            "That is in percent. The share wanted goes from 0 to 1.": 100 * right / count,
            "That is the share of *wrong* answers.": 1 - right / count,
        }
        compare(answer(answers, labels), right / count, f"{count} images, {right} answers right", slips)


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
        why="Comparing gives True and False, which count as 1 and 0; their mean is the share of True.",
        notice="You have just written accuracy, the measure of most pages. Page 7 shows where it misleads.",
        hints=(
            "`answers == labels` compares all at once, and gives True or False for each.",
            "The mean of True (1) and False (0) is the share. Turn them into numbers first: `.float().mean()`.",
        ),
    ),
}

QUIZ = ()
