"""Exercise 20.4. A power law fitted in logarithms, and what it predicts further out."""

from __future__ import annotations

import math

import numpy as np
import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def power_law(sizes, losses, at):
    """The exponent b of loss = a * size ** -b by least squares in logarithms, and the loss at `at`."""
    slope, height = np.polyfit(np.log(sizes), np.log(losses), 1)
    return -slope, np.exp(height + slope * np.log(at))


def law_cases() -> list[tuple]:
    """Two sizes to five, not always doubled, off the line by some percent; predictions further out and between."""

    def make(generator: torch.Generator, i: int) -> tuple:
        count = (3, 4, 2, 5)[i % 4]
        steps = torch.randint(2, 5, (count,), generator=generator).cumprod(dim=0)
        sizes = [int(size) for size in (5, 100, 20)[i % 3] * steps]
        exponent = (0.3, 0.5, 0.1, 0.9, -0.2)[i % 5]
        noise = (0.1 * torch.randn(count, generator=generator)).exp().tolist()
        losses = [round(4 * size**-exponent * off, 3) for size, off in zip(sizes, noise, strict=True)]
        at = 4 * sizes[-1] if i % 3 else (sizes[0] + sizes[-1]) // 2
        return sizes, losses, at

    return drawn(make)


def _line(x: list[float], y: list[float]) -> tuple[float, float]:
    """Slope and height at 0 of the straight line of least squares."""
    slope, height = np.polyfit(x, y, 1)
    return slope, height


def _logs(values: list[float]) -> list[float]:
    return [math.log(value) for value in values]


def _fitted(sizes: list[float], losses: list[float]) -> tuple[float, float]:
    return _line(_logs(sizes), _logs(losses))


def _plain(sizes: list[float], losses: list[float], at: float) -> tuple[float, float]:
    slope, height = _line(sizes, losses)
    return -slope, height + slope * at


def _only_sizes(sizes: list[float], losses: list[float], at: float) -> tuple[float, float]:
    slope, height = _line(_logs(sizes), losses)
    return -slope, height + slope * math.log(at)


def _only_losses(sizes: list[float], losses: list[float], at: float) -> tuple[float, float]:
    slope, height = _line(sizes, _logs(losses))
    return -slope, math.exp(height + slope * at)


def _through(sizes: list[float], losses: list[float], at: float, first: int, last: int) -> tuple[float, float]:
    return power_law([sizes[first], sizes[last]], [losses[first], losses[last]], at)


def _through_one(sizes: list[float], losses: list[float], at: float) -> tuple[float, float]:
    slope, _ = _fitted(sizes, losses)
    return -slope, losses[-1] * (at / sizes[-1]) ** slope


def _no_height(sizes: list[float], losses: list[float], at: float) -> tuple[float, float]:
    x, y = _logs(sizes), _logs(losses)
    slope = sum(u * v for u, v in zip(x, y, strict=True)) / sum(u * u for u in x)
    return -slope, at**slope


def _mean_of_slopes(sizes: list[float], losses: list[float], at: float) -> tuple[float, float]:
    x, y = np.log(sizes), np.log(losses)
    slope = (np.diff(y) / np.diff(x)).mean()
    return -slope, np.exp(y.mean() + slope * (np.log(at) - x.mean()))


LAW_SLIPS = {
    "You fit a straight line without logarithms. Take the logarithm of both, sizes and losses.": _plain,
    "You take the logarithm of the sizes alone. Take that of the losses, too.": _only_sizes,
    "You take the logarithm of the losses alone. Take that of the sizes, too.": _only_losses,
    "The exponent has the wrong sign: `loss = a * size ** -b` falls where b is above 0, so b is minus the slope.": (
        lambda s, losses, at: (_fitted(s, losses)[0], power_law(s, losses, at)[1])
    ),
    "You predict the logarithm of the loss. Take `exp` of it.": (
        lambda s, losses, at: (power_law(s, losses, at)[0], math.log(power_law(s, losses, at)[1]))
    ),
    "You predict at `at` as it is. Take its logarithm first, as of the sizes.": (
        lambda s, losses, at: (-_fitted(s, losses)[0], math.exp(_fitted(s, losses)[1] + _fitted(s, losses)[0] * at))
    ),
    "Your line goes through the first and the last point alone. Least squares takes all of them.": (
        lambda s, losses, at: _through(s, losses, at, 0, -1)
    ),
    "Your line goes through the last two points alone. Least squares takes all of them.": (
        lambda s, losses, at: _through(s, losses, at, -2, -1)
    ),
    "Your prediction starts from the last loss. The fitted line need not go through it.": (_through_one),
    "Your logarithm is to the base of ten. Come back by `10 **`, or take `log`.": (
        lambda s, losses, at: (power_law(s, losses, at)[0], math.exp(math.log10(power_law(s, losses, at)[1])))
    ),
    "You take the mean of the slopes between neighbours. Least squares takes one line through all points.": (
        _mean_of_slopes
    ),
    "Your line has no height: in logarithms it goes through 0. Fit a slope and a height.": _no_height,
}

EXERCISE = Exercise(
    solution=power_law,
    cases=law_cases,
    slips=LAW_SLIPS,
    returns="two numbers: the exponent, and the predicted loss",
    why="The logarithm of a * size ** -b is log(a) - b * log(size): a straight line in log(size), with the slope -b. "
    "Its height at log(at) is the logarithm of the predicted loss.",
    notice="Where the true curve bends, the line says nothing of it: a prediction further out holds only if nothing "
    "changes on the way.",
    hints=(
        "Take the logarithm of each size and of each loss. What is `loss = a * size ** -b` then?",
        "A straight line: fit it by least squares (`numpy.polyfit(x, y, 1)` returns slope and height). b is minus its "
        "slope.",
        "The line's height at `log(at)` is the logarithm of the loss that is asked for.",
    ),
)
