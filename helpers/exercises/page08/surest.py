"""Exercise 8.1. The share of the images that the model is surest of -> (images, their pseudo-labels)."""

from __future__ import annotations

import math
from collections.abc import Callable

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
    none = torch.tensor([[0.9, 0.1], [0.6, 0.4], [0.2, 0.8], [0.3, 0.7]])  # a tenth of four images, rounded
    four = torch.arange(4).view(-1, 1, 1, 1) + torch.tensor([2.0, 2.5])
    by_hand = (near[:2], images[:2], 0.4), (near, images, 0.3), (near.flip(0), images, 0.4), (none, four, 0.1)
    return [*drawn(make), *by_hand]


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
    if not len(right_labels):
        return images.numel() == labels.numel() == 0
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


def _equal_per_class(probs: Tensor, images: Tensor, share: float, cut_off: bool = False) -> tuple:
    confidence, best = probs.max(dim=1)
    each = _most(probs, share) // probs.shape[1] if cut_off else round(share * len(images) / probs.shape[1])
    chosen: list[int] = []
    for k in range(probs.shape[1]):
        members = (best == k).nonzero().flatten()
        ranked = members[confidence[members].argsort(descending=True)]
        chosen += ranked[:each].tolist()
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
    "You sorted all probabilities together, so an image may be chosen twice. Each row has one confidence, its largest.": (
        lambda probs, images, share: (
            images[probs.flatten().argsort(descending=True)[: _most(probs, share)] // probs.shape[1]],
            probs.flatten().argsort(descending=True)[: _most(probs, share)] % probs.shape[1],
        )
    ),
    "You took the smallest probability of each row, and its class. Take the *largest*: `max`, not `min`.": _take(
        order=lambda probs: probs.amin(dim=1).argsort(descending=True),
        labels=lambda probs, chosen: probs.argmin(dim=1)[chosen],
    ),
    "You sorted by the smallest probability of each row. Sort by the *largest*.": _take(
        order=lambda probs: probs.amin(dim=1).argsort(descending=True)
    ),
    "You sorted by how far the best class is ahead of the second. That is another rule: sort by the largest "
    "probability itself.": _take(order=_margin),
    "You sorted by entropy or the like. That is another rule: sort by the largest probability.": _take(
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
    "Your first result holds the places of the images. Return the images at these places.": _take(
        images=lambda images, chosen: chosen
    ),
    "That is the rule *equal per class*: as many of each class, rounded down. Here the surest of all are wanted, of "
    "whatever class.": lambda probs, images, share: _equal_per_class(probs, images, share, cut_off=True),
    "`[-n:]` takes the last n, but where n is 0 it takes *all*. Sort in descending order and take `[:n]`.": _take(
        most=lambda probs, share: _most(probs, share) or len(probs)
    ),
    "At least one image is kept in yours, and the number is cut off, not rounded. Where `share` comes to 0 images, none is "
    "to be kept.": _take(most=lambda probs, share: max(1, int(share * len(probs)))),
    "At least one image is kept in yours. Where `share` times their number is rounded to 0, none is to be kept.": _take(
        most=lambda probs, share: max(1, _most(probs, share))
    ),
    "`quantile(share)` is the value *below* which that share lies, so you keep the other part. And a quantile lets through "
    "only about as many as asked: sort, and take the first.": lambda probs, images, share: (
        images[probs.amax(dim=1) > probs.amax(dim=1).quantile(share)],
        probs.argmax(dim=1)[probs.amax(dim=1) > probs.amax(dim=1).quantile(share)],
    ),
    "These are a label and a weight for *every* image of the pool, as the page's rules return them. Wanted are the chosen "
    "images, and their labels.": lambda probs, images, share: (
        probs.argmax(dim=1),
        torch.zeros(len(images)).index_fill(0, _order(probs)[: _most(probs, share)], 1.0),
    ),
    "`topk(..., dim=0)` ranks all images anew for each class. Each image has *one* confidence, the largest of its row: rank "
    "these.": lambda probs, images, share: (
        images[probs.topk(_most(probs, share), dim=0).indices],
        probs.argmax(dim=1)[probs.topk(_most(probs, share), dim=0).indices],
    ),
    "The images stand in the order of the pool, and the labels in that of the confidence, so label i is not that of image "
    "i. Take both at the same places, in the same order.": _take(
        images=lambda images, chosen: images[chosen.sort().values]
    ),
    "The labels stand in the order of the pool, and the images in that of the confidence, so label i is not that of image "
    "i. Take both at the same places, in the same order.": _take(
        labels=lambda probs, chosen: probs.argmax(dim=1)[chosen.sort().values]
    ),
    "You rounded `share` itself, to 0 or 1, and multiplied then. Multiply first, then round.": _take(
        most=lambda probs, share: round(share) * len(probs)
    ),
    "You kept the part that should go: 1 - share of the images.": _take(
        most=lambda probs, share: round((1 - share) * len(probs))
    ),
    "Your labels are from the largest number of each *column* (`dim=0`). Each image has a row: `dim=1`.": _take(
        labels=lambda probs, chosen: probs.argmax(dim=0)[chosen]
    ),
    "Your label is a single number. Each chosen image has its own: `argmax(dim=1)` of its row.": _take(
        labels=lambda probs, chosen: probs.argmax(dim=1)[chosen].argmax() if len(chosen) else torch.tensor(0)
    ),
    "You sorted by the *smallest* probability of each row. That is another rule: sort by the largest.": _take(
        order=lambda probs: probs.amin(dim=1).argsort()
    ),
    "The surest image of all is left out: the first place is 0, so take `[:n]`.": lambda probs, images, share: (
        images[_order(probs)[1 : _most(probs, share) + 1]],
        probs.argmax(dim=1)[_order(probs)[1 : _most(probs, share) + 1]],
    ),
    "You took *ranks* for places: `argsort` of `argsort` says which rank each image has. One `argsort` says which image "
    "has each rank.": _take(order=lambda probs: _order(probs).argsort()),
    "`share` was taken of *all* numbers of the tensor (`numel`). It is a share of the images: `len(images)`.": _take(
        most=lambda probs, share: round(share * probs.numel())
    ),
    "`share` was taken of all pixels (`numel`). It is a share of the images: `len(images)`.": _take(
        most=lambda probs, share: round(share * 2 * len(probs))
    ),
    "The chosen images are right, and lie flat. Return them as they are in `images`, with their shape.": _take(
        images=lambda images, chosen: images[chosen].flatten(1)
    ),
    "Your first result is True or False for each image of the pool. Return the chosen images themselves.": (
        lambda probs, images, share: (
            torch.zeros(len(images), dtype=torch.bool).index_fill(0, _order(probs)[: _most(probs, share)], True),
            probs.argmax(dim=1)[_order(probs)[: _most(probs, share)].sort().values],
        )
    ),
    "These are the first images of the pool, and a broken number is rounded up. Choose by the largest probability of each "
    "row.": _take(
        order=lambda probs: torch.arange(len(probs)), most=lambda probs, share: math.ceil(share * len(probs))
    ),
    "`share` was taken of 10 images, whatever the pool is. Take it of `len(images)`.": _take(
        most=lambda probs, share: int(share * 10)
    ),
    "Your softmax goes down the columns (`dim=0`). `probs` are probabilities already, a row for each image.": _take(
        order=lambda probs: _order(probs.softmax(dim=0)),
        labels=lambda probs, chosen: probs.softmax(dim=0).argmax(dim=1)[chosen],
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


EXERCISE = Exercise(
    solution=surest,
    cases=surest_cases,
    slips=SUREST_SLIPS,
    same=same_pairs,
    returns="two results, the chosen images and their labels",
    why="`max(dim=1)` returns both the confidence and the class; one order of places serves images and labels.",
    notice="This is how one round of self-training chooses. Mind that a share, unlike a threshold, keeps as many however unsure the model is.",
    hints=(
        "Two questions for each row of `probs`: how large is its largest number, and at which class does it stand?",
        "`confidence, labels = probs.max(dim=1)` answers both. Which images have the largest confidence? `argsort` "
        "returns places.",
        "Of `confidence.argsort(descending=True)` keep the first `round(share * len(images))` places. Take images *and* "
        "labels there.",
    ),
)
