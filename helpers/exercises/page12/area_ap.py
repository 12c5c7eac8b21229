"""Exercise 12.3. Average precision without a list of recalls: the area under the raised curve."""

from __future__ import annotations

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def area_ap(hit, truths):
    """Average precision, exactly: the area under the raised precision-recall curve."""
    precision = [sum(hit[: i + 1]) / (i + 1) for i in range(len(hit))]
    return sum(max(precision[i:]) for i in range(len(hit)) if hit[i]) / truths


T, F = True, False
GIVEN = (  # the page's example; all right; none right; none at all; the first wrong; one box; all found, then wrong ones
    ([T, F, T, T, F], 4),
    ([T, T, T], 3),
    ([F, F], 2),
    ([], 3),
    ([F, T, T], 2),
    ([F, F, T, T, T, T], 4),
    ([T], 1),
    ([T], 5),
    ([T, T, F, F], 2),
)


def hit_cases() -> list[tuple]:
    """The given ones, and random lists with some of the things never found."""

    def make(generator: torch.Generator, i: int) -> tuple:
        if i < len(GIVEN):
            return list(GIVEN[i][0]), GIVEN[i][1]
        hit = (torch.rand(2 + i % 6, generator=generator) < 0.6).tolist()
        return hit, max(1, sum(hit) + i % 3)

    return drawn(make, count=30)


def _precision(hit: list[bool]) -> list[float]:
    return [sum(hit[: i + 1]) / (i + 1) for i in range(len(hit))]


def _added(height: object, share: object) -> object:
    def slip(hit: list[bool], truths: int) -> float:
        precision = _precision(hit)
        total = sum(height(precision, i) for i in range(len(hit)) if hit[i])
        return total / share(hit, truths) if hit and share(hit, truths) else 0.0

    return slip


def _trapezoid(hit: list[bool], truths: int) -> float:
    precision = [max(_precision(hit)[i:]) for i in range(len(hit))]
    before = [precision[0] if hit else 0.0, *precision]
    return sum((before[i] + precision[i]) / 2 for i in range(len(hit)) if hit[i]) / truths


def _at_101(hit: list[bool], truths: int) -> float:
    precision, found = _precision(hit), [sum(hit[: i + 1]) / truths for i in range(len(hit))]
    heights = [[p for p, r in zip(precision, found, strict=True) if r >= at / 100 - 1e-12] for at in range(101)]
    return sum(max(h, default=0) for h in heights) / 101


def _set_back(hit: list[bool], truths: int) -> float:
    run = [0]
    for right in hit:
        run.append(run[-1] + 1 if right else 0)
    precision = [n / (i + 1) for i, n in enumerate(run[1:])]
    return sum(max(precision[i:]) for i in range(len(hit)) if hit[i]) / truths


def _raised(precision: list[float], i: int) -> float:
    return max(precision[i:])


AP_SLIPS = {
    "You do not raise the precision: each hit counts with the largest precision at this box *or any later one*.": _added(
        lambda precision, i: precision[i], lambda hit, truths: truths
    ),
    "You raise the precision by the boxes *before*. Look at this box and the later ones.": _added(
        lambda precision, i: max(precision[: i + 1]), lambda hit, truths: truths
    ),
    "You leave out this box itself: the largest precision is sought at this box or any later one.": _added(
        lambda precision, i: max(precision[i + 1 :], default=precision[i]), lambda hit, truths: truths
    ),
    "You divide by the number of hits. Things that were never found count, too: divide by `truths`.": _added(
        _raised, lambda hit, truths: sum(hit)
    ),
    "You divide by the number of hits, and do not raise the precision. Divide by `truths`, and let each hit count with "
    "the largest precision at this box or any later one.": _added(
        lambda precision, i: precision[i], lambda hit, truths: sum(hit)
    ),
    "You divide by the number of boxes. Each hit raises the recall by 1 / `truths`.": _added(
        _raised, lambda hit, truths: len(hit)
    ),
    "You add up without dividing: each hit raises the recall by 1 / `truths`.": _added(_raised, lambda hit, truths: 1),
    "You add up over all boxes. A wrong box raises no recall, so only hits count.": lambda hit, truths: (
        sum(max(_precision(hit)[i:]) for i in range(len(hit))) / truths
    ),
    "You take the mean of the raised precision over all boxes. Only hits count, each with 1 / `truths`.": (
        lambda hit, truths: sum(max(_precision(hit)[i:]) for i in range(len(hit))) / max(1, len(hit))
    ),
    "That is the average over 101 recalls, as on the page. Here the area is wanted exactly.": _at_101,
    "Your precision divides by `truths`: that is the recall. Precision is hits so far divided by *boxes* so far.": (
        lambda hit, truths: sum(sum(hit) / truths for right in hit if right) / truths
    ),
    "You set the count of hits back after a wrong box. Precision is *all* hits so far divided by boxes so far.": _set_back,
    "Is recall a factor, or `sum` in place of `max`? Each hit counts with one height times 1 / `truths`.": (
        lambda hit, truths: sum(p * sum(hit[: i + 1]) / truths for i, p in enumerate(_precision(hit)))
    ),
    "You draw straight lines between the points. The raised curve goes in steps: each hit counts with one precision.": (
        _trapezoid
    ),
    "That is the precision of all boxes together. Wanted is the area under the curve.": lambda hit, truths: (
        sum(hit) / max(1, len(hit))
    ),
    "That is the recall of all boxes together. Wanted is the area under the curve.": lambda hit, truths: (
        sum(hit) / truths
    ),
    "You count what was never found as found with the last precision. It adds nothing.": lambda hit, truths: (
        (
            sum(max(_precision(hit)[i:]) for i in range(len(hit)) if hit[i])
            + (truths - sum(hit)) * (_precision(hit)[-1] if hit else 0)
        )
        / truths
    ),
}


EXERCISE = Exercise(
    solution=area_ap,
    cases=hit_cases,
    slips=AP_SLIPS,
    returns="one number from 0 to 1",
    why="`precision[i]` is the share of hits among the first i + 1 boxes. Only a hit moves the recall, by 1 / truths, and "
    "its height is the largest precision from there on.",
    notice="With 101 recalls the example is 0.629 and not 0.625: a number without its interpolation cannot be compared.",
    hints=(
        "First make a list of the precision after each box: hits so far divided by boxes so far.",
        "Only a hit adds something. What it adds is a height times 1 / `truths`.",
        "The height is the largest precision at this box or any later one: `max(precision[i:])`.",
        "Add up `max(precision[i:])` for each i where `hit[i]` is True, and divide the sum by `truths`.",
    ),
)
