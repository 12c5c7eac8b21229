"""Page 08: believe the surest, let labels flow, put an interval around a lead, and read a race."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from helpers.exercises import judging
from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn
from helpers.exercises.slips import as_tensor


def surest(probs, images, share):
    """The share of the images that the model is surest of -> (images, their pseudo-labels)."""
    confidence, labels = probs.max(dim=1)
    chosen = confidence.argsort(descending=True)[: round(share * len(images))]
    return images[chosen], labels[chosen]


def surest_cases() -> list[tuple]:
    """Pools of 2 to 8 images of 1 x 2 pixels; shares that are rounded up, rounded down, and the whole pool."""
    pools = (
        (2, 0.5),
        (3, 0.4),
        (3, 0.9),
        (4, 0.6),
        (4, 0.3),
        (5, 0.3),
        (5, 0.75),
        (6, 0.4),
        (4, 1.0),
        (7, 0.2),
        (8, 0.7),
    )

    def make(generator: torch.Generator, i: int) -> tuple:
        count, share = pools[i % len(pools)]
        classes = (2, 3, 4, 3)[i % 4]
        while True:
            probs = torch.randn(count, classes, generator=generator).softmax(dim=1).mul(100).round().clamp(min=1)
            probs[torch.arange(count), probs.argmax(dim=1)] += 100 - probs.sum(dim=1)
            confidence, best = probs.max(dim=1)
            at_share = (confidence == round(100 * share)).any()  # `>` and `>=` a threshold would differ there
            if len(confidence.unique()) == count and len(best.unique()) > 1 and not at_share:
                break
        images = torch.randperm(10, generator=generator)[:count].view(-1, 1, 1, 1) + torch.tensor([0.0, 0.5])
        return probs / 100, images, share

    # the surest of these is not the one that is furthest ahead of its second class, nor that after another softmax
    near = torch.tensor([[0.5, 0.25, 0.25], [0.51, 0.48, 0.01], [0.3, 0.36, 0.34]])
    images = torch.arange(3).view(-1, 1, 1, 1) + torch.tensor([4.0, 4.5])
    return [*drawn(make), (near[:2], images[:2], 0.4), (near, images, 0.3), (near.flip(0), images, 0.4)]


def same_pairs(got: object, right: object) -> bool:
    """Each image with its label, in whatever order."""
    if not isinstance(right, tuple) or len(right) != 2:
        return judging.same(got, right)
    if isinstance(got, str | dict) or not hasattr(got, "__len__") or len(got) != 2:
        return False
    if judging.same(got, right):
        return True
    (images, labels), (right_images, right_labels) = ([as_tensor(part) for part in pair] for pair in (got, right))
    if any(part is None for part in (images, labels, right_images, right_labels)):
        return False
    if images.shape != right_images.shape or labels.shape != right_labels.shape or images.dim() < 2:
        return False
    return judging.same(_pairs(images, labels), _pairs(right_images, right_labels))


def _pairs(images: Tensor, labels: Tensor) -> list:
    return sorted(torch.cat([labels.reshape(len(images), -1), images.flatten(1)], dim=1).tolist())


def _most(probs: Tensor, share: float) -> int:
    return round(share * len(probs))


def _order(probs: Tensor) -> Tensor:
    """Places, the surest first."""
    return probs.amax(dim=1).argsort(descending=True)


def _take(
    order: Callable = _order,
    labels: Callable = lambda probs, chosen: probs.argmax(dim=1)[chosen],
    most: Callable = _most,
    images: Callable = lambda images, chosen: images[chosen],
) -> Callable:
    """The solution with a slip: another order, other labels, another number of images."""

    def with_slip(probs: Tensor, pool: Tensor, share: float) -> tuple:
        chosen = order(probs)[: most(probs, share)]
        return images(pool, chosen), labels(probs, chosen)

    return with_slip


def _over(threshold: Callable, probs: Tensor, images: Tensor) -> tuple:
    sure = probs.amax(dim=1) >= threshold(probs)
    return images[sure], probs.argmax(dim=1)[sure]


def _first_labels(probs: Tensor, chosen: Tensor) -> Tensor:
    return probs.argmax(dim=1)[: len(chosen)]


def _equal_per_class(probs: Tensor, images: Tensor, share: float) -> tuple:
    confidence, best = probs.max(dim=1)
    chosen: list[int] = []
    for k in range(probs.shape[1]):
        members = (best == k).nonzero().flatten()
        ranked = members[confidence[members].argsort(descending=True)]
        chosen += ranked[: round(share * len(images) / probs.shape[1])].tolist()
    return images[chosen], best[chosen]


def _margin(probs: Tensor) -> Tensor:
    first, second = probs.topk(2, dim=1).values.T
    return (first - second).argsort(descending=True)


SUREST_SLIPS = {
    "These are the images that the model is *least* sure of. Sort the other way round: the largest first.": _take(
        order=lambda probs: _order(probs).flip(0)
    ),
    "These are the first images of the pool. Choose by the largest probability of each row.": _take(
        order=lambda probs: torch.arange(len(probs))
    ),
    "You sorted by the probability of class 0. Sort by the *largest* probability of each row.": _take(
        order=lambda probs: probs[:, 0].argsort(descending=True)
    ),
    "You sorted by the probability of the last class. Sort by the *largest* probability of each row.": _take(
        order=lambda probs: probs[:, -1].argsort(descending=True)
    ),
    "You sorted by the *number* of the class (`argmax`). Sort by the largest probability (`amax`).": _take(
        order=lambda probs: probs.argmax(dim=1).argsort(descending=True, stable=True)
    ),
    "You sorted by the sum of each row, which is 1 for all. Sort by the *largest* probability of each row.": _take(
        order=lambda probs: probs.sum(dim=1).argsort(descending=True)
    ),
    "You sorted by the smallest probability of each row. Sort by the *largest*.": _take(
        order=lambda probs: probs.amin(dim=1).argsort(descending=True)
    ),
    "You sorted by how far the best class is ahead of the second. That is another rule: sort by the largest "
    "probability itself.": _take(order=_margin),
    "You sorted by the entropy of each row. That is another rule: sort by the largest probability.": _take(
        order=lambda probs: torch.special.entr(probs).sum(dim=1).argsort()
    ),
    "`probs` are probabilities already. Another softmax changes how sure the rows are, compared with each other.": _take(
        order=lambda probs: _order(probs.softmax(dim=1))
    ),
    "That is the largest number of each *column* (`dim=0`). Each image has a row: `dim=1`.": lambda probs, images, share: (
        images[probs.amax(dim=0).argsort(descending=True)[: _most(probs, share)]],
        probs.argmax(dim=0)[probs.amax(dim=0).argsort(descending=True)[: _most(probs, share)]],
    ),
    "A quantile lets through *about* as many images as `share` says. Keep exactly `share` of them, rounded: sort, and take "
    "the first.": lambda probs, images, share: _over(lambda p: p.amax(dim=1).quantile(1 - share), probs, images),
    "You kept the images *behind* the surest: `[n:]` leaves the first n out, `[:n]` takes them.": (
        lambda probs, images, share: (
            images[_order(probs)[_most(probs, share) :]],
            probs.argmax(dim=1)[_order(probs)[_most(probs, share) :]],
        )
    ),
    "You took `share` for a threshold on the probability. It says how many images to keep, as a share of the pool.": (
        lambda probs, images, share: _over(lambda _: share, probs, images)
    ),
    "You kept what is above the mean confidence. `share` says how many images to keep, as a share of the pool.": (
        lambda probs, images, share: _over(lambda p: p.amax(dim=1).mean(), probs, images)
    ),
    "That cuts the number of images off; round it: `round`, not `int` or `//`.": _take(
        most=lambda probs, share: int(share * len(probs))
    ),
    "That rounds the number of images up; round it to the nearest whole number: `round`.": _take(
        most=lambda probs, share: math.ceil(share * len(probs))
    ),
    "One image too many is kept.": _take(most=lambda probs, share: _most(probs, share) + 1),
    "One image too few is kept.": _take(most=lambda probs, share: _most(probs, share) - 1),
    "You kept half of the pool, whatever `share` is.": _take(most=lambda probs, share: len(probs) // 2),
    "You kept the part that should go: as many as 1 - share.": _take(
        most=lambda probs, share: len(probs) - _most(probs, share)
    ),
    "All images are there, sorted. Keep the first of them, as many as `share` says.": _take(
        most=lambda probs, share: len(probs)
    ),
    "One image only is kept. `share` says how many.": _take(most=lambda probs, share: 1),
    "`share` was taken of the number of classes. It is a share of the *images*.": _take(
        most=lambda probs, share: round(share * probs.shape[1])
    ),
    "That is the rule *equal per class*: as many of each class. Here the surest of all are wanted, of whatever class.": (
        _equal_per_class
    ),
    "Your first result are the places of the images. Return the images at these places.": _take(
        images=lambda images, chosen: chosen
    ),
    "Your labels are probabilities. A pseudo-label is the *number* of the likeliest class.": _take(
        labels=lambda probs, chosen: probs.amax(dim=1)[chosen]
    ),
    "Your labels are whole rows of probabilities. A pseudo-label is the *number* of the likeliest class.": _take(
        labels=lambda probs, chosen: probs[chosen]
    ),
    "Your labels are one-hot rows. A pseudo-label is the *number* of the likeliest class.": _take(
        labels=lambda probs, chosen: F.one_hot(probs.argmax(dim=1)[chosen], probs.shape[1])
    ),
    "Your labels are the places of the images in the pool. A pseudo-label is the number of the likeliest class.": _take(
        labels=lambda probs, chosen: chosen
    ),
    "The labels belong to other images: they are those of the first images of the pool. Take them at the same places as "
    "the images.": _take(labels=_first_labels),
    "The labels belong to other images: you sorted the images, and not the labels. Take both at the same places.": _take(
        labels=lambda probs, chosen: _first_labels(probs, chosen.flip(0)).flip(0)
    ),
    "Your labels are those of the whole pool. Take them at the same places as the images.": _take(
        labels=lambda probs, chosen: probs.argmax(dim=1)
    ),
    "Your labels are the *least* likely classes. Take the likeliest: `argmax`.": _take(
        labels=lambda probs, chosen: probs.argmin(dim=1)[chosen]
    ),
    "The images belong to other labels: they are the first of the pool. Take them at the same places as the labels.": (
        _take(images=lambda images, chosen: images[: len(chosen)])
    ),
}


def flow_step(graph, flow, start, keep):
    """The flow (N, K) after one more step along the graph (N, N)."""
    return keep * (graph @ flow) + (1 - keep) * start


def flow_cases() -> list[tuple]:
    """One to four points, classes as many or more or fewer; a graph whose two directions differ."""

    def make(generator: torch.Generator, i: int) -> tuple:
        points, classes = (1, 2, 3, 2, 4, 3)[i % 6], (2, 3, 2, 2, 3, 3)[i % 6]
        keep = (0.9, 0.75, 0.5, 0.99, 0.2)[i % 5]

        def tenths(*shape: int) -> Tensor:
            return torch.randint(1, 10, shape, generator=generator) / 10

        start = tenths(points, classes)
        if points > 1:
            start[int(torch.randint(points, (), generator=generator))] = 0  # a point without a label
        return tenths(points, points), tenths(points, classes), start, keep

    return drawn(make)


def _one_by_one(graph: Tensor, flow: Tensor, start: Tensor, keep: float) -> Tensor:
    new = flow.clone()
    for i in range(len(graph)):
        new[i] = keep * (graph[i] @ new) + (1 - keep) * start[i]
    return new


def _repeated(graph: Tensor, flow: Tensor, start: Tensor, keep: float, times: int) -> Tensor:
    for _ in range(times):
        flow = keep * (graph @ flow) + (1 - keep) * start
    return flow


FLOW_SLIPS = {
    "That is what the neighbours have, and the labelled points get nothing again: `start` is missing.": (
        lambda graph, flow, start, keep: keep * graph @ flow
    ),
    "That is what arrives from the neighbours, in full. `keep` weighs it, and the rest of the weight is for `start`.": (
        lambda graph, flow, start, keep: graph @ flow
    ),
    "What arrives counts in full in yours. Multiply it by `keep`.": lambda graph, flow, start, keep: (
        graph @ flow + (1 - keep) * start
    ),
    "You add `start` in full. Its part is what `keep` leaves over: 1 - keep.": lambda graph, flow, start, keep: (
        keep * (graph @ flow) + start
    ),
    "What arrives and `start` both count in full in yours, and `keep` is not used.": lambda graph, flow, start, keep: (
        graph @ flow + start
    ),
    "`keep` and 1 - keep have changed places.": lambda graph, flow, start, keep: (
        (1 - keep) * (graph @ flow) + keep * start
    ),
    "`start` is weighed by `keep` as well. Its part is what `keep` leaves over: 1 - keep.": (
        lambda graph, flow, start, keep: keep * (graph @ flow) + keep * start
    ),
    "You sent `start` along the graph, too. Only the flow moves on; `start` is added afterwards, as it is.": (
        lambda graph, flow, start, keep: graph @ (keep * flow + (1 - keep) * start)
    ),
    "The graph is the wrong way round: row i says whom point i listens to.": lambda graph, flow, start, keep: (
        keep * (graph.T @ flow) + (1 - keep) * start
    ),
    "The graph is the wrong way round, and `keep` and 1 - keep have changed places.": lambda graph, flow, start, keep: (
        (1 - keep) * (graph.T @ flow) + keep * start
    ),
    "Nothing has moved along the graph: multiply it with the *flow*, as matrices.": lambda graph, flow, start, keep: (
        keep * flow + (1 - keep) * start
    ),
    "You sent the `start` along the graph, and the flow is not there. It is the *flow* that moves on.": (
        lambda graph, flow, start, keep: keep * (graph @ start) + (1 - keep) * start
    ),
    "`flow` and `start` have changed places.": lambda graph, flow, start, keep: (
        keep * (graph @ start) + (1 - keep) * flow
    ),
    "You kept a part of the old flow. The part beside `keep` is for `start`.": lambda graph, flow, start, keep: (
        keep * (graph @ flow) + (1 - keep) * flow
    ),
    "The old flow is still there in full, and what arrives comes on top. What arrives *takes its place*.": (
        lambda graph, flow, start, keep: flow + keep * (graph @ flow) + (1 - keep) * start
    ),
    "You took the mean over the neighbours. A point adds up what they have.": lambda graph, flow, start, keep: (
        keep * (graph @ flow) / len(graph) + (1 - keep) * start
    ),
    "Each row was divided by its sum. The page does that after the last step, and this is one step.": (
        lambda graph, flow, start, keep: (
            (keep * (graph @ flow) + (1 - keep) * start)
            / (keep * (graph @ flow) + (1 - keep) * start).sum(dim=1, keepdim=True)
        )
    ),
    "Nothing is added up over the neighbours: `*` multiplies entry by entry. A product of matrices is `@`.": (
        lambda graph, flow, start, keep: keep * (graph * flow) + (1 - keep) * start
    ),
    "`flow @ graph` is the other way round: the graph stands on the left, and each of its rows adds up rows of the flow.": (
        lambda graph, flow, start, keep: keep * (flow @ graph) + (1 - keep) * start
    ),
    "Brackets are missing: without them only `start` is multiplied by `keep`, and 1 is added. Write `(1 - keep) * start`.": (
        lambda graph, flow, start, keep: keep * (graph @ flow) + 1 - keep * start
    ),
    "Your brackets end too late: `keep` weighs what arrives, and not `start`, too.": lambda graph, flow, start, keep: (
        keep * (graph @ flow + (1 - keep) * start)
    ),
    "1 - keep is added to all entries. It is the weight of `start`: multiply the two.": lambda graph, flow, start, keep: (
        keep * (graph @ flow) + (1 - keep)
    ),
    "Only the last neighbour counts in yours: each one replaces the one before. Add up, with `+=`.": (
        lambda graph, flow, start, keep: keep * graph[:, -1:] * flow[-1] + (1 - keep) * start
    ),
    "Only the first neighbour counts in yours. Add up over all of them.": lambda graph, flow, start, keep: (
        keep * graph[:, :1] * flow[0] + (1 - keep) * start
    ),
    "`start` is added once for each neighbour, inside the loop. Add it once.": lambda graph, flow, start, keep: (
        keep * (graph @ flow) + len(graph) * (1 - keep) * start
    ),
    "Each point listens only to those before it. Let the inner loop run over all points.": lambda graph, flow, start, keep: (
        keep * (graph.tril(-1) @ flow) + (1 - keep) * start
    ),
    "Each point listens only to those before it and to itself. Let the inner loop run over all points.": (
        lambda graph, flow, start, keep: keep * (graph.tril() @ flow) + (1 - keep) * start
    ),
    "Later points listen to the *new* flow of earlier ones: you write into what you still read. Write into another tensor.": (
        _one_by_one
    ),
    "The labelled points keep their own label in full in yours. They take part like all others; `start` has the weight "
    "1 - keep.": lambda graph, flow, start, keep: torch.where(
        start > 0, start, keep * (graph @ flow) + (1 - keep) * start
    ),
    "You repeat the step many times. One is wanted.": lambda graph, flow, start, keep: _repeated(
        graph, flow, start, keep, 256
    ),
    "You repeat the step a hundred times. One is wanted.": lambda graph, flow, start, keep: _repeated(
        graph, flow, start, keep, 100
    ),
    "The step is done twice. One is wanted.": lambda graph, flow, start, keep: (
        keep * (graph @ (keep * (graph @ flow) + (1 - keep) * start)) + (1 - keep) * start
    ),
    "`keep` is 0.99 in yours, whatever was asked: use the argument.": lambda graph, flow, start, keep: (
        0.99 * (graph @ flow) + 0.01 * start
    ),
    "`start` is taken off, where it is to be added.": lambda graph, flow, start, keep: (
        keep * (graph @ flow) - (1 - keep) * start
    ),
    "Each labelled point listens to itself in yours. Leave the graph as it is.": lambda graph, flow, start, keep: (
        keep * ((graph + torch.eye(len(graph))) @ flow) + (1 - keep) * start
    ),
    "These are the classes with the most flow. Wanted is the flow itself.": lambda graph, flow, start, keep: (
        keep * (graph @ flow) + (1 - keep) * start
    ).argmax(dim=1),
}


def paired_interval(first, second, t):
    """Mean gain of first over second, and the half width of its interval."""
    gains = first - second
    return gains.mean(), t * gains.std() / math.sqrt(len(gains))


T_FACTORS = {2: 12.7062047, 3: 4.3026527, 4: 3.1824463, 5: 2.7764451, 6: 2.5705818}  # draws -> t for 95 %


def interval_cases() -> list[tuple]:
    """Two to six draws whose luck both contenders share; gains, losses, and gains that are all alike."""

    def make(generator: torch.Generator, i: int) -> tuple:
        draws = (2, 3, 4, 5, 3, 6)[i % 6]
        luck = torch.randint(60, 90, (draws,), generator=generator).double()
        gains = torch.randint(-4, 8, (draws,), generator=generator).double() / (1, 2)[i % 2]
        if i in (9, 20):
            gains[:] = gains[0]
        return luck + gains, luck, T_FACTORS[draws]

    return drawn(make)


def _half(values: Tensor, t: float) -> Tensor:
    return t * values.std() / math.sqrt(len(values))


def _lead(change: Callable) -> Callable:
    """The right mean gain, and what `change(first, second, t)` makes of the half width."""
    return lambda first, second, t: ((first - second).mean(), change(first, second, t))


INTERVAL_SLIPS = {
    "The gain is the other way round: how much `first` has more than `second`, so `first - second`.": (
        lambda first, second, t: ((second - first).mean(), _half(first - second, t))
    ),
    "That is the sum of the gains; wanted is their mean.": lambda first, second, t: (
        (first - second).sum(),
        _half(first - second, t),
    ),
    "That is the mean of the differences without their sign: a loss counts as a gain.": lambda first, second, t: (
        (first - second).abs().mean(),
        _half((first - second).abs(), t),
    ),
    "Without their sign, losses count as gains. Leave the gains as they are.": lambda first, second, t: (
        (first - second).abs().mean(),
        _half(first - second, t),
    ),
    "That is the median of the gains; wanted is their mean.": lambda first, second, t: (
        (first - second).median(),
        _half(first - second, t),
    ),
    "That is the gain of the first draw; wanted is the mean of all.": lambda first, second, t: (
        (first - second)[0],
        _half(first - second, t),
    ),
    "That is the mean of `first` alone. Subtract `second`, draw by draw, before the mean.": lambda first, second, t: (
        first.mean(),
        _half(first - second, t),
    ),
    "You formed an interval for each contender and put the two widths together (root of the sum of the squares). That is "
    "for contenders on *different* draws. Here both had the same: subtract draw by draw first, and form one interval of the "
    "gains.": _lead(lambda first, second, t: math.hypot(_half(first, t), _half(second, t))),
    "You formed an interval for each contender and added the two half widths. Subtract draw by draw first: the luck that "
    "both share falls out. Then form one interval, of the gains.": _lead(
        lambda first, second, t: _half(first, t) + _half(second, t)
    ),
    "That is the difference of the two contenders' half widths. Subtract the accuracies draw by draw first, and form one "
    "interval, of the gains.": _lead(lambda first, second, t: _half(first, t) - _half(second, t)),
    "That is the half width for `first` alone. The interval is one of the gains, draw by draw.": _lead(
        lambda first, second, t: _half(first, t)
    ),
    "That is the half width for `second` alone. The interval is one of the gains, draw by draw.": _lead(
        lambda first, second, t: _half(second, t)
    ),
    "The root of n is missing: a mean of n draws varies less than a single draw does.": _lead(
        lambda first, second, t: t * (first - second).std()
    ),
    "You divide by n. It is the *root* of n: four times as many draws halve the width.": _lead(
        lambda first, second, t: t * (first - second).std() / len(first)
    ),
    "You divide by the root of n - 1. The n - 1 belongs into the standard deviation, where `.std()` has it already.": (
        _lead(lambda first, second, t: t * (first - second).std() / math.sqrt(len(first) - 1))
    ),
    "Your standard deviation divides by n. That of a few draws divides by n - 1, as `.std()` of a tensor does.": _lead(
        lambda first, second, t: t * (first - second).std(correction=0) / math.sqrt(len(first))
    ),
    "Your standard deviation divides by n, and the root of n is missing.": _lead(
        lambda first, second, t: t * (first - second).std(correction=0)
    ),
    "The factor t is missing: that is the standard error alone.": _lead(
        lambda first, second, t: (first - second).std() / math.sqrt(len(first))
    ),
    "The factor is 1.96 in yours. For a few draws it is larger: use `t`.": _lead(
        lambda first, second, t: 1.96 * (first - second).std() / math.sqrt(len(first))
    ),
    "The factor is 2 in yours. For a few draws it is larger: use `t`.": _lead(
        lambda first, second, t: 2 * (first - second).std() / math.sqrt(len(first))
    ),
    "The factor is 2.776 in yours, that of five draws. Use `t`.": _lead(
        lambda first, second, t: 2.776 * (first - second).std() / math.sqrt(len(first))
    ),
    "That is the standard deviation of the gains. It has still to be multiplied by `t` and divided by the root of n.": (
        _lead(lambda first, second, t: (first - second).std())
    ),
    "That is the variance (squared) where the standard deviation belongs: `.std()`, not `.var()`.": _lead(
        lambda first, second, t: t * (first - second).var() / math.sqrt(len(first))
    ),
    "That is the whole width, from end to end. The half width is what stands behind the ±.": _lead(
        lambda first, second, t: 2 * _half(first - second, t)
    ),
    "The range of the gains, from the smallest to the largest, is no standard deviation: use `.std()`.": _lead(
        lambda first, second, t: t * ((first - second).max() - (first - second).min()) / math.sqrt(len(first))
    ),
    "That is half the range of the gains. The half width is t times their standard deviation over the root of n.": _lead(
        lambda first, second, t: ((first - second).max() - (first - second).min()) / 2
    ),
    "That is the mean distance of the gains from their mean. The standard deviation squares them first: `.std()`.": _lead(
        lambda first, second, t: t * ((first - second) - (first - second).mean()).abs().mean() / math.sqrt(len(first))
    ),
    "n is the number of draws. You took that of both contenders together, twice as many.": _lead(
        lambda first, second, t: t * (first - second).std() / math.sqrt(2 * len(first))
    ),
    "You divide by the root of 5, whatever the number of draws is. It is `len(gains)`.": _lead(
        lambda first, second, t: t * (first - second).std() / math.sqrt(5)
    ),
    "That is t times the variance over n. Take the root of the variance (`.std()`) and the root of n.": _lead(
        lambda first, second, t: t * (first - second).var() / len(first)
    ),
    "Your root covers too much: only n stands below it.": _lead(
        lambda first, second, t: torch.sqrt(t * (first - second).std() / len(first))
    ),
    "Your half width is `nan`, which is no number. (If you call `mean_interval`: its second argument is a confidence such "
    "as 0.95, and not t.)": _lead(lambda first, second, t: math.nan),
    "Your half width is always 0: the deviations from the mean add up to 0. Square them first, as `.std()` does.": _lead(
        lambda first, second, t: 0.0
    ),
    "Yours are gains in proportion to `second`. Points are wanted: `first - second`.": lambda first, second, t: (
        ((first - second) / second).mean(),
        _half((first - second) / second, t),
    ),
    "Yours are gains in per cent of `second`. Points are wanted: `first - second`.": lambda first, second, t: (
        (100 * (first - second) / second).mean(),
        _half(100 * (first - second) / second, t),
    ),
    "These are the gains of the single draws; wanted is their mean.": lambda first, second, t: (
        first - second,
        _half(first - second, t),
    ),
    "These are two intervals, one for each contender. Wanted is one of the gains: subtract draw by draw first.": (
        lambda first, second, t: ((first.mean(), _half(first, t)), (second.mean(), _half(second, t)))
    ),
    "You return the two ends of the interval. Wanted are its middle and the half width: the mean gain, and what stands "
    "behind the ±.": lambda first, second, t: (
        (first - second).mean() - _half(first - second, t),
        (first - second).mean() + _half(first - second, t),
    ),
    "Your second number is the upper end of the interval. Wanted is the half width: what stands behind the ±.": _lead(
        lambda first, second, t: (first - second).mean() + _half(first - second, t)
    ),
    "Your second number is the lower end of the interval. Wanted is the half width: what stands behind the ±.": _lead(
        lambda first, second, t: (first - second).mean() - _half(first - second, t)
    ),
}


def broken_rules(ours, rival):
    """The names of the rules that a comparison of these two contenders breaks, in a list."""
    broken = []
    if ours["labels"] != rival["labels"]:
        broken.append("labels")
    if sum(ours["steps"]) != sum(rival["steps"]):
        broken.append("steps")
    if set(ours["rates"]) != set(rival["rates"]):
        broken.append("rates")
    if "test" in [ours["chosen_on"], rival["chosen_on"]]:
        broken.append("chosen_on")
    if set(ours["knows"]) != set(rival["knows"]):
        broken.append("knows")
    return broken


FAIR = {  # rule -> pairs that keep it, also such as look different
    "labels": ((2, 2), (10, 10)),
    "steps": (([500], [500]), ([500], [300, 200]), ([300, 200], [200, 300]), ([600], [400, 200])),
    "rates": (([0.01], [0.01]), ([0.01, 0.03], [0.03, 0.01])),
    "chosen_on": (("validation", "validation"), ("validation", "training"), ("training", "training")),
    "knows": (([], []), (["shares", "sizes"], ["sizes", "shares"]), (["shares"], ["shares"])),
}
UNFAIR = {  # rule -> pairs that break it, also such as look alike
    "labels": ((2, 10), (10, 2)),
    "steps": (([500], [600]), ([300, 200], [300]), ([500], [500, 200]), ([400, 200], [300, 200]), ([500], [300, 300])),
    "rates": (([0.01, 0.03], [0.01]), ([0.01], [0.01, 0.03]), ([0.001, 0.03], [0.01, 0.03]), ([0.01], [0.03])),
    "chosen_on": (
        ("test", "test"),
        ("validation", "test"),
        ("test", "validation"),
        ("training", "test"),
        ("test", "training"),
    ),
    "knows": (
        (["shares"], []),
        ([], ["shares"]),
        (["shares"], ["sizes"]),
        (["sizes"], ["shares"]),
        (["sizes"], ["shares", "sizes"]),
    ),
}


def race_cases() -> list[tuple]:
    """Each fair and each unfair pair, and races that break several rules at once."""

    def race(**pairs: tuple) -> tuple:
        columns = {rule: pairs.get(rule, FAIR[rule][0]) for rule in FAIR}
        return tuple({rule: pair[side] for rule, pair in columns.items()} for side in (0, 1))

    def make(generator: torch.Generator, i: int) -> tuple:
        pairs = {}
        for rule in FAIR:
            among = UNFAIR[rule] if torch.rand((), generator=generator) < 0.5 else FAIR[rule]
            pairs[rule] = among[int(torch.randint(len(among), (), generator=generator))]
        return race(**pairs)

    single = [race(**{rule: pair}) for kind in (FAIR, UNFAIR) for rule, pairs in kind.items() for pair in pairs]
    return [*single, *drawn(make, 12)]


def same_names(got: object, right: object) -> bool:
    """The same names, in whatever order and whichever kind of list."""
    if not isinstance(right, list):
        return judging.same(got, right) and isinstance(got, bool) == isinstance(right, bool)
    if not all(isinstance(name, str) for name in right):
        return isinstance(got, list | tuple) and list(got) == right
    if not isinstance(got, list | tuple | set | frozenset) or not all(isinstance(name, str) for name in got):
        return False
    return set(got) == set(right)


RULES: dict[str, Callable] = {
    "labels": lambda a, b: a["labels"] != b["labels"],
    "steps": lambda a, b: sum(a["steps"]) != sum(b["steps"]),
    "rates": lambda a, b: set(a["rates"]) != set(b["rates"]),
    "chosen_on": lambda a, b: "test" in (a["chosen_on"], b["chosen_on"]),
    "knows": lambda a, b: set(a["knows"]) != set(b["knows"]),
}
MISREAD: dict[str, dict[str, Callable]] = {  # rule -> diagnosis -> the rule as it is misread
    "labels": {
        "More labels for `ours` break the rule in yours; more for `rival` do, too: both must have equally many.": (
            lambda a, b: a["labels"] > b["labels"]
        ),
        "More labels for `rival` break the rule in yours; more for `ours` do, too: both must have equally many.": (
            lambda a, b: a["labels"] < b["labels"]
        ),
        'The rule "labels" is never reported.': lambda a, b: False,
        'The rule "labels" is reported where it is kept, and not where it is broken.': lambda a, b: (
            a["labels"] == b["labels"]
        ),
    },
    "steps": {
        "[300, 200] and [500] are equally many steps, in two parts and in one. Compare their sums, not the lists.": (
            lambda a, b: a["steps"] != b["steps"]
        ),
        "Only the first part of the steps is compared. Add up all parts.": lambda a, b: a["steps"][0] != b["steps"][0],
        "Only the last part of the steps is compared. Add up all parts.": lambda a, b: a["steps"][-1] != b["steps"][-1],
        "You compare how many *parts* the steps have, not how many steps they are together.": lambda a, b: (
            len(a["steps"]) != len(b["steps"])
        ),
        "The longest parts are compared. Add up all parts.": lambda a, b: max(a["steps"]) != max(b["steps"]),
        "The parts are compared in any order. It is their sum that must be equal.": lambda a, b: (
            sorted(a["steps"]) != sorted(b["steps"])
        ),
        "More steps for `ours` break the rule in yours; more for `rival` do, too.": lambda a, b: (
            sum(a["steps"]) > sum(b["steps"])
        ),
        "More steps for `rival` break the rule in yours; more for `ours` do, too.": lambda a, b: (
            sum(a["steps"]) < sum(b["steps"])
        ),
        'The rule "steps" is never reported.': lambda a, b: False,
        'The rule "steps" is reported where it is kept, and not where it is broken.': lambda a, b: (
            sum(a["steps"]) == sum(b["steps"])
        ),
    },
    "rates": {
        "The same learning rates in another order are the same choice. Compare them without their order.": lambda a, b: (
            a["rates"] != b["rates"]
        ),
        "You compare how *many* learning rates there were to choose from. As many others are another choice.": (
            lambda a, b: len(a["rates"]) != len(b["rates"])
        ),
        "Only the first learning rates are compared. Compare all, without their order.": lambda a, b: (
            a["rates"][0] != b["rates"][0]
        ),
        "The largest learning rates are compared. Compare all, without their order.": lambda a, b: (
            max(a["rates"]) != max(b["rates"])
        ),
        "Only rates that `ours` has more than `rival` break the rule in yours. It holds the other way, too.": (
            lambda a, b: bool(set(a["rates"]) - set(b["rates"]))
        ),
        "Only rates that `rival` has more than `ours` break the rule in yours. It holds the other way, too.": (
            lambda a, b: bool(set(b["rates"]) - set(a["rates"]))
        ),
        "In yours a single rate in common is enough. All must be the same.": lambda a, b: (
            not set(a["rates"]) & set(b["rates"])
        ),
        'The rule "rates" is never reported.': lambda a, b: False,
        'The rule "rates" is reported where it is kept, and not where it is broken.': lambda a, b: (
            set(a["rates"]) == set(b["rates"])
        ),
    },
    "chosen_on": {
        "You ask whether both chose on the same images. But two who both chose on the *test* images both break the rule, "
        "and training against validation images is no breach.": lambda a, b: a["chosen_on"] != b["chosen_on"],
        "Only `ours` is asked whether it chose on the test images. `rival` must not either.": lambda a, b: (
            a["chosen_on"] == "test"
        ),
        "Only `rival` is asked whether it chose on the test images. `ours` must not either.": lambda a, b: (
            b["chosen_on"] == "test"
        ),
        "In yours the rule breaks only if *both* chose on the test images. One is enough: `or`, not `and`.": lambda a, b: (
            a["chosen_on"] == b["chosen_on"] == "test"
        ),
        "In yours it must be the validation images. The rule forbids the *test* images only.": lambda a, b: (
            not a["chosen_on"] == b["chosen_on"] == "validation"
        ),
        "In yours the rule breaks wherever one did not choose on the test images. It is the other way round.": (
            lambda a, b: "test" not in (a["chosen_on"], b["chosen_on"])
        ),
        '`a or b == "test"` asks only the second: a text on its own counts as true. Write `== "test"` behind both.': (
            lambda a, b: True
        ),
        "In yours choosing on the test images is allowed to both or to neither. Nobody may.": lambda a, b: (
            (a["chosen_on"] == "test") != (b["chosen_on"] == "test")
        ),
        'The rule "chosen_on" is never reported.': lambda a, b: False,
    },
    "knows": {
        "The same facts in another order are the same knowledge. Compare them without their order.": lambda a, b: (
            a["knows"] != b["knows"]
        ),
        "You compare how *many* facts each knows. One may know another fact than the other.": lambda a, b: (
            len(a["knows"]) != len(b["knows"])
        ),
        "In yours the rule breaks only if `ours` knows what `rival` does not. It holds the other way, too.": lambda a, b: (
            bool(set(a["knows"]) - set(b["knows"]))
        ),
        "In yours the rule breaks only if `rival` knows what `ours` does not. It holds the other way, too.": lambda a, b: (
            bool(set(b["knows"]) - set(a["knows"]))
        ),
        "In yours any knowledge breaks the rule. What both know is the same chance for both.": lambda a, b: bool(
            a["knows"] or b["knows"]
        ),
        "In yours any knowledge of `ours` breaks the rule. What both know is the same chance for both.": lambda a, b: (
            bool(a["knows"])
        ),
        "In yours a single fact in common is enough. All must be the same.": lambda a, b: (
            not set(a["knows"]) & set(b["knows"])
        ),
        "You ask whether each knows anything at all. One may know another fact than the other.": lambda a, b: (
            bool(a["knows"]) != bool(b["knows"])
        ),
        'The rule "knows" is never reported.': lambda a, b: False,
        'The rule "knows" is reported where it is kept, and not where it is broken.': lambda a, b: (
            set(a["knows"]) == set(b["knows"])
        ),
    },
}


FREQUENT = (  # how the misreadings begin of which two may come together
    "More labels for `ours`",
    "More steps for `ours`",
    "[300, 200] and",
    "Only the first part",
    "The same learning rates in",
    "You compare how",
    "You ask whether both chose",
    "Only `ours` is asked",
    "The same facts in",
    "In yours the rule breaks only if `ours`",
    "In yours any knowledge breaks",
    "The rule ",
)


def _by(changed: Mapping[str, Callable]) -> Callable:
    """The solution with some of its rules misread."""
    rules = RULES | changed
    return lambda ours, rival: [name for name, breaks in rules.items() if breaks(ours, rival)]


def _race_slips() -> dict[str, Callable]:
    right = _by({})
    slips = {
        "Only the first broken rule is there. Does a `return` end your function too early, or does an `elif` skip the "
        "rules that come after it? Ask each with an `if` of its own.": lambda ours, rival: right(ours, rival)[:1],
        "Only the last broken rule is there. Collect all of them in a list, with `append`.": lambda ours, rival: right(
            ours, rival
        )[-1:],
        "You compare the lists as they stand. [300, 200] and [500] are as many steps; and the same rates or facts in "
        "another order are the same.": _by(
            {rule: lambda a, b, rule=rule: a[rule] != b[rule] for rule in ("steps", "rates", "knows")}
        ),
        "You report what speaks for `ours` only. Each rule asks for the same chance for both, whoever has more.": _by(
            {
                "labels": lambda a, b: a["labels"] > b["labels"],
                "steps": lambda a, b: sum(a["steps"]) > sum(b["steps"]),
                "rates": lambda a, b: bool(set(a["rates"]) - set(b["rates"])),
                "chosen_on": lambda a, b: a["chosen_on"] == "test",
                "knows": lambda a, b: bool(set(a["knows"]) - set(b["knows"])),
            }
        ),
        "You report only where `ours` has *more*. Each rule asks for the same for both; and as many rates or facts may be "
        "other ones.": _by(
            {
                "labels": lambda a, b: a["labels"] > b["labels"],
                "steps": lambda a, b: sum(a["steps"]) > sum(b["steps"]),
                "rates": lambda a, b: len(a["rates"]) > len(b["rates"]),
                "chosen_on": lambda a, b: a["chosen_on"] == "test",
                "knows": lambda a, b: len(a["knows"]) > len(b["knows"]),
            }
        ),
        "Your names came apart into letters: `+=` adds a text to a list letter by letter. Use `append`.": (
            lambda ours, rival: [letter for name in right(ours, rival) for letter in name]
        ),
        "Only the last rule is left: is the list made anew inside your loop? Make it once, before.": (
            lambda ours, rival: [name for name in right(ours, rival) if name == "knows"]
        ),
        'These are the values of the fields. Wanted are the names of the broken rules, such as `"steps"`.': (
            lambda ours, rival: [ours[name] for name in right(ours, rival)]
        ),
        'One name is written otherwise than in the text: it is `"chosen_on"`, with an underscore.': (
            lambda ours, rival: [name.replace("_", " ") for name in right(ours, rival)]
        ),
        'One name is written otherwise than in the text: it is `"chosen_on"`.': (
            lambda ours, rival: [name.removesuffix("_on") for name in right(ours, rival)]
        ),
        "These are the rules that are *kept*. Return the broken ones.": lambda ours, rival: (
            [name for name in RULES if name not in right(ours, rival)]
        ),
        "That says whether the comparison is unfair. Return the names of the broken rules in a list.": (
            lambda ours, rival: bool(right(ours, rival))
        ),
        "That says whether the comparison is fair. Return the names of the broken rules in a list.": (
            lambda ours, rival: not right(ours, rival)
        ),
        "That is how many rules are broken. Return their names in a list.": lambda ours, rival: len(right(ours, rival)),
        "You report each field in which the two differ. That is not each rule: read again what is allowed to differ, and "
        "what both may not do.": lambda ours, rival: [name for name in RULES if ours[name] != rival[name]],
        "You return True or False for each rule. Return the names of the broken ones in a list.": lambda ours, rival: (
            [name in right(ours, rival) for name in RULES]
        ),
    }
    for n in (1, 2, 3):
        words = f"Your function asks for the first {n} of the five rules only. The others are never reported."
        slips[words.replace("first 1", "first")] = lambda ours, rival, n=n: [
            name for name in list(RULES)[:n] if name in right(ours, rival)
        ]
    misread = [(rule, words, other) for rule, readings in MISREAD.items() for words, other in readings.items()]
    slips |= {words: _by({rule: other}) for rule, words, other in misread}
    frequent = [reading for reading in misread if reading[1].startswith(FREQUENT)]
    for (rule, words, other), (rule2, words2, other2) in itertools.combinations(frequent, 2):
        if rule != rule2:
            slips[f"Two slips at once. {words} And: {words2}"] = _by({rule: other, rule2: other2})
    return slips


EXERCISES = {
    "8.1": Exercise(
        solution=surest,
        cases=surest_cases,
        slips=SUREST_SLIPS,
        same=same_pairs,
        returns="two results, the chosen images and their labels",
        why="`max(dim=1)` returns both the confidence and the class; one order of places serves images and labels.",
        notice="This is one round of self-training. Mind that a share, unlike a threshold, keeps as many however unsure the model is.",
        hints=(
            "Two questions for each row of `probs`: how large is its largest number, and at which class does it stand?",
            "`confidence, labels = probs.max(dim=1)` answers both. Which images have the largest confidence? `argsort` "
            "returns places.",
            "Of `confidence.argsort(descending=True)` keep the first `round(share * len(images))` places. Take images *and* "
            "labels there.",
        ),
    ),
    "8.2": Exercise(
        solution=flow_step,
        cases=flow_cases,
        slips=FLOW_SLIPS,
        returns="a tensor of the shape of `flow`",
        why="A matrix product adds up what the neighbours have; the rest of the weight goes to where the labels came from.",
        notice="The page repeats this step. With keep = 1 nothing would hold the labelled points to their own labels.",
        hints=(
            "A point takes over what its neighbours have: row i of `graph`, times `flow`, added up over the neighbours.",
            "For all points at once that is a product of two matrices, and `@` computes it.",
            "Multiply what arrives by `keep`, and add `start` times what is left of 1.",
        ),
    ),
    "8.3": Exercise(
        solution=paired_interval,
        cases=interval_cases,
        slips=INTERVAL_SLIPS,
        returns="two numbers, the mean gain and the half width of its interval",
        why="Subtract first, draw by draw: the luck that both contenders share falls out. All that follows is about these "
        "gains alone, which is what `intervals.mean_interval` does with them.",
        notice='Try it on the race: `paired_interval(table("letters", 1).mean(dim=1), table("scratch strong", 1).mean(dim=1), '
        "2.776)` is the lead of 3.0 ± 1.1 over draws that this page printed.",
        hints=(
            "Both contenders had the same labels in each draw. What do you compute before any mean or standard deviation?",
            "The gains are one number for each draw, and both results are made of them alone. How many are there?",
            "`gains.mean()` is the first result. For the second: `gains.std()` times t, over the root of `len(gains)`.",
        ),
    ),
    "8.4": Exercise(
        solution=broken_rules,
        cases=race_cases,
        slips=_race_slips(),
        same=same_names,
        returns='a list of the names of the broken rules, such as `["steps", "knows"]`, in any order; empty if it is fair',
        why="Three rules ask for equal chances, in whatever way they are written down: a sum of parts, or a set without order. "
        "The fourth forbids something to both. The fifth asks what a method knew beforehand.",
        notice="Two who break a rule alike look fair side by side: the same test images chose for both, and both figures are "
        "too good.",
        hints=(
            "Start with an empty list. For each rule ask whether it is broken, and if so `append` its name.",
            "Not every difference breaks a rule: [300, 200] and [500] are as many steps. And not every breach is a difference: "
            'both may have chosen on "test".',
            "`sum` for the steps; `set(...)` compares without order; the rule about the test images asks both contenders, by "
            "`or`.",
        ),
    ),
}
