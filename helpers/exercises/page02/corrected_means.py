"""Exercise 2.4. Adam's running mean of the slopes after each step, corrected for its start at 0."""

from __future__ import annotations

import math

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def corrected_means(slopes, beta):
    """Adam's running mean of the slopes after each step, corrected for its start at 0."""
    running, corrected = 0.0, []
    for i, slope in enumerate(slopes):
        running = beta * running + (1 - beta) * slope
        corrected.append(running / (1 - beta ** (i + 1)))
    return corrected


def slope_cases() -> list[tuple]:
    def make(generator: torch.Generator, i: int) -> tuple:
        slopes = torch.randint(-8, 9, (1 + i // 4,), generator=generator).double()
        return (slopes / 2).tolist(), (0.9, 0.5, 0.75, 0.8)[i % 4]

    return drawn(make)


def _running(slopes: list, beta: float, start: float = 0.0) -> list:
    means, running = [], start
    for slope in slopes:
        running = beta * running + (1 - beta) * slope
        means.append(running)
    return means


CORRECTION_SLIPS = {
    "That is the mean of the *squares*, Adam's other one. Here the slopes themselves are meant.": lambda slopes, beta: [
        mean / (1 - beta ** (i + 1)) for i, mean in enumerate(_running([slope**2 for slope in slopes], beta))
    ],
    "The correction is (1 - beta) to the power of t in yours; it is 1 minus (beta to the power of t).": lambda slopes, beta: [
        mean / (1 - beta) ** (i + 1) for i, mean in enumerate(_running(slopes, beta))
    ],
    "Brackets are missing in the division: the whole of 1 - beta ** t stands below the line.": lambda slopes, beta: [
        mean / 1 - beta ** (i + 1) for i, mean in enumerate(_running(slopes, beta))
    ],
    "The correction uses the number of all slopes in each step; t counts the steps so far.": lambda slopes, beta: [
        mean / (1 - beta ** len(slopes)) for mean in _running(slopes, beta)
    ],
    "Your t is 1 too small in each step, and the first is not corrected. After it t is 1.": lambda slopes, beta: [
        mean / (1 - beta**i if i else 1) for i, mean in enumerate(_running(slopes, beta))
    ],
    "You divide by beta times t in the correction, not by 1 minus beta to the power t.": lambda slopes, beta: [
        mean / (beta * (i + 1)) for i, mean in enumerate(_running(slopes, beta))
    ],
    "That is the running mean without its correction: near the start it is too close to 0.": _running,
    "The correction counts the steps from 0. After the first step, t is 1.": lambda slopes, beta: [
        mean / (1 - beta**i) if i else math.inf * mean for i, mean in enumerate(_running(slopes, beta))
    ],
    "The correction is one step too far: after the first step, t is 1.": lambda slopes, beta: [
        mean / (1 - beta ** (i + 2)) for i, mean in enumerate(_running(slopes, beta))
    ],
    "At each step yours is the running mean divided by 1 - beta, or takes the slope in whole. Divide by 1 - beta ** t.": (
        lambda slopes, beta: [mean / (1 - beta) for mean in _running(slopes, beta)]
    ),
    "You divide by beta to the power of t; it is 1 minus that.": lambda slopes, beta: [
        mean / beta ** (i + 1) for i, mean in enumerate(_running(slopes, beta))
    ],
    "You multiply by the correction. Divide by it: at the start the mean is too near 0.": lambda slopes, beta: [
        mean * (1 - beta ** (i + 1)) for i, mean in enumerate(_running(slopes, beta))
    ],
    "beta and 1 - beta have changed places: beta keeps the old mean, 1 - beta takes in the new slope.": lambda slopes, beta: [
        mean / (1 - beta ** (i + 1)) for i, mean in enumerate(_running(slopes, 1 - beta))
    ],
    "Your correction has beta times t in it; it is beta to the *power* of t.": lambda slopes, beta: [
        mean / (1 - beta * (i + 1)) for i, mean in enumerate(_running(slopes, beta))
    ],
    "That is only the last of them. Wanted is one for each step.": lambda slopes, beta: (
        _running(slopes, beta)[-1] / (1 - beta ** len(slopes))
    ),
    "That is the ordinary mean of the slopes so far. In Adam's, old slopes count less and less.": lambda slopes, beta: [
        sum(slopes[: i + 1]) / (i + 1) for i in range(len(slopes))
    ],
    "Your running mean starts at the first slope. Adam's starts at 0, and is corrected for it.": lambda slopes, beta: (
        _running(slopes, beta, start=slopes[0])
    ),
    "Your running mean starts at the first slope, and is corrected all the same. The correction is for a start at 0.": (
        lambda slopes, beta: [mean / (1 - beta ** (i + 1)) for i, mean in enumerate(_running(slopes, beta, slopes[0]))]
    ),
    "Your list begins with the start, one number too many. Begin with an empty list.": lambda slopes, beta: [
        0.0,
        *corrected_means(slopes, beta),
    ],
    "You return two lists, the running means and the corrected ones. Only the second is wanted.": lambda slopes, beta: [
        _running(slopes, beta),
        corrected_means(slopes, beta),
    ],
    "You return each number together with its step. Only the numbers are wanted.": lambda slopes, beta: [
        [i + 1, mean] for i, mean in enumerate(corrected_means(slopes, beta))
    ],
    "Only the first mean is corrected. The later ones are too near 0 too, by less and less.": lambda slopes, beta: [
        mean if i else mean / (1 - beta) for i, mean in enumerate(_running(slopes, beta))
    ],
    "Each mean is put into the list before its slope has come in: yours are one step late.": lambda slopes, beta: [
        mean / (1 - beta ** (i + 1)) for i, mean in enumerate([0.0, *_running(slopes, beta)[:-1]])
    ],
    "Brackets are missing or misplaced in the running mean: `beta` belongs to the old mean alone.": lambda slopes, beta: [
        mean * beta / (1 - beta ** (i + 1)) for i, mean in enumerate(_running(slopes, beta))
    ],
    "The corrected mean is carried on to the next step. Keep the uncorrected one for that.": lambda slopes, beta: (
        _carried(slopes, beta)
    ),
    "The new slope comes in whole; its part is 1 - beta.": lambda slopes, beta: [
        mean / (1 - beta) / (1 - beta ** (i + 1)) for i, mean in enumerate(_running(slopes, beta))
    ],
}


def _carried(slopes: list, beta: float) -> list:
    means, running = [], 0.0
    for i, slope in enumerate(slopes):
        running = (beta * running + (1 - beta) * slope) / (1 - beta ** (i + 1))
        means.append(running)
    return means


EXERCISE = Exercise(
    solution=corrected_means,
    cases=slope_cases,
    slips=CORRECTION_SLIPS,
    returns="a list with one number for each slope",
    why="The mean starts at 0. After t steps the slopes have the weight 1 - beta ** t in it, so it is divided by that.",
    notice="For slopes that are equal, the corrected mean is that slope from the first step on.",
    hints=(
        "Go through the slopes with a loop. Two things are kept: the running mean, and the list of corrected ones.",
        "The running mean keeps beta of itself, and takes in 1 - beta of the new slope. It starts at 0.",
        "The correction divides by 1 - beta to the power of t, where t is the number of steps so far, from 1 on.",
    ),
)
