"""Exercise 9.2. The names of the k likeliest classes, likeliest first, and their probabilities."""

from __future__ import annotations

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn, same


def top_answers(logits, names, k):
    """The names of the k likeliest classes, likeliest first, and their probabilities."""
    probs = logits.softmax(dim=0)
    best = probs.argsort(descending=True)[:k]
    return [names[i] for i in best], probs[best]


WORDS = ("cat", "dog", "cup", "bus", "bee", "ant", "owl", "fox")


def answers_cases() -> list[tuple]:
    """No two logits alike, k from 1 to all, names not in the order of the alphabet, logits of either sign."""

    def make(generator: torch.Generator, i: int) -> tuple:
        classes = (3, 4, 5, 6)[i % 4]
        k = (1, 2, 3, 2, classes)[i % 5]
        steps = torch.randperm(8, generator=generator)[:classes]
        logits = (0.7 * steps + 0.3 * torch.rand(classes, generator=generator) - 2.5).round(decimals=2)
        names = [WORDS[n] for n in torch.randperm(8, generator=generator)[:classes]]
        return logits, names, min(k, classes)

    return drawn(make)


def same_answers(got: object, right: tuple) -> bool:
    """Names and probabilities as two results of any kind; names may stand in a list or a tuple."""
    if not isinstance(got, tuple | list) or len(got) != 2 or isinstance(got[0], str | dict | Tensor):
        return same_part(got, right)
    return same_part(got[0], right[0]) and same_part(got[1], right[1])


def same_part(got: object, right: object) -> bool:
    if isinstance(right, list) and right and isinstance(right[0], str):
        return isinstance(got, list | tuple) and list(got) == right
    return same(got, right)


def _answers(order: object) -> object:
    """Slips that pick other classes: a function of logits and k -> places."""

    def slip(logits: Tensor, names: list, k: int) -> tuple:
        places = order(logits, k)
        return [names[i] for i in places], logits.softmax(dim=0)[places]

    return slip


def _named(logits: Tensor, names: list, k: int) -> list[str]:
    return top_answers(logits, names, k)[0]


def _best(logits: Tensor, k: int) -> Tensor:
    return logits.argsort(descending=True)[:k]


ANSWER_SLIPS = {
    "Those are the least likely classes: the order runs upwards. The largest logit comes first.": _answers(
        lambda logits, k: logits.argsort()[:k]
    ),
    "The right classes, and the likeliest of them stands last. It comes first.": _answers(
        lambda logits, k: _best(logits, k).flip(0)
    ),
    "The right classes in the order of the list of names. Sort them by probability, likeliest first.": _answers(
        lambda logits, k: _best(logits, k).sort().values
    ),
    "You took the first k classes of the list. Take those of the largest probability.": _answers(
        lambda logits, k: torch.arange(k)
    ),
    "You returned all classes. Only the first k are wanted.": _answers(lambda logits, k: _best(logits, len(logits))),
    "You ignore k: that is the likeliest class alone.": _answers(lambda logits, k: _best(logits, 1)),
    "You ignore k: those are always the first five.": _answers(lambda logits, k: _best(logits, 5)),
    "One class is missing at the end: `[:k]` has k entries.": _answers(lambda logits, k: _best(logits, k)[:-1]),
    "One class too many: `[:k]` has k entries.": _answers(lambda logits, k: _best(logits, k + 1)),
    "The first place is left out: positions begin at 0.": _answers(lambda logits, k: _best(logits, k + 1)[1:]),
    "The names and their probabilities do not belong together: your probabilities stand in the order of the classes. "
    "Sort both by the same places.": lambda logits, names, k: (_named(logits, names, k), logits.softmax(dim=0)[:k]),
    "The names are right; the other numbers are logits. Probabilities come from a softmax over all classes.": (
        lambda logits, names, k: (_named(logits, names, k), logits[_best(logits, k)])
    ),
    "The softmax went over the k chosen classes alone, so your probabilities add up to 1. It runs over *all* classes, "
    "and then you choose.": lambda logits, names, k: (
        _named(logits, names, k),
        logits[_best(logits, k)].softmax(dim=0),
    ),
    "Each logit went through a sigmoid by itself. One photo has one class: take a softmax over all classes.": (
        lambda logits, names, k: (_named(logits, names, k), logits.sigmoid()[_best(logits, k)])
    ),
    "Those are log-probabilities. Wanted are probabilities.": lambda logits, names, k: (
        _named(logits, names, k),
        logits.log_softmax(dim=0)[_best(logits, k)],
    ),
    "The probabilities are in per cent. Leave them from 0 to 1.": lambda logits, names, k: (
        _named(logits, names, k),
        100 * logits.softmax(dim=0)[_best(logits, k)],
    ),
    "Your names stand in the order of the alphabet. Sort them by their logits.": lambda logits, names, k: (
        sorted(names)[:k],
        top_answers(logits, names, k)[1],
    ),
    "The names are joined to one text. Return them as a list.": lambda logits, names, k: (
        ", ".join(_named(logits, names, k)),
        top_answers(logits, names, k)[1],
    ),
    "Those are e to the power of the logits. Divide by their sum over all classes: that is the softmax.": (
        lambda logits, names, k: (_named(logits, names, k), logits.exp()[_best(logits, k)])
    ),
    "You returned the numbers of the classes. Look each of them up in `names`.": lambda logits, names, k: (
        _best(logits, k),
        logits.softmax(dim=0)[_best(logits, k)],
    ),
    "The two results have changed places: first the names, then the probabilities.": lambda logits, names, k: (
        top_answers(logits, names, k)[::-1]
    ),
}


EXERCISE = Exercise(
    solution=top_answers,
    cases=answers_cases,
    slips=ANSWER_SLIPS,
    returns="two results: a list of k names, and k probabilities",
    same=same_answers,
    why="The softmax goes over all classes; then the places of the k largest pick both the names and the "
    "probabilities.",
    notice="Your k probabilities add up to 1 only if k is the number of classes: the others hold the rest.",
    hints=(
        "Three steps: logits to probabilities, the places of the largest, the names at these places.",
        "`softmax(dim=0)` runs over the classes. `argsort(descending=True)` returns places, the largest value first.",
        "Take the first k of these places. Names are a list, so take them one by one; a tensor takes all places at once.",
    ),
)
