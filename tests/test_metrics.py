"""helpers.metrics: every measure against scikit-learn or SciPy."""

import math

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn import metrics as sk
from torch import nn
from torch.utils.data import TensorDataset

from helpers.data import make_loader
from helpers.intervals import bootstrap_interval, mcnemar, mean_interval, wilson_interval
from helpers.metrics import (
    accuracy,
    area_under,
    average_f1,
    average_precision,
    calibration,
    calibration_error,
    confusion_matrix,
    fit_temperature,
    precision_recall_curve,
    precision_recall_f1,
    predict,
    roc_curve,
)

SEEDS = range(5)


def random_classes(seed, count=60, classes=5, kinds=None):
    """Predictions and labels, of which half agree; `kinds` are the classes that occur."""
    generator = torch.Generator().manual_seed(seed)
    kinds = torch.arange(classes) if kinds is None else torch.tensor(kinds)
    labels = kinds[torch.randint(len(kinds), (count,), generator=generator)]
    guesses = torch.randint(classes, (count,), generator=generator)
    return torch.where(torch.rand(count, generator=generator) < 0.5, labels, guesses), labels


def random_scores(seed, count=80, ties=True):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(2, (count,), generator=generator)
    scores = labels + 1.5 * torch.randn(count, generator=generator, dtype=torch.float64)
    return (scores.round() if ties else scores), labels


# predict


def test_predict_gives_all_in_order_and_in_eval_mode():
    images, labels = torch.rand(7, 1, 2, 2), torch.arange(7)
    model = nn.Sequential(nn.Flatten(), nn.Dropout(0.9), nn.BatchNorm1d(4), nn.Linear(4, 3))
    logits, found = predict(model, make_loader(TensorDataset(images, labels), batch_size=3))
    assert torch.equal(found, labels)
    assert not model.training and not logits.requires_grad
    assert torch.allclose(logits, model(images), atol=1e-6)
    assert model[2].num_batches_tracked == 0


def test_predict_with_a_model_without_parameters():
    images, labels = torch.rand(3, 4), torch.arange(3)
    assert torch.equal(predict(nn.Identity(), make_loader(TensorDataset(images, labels)))[0], images)


def test_predict_on_an_empty_loader():
    with pytest.raises(ValueError, match="empty"):
        predict(nn.Identity(), [])


# classes


@pytest.mark.parametrize("seed", SEEDS)
def test_accuracy_and_confusion_are_scikit_learns(seed):
    predictions, labels = random_classes(seed)
    assert accuracy(predictions, labels) == pytest.approx(sk.accuracy_score(labels, predictions))
    expected = sk.confusion_matrix(labels, predictions, labels=range(5))
    assert confusion_matrix(predictions, labels, classes=5).tolist() == expected.tolist()


def test_logits_are_taken_at_their_largest():
    logits = torch.tensor([[0.1, 0.9], [2.0, 1.0], [0.0, 5.0]])
    assert accuracy(logits, torch.tensor([1, 0, 0])) == pytest.approx(2 / 3)
    assert confusion_matrix(logits, torch.tensor([1, 0, 0]), classes=2).tolist() == [[1, 1], [0, 1]]


def test_confusion_keeps_absent_classes():
    assert confusion_matrix(torch.tensor([0]), torch.tensor([0]), classes=3).tolist() == [
        [1, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
    ]


@pytest.mark.parametrize("kinds", [None, [0, 2], [3], [1, 4]], ids=["all", "two", "one", "first absent"])
@pytest.mark.parametrize("seed", SEEDS)
def test_precision_recall_f1_are_scikit_learns(seed, kinds):
    predictions, labels = random_classes(seed, kinds=kinds)
    ours = precision_recall_f1(confusion_matrix(predictions, labels, classes=5))
    expected = sk.precision_recall_fscore_support(labels, predictions, labels=range(5), zero_division=0)
    for mine, theirs in zip(ours, expected, strict=False):
        assert np.allclose(mine.numpy(), theirs)


@pytest.mark.parametrize("average", ["macro", "micro", "weighted"])
@pytest.mark.parametrize("kinds", [None, [0, 2], [3]], ids=["all", "two", "one"])
@pytest.mark.parametrize("count", [60, 4])
@pytest.mark.parametrize("seed", SEEDS)
def test_average_f1_is_scikit_learns(seed, kinds, average, count):
    predictions, labels = random_classes(seed, count=count, kinds=kinds)
    expected = sk.f1_score(labels, predictions, average=average, zero_division=0)
    assert average_f1(confusion_matrix(predictions, labels, classes=5), average) == pytest.approx(expected)


def test_zero_divisions_are_zero():
    never_predicted = torch.tensor([[0, 3, 0], [0, 5, 0], [0, 0, 0]])
    precision, recall, f1 = precision_recall_f1(never_predicted)
    assert precision.tolist() == [0.0, 0.625, 0.0]
    assert recall.tolist() == [0.0, 1.0, 0.0]
    assert f1.tolist() == pytest.approx([0.0, 10 / 13, 0.0])
    assert average_f1(never_predicted, "macro") == pytest.approx(5 / 13)


def test_unknown_average():
    with pytest.raises(ValueError, match=r"one of .*macro.*got 'mean'"):
        average_f1(torch.eye(2), "mean")


@pytest.mark.parametrize("measure", [accuracy, lambda p, y: confusion_matrix(p, y, classes=3)])
@pytest.mark.parametrize(
    ("predictions", "labels", "words"),
    [
        (torch.zeros(0).long(), torch.zeros(0).long(), "no labels"),
        (torch.tensor([0, 1]), torch.tensor([0]), "must match"),
        (torch.zeros(2, 3), torch.tensor([0, 1, 2]), "must match"),
        (torch.tensor([0.0, 1.0]), torch.tensor([0, 1]), "integers"),
        (torch.tensor([0, 1]), torch.tensor([0.0, 1.0]), "integers"),
    ],
)
def test_what_cannot_be_compared(measure, predictions, labels, words):
    with pytest.raises(ValueError, match=words):
        measure(predictions, labels)


@pytest.mark.parametrize(
    ("predictions", "labels", "words"),
    [
        ([0, 3], [0, 1], "predictions go from 0 to 3; with 3 classes"),
        ([0, -1], [0, 1], "predictions go from -1"),
        ([0, 1], [0, 3], "labels go from 0 to 3"),
        ([0, 1], [-1, 0], "labels go from -1"),
    ],
)
def test_confusion_refuses_classes_outside(predictions, labels, words):
    with pytest.raises(ValueError, match=words):
        confusion_matrix(torch.tensor(predictions), torch.tensor(labels), classes=3)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int8])
def test_confusion_of_small_integer_types(dtype):
    labels = torch.arange(40) % 20
    confusion = confusion_matrix(labels.to(dtype), labels.to(dtype), classes=20)
    assert confusion.diagonal().tolist() == [2] * 20


# curves


@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_roc_is_scikit_learns(seed, ties):
    scores, labels = random_scores(seed, ties=ties)
    for ours, theirs in zip(
        roc_curve(scores, labels), sk.roc_curve(labels, scores, drop_intermediate=False), strict=True
    ):
        assert np.allclose(ours.numpy(), theirs)
    false_positive_rate, true_positive_rate, _ = roc_curve(scores, labels)
    assert area_under(false_positive_rate, true_positive_rate) == pytest.approx(sk.roc_auc_score(labels, scores))


@pytest.mark.parametrize("ties", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_precision_recall_curve_is_scikit_learns(seed, ties):
    scores, labels = random_scores(seed, ties=ties)
    precision, recall, thresholds = precision_recall_curve(scores, labels)
    expected = sk.precision_recall_curve(labels, scores)
    assert np.allclose(precision.numpy(), expected[0][-2::-1])
    assert np.allclose(recall.numpy(), expected[1][-2::-1])
    assert np.allclose(thresholds.numpy(), expected[2][::-1])
    assert average_precision(scores, labels) == pytest.approx(sk.average_precision_score(labels, scores))


def test_roc_ends():
    rates = roc_curve(torch.tensor([0.9, 0.1]), torch.tensor([1, 0]))
    assert [rate.tolist() for rate in rates[:2]] == [[0, 0, 1], [0, 1, 1]]
    assert rates[2][0] == math.inf
    all_tied = roc_curve(torch.ones(4), torch.tensor([1, 0, 1, 0]))
    assert area_under(*all_tied[:2]) == 0.5


@pytest.mark.parametrize("curve", [roc_curve, precision_recall_curve, average_precision])
@pytest.mark.parametrize("labels", [[0, 0], [1, 1], [0, 2], [-1, 1], []])
def test_curves_need_both_classes(curve, labels):
    with pytest.raises(ValueError, match="0 and 1, both present"):
        curve(torch.rand(len(labels)), torch.tensor(labels))


def test_infinite_scores_are_ties():
    scores, labels = torch.tensor([math.inf, math.inf, 0.0, -math.inf, -math.inf]), torch.tensor([1, 0, 1, 0, 1])
    assert len(roc_curve(scores, labels)[2]) == 4


def test_scores_and_labels_of_other_lengths():
    with pytest.raises(ValueError, match="match"):
        roc_curve(torch.rand(3), torch.tensor([1, 0, 1, 0, 1]))


# intervals


@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
@pytest.mark.parametrize(("right", "total"), [(0, 1), (1, 1), (0, 10), (3, 10), (95, 100), (1000, 1000), (1, 5000)])
def test_wilson_is_scipys(right, total, confidence):
    expected = stats.binomtest(right, total).proportion_ci(confidence, method="wilson")
    assert wilson_interval(right, total, confidence) == pytest.approx((expected.low, expected.high), abs=1e-9)


def test_wilson_stays_within_0_and_1():
    for total in range(1, 300):
        assert wilson_interval(0, total)[0] == 0 and wilson_interval(total, total)[1] == 1


@pytest.mark.parametrize(("right", "total"), [(0, 0), (-1, 5), (6, 5)])
def test_wilson_refuses(right, total):
    with pytest.raises(ValueError, match="0 <= right <= total"):
        wilson_interval(right, total)


@pytest.mark.parametrize("confidence", [0.9, 0.95])
@pytest.mark.parametrize("values", [[1.0, 2.0], [0.91, 0.93, 0.9, 0.95, 0.92], [5.0, 5.0, 5.0]])
def test_mean_interval_is_scipys(values, confidence):
    mean, half = mean_interval(values, confidence)
    error = stats.sem(values)
    expected = stats.t.interval(confidence, len(values) - 1, np.mean(values), error) if error else (values[0],) * 2
    assert (mean - half, mean + half) == pytest.approx(expected)


@pytest.mark.parametrize("values", [[], [1.0]])
def test_mean_interval_needs_two(values):
    with pytest.raises(ValueError, match=f"got {len(values)}"):
        mean_interval(values)


def test_bootstrap_is_near_the_normal_interval():
    values = torch.randn(400, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    low, high = bootstrap_interval(lambda indices: values[indices].mean().item(), len(values))
    half = 1.96 * values.std().item() / 20
    assert (low, high) == pytest.approx((values.mean().item() - half, values.mean().item() + half), abs=0.02)


def test_bootstrap_draws_with_replacement_and_repeats():
    seen = []
    interval = bootstrap_interval(lambda indices: seen.append(indices) or float(indices[0]), 20, resamples=50)
    assert len(seen) == 50
    assert all(indices.shape == (20,) and indices.min() >= 0 and indices.max() < 20 for indices in seen)
    assert any(len(indices.unique()) < 20 for indices in seen)
    assert bootstrap_interval(lambda indices: float(indices[0]), 20, resamples=50, seed=0) == interval
    assert bootstrap_interval(lambda indices: float(indices.sum()), 20, resamples=50, seed=1) != interval
    narrow = bootstrap_interval(lambda indices: float(indices[0]), 20, resamples=50, confidence=0.2)
    assert interval[0] <= narrow[0] <= narrow[1] <= interval[1] and narrow != interval


@pytest.mark.parametrize(("only_first", "only_second"), [(1, 0), (5, 5), (10, 2), (2, 10), (0, 12), (40, 20)])
def test_mcnemar_is_scipys(only_first, only_second):
    first = torch.tensor([True] * only_first + [False] * only_second + [True] * 30 + [False] * 7)
    second = torch.tensor([False] * only_first + [True] * only_second + [True] * 30 + [False] * 7)
    expected = stats.binomtest(min(only_first, only_second), only_first + only_second, 0.5).pvalue
    assert mcnemar(first, second) == pytest.approx(expected)
    assert mcnemar(second, first) == pytest.approx(expected)


def test_mcnemar_edges():
    right = torch.tensor([True, False])
    assert mcnemar(right, right) == 1.0
    with pytest.raises(ValueError, match=r"same images, got \(2,\) and \(1,\)"):
        mcnemar(right, right[:1])


# calibration


@pytest.mark.parametrize("bins", [1, 5, 10])
@pytest.mark.parametrize("seed", SEEDS)
def test_calibration_by_hand(seed, bins):
    generator = torch.Generator().manual_seed(seed)
    logits, labels = 2 * torch.randn(200, 4, generator=generator), torch.randint(4, (200,), generator=generator)
    confidence, predicted = logits.softmax(dim=1).max(dim=1)
    rows = []
    for i in range(bins):
        inside = (confidence >= i / bins) & (confidence < (i + 1) / bins)
        if inside.any():
            right = (predicted == labels)[inside].double().mean().item()
            rows.append((confidence[inside].double().mean().item(), right, int(inside.sum())))
    ours = list(zip(*(column.tolist() for column in calibration(logits, labels, bins)), strict=True))
    assert np.allclose(ours, rows, atol=1e-6)
    expected = sum(abs(sure - right) * count for sure, right, count in rows) / 200
    assert calibration_error(logits, labels, bins) == pytest.approx(expected, abs=1e-6)


def test_full_confidence_has_a_bin():
    logits = torch.tensor([[1000.0, 0.0], [0.0, 1000.0]])
    confidence, right, count = calibration(logits, torch.tensor([0, 0]))
    assert (confidence.tolist(), right.tolist(), count.tolist()) == ([1.0], [0.5], [2])
    assert calibration_error(logits, torch.tensor([0, 0])) == 0.5
    assert calibration_error(logits, torch.tensor([0, 1])) == 0.0


def test_full_confidence_shares_the_last_bin():
    logits = torch.tensor([[1000.0, 0.0], [3.0, 0.0]])  # 1 and 0.95
    confidence, _, count = calibration(logits, torch.tensor([0, 0]))
    assert count.tolist() == [2] and 0.97 < confidence.item() < 0.98


@pytest.mark.parametrize("temperature", [0.5, 1.0, 2.5])
def test_fit_temperature_recovers_a_known_one(temperature):
    generator = torch.Generator().manual_seed(0)
    logits = 4 * torch.randn(20_000, 5, generator=generator)
    labels = (logits / temperature).softmax(dim=1).multinomial(1, generator=generator).flatten()
    found = fit_temperature(logits, labels)
    assert found == pytest.approx(temperature, rel=0.05)
    assert calibration_error(logits / found, labels) < 0.02


def test_fit_temperature_of_a_perfect_model_stays_a_number():
    assert 0 < fit_temperature(5 * torch.eye(10), torch.arange(10)) < 1


@pytest.mark.parametrize("size", [0.01, 1.0, 100.0])
def test_fit_temperature_without_a_minimum_stays_within_bounds(size):
    for labels in (torch.arange(10), (torch.arange(10) + 1) % 10):  # all right, all wrong
        assert 0.0009 < fit_temperature(size * torch.eye(10), labels) < 1001
    assert fit_temperature(size * torch.eye(10), (torch.arange(10) + 1) % 10) > 1
