"""Exercise 10.3. Groups in two sets, labels that are missing in one, and paths that occur twice."""

from __future__ import annotations

import torch

from helpers.exercises import judging
from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def split_faults(train, val, test):
    """Three lists: groups in two sets or more, labels missing somewhere, paths that occur twice."""
    sets = [train, val, test]
    photos = train + val + test
    groups = [{group for _, group, _ in photos_of} for photos_of in sets]
    labels = [{label for _, _, label in photos_of} for photos_of in sets]
    paths = [path for path, _, _ in photos]
    shared = {group for _, group, _ in photos if sum(group in each for each in groups) > 1}
    missing = {label for _, _, label in photos if sum(label in each for each in labels) < 3}
    twice = {path for path in paths if paths.count(path) > 1}
    return shared, missing, twice


def split_cases() -> list[tuple]:
    """Small splits in which each fault is there or not, within a set and between two; groups of two labels, too."""

    def make(generator: torch.Generator, i: int) -> tuple:
        def number(below: int) -> int:
            return int(torch.randint(below, (), generator=generator))

        names = ("ann", "bo", "cy", "di", "ed")[: 2 + i % 4]
        taken, sets = 0, []
        for which in range(3):
            photos = []
            for _ in range(1 + number(3)):
                own = names[number(len(names))] if number(3) == 0 else f"{'xyz'[which]}{number(2)}"
                photos.append((f"{taken}.jpg", own, ("cat", "dog", "owl")[number(2 + i % 2)]))
                taken += 1
            sets.append(photos)
        if i % 4 == 1:  # the same file in two sets, or twice in one
            source, target = sets[number(3)], sets[number(3)]
            target.append(source[number(len(source))])
        if i % 6 == 2:  # and under another group and label
            path, _, _ = sets[0][0]
            sets[1].append((path, "new", "cat"))
        return tuple(sets)

    whole = [("a.jpg", "ann", "cat"), ("b.jpg", "bo", "dog")]
    second = [("c.jpg", "cy", "cat"), ("d.jpg", "di", "dog")]
    third = [("e.jpg", "ed", "dog"), ("f.jpg", "flo", "cat")]
    plain = [
        (whole, second, third),  # no fault
        (whole, [*second, ("g.jpg", "ann", "cat")], third),  # between training and validation
        (whole, [*second, ("g.jpg", "ed", "cat")], third),  # between validation and test
        (whole, second, [*third, ("g.jpg", "bo", "cat")]),  # between training and test
        ([*whole, ("g.jpg", "ann", "cat")], second, third),  # twice in one set is no fault
        (whole, second, third[:1]),
        (whole[:1], second, third),
        (whole, second[1:], third),
        ([*whole, whole[0]], second, third),
        (whole, second, [*third, ("e.jpg", "flo", "cat")]),
        ([*whole, ("g.jpg", "gus", "owl")], [*second, ("h.jpg", "hal", "owl")], third),
    ]
    return [*plain, *drawn(make, 24)]


def same_lists(got: object, right: object) -> bool:
    """Three collections in their order, each with the same things once, in any order."""
    if not (isinstance(right, tuple) and len(right) == 3 and all(isinstance(each, list | set) for each in right)):
        return (
            judging.same(got, right)
            if not isinstance(right, list | dict | set)
            else type(got) is type(right) and got == right
        )
    if not isinstance(got, tuple | list) or len(got) != 3:
        return False
    for mine, wanted in zip(got, right, strict=True):
        if not isinstance(mine, list | tuple | set | frozenset | type({}.keys())):
            return False
        try:
            if sorted(mine) != sorted(wanted):
                return False
        except TypeError:
            return False
    return True


def _groups(sets: tuple) -> list[set]:
    return [{group for _, group, _ in photos} for photos in sets]


def _labels(sets: tuple) -> list[set]:
    return [{label for _, _, label in photos} for photos in sets]


def _shared(sets: tuple, pairs: tuple = ((0, 1), (0, 2), (1, 2))) -> list:
    groups = _groups(sets)
    return sorted(set().union(*(groups[a] & groups[b] for a, b in pairs)))


def _missing(sets: tuple, where: tuple = (0, 1, 2)) -> list:
    labels = _labels(sets)
    return sorted({label for each in labels for label in each if any(label not in labels[k] for k in where)})


def _twice(paths: list) -> list:
    return sorted({path for path in paths if paths.count(path) > 1})


def _paths(sets: tuple) -> list:
    return [path for photos in sets for path, _, _ in photos]


def _changed(part: int, other: object) -> object:
    """The solution with another result in one of its three places."""

    def slip(train: list, val: list, test: list) -> tuple:
        results = list(split_faults(train, val, test))
        results[part] = other((train, val, test))
        return tuple(results)

    return slip


def _between(sets: tuple) -> list:
    paths = [{path for path, _, _ in photos} for photos in sets]
    return sorted((paths[0] & paths[1]) | (paths[0] & paths[2]) | (paths[1] & paths[2]))


def _within(sets: tuple) -> list:
    return sorted({path for photos in sets for path in _twice([path for path, _, _ in photos])})


def _repeated(sets: tuple) -> list:
    return _twice([group for photos in sets for _, group, _ in photos])


SPLIT_SLIPS = {
    "Groups: you count how often a group occurs. Several photos of one group in *one* set are no fault; ask in how many "
    "sets it is.": _changed(0, _repeated),
    "Groups: you compare training and validation only. A group may be in validation and test, or in training and test.": (
        _changed(0, lambda sets: _shared(sets, ((0, 1),)))
    ),
    "Groups: you compare training and test only. There are three pairs of sets.": _changed(
        0, lambda sets: _shared(sets, ((0, 2),))
    ),
    "Groups: you compare training with each of the others, but not validation with test.": _changed(
        0, lambda sets: _shared(sets, ((0, 1), (0, 2)))
    ),
    "Groups: you compare the test set with each of the others, but not training with validation.": _changed(
        0, lambda sets: _shared(sets, ((0, 2), (1, 2)))
    ),
    "Groups: you compare neighbours only, training with validation and validation with test, but not training with test.": (
        _changed(0, lambda sets: _shared(sets, ((0, 1), (1, 2))))
    ),
    "Groups: yours lists none that is in two sets alone. Two are enough for a leak.": _changed(
        0, lambda sets: sorted(set.intersection(*_groups(sets)))
    ),
    "Groups: you list all groups.": _changed(0, lambda sets: sorted(set().union(*_groups(sets)))),
    "Groups: you list those that are in one set only. They are the good ones.": _changed(
        0, lambda sets: sorted(set().union(*_groups(sets)) - set(_shared(sets)))
    ),
    "Labels: you look for what is missing in the training set only. It may be missing in any of the three.": _changed(
        1, lambda sets: _missing(sets, (0,))
    ),
    "Labels: you look for training labels that validation or test lack. A label may be missing in training, too.": (
        _changed(1, lambda sets: sorted(_labels(sets)[0] - (_labels(sets)[1] & _labels(sets)[2])))
    ),
    "Labels: you look at validation and test. A label may be missing in the training set, too.": _changed(
        1, lambda sets: _missing(sets, (1, 2))
    ),
    "Labels: you look for what is missing in the test set only. It may be missing in any of the three.": _changed(
        1, lambda sets: _missing(sets, (2,))
    ),
    "Labels: you look for what is missing in the validation set only. It may be missing in any of the three.": _changed(
        1, lambda sets: _missing(sets, (1,))
    ),
    "Labels: you list those that are in *one* set alone. A label in two of three sets is missing in the third.": _changed(
        1, lambda sets: [label for label in _missing(sets) if sum(label in own for own in _labels(sets)) == 1]
    ),
    "Labels: you list those that are in training alone. A label is missing somewhere as soon as one set lacks it.": (
        _changed(1, lambda sets: _labels(sets)[0] - _labels(sets)[1] - _labels(sets)[2])
    ),
    "Labels: `^` between three sets also keeps what is in all three, and drops what is in two. Take all labels less those "
    "that are in each set.": _changed(1, lambda sets: _labels(sets)[0] ^ _labels(sets)[1] ^ _labels(sets)[2]),
    "Labels: you list those that are in all three sets. Wanted are those that some set lacks.": _changed(
        1, lambda sets: sorted(set.intersection(*_labels(sets)))
    ),
    "Labels: you list all labels. Wanted are those that some set lacks.": _changed(
        1, lambda sets: sorted(set().union(*_labels(sets)))
    ),
    "Paths: you find files that are in two sets, but not those that are twice in one.": _changed(2, _between),
    "Paths: you find files that are twice in one set, but not those that are in two sets.": _changed(2, _within),
    "Paths: a file is in your list as often as it occurs. Each once: put them into a set.": _changed(
        2, lambda sets: [path for path in _paths(sets) if _paths(sets).count(path) > 1]
    ),
    "Paths: you list all of them. Wanted are those that occur more than once.": _changed(
        2, lambda sets: sorted(set(_paths(sets)))
    ),
    "Paths: you list those that occur once. Wanted are those that occur more often.": _changed(
        2, lambda sets: sorted(path for path in _paths(sets) if _paths(sets).count(path) == 1)
    ),
    "Paths: you compare the whole tuple. The same file may stand there under another group or label.": _changed(
        2,
        lambda sets: sorted({p[0] for photos in sets for p in photos if [q for s in sets for q in s].count(p) > 1}),
    ),
    "Group and label have changed places: a tuple is (path, group, label).": lambda train, val, test: split_faults(
        *([(path, label, group) for path, group, label in photos] for photos in (train, val, test))
    ),
    "Path and group have changed places: a tuple is (path, group, label).": lambda train, val, test: split_faults(
        *([(group, path, label) for path, group, label in photos] for photos in (train, val, test))
    ),
    "Your three lists stand in another order. Wanted: groups, labels, paths.": lambda *sets: split_faults(*sets)[::-1],
    "Your lists of labels and groups have changed places. Wanted: groups, labels, paths.": lambda *sets: tuple(
        split_faults(*sets)[k] for k in (1, 0, 2)
    ),
    "You return counts. Wanted are the names themselves.": lambda *sets: tuple(
        len(each) for each in split_faults(*sets)
    ),
    "You return True or False for each kind of fault. Wanted are the names.": lambda *sets: tuple(
        bool(each) for each in split_faults(*sets)
    ),
    "You return the groups alone. Wanted are three lists.": lambda *sets: sorted(split_faults(*sets)[0]),
    "All is in one list in yours. Wanted are three lists.": lambda *sets: [
        name for found in split_faults(*sets) for name in found
    ],
}


EXERCISE = Exercise(
    solution=split_faults,
    cases=split_cases,
    slips=SPLIT_SLIPS,
    same=same_lists,
    returns="three lists: groups, labels, paths",
    why="Sets answer in which of the three a group or a label is; counting the paths of all photos finds those that are "
    "there twice.",
    notice="A list of groups that is empty says only that *these* names are not shared. Copies under new names are not "
    "found: look at thumbnails, too.",
    hints=(
        "Make a Python set of the groups of each list, and one of its labels. In how many of the three is a name?",
        "A group is shared if it is in more than one; a label is missing somewhere if it is in fewer than three.",
        "For the paths put all photos in one list, `train + val + test`: which paths have a `count` above 1?",
    ),
)
