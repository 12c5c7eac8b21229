"""helpers.intervals and averages: what page 07 says of them."""

import numpy as np
import pytest
import torch
from sklearn import metrics as sk

from helpers.intervals import bootstrap_interval, mcnemar, wilson_interval
from helpers.metrics import average_f1, precision_recall_f1

NOWHERE = [[8, 2, 0], [1, 9, 0], [0, 0, 0]]
NEVER_PREDICTED = [[8, 2, 0], [1, 9, 0], [5, 0, 0]]


def pairs_of(matrix):
    """Labels and predictions with this confusion matrix."""
    cells = torch.arange(matrix.numel()).repeat_interleave(matrix.flatten())
    return cells // len(matrix), cells % len(matrix)


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
@pytest.mark.parametrize("rows", [NOWHERE, NEVER_PREDICTED], ids=["nowhere", "never predicted"])
def test_average_f1_is_scikit_learns_without_labels(rows, average):
    matrix = torch.tensor(rows)
    assert average_f1(matrix, average) == pytest.approx(sk.f1_score(*pairs_of(matrix), average=average))


def test_a_class_that_is_nowhere_is_left_out_and_one_never_predicted_is_not():
    nowhere, never = torch.tensor(NOWHERE), torch.tensor(NEVER_PREDICTED)
    assert average_f1(nowhere, "macro") == pytest.approx(average_f1(nowhere[:2, :2], "macro"))
    every = sk.f1_score(*pairs_of(nowhere), labels=range(3), average="macro", zero_division=0)
    assert average_f1(nowhere, "macro") == pytest.approx(1.5 * every)
    every = sk.f1_score(*pairs_of(never), labels=range(3), average="macro", zero_division=0)
    assert average_f1(never, "macro") == pytest.approx(every)


def test_macro_and_weighted_differ_where_classes_do():
    matrix = torch.tensor([[80, 10], [5, 5]])
    assert average_f1(matrix, "macro") < average_f1(matrix, "weighted") - 0.1


def test_shares_are_measured_like_counts():
    counts = torch.tensor(NEVER_PREDICTED)
    for of_counts, of_shares in zip(
        precision_recall_f1(counts), precision_recall_f1(counts / counts.sum()), strict=True
    ):
        assert np.allclose(of_counts, of_shares)


def test_bootstrap_of_paired_differences_is_narrower():
    generator = torch.Generator().manual_seed(0)
    first = torch.rand(400, generator=generator) < 0.9
    second = first & (torch.rand(400, generator=generator) < 0.97)
    lead = first.double() - second.double()
    low, high = bootstrap_interval(lambda rows: lead[rows].mean().item(), total=400)
    ends = [wilson_interval(int(right.sum()), 400) for right in (first, second)]
    assert 0 < low < lead.mean() < high
    assert high - low < 0.7 * sum((top - bottom) ** 2 for bottom, top in ends) ** 0.5
    assert mcnemar(first, second) < 0.05


def test_bootstrap_has_no_width_where_no_error_was_seen_and_wilson_has():
    right = torch.ones(100)
    assert bootstrap_interval(lambda rows: right[rows].mean().item(), total=100, resamples=50) == (1, 1)
    assert wilson_interval(100, 100)[0] < 0.97


def test_p_values_are_uniform_or_larger_where_models_are_equally_good():
    generator = torch.Generator().manual_seed(0)
    p_values = []
    for _ in range(400):
        first, second = (torch.rand(200, generator=generator) < 0.8 for _ in range(2))
        p_values.append(mcnemar(first, second))
    assert sum(p <= 0.05 for p in p_values) / 400 < 0.07
