"""Exercise 7.2. The mean F1 of the classes that occur in a label or in an answer."""

from __future__ import annotations

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


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
    "Where a class is nowhere, a 0 / 0 makes yours `nan`. Leave out such classes, and only these.": lambda c: _f1s(
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
    "That is the mean precision of the classes that are answered: recall has no part in it.": lambda c: _precisions(c)[
        c.sum(dim=0) > 0
    ].mean(),
    "Below the line you add up the whole matrix. For each class it is *its* row + *its* column: "
    "`sum(dim=1)` and `sum(dim=0)`.": lambda c: (c.diagonal() / c.sum()).mean(),
    "Below the line stands the sum of the whole matrix. For each class it is *its* row + *its* column: `sum(dim=1)` and "
    "`sum(dim=0)`.": lambda c: (2 * c.diagonal() / c.sum()).mean(),
    "Your loop ends at the first class that is nowhere (a `break`, or a `return`). Leave out this one class and go on: "
    "`continue`.": lambda c: _f1s(c)[: int(_there(c).int().cumprod(dim=0).sum())].mean(),
    "Where a class is nowhere, you return 0 for the whole matrix. Leave this class out, and take the mean of the others.": (
        lambda c: _f1s(c).mean().nan_to_num()
    ),
    "Only the F1 of the last class is left, divided by how many there are: `=` replaces what was there. Add up, with `+=`.": (
        lambda c: _f1s(c)[_there(c)][-1] / _there(c).sum()
    ),
    "That is the F1 of the first class that is somewhere. A `return` in your loop ends it there: put it behind the loop.": (
        lambda c: _f1s(c)[_there(c)][0]
    ),
    "You cut the classes that are never answered out of the matrix, and with them their images. Where one is a label its F1 is 0, and its images count in the columns of others.": lambda c: (
        _f1s(c[c.sum(dim=0) > 0][:, c.sum(dim=0) > 0]).mean()
    ),
    "You cut the classes that are no label out of the matrix, and with them what was answered so. Where one is answered its F1 is 0, and the answers count in rows of others.": lambda c: (
        _f1s(c[c.sum(dim=1) > 0][:, c.sum(dim=1) > 0]).mean()
    ),
    "You took the harmonic mean over the *classes*. Harmonic is the mean of precision and recall in each F1; over the "
    "classes it is the ordinary one.": lambda c: _there(c).sum() / (1 / _f1s(c)[_there(c)]).sum(),
    "That is the geometric mean of precision and recall (the root of their product). F1 is the harmonic one.": lambda c: (
        (_precisions(c) * _recalls(c)).sqrt()[_there(c)].mean()
    ),
    "You divide by the number of the last class, K - 1, and not by how many are somewhere.": lambda c: (
        _f1s(c).nansum() / (len(c) - 1)
    ),
    "Each row was added to each column: with `keepdim=True` in one of the sums a K x K table comes out. Both sums must be "
    "rows of K numbers.": lambda c: (2 * c.diagonal() / (c.sum(dim=0) + c.sum(dim=1, keepdim=True))).nanmean(),
    "Class 0 is left out of the mean: a loop over `range(1, ...)` begins at the second class.": lambda c: _f1s(c)[
        1:
    ].nanmean(),
    "The last class is left out of the mean. Classes are counted from 0 to K - 1, and `range(K)` goes through them all.": (
        lambda c: _f1s(c)[:-1].nanmean()
    ),
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
    "That is the best F1 of a class; wanted is the mean of all.": lambda c: _f1s(c)[_there(c)].max(),
    "That is the worst F1 of a class; wanted is the mean of all.": lambda c: _f1s(c)[_there(c)].min(),
    "That is the median of the classes' F1; wanted is their mean.": lambda c: _f1s(c)[_there(c)].median(),
}


EXERCISE = Exercise(
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
)
