"""Exercise 8.3. Mean gain of first over second, and the half width of its interval."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def paired_interval(first, second, t):
    """Mean gain of first over second, and the half width of its interval."""
    gains = first - second
    return gains.mean(), t * gains.std() / math.sqrt(len(gains))


T_FACTORS = {2: 12.7062047, 3: 4.3026527, 4: 3.1824463, 5: 2.7764451, 6: 2.5705818}  # draws -> t for 95 %


def interval_cases() -> list[tuple]:
    """Two to six draws whose luck both contenders share; gains, losses, and gains that are all alike."""

    def make(generator: torch.Generator, i: int) -> tuple:
        draws = (2, 3, 4, 5, 3, 6)[i % 6]
        luck = torch.randint(60, 90, (draws,), generator=generator).double()
        gains = torch.randint(-4, 8, (draws,), generator=generator).double() / (1, 2)[i % 2]
        if i in (9, 20):
            gains[:] = gains[0]
        return luck + gains, luck, T_FACTORS[draws]

    return drawn(make)


def _half(values: Tensor, t: float) -> Tensor:
    return t * values.std() / math.sqrt(len(values))


def _lead(change: Callable) -> Callable:
    """The right mean gain, and what `change(first, second, t)` makes of the half width."""
    return lambda first, second, t: ((first - second).mean(), change(first, second, t))


INTERVAL_SLIPS = {
    "The gain is the other way round: how much `first` has more than `second`, so `first - second`.": (
        lambda first, second, t: ((second - first).mean(), _half(first - second, t))
    ),
    "That is the sum of the gains; wanted is their mean.": lambda first, second, t: (
        (first - second).sum(),
        _half(first - second, t),
    ),
    "The differences lose their sign in yours, so that a loss counts as a gain.": lambda first, second, t: (
        (first - second).abs().mean(),
        _half((first - second).abs(), t),
    ),
    "Without their sign, losses count as gains. Leave the gains as they are.": lambda first, second, t: (
        (first - second).abs().mean(),
        _half(first - second, t),
    ),
    "That is the median of the gains; wanted is their mean.": lambda first, second, t: (
        (first - second).median(),
        _half(first - second, t),
    ),
    "That is the gain of the first draw; wanted is the mean of all.": lambda first, second, t: (
        (first - second)[0],
        _half(first - second, t),
    ),
    "That is the mean of `first` alone. Subtract `second`, draw by draw, before the mean.": lambda first, second, t: (
        first.mean(),
        _half(first - second, t),
    ),
    "You put the spreads of the two contenders together (root of the sum of the squares). That is "
    "for contenders on *different* draws. Here both had the same: subtract draw by draw first, and form one interval of the "
    "gains.": _lead(lambda first, second, t: math.hypot(_half(first, t), _half(second, t))),
    "You added the spreads of the two contenders, or their half widths. Subtract draw by draw first: the luck that "
    "both share falls out. Then form one interval, of the gains.": _lead(
        lambda first, second, t: _half(first, t) + _half(second, t)
    ),
    "That is the difference of the two contenders' half widths. Subtract the accuracies draw by draw first, and form one "
    "interval, of the gains.": _lead(lambda first, second, t: _half(first, t) - _half(second, t)),
    "That is the half width for `first` alone. The interval is one of the gains, draw by draw.": _lead(
        lambda first, second, t: _half(first, t)
    ),
    "That is the half width for `second` alone. The interval is one of the gains, draw by draw.": _lead(
        lambda first, second, t: _half(second, t)
    ),
    "The root of n is missing: a mean of n draws varies less than a single draw does.": _lead(
        lambda first, second, t: t * (first - second).std()
    ),
    "You multiply by the root of n. Divide by it: a mean of many draws varies *less* than a single draw.": _lead(
        lambda first, second, t: t * (first - second).std() * math.sqrt(len(first))
    ),
    "You divide by n and by 2, as `** 1 / 2` does. Divide by the root of n: `** 0.5`, or `** (1 / 2)`.": _lead(
        lambda first, second, t: t * (first - second).std() / len(first) / 2
    ),
    "Each contender was sorted on its own before you subtracted, so the draws no longer belong together. Subtract draw by "
    "draw, in the order in which they came.": _lead(
        lambda first, second, t: _half(first.sort().values - second.sort().values, t)
    ),
    "You subtract each draw of `second` from *each* draw of `first`. Only the two of the same draw had the same labels: "
    "`first - second`, one gain for each draw.": _lead(
        lambda first, second, t: _half((first[:, None] - second[None]).flatten(), t)
    ),
    "You subtract each draw of `second` from *each* draw of `first`. Only the two of the same draw belong together: "
    "`first - second`, one gain for each draw.": _lead(
        lambda first, second, t: t * (first[:, None] - second[None]).std() / math.sqrt(len(first))
    ),
    "You subtract the draw *before* from each draw: the two had different labels. Take both at the same position.": _lead(
        lambda first, second, t: _half(first - second.roll(1), t)
    ),
    "You subtract the draw *after* from each draw: the two had different labels. Take both at the same position.": _lead(
        lambda first, second, t: _half(first - second.roll(-1), t)
    ),
    "The squares are those of the gains themselves. A standard deviation first takes off their mean, as `.std()` does.": (
        _lead(
            lambda first, second, t: (
                t * ((first - second).square().sum() / (len(first) - 1)).sqrt() / math.sqrt(len(first))
            )
        )
    ),
    "You divide by the root of 15, whatever the number of draws is. It is `len(gains)`.": _lead(
        lambda first, second, t: t * (first - second).std() / math.sqrt(15)
    ),
    "`t` stands under the root in yours. The root is that of n alone (and `.std()` is a root already).": _lead(
        lambda first, second, t: (t * (first - second).var() / len(first)).sqrt()
    ),
    "You divide by the root of n + 1. n is the number of draws: `len(gains)`.": _lead(
        lambda first, second, t: t * (first - second).std() / math.sqrt(len(first) + 1)
    ),
    "Your standard deviation divides by n, and then you divide by n - 1. `.std()` of a tensor divides by n - 1 already; "
    "after it comes the root of n.": _lead(
        lambda first, second, t: t * (first - second).std(correction=0) / (len(first) - 1)
    ),
    "Where all gains are alike, you return `t`. Their standard deviation is 0, and so is the half width.": _lead(
        lambda first, second, t: _half(first - second, t) if (first - second).std() > 0 else t
    ),
    "That is the interval of *one* accuracy, of a share of right answers. Wanted is that of the gains, which you have draw "
    "by draw.": _lead(
        lambda first, second, t: 100 * t * (first.mean() / 100 * (1 - first.mean() / 100) / len(first)).sqrt()
    ),
    "That is the largest gain; wanted is their mean.": lambda first, second, t: (
        (first - second).max(),
        _half(first - second, t),
    ),
    "The sum of the gains is divided by `t`. Their mean divides by how many there are.": lambda first, second, t: (
        (first - second).sum() / t,
        _half(first - second, t),
    ),
    "Your first number is the lower end of the interval. Wanted is its middle, the mean gain.": lambda first, second, t: (
        (first - second).mean() - _half(first - second, t),
        _half(first - second, t),
    ),
    "Your first number is the upper end of the interval. Wanted is its middle, the mean gain.": lambda first, second, t: (
        (first - second).mean() + _half(first - second, t),
        _half(first - second, t),
    ),
    "You divide by n. It is the *root* of n: four times as many draws halve the width.": _lead(
        lambda first, second, t: t * (first - second).std() / len(first)
    ),
    "You divide by the root of n - 1. The n - 1 belongs into the standard deviation, where `.std()` has it already.": (
        _lead(lambda first, second, t: t * (first - second).std() / math.sqrt(len(first) - 1))
    ),
    "Your standard deviation divides by n. That of a few draws divides by n - 1, as `.std()` of a tensor does.": _lead(
        lambda first, second, t: t * (first - second).std(correction=0) / math.sqrt(len(first))
    ),
    "Your standard deviation divides by n, and the root of n is missing.": _lead(
        lambda first, second, t: t * (first - second).std(correction=0)
    ),
    "The factor t is missing: that is the standard error alone.": _lead(
        lambda first, second, t: (first - second).std() / math.sqrt(len(first))
    ),
    "The factor is 1.96 in yours. For a few draws it is larger: use `t`.": _lead(
        lambda first, second, t: 1.96 * (first - second).std() / math.sqrt(len(first))
    ),
    "The factor is 2 in yours. For a few draws it is larger: use `t`.": _lead(
        lambda first, second, t: 2 * (first - second).std() / math.sqrt(len(first))
    ),
    "The factor is 2.776 in yours, that of five draws. Use `t`.": _lead(
        lambda first, second, t: 2.776 * (first - second).std() / math.sqrt(len(first))
    ),
    "That is the standard deviation of the gains. It has still to be multiplied by `t` and divided by the root of n.": (
        _lead(lambda first, second, t: (first - second).std())
    ),
    "That is the variance (squared) where the standard deviation belongs: `.std()`, not `.var()`.": _lead(
        lambda first, second, t: t * (first - second).var() / math.sqrt(len(first))
    ),
    "That is the whole width, from end to end. The half width is what stands behind the ±.": _lead(
        lambda first, second, t: 2 * _half(first - second, t)
    ),
    "The range of the gains, from the smallest to the largest, is no standard deviation: use `.std()`.": _lead(
        lambda first, second, t: t * ((first - second).max() - (first - second).min()) / math.sqrt(len(first))
    ),
    "That is half the range of the gains. The half width is t times their standard deviation over the root of n.": _lead(
        lambda first, second, t: ((first - second).max() - (first - second).min()) / 2
    ),
    "Your s is the mean distance from the mean gain. The standard deviation squares them first: `.std()`.": _lead(
        lambda first, second, t: t * ((first - second) - (first - second).mean()).abs().mean() / math.sqrt(len(first))
    ),
    "n is the number of draws. You took that of both contenders together, twice as many.": _lead(
        lambda first, second, t: t * (first - second).std() / math.sqrt(2 * len(first))
    ),
    "You divide by the root of 5, whatever the number of draws is. It is `len(gains)`.": _lead(
        lambda first, second, t: t * (first - second).std() / math.sqrt(5)
    ),
    "That is t times the variance over n. Take the root of the variance (`.std()`) and the root of n.": _lead(
        lambda first, second, t: t * (first - second).var() / len(first)
    ),
    "`t` is a factor: multiply by it, do not add it.": _lead(
        lambda first, second, t: t + (first - second).std() / math.sqrt(len(first))
    ),
    "You divide by `t`. It is a factor that makes the interval wider: multiply by it.": _lead(
        lambda first, second, t: (first - second).std() / math.sqrt(len(first)) / t
    ),
    "You divide by the root of t. It is the root of n, the number of draws.": _lead(
        lambda first, second, t: t * (first - second).std() / math.sqrt(t)
    ),
    "Your s is that of all accuracies together. Subtract draw by draw first, and take that of the gains.": (
        _lead(lambda first, second, t: t * torch.cat([first, second]).std() / math.sqrt(len(first)))
    ),
    "Your root covers too much: only n stands below it.": _lead(
        lambda first, second, t: torch.sqrt(t * (first - second).std() / len(first))
    ),
    "Your half width is `nan`, which is no number. (If you call `mean_interval`: its second argument is a confidence such "
    "as 0.95, and not t.)": _lead(lambda first, second, t: math.nan),
    "Your half width is always 0. Do you add up deviations from the mean? Square them first, as `.std()` does.": _lead(
        lambda first, second, t: 0.0
    ),
    "Yours are gains in proportion to `second`. Points are wanted: `first - second`.": lambda first, second, t: (
        ((first - second) / second).mean(),
        _half((first - second) / second, t),
    ),
    "Yours are gains in per cent of `second`. Points are wanted: `first - second`.": lambda first, second, t: (
        (100 * (first - second) / second).mean(),
        _half(100 * (first - second) / second, t),
    ),
    "These are the gains of the single draws; wanted is their mean.": lambda first, second, t: (
        first - second,
        _half(first - second, t),
    ),
    "These are two intervals, one for each contender. Wanted is one of the gains: subtract draw by draw first.": (
        lambda first, second, t: ((first.mean(), _half(first, t)), (second.mean(), _half(second, t)))
    ),
    "Your second number is the upper end of the interval. Wanted is the half width: what stands behind the ±.": _lead(
        lambda first, second, t: (first - second).mean() + _half(first - second, t)
    ),
    "Your second number is the lower end of the interval. Wanted is the half width: what stands behind the ±.": _lead(
        lambda first, second, t: (first - second).mean() - _half(first - second, t)
    ),
    "You return the two ends of the interval. Wanted are its middle and the half width: the mean gain, and what stands "
    "behind the ±.": lambda first, second, t: (
        (first - second).mean() - _half(first - second, t),
        (first - second).mean() + _half(first - second, t),
    ),
}


EXERCISE = Exercise(
    solution=paired_interval,
    cases=interval_cases,
    slips=INTERVAL_SLIPS,
    returns="two numbers, the mean gain and the half width of its interval",
    why="Subtract first, draw by draw: the luck that both contenders share falls out. All that follows is about these "
    "gains alone, which is what `intervals.mean_interval` does with them.",
    notice='Try it on the race: `paired_interval(table("letters", 1).mean(dim=1), table("scratch strong", 1).mean(dim=1), '
    "2.776)` is the lead of 3.0 ± 1.1 over draws that this page printed.",
    hints=(
        "Both contenders had the same labels in each draw. What do you compute before any mean or standard deviation?",
        "The gains are one number for each draw, and both results are made of them and `t`. How many are there?",
        "`gains.mean()` is the first result. For the second: `gains.std()` times t, over the root of `len(gains)`.",
    ),
)
