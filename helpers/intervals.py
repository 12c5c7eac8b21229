"""How sure is a figure: intervals for shares, for means of runs, for any measure, and for differences."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Generator, Tensor


def wilson_interval(right: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """Interval for a share of which `right` of `total` were seen.

    Raises:
        ValueError: total is 0, or right is not between 0 and total.

    Example:
        >>> from helpers.intervals import wilson_interval
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
    low = 0.0 if right == 0 else max(0.0, centre - half)  # exactly, and not up to rounding
    return low, 1.0 if right == total else min(1.0, centre + half)


def bootstrap_interval(
    measure: Callable[[Tensor], float], total: int, *, resamples: int = 1000, confidence: float = 0.95, seed: int = 0
) -> tuple[float, float]:
    """Interval for any measure of a test set: draw the images anew with replacement, again and again.

    It covers other images of the same kind, not another training. For two models on the same images let
    `measure` return the difference of both over the same indices: the paired bootstrap.

    Of no use where no error (or nothing but errors) was seen: for 100 right of 100 it returns (1, 1), as
    every draw is like the other. For a share take `wilson_interval`, which then still has a width.

    Args:
        measure: indices (N,) -> the measure over those images.
        total: N.

    Example:
        >>> import torch
        >>> from helpers.intervals import bootstrap_interval
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
        >>> from helpers.intervals import mean_interval
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
    """How surprising the images on which just one of two models is right are, *as if* both were equally good.

    The p-value is the chance, computed under that assumption, of a split at least as uneven. It is not
    the chance that the models are equally good.

    Args:
        first_right, second_right: (N,) booleans over the same images.

    Returns:
        the exact two-sided p-value; 1 where the two never differ.

    Example:
        >>> import torch
        >>> from helpers.intervals import mcnemar
        >>> first = torch.tensor([True] * 90 + [False] * 10)
        >>> mcnemar(first, first)
        1.0

    Source: McNemar 1947, "Note on the sampling error of the difference between correlated proportions
    or percentages"; here with the exact binomial distribution instead of his approximation.
    """
    from scipy.stats import binomtest  # scikit-learn brings it

    if first_right.shape != second_right.shape:
        raise ValueError(f"both need the same images, got {tuple(first_right.shape)} and {tuple(second_right.shape)}")
    only_first = int((first_right & ~second_right).sum())
    only_second = int((~first_right & second_right).sum())
    if only_first + only_second == 0:
        return 1.0
    return float(binomtest(only_first, only_first + only_second).pvalue)
