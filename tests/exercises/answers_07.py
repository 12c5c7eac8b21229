"""Answers to page 07: a second right one for each exercise, and typical wrong ones with their diagnosis."""

import torch
from exercise_answers import Answers
from sklearn import metrics as sklearn_metrics

from helpers import metrics


def both_by_one_formula(confusion, k):
    recall = confusion.double()[k] / confusion.sum(dim=1)[k]
    precision = confusion.double().T[k] / confusion.sum(dim=0)[k]
    return torch.stack([precision[k], recall[k]])


def by_scikit_learn(confusion, k):
    cells = torch.arange(confusion.numel()).repeat_interleave(confusion.flatten())
    labels, predictions = cells // len(confusion), cells % len(confusion)
    both = sklearn_metrics.precision_recall_fscore_support(labels, predictions, labels=[k], zero_division=0)
    return both[0][0], both[1][0]


def f1_of_each(confusion):
    right = confusion.diagonal()
    precision, recall = right / confusion.sum(dim=0), right / confusion.sum(dim=1)
    return 2 * precision * recall / (precision + recall)


def macro_in_a_loop(confusion, where):
    each = []
    for k in range(len(confusion)):
        if where[k]:
            each.append(2 * confusion[k, k] / (confusion[k].sum() + confusion[:, k].sum()))
    return sum(each) / len(each)


def clamped_f1(confusion):
    right = confusion.diagonal()
    precision, recall = right / confusion.sum(dim=0).clamp(min=1), right / confusion.sum(dim=1).clamp(min=1)
    return (2 * precision * recall / (precision + recall).clamp(min=1)).mean()


def f1_of_means(confusion):
    right = confusion.diagonal()
    precision, recall = (right / confusion.sum(dim=dim).clamp(min=1) for dim in (0, 1))
    return 2 * precision.mean() * recall.mean() / (precision.mean() + recall.mean())


def total_cost(scores, truth, threshold, miss, false_alarm):
    missed = ((scores < threshold) & (truth == 1)).sum()
    return miss * missed + false_alarm * ((scores >= threshold) & (truth == 0)).sum()


def cheapest(scores, truth, miss, false_alarm):
    """Tries every score itself: as good as any grid."""
    return min([*scores.tolist(), 2.0], key=lambda t: total_cost(scores, truth, t, miss, false_alarm))


def by_every_score(val_scores, val_labels, test_scores, test_labels, miss, false_alarm):
    best = cheapest(val_scores, val_labels, miss, false_alarm)
    return best, total_cost(test_scores, test_labels, best, miss, false_alarm)


def in_small_steps(val_scores, val_labels, test_scores, test_labels, miss, false_alarm):
    steps = 0.01 * torch.arange(101).double()
    costs = torch.tensor([total_cost(val_scores, val_labels, at, miss, false_alarm) for at in steps])
    at = steps[costs.argmin()]  # the first of the cheapest: it may miss a score by a rounding
    return at, total_cost(test_scores, test_labels, at, miss, false_alarm)


def without_silence(val_scores, val_labels, test_scores, test_labels, miss, false_alarm):
    best = min(val_scores, key=lambda t: total_cost(val_scores, val_labels, t, miss, false_alarm))
    return best, total_cost(test_scores, test_labels, best, miss, false_alarm)


def on_the_test_set(val_scores, val_labels, test_scores, test_labels, miss, false_alarm):
    return by_every_score(test_scores, test_labels, test_scores, test_labels, miss, false_alarm)


def costs_swapped(val_scores, val_labels, test_scores, test_labels, miss, false_alarm):
    return by_every_score(val_scores, val_labels, test_scores, test_labels, false_alarm, miss)


def fewest_errors(val_scores, val_labels, test_scores, test_labels, miss, false_alarm):
    return by_every_score(val_scores, val_labels, test_scores, test_labels, 1, 1)


def validation_cost(val_scores, val_labels, test_scores, test_labels, miss, false_alarm):
    best = cheapest(val_scores, val_labels, miss, false_alarm)
    return best, total_cost(val_scores, val_labels, best, miss, false_alarm)


def cost_swapped_at_the_end(val_scores, val_labels, test_scores, test_labels, miss, false_alarm):
    best = cheapest(val_scores, val_labels, miss, false_alarm)
    return best, total_cost(test_scores, test_labels, best, false_alarm, miss)


def mean_cost(val_scores, val_labels, test_scores, test_labels, miss, false_alarm):
    best, total = by_every_score(val_scores, val_labels, test_scores, test_labels, miss, false_alarm)
    return best, total / len(test_scores)


def on_test_scores(val_scores, val_labels, test_scores, test_labels, miss, false_alarm):
    among = [*test_scores.tolist(), 2.0]
    best = min(among, key=lambda t: total_cost(val_scores, val_labels, t, miss, false_alarm))
    return best, total_cost(test_scores, test_labels, best, miss, false_alarm)


def middle_of_the_cheapest(val_scores, val_labels, test_scores, test_labels, miss, false_alarm):
    bills = {i / 200: total_cost(val_scores, val_labels, i / 200, miss, false_alarm) for i in range(202)}
    tied = [at for at, paid in bills.items() if paid == min(bills.values())]
    best = (tied[0] + tied[-1]) / 2
    return best, total_cost(test_scores, test_labels, best, miss, false_alarm)


def nearest_by_norm(train_images, test_images):
    train, test = train_images.flatten(1), test_images.flatten(1)
    nearest = torch.cdist(test, train).argmin(dim=1)
    return [i for i in range(len(test)) if (train[nearest[i]] - test[i]).abs().max() <= 0.05]


def in_whole_levels(train_images, test_images):
    train, test = (train_images * 255).int(), (test_images * 255).int()
    return [i for i, image in enumerate(test) if ((train - image).abs().flatten(1).amax(1) <= 12).any()]


def leaked_by_distance(train_images, test_images):
    distances = torch.cdist(test_images.flatten(1), train_images.flatten(1), p=float("inf"))
    return (distances.amin(dim=1) <= 0.05).nonzero()


def leaked_by_hash(train_images, test_images):
    known = {image.numpy().tobytes() for image in train_images}
    return [i for i, image in enumerate(test_images) if image.numpy().tobytes() in known]


def leaked_signed(train_images, test_images):
    differences = test_images.flatten(1)[:, None] - train_images.flatten(1)[None]
    return (differences.amax(dim=2).amin(dim=1) <= 0.05).nonzero()


def leaked_by_norm(train_images, test_images):
    return (torch.cdist(test_images.flatten(1), train_images.flatten(1)).amin(dim=1) <= 0.05).nonzero()


def leaked_first(train_images, test_images):
    for place, image in enumerate(test_images):
        if (train_images - image).abs().flatten(1).amax(dim=1).min() <= 0.05:
            return [place]
    return []


def leaked_mask(train_images, test_images):
    return torch.cdist(test_images.flatten(1), train_images.flatten(1), p=float("inf")).amin(dim=1) <= 0.05


ANSWERS = {
    "7.1": Answers(
        right=by_scikit_learn,
        wrong={
            "in another order": lambda confusion, k: both_by_one_formula(confusion.T, k),
            "divide by all images": lambda confusion, k: [confusion[k, k] / confusion.sum()] * 2,
            "is the accuracy": lambda confusion, k: [confusion.trace() / confusion.sum()] * 2,
            "by the errors alone": lambda confusion, k: (
                confusion[k, k] / (confusion[:, k].sum() - confusion[k, k]),
                confusion[k, k] / (confusion[k].sum() - confusion[k, k]),
            ),
            "2 results are wanted": lambda confusion, k: 2 * confusion[k, k] / (confusion[k] + confusion[:, k]).sum(),
            "Both your numbers are the recall": lambda confusion, k: [confusion[k, k] / confusion[k].sum()] * 2,
            "Class 0 is measured": lambda confusion, k: tuple(both_by_one_formula(confusion, 0)),
            "without `//` or `int`": lambda confusion, k: (
                confusion[k, k] // confusion[:, k].sum(),
                confusion[k, k] // confusion[k].sum(),
            ),
        },
    ),
    "7.2": Answers(
        right=lambda confusion: metrics.average_f1(confusion, "macro"),
        wrong={
            "makes yours `nan`": lambda confusion: torch.stack(
                [2 * row[k] / (row.sum() + confusion[:, k].sum()) for k, row in enumerate(confusion)]
            ).mean(),
            "Somewhere a 0 / 0 became `nan`": lambda confusion: f1_of_each(confusion).mean(),
            "each class that was never right": lambda confusion: f1_of_each(confusion).nanmean(),
            "nowhere counts as 0": lambda confusion: (
                sum(
                    2 * confusion[k, k] / max(1, confusion[k].sum() + confusion[:, k].sum())
                    for k in range(len(confusion))
                )
                / len(confusion)
            ),
            "to at least 1": clamped_f1,
            "of the mean precision": f1_of_means,
            "is micro F1": lambda confusion: confusion.trace() / confusion.sum(),
            "weighted by the size": lambda confusion: metrics.average_f1(confusion, "weighted"),
            "one F1 for each": lambda confusion: metrics.precision_recall_f1(confusion)[2],
            "no *label*": lambda confusion: macro_in_a_loop(confusion[:, :], confusion.sum(dim=1)),
        },
    ),
    "7.3": Answers(
        right=in_small_steps,
        wrong={
            "used for choosing": on_the_test_set,
            "both in the search and": costs_swapped,
            "The errors are counted": fewest_errors,
            "cost on the validation set": validation_cost,
            "in its cost": cost_swapped_at_the_end,
            "for each image": mean_cost,
            "never tries to raise no alarm": without_silence,
            "Only the first of the 2": lambda *given: cheapest(*given[:2], *given[4:]),
            "scores of the *test* set as thresholds": on_test_scores,
            "the middle of several": middle_of_the_cheapest,
            "whatever was asked": lambda *given: by_every_score(*given[:4], 5, 1),
        },
    ),
    "7.4": Answers(
        right=leaked_by_distance,
        wrong={
            "exact copies only": leaked_by_hash,
            "A *mean* hides": lambda train_images, test_images: [
                i for i, b in enumerate(test_images) if any((a - b).abs().mean() <= 0.05 for a in train_images)
            ],
            "without their sign": leaked_signed,
            "True or False": leaked_mask,
            "places in the training set": lambda train_images, test_images: leaked_by_distance(
                test_images, train_images
            ),
            "a norm": leaked_by_norm,
            "in *some* pixel": lambda train_images, test_images: [
                i for i, b in enumerate(test_images) if any(((a - b).abs() <= 0.05).any() for a in train_images)
            ],
            "first copy only": leaked_first,
            "returns `[]` for every input": lambda train_images, test_images: [],
            "nearest training image by a norm": nearest_by_norm,
            "the answer is another": in_whole_levels,
            "*most* pixels": lambda train_images, test_images: [
                i
                for i, b in enumerate(test_images)
                if any(((a - b).abs() <= 0.05).float().mean() > 0.5 for a in train_images)
            ],
            "several times": lambda train_images, test_images: [
                i for i, b in enumerate(test_images) for a in train_images if torch.allclose(a, b, rtol=0, atol=0.05)
            ],
        },
    ),
}

EQUIVALENT = {
    "7.1": {"confusion[k, k]": "row k, column k is its own mirror image"},
    "7.3": {
        "[*val_scores, float('inf')]": "numbers in a tensor are compared and returned like other numbers",
        "cost(val_scores, -val_labels, t, miss, false_alarm)": "-1 is as true as 1",
        "-test_labels": "-1 is as true as 1",
    },
    "7.4": {"image - train_images": "the sign of a difference is dropped"},
}
