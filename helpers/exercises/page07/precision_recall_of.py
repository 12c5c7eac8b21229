"""Exercise 7.1. Precision and recall of class k, from a confusion matrix."""

from __future__ import annotations

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


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
    "Position k - 1 is measured. Classes are counted from 0: class k stands in row k and column k.": lambda c, k: _both(
        c, k - 1
    ),
    "Position k + 1 is measured. Classes are counted from 0: class k stands in row k and column k.": lambda c, k: _both(
        c, (k + 1) % len(c)
    ),
    "You divide by how many classes there are: a mean over a row or a column, where the sum is needed.": lambda c, k: (
        c[k, k] / c[:, k].double().mean(),
        c[k, k] / c[k].double().mean(),
    ),
    "Your sums contain the right ones twice: the row (or column) of k holds them already.": lambda c, k: (
        c[k, k] / (_column(c, k) + c[k, k]),
        c[k, k] / (_row(c, k) + c[k, k]),
    ),
    "That is the count of the right ones. Divide it by the column's sum, and by the row's.": lambda c, k: (
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
    "That is F1, and 0 / 0 where both are 0. It puts precision and recall into one number; they are wanted one by one.": (
        lambda c, k: 2 * _both(c, k)[0] * _both(c, k)[1] / (_both(c, k)[0] + _both(c, k)[1])
    ),
    "You divide by the right answers of *all* classes, the whole diagonal. Precision divides by the column of k, recall by "
    "its row.": lambda c, k: (c[k, k] / c.trace(),) * 2,
    "`sum(k)` takes k for the number of an *axis*: 0 adds up each column, 1 each row. First take the row or the column of "
    "k, then its sum.": lambda c, k: (c[k, k] / c.sum(dim=k)[k],) * 2,
    "`-k` counts from the end: often another class. Use `k`.": lambda c, k: _both(c, -k),
    "The last row and the last column are left out of your sums. `range(len(confusion))` reaches them, too.": (
        lambda c, k: (c[k, k] / c[:-1, k].sum(), c[k, k] / c[k, :-1].sum())
    ),
    "Row 0 and column 0 are left out of your sums. Classes are counted from 0.": lambda c, k: (
        c[k, k] / c[1:, k].sum(),
        c[k, k] / c[k, 1:].sum(),
    ),
    "Of the images of other classes that is the share not called k (the specificity).": lambda c, k: (
        (_true_negatives(c, k) / (c.sum() - _row(c, k)),) * 2
    ),
    "These are the errors' shares: of the row and the column of k, the part that is wrong.": lambda c, k: (
        1 - _both(c, k)[0],
        1 - _both(c, k)[1],
    ),
    "A share is no whole number: use `/`, without `//` or `int`.": lambda c, k: (
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


EXERCISE = Exercise(
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
)
