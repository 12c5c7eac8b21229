"""How good is a model: measures, curves and calibration.

Throughout, `labels` (N,) are the true classes, `predictions` (N,) the model's, `logits` (N, K) its
raw outputs and `scores` (N,) its belief in the positive class.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader

from helpers.loops import to_device

AVERAGES = ("macro", "micro", "weighted")


@torch.no_grad()
def predict(model: nn.Module, loader: DataLoader) -> tuple[Tensor, Tensor | list | None]:
    """Run the model in `eval()` mode over a loader; return logits (N, K) and labels (N,) on the CPU.

    Of each batch the first entry is the model's input and the second its labels, in a tuple, a list or
    a dictionary. Where a batch is a tensor alone there are no labels, and None is returned for them;
    labels that are no tensors, such as boxes, come as one list. The model is left in `eval()` mode.

    Raises:
        ValueError: the loader is empty.
    """
    if len(loader) == 0:
        raise ValueError("the loader is empty: there is nothing to predict")
    model.eval()
    parameter = next(model.parameters(), None)
    device = parameter.device if parameter is not None else torch.device("cpu")
    logits, labels = [], []
    for batch in loader:
        entries = (
            [batch] if isinstance(batch, Tensor) else list(batch.values() if isinstance(batch, Mapping) else batch)
        )
        logits.append(model(to_device(entries[0], device)).cpu())
        labels += entries[1:2]
    if not labels:
        return torch.cat(logits), None
    return torch.cat(logits), torch.cat(labels) if isinstance(labels[0], Tensor) else [
        one for part in labels for one in part
    ]


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

    A class that occurs but is never predicted has an F1 of 0, and counts. A class that is nowhere, in
    no label and no prediction, is left out, as in scikit-learn if no `labels` are named there.

    Args:
        average: "macro" (every class counts the same), "micro" (every image counts the same) or
            "weighted" (every class counts by its size).

    Raises:
        ValueError: another average.

    Example:
        >>> import torch
        >>> from helpers.metrics import average_f1
        >>> nowhere = torch.tensor([[8, 2, 0], [1, 9, 0], [0, 0, 0]])
        >>> never_predicted = torch.tensor([[8, 2, 0], [1, 9, 0], [5, 0, 0]])
        >>> round(average_f1(nowhere, "macro"), 2), round(average_f1(never_predicted, "macro"), 2)
        (0.85, 0.51)
    """
    if average not in AVERAGES:
        raise ValueError(f"average must be one of {AVERAGES}, got {average!r}")
    confusion = confusion.double()
    _, _, f1 = precision_recall_f1(confusion)
    if average == "micro":
        return (confusion.diagonal().sum() / confusion.sum()).item()
    weights = confusion.sum(dim=1) if average == "weighted" else torch.ones_like(f1)
    present = (confusion.sum(dim=0) + confusion.sum(dim=1)) > 0
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

    Above 0 by chance for a calibrated model too, the more so the fewer images there are.

    Source: Naeini, Cooper and Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian
    binning".
    """
    confidence, right, count = calibration(logits, labels, bins)
    return ((confidence - right).abs() * count / count.sum()).sum().item()


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """The number T > 0 by which to divide logits so that their cross-entropy is least.

    Fit it on the validation set, never on the test set. It changes no prediction. Where every answer is
    right the best T is 0, where the answers are worse than guessing it is without bound: then there is no
    minimum, and T stops at a far number, from 0.001 to 1000 at the furthest.

    Source: Guo et al. 2017, "On calibration of modern neural networks".
    """
    bound = math.log(1000)
    log_temperature = torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.LBFGS([log_temperature], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(logits / log_temperature.clamp(-bound, bound).exp(), labels)
        loss.backward()
        return loss

    optimizer.step(closure)
    return log_temperature.clamp(-bound, bound).exp().item()


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
    return torch.where(whole > 0, part / whole, torch.zeros_like(part))


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
