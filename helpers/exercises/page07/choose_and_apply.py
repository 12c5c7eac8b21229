"""Exercise 7.3. The threshold that is cheapest on the validation set, and what it costs on the test set."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

import torch
from torch import Tensor

from helpers.exercises import judging
from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn
from helpers.exercises.slips import as_tensor


def cost(scores, truth, threshold, miss=5, false_alarm=1):
    """As in the page: total cost of the missed ones and the false alarms."""
    alarm, truth = scores >= threshold, truth.bool()
    return (miss * (~alarm & truth).sum() + false_alarm * (alarm & ~truth).sum()).item()


def choose_and_apply(val_scores, val_labels, test_scores, test_labels, miss, false_alarm):
    """The threshold that is cheapest on the validation set, and what it costs on the test set."""
    candidates = [*val_scores.tolist(), float("inf")]  # at infinity there is no alarm at all
    threshold = min(candidates, key=lambda t: cost(val_scores, val_labels, t, miss, false_alarm))
    return threshold, cost(test_scores, test_labels, threshold, miss, false_alarm)


# Every set has scores of all these values, so thresholds between two neighbours are alike for all sets: either of them
# is accepted. And one such gap alone is the cheapest, for the right prices as well as for those that a slip would use.
SCORES = (0.12, 0.41, 0.44, 0.88)  # steps of a tenth or a twentieth are too coarse for the second gap


PRICES = ((1, 5), (4, 1), (1, 3), (3, 1), (1, 4), (5, 1), (1, 6), (6, 1))


def _bill(scores: list, truth: list, threshold: float, miss: float, false_alarm: float) -> float:
    return sum((t and s < threshold) * miss + (not t and s >= threshold) * false_alarm for s, t in zip(scores, truth))  # noqa: B905


def _cheapest(scores: list, truth: list, miss: float, false_alarm: float) -> list[float]:
    bills = {at: _bill(scores, truth, at, miss, false_alarm) for at in (*SCORES, math.inf)}
    return [at for at, bill in bills.items() if bill == min(bills.values())]


@functools.cache
def threshold_cases() -> list[tuple]:
    """Sets of few scores, in which each price and each set chooses another threshold, and only one."""

    def make(generator: torch.Generator, i: int) -> tuple:
        prices = PRICES[i % len(PRICES)]
        silent = i % 5 == 4  # no alarm at all is the cheapest

        def draw() -> tuple[list, list]:
            order = torch.randperm(4 + i // 8, generator=generator).tolist()
            scores = [SCORES[place % 4] for place in order]
            chance = torch.rand(len(scores), generator=generator).tolist()
            return scores, [int(c < (0.3 if silent else s)) for c, s in zip(chance, scores, strict=True)]

        while True:
            (val, val_labels), (test, test_labels) = draw(), draw()
            best = _cheapest(val, val_labels, *prices)
            by_slip = [_cheapest(val, val_labels, *p) for p in ((1, 1), prices[::-1], (5, 1))]
            by_slip.append(_cheapest(val + test, val_labels + test_labels, *prices))
            on_test = [_cheapest(test, test_labels, *p) for p in (prices, (5, 1))]
            single = all(len(each) == 1 for each in (best, *by_slip, *on_test))
            apart = silent or best != by_slip[(i // 2) % 4 if prices[0] == 1 else (0, 1, 3)[(i // 2) % 3]]
            if single and apart and best != on_test[0] and silent == (best[0] > 1):
                break
        scores = [torch.tensor(s, dtype=torch.double) for s in (val, test)]
        return scores[0], torch.tensor(val_labels), scores[1], torch.tensor(test_labels), *prices

    # one miss is cheaper than as many false alarms as it takes to avoid it
    val, test = [0.12, 0.41, 0.44, 0.88, 0.12, 0.41, 0.44, 0.41], [0.88, 0.12, 0.44, 0.41]
    labels = torch.tensor([1, 0, 0, 1, 0, 0, 0, 0]), torch.tensor([1, 0, 0, 1])
    many = torch.tensor(val, dtype=torch.double), labels[0], torch.tensor(test, dtype=torch.double), labels[1]
    return [*drawn(make), (*many, 4, 1), (*many, 5, 1)]


def same_threshold(got: object, right: object) -> bool:
    """Thresholds that raise the same alarms are the same; anything else is compared as everywhere."""
    if isinstance(right, tuple):
        if isinstance(got, str | dict) or not hasattr(got, "__len__") or getattr(got, "shape", None) == ():
            return False
        return len(got) == len(right) and all(map(same_threshold, got, right))
    if isinstance(right, float) and right in (*SCORES, math.inf):
        at = as_tensor(got)
        if at is None or at.numel() != 1 or at.isnan().any():
            return False
        return [score >= at.item() for score in SCORES] == [score >= right for score in SCORES]
    return judging.same(got, right)


def _chosen(
    on: str = "val",
    pay: str = "test",
    choose: Callable = lambda miss, false_alarm: (miss, false_alarm),
    charge: Callable = lambda miss, false_alarm: (miss, false_alarm),
    best: Callable = min,
    candidates: Callable = lambda scores: [*scores.tolist(), math.inf],
    result: Callable = lambda threshold, total, n: (threshold, total),
) -> Callable:
    """The solution with a slip: another set, other prices, another search, another result."""

    def with_slip(val_scores, val_labels, test_scores, test_labels, miss, false_alarm):
        sets = {"val": (val_scores, val_labels), "test": (test_scores, test_labels)}
        threshold = best(candidates(sets[on][0]), key=lambda t: cost(*sets[on], t, *choose(miss, false_alarm)))
        return result(threshold, cost(*sets[pay], threshold, *charge(miss, false_alarm)), len(sets[pay][0]))

    return with_slip


def _below(threshold: float) -> float:
    """The next lower score, above which the same alarms go off."""
    lower = [0.0, *SCORES]
    return lower[lower.index(threshold) - 1] if threshold in lower else lower[-1]


def _place(threshold: float, steps: int) -> int:
    """Of the thresholds 0 / steps, 1 / steps, ..., the place of the first that raises the same alarms."""
    below = _below(threshold)
    return 0 if below == 0 else math.floor(below * steps) + 1


def _turned(miss: float, false_alarm: float) -> tuple:
    return false_alarm, miss


def _alike(miss: float, false_alarm: float) -> tuple:
    return 1, 1


def _of_page(miss: float, false_alarm: float) -> tuple:
    return 5, 1


def _least_cost(scores: Tensor, truth: Tensor, prices: tuple) -> float:
    return min(cost(scores, truth, at, *prices) for at in (*SCORES, math.inf))


THRESHOLD_SLIPS = {
    "The test set was used for choosing. Choose on the validation set; the test set only judges.": _chosen(on="test"),
    "The sets have changed places: you chose on the test set, and report the cost on the validation set.": _chosen(
        on="test", pay="val"
    ),
    "That is the cost on the validation set, on which you chose: it is too good. Report the test set's.": _chosen(
        pay="val"
    ),
    "The costs are swapped: in your search a miss costs what a false alarm does, and the reverse.": _chosen(
        choose=_turned
    ),
    "The costs are swapped, both in the search and in what it costs on the test set: a miss costs `miss`.": _chosen(
        choose=_turned, charge=_turned
    ),
    "The threshold is right, but in its cost on the test set miss and false alarm have changed places.": _chosen(
        charge=_turned
    ),
    "Your threshold makes the fewest errors, as if both kinds cost the same. Weigh them by `miss` and `false_alarm`.": (
        _chosen(choose=_alike)
    ),
    "The errors are counted, as if both kinds cost 1. Weigh them by `miss` and `false_alarm`.": _chosen(
        choose=_alike, charge=_alike
    ),
    "The threshold is right. But that is how many errors it makes on the test set; each kind has its cost.": _chosen(
        charge=_alike
    ),
    "That is the lowest score of those that are positive: no miss, at whatever price. Weigh both kinds of errors.": (
        lambda v, vl, s, sl, *prices: (
            v[vl.bool()].min().item(),
            cost(s, sl, v[vl.bool()].min().item(), *prices),
        )
    ),
    "In your search a miss costs 5 and a false alarm 1, whatever was asked: that is what `cost` takes if you do not hand "
    "it `miss` and `false_alarm`.": _chosen(choose=_of_page),
    "A miss costs 5 and a false alarm 1 in yours, whatever was asked: that is what `cost` takes if you do not hand it "
    "`miss` and `false_alarm`.": _chosen(choose=_of_page, charge=_of_page),
    "The threshold is right. For its cost on the test set, `cost` took a miss at 5 and a false alarm at 1: hand it "
    "`miss` and `false_alarm` there, too.": _chosen(charge=_of_page),
    "The test set was used for choosing, and the prices were not: a miss costs 5 and a false alarm 1 in yours.": (
        _chosen(on="test", choose=_of_page, charge=_of_page)
    ),
    "That is the cost for each image; wanted is the total.": _chosen(result=lambda t, total, n: (t, total / n)),
    "The dearest threshold was chosen. Search for the *least* cost.": _chosen(best=max),
    "Your search never tries to raise no alarm at all. Where a false alarm is dear, that may be the cheapest: try a "
    "threshold above the largest score, too.": _chosen(candidates=lambda scores: scores.tolist()),
    "That is the Bayes threshold, false_alarm / (false_alarm + miss), which asks for calibrated scores. Here search for "
    "the cheapest one on the validation set.": lambda v, vl, s, sl, miss, false_alarm: (
        false_alarm / (false_alarm + miss),
        cost(s, sl, false_alarm / (false_alarm + miss), miss, false_alarm),
    ),
    "The threshold is 0.5, whatever the costs are. Search for the cheapest one on the validation set.": (
        lambda v, vl, s, sl, miss, false_alarm: (0.5, cost(s, sl, 0.5, miss, false_alarm))
    ),
    "Your threshold lies above all scores, so that no alarm goes off. Scores lie between 0 and 1. Are the steps of your "
    "search so small? Does it remember the least cost so far? Is it a threshold, and not its place in a list?": _chosen(
        best=lambda c, key: math.inf
    ),
    "Your threshold lies below all scores, so that the alarm always goes off. Does your search ever move on from there? "
    "It must begin with a cost that any threshold can beat, must not end in its first round, and `cost` wants the scores "
    "before the labels.": (_chosen(best=lambda c, key: SCORES[0])),
    "You searched on both sets together. The test set must not choose: search on the validation set alone.": (
        lambda v, vl, s, sl, *prices: _chosen()(torch.cat([v, s]), torch.cat([vl, sl]), s, sl, *prices)
    ),
    "Your threshold is the least *cost*. Wanted is the threshold that has it: `min` with `key=`, or the place of the least "
    "cost in a list.": lambda v, vl, s, sl, *prices: (
        _least_cost(v, vl, prices),
        cost(s, sl, _least_cost(v, vl, prices), *prices),
    ),
    "Your first number is the least *cost* on the validation set. Wanted is the threshold that has it.": (
        lambda v, vl, s, sl, *prices: (_least_cost(v, vl, prices), _chosen()(v, vl, s, sl, *prices)[1])
    ),
    "In your search the alarm goes off where `score > threshold`. It should where `score >= threshold`.": (
        lambda v, vl, s, sl, *prices: (_below(_chosen()(v, vl, s, sl, *prices)[0]), _chosen()(v, vl, s, sl, *prices)[1])
    ),
}
TOO_COARSE = {
    f"Steps of {name} are too coarse: scores may lie closer together. {tail}": _chosen(
        candidates=lambda scores, n=n, turn=turn: [step / n for step in range(n + 1)][::turn]
    )
    for name, n in (("a tenth", 10), ("a twentieth", 20))
    for tail, turn in (("Take steps of 0.01.", 1), ("Take steps of 0.01, or the scores themselves.", -1))
}
PLACES = {
    f"Your first number is the *place* of the threshold in your list of {steps + 1}. Divide it by {steps}.": _chosen(
        result=lambda t, total, n, steps=steps: (_place(t, steps), total)
    )
    for steps in (100, 200, 1000)
}


EXERCISE = Exercise(
    solution=choose_and_apply,
    cases=threshold_cases,
    slips=THRESHOLD_SLIPS | TOO_COARSE | PLACES,
    same=same_threshold,
    returns="two numbers, the threshold and its total cost on the test set",
    why="The validation set may choose, because it is not what the final figure is taken from. As candidates the "
    "scores themselves are enough: between two of them no alarm changes. One more, above all scores, raises none.",
    notice="In each of these tests another threshold would have cost less on the test set. Chosen there, it would have looked "
    "better than it is.",
    hints=(
        "Two steps: which threshold is the cheapest, and on which set? What does it cost, and on which set?",
        "`cost(scores, truth, threshold, miss, false_alarm)` of the page is there. Which thresholds will you try?",
        "Try each score of the validation set and one threshold above them all, or small steps from 0 to 1 as the page "
        "does. Keep the one that costs least; `min(candidates, key=...)` can do it.",
    ),
)
