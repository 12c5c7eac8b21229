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
# is accepted. No step of 0.001 meets one (41 * 0.01 is a little more than 0.41). And one such gap alone is the cheapest,
# for the right prices as well as for those that a slip would use.
SCORES = (0.1234, 0.4123, 0.4423, 0.8821)  # steps of a twentieth are too coarse for the second gap


TIED = (0.1732, 0.3618, 0.5849, 0.7926)  # of a case in which two thresholds that lie apart are the cheapest
ALIKE = (0.3618, 0.7926)  # these two


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
    val, test = [0.1234, 0.4123, 0.4423, 0.8821, 0.1234, 0.4123, 0.4423, 0.4123], [0.8821, 0.1234, 0.4423, 0.4123]
    labels = torch.tensor([1, 0, 0, 1, 0, 0, 0, 0]), torch.tensor([1, 0, 0, 1])
    many = torch.tensor(val, dtype=torch.double), labels[0], torch.tensor(test, dtype=torch.double), labels[1]
    # the test set has no score at which the cheapest threshold of the validation set could be found
    apart = [
        (_doubles(SCORES), torch.tensor([0, 0, 1, 1]), _doubles((0.1234, 0.8821)), torch.tensor([1, 1]), 1, 1),
        (
            _doubles((0.8821, 0.4423, 0.4123, 0.1234)),
            torch.tensor([1, 1, 1, 0]),
            _doubles((0.1234, 0.8821)),
            torch.tensor([1, 1]),
            3,
            1,
        ),
    ]
    two_valleys = _doubles(TIED), torch.tensor([0, 1, 0, 1]), _doubles(TIED), torch.tensor([0, 0, 1, 1]), 1, 1
    return [*drawn(make), (*many, 4, 1), (*many, 5, 1), *apart, two_valleys]


def _doubles(numbers: tuple) -> Tensor:
    return torch.tensor(numbers, dtype=torch.double)


class AnyOf(list):
    """What a slip may return where several thresholds are alike."""


def same_threshold(got: object, right: object) -> bool:
    """Thresholds that raise the same alarms are the same; anything else is compared as everywhere."""
    if isinstance(right, tuple):
        if isinstance(got, str | dict) or not hasattr(got, "__len__") or getattr(got, "shape", None) == ():
            return False
        return len(got) == len(right) and all(map(same_threshold, got, right))
    if isinstance(right, AnyOf):
        return any(same_threshold(got, one) for one in right)
    if isinstance(right, float) and right in (*SCORES, *TIED, math.inf):
        at = as_tensor(got)
        if at is None or at.numel() != 1 or at.isnan().any():
            return False
        scores = TIED if right in TIED else SCORES
        return any(
            _alarms(scores, at.item() - 1e-6) == _alarms(scores, one) for one in (ALIKE if right in ALIKE else (right,))
        )
    return judging.same(got, right)


def _alarms(scores: tuple, threshold: float) -> list[bool]:
    return [score >= threshold for score in scores]


def _all_gaps(val_scores: Tensor, test_scores: Tensor) -> list[float]:
    return [*torch.cat([val_scores, test_scores]).unique().tolist(), math.inf]


def _chosen(
    on: str = "val",
    pay: str = "test",
    choose: Callable = lambda miss, false_alarm: (miss, false_alarm),
    charge: Callable = lambda miss, false_alarm: (miss, false_alarm),
    best: Callable = min,
    candidates: Callable = _all_gaps,
    measure: Callable = cost,
    pay_by: Callable = cost,
    result: Callable = lambda threshold, total, n: (threshold, total),
) -> Callable:
    """The solution with a slip: another set, other prices, another search, another result."""

    def with_slip(val_scores, val_labels, test_scores, test_labels, miss, false_alarm):
        sets = {"val": (val_scores, val_labels), "test": (test_scores, test_labels)}
        among = candidates(val_scores, test_scores)
        bills = {t: measure(*sets[on], t, *choose(miss, false_alarm)) for t in (*among, SCORES[0], math.inf)}
        first = best(among, key=bills.get)
        alike = [t for t in among if bills[t] == bills[first]] if best in (min, max) else [first]
        found = [
            result(t, pay_by(*sets[pay], t, *charge(miss, false_alarm)), len(sets[pay][0]))
            for t in dict.fromkeys(alike)
        ]
        return found[0] if len(found) == 1 else tuple(AnyOf(part) for part in zip(*found, strict=True))

    return with_slip


def _below(threshold: float) -> float:
    """The next lower score, above which the same alarms go off."""
    if isinstance(threshold, AnyOf):
        return AnyOf(map(_below, threshold))
    lower = [0.0, *(TIED if threshold in TIED else SCORES)]
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
    return min(cost(scores, truth, at, *prices) for at in (*scores.tolist(), math.inf))


def _minus_f1(scores: Tensor, truth: Tensor, threshold: float, *prices: float) -> float:
    alarm, truth = scores >= threshold, truth.bool()
    return -(2 * (alarm & truth).sum() / (alarm.sum() + truth.sum()).clamp(min=1)).item()


def _alarm_below(scores: Tensor, truth: Tensor, threshold: float, miss: float, false_alarm: float) -> float:
    alarm, truth = scores <= threshold, truth.bool()
    return (miss * (~alarm & truth).sum() + false_alarm * (alarm & ~truth).sum()).item()


def _strict(scores: Tensor, truth: Tensor, threshold: float, miss: float, false_alarm: float) -> float:
    alarm, truth = scores > threshold, truth.bool()
    return (miss * (~alarm & truth).sum() + false_alarm * (alarm & ~truth).sum()).item()


def _all_others(scores: Tensor, truth: Tensor, threshold: float, miss: float, false_alarm: float) -> float:
    missed = ((scores < threshold) & truth.bool()).sum().item()
    return miss * missed + false_alarm * (len(scores) - missed)


def _first_valley(val_scores, val_labels, test_scores, test_labels, *prices):
    best, lowest = 0.0, math.inf
    for at in _all_gaps(val_scores, val_scores):
        if cost(val_scores, val_labels, at, *prices) > lowest:
            break
        best, lowest = at, cost(val_scores, val_labels, at, *prices)
    return best, cost(test_scores, test_labels, best, *prices)


def _middle(val_scores, val_labels, test_scores, test_labels, *prices):
    bills = {at: cost(val_scores, val_labels, at, *prices) for at in _all_gaps(val_scores, val_scores)}
    tied = [at for at, paid in bills.items() if paid == min(bills.values())]
    at = sum(tied) / len(tied)
    return next(s for s in _all_gaps(val_scores, val_scores) if s >= at), cost(test_scores, test_labels, at, *prices)


def _place_of_score(val_scores, val_labels, test_scores, test_labels, *prices):
    bills = [cost(val_scores, val_labels, at, *prices) for at in val_scores]
    place = bills.index(min(bills))
    return place, cost(test_scores, test_labels, place, *prices)


def _rounded(val_scores, val_labels, test_scores, test_labels, *prices):
    bills = {at: cost(val_scores, val_labels, at, *prices) for at in (*val_scores.tolist(), 1.1)}
    at = round(min(bills, key=bills.get), 1)
    return at, cost(test_scores, test_labels, at, *prices)


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
    "threshold above the largest score, too.": _chosen(candidates=lambda val, test: val.tolist()),
    "You try the scores of the *test* set as thresholds. So the test set decides what can be chosen, and the cheapest on "
    "the validation set may lie between them: try the scores of the validation set.": _chosen(
        candidates=lambda val, test: [*test.tolist(), math.inf]
    ),
    "You try the scores of the *test* set as thresholds, and never to raise no alarm at all. Try the scores of the "
    "validation set, and one threshold above them all.": _chosen(candidates=lambda val, test: test.tolist()),
    "You took the middle of several cheapest thresholds. Where they lie apart, what is between them may be dearer: return "
    "one of them.": _middle,
    "Your search stops where the cost rises for the first time. It may fall again, and lower than before: try all "
    "thresholds.": _first_valley,
    "Your search tries thresholds between two scores only. Try one below all scores and one above them all, too.": (
        _chosen(candidates=lambda val, test: ((val.sort().values[1:] + val.sort().values[:-1]) / 2).tolist())
    ),
    "Your search tries the scores of the negatives only. The cheapest threshold is often the score of a positive: try all "
    "scores.": lambda v, vl, s, sl, *prices: _chosen(candidates=lambda val, test: [*v[vl == 0].tolist(), math.inf])(
        v, vl, s, sl, *prices
    ),
    "Your search asks for the best F1. That is another question: it knows no prices. Search for the least cost.": _chosen(
        measure=_minus_f1
    ),
    "In your search and in the cost the alarm goes off where the score is *low*. It should where `score >= threshold`.": (
        _chosen(candidates=lambda val, test: [0.0, *_all_gaps(val, test)], measure=_alarm_below, pay_by=_alarm_below)
    ),
    "The threshold is right. But on the test set the alarm goes off where `score > threshold` in yours: it is `>=`.": (
        _chosen(pay_by=_strict)
    ),
    "Whatever is not missed pays for a false alarm in yours, right answers too: an `else` takes all the rest. A false "
    "alarm is a negative at or above the threshold.": _chosen(measure=_all_others, pay_by=_all_others),
    "The threshold is right. But that is the mean of the costs on both sets; wanted is the test set's.": lambda *given: (
        choose_and_apply(*given)[0],
        (_least_cost(*given[:2], given[4:]) + choose_and_apply(*given)[1]) / 2,
    ),
    "The threshold is right. But that is the sum of the costs on both sets; wanted is the test set's.": lambda *given: (
        choose_and_apply(*given)[0],
        _least_cost(*given[:2], given[4:]) + choose_and_apply(*given)[1],
    ),
    "Your first number is the *place* of a score among `val_scores`. Wanted is a threshold itself.": (_place_of_score),
    "Your threshold is rounded to one decimal, and so another one. Return it as it is.": _rounded,
    "That is the Bayes threshold, false_alarm / (false_alarm + miss), which asks for calibrated scores. Here search for "
    "the cheapest one on the validation set.": lambda v, vl, s, sl, miss, false_alarm: (
        false_alarm / (false_alarm + miss),
        cost(s, sl, false_alarm / (false_alarm + miss), miss, false_alarm),
    ),
    "The threshold is 0.5, whatever the costs are. Search for the cheapest one on the validation set.": (
        lambda v, vl, s, sl, miss, false_alarm: (0.5, cost(s, sl, 0.5, miss, false_alarm))
    ),
    "Your threshold lies above all scores, so that no alarm goes off. Scores lie between 0 and 1. Are the steps of your "
    "search so small? Does its cost count the missed ones? Does it remember the least cost so far? Is it a threshold, and not its place in a list?": _chosen(
        best=lambda c, key: math.inf
    ),
    "Your threshold lies above no score, so that the alarm always goes off. Of what is your search the least? If it is "
    "of the missed ones: false alarms cost, too. `min(costs)` of a dictionary is its smallest *key*; wanted is the key of "
    "the smallest cost. Or does the search never move on from its first threshold (a `return` in the first round, a first "
    "cost that nothing can beat)? And `cost` wants the scores before the labels.": (_chosen(best=lambda c, key: c[0])),
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
    "In your search and in the cost the alarm goes off where `score > threshold`: it is `>=`.": (
        lambda v, vl, s, sl, *prices: (_below(_chosen()(v, vl, s, sl, *prices)[0]), _chosen()(v, vl, s, sl, *prices)[1])
    ),
}
TOO_COARSE = {
    f"Steps of {name} are too coarse: scores may lie closer together. {tail}": _chosen(
        candidates=lambda val, test, n=n, turn=turn: [step / n for step in range(n + 1)][::turn]
    )
    for name, n in (("a tenth", 10), ("a twentieth", 20))
    for tail, turn in (("Take steps of 0.01.", 1), ("Take steps of 0.01, or the scores themselves.", -1))
}
PLACES = {
    f"Your first number is the *place* of the threshold in your list of steps. The threshold is the step at this place "
    f"({name}).": _chosen(result=lambda t, total, n, steps=steps: (_place(t, steps), total))
    for steps, name in ((100, "the place divided by 100"), (200, "the place divided by 200"), (1000, "divided by 1000"))
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
