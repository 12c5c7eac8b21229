"""How good is a model, and how sure can we be: measures, curves and intervals.

Throughout, `labels` (N,) are the true classes, `predictions` (N,) the model's, `logits` (N, K) its
raw outputs and `scores` (N,) its belief in the positive class.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn
from torch.utils.data import DataLoader

AVERAGES = ("macro", "micro", "weighted")


@torch.no_grad()
def predict(model: nn.Module, loader: DataLoader) -> tuple[Tensor, Tensor]:
    """Run the model in `eval()` mode over a loader; return logits (N, K) and labels (N,) on the CPU.

    Raises:
        ValueError: the loader is empty.
    """
    if len(loader) == 0:
        raise ValueError("the loader is empty: there is nothing to predict")
    model.eval()
    parameter = next(model.parameters(), None)
    device = parameter.device if parameter is not None else "cpu"
    pairs = [(model(images.to(device)).cpu(), labels) for images, labels in loader]
    logits, labels = zip(*pairs, strict=True)
    return torch.cat(logits), torch.cat(labels)


def accuracy(predictions: Tensor, labels: Tensor) -> float:
    """Share of predictions that are right, 0 to 1.

    `predictions` may be classes (N,) or logits (N, K), whose largest is taken.

    Example:
        >>> import torch
        >>> from helpers.metrics import accuracy
        >>> accuracy(torch.tensor([1, 0, 2, 2]), torch.tensor([1, 0, 2, 1]))
        0.75

    Source: article sections 2.3 and 4.5.
    """
    predictions, labels = _classes_of(predictions, labels)
    return (predictions == labels).double().mean().item()


def confusion_matrix(predictions: Tensor, labels: Tensor, classes: int) -> Tensor:
    """Count each pair: entry [i, j] is how many of true class i were called j. Shape (K, K).

    Raises:
        ValueError: a label or a prediction that is no integer or outside 0..K-1.

    Example:
        >>> import torch
        >>> from helpers.metrics import confusion_matrix
        >>> confusion_matrix(torch.tensor([1, 0, 1]), torch.tensor([1, 0, 0]), classes=2).tolist()
        [[1, 1], [0, 1]]
    """
    predictions, labels = _classes_of(predictions, labels)
    for name, values in (("labels", labels), ("predictions", predictions)):
        if values.min() < 0 or values.max() >= classes:
            raise ValueError(
                f"{name} go from {values.min()} to {values.max()}; with {classes} classes: 0..{classes - 1}"
            )
    return torch.bincount(labels * classes + predictions, minlength=classes**2).view(classes, classes)


def precision_recall_f1(confusion: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Precision, recall and F1 of each class, three tensors (K,), from a confusion matrix (K, K).

    Where a class was never predicted its precision is 0 / 0; as in scikit-learn, 0 is returned,
    and the same for the recall of a class that never occurs.

    Example:
        >>> import torch
        >>> from helpers.metrics import precision_recall_f1
        >>> precision, recall, f1 = precision_recall_f1(torch.tensor([[8, 2], [0, 10]]))
        >>> precision[0].item(), round(recall[0].item(), 3)
        (1.0, 0.8)

    Source: article section 2.3.
    """
    confusion = confusion.double()
    right = confusion.diagonal()  # true positives
    predicted, actual = confusion.sum(dim=0), confusion.sum(dim=1)
    return _ratio(right, predicted), _ratio(right, actual), _ratio(2 * right, predicted + actual)


def average_f1(confusion: Tensor, average: str) -> float:
    """One F1 for all classes, from a confusion matrix (K, K).

    Args:
        average: "macro" (every class counts the same), "micro" (every image counts the same) or
            "weighted" (every class counts by its size).

    Raises:
        ValueError: another average.
    """
    if average not in AVERAGES:
        raise ValueError(f"average must be one of {AVERAGES}, got {average!r}")
    confusion = confusion.double()
    _, _, f1 = precision_recall_f1(confusion)
    if average == "micro":
        return (confusion.diagonal().sum() / confusion.sum()).item()
    weights = confusion.sum(dim=1) if average == "weighted" else torch.ones_like(f1)
    present = (confusion.sum(dim=0) + confusion.sum(dim=1)) > 0  # scikit-learn leaves absent classes out
    return (f1[present] @ weights[present] / weights[present].sum()).item()


def roc_curve(scores: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """False and true positive rates at every threshold, highest threshold first.

    Args:
        scores: (N,) belief in the positive class.
        labels: (N,) 1 for positive, 0 for negative.

    Returns:
        false_positive_rate, true_positive_rate, thresholds, each (T,); the first point is (0, 0).

    Raises:
        ValueError: labels other than 0 and 1, or only one of them.
    """
    thresholds, true_positives, false_positives = _counts_by_threshold(scores, labels)
    return (
        false_positives / false_positives[-1],
        true_positives / true_positives[-1],
        torch.cat([torch.tensor([math.inf]), thresholds]),
    )


def precision_recall_curve(scores: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Precision and recall at every threshold, highest threshold first; each (T,).

    Raises:
        ValueError: labels other than 0 and 1, or only one of them.
    """
    thresholds, true_positives, false_positives = _counts_by_threshold(scores, labels)
    true_positives, false_positives = true_positives[1:], false_positives[1:]
    return true_positives / (true_positives + false_positives), true_positives / true_positives[-1], thresholds


def area_under(x: Tensor, y: Tensor) -> float:
    """Area under a curve of straight lines through the points (x, y)."""
    return torch.trapezoid(y, x).item()


def average_precision(scores: Tensor, labels: Tensor) -> float:
    """Precision averaged over the steps in recall: the area under the precision-recall staircase."""
    precision, recall, _ = precision_recall_curve(scores, labels)
    return (precision * recall.diff(prepend=torch.zeros(1, dtype=recall.dtype))).sum().item()


def wilson_interval(right: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval for a share of which `right` of `total` were seen.

    Raises:
        ValueError: total is 0, or right is not between 0 and total.

    Example:
        >>> from helpers.metrics import wilson_interval
        >>> [round(end, 3) for end in wilson_interval(95, 100)]
        [0.888, 0.978]

    Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference".
    """
    if total < 1 or not 0 <= right <= total:
        raise ValueError(f"needs 0 <= right <= total and total >= 1, got {right} of {total}")
    z = math.sqrt(2) * torch.erfinv(torch.tensor(confidence, dtype=torch.float64)).item()
    share = right / total
    centre = (share + z**2 / (2 * total)) / (1 + z**2 / total)
    half = z / (1 + z**2 / total) * math.sqrt(share * (1 - share) / total + z**2 / (4 * total**2))
    return max(0.0, centre - half), min(1.0, centre + half)


def bootstrap_interval(
    measure: Callable[[Tensor], float], total: int, *, resamples: int = 1000, confidence: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Interval for any measure of a test set: draw the images anew with replacement, again and again.

    Args:
        measure: indices (N,) -> the measure over those images.
        total: N.

    Example:
        >>> import torch
        >>> from helpers.metrics import bootstrap_interval
        >>> right = torch.tensor([1.0] * 95 + [0.0] * 5)
        >>> low, high = bootstrap_interval(lambda indices: right[indices].mean().item(), total=100)
        >>> 0.88 < low < 0.95 < high < 1
        True

    Source: Efron 1979, "Bootstrap methods: another look at the jackknife".
    """
    generator = Generator().manual_seed(seed)
    values = [measure(torch.randint(total, (total,), generator=generator)) for _ in range(resamples)]
    tail = (1 - confidence) / 2
    low, high = torch.tensor(values, dtype=torch.float64).quantile(torch.tensor([tail, 1 - tail], dtype=torch.float64))
    return low.item(), high.item()


def mean_interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float]:
    """Mean of a few runs and the half width of its interval, by Student's t.

    Raises:
        ValueError: fewer than two values.

    Example:
        >>> from helpers.metrics import mean_interval
        >>> [round(number, 2) for number in mean_interval([1.0, 2.0, 3.0])]
        [2.0, 2.48]

    Source: Student 1908, "The probable error of a mean".
    """
    from scipy.stats import t  # scikit-learn brings it

    if len(values) < 2:
        raise ValueError(f"an interval needs two values or more, got {len(values)}")
    numbers = torch.tensor(values, dtype=torch.float64)
    half_width = t.ppf((1 + confidence) / 2, len(values) - 1) * numbers.std() / math.sqrt(len(values))
    return numbers.mean().item(), half_width.item()


def mcnemar(first_right: Tensor, second_right: Tensor) -> float:
    """p-value that two models are equally good, from the images on which just one of them is right.

    Args:
        first_right, second_right: (N,) booleans over the same images.

    Returns:
        the exact two-sided p-value; 1 where the two never differ.

    Example:
        >>> import torch
        >>> from helpers.metrics import mcnemar
        >>> first = torch.tensor([True] * 90 + [False] * 10)
        >>> mcnemar(first, first)
        1.0

    Source: McNemar 1947, "Note on the sampling error of the difference between correlated proportions".
    """
    from scipy.stats import binomtest  # scikit-learn brings it

    if first_right.shape != second_right.shape:
        raise ValueError(f"both need the same images, got {tuple(first_right.shape)} and {tuple(second_right.shape)}")
    only_first = int((first_right & ~second_right).sum())
    only_second = int((~first_right & second_right).sum())
    if only_first + only_second == 0:
        return 1.0
    return float(binomtest(only_first, only_first + only_second).pvalue)


def calibration(logits: Tensor, labels: Tensor, bins: int = 10) -> tuple[Tensor, Tensor, Tensor]:
    """Group images by the model's confidence; compare it with how often it was right.

    Returns:
        confidence (B,), accuracy (B,) and images (B,) of each bin that is not empty.
    """
    confidence, predictions = logits.softmax(dim=1).max(dim=1)
    bin_of = (confidence * bins).long().clamp(max=bins - 1)
    count = torch.bincount(bin_of, minlength=bins)
    right = torch.bincount(bin_of, weights=(predictions == labels).double(), minlength=bins)
    total = torch.bincount(bin_of, weights=confidence.double(), minlength=bins)
    used = count > 0
    return total[used] / count[used], right[used] / count[used], count[used]


def calibration_error(logits: Tensor, labels: Tensor, bins: int = 10) -> float:
    """Mean gap between confidence and accuracy over the bins, each weighted by its images (ECE).

    Source: Guo et al. 2017, "On calibration of modern neural networks".
    """
    confidence, right, count = calibration(logits, labels, bins)
    return ((confidence - right).abs() * count / count.sum()).sum().item()


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The number T > 0 by which to divide logits so that their cross-entropy is least.

    Fit it on the validation set, never on the test set. It changes no prediction.

    Source: Guo et al. 2017, "On calibration of modern neural networks".
    """
    log_temperature = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_temperature], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(logits / log_temperature.exp(), labels)
        loss.backward()
        return loss

    optimizer.step(closure)
    return log_temperature.exp().item()


def _classes_of(predictions: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Both as class numbers (N,), after checking that they can be compared."""
    if predictions.dim() == 2:
        predictions = predictions.argmax(dim=1)
    if len(labels) == 0:
        raise ValueError("no labels: there is nothing to measure")
    if predictions.shape != labels.shape:
        raise ValueError(f"predictions {tuple(predictions.shape)} and labels {tuple(labels.shape)} must match")
    if predictions.is_floating_point() or labels.is_floating_point():
        raise ValueError(f"classes must be integers, got predictions {predictions.dtype}, labels {labels.dtype}")
    return predictions.long(), labels.long()


def _ratio(part: Tensor, whole: Tensor) -> Tensor:
    """part / whole, and 0 where the whole is 0."""
    return torch.where(whole > 0, part / whole.clamp(min=1), torch.zeros_like(part))


def _counts_by_threshold(scores: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Distinct scores (T,), falling, and the counts (T + 1,) of positives and negatives at or above each."""
    if scores.shape != labels.shape:
        raise ValueError(f"scores {tuple(scores.shape)} and labels {tuple(labels.shape)} must match")
    if set(labels.tolist()) != {0, 1}:
        raise ValueError(f"labels must be 0 and 1, both present; got {sorted(set(labels.tolist()))}")
    order = scores.argsort(descending=True, stable=True)
    scores, positive = scores[order], labels[order].double()
    last_of_ties = torch.cat([scores[1:] != scores[:-1], torch.tensor([True])])
    true_positives, false_positives = positive.cumsum(0)[last_of_ties], (1 - positive).cumsum(0)[last_of_ties]
    zero = torch.zeros(1, dtype=torch.float64)
    return scores[last_of_ties], torch.cat([zero, true_positives]), torch.cat([zero, false_positives])
