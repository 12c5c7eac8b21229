"""Exercise 5.4. An encoder for images (N, 1, 32, 32), small and with a short latent vector."""

from __future__ import annotations

from torch import nn

from helpers.exercises.engine import Exercise
from helpers.exercises.page05.own_encoder import MOST_LATENTS, judge_my_encoder


def my_encoder():
    """An encoder for images (N, 1, 32, 32), small and with a short latent vector."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, stride=2, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(16 * 8 * 8, 32),
    )


EXERCISE = Exercise(
    judge=judge_my_encoder,
    solution=my_encoder,
    why="Convolutions are cheap, so most of the budget goes to the last layer, which does the squeezing.",
    notice=f"At most {MOST_LATENTS} numbers for each image, and the decoder draws nearer to it than the mean image is.",
    seconds=10.0,
    hints=(
        "`nn.Sequential(...)` is enough: layers that halve the image, `nn.Flatten()`, and a last `nn.Linear`.",
        "With `3, stride=2, padding=1` a convolution halves 32 to 16, and the next one 16 to 8. With C channels, C * 8 * 8 "
        "numbers are left.",
        "`nn.Linear(a, b)` has a * b + b weights. With C = 16 it is 16 * 8 * 8 = 1,024 to 32: within the budget.",
    ),
)
