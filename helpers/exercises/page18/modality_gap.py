"""Exercise 18.4. The distance between the means of two kinds of vectors, each brought to length 1."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def modality_gap(pictures, names):
    """The distance between the two means, after each vector was brought to length 1."""
    first = F.normalize(pictures, dim=1).mean(dim=0)
    second = F.normalize(names, dim=1).mean(dim=0)
    return (first - second).norm()


def gap_cases() -> list[tuple]:
    """One vector to four, unlike many on the two sides, of very different lengths; also equal sides."""

    def make(generator: torch.Generator, i: int) -> tuple:
        size = 2 + i % 3
        pictures = torch.randn(1 + i % 4, size, generator=generator) + 1
        names = torch.randn(1 + (i + i // 4) % 3, size, generator=generator) - (0, 1)[i % 2]
        lengths = 10 ** torch.rand(len(pictures), 1, generator=generator)
        if i == 9:
            names = 2 * pictures
        return (pictures * lengths).round(decimals=1), names.round(decimals=1)

    return drawn(make)


GAP_SLIPS = {
    "The vectors go in with their own lengths, so a long one counts more. Bring each to length 1 first.": (
        lambda pictures, names: (pictures.mean(dim=0) - names.mean(dim=0)).norm()
    ),
    "You bring the *means* to length 1. Bring each vector to length 1, and leave the mean as it comes out.": (
        lambda pictures, names: (
            F.normalize(pictures.mean(dim=0), dim=0) - F.normalize(names.mean(dim=0), dim=0)
        ).norm()
    ),
    "After the mean you bring to length 1 once more. A mean of vectors of length 1 can be shorter: that counts.": (
        lambda pictures, names: (
            F.normalize(F.normalize(pictures, dim=1).mean(dim=0), dim=0)
            - F.normalize(F.normalize(names, dim=1).mean(dim=0), dim=0)
        ).norm()
    ),
    "That is the square of the distance. Take the root.": lambda pictures, names: modality_gap(pictures, names) ** 2,
    "You bring the columns to length 1. Each row is a vector: `dim=1`.": lambda pictures, names: (
        F.normalize(pictures, dim=0).mean(dim=0) - F.normalize(names, dim=0).mean(dim=0)
    ).norm(),
    "You return the mean distance of all pairs of a picture and a name. Take the means first, then one distance.": (
        lambda pictures, names: torch.cdist(F.normalize(pictures, dim=1), F.normalize(names, dim=1)).mean()
    ),
    "`.mean()` without `dim=0` makes one number of each side. The mean of the rows is a vector: `mean(dim=0)`.": (
        lambda pictures, names: (F.normalize(pictures, dim=1).mean() - F.normalize(names, dim=1).mean()).abs()
    ),
    "That is the cosine of the means. Here their distance is asked.": lambda pictures, names: F.cosine_similarity(
        F.normalize(pictures, dim=1).mean(dim=0), F.normalize(names, dim=1).mean(dim=0), dim=0
    ),
    "You divide all vectors of a side by one length. Each vector has its own: `norm(dim=1, keepdim=True)`.": (
        lambda pictures, names: ((pictures / pictures.norm()).mean(dim=0) - (names / names.norm()).mean(dim=0)).norm()
    ),
    "Under your root stands the mean of the squares. The distance has their sum.": lambda pictures, names: (
        modality_gap(pictures, names) / pictures.shape[1] ** 0.5
    ),
    "That is the dot product of the means. Here their distance is asked.": lambda pictures, names: (
        F.normalize(pictures, dim=1).mean(dim=0) @ F.normalize(names, dim=1).mean(dim=0)
    ),
    "You return the difference as a vector. Its length is asked, one number.": lambda pictures, names: (
        F.normalize(pictures, dim=1).mean(dim=0) - F.normalize(names, dim=1).mean(dim=0)
    ),
    "You add up the sizes of the differences. The Euclidean distance is the root of the sum of squares.": (
        lambda pictures, names: (
            (F.normalize(pictures, dim=1).mean(dim=0) - F.normalize(names, dim=1).mean(dim=0)).abs().sum()
        )
    ),
}

EXERCISE = Exercise(
    solution=modality_gap,
    cases=gap_cases,
    slips=GAP_SLIPS,
    returns="one number, 0 or more",
    why="Length 1 for each vector first, as the search compares directions; then the two means, and the length of their "
    "difference.",
    notice="It is 2 at most, and 0 does not say that each picture lies on its name: only the means coincide.",
    hints=(
        "`F.normalize(..., dim=1)` brings each row to length 1.",
        "`.mean(dim=0)` is the mean of the rows, a vector of Z numbers. One for each side.",
        "Subtract the two means. The length of the difference is the root of the sum of its squares: `.norm()`.",
    ),
)
