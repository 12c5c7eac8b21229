"""Exercise 5.1. The smallest mean squared error that any output between low and high can have."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def lowest_error(target, low, high):
    """The smallest mean squared error that any output between low and high can have."""
    return F.mse_loss(target.clamp(low, high), target).item()


def target_cases() -> list[tuple]:
    """Targets of few numbers, some within the limits, some beyond one limit or both."""
    shapes, limits = ((2,), (3,), (1,), (2, 2), (1, 1, 2, 3)), ((0.0, 1.0), (-1.0, 1.0), (0.5, 2.0), (-2.0, -0.5))

    def make(generator: torch.Generator, i: int) -> tuple:
        return ((2 * torch.randn(shapes[i % 5], generator=generator)).round(decimals=1), *limits[i % 4])

    return [*drawn(make), (torch.tensor([0.2, 0.7]), 0.0, 1.0), (torch.tensor([-3.0, 2.5]), -1.0, 2.0)]


def _miss(target: Tensor, low: float, high: float) -> Tensor:
    """By how much the best output misses each number."""
    return target - target.clip(low, high)


def _last(missed: Tensor) -> Tensor:
    """The last number that is not 0; 0 where there is none."""
    return torch.cat([torch.zeros(1), missed[missed != 0]])[-1]


def _best_constant(t: Tensor, low: float, high: float) -> Tensor:
    """The error of the best single answer of a hundred."""
    return min((t - x).square().mean() for x in torch.linspace(low, high, 100))


def _one_distance(target: Tensor, low: float, high: float) -> Tensor:
    """The distance of a single number, by an `if` that raises an error on several."""
    return _miss(target, low, high).abs() if target < low or target > high else torch.tensor(0.0)


LOWEST_SLIPS = {
    "With several numbers your code raises an error; with one, it gives the distance, not squared.": _one_distance,
    "That is 0 for every target, as if each could be reached. Is the clamped target compared with itself?": (
        lambda target, low, high: 0.0
    ),
    "These are the squared distances of the single numbers; wanted is their mean.": lambda t, low, high: _miss(
        t, low, high
    ).square(),
    "You divided by the length of the first axis. The mean is over all numbers, `target.numel()` of them.": (
        lambda t, low, high: _miss(t, low, high).square().sum() / len(t)
    ),
    "You took one mean of those below and one of those above, each over its own. Divide both sums by all numbers.": (
        lambda t, low, high: (t[t < low] - low).square().mean() + (t[t > high] - high).square().mean()
    ),
    "That is the sum of the squares; wanted is their mean.": lambda t, low, high: _miss(t, low, high).square().sum(),
    "That is the root of the sum of the squares. Take their mean, and leave the root out.": lambda t, low, high: (
        _miss(t, low, high).square().sum().sqrt()
    ),
    "That is the sum of the distances. Square each distance, and take the mean of the squares, not their sum.": (
        lambda t, low, high: _miss(t, low, high).abs().sum()
    ),
    "Your mean runs over the first axis only, so several numbers are left. Take it over all numbers at once.": (
        lambda t, low, high: _miss(t, low, high).square().mean(dim=0)
    ),
    "Your mean runs over the last axis only, so several numbers are left. Take it over all numbers at once.": (
        lambda t, low, high: _miss(t, low, high).square().mean(dim=-1)
    ),
    "That is the mean distance. Each distance must be squared before the mean.": lambda t, low, high: (
        _miss(t, low, high).abs().mean()
    ),
    "That is the root of the mean squared error. Leave the root out.": lambda t, low, high: (
        _miss(t, low, high).square().mean().sqrt()
    ),
    "The distances are not squared, so those below and those above cancel. Square each before the mean.": (
        lambda t, low, high: _miss(t, low, high).mean()
    ),
    "The distances are not squared, so those above and those below cancel. Square each before the mean.": (
        lambda t, low, high: -_miss(t, low, high).mean()
    ),
    "That is the square of the mean distance. Square each distance first, then take the mean.": lambda t, low, high: (
        _miss(t, low, high).mean().square()
    ),
    "0 and 1 stand for limits in yours. Use `low` and `high`.": lambda t, low, high: _miss(t, 0, 1).square().mean(),
    "Only what lies below `low` counts in yours. The output may not go above `high` either.": lambda t, low, high: (
        (t - t.clip(min=low)).square().mean()
    ),
    "Only what lies above `high` counts in yours. The output may not go below `low` either.": lambda t, low, high: (
        (t - t.clip(max=high)).square().mean()
    ),
    "That is the error of answering `low` everywhere. Are the two limits swapped? The lower one comes first.": (
        lambda t, low, high: (t - low).square().mean()
    ),
    "That is the error of answering `high` everywhere. Are the two limits swapped, or `min` and `max`?": (
        lambda t, low, high: (t - high).square().mean()
    ),
    "With several numbers your code raises an error; with one, it squares the target itself. An `if` takes one number: use "
    "a mask, with `|` for `or` and brackets around each comparison. And the limit must come off before you square.": (
        lambda t, low, high: t[bool(t < low) or bool(t > high)].square().mean()
    ),
    "That is the error of answering 0 everywhere. The output may be another number for each number of the target.": (
        lambda t, low, high: t.square().mean()
    ),
    "That is the error of answering the middle of the limits everywhere. Which output is nearest to each number?": (
        lambda t, low, high: (t - (low + high) / 2).square().mean()
    ),
    "That is the error of answering the mean of the target. The output may be another number for each of them.": (
        lambda t, low, high: (t - t.mean()).square().mean()
    ),
    "Your mean leaves out the numbers that can be reached. They count too, with an error of 0.": lambda t, low, high: (
        _miss(t, low, high)[_miss(t, low, high) != 0].square().mean()
    ),
    "Where the target is below `low`, you squared the target itself. On the page `low` was 0; here it must come off.": (
        lambda t, low, high: torch.cat([t[t < low], t[t > high] - high]).square().sum() / t.numel()
    ),
    "The numbers 0 and 1 of the page are still there: `low` comes off where the target is below it, `high` where it is "
    "above.": lambda t, low, high: torch.cat([t[t < low], t[t > high] - 1]).square().sum() / t.numel(),
    "Where the target is above `high`, you took 1 off. On the page `high` was 1; here it is `high` that must come off.": (
        lambda t, low, high: torch.cat([t[t < low] - low, t[t > high] - 1]).square().sum() / t.numel()
    ),
    "Where the target is above `high`, you squared the target itself. Its distance from `high` is wanted.": (
        lambda t, low, high: torch.cat([t[t < low] - low, t[t > high]]).square().sum() / t.numel()
    ),
    "Below `low` you add the limit. The distance is a difference: target minus limit.": lambda t, low, high: (
        torch.cat([t[t < low] + low, t[t > high] - high]).square().sum() / t.numel()
    ),
    "Above `high` you add the limit. The distance is a difference: target minus limit.": lambda t, low, high: (
        torch.cat([t[t < low] - low, t[t > high] + high]).square().sum() / t.numel()
    ),
    "You add the limits to the target. The distance is a difference: target minus limit.": lambda t, low, high: (
        torch.cat([t[t < low] + low, t[t > high] + high]).square().sum() / t.numel()
    ),
    "The error above `high` is subtracted from that below `low`. Squared errors are added: none makes up for another.": (
        lambda t, low, high: ((t - t.clip(min=low)).square() - (t - t.clip(max=high)).square()).mean()
    ),
    "The error below `low` is subtracted from that above `high`. Squared errors are added: none makes up for another.": (
        lambda t, low, high: ((t - t.clip(max=high)).square() - (t - t.clip(min=low)).square()).mean()
    ),
    "That is the difference of two squares. Subtract first, target minus best output, and square what comes out.": (
        lambda t, low, high: (t.square() - t.clip(low, high).square()).mean()
    ),
    "That is the difference of two squares, turned round. Subtract first, target minus best output, then square.": (
        lambda t, low, high: (t.clip(low, high).square() - t.square()).mean()
    ),
    "You squared the numbers between the limits. They can be reached, so their error is 0; it comes from the others.": (
        lambda t, low, high: t[(t > low) & (t < high)].square().sum() / t.numel()
    ),
    "You squared the numbers that can be reached. Their error is 0: what counts is the others.": lambda t, low, high: (
        t[_miss(t, low, high) == 0].square().sum() / t.numel()
    ),
    "You took the mean square of the numbers between the limits. They can be reached: what counts is the others.": (
        lambda t, low, high: t[(t > low) & (t < high)].square().mean()
    ),
    "You took the mean square of the numbers that can be reached. Their error is 0: what counts is the others.": (
        lambda t, low, high: t[_miss(t, low, high) == 0].square().mean()
    ),
    "You measured the smallest and the largest number only. Measure each number, and take the mean.": (
        lambda t, low, high: (low - t.min()).square() + (t.max() - high).square()
    ),
    "You measured the smallest and the largest number only, where they are out of reach. Measure each, and take the mean.": (
        lambda t, low, high: (low - t.min()).clip(min=0).square() + (t.max() - high).clip(min=0).square()
    ),
    "Only the last number that is out of reach counts. Does each round of your loop replace the sum (`=` for `+=`)?": (
        lambda t, low, high: _last(_miss(t, low, high)).square() / t.numel()
    ),
    "Where the target is out of reach you answer 0. Answer the nearest limit.": lambda t, low, high: (
        t[_miss(t, low, high) != 0].square().sum() / t.numel()
    ),
    "Where the target is at a limit or out of reach you answer 0. Answer the nearest limit.": lambda t, low, high: (
        t[(t <= low) | (t >= high)].square().sum() / t.numel()
    ),
    "The limits are the wrong way round: below `low` you answer `high`, and above `high` you answer `low`.": (
        lambda t, low, high: (t - t.clip(low, high).where(t >= low, high).where(t <= high, low)).square().mean()
    ),
    "You chose the better of two outputs, `low` everywhere or `high` everywhere. Choose for each number on its own.": (
        lambda t, low, high: min((t - low).square().mean(), (t - high).square().mean())
    ),
    "You stretched the target to fit between the limits. The best output is the target itself, wherever that can be "
    "reached.": lambda t, low, high: (t - low - (high - low) * (t - t.min()) / (t.max() - t.min())).square().mean(),
    "You measured the distance to the nearest limit everywhere. A number between the limits is hit exactly.": (
        lambda t, low, high: torch.minimum((t - low).square(), (t - high).square()).mean()
    ),
    "The best output is not a sigmoid of the target: it is the target itself, wherever that can be reached.": (
        lambda t, low, high: (t - low - (high - low) * t.sigmoid()).square().mean()
    ),
    "These are the best outputs; wanted is how far they miss the target, as one number.": lambda t, low, high: t.clip(
        low, high
    ),
    "That is the share of numbers that are out of reach. Wanted is by how much they are missed, squared.": (
        lambda t, low, high: (_miss(t, low, high) != 0).double().mean()
    ),
    "That is the mean square of the best outputs. Wanted is that of their distance from the target.": (
        lambda t, low, high: t.clip(low, high).square().mean()
    ),
    "Out of reach you squared the target itself. What is squared is its distance from the nearest limit.": (
        lambda t, low, high: t[_miss(t, low, high) != 0].square().mean()
    ),
    "You looked only at what can be reached. The error comes from the rest.": lambda t, low, high: (
        0 * t[_miss(t, low, high) == 0].mean()
    ),
    "You took the mean of the target first. Find the distance of each number first, then take the mean.": (
        lambda t, low, high: _miss(t.mean(), low, high).square()
    ),
    "You answer one number for the whole target. The output may be another number for each of them.": (
        lambda t, low, high: (t - t.mean().clip(low, high)).square().mean()
    ),
    "Everything that is not below `low` is measured from `high`. What lies between the two is hit exactly.": (
        lambda t, low, high: torch.where(t < low, t - low, t - high).square().mean()
    ),
    "Everything that is not above `high` is measured from `low`. What lies between the two is hit exactly.": (
        lambda t, low, high: torch.where(t > high, t - high, t - low).square().mean()
    ),
    "Only the distances below `low` are squared. Square those above `high`, too.": lambda t, low, high: (
        (t - t.clip(min=low)).square().mean() + (t - t.clip(max=high)).mean()
    ),
    "Only the distances above `high` are squared. Square those below `low`, too.": lambda t, low, high: (
        (t.clip(min=low) - t).mean() + (t - t.clip(max=high)).square().mean()
    ),
    "You add up the distances first and square their sum, so those below and those above cancel. Square each first.": (
        lambda t, low, high: _miss(t, low, high).sum().square() / t.numel()
    ),
    "The two limits have changed places in your comparisons: below `high` yours takes `low` off, and above `low` it takes "
    "`high` off.": lambda t, low, high: torch.cat([t[t < high] - low, t[t > low] - high]).square().sum() / t.numel(),
    "You tried outputs that are the same number everywhere. The output may be another for each number of the target.": (
        _best_constant
    ),
    "You divided by how many numbers there are, minus 1. The mean divides by all of them, `target.numel()`.": (
        lambda t, low, high: _miss(t, low, high).square().sum() / (t.numel() - 1)
    ),
    "That is the variance of the distances: it takes their mean off first. Wanted is the mean of their squares.": (
        lambda t, low, high: _miss(t, low, high).var()
    ),
    "That is the variance of the distances (dividing by n): it takes their mean off first. Wanted is the mean of their "
    "squares.": lambda t, low, high: _miss(t, low, high).var(correction=0),
    "That is the median of the squared distances; wanted is their mean.": lambda t, low, high: (
        _miss(t, low, high).square().median()
    ),
    "The first number is left out: positions begin at 0.": lambda t, low, high: (
        _miss(t, low, high).flatten()[1:].square().sum() / t.numel()
    ),
    "The last number is left out. Does your `range` end too early?": lambda t, low, high: (
        _miss(t, low, high).flatten()[:-1].square().sum() / t.numel()
    ),
    "These are the distances of the single numbers; wanted is the mean of their squares, one number.": (
        lambda t, low, high: _miss(t, low, high)
    ),
    "These are the distances of the single numbers, target taken from output; wanted is the mean of their squares, one "
    "number.": lambda t, low, high: -_miss(t, low, high),
    "You answer the sigmoid of the target. The best output is the target itself, wherever that can be reached.": (
        lambda t, low, high: (t - t.sigmoid()).square().mean()
    ),
    "You answer a sigmoid that is stretched to the limits, of the target less its mean. The best output is the target "
    "itself, wherever that can be reached.": lambda t, low, high: (
        (t - low - (high - low) * (t - t.mean()).sigmoid()).square().mean()
    ),
    "That is the largest squared distance; wanted is their mean.": lambda t, low, high: (
        _miss(t, low, high).square().max()
    ),
}


EXERCISE = Exercise(
    solution=lowest_error,
    cases=target_cases,
    slips=LOWEST_SLIPS,
    returns="one number, the smallest mean squared error",
    why="The best answer is the target; outside, the nearest limit. What is left is the floor.",
    notice="You can now tell before any training what no training can reach.",
    hints=(
        "If the target is 3 and the output ends at 1, which output comes nearest? And if the target is 0.5?",
        "What lies within the limits is hit exactly. What lies outside is missed by its distance to the nearest limit.",
        "`target.clamp(low, high)` moves every number that is outside to the nearest limit. How far is that from "
        "`target`, as a mean squared error?",
    ),
)
