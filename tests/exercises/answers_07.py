"""Answers to page 07: a second right one for each exercise, and typical wrong ones with their diagnosis."""

import torch
from exercise_answers import Answers


def both_by_one_formula(confusion, k):
    recall = confusion.double()[k] / confusion.sum(dim=1)[k]
    precision = confusion.double().T[k] / confusion.sum(dim=0)[k]
    return torch.stack([precision[k], recall[k]])


def f1_of_each(confusion):
    right = confusion.diagonal()
    precision, recall = right / confusion.sum(dim=0), right / confusion.sum(dim=1)
    return 2 * precision * recall / (precision + recall)


def macro_in_a_loop(confusion):
    each = []
    for k in range(len(confusion)):
        right, size = confusion[k, k].item(), (confusion[k].sum() + confusion[:, k].sum()).item()
        if size:
            each.append(2 * right / size)
    return sum(each) / len(each)


def clamped_f1(confusion):
    right = confusion.diagonal()
    precision, recall = right / confusion.sum(dim=0).clamp(min=1), right / confusion.sum(dim=1).clamp(min=1)
    return (2 * precision * recall / (precision + recall).clamp(min=1)).mean()


def f1_of_means(confusion):
    right = confusion.diagonal()
    precision, recall = (right / confusion.sum(dim=dim).clamp(min=1) for dim in (0, 1))
    return 2 * precision.mean() * recall.mean() / (precision.mean() + recall.mean())


def weighted_f1(confusion):
    sizes = confusion.sum(dim=1)
    return (f1_of_each(confusion).nan_to_num() * sizes).sum() / sizes.sum()


def total_cost(scores, truth, threshold, miss, false_alarm):
    missed = ((scores < threshold) & (truth == 1)).sum()
    return miss * missed + false_alarm * ((scores >= threshold) & (truth == 0)).sum()


def cheapest(scores, truth, miss, false_alarm):
    """Tries every score itself: as good as any grid."""
    return min([*scores.tolist(), 2.0], key=lambda t: total_cost(scores, truth, t, miss, false_alarm))


def by_every_score(val_scores, val_labels, test_scores, test_labels, miss, false_alarm):
    best = cheapest(val_scores, val_labels, miss, false_alarm)
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


def far_too_high(*_):
    return 0.999, 0


def leaked_by_distance(train_images, test_images):
    distances = torch.cdist(test_images.flatten(1), train_images.flatten(1), p=float("inf"))
    return (distances.amin(dim=1) <= 0.05).nonzero()


def leaked_by_hash(train_images, test_images):
    known = {image.numpy().tobytes() for image in train_images}
    return [i for i, image in enumerate(test_images) if image.numpy().tobytes() in known]


def leaked_by_mean(train_images, test_images):
    distances = torch.cdist(test_images.flatten(1), train_images.flatten(1), p=1) / test_images[0].numel()
    return (distances.amin(dim=1) <= 0.05).nonzero()


def leaked_signed(train_images, test_images):
    differences = test_images.flatten(1)[:, None] - train_images.flatten(1)[None]
    return (differences.amax(dim=2).amin(dim=1) <= 0.05).nonzero()


def leaked_by_norm(train_images, test_images):
    return (torch.cdist(test_images.flatten(1), train_images.flatten(1)).amin(dim=1) <= 0.05).nonzero()


def leaked_in_some_pixel(train_images, test_images):
    differences = (test_images.flatten(1)[:, None] - train_images.flatten(1)[None]).abs()
    return (differences <= 0.05).any(dim=2).any(dim=1).nonzero()


def leaked_first(train_images, test_images):
    for place, image in enumerate(test_images):
        if (train_images - image).abs().flatten(1).amax(dim=1).min() <= 0.05:
            return [place]
    return []


def leaked_mask(train_images, test_images):
    return torch.cdist(test_images.flatten(1), train_images.flatten(1), p=float("inf")).amin(dim=1) <= 0.05


ANSWERS = {
    "7.1": Answers(
        right=both_by_one_formula,
        wrong={
            "changed places": lambda confusion, k: both_by_one_formula(confusion.T, k),
            "divide by all images": lambda confusion, k: [confusion[k, k] / confusion.sum()] * 2,
            "is the accuracy": lambda confusion, k: [confusion.trace() / confusion.sum()] * 2,
            "by the errors alone": lambda confusion, k: (
                confusion[k, k] / (confusion[:, k].sum() - confusion[k, k]),
                confusion[k, k] / (confusion[k].sum() - confusion[k, k]),
            ),
            "two numbers": lambda confusion, k: confusion[k, k] / confusion[k].sum(),
            "should be": lambda confusion, k: (both_by_one_formula(confusion, k)[0], 1.0),
            "Both your numbers are the recall": lambda confusion, k: [confusion[k, k] / confusion[k].sum()] * 2,
        },
    ),
    "7.2": Answers(
        right=macro_in_a_loop,
        wrong={
            "became `nan`": lambda confusion: f1_of_each(confusion).mean(),
            "You left out": lambda confusion: f1_of_each(confusion).nanmean(),
            "nowhere counts as 0": lambda confusion: f1_of_each(confusion).nan_to_num().mean(),
            "to at least 1": clamped_f1,
            "of the mean precision": f1_of_means,
            "ordinary mean": lambda confusion: torch.stack(
                [both_by_one_formula(confusion, k) for k in range(len(confusion))]
            ).mean(),
            "is micro F1": lambda confusion: confusion.trace() / confusion.sum(),
            "weighted by the size": weighted_f1,
            "one F1 for each": lambda confusion: f1_of_each(confusion).nan_to_num(),
        },
    ),
    "7.3": Answers(
        right=by_every_score,
        wrong={
            "used for choosing": on_the_test_set,
            "costs are swapped": costs_swapped,
            "fewest errors": fewest_errors,
            "cost on the validation set": validation_cost,
            "in its cost": cost_swapped_at_the_end,
            "for each image": mean_cost,
            "not the cheapest": far_too_high,
            "Two numbers": lambda *scores: cheapest(*scores[:2], *scores[4:]),
        },
    ),
    "7.4": Answers(
        right=leaked_by_distance,
        wrong={
            "exact copy only": leaked_by_hash,
            "a mean hides": leaked_by_mean,
            "without its sign": leaked_signed,
            "True or False": leaked_mask,
            "places in the training set": lambda train_images, test_images: leaked_by_distance(
                test_images, train_images
            ),
            "or a norm": leaked_by_norm,
            "In some pixel": leaked_in_some_pixel,
            "first copy only": leaked_first,
            "You find no copy": lambda train_images, test_images: [],
        },
    ),
}
