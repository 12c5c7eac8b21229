"""Answers to page 10: a second right one for each exercise, and typical wrong ones with their diagnosis."""

from collections import Counter
from pathlib import PurePosixPath

import torch
from exercise_answers import Answers


def by_cdist(thumbnails, labels, within):
    near = torch.cdist(thumbnails.double(), thumbnails.double()) / thumbnails.shape[1] ** 0.5 <= within + 1e-9
    pairs = (near & (labels[:, None] != labels)).triu(diagonal=1).nonzero()
    return [[i, j] for i, j in pairs.tolist()][::-1]


def near_by(distance):
    def pairs(thumbnails, labels, within):
        gaps = thumbnails[:, None] - thumbnails[None]
        wanted = (distance(gaps) <= within) & (labels[:, None] != labels)
        return [(i, j) for i, j in wanted.nonzero().tolist() if i < j]

    return pairs


def kept(keep):
    return lambda t, labels, within: [
        pair for pair in near_by(root_mean_square)(t, labels, within) if keep(*pair, len(t))
    ]


def root_mean_square(gaps):
    return gaps.square().mean(dim=2).sqrt()


def all_copies(thumbnails, labels, within):
    return near_by(root_mean_square)(thumbnails, torch.arange(len(labels)), within)


def by_path(names):
    stems = [PurePosixPath(name).stem for name in names]
    return tuple("_".join(stem.split("_")[:-1]) if "_" in stem else stem for stem in stems)


def cut(stem_of, part_of):
    def groups(names):
        stems = [stem_of(name) for name in names]
        return [part_of(stem) if "_" in stem else stem for stem in stems]

    return groups


def each(of):
    return lambda names: [of(name) for name in names]


def stem_of(name):
    return name.rsplit(".", 1)[0]


def before_last(stem):
    return stem.rsplit("_", 1)[0]


def by_counting(train, val, test):
    sets = (train, val, test)
    in_sets = Counter(group for photos in sets for group in {photo[1] for photo in photos})
    labels = Counter(label for photos in sets for label in {photo[2] for photo in photos})
    files = Counter(photo[0] for photos in sets for photo in photos)
    return (
        {group for group, times in in_sets.items() if times >= 2},
        tuple(label for label, times in labels.items() if times <= 2),
        [path for path, times in files.items() if times >= 2],
    )


def instead(place, other):
    def faults(train, val, test):
        found = list(by_counting(train, val, test))
        found[place] = other(train, val, test)
        return found

    return faults


def groups_of(photos):
    return {photo[1] for photo in photos}


def labels_of(photos):
    return {photo[2] for photo in photos}


def paths_of(*sets):
    return [photo[0] for photos in sets for photo in photos]


def by_table(confidences, right, candidates, wrong, ask):
    thresholds = torch.tensor(candidates)
    answered = confidences >= thresholds[:, None]
    costs = wrong * (answered & ~right).sum(dim=1) + ask * (~answered).sum(dim=1)
    return thresholds[costs == costs.min()].min()


def charged(errors, asked, order=sorted):
    def best(confidences, right, candidates, wrong, ask):
        candidates = order(candidates)
        answered = [confidences >= at for at in candidates]
        costs = [wrong * errors(yes, right).sum() + ask * asked(yes, right).sum() for yes in answered]
        return candidates[costs.index(min(costs))]

    return best


def wrong_ones(yes, right):
    return yes & ~right


def left(yes, right):
    return ~yes


ANSWERS = {
    "10.1": Answers(
        right=by_cdist,
        wrong={
            "all near copies": all_copies,
            "*same* label": lambda t, labels, within: [
                pair
                for pair in all_copies(t, labels, within)
                if pair not in near_by(root_mean_square)(t, labels, within)
            ],
            "however far apart": near_by(lambda gaps: gaps.mean(dim=2) * 0 - 1),
            "add up over the D numbers": near_by(lambda gaps: gaps.norm(dim=2)),
            "The root is missing": near_by(lambda gaps: gaps.square().mean(dim=2)),
            "mean of the differences without their sign": near_by(lambda gaps: gaps.abs().mean(dim=2)),
            "largest difference": near_by(lambda gaps: gaps.abs().amax(dim=2)),
            "with the next one only": kept(lambda i, j, n: j == i + 1),
            "with the first one only": kept(lambda i, j, n: i == 0),
            "first pair only": lambda t, labels, within: near_by(root_mean_square)(t, labels, within)[:1],
            "how many pairs": lambda t, labels, within: len(near_by(root_mean_square)(t, labels, within)),
        },
    ),
    "10.2": Answers(
        right=by_path,
        wrong={
            "*first* underscore": cut(stem_of, lambda stem: stem.split("_")[0]),
            "stands *behind* the last underscore": each(lambda name: stem_of(name).rsplit("_", 1)[-1]),
            "Cut it at the last underscore, too": each(stem_of),
            "empty group": each(lambda name: "_".join(stem_of(name).split("_")[:-1])),
            "keeps its extension": cut(lambda name: name, before_last),
            "*first* full stop": cut(lambda name: name.split(".")[0], before_last),
            "four characters": cut(lambda name: name[:-4], before_last),
            "parts as a list": each(lambda name: stem_of(name).split("_")[:-1]),
            "small letters": lambda names: [group.lower() for group in cut(stem_of, before_last)(names)],
            "once in yours": lambda names: list(dict.fromkeys(cut(stem_of, before_last)(names))),
            "no check": each(lambda name: name[: name.rfind("_")]),
        },
    ),
    "10.3": Answers(
        right=by_counting,
        wrong={
            "*one* set are no fault": instead(
                0, lambda *sets: [g for g, times in Counter(p[1] for s in sets for p in s).items() if times > 1]
            ),
            "training and validation only": instead(0, lambda a, b, c: list(groups_of(a) & groups_of(b))),
            "not validation with test": instead(0, lambda a, b, c: list(groups_of(a) & (groups_of(b) | groups_of(c)))),
            "none that is in two sets alone": instead(
                0, lambda a, b, c: list(groups_of(a) & groups_of(b) & groups_of(c))
            ),
            "missing in the training set only": instead(
                1, lambda a, b, c: list((labels_of(b) | labels_of(c)) - labels_of(a))
            ),
            "validation or test lack": instead(1, lambda a, b, c: list(labels_of(a) - (labels_of(b) & labels_of(c)))),
            "in two sets, but not those that are twice in one": instead(
                2, lambda *sets: [p for p, n in Counter(q for s in sets for q in set(paths_of(s))).items() if n > 1]
            ),
            "as often as it occurs": instead(
                2, lambda *sets: [p for p in paths_of(*sets) if paths_of(*sets).count(p) > 1]
            ),
            "in another order": lambda *sets: by_counting(*sets)[::-1],
            "You return counts": lambda *sets: [len(found) for found in by_counting(*sets)],
        },
    ),
    "10.4": Answers(
        right=by_table,
        wrong={
            "first in the list": charged(wrong_ones, left, order=list),
            "have changed places": lambda c, r, candidates, wrong, ask: by_table(c, r, candidates, ask, wrong),
            "smallest candidate each time": charged(lambda yes, right: ~right, left),
            "Asking changes nothing in yours": charged(wrong_ones, lambda yes, right: yes & False),
            "answers that are *right*": charged(lambda yes, right: yes & right, left),
            "each photo that is answered": charged(lambda yes, right: yes, left),
            "Too few are charged": charged(wrong_ones, lambda yes, right: ~yes & ~right),
            "makes the sum smaller": charged(wrong_ones, lambda yes, right: yes),
            "threshold of the formula": lambda c, r, candidates, wrong, ask: 1 - ask / wrong,
        },
    ),
}
EQUIVALENT = {
    "10.1": {
        "thumbnails - thumbnails[:, None]": "the square of a difference is the same either way",
        "(near & differ).nonzero()": "two numbers of a tensor make a pair as well",
        "[(i, j) for i, j in (near & differ).nonzero().tolist() if i <= j]": "a photo has the same label as itself",
    },
}
