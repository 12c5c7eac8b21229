"""Exercise 10.4. Of some thresholds on the confidence the cheapest; of several the smallest."""

from __future__ import annotations

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def cheapest(confidences, right, candidates, wrong, ask):
    """The candidate with the smallest total cost."""
    costs = {}
    for threshold in sorted(candidates):
        answered = confidences >= threshold
        errors = (answered & ~right).sum()
        costs[threshold] = wrong * errors + ask * (~answered).sum()
    return min(costs, key=costs.get)


def cost_cases() -> list[tuple]:
    """One to six photos; thresholds met exactly, in any order; ties; asking dear and cheap, free and dearer than wrong."""

    def make(generator: torch.Generator, i: int) -> tuple:
        n = (1, 2, 3, 4, 5, 6)[i % 6]
        confidences = torch.randint(3, 16, (n,), generator=generator).double() / 16  # exact in every float type
        right = torch.rand(n, generator=generator) < (0.3, 0.6, 0.9)[i % 3]
        some = torch.randperm(n, generator=generator)[: 1 + i % 3]
        others = torch.randint(0, 18, (2,), generator=generator).double() / 16
        candidates = [*confidences[some].tolist(), *others.tolist()]
        order = torch.randperm(len(candidates), generator=generator).tolist()
        wrong, ask = ((5, 1), (2, 1), (10, 3), (1, 2), (5, 4), (3, 1))[(i // 2) % 6]
        return confidences, right, [candidates[k] for k in order], wrong, ask

    def case(confidences: list, right: list, candidates: list, wrong: float, ask: float) -> tuple:
        return torch.tensor(confidences).double(), torch.tensor(right), candidates, wrong, ask

    return [
        *drawn(make, 24),
        case([0.875, 0.625, 0.5], [True, True, False], [0.875, 0.625, 0.5], 5, 1),  # exactly at a confidence
        case([0.875, 0.5], [True, True], [1.125, 0.9375, 0.1875, 0.375], 5, 1),  # two answer all
        case([0.875, 0.5], [False, False], [0.3125, 1.125, 1.0625], 5, 1),  # asking always
        case([0.875, 0.5, 0.375], [True, False, False], [0.8125, 0.4375, 0.125], 1, 5),  # asking is dearer
        case([0.8125, 0.6875], [True, False], [0.75, 0.5], 3, 3),  # the same cost
        case([0.9375, *[0.75] * 6, 0.5], [True] * 7 + [False], [0.875, 0.25], 10, 1),  # costs 5 and 1 choose another
        case(
            [0.875, 0.8125, 0.6875, 0.625, 0.5], [True, True, False, True, False], [0.5625, 0.75, 0.625, 0.9375], 5, 1
        ),
        case([0.875, 0.8125, 0.6875, 0.625, 0.5], [True, False, True, True, False], [0.875, 0.5625, 0.5], 2, 1),
    ]


def _costs(confidences: Tensor, right: Tensor, candidates: list, wrong: float, ask: float) -> dict[float, float]:
    """Total cost of each candidate, smallest candidate first."""
    answered = [(at, confidences >= at) for at in sorted(candidates)]
    return {at: wrong * int((yes & ~right).sum()) + ask * int((~yes).sum()) for at, yes in answered}


def _least(costs: dict[float, float]) -> float:
    return min(costs, key=costs.get)


def _by(count_wrong: object, count_asked: object) -> object:
    """The solution with other counts of errors and of questions, each of (answered, right)."""

    def slip(confidences: Tensor, right: Tensor, candidates: list, wrong: float, ask: float) -> float:
        masks = {at: confidences >= at for at in sorted(candidates)}
        return _least(
            {at: wrong * count_wrong(yes, right) + ask * count_asked(yes, right) for at, yes in masks.items()}
        )

    return slip


def _errors(yes: Tensor, right: Tensor) -> float:
    return int((yes & ~right).sum())


def _asked(yes: Tensor, right: Tensor) -> float:
    return int((~yes).sum())


CHEAP_SLIPS = {
    "You return the *dearest* candidate: is it `max` for `min`, or `<` for `>=`?": lambda *args: max(
        (costs := _costs(*args)), key=costs.get
    ),
    "Of several that are cheapest, you return another than the smallest. Go through the candidates in rising order, or "
    "compare the thresholds of those with the least cost.": lambda *args: max(
        at for at, cost in _costs(*args).items() if cost == min(_costs(*args).values())
    ),
    "Of several that are cheapest, you return the one that stands first in the list. Wanted is the smallest.": (
        lambda c, r, candidates, w, a: _least({at: _costs(c, r, candidates, w, a)[at] for at in candidates})
    ),
    "Of several that are cheapest, you return the one that stands last in the list. Wanted is the smallest.": (
        lambda c, r, candidates, w, a: _least({at: _costs(c, r, candidates, w, a)[at] for at in candidates[::-1]})
    ),
    "You answer where the confidence is *above* the threshold. At the threshold itself it is answered, too: `>=`.": (
        lambda c, r, candidates, w, a: _least(
            {at: w * int(((c > at) & ~r).sum()) + a * int((c <= at).sum()) for at in sorted(candidates)}
        )
    ),
    "You answer the photos *below* the threshold, and ask about the sure ones.": lambda c, r, candidates, w, a: _least(
        {at: w * int(((c < at) & ~r).sum()) + a * int((c >= at).sum()) for at in sorted(candidates)}
    ),
    "What a wrong name costs and what asking costs have changed places.": lambda c, r, candidates, w, a: _least(
        _costs(c, r, candidates, a, w)
    ),
    "Asking changes nothing in yours. Each photo below the threshold costs `ask`.": _by(_errors, lambda yes, right: 0),
    "You charge `wrong` for the answers that are *right*.": _by(lambda yes, right: int((yes & right).sum()), _asked),
    "You charge `wrong` for each photo that is answered. Only the wrong ones cost.": _by(
        lambda yes, right: int(yes.sum()), _asked
    ),
    "Too few are charged `ask` in yours. Each photo that is passed to a person costs it.": _by(
        _errors, lambda yes, right: int((~yes & ~right).sum())
    ),
    "You charge `ask` only where the answer would have been right. A person is paid in any case.": _by(
        _errors, lambda yes, right: int((~yes & right).sum())
    ),
    "In yours, passing a photo to a person makes the sum smaller. It costs `ask`.": _by(
        _errors, lambda yes, right: int(yes.sum())
    ),
    "You charge `ask` for every photo. Only those below the threshold are passed to a person.": _by(
        _errors, lambda yes, right: len(yes)
    ),
    "You take means: the errors' share of the answered photos, and the share asked. The two shares are of different "
    "numbers of photos; add up the costs.": _by(
        lambda yes, right: _errors(yes, right) / max(1, int(yes.sum())),
        lambda yes, right: _asked(yes, right) / len(yes),
    ),
    "You return the threshold of the formula, 1 - ask / wrong. Wanted is the cheapest of the candidates on these photos.": (
        lambda c, r, candidates, w, a: 1 - a / w
    ),
    "You return the candidate nearest to the formula, 1 - ask / wrong. Count what each candidate costs on these photos.": (
        lambda c, r, candidates, w, a: min(sorted(candidates), key=lambda at: abs(at - (1 - a / w)))
    ),
    "You return the smallest cost. Wanted is the threshold that has it.": lambda *args: min(_costs(*args).values()),
    "You return all costs. Wanted is one threshold.": lambda *args: list(_costs(*args).values()),
    "You return the place of the cheapest in the list. Wanted is the threshold itself.": (
        lambda c, r, candidates, w, a: candidates.index(cheapest(c, r, candidates, w, a))
    ),
    "You return the place of the first cheapest in the list. Wanted is the threshold, the smallest one.": (
        lambda c, r, candidates, w, a: candidates.index(
            _least({t: _costs(c, r, candidates, w, a)[t] for t in candidates})
        )
    ),
    "You return threshold and cost. Wanted is the threshold alone.": lambda *args: (
        cheapest(*args),
        _costs(*args)[cheapest(*args)],
    ),
    "You return the first candidate: does a `return` inside the loop end it there?": lambda c, r, candidates, w, a: (
        candidates[0]
    ),
    "You return the last candidate. Keep the best one, and its cost, as you go.": lambda c, r, candidates, w, a: (
        candidates[-1]
    ),
    "That is the smallest candidate each time. Is it chosen by its cost (`key=costs.get`)? A wrong answer that is passed to a person no longer costs `wrong`; one that is given costs `wrong`, not 1.": lambda c, r, candidates, w, a: (
        min(candidates)
    ),
    "You return the largest candidate. Keep the least cost.": lambda c, r, candidates, w, a: max(candidates),
    "You searched among the confidences. Wanted is one of the candidates.": lambda c, r, candidates, w, a: _least(
        _costs(c, r, c.tolist(), w, a)
    ),
    "You wrote the costs 5 and 1 into the function. Use the arguments.": lambda c, r, candidates, w, a: _least(
        _costs(c, r, candidates, 5, 1)
    ),
}


EXERCISE = Exercise(
    solution=cheapest,
    cases=cost_cases,
    slips=CHEAP_SLIPS,
    returns="one number: a threshold from the list",
    why="For each candidate: the errors among the answered, the photos that are not, each with its cost. In rising order, "
    "`min` keeps the first of several.",
    notice="With few photos the cheapest candidate moves from draw to draw; the formula does not, and it is the cheapest on "
    "average if the confidence is calibrated.",
    hints=(
        "Take one threshold first. Which photos are answered, which of these are wrong, and how many are left?",
        "`answered = confidences >= threshold`; wrong are `answered & ~right`, asked are `~answered`.",
        "Go through `sorted(candidates)`, keep each cost in a dictionary, and return `min(costs, key=costs.get)`.",
    ),
)
