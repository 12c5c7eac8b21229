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
EQUAL = ["elm", "oak"]  # names of two classes that are equally likely


def answers_cases() -> list[tuple]:
    """No two logits alike, k from 1 to all, names not in the order of the alphabet, logits of either sign."""

    def make(generator: torch.Generator, i: int) -> tuple:
        classes = (3, 4, 5, 6)[i % 4]
        k = (1, 2, 3, 2, classes)[i % 5]
        steps = torch.randperm(8, generator=generator)[:classes]
        logits = (0.7 * steps + 0.3 * torch.rand(classes, generator=generator) - 2.5).round(decimals=2)
        names = [WORDS[n] for n in torch.randperm(8, generator=generator)[:classes]]
        return logits, names, min(k, classes)

    two_of_a_name = torch.tensor([3.0, 0.0, 1.0, 2.0]), ["crane", "dog", "crane", "bus"], 2  # a bird and a machine
    large = torch.tensor([100.0, 0.0, 98.0]), ["owl", "cat", "fox"], 2
    alike = torch.tensor([1.0, 0.0, 1.0]), [EQUAL[0], "fir", EQUAL[1]], 2  # their order is free
    return [*drawn(make), two_of_a_name, large, alike]


def same_answers(got: object, right: tuple) -> bool:
    """Names and probabilities as two results of any kind; names may stand in a list or a tuple."""
    if not isinstance(got, tuple | list) or len(got) != 2 or isinstance(got[0], str | dict | Tensor):
        return type(got).__name__ != "ndarray" and same_part(got, right)
    return same_part(got[0], right[0]) and same_part(got[1], right[1])


def same_part(got: object, right: object) -> bool:
    if isinstance(right, list) and right and isinstance(right[0], str):
        if type(got).__name__ == "ndarray":
            got = got.tolist()
        if isinstance(got, list | tuple) and sorted(right) == EQUAL:
            return sorted(map(str, got)) == sorted(right)
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


def _probabilities(make: object) -> object:
    """Slips that pick the right classes, with other numbers for their probabilities."""

    def slip(logits: Tensor, names: list, k: int) -> tuple:
        return _named(logits, names, k), make(logits)[_best(logits, k)]

    return slip


def _names(make: object) -> object:
    """Slips in the names alone."""

    def slip(logits: Tensor, names: list, k: int) -> tuple:
        return make(_named(logits, names, k)), top_answers(logits, names, k)[1]

    return slip


def _by_name(logits: Tensor, names: list, k: int) -> tuple:
    """As a dictionary from names to probabilities keeps them."""
    kept = dict(zip(names, logits.softmax(dim=0).tolist(), strict=True))
    best = sorted(kept, key=kept.get, reverse=True)[:k]
    return best, [kept[name] for name in best]


def _first_of_equals(logits: Tensor, names: list, k: int) -> tuple:
    values = logits.softmax(dim=0)
    best = values.sort(descending=True).values[:k]
    return [names[values.tolist().index(value)] for value in best.tolist()], best


ANSWER_SLIPS = {
    "Two classes may have the same name, as the bird and the machine that are called crane. In a dictionary with the names "
    "as keys, the second replaces the first. Go by the places of the classes.": _by_name,
    "Where two classes are equally likely, yours names the first of them twice: `index` finds the first that is equal. Sort "
    "the places, not the values.": _first_of_equals,
    "e to the power of 100 is too large to be stored. `softmax` holds out: it subtracts the largest logit first.": (
        _probabilities(lambda logits: logits.exp() / logits.exp().sum())
    ),
    "That is the likeliest class alone. Wanted are k names, in a list, and k probabilities.": (
        lambda logits, names, k: (names[logits.argmax()], logits.softmax(dim=0).max())
    ),
    "Only the first name is there, and all k probabilities. Does a `return` inside your loop end it too early?": _names(
        lambda found: found[:1]
    ),
    "Only the first name is there, without a list around it. Does a `return` inside your loop end it too early?": _names(
        lambda found: found[0]
    ),
    "Only the last name is there, as a text. Does `=` replace what was there? Collect the names in a list, by `append`.": _names(
        lambda found: found[-1]
    ),
    "The names are `None`. `sort` and `append` change a list and return `None`; and here nothing needs to be sorted any "
    "more.": _names(lambda found: None),
    "You divided the logits by their sum. Probabilities come from a softmax: logits may be negative.": _probabilities(
        lambda logits: logits / logits.sum()
    ),
    "The minus of the logits is lost (`abs`) before the softmax. A low logit means an unlikely class.": (
        lambda logits, names, k: top_answers(logits.abs(), names, k)
    ),
    "You added the probabilities up along the way (`cumsum`). Return each by itself.": lambda logits, names, k: (
        _named(logits, names, k),
        top_answers(logits, names, k)[1].cumsum(0),
    ),
    "The largest is 1 in yours. Divide by the sum over all classes, not by the largest.": _probabilities(
        lambda logits: logits.softmax(dim=0) / logits.softmax(dim=0).max()
    ),
    "You took squares of the logits in place of e to their power: the sign is lost.": lambda logits, names, k: (
        [names[i] for i in logits.square().argsort(descending=True)[:k]],
        (logits.square() / logits.square().sum()).sort(descending=True).values[:k],
    ),
    "Your names stand in the order of the alphabet, backwards. The likeliest comes first.": lambda logits, names, k: (
        sorted(names)[::-1][:k],
        top_answers(logits, names, k)[1],
    ),
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
    "That is the likeliest class alone. Wanted are k.": _answers(lambda logits, k: _best(logits, 1)),
    "k is not used: `[:5]` gives five, or all if fewer.": _answers(lambda logits, k: _best(logits, 5)),
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
