"""Exercise 2.2. The learning rate whose loss ends lowest; a run whose losses hold nan or inf has diverged."""

from __future__ import annotations

import math

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def best_rate(histories):
    """The learning rate whose loss ends lowest; a run whose losses hold nan or inf has diverged."""
    ends = {rate: losses[-1] for rate, losses in histories.items() if all(math.isfinite(loss) for loss in losses)}
    return min(ends, key=ends.get)


def curve_cases() -> list[tuple]:
    """Three rates each; among them curves that dip in the middle, that diverge, and that come back from inf."""
    nan, inf = float("nan"), math.inf  # not the object `math.nan`: nan must be asked for, not compared
    by_hand = [
        {0.3: [2.0, nan, 0.1], 0.03: [2.0, 1.0, 0.7], 0.003: [2.0, 1.5, 1.2]},
        {1.0: [900.0, 500.0, 120.0], 0.1: [900.0, 400.0, 130.0], 0.01: [900.0, 2e6, 5e5]},
        {0.1: [2.0, 1.0, 0.5], 1.0: [2.0, nan, nan], 0.01: [2.0, 1.9, 1.8]},
        {1.0: [nan, nan], 0.1: [2.0, 0.9], 0.01: [2.0, 1.5]},
        {0.01: [2.0, 1.7, 1.4], 0.1: [2.0, 0.3, 1.9], 1.0: [2.0, 3.0, 9.0]},
        {0.3: [2.0, inf, 0.1], 0.03: [2.0, 1.0, 0.7], 0.003: [2.0, 1.5, 1.2]},
        {0.5: [2.0, 9.0, 0.2], 0.05: [1.0, 0.8, 0.6], 0.005: [1.5, 1.0, 0.9]},
        {0.02: [0.9, 0.8, 0.7], 0.2: [2.0, 0.9, 0.6], 2.0: [2.0, 4.0, inf]},
        {0.2: [2.0, 0.1, nan], 0.02: [2.0, 1.4, 1.1], 0.002: [2.0, 1.8, 1.6]},
        {0.04: [2.0, 1.4, 1.1], 0.4: [0.3, inf], 0.004: [2.0, 1.8, 1.6]},
    ]

    def make(generator: torch.Generator, i: int) -> tuple:
        losses = torch.randint(1, 30, (3, 2 + i % 3), generator=generator).div(10)
        losses[:, -1] += torch.tensor([0.01, 0.02, 0.03])  # no ties at the end
        order = torch.randperm(3, generator=generator).tolist()
        rates = [(0.001, 0.01, 0.1)[place] for place in order]
        return ({rate: [round(v, 2) for v in row] for rate, row in zip(rates, losses.tolist(), strict=True)},)

    return [(histories,) for histories in by_hand] + drawn(make, 14)


def _finite(histories: dict) -> dict:
    return {rate: losses for rate, losses in histories.items() if all(map(math.isfinite, losses))}


def _whole_or_in_part(histories: dict) -> dict:
    """Losses that are numbers; curves that have none are left out."""
    kept = {rate: [loss for loss in losses if math.isfinite(loss)] for rate, losses in histories.items()}
    return {rate: losses for rate, losses in kept.items() if losses}


def _lowest_by_loop(histories: dict) -> float | None:
    """As a loop with `<` finds it, which passes over nan."""
    best, lowest = None, math.inf
    for rate, losses in histories.items():
        if losses[-1] < lowest:
            best, lowest = rate, losses[-1]
    return best


CURVE_SLIPS = {
    "Curves with nan are still among them. nan equals nothing, not even itself: ask `math.isnan` or `math.isfinite`.": (
        lambda histories: min(
            (rate for rate, losses in histories.items() if math.inf not in losses), key=lambda rate: histories[rate][-1]
        )
    ),
    "Curves with inf are still among them: they have diverged, too.": lambda histories: min(
        (rate for rate, losses in histories.items() if not any(map(math.isnan, losses))),
        key=lambda rate: histories[rate][-1],
    ),
    "That is the place of the rate in the dictionary; wanted is the rate itself.": lambda histories: list(
        histories
    ).index(best_rate(histories)),
    "`<` with nan is always false, so `min` can stop at a curve that diverged. Leave those out first.": (
        lambda histories: min(histories, key=lambda rate: histories[rate][-1])
    ),
    "Only curves that *end* in nan or inf are left out. One that was there on the way has diverged as well.": lambda histories: (
        min((r for r in histories if math.isfinite(histories[r][-1])), key=lambda r: histories[r][-1])
    ),
    "A curve that holds nan on the way is still chosen. nan equals nothing, not even itself, so `== nan` is always false: "
    "ask `math.isnan` or `math.isfinite`.": lambda histories: _lowest_by_loop(
        {rate: losses for rate, losses in histories.items() if math.inf not in losses}
    ),
    "A curve that holds inf on the way is still chosen. It has diverged, too: ask `math.isfinite`.": (
        lambda histories: _lowest_by_loop(
            {rate: losses for rate, losses in histories.items() if not any(map(math.isnan, losses))}
        )
    ),
    "You drop single losses that are nan or inf, and keep the rest of their curve. The whole curve has diverged.": (
        lambda histories: min(_whole_or_in_part(histories), key=lambda rate: _whole_or_in_part(histories)[rate][-1])
    ),
    "You look for the lowest loss anywhere, and pass over nan and inf one by one. A curve that holds one has diverged as a "
    "whole; of the others the *end* counts.": lambda histories: min(
        _whole_or_in_part(histories), key=lambda rate: min(_whole_or_in_part(histories)[rate])
    ),
    "A curve stays in though only *some* of its losses are numbers. *All* must be.": lambda histories: min(
        _whole_or_in_part(histories), key=lambda rate: histories[rate][-1]
    ),
    "You look for the lowest loss anywhere. The model that you keep is the one at the *end* of its curve.": (
        lambda histories: min(_finite(histories), key=lambda rate: min(histories[rate]))
    ),
    "You look for the lowest loss anywhere, and a curve with nan is still among them.": lambda histories: min(
        histories, key=lambda rate: min(histories[rate])
    ),
    "You take the mean or sum of each curve. What counts is where it ends.": lambda histories: min(
        _finite(histories), key=lambda rate: sum(histories[rate]) / len(histories[rate])
    ),
    "You look at the first loss of each curve. The last one counts.": lambda histories: min(
        _finite(histories), key=lambda rate: histories[rate][0]
    ),
    "That rate ends highest. Lower is better.": lambda histories: max(
        _finite(histories), key=lambda r: histories[r][-1]
    ),
    "You take the curve that fell most. What counts is where it ends.": lambda histories: max(
        _finite(histories), key=lambda rate: histories[rate][0] - histories[rate][-1]
    ),
    "That is the loss; wanted is the learning rate that it belongs to.": lambda histories: min(
        losses[-1] for losses in _finite(histories).values()
    ),
    "That is the smallest rate. It need not end lowest.": min,
    "That is the first rate that does not diverge. Does a `return` end your loop there? Another may end lower.": (
        lambda histories: next(iter(_finite(histories)))
    ),
    "That is the last rate that does not diverge. Does your loop keep the lowest loss so far, and change it with each better "
    "curve?": lambda histories: list(_finite(histories))[-1],
    "That is the largest rate, whatever the losses say.": max,
    "That is the first rate, whatever the losses say.": lambda histories: next(iter(histories)),
    "That is the largest rate that does not diverge. It need not end lowest.": lambda histories: max(
        _finite(histories)
    ),
    "That is the smallest rate that does not diverge. It need not end lowest.": lambda histories: min(
        _finite(histories)
    ),
}


EXERCISE = Exercise(
    solution=best_rate,
    cases=curve_cases,
    slips=CURVE_SLIPS,
    returns="one of the learning rates",
    why="Curves with nan or inf go first: `<` with nan is always false. Of the others, the end counts.",
    notice="Where losses of images that are not trained on are at hand, choose by those: page 7 says why.",
    hints=(
        "Two questions for each curve: is it whole, and where does it end?",
        "`math.isfinite(loss)` is False for nan and for inf. `all(...)` asks it of every loss of a curve.",
        "Keep the last loss of each curve that is whole, by its rate. `min` takes a `key` to compare by.",
    ),
)
