"""Exercise 16.1. The step between two codes, and the code of 0."""

from __future__ import annotations

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def scale_and_zero_point(low, high, bits):
    """The step between two codes, and the code of 0."""
    low, high = min(low, 0), max(high, 0)
    if low == high:
        return 1.0, 0
    scale = (high - low) / (2**bits - 1)
    return scale, round(-low / scale)


def range_cases() -> list[tuple]:
    """Ranges around 0, above it, below it, beginning or ending there, and 0 alone; no half steps; 2 to 8 bits."""

    def make(generator: torch.Generator, i: int) -> tuple:
        bits = (8, 4, 2, 3, 6, 5, 8)[i % 7]
        first, second = (0.3 + 9 * torch.rand(2, generator=generator)).tolist()
        near, far = round(min(first, second), 2), round(max(first, second) + 0.1, 2)
        ranges = ((-near, far), (near, far), (-far, -near), (0.0, far), (-far, 0.0), (-far, near))
        return (*((0.0, 0.0) if i == 10 else ranges[(i + i // 6) % 6]), bits)

    return drawn(make)


def _of(low: float, high: float, steps: float) -> tuple[float, int]:
    scale = (high - low) / steps if high > low else 1.0
    return scale, round(-low / scale)


def _symmetric(low: float, high: float, bits: int) -> tuple[float, int]:
    return max(abs(low), abs(high)) / (2 ** (bits - 1) - 1) or 1.0, 0


RANGE_SLIPS = {
    "Your range need not hold 0. Where both ends are above 0 `low` becomes 0; where both are below, `high` does.": (
        lambda low, high, bits: _of(low, high, 2**bits - 1)
    ),
    "You widen the range at its lower end only. If both ends are below 0, `high` becomes 0.": (
        lambda low, high, bits: _of(min(low, 0), high, 2**bits - 1)
    ),
    "You widen the range at its upper end only. If both ends are above 0, `low` becomes 0.": (
        lambda low, high, bits: _of(low, max(high, 0), 2**bits - 1)
    ),
    "You count the codes. From the first code to the last there is one step less than there are codes.": (
        lambda low, high, bits: _of(min(low, 0), max(high, 0), 2**bits)
    ),
    "That is the symmetric choice of the weights, with 0 as the code of 0. Here the codes go from 0 up, and the range holds 0 and the numbers that were seen.": _symmetric,
    "Your zero point is that of codes from -2^(bits - 1) on. Here the range's low end has code 0.": (
        lambda low, high, bits: (
            (found := scale_and_zero_point(low, high, bits))[0],
            found[1] - (2 ** (bits - 1) if low or high else 0),
        )
    ),
}

EXERCISE = Exercise(
    solution=scale_and_zero_point,
    cases=range_cases,
    slips=RANGE_SLIPS,
    returns="two numbers: the scale, and the zero point as a whole number",
    why="The range is as wide as 2^bits - 1 steps. Its low end has the code 0, so 0 lies -low / scale steps above.",
    notice="For what leaves a ReLU, low is 0 and so is the zero point.",
    hints=(
        "First the range: which of `low` and `high` must move if both are above 0? If both are below?",
        "`min(low, 0)` and `max(high, 0)` hold 0. How many steps are there from code 0 to code 2^bits - 1?",
        "How many steps lie between the new low and 0? Round that. Mind the range that holds 0 alone.",
    ),
)
