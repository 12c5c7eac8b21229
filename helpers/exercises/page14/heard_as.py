"""Exercise 14.3. As which word a listener hears formants, if the listener knows the speaker's throat."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn

TOLD = ("heed", "hid", "head", "had", "hod")


def heard_as(formants, means, words, throat):
    """The word whose mean formants are nearest to formants / throat, compared as logarithms."""
    own = (formants / throat).log()
    distances = (own - means.log()).square().sum(dim=1)
    return words[distances.argmin()]


def formant_cases() -> list[tuple]:
    """One formant to three, two words to five; throats below and above 1, and of 1."""

    def make(generator: torch.Generator, i: int) -> tuple:
        count, kept = 2 + i % 4, 1 + (i // 2) % 3
        ranges = torch.tensor([[250, 800], [800, 2400], [2200, 3100]])[:kept]
        low, high = ranges.T / (1, 100)[i % 2]  # small numbers show what is added before the logarithm
        means = (low + (high - low) * torch.rand(count, kept, generator=generator)).round(decimals=1)
        throat = (1.25, 0.8, 1.5, 1.0, 2.0, 0.5)[(i + i // 6) % 6]
        said = means[(i // 3) % count] * (0.18 * torch.randn(kept, generator=generator)).exp()
        return (said * throat).round(decimals=1), means, list(TOLD[:count]), throat

    return drawn(make, count=40)


def _nearest(own: Tensor, known: Tensor, words: list[str], measure: Callable = torch.square) -> str:
    return words[int(measure(own - known).sum(dim=1).argmin())]


def _first_nearer(own: Tensor, known: Tensor, words: list[str]) -> str:
    distances = (own - known).square().sum(dim=1).tolist()
    return next((words[i] for i in range(1, len(words)) if distances[i] < distances[i - 1]), words[0])


HEARD_SLIPS = {
    "You compare Hz. Then a high formant counts most: take logarithms of both before you subtract.": (
        lambda f, means, words, throat: _nearest(f / throat, means, words)
    ),
    "The throat changes nothing in yours. Divide the speaker's formants by it first, and not the means.": (
        lambda f, means, words, throat: _nearest(f.log(), means.log(), words)
    ),
    "The throat counts the wrong way. Formants *came out* times it, so divide them by it.": (
        lambda f, means, words, throat: _nearest((f * throat).log(), means.log(), words)
    ),
    "You divide the logarithm by the throat. Divide the formants by it before you take the logarithm.": (
        lambda f, means, words, throat: _nearest(f.log() / throat, means.log(), words)
    ),
    "You look at the first formant alone.": (
        lambda f, means, words, throat: _nearest((f[:1] / throat).log(), means[:, :1].log(), words)
    ),
    "You add up the differences with their signs, so that one formant too high and one too low cancel. Square them.": (
        lambda f, means, words, throat: _nearest((f / throat).log(), means.log(), words, lambda gaps: gaps)
    ),
    "You add up the sizes of the differences. Square each difference before you add.": (
        lambda f, means, words, throat: _nearest((f / throat).log(), means.log(), words, torch.abs)
    ),
    "You return the last word of the list. Where the distance gets smaller, keep distance and word.": (
        lambda f, means, words, throat: words[-1]
    ),
    "You return the first word that is nearer than the one before. Go through all, and keep the best so far.": (
        lambda f, means, words, throat: _first_nearer((f / throat).log(), means.log(), words)
    ),
    "You compare the sums of the formants. Compare formant by formant, and add up afterwards.": (
        lambda f, means, words, throat: words[int(((f / throat).sum() - means.sum(dim=1)).abs().argmin())]
    ),
}

EXERCISE = Exercise(
    solution=heard_as,
    cases=formant_cases,
    slips=HEARD_SLIPS,
    returns="one word, a text",
    why="A throat multiplies all formants by one factor, so divide it out. As logarithms, 10 % more counts the same for "
    "each formant.",
    notice="Augmentation with other throats asks a network for the same, without telling it the throat.",
    hints=(
        "Undo what the throat did first. It multiplied each formant.",
        "Subtract the logarithm of each mean from that of your formants: shape (K, F). Square, and add up the F.",
        "`argmin` is the place of the smallest distance; the word stands at that place of `words`.",
    ),
)
