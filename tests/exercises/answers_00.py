"""Answers to page 00: a second right one for each exercise, and typical wrong ones with their diagnosis."""

from exercise_answers import Answers


def from_one(answers, labels):
    return sum(int(answers[i] == labels[i]) for i in range(1, len(labels))) / len(labels)


def to_the_last(answers, labels):
    return sum(int(answers[i] == labels[i]) for i in range(len(labels) - 1)) / len(labels)


ANSWERS = {
    "0.1": Answers(
        right=lambda images: [len(images), images.size(2), images.size(3)],
        wrong={
            "counts the channels": lambda images: images.shape[:3],
            "in another order than asked": lambda images: (images.shape[0], images.shape[3], images.shape[2]),
            "and yours returns 4": lambda images: images.shape,
            "and yours returns 2": lambda images: images.shape[:2],
            "Only the first": len,
            "not images": lambda images: images.shape[1:],
            "not the height": lambda images: (images.shape[0], images.shape[1], images.shape[3]),
        },
    ),
    "0.2": Answers(
        right=lambda answers, labels: sum(int(a == b) for a, b in zip(answers, labels, strict=True)) / len(labels),
        wrong={
            "counts the right answers": lambda answers, labels: (answers == labels).sum(),
            "per cent": lambda answers, labels: 100 * (answers == labels).float().mean(),
            "*wrong* answers": lambda answers, labels: (answers != labels).float().mean(),
            "counts the wrong": lambda answers, labels: (answers != labels).sum(),
            "`//` and `int` cut": lambda answers, labels: int((answers == labels).sum()) // len(labels),
            "one image only": lambda answers, labels: float(answers[0] == labels[0]),
            "stops too early": lambda answers, labels: int(answers[0] == labels[0]) / len(labels),
            "positions begin at 0": from_one,
            "`range(len(labels))` reaches them all.": to_the_last,
            "`labels[1:]`": lambda answers, labels: (answers[1:] == labels[1:]).float().mean(),
            "`labels[:-1]`": lambda answers, labels: (answers[:-1] == labels[:-1]).float().mean(),
            "where `print` stands": lambda answers, labels: print("hm"),
        },
    ),
}
EQUIVALENT = {
    "0.1": {
        "(images + 1).shape": "the shape is the same",
        "(-images).shape": "the shape is the same",
    },
    "0.2": {"(answers == labels).float().mean()": "a tensor with one number counts as that number"},
}
