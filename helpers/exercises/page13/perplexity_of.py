"""Exercise 13.2. The perplexity over the real words of padded sentences."""

from __future__ import annotations

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def perplexity_of(log_probs, lengths):
    """The perplexity over all real words."""
    real = torch.arange(log_probs.shape[1]) < torch.tensor(lengths)[:, None]
    return torch.exp(-log_probs[real].mean())


def log_prob_cases() -> list[tuple]:
    """One sentence and several, all of one length or not, padding of zeros and of other numbers, certain words."""

    def make(generator: torch.Generator, i: int) -> tuple:
        rows, columns = ((1, 1), (2, 3), (3, 2), (1, 4), (2, 2), (3, 4))[i % 6]
        log_probs = -(3 * torch.rand(rows, columns, generator=generator)).round(decimals=1)
        lengths = torch.randint(1, columns + 1, (rows,), generator=generator)
        if i % 5 == 4:
            lengths[:] = columns
        for row, length in zip(log_probs, lengths, strict=True):
            row[length:] = (0.0, -9.0, -1.5)[i // 6 % 3]  # what stands in the padding
        return log_probs, lengths.tolist()

    return drawn(make, count=30)


def _real(log_probs: Tensor, lengths: list[int]) -> Tensor:
    """The logarithms of all real words, one behind the other."""
    return torch.cat([row[:length] for row, length in zip(log_probs, lengths, strict=True)])


def _means(log_probs: Tensor, lengths: list[int]) -> Tensor:
    return torch.stack([row[:length].mean() for row, length in zip(log_probs, lengths, strict=True)])


PERPLEXITY_SLIPS = {
    "The padding counts in yours. Only the first `lengths[i]` places of row i are words.": lambda log_probs, lengths: (
        -log_probs.mean()
    ).exp(),
    "The padding counts among the words by which you divide. Divide by the number of real words.": (
        lambda log_probs, lengths: (-_real(log_probs, lengths).sum() / log_probs.numel()).exp()
    ),
    "The padding is in your sum. Add up the first `lengths[i]` places of each row alone.": lambda log_probs, lengths: (
        -log_probs.sum() / sum(lengths)
    ).exp(),
    "You averaged within each sentence first, so the words of short sentences count more. Put all words together.": (
        lambda log_probs, lengths: (-_means(log_probs, lengths).mean()).exp()
    ),
    "You averaged the perplexities of the sentences. Average the logarithms of all words, then take `exp` once.": (
        lambda log_probs, lengths: (-_means(log_probs, lengths)).exp().mean()
    ),
    "You averaged 1/p over the words. Average the logarithms first, then take `exp`.": lambda log_probs, lengths: (
        (-_real(log_probs, lengths)).exp().mean()
    ),
    "That is one divided by the mean probability. Average the logarithms, not the probabilities.": (
        lambda log_probs, lengths: 1 / _real(log_probs, lengths).exp().mean()
    ),
    "The minus is missing: yours is below 1, and a perplexity is 1 or more.": lambda log_probs, lengths: (
        _real(log_probs, lengths).mean().exp()
    ),
    "That is the cross-entropy. Perplexity is e to that power.": lambda log_probs, lengths: (
        -_real(log_probs, lengths).mean()
    ),
    "You took 10 to that power. The logarithms are to base e, so it is `exp`.": lambda log_probs, lengths: (
        10 ** -_real(log_probs, lengths).mean()
    ),
    "That is a perplexity for each sentence. Wanted is one number, over the words of all.": lambda log_probs, lengths: (
        -_means(log_probs, lengths)
    ).exp(),
    "You add up the cross-entropies of the sentences. Average over all words together, and take `exp`.": (
        lambda log_probs, lengths: -_means(log_probs, lengths).sum()
    ),
    "Only the last word of each sentence counts in yours. All its words do.": lambda log_probs, lengths: (
        -torch.stack([row[n - 1] for row, n in zip(log_probs, lengths, strict=True)]).mean()
    ).exp(),
    "You took 2 to that power. The logarithms are to base e, so it is `exp`.": lambda log_probs, lengths: (
        2 ** -_real(log_probs, lengths).mean()
    ),
    "You divide by the number of sentences. Divide by the number of words.": lambda log_probs, lengths: (
        -_real(log_probs, lengths).sum() / len(lengths)
    ).exp(),
    "You take `exp` of the sum. Divide by the number of words first.": lambda log_probs, lengths: (
        -_real(log_probs, lengths).sum()
    ).exp(),
    "You take the logarithm once more. `log_probs` holds logarithms already.": lambda log_probs, lengths: (
        -_real(log_probs, lengths).log().mean()
    ).exp(),
    "You leave out the places that are 0. A word with probability 1 has the logarithm 0, and it counts: the lengths "
    "say what is padding.": lambda log_probs, lengths: (-log_probs[log_probs != 0].mean()).exp(),
    "The last word of each sentence is missing. `row[:length]` ends at the last word, as Python counts.": (
        lambda log_probs, lengths: (
            -sum(row[: n - 1].sum() for row, n in zip(log_probs, lengths, strict=True)) / sum(n - 1 for n in lengths)
        ).exp()
    ),
    "Only the first sentence counts in yours. Does a `return` stand inside your loop?": lambda log_probs, lengths: (
        perplexity_of(log_probs[:1], lengths[:1])
    ),
}

EXERCISE = Exercise(
    solution=perplexity_of,
    cases=log_prob_cases,
    slips=PERPLEXITY_SLIPS,
    returns="one number, 1 or more",
    why="`real` is True where a place comes before its sentence's length. The mean runs over these places of all "
    "sentences together; the sign is turned, and `exp` comes at the very end, once.",
    notice="A model that was certain, and right, about each word would have perplexity 1.",
    hints=(
        "For one sentence without padding: minus the mean of its logarithms, then `exp`.",
        "Row i has `lengths[i]` real words: `log_probs[i, :lengths[i]]`.",
        "Do not average per sentence: add up the logarithms of all real words, and count them by `sum(lengths)`.",
        "With the total and the count: `torch.exp(-total / count)`. A mask of the real places does the same in one step.",
    ),
)
