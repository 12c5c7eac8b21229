"""Page 07: measures by hand, a threshold chosen honestly, and copies that leaked."""

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


def precision_recall_of(confusion, k):
    """Precision and recall of class k, from a confusion matrix."""
    right = confusion[k, k]
    return right / confusion[:, k].sum(), right / confusion[k].sum()


def one_class_cases() -> list[tuple]:
    """Two to four classes, each of which occurs and is answered; one that is never right among them."""

    def make(generator: torch.Generator, i: int) -> tuple:
        classes = (2, 3, 2, 4)[i % 4]
        while True:
            confusion = torch.randint(9, (classes, classes), generator=generator)
            k = int(torch.randint(classes, (), generator=generator))
            if i % 6 == 5:
                confusion[k, k] = 0
            if confusion.sum(dim=0).all() and confusion.sum(dim=1).all():
                return confusion, k

    return drawn(make)


def _column(confusion: Tensor, k: int) -> Tensor:
    return confusion[:, k].sum()


def _row(confusion: Tensor, k: int) -> Tensor:
    return confusion[k].sum()


def _both(confusion: Tensor, k: int) -> tuple[Tensor, Tensor]:
    return confusion[k, k] / _column(confusion, k), confusion[k, k] / _row(confusion, k)


def _true_negatives(confusion: Tensor, k: int) -> Tensor:
    return confusion.sum() - _row(confusion, k) - _column(confusion, k) + confusion[k, k]


ONE_CLASS_SLIPS = {
    "Precision and recall have changed places. Rows are the true classes, columns the answers: precision divides by "
    "the column of k, recall by its row.": lambda c, k: _both(c, k)[::-1],
    "You divide by all images. Precision: of those that were *called* k. Recall: of those that *are* k.": (
        lambda c, k: (c[k, k] / c.sum(), c[k, k] / c.sum())
    ),
    "You divide by the errors alone. The right ones belong into the sum below the line as well.": lambda c, k: (
        c[k, k] / (_column(c, k) - c[k, k]),
        c[k, k] / (_row(c, k) - c[k, k]),
    ),
    "That is the accuracy. Look only at the row and the column of k.": lambda c, k: (
        c.trace() / c.sum(),
        c.trace() / c.sum(),
    ),
    "The right answers of *all* classes are on top in yours. Only those of class k count: one cell of the diagonal.": (
        lambda c, k: (c.trace() / _column(c, k), c.trace() / _row(c, k))
    ),
    "Both your numbers are the precision. Recall divides by the row of k.": lambda c, k: (_both(c, k)[0],) * 2,
    "Both your numbers are the recall. Precision divides by the column of k.": lambda c, k: (_both(c, k)[1],) * 2,
    "Class 0 is measured, whatever `k` is. Use `k` where the 0 stands.": lambda c, k: _both(c, 0),
    "The last class is measured, whatever `k` is. Use `k` as the position.": lambda c, k: _both(c, -1),
    "The class before k is measured. Classes are counted from 0: class k stands in row k and column k.": lambda c, k: (
        _both(c, k - 1)
    ),
    "The class after k is measured. Classes are counted from 0: class k stands in row k and column k.": lambda c, k: (
        _both(c, (k + 1) % len(c))
    ),
    "You divide by how many classes there are: a mean over a row or a column, where the sum is needed.": lambda c, k: (
        c[k, k] / c[:, k].double().mean(),
        c[k, k] / c[k].double().mean(),
    ),
    "Your sums contain the right ones twice: the row (or column) of k holds them already.": lambda c, k: (
        c[k, k] / (_column(c, k) + c[k, k]),
        c[k, k] / (_row(c, k) + c[k, k]),
    ),
    "These are counts: how many were right, of how many. A share is the first divided by the second.": lambda c, k: (
        c[k, k],
        c[k, k],
    ),
    "These are the sums below the line. The right ones of class k, divided by them, are wanted.": lambda c, k: (
        _column(c, k),
        _row(c, k),
    ),
    "That is F1, which puts both into one number; they are wanted one by one.": lambda c, k: (
        2 * c[k, k] / (_row(c, k) + _column(c, k))
    ),
    "That counts the images of other classes that were not called k. (It is the specificity.)": lambda c, k: (
        (_true_negatives(c, k) / (c.sum() - _row(c, k)),) * 2
    ),
    "These are the errors' shares: of the row and the column of k, the part that is wrong.": lambda c, k: (
        1 - _both(c, k)[0],
        1 - _both(c, k)[1],
    ),
    "A share is no whole number: divide by `/`, not by `//`.": lambda c, k: (
        c[k, k] // _column(c, k),
        c[k, k] // _row(c, k),
    ),
    "These are the precisions and the recalls of all classes. Take those of class k.": lambda c, k: (
        c.diagonal() / c.sum(dim=0),
        c.diagonal() / c.sum(dim=1),
    ),
    "You took the largest number of the row (or column) for the right ones. They stand on the diagonal, large or not.": (
        lambda c, k: (c[:, k].max() / _column(c, k), c[k].max() / _row(c, k))
    ),
    "Your sums are those of all columns and of all rows. Take the one of class k, by `[k]`.": lambda c, k: (
        c[k, k] / c.sum(dim=0),
        c[k, k] / c.sum(dim=1),
    ),
    "`confusion[:k]` are the rows *before* k. Column k is `confusion[:, k]`, with a comma: all rows, column k.": (
        lambda c, k: (c[k, k] / c[:k].sum(), c[k, k] / c[k].sum())
    ),
    "You take the right ones off *each* number of the column (and of the row) before the sum. And below the line they "
    "belong: the sum is of all of them.": lambda c, k: (
        c[k, k] / (c[:, k] - c[k, k]).sum(),
        c[k, k] / (c[k] - c[k, k]).sum(),
    ),
    "You divide by how many classes there are. Divide by the sum of the column (precision) or the row (recall).": (
        lambda c, k: (c[k, k] / len(c), c[k, k] / len(c))
    ),
    "You divide the whole column by its sum, and the whole row. Only the cell of the right ones is wanted.": (
        lambda c, k: (c[:, k] / _column(c, k), c[k] / _row(c, k))
    ),
}


def macro_f1_of(confusion):
    """The mean F1 of the classes that occur in a label or in an answer."""
    right = confusion.diagonal()
    sizes = confusion.sum(dim=0) + confusion.sum(dim=1)  # column and row of each class
    somewhere = sizes > 0
    return (2 * right[somewhere] / sizes[somewhere]).mean()


def macro_cases() -> list[tuple]:
    """Classes that are never answered, that are no label, that are nowhere, and those of one image."""
    kinds = ("all", "never answered", "no label", "nowhere", "never answered", "no label", "one image", "nowhere")

    def make(generator: torch.Generator, i: int) -> tuple:
        classes, kind = (2, 3, 3, 4)[(i + i // 8) % 4], kinds[i % 8]
        confusion = torch.randint(1, 8, (classes, classes), generator=generator)
        confusion[torch.rand(classes, classes, generator=generator) < 0.2] = 0
        confusion[0, 0] += confusion[0, 0] == 0
        special = 1 + int(torch.randint(classes - 1, (), generator=generator))
        if kind in ("never answered", "nowhere", "one image"):
            confusion[:, special] = 0
        if kind in ("no label", "nowhere", "one image"):
            confusion[special] = 0
        if kind == "no label":
            confusion[0, special] = 3
        if kind in ("never answered", "one image"):
            confusion[special, 0] = 1 if kind == "one image" else 4
        if i % 2:  # so that it is not always class 0 that is somewhere
            confusion = confusion.flip(0, 1)
        return (confusion,)

    return drawn(make)


def _precisions(confusion: Tensor) -> Tensor:
    return (confusion.diagonal() / confusion.sum(dim=0)).nan_to_num()


def _recalls(confusion: Tensor) -> Tensor:
    return (confusion.diagonal() / confusion.sum(dim=1)).nan_to_num()


def _f1s(confusion: Tensor) -> Tensor:
    """One for each class; nan where it is nowhere."""
    return 2 * confusion.diagonal() / (confusion.sum(dim=0) + confusion.sum(dim=1))


def _harmonic(confusion: Tensor) -> Tensor:
    """By precision and recall as they come, so nan wherever one of them is 0 / 0 or both are 0."""
    precision, recall = confusion.diagonal() / confusion.sum(dim=0), confusion.diagonal() / confusion.sum(dim=1)
    return 2 * precision * recall / (precision + recall)


def _there(confusion: Tensor) -> Tensor:
    return confusion.sum(dim=0) + confusion.sum(dim=1) > 0


def _clamped(confusion: Tensor) -> Tensor:
    p, r = _precisions(confusion), _recalls(confusion)
    return 2 * p * r / (p + r).clamp(min=1)


def _of_means(p: Tensor, r: Tensor) -> Tensor:
    return 2 * p.mean() * r.mean() / (p.mean() + r.mean())


def _over_labels(confusion: Tensor) -> Tensor:
    return _f1s(confusion)[confusion.sum(dim=1) > 0].mean()


def _over_answers(confusion: Tensor) -> Tensor:
    return _f1s(confusion)[confusion.sum(dim=0) > 0].mean()


AT_LEAST_ONE = (
    "You raised precision + recall to at least 1, so that no 0 stands below the line. Both are shares, and their sum "
    "may well be smaller than 1: then F1 comes out too small. Is there a formula for F1 without this sum?"
)
MACRO_SLIPS = {
    "Somewhere a 0 / 0 became `nan`. Never answered counts as 0; nowhere is left out.": lambda c: _harmonic(c).mean(),
    "A class that is nowhere made a 0 / 0, which is `nan`. Leave such classes out of the mean.": lambda c: _f1s(
        c
    ).mean(),
    "A class that is nowhere counts as 0 in yours. It has no F1: leave it out of the mean.": lambda c: (
        _f1s(c).nan_to_num().mean()
    ),
    "A class that is nowhere counts as 1 in yours. It has no F1: leave it out of the mean.": lambda c: (
        _f1s(c).nan_to_num(1.0).mean()
    ),
    "You left out each class that was never right. If it is a label or an answer somewhere, its F1 is 0 / (row + "
    "column) = 0, and it counts.": lambda c: _harmonic(c).nanmean(),
    "You left out the classes that are never *answered*. Where one is a label its F1 is 0, and it counts.": (
        _over_answers
    ),
    "You left out the classes that are no *label*. Where one is answered its F1 is 0, and it counts.": _over_labels,
    "You left out each class whose row or column is all zeros. Only a class of which *both* are zeros is left out.": (
        lambda c: _f1s(c)[(c.sum(dim=0) > 0) & (c.sum(dim=1) > 0)].mean()
    ),
    "That is micro F1, the accuracy. Macro: an F1 for each class, then the mean.": lambda c: c.trace() / c.sum(),
    "That is weighted by the size of the classes. In macro F1 each class counts the same.": lambda c: (
        (_f1s(c).nan_to_num() * c.sum(dim=1)).sum() / c.sum()
    ),
    "That is one F1 for each class; wanted is their mean.": _f1s,
    "That is one F1 for each class, with 0 for those that are nowhere; wanted is the mean of the others.": lambda c: (
        _f1s(c).nan_to_num()
    ),
    "That is one F1 for each class that occurs; wanted is their mean.": lambda c: _f1s(c)[_there(c)],
    "That is the sum of the F1 of the classes; wanted is their mean.": lambda c: _f1s(c).nan_to_num().sum(),
    AT_LEAST_ONE: lambda c: _clamped(c)[_there(c)].mean(),
    f"{AT_LEAST_ONE} And a class that is nowhere counts as 0: leave it out.": lambda c: _clamped(c).mean(),
    "That is the ordinary mean of precision and recall. F1 is the harmonic one.": lambda c: (
        (_precisions(c) + _recalls(c)) / 2
    )[_there(c)].mean(),
    "That is the ordinary mean of precision and recall, and nowhere counts as 0. F1 is the harmonic mean, and a class "
    "that is nowhere is left out.": lambda c: ((_precisions(c) + _recalls(c)) / 2).mean(),
    "That is the F1 of the mean precision and the mean recall. First an F1 for each class, then the mean.": lambda c: (
        _of_means(_precisions(c)[_there(c)], _recalls(c)[_there(c)])
    ),
    "That is the F1 of the mean precision and the mean recall, over all classes. First an F1 for each class, then the "
    "mean over those that are somewhere.": lambda c: _of_means(_precisions(c), _recalls(c)),
    "That is the mean recall (balanced accuracy): precision has no part in it.": lambda c: _recalls(c)[
        c.sum(dim=1) > 0
    ].mean(),
    "That is the mean recall of the classes that are somewhere: precision has no part in it.": lambda c: _recalls(c)[
        _there(c)
    ].mean(),
    "That is the mean precision of the classes that are somewhere: recall has no part in it.": lambda c: _precisions(c)[
        _there(c)
    ].mean(),
    "The 2 is missing: F1 is 2 * right / (row + column).": lambda c: _f1s(c)[_there(c)].mean() / 2,
    "The right ones are counted in the row and in the column, and you took them off once. Row + column keeps both.": (
        lambda c: (2 * c.diagonal() / (c.sum(dim=0) + c.sum(dim=1) - c.diagonal()))[_there(c)].mean()
    ),
    "That is right / (row + column - right), another measure (Jaccard). F1 is 2 * right / (row + column).": lambda c: (
        c.diagonal() / (c.sum(dim=0) + c.sum(dim=1) - c.diagonal())
    )[_there(c)].mean(),
    "That is the F1 of class 0 only. Collect that of each class; does a `return` in your loop end it too early?": (
        lambda c: _f1s(c)[0].nan_to_num()
    ),
    "That is the F1 of the last class only. Collect that of each class before you take the mean.": lambda c: _f1s(c)[
        -1
    ].nan_to_num(),
    "Class 0 is left out: a loop over `range(1, ...)` begins at the second class.": lambda c: (
        _f1s(c)[1:].nansum() / _there(c).sum()
    ),
    "Class 0 is left out, and a class that is nowhere counts as 0.": lambda c: _f1s(c)[1:].nan_to_num().mean(),
    "The last class is left out. Classes are counted from 0 to K - 1, and `range(K)` goes through them all.": lambda c: (
        _f1s(c)[:-1].nansum() / _there(c).sum()
    ),
    "You divided the sum of the F1 by the number of *images*. The mean is over the classes that are somewhere.": (
        lambda c: _f1s(c).nansum() / c.sum()
    ),
    "Brackets are missing: without them only the column (or the row) stands below the line. Write (row + column).": (
        lambda c: (2 * c.diagonal() / c.sum(dim=0) + c.sum(dim=1))[_there(c)].mean()
    ),
    "Brackets are missing: without them only the row (or the column) stands below the line. Write (row + column).": (
        lambda c: (2 * c.diagonal() / c.sum(dim=1) + c.sum(dim=0))[_there(c)].mean()
    ),
    "That is the median of the classes' F1; wanted is their mean.": lambda c: _f1s(c)[_there(c)].median(),
}


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
SCORES = (0.125, 0.375, 0.625, 0.875)
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

    return drawn(make)


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


def _turned(miss: float, false_alarm: float) -> tuple:
    return false_alarm, miss


def _alike(miss: float, false_alarm: float) -> tuple:
    return 1, 1


def _of_page(miss: float, false_alarm: float) -> tuple:
    return 5, 1


def _least_cost(scores: Tensor, truth: Tensor, prices: tuple) -> float:
    return min(cost(scores, truth, at, *prices) for at in (*SCORES, math.inf))


def _below(threshold: float) -> float:
    """The next lower score, above which the same alarms go off."""
    lower = [0.0, *SCORES]
    return lower[lower.index(threshold) - 1] if threshold in lower else lower[-1]


def _place(threshold: float, steps: int) -> int:
    """Of the thresholds 0 / steps, 1 / steps, ..., the place of the first that raises the same alarms."""
    below = _below(threshold)
    return 0 if below == 0 else math.floor(below * steps) + 1


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
    "It must begin with a cost that any threshold can beat, and must not end in its first round.": (
        _chosen(best=lambda c, key: SCORES[0])
    ),
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
THRESHOLD_SLIPS |= {
    f"Your first number is the *place* of the threshold in your list of {steps + 1}. Divide it by {steps}.": _chosen(
        result=lambda t, total, n, steps=steps: (_place(t, steps), total)
    )
    for steps in (10, 20, 100, 200, 1000)
}


def leaked(train_images, test_images):
    """Places of the test images that differ from some training image by at most 0.05 in every pixel."""
    found = []
    for place, image in enumerate(test_images):
        largest = (train_images - image).abs().flatten(1).amax(dim=1)  # one number for each training image
        if largest.min() <= 0.05:
            found.append(place)
    return found


def leak_cases() -> list[tuple]:
    """Images of 1 x 2 pixels, in hundredths. No pair differs by 0.05 unless it is the distance of 0.05 from 0."""
    changes = {
        "near": (4, -4),  # their sum, or the root of their squares, is above 0.05
        "other": (33, -27),
        "exact": (0, 0),
        "darker": (-20, -20),
        "touched": (0, 7),  # their mean, and the root of the mean of their squares, is below 0.05
        "one pixel near": (3, 0),
        "edge": (5, 0),
        "brighter": (20, 20),
        "twice": (-3, 3),
        "pieced": (0, 0),  # one pixel from one training image, one from another
    }

    def make(generator: torch.Generator, i: int) -> tuple:
        def number(below: int) -> int:
            return int(torch.randint(below, (), generator=generator))

        n_train, n_test = (1, 2, 3, 2)[i % 4], (1, 2, 3, 4)[(i // 4) % 4]
        while True:
            train = torch.randint(35, 66, (n_train, 1, 1, 2), generator=generator)
            test = torch.empty(n_test, 1, 1, 2, dtype=torch.long)
            for place in range(n_test):
                kind, source = list(changes)[number(len(changes))], number(n_train)
                if kind == "edge":
                    train[source, 0, 0, 0] = 0
                if kind == "twice":
                    train[number(n_train)] = train[source]
                change = torch.tensor(changes[kind]) * (1 if kind in ("edge", "darker") else 1 - 2 * number(2))
                test[place] = train[source] + change
                if kind == "pieced":
                    test[place, 0, 0, 1] = train[number(n_train), 0, 0, 1]
            far = (train.flatten(1)[None] - test.flatten(1)[:, None]).abs()
            from_zero = (train.flatten(1)[None] == 0) & (test.flatten(1)[:, None] == 5)
            if test.min() >= 0 and not ((far == 5) & ~from_zero).any():
                return train / 100.0, test / 100.0

    hundredths = drawn(make, 32)
    return [(train.double().mul(100).round() / 100, test.double().mul(100).round() / 100) for train, test in hundredths]


def same_places(got: object, right: object) -> bool:
    """Places in any order and any shape, each once; True and False are no places."""
    if not isinstance(right, list) or any(type(place) is not int for place in right):
        return judging.same(got, right) and not _is_bool(right) ^ _is_bool(got)
    places = as_tensor(got)
    if places is None or _is_bool(got) or (places.dim() == 0 and not isinstance(got, set)):
        return False
    return sorted(places.flatten().tolist()) == sorted(right)


def _is_bool(value: object) -> bool:
    try:
        return torch.as_tensor(value).dtype == torch.bool
    except (TypeError, ValueError, RuntimeError):
        return False


def _differences(train: Tensor, test: Tensor) -> Tensor:
    """(test images, training images, pixels)"""
    return train.flatten(1)[None] - test.flatten(1)[:, None]


def _places(mask: Tensor) -> list[int]:
    return mask.nonzero().flatten().tolist()


def _copies(train: Tensor, test: Tensor) -> Tensor:
    """True for each pair (test image, training image) of copies."""
    return _differences(train, test).abs().amax(dim=2) <= 0.05


def _pairwise(train: Tensor, test: Tensor) -> Tensor:
    """As if both sets were in the same order: the place of each pair that is alike."""
    pairs = zip(train, test, strict=False)
    return torch.tensor([bool((a - b).abs().max() <= 0.05) for a, b in pairs])


LEAK_SLIPS = {
    "You found the exact copies only. A near copy differs a little in every pixel: no hash sees it.": lambda a, b: (
        _places((_differences(a, b) == 0).all(dim=2).any(dim=1))
    ),
    "You ask for a difference *below* 0.05. At most 0.05 means that 0.05 itself still counts: `<=`.": lambda a, b: (
        _places((_differences(a, b).abs() < 0.05).all(dim=2).any(dim=1))
    ),
    "You miss copies that differ a little in every pixel: the *sum* of their differences is large. Take the largest "
    "difference of each pair.": lambda a, b: _places((_differences(a, b).abs().sum(dim=2) <= 0.05).any(dim=1)),
    "You miss copies that differ a little in every pixel: a norm (a root of squares) of their differences is large. "
    "Take the largest difference of each pair.": lambda a, b: _places(
        (_differences(a, b).norm(dim=2) <= 0.05).any(dim=1)
    ),
    "A *mean* hides one pixel that differs much. Look at the largest difference of each pair.": lambda a, b: _places(
        (_differences(a, b).abs().mean(dim=2) <= 0.05).any(dim=1)
    ),
    "A mean hides one pixel that differs much, and so does a mean of squares. Look at the largest difference of each "
    "pair.": lambda a, b: _places((_differences(a, b).square().mean(dim=2) <= 0.05).any(dim=1)),
    "An image that is brighter or darker all over is no copy. Take the differences without their sign: `.abs()`.": (
        lambda a, b: _places((_differences(a, b).amax(dim=2) <= 0.05).any(dim=1))
    ),
    "An image that is darker or brighter all over is no copy. Take the differences without their sign: `.abs()`.": (
        lambda a, b: _places((-_differences(a, b)).amax(dim=2).le(0.05).any(dim=1))
    ),
    "A mean with signs lets differences cancel out. Take them without their sign, and then the largest.": lambda a, b: (
        _places((_differences(a, b).mean(dim=2).abs() <= 0.05).any(dim=1))
    ),
    "You suspect an image if it is near in *some* pixel (`any`, or the smallest difference). Each pixel must be near: "
    "ask that the *largest* difference is at most 0.05.": lambda a, b: _places(
        (_differences(a, b).abs() <= 0.05).any(dim=2).any(dim=1)
    ),
    "Each pixel may be near to another training image in yours. *One* training image must be near in all pixels.": (
        lambda a, b: _places((_differences(a, b).abs() <= 0.05).any(dim=1).all(dim=1))
    ),
    "In yours a copy must be near to *all* training images. One of them is enough.": lambda a, b: _places(
        _copies(a, b).all(dim=1)
    ),
    "These are places in the training set. Which images of the *test* set have a copy there?": lambda a, b: _places(
        _copies(a, b).any(dim=0)
    ),
    "You compare each test image with one training image, the one at the same place. Compare it with all of them.": (
        lambda a, b: _places(_pairwise(a, b))
    ),
    "Each test image is compared with the first training image only. Compare it with all of them.": lambda a, b: (
        _places(_copies(a, b)[:, 0])
    ),
    "Each test image is compared with the last training image only. Compare it with all of them.": lambda a, b: _places(
        _copies(a, b)[:, -1]
    ),
    "You return the first copy only. Is a `return` inside your loop? Collect all, then return.": lambda a, b: _places(
        _copies(a, b).any(dim=1)
    )[:1],
    "You return the last copy only. Collect all of them in a list.": lambda a, b: _places(_copies(a, b).any(dim=1))[
        -1:
    ],
    "Only the first test image counts in yours: does a `return` inside the loop end it there?": lambda a, b: _places(
        _copies(a, b)[:1].any(dim=1)
    ),
    "These are the images that are *no* copies.": lambda a, b: _places(~_copies(a, b).any(dim=1)),
    "Places begin at 0: yours are one too large.": lambda a, b: [p + 1 for p in _places(_copies(a, b).any(dim=1))],
    "You return True or False for each image. Return the places of the copies, such as `[1, 4]`.": lambda a, b: _copies(
        a, b
    ).any(dim=1),
    "You return 1 or 0 for each image. Return the places of the copies, such as `[1, 4]`.": lambda a, b: (
        _copies(a, b).any(dim=1).int().tolist()
    ),
    "That is how many copies there are. Return their places, such as `[1, 4]`.": lambda a, b: int(
        _copies(a, b).any(dim=1).sum()
    ),
    "That is how many pairs of copies there are. Return the places of the copies in the test set.": lambda a, b: int(
        _copies(a, b).sum()
    ),
    "That says whether there is a copy at all. Return the places of the copies, such as `[1, 4]`.": lambda a, b: bool(
        _copies(a, b).any()
    ),
    "These are the copies themselves. Return their places in the test set, such as `[1, 4]`.": lambda a, b: list(
        b[_copies(a, b).any(dim=1)]
    ),
    "The first test image is left out: places begin at 0.": lambda a, b: [
        p for p in _places(_copies(a, b).any(dim=1)) if p
    ],
    "The last test image is left out: `range(len(test_images))` reaches them all.": lambda a, b: _places(
        _copies(a, b)[:-1].any(dim=1)
    ),
    "These are places in the training set, one for each pair of copies. Which images of the *test* set have a copy there?": (
        lambda a, b: _copies(a, b).nonzero()[:, 1].tolist()
    ),
    "For each pixel you take the largest difference over the training images (`dim=0`). Take it over the *pixels*, one "
    "for each training image.": lambda a, b: _places(_differences(a, b).abs().amax(dim=1).amin(dim=1) <= 0.05),
    "A place is there several times, where an image has several copies in the training set. Each counts once.": (
        lambda a, b: _copies(a, b).nonzero()[:, 0].tolist()
    ),
    "Your pairs hold two places each, in the test set and in the training set. Return the first ones, each once.": (
        lambda a, b: _copies(a, b).nonzero().flatten().tolist()
    ),
    "Only the first pixel of each image is compared.": lambda a, b: _places(
        (_differences(a, b)[:, :, 0].abs() <= 0.05).any(dim=1)
    ),
    "The places of all test images are there. Keep those of which some training image is a copy.": lambda a, b: list(
        range(len(b))
    ),
}


EXERCISES = {
    "7.1": Exercise(
        solution=precision_recall_of,
        cases=one_class_cases,
        slips=ONE_CLASS_SLIPS,
        returns="two numbers from 0 to 1, the precision of class k (of its column) and its recall (of its row)",
        why="Both have the right ones on top. Precision divides by the column of k, recall by its row.",
        notice="Two questions with the same numerator: did it say k rightly, and did it find all k?",
        hints=(
            "The right answers of class k stand in one cell. Which?",
            "Row k holds all images that *are* k, column k all that were *called* k. Which of the two sums belongs below "
            "the line of precision?",
            "`confusion[:, k]` is column k, and `confusion[k]` row k. Precision is the cell over the column's sum.",
        ),
    ),
    "7.2": Exercise(
        solution=macro_f1_of,
        cases=macro_cases,
        slips=MACRO_SLIPS,
        returns="one number, the mean F1 of the classes that are somewhere",
        why="F1 is 2 * right / (row + column), the same as the harmonic mean, and 0 / 0 only if the class is nowhere.",
        notice="The same as `metrics.average_f1`, and as scikit-learn's macro F1 if you name no `labels=`.",
        hints=(
            "The text before this exercise has a formula for F1 without precision and recall. When is it 0 / 0?",
            "`confusion.diagonal()` holds the right ones, `confusion.sum(dim=1)` the rows, `sum(dim=0)` the columns.",
            "Keep the classes with row + column above 0, by a mask such as `sizes > 0`. Then the mean of their F1.",
        ),
    ),
    "7.3": Exercise(
        solution=choose_and_apply,
        cases=threshold_cases,
        slips=THRESHOLD_SLIPS,
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
    ),
    "7.4": Exercise(
        solution=leaked,
        cases=leak_cases,
        slips=LEAK_SLIPS,
        same=same_places,
        returns="a list of places in the test set, such as `[1, 4]`, each once",
        why="For each test image: the largest difference to each training image, and the smallest of these.",
        notice="Try it on `leaky.images` and `held_back.images`, after adding a little noise to one of them.",
        hints=(
            "Take one test image first. `train_images - image` gives its differences to all training images at once.",
            "A copy: in *no* pixel more than 0.05. So which one of a pair's differences must you look at?",
            "`.abs()`, then `.flatten(1).amax(dim=1)`: one number for each training image. Is the smallest small enough?",
        ),
    ),
}
