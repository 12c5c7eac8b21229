"""Exercise 5.3. A copy of the images in which a random square, size x size, is black in each."""

from __future__ import annotations

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.page05.squares import judge_hide_square


def hide_square(images, size):
    """A copy of the images in which a random square, size x size, is black in each."""
    hidden = images.clone()
    height, width = hidden.shape[2:]
    for image in hidden:
        top, left = torch.randint(height - size + 1, ()), torch.randint(width - size + 1, ())
        image[:, top : top + size, left : left + size] = 0
    return hidden


EXERCISE = Exercise(
    judge=judge_hide_square,
    solution=hide_square,
    why="The copy keeps the target clean. Of `height` rows a square of `size` can begin in `height - size + 1`.",
    notice=(
        "Try it as a task: in a copy of `pretrain_warped` put `lambda images: hide_square(images, 12)` for `warp`, "
        "and ask `worth` of its encoder."
    ),
    hints=(
        "Make a copy first, and change only the copy. A loop over its images is good enough.",
        "In 6 pixels a square of 3 can begin at 0, 1, 2 or 3. In how many places can it begin in `height` pixels? "
        "`torch.randint(n, ())` draws from 0 to n - 1.",
        "For each image draw `top` and `left`, then set the rows from `top` and the columns from `left` to 0: "
        "`image[:, top : top + size, left : left + size] = 0`.",
    ),
)
