"""Answers to page 00: a second right one for each exercise, and typical wrong ones with their diagnosis."""

from exercise_answers import Answers

ANSWERS = {
    "0.1": Answers(
        right=lambda images: [len(images), images.size(2), images.size(3)],
        wrong={
            "counts the channels": lambda images: images.shape[:3],
            "Height comes before width": lambda images: (images.shape[0], images.shape[3], images.shape[2]),
            "*first* number": lambda images: (images.shape[2], images.shape[3], images.shape[0]),
            "Three numbers": lambda images: images.shape,
        },
    ),
    "0.2": Answers(
        right=lambda answers, labels: sum(int(a == b) for a, b in zip(answers, labels, strict=True)) / len(labels),
        wrong={
            "counts the right answers": lambda answers, labels: (answers == labels).sum(),
            "in percent": lambda answers, labels: 100 * (answers == labels).float().mean(),
            "*wrong* answers": lambda answers, labels: (answers != labels).float().mean(),
        },
    ),
}
