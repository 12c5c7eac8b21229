"""Exercise 1.2. Mean points gained by pretraining, and in how many draws it wins."""

from __future__ import annotations

import statistics

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def compare_draws(scratch, pretrained):
    """Mean points gained by pretraining, and in how many draws it wins."""
    gains = [p - s for s, p in zip(scratch, pretrained, strict=True)]
    return sum(gains) / len(gains), sum(gain > 0 for gain in gains)


def draw_cases() -> list[tuple]:
    """Accuracies of both contenders in each draw; equal ones, one draw only, and losses are among them."""

    def make(generator: torch.Generator, i: int) -> tuple:
        scratch = torch.randint(40, 90, (1 + i // 4,), generator=generator)
        gains = torch.randint(-6, 9, (len(scratch),), generator=generator) * (
            torch.rand(len(scratch), generator=generator) < 0.7
        )
        return scratch.double().tolist(), (scratch + gains / (1, 2)[i % 2]).tolist()

    return drawn(make)


def _gains(scratch: list, pretrained: list) -> torch.Tensor:
    return torch.tensor(pretrained) - torch.tensor(scratch)


DRAW_SLIPS = {
    "That is the sum of the gains; wanted is their mean over the draws.": lambda s, p: (
        _gains(s, p).sum(),
        _wins(s, p),
    ),
    "A gain is pretrained minus scratch; yours is the other way round.": lambda s, p: (
        -_gains(s, p).mean(),
        _wins(s, p),
    ),
    "That is the mean over the draws that were won. The gain is the mean over *all* draws.": lambda s, p: (
        _gains(s, p)[_gains(s, p) > 0].mean(),
        _wins(s, p),
    ),
    "That is the mean of the differences without their sign: a loss counts as a gain.": lambda s, p: (
        _gains(s, p).abs().mean(),
        _wins(s, p),
    ),
    "That is the median of the gains; wanted is their mean.": lambda s, p: (
        statistics.median(_gains(s, p).tolist()),
        _wins(s, p),
    ),
    "That is the median of the gains, the lower of the two in the middle; wanted is their mean.": lambda s, p: (
        _gains(s, p).median(),
        _wins(s, p),
    ),
    "That is the gain of the first draw only; wanted is the mean over all draws.": lambda s, p: (
        _gains(s, p)[0],
        _wins(s, p),
    ),
    "That is the gain of the last draw only: collect the gains of all draws first.": lambda s, p: (
        _gains(s, p)[-1],
        _wins(s, p),
    ),
    "It counts the draws that scratch wins.": lambda s, p: (_gains(s, p).mean(), (_gains(s, p) < 0).sum()),
    "A draw with equal accuracies is no win: count only gains above 0.": lambda s, p: (
        _gains(s, p).mean(),
        (_gains(s, p) >= 0).sum(),
    ),
    "The wins are a number of draws, not a share.": lambda s, p: (_gains(s, p).mean(), _wins(s, p) / len(s)),
    "It is the number of all draws; count those in which pretrained is better.": lambda s, p: (
        _gains(s, p).mean(),
        len(s),
    ),
    "Each draw is compared with *each* draw. The two of one draw belong together: `zip` pairs them.": lambda s, p: (
        _gains(s, p).mean(),
        sum(b > a for a in s for b in p),
    ),
    "It says whether pretrained wins at all; count the draws.": lambda s, p: (_gains(s, p).mean(), bool(_wins(s, p))),
}


def _wins(scratch: list, pretrained: list) -> int:
    return int((_gains(scratch, pretrained) > 0).sum())


EXERCISE = Exercise(
    solution=compare_draws,
    cases=draw_cases,
    slips=DRAW_SLIPS,
    returns="two numbers, the mean gain and the number of wins",
    why="Both contenders had the same labels in each draw, so subtract draw by draw; then take the mean.",
    notice="Subtracting draw by draw takes out of a gain the luck that both share.",
    hints=(
        "In each draw, how many points more has pretrained than scratch? `zip` walks through both lists at once.",
        "Collect these gains, one for each draw. The first answer is their mean: their sum over their number.",
        "The second answer counts the gains above 0. A comparison counts as 1 where it is true, as 0 where not.",
    ),
)
