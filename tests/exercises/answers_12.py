"""Answers to page 12: a second right one for each exercise, and typical wrong ones with their diagnosis."""

import numpy as np
import torch
from exercise_answers import Answers
from sklearn.metrics import average_precision_score, jaccard_score
from torchvision import ops


def as_boxes(*boxes):
    return [torch.tensor(box, dtype=torch.float64)[None] for box in boxes]


def by_torchvision(a, b):
    return ops.generalized_box_iou(*as_boxes(a, b))[0, 0]


def unclamped(a, b):
    sides = [min(a[2 + i], b[2 + i]) - max(a[i], b[i]) for i in range(2)]
    return from_areas(a, b, sides[0] * sides[1])


def product_clamped(a, b):
    sides = [min(a[2 + i], b[2 + i]) - max(a[i], b[i]) for i in range(2)]
    return from_areas(a, b, max(0, sides[0] * sides[1]))


def from_areas(a, b, shared, below="hull"):
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    hull = (max(a[2], b[2]) - min(a[0], b[0])) * (max(a[3], b[3]) - min(a[1], b[1]))
    return shared / union - (hull - union) / (union if below == "union" else hull)


def iou_only(a, b):
    return ops.box_iou(*as_boxes(a, b))[0, 0]


def by_batched_nms(boxes, scores, labels, overlap):
    return ops.batched_nms(boxes, scores, labels, overlap)


def all_classes(boxes, scores, labels, overlap):
    return ops.nms(boxes, scores, overlap)


def class_by_class(boxes, scores, labels, overlap):
    kept = []
    for label in labels.unique():
        places = (labels == label).nonzero().flatten()
        kept += places[ops.nms(boxes[places], scores[places], overlap)].tolist()
    return kept


def gone_removes(boxes, scores, labels, overlap):
    kept = []
    order = scores.argsort(descending=True).tolist()
    for position, i in enumerate(order):
        above = [j for j in order[:position] if labels[j] == labels[i]]
        if all(ops.box_iou(boxes[i : i + 1], boxes[j : j + 1]) <= overlap for j in above):
            kept.append(i)
    return kept


def at_limit(boxes, scores, labels, overlap):
    ious, kept = ops.box_iou(boxes, boxes), []
    for i in scores.argsort(descending=True).tolist():
        if not any(labels[i] == labels[j] and ious[i, j] >= overlap for j in kept):
            kept.append(i)
    return kept


def by_arrays(hit, truths):
    """The recalls as steps, the precision raised from behind."""
    hit = np.array(hit, dtype=float)
    precision = hit.cumsum() / np.arange(1, len(hit) + 1)
    raised = np.maximum.accumulate(precision[::-1])[::-1]
    return (raised * np.diff(hit.cumsum() / truths, prepend=0.0)).sum()


def plain_precision(hit, truths):
    """The staircase of page 7, which is not raised."""
    if not any(hit):
        return 0.0
    return average_precision_score(hit, np.arange(len(hit), 0, -1)) * sum(hit) / truths


def scaled(factor):
    return lambda hit, truths: by_arrays(hit, truths) * factor(hit, truths)


def by_scikit_learn(answer, truth, classes):
    return jaccard_score(truth.flatten(), answer.flatten(), average="macro")


def over_all_classes(value):
    def mean(answer, truth, classes):
        ious = []
        for k in range(classes):
            a, t = answer == k, truth == k
            ious.append((a & t).sum().item() / (a | t).sum().item() if (a | t).any() else value)
        return np.mean(ious)

    return mean


def in_truth(answer, truth, classes):
    return np.mean(
        [((answer == k) & (truth == k)).sum() / ((answer == k) | (truth == k)).sum() for k in truth.unique()]
    )


def mean_dice(answer, truth, classes):
    present = set(answer.flatten().tolist()) | set(truth.flatten().tolist())
    return np.mean(
        [2 * ((answer == k) & (truth == k)).sum() / ((answer == k).sum() + (truth == k).sum()) for k in present]
    )


ANSWERS = {
    "12.1": Answers(
        right=by_torchvision,
        wrong={
            "minus times minus is plus": unclamped,
            "You set the shared *area* to 0": product_clamped,
            "That is the IoU alone": iou_only,
            "That is the loss": lambda a, b: 1 - by_torchvision(a, b),
            "Divide it by the hull": lambda a, b: from_areas(a, b, shared_area(a, b), below="union"),
            "You do not let it be negative": lambda a, b: max(0, by_torchvision(a, b)),
            "For boxes that share nothing": lambda a, b: by_torchvision(a, b) if iou_only(a, b) else 0,
            "as left, top, width, height": lambda a, b: by_torchvision(
                *([x, y, x + w, y + h] for x, y, w, h in (a, b))
            ),
            "one pixel too long": lambda a, b: by_torchvision(*([x, y, r + 1, s + 1] for x, y, r, s in (a, b))),
        },
    ),
    "12.2": Answers(
        right=by_batched_nms,
        wrong={
            "A box that is gone still removes": gone_removes,
            "remove boxes of other classes": all_classes,
            "class by class": class_by_class,
            "equals the limit": at_limit,
            "You return the boxes themselves": lambda *inputs: inputs[0][by_batched_nms(*inputs)],
            "You return the scores": lambda *inputs: inputs[1][by_batched_nms(*inputs)],
            "sorted by their place": lambda *inputs: by_batched_nms(*inputs).sort().values,
            "True or False for each box": lambda *inputs: torch.isin(
                torch.arange(len(inputs[0])), by_batched_nms(*inputs)
            ),
        },
    ),
    "12.3": Answers(
        right=by_arrays,
        wrong={
            "You do not raise the precision": plain_precision,
            "You divide by the number of hits.": scaled(lambda hit, truths: truths / max(1, sum(hit))),
            "You divide by the number of boxes": scaled(lambda hit, truths: truths / max(1, len(hit))),
            "You add up without dividing": scaled(lambda hit, truths: truths),
            "and do not raise the precision": lambda hit, truths: (
                average_precision_score(hit, np.arange(len(hit), 0, -1)) if any(hit) else 0.0
            ),
            "the precision of all boxes together": lambda hit, truths: float(np.mean(hit)) if hit else 0.0,
            "the recall of all boxes together": lambda hit, truths: sum(hit) / truths,
        },
    ),
    "12.4": Answers(
        right=by_scikit_learn,
        wrong={
            "counts as 0 in your mean": over_all_classes(0.0),
            "counts as 1 in your mean": over_all_classes(1.0),
            "leave out classes that only the answer has": in_truth,
            "That is the mean Dice": mean_dice,
            "the accuracy": lambda answer, truth, classes: np.mean((answer == truth).numpy()),
            "add up the pixels of all classes": lambda answer, truth, classes: jaccard_score(
                truth.flatten(), answer.flatten(), average="micro"
            ),
            "You weigh each class": lambda answer, truth, classes: jaccard_score(
                truth.flatten(), answer.flatten(), average="weighted"
            ),
            "You return an IoU for each class": lambda answer, truth, classes: jaccard_score(
                truth.flatten(), answer.flatten(), average=None
            ),
        },
    ),
}
SWAPPED = (
    "min(b[2], a[2])",
    "max(b[0], a[0])",
    "min(b[3], a[3])",
    "max(b[1], a[1])",
    "max(b[2], a[2])",
    "min(b[0], a[0])",
    "max(b[3], a[3])",
    "min(b[1], a[1])",
    "max(min(a[2], b[2]) - max(a[0], b[0]), 0)",
    "max(min(a[3], b[3]) - max(a[1], b[1]), 0)",
)
CUT = (
    "min(a[:-1][2], b[2])",
    "min(a[2], b[:-1][2])",
    "max(a[:-1][0], b[0])",
    "max(a[0], b[:-1][0])",
    "max(a[:-1][1], b[1])",
    "max(a[1], b[:-1][1])",
    "max(a[:-1][2], b[2])",
    "max(a[2], b[:-1][2])",
    "min(a[:-1][0], b[0])",
    "min(a[0], b[:-1][0])",
    "min(a[:-1][1], b[1])",
    "min(a[1], b[:-1][1])",
    "a[:-1][2] - a[0]",
    "a[2] - a[:-1][0]",
    "a[3] - a[:-1][1]",
    "b[:-1][2] - b[0]",
    "b[2] - b[:-1][0]",
    "b[3] - b[:-1][1]",
)
EQUIVALENT = {
    "12.1": dict.fromkeys(SWAPPED, "the smaller or the larger of two, in any order")
    | dict.fromkeys(CUT, "the first three of four numbers hold these two"),
    "12.2": {
        "box_iou(boxes, boxes)": "both arguments are the same",
        "scores.argsort(descending=True)": "no two scores are equal, so a stable order is the same",
        "(scores + 1).argsort": "a number added to all scores leaves their order",
        "ious[j, i] <= overlap": "the IoU is symmetric",
    },
    "12.4": {"range(classes + 1)": "a class beyond the last is in neither mask, and is left out"},
}


def shared_area(a, b):
    return np.prod([max(0, min(a[2 + i], b[2 + i]) - max(a[i], b[i])) for i in range(2)])
