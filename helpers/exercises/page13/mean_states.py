"""Exercise 13.3. The mean state of each sentence, without its padding."""

from __future__ import annotations

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def mean_states(states, ids):
    """The mean state of each sentence, (N, H)."""
    real = (ids != 0)[:, :, None]
    return (states * real).sum(dim=1) / real.sum(dim=1)


def state_cases() -> list[tuple]:
    """One sentence and several, with padding and without, as many words as states are wide, and other widths."""

    def make(generator: torch.Generator, i: int) -> tuple:
        n, t, h = ((1, 2, 2), (2, 3, 2), (2, 2, 3), (3, 3, 1), (2, 4, 2), (1, 1, 2), (2, 2, 2))[i % 7]
        states = (2 * torch.rand(n, t, h, generator=generator) - 1).round(decimals=1)
        ids = torch.randint(1, 9, (n, t), generator=generator)
        lengths = torch.randint(1, t + 1, (n,), generator=generator)
        if i % 4 == 3:
            lengths[:] = t
        ids[torch.arange(t) >= lengths[:, None]] = 0
        return states, ids

    return drawn(make, count=28)


def _real(ids: Tensor) -> Tensor:
    return (ids != 0)[:, :, None].float()


MEAN_SLIPS = {
    "The padding counts in yours: `states.mean(dim=1)` averages over all places.": lambda states, ids: states.mean(
        dim=1
    ),
    "You set the padding to 0, and then divide by all places. Divide by the number of words of each sentence.": (
        lambda states, ids: (states * _real(ids)).mean(dim=1)
    ),
    "The padding is still in your sum. Multiply the states of the padding by 0 first.": lambda states, ids: (
        states.sum(dim=1) / _real(ids).sum(dim=1)
    ),
    "You divide by the number of words of the whole batch. Each sentence has its own number of words.": (
        lambda states, ids: (states * _real(ids)).sum(dim=1) / _real(ids).sum()
    ),
    "You averaged over the sentences. Wanted is a mean for each sentence: average over the words, dimension 1.": (
        lambda states, ids: (states * _real(ids)).sum(dim=0) / _real(ids).sum(dim=0).clamp(min=1)
    ),
    "You averaged over the numbers of a state. They stay apart: average over the words, dimension 1.": (
        lambda states, ids: states.mean(dim=2)
    ),
    "That is the state of the last word. Wanted is the mean of all.": lambda states, ids: states[
        torch.arange(len(ids)), (ids != 0).sum(dim=1) - 1
    ],
    "That is the state at the last place, which may be padding. Wanted is the mean of the words' states.": (
        lambda states, ids: states[:, -1]
    ),
    "That is one number for all. Wanted is a mean for each sentence and each number of the states.": (
        lambda states, ids: states[ids != 0].mean()
    ),
    "You divide by the width of the states. Divide by the number of words of each sentence.": lambda states, ids: (
        (states * _real(ids)).sum(dim=1) / states.shape[2]
    ),
    "That is the state of the first word. Wanted is the mean of all.": lambda states, ids: states[:, 0],
    "That is the sum of the states. Divide by the number of words.": lambda states, ids: (states * _real(ids)).sum(
        dim=1
    ),
    "That is the largest of each number, not the mean.": lambda states, ids: states.masked_fill(
        _real(ids) == 0, -9
    ).amax(dim=1),
    "You weigh the states by the words' numbers. They are names: only whether one is 0 counts.": lambda states, ids: (
        (states * ids[:, :, None]).sum(dim=1) / ids.sum(dim=1, keepdim=True)
    ),
    "You average over the words of all sentences together. Each sentence has a mean of its own.": lambda states, ids: (
        states[ids != 0].mean(dim=0)
    ),
    "Only the first sentence is there. Does a `return` stand inside your loop?": lambda states, ids: mean_states(
        states, ids
    )[0],
    "The states of the padding are your mean. The words are where `ids` is not 0.": lambda states, ids: (
        (states * (1 - _real(ids))).sum(dim=1) / (1 - _real(ids)).sum(dim=1)
    ),
    "You leave out the states that are 0. What is padding is said by `ids`.": lambda states, ids: (
        states.sum(dim=1) / (states != 0).sum(dim=1)
    ),
    "You divide by one word too few.": lambda states, ids: (
        (states * _real(ids)).sum(dim=1) / (_real(ids).sum(dim=1) - 1)
    ),
}

EXERCISE = Exercise(
    solution=mean_states,
    cases=state_cases,
    slips=MEAN_SLIPS,
    returns="a tensor (N, H)",
    why="A mask of ones and zeros keeps the words: the masked states are added up over the words, and divided by how "
    "many ones each sentence has.",
    notice="Now the mean of a sentence is the same, however much padding its batch adds behind it.",
    hints=(
        "Which places are words? `ids != 0` says so, with shape (N, T).",
        "States have one dimension more, so the mask needs it as well: `(ids != 0)[:, :, None]` has shape (N, T, 1).",
        "`states * mask` is 0 on the padding; add it up over dimension 1, the words.",
        "Divide that by the number of words of each sentence, the mask's own sum over dimension 1.",
    ),
)
