"""Exercise 12.2. Non-maximum suppression in which a box removes only boxes of its own class."""

from __future__ import annotations

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn, same


def box_iou(a, b):
    """IoU of each of A boxes with each of B boxes: (A, 4), (B, 4) -> (A, B). Built on page 12."""
    left_top = torch.maximum(a[:, None, :2], b[:, :2])
    right_bottom = torch.minimum(a[:, None, 2:], b[:, 2:])
    shared = (right_bottom - left_top).clamp(min=0).prod(dim=2)
    area_a, area_b = ((boxes[:, 2:] - boxes[:, :2]).prod(dim=1) for boxes in (a, b))
    return shared / (area_a[:, None] + area_b - shared)


def nms_by_class(boxes, scores, labels, overlap):
    """Places of the boxes that are kept, by falling score."""
    ious = box_iou(boxes, boxes)
    kept = []
    for i in scores.argsort(descending=True).tolist():
        if all(labels[i] != labels[j] or ious[i, j] <= overlap for j in kept):
            kept.append(i)
    return kept


CHAIN = (
    (0, 0, 10, 10),
    (4, 0, 14, 10),
    (8, 0, 18, 10),
    (12, 0, 22, 10),
)  # neighbours overlap by 3/7, others by 1/9 or 0
TOUCH = ((0, 0, 8, 8), (4, 0, 12, 8), (0, 0, 8, 8))  # an IoU of exactly 1/3, and two equal boxes


def box_cases() -> list[tuple]:
    """Chains of one and of several classes, equal boxes, an IoU that is the limit itself, one box, and none."""

    def make(generator: torch.Generator, i: int) -> tuple:
        if i < 12:
            boxes = torch.tensor(CHAIN if i % 2 else TOUCH).float()
            overlap = (0.4, 0.2, 0.1)[i // 2 % 3] if i % 2 else (torch.tensor(1) / 3).item()
        else:
            count = (1, 2, 3, 4, 5, 0)[i % 6]
            corner = torch.randint(0, 5, (count, 2), generator=generator)
            boxes = torch.cat([corner, corner + torch.randint(3, 7, (count, 2), generator=generator)], dim=1).float()
            overlap = (0.3, 0.5, 0.0, 0.7)[i // 2 % 4]
        scores = (1 + torch.randperm(len(boxes), generator=generator)) / 10
        labels = torch.randint(0, 2 if i % 3 else 1, (len(boxes),), generator=generator) + 3 * (i % 2)
        return boxes, scores, labels, overlap

    return drawn(make, count=34)


def _greedy(removes: object, order: object = lambda scores: scores.argsort(descending=True)) -> object:
    """Greedy suppression with another rule of who removes whom, or another order."""

    def slip(boxes: Tensor, scores: Tensor, labels: Tensor, overlap: float) -> list[int]:
        ious, kept = box_iou(boxes, boxes), []
        for i in order(scores).tolist():
            if not any(removes(ious[i, j], labels[i] == labels[j], overlap) for j in kept):
                kept.append(i)
        return kept

    return slip


def _also_removed(boxes: Tensor, scores: Tensor, labels: Tensor, overlap: float) -> list[int]:
    """Boxes that are gone remove others, too."""
    worse = (box_iou(boxes, boxes) > overlap) & (labels[:, None] == labels) & (scores[:, None] < scores)
    return [i for i in scores.argsort(descending=True).tolist() if not worse[i].any()]


def _class_by_class(boxes: Tensor, scores: Tensor, labels: Tensor, overlap: float) -> list[int]:
    kept = nms_by_class(boxes, scores, labels, overlap)
    return [i for k in sorted(set(labels.tolist())) for i in kept if labels[i] == k]


def _best_of_each(boxes: Tensor, scores: Tensor, labels: Tensor, overlap: float) -> list[int]:
    order, seen = scores.argsort(descending=True).tolist(), set()
    return [i for i in order if not (labels[i].item() in seen or seen.add(labels[i].item()))]


def _then(change: object) -> object:
    """Something else made of the right places."""
    return lambda boxes, scores, labels, overlap: change(
        nms_by_class(boxes, scores, labels, overlap), boxes, scores, labels
    )


def _within_class(boxes: Tensor, scores: Tensor, labels: Tensor, overlap: float) -> list[int]:
    """Places counted among the boxes of the same class."""
    kept = []
    for k in labels.unique():
        mine = labels == k
        kept += nms_by_class(boxes[mine], scores[mine], labels[mine], overlap)
    return kept


def _one_class(boxes: Tensor, scores: Tensor, labels: Tensor, overlap: float) -> list[int]:
    kept = nms_by_class(boxes, scores, labels, overlap)
    return [i for i in kept if labels[i] == labels[kept[0]]]


NMS_SLIPS = {
    "Your places count among the boxes of one class. Wanted are places among all boxes: `places[kept]`, where `places` "
    "are those of the class; and at the end all by falling score.": _within_class,
    "Boxes of other classes than the best one's are lost. They are compared only with their own class.": _one_class,
    "A box that is gone still removes others in yours. Compare each box with those that are *kept*, not with all of a "
    "higher score: in the example with A, B and C, B removes nobody.": _also_removed,
    "Your boxes remove boxes of other classes, too. A box may remove only boxes of its own label.": _greedy(
        lambda iou, alike, overlap: iou > overlap
    ),
    "Yours removes boxes of *other* classes, and keeps those of its own.": _greedy(
        lambda iou, alike, overlap: not alike and iou > overlap
    ),
    "You remove a box whose IoU equals the limit. Only an IoU *above* it removes.": _greedy(
        lambda iou, alike, overlap: alike and iou >= overlap
    ),
    "You keep the boxes that overlap, and remove those that do not.": _greedy(
        lambda iou, alike, overlap: alike and iou <= overlap
    ),
    "You begin with the lowest score. The best box comes first.": _greedy(
        lambda iou, alike, overlap: alike and iou > overlap, order=lambda scores: scores.argsort()
    ),
    "You take the boxes in the order in which they came. Sort them by falling score first.": _greedy(
        lambda iou, alike, overlap: alike and iou > overlap, order=lambda scores: torch.arange(len(scores))
    ),
    "The right boxes are kept, but class by class. Sort the kept places by falling score at the end.": _class_by_class,
    "The right boxes are kept, but sorted by their place. Return them by falling score.": _then(
        lambda kept, boxes, scores, labels: sorted(kept)
    ),
    "You return an empty list. Is a box compared with itself, or let in only by `any` or a loop over the empty `kept`?": (
        lambda boxes, scores, labels, overlap: []
    ),
    "You return the boxes themselves. Wanted are their places.": _then(lambda kept, boxes, scores, labels: boxes[kept]),
    "You return the scores. Wanted are the places of the boxes.": _then(
        lambda kept, boxes, scores, labels: scores[kept]
    ),
    "You return the labels. Wanted are the places of the boxes.": _then(
        lambda kept, boxes, scores, labels: labels[kept]
    ),
    "You return True or False for each box. Wanted are the places of the kept ones.": _then(
        lambda kept, boxes, scores, labels: [i in kept for i in range(len(boxes))]
    ),
    "You return the boxes that are removed. Wanted are those that are kept.": _then(
        lambda kept, boxes, scores, labels: [i for i in scores.argsort(descending=True).tolist() if i not in kept]
    ),
    "You keep one box of each class. Boxes of one class that do not overlap stay, too.": _best_of_each,
    "You return places in the *sorted* list. Wanted are the places in the list that came in.": _then(
        lambda kept, boxes, scores, labels: [scores.argsort(descending=True).tolist().index(i) for i in kept]
    ),
}


def same_places(got: object, right: object) -> bool:
    """The same whole numbers in the same order; an empty list is an empty tensor."""
    if not isinstance(right, list) or not hasattr(got, "__len__"):
        return same(got, right)
    if len(got) == 0 or len(right) == 0:
        return len(got) == len(right)
    return all(not isinstance(i, bool) for i in got) and same(got, right)


EXERCISE = Exercise(
    solution=nms_by_class,
    cases=box_cases,
    slips=NMS_SLIPS,
    returns="the places of the kept boxes, by falling score",
    same=same_places,
    why="Going through the boxes by falling score, each is kept unless a box that is already kept has its label and "
    "overlaps it by more than the limit.",
    notice="`torchvision.ops.batched_nms` does the same: for few boxes it moves the classes far apart, and runs NMS once.",
    hints=(
        "Go through the places by falling score: `scores.argsort(descending=True)`. Begin with an empty list `kept`.",
        "For each box, ask about the boxes in `kept` alone: has one of them the same label, and an IoU above the limit?",
        "`box_iou(boxes, boxes)[i, j]` is the IoU of boxes i and j.",
        "Append i if `all(labels[i] != labels[j] or ious[i, j] <= overlap for j in kept)`.",
    ),
)
