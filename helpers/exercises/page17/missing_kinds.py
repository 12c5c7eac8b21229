"""Exercise 17.4. Which kinds does a generator leave out, compared with the real data?"""

from __future__ import annotations

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def missing_kinds(made, real, part):
    """The classes of real whose share among made is below part times their share among real."""
    missing = []
    for kind in real.unique().tolist():
        share_made = (made == kind).float().mean()
        share_real = (real == kind).float().mean()
        if share_made < part * share_real:
            missing.append(kind)
    return missing


def kinds_cases() -> list[tuple]:
    """N and M alike and not, even and uneven data, kinds that are absent, rare, or made up; nothing missing."""

    def make(generator: torch.Generator, i: int) -> tuple:
        many, n = 6 + i % 3, (3, 5, 8, 12)[i % 4]
        real = torch.randint(0, 3 + i % 2, (many,), generator=generator) * (1 + i % 2) + i % 3
        lopsided = torch.rand(n, generator=generator) < 0.5
        made = torch.where(lopsided, real[0], real[torch.randint(many, (n,), generator=generator)])
        if i % 5 == 2:
            made[0] = 9  # a kind that is not real
        return made, real, 0.5 if i == 18 else (0.5, 0.75, 0.25, 1.0)[(i // 2) % 4]  # no tie by rounding

    ends = [
        (torch.tensor([0, 0, 0, 1]), torch.tensor([0, 0, 0, 1, 0, 0, 0, 1]), 0.5),
        (torch.tensor([4, 2, 2, 2, 2, 2, 2, 2]), torch.tensor([2, 2, 4, 4]), 0.25),  # exactly on the limit
        (torch.tensor([7, 7]), torch.tensor([1, 3]), 0.5),
        (torch.tensor([0, 0, 0, 0, 0, 1]), torch.tensor([0, 1, 1, 1]), 0.25),
    ]
    return drawn(make) + ends


def _share(numbers, kind):
    return (numbers == kind).float().mean()


def _kinds(made, real, test):
    return [kind for kind in real.unique().tolist() if test(kind)]


MISSING_SLIPS = {
    "You compare counts, but N and M need not be the same number. Compare shares: divide by how many there are.": (
        lambda made, real, part: _kinds(made, real, lambda k: (made == k).sum() < part * (real == k).sum())
    ),
    "In these tests yours lists only the kinds that never come. Those that come too seldom are missing, too: is your "
    "limit fixed, or do you compare a count with a share?": (
        lambda made, real, part: _kinds(made, real, lambda k: (made == k).sum() == 0)
    ),
    "You compare with `part` alone. The limit is `part` times the share among the real images.": (
        lambda made, real, part: _kinds(made, real, lambda k: _share(made, k) < part)
    ),
    "You take the real kinds to be equally frequent. Each has a share of its own among the real images.": (
        lambda made, real, part: _kinds(made, real, lambda k: _share(made, k) < part / len(real.unique()))
    ),
    "You take each of ten kinds to be a tenth of the real images. Count its share among `real`.": (
        lambda made, real, part: _kinds(made, real, lambda k: _share(made, k) < part / 10)
    ),
    "You swap the two shares: a kind is missing where its share among the *made* images is too small.": (
        lambda made, real, part: _kinds(made, real, lambda k: _share(real, k) < part * _share(made, k))
    ),
    "`part` stands on the wrong side, or divides. Multiply the real share.": (
        lambda made, real, part: _kinds(made, real, lambda k: part * _share(made, k) < _share(real, k))
    ),
    "Yours says True or False for each kind. Return the numbers of those that are missing.": (
        lambda made, real, part: [k in missing_kinds(made, real, part) for k in real.unique().tolist()]
    ),
    "Yours are the kinds that are *not* missing.": (
        lambda made, real, part: _kinds(made, real, lambda k: _share(made, k) >= part * _share(real, k))
    ),
    "Yours is how many are missing. Return a list of which.": (
        lambda made, real, part: len(missing_kinds(made, real, part))
    ),
    "`part` changes nothing in yours: a kind is missing only below `part` times its real share.": (
        lambda made, real, part: _kinds(made, real, lambda k: _share(made, k) < _share(real, k))
    ),
    "You look only at kinds that were made. One that never comes is not among those: go through the kinds of `real`.": (
        lambda made, real, part: [k for k in missing_kinds(made, real, part) if (made == k).any()]
    ),
}

EXERCISE = Exercise(
    solution=missing_kinds,
    cases=kinds_cases,
    slips=MISSING_SLIPS,
    returns="a list of class numbers, in increasing order",
    why="For each kind that real data have, compare two shares: among the made images and among the real ones.",
    notice="A generator that makes one perfect kind would pass any test of single images. Here it does not.",
    hints=(
        "Which kinds come into question? `real.unique()` returns them in increasing order.",
        "The share of a kind: how many there are, divided by the number of images. Compute it among `made` and among "
        "`real`.",
        "`(made == kind).float().mean()` is a share. The kind is missing if it is less than `part` times the other.",
    ),
)
