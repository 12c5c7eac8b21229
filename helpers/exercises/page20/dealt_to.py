"""Exercise 20.3. Which images a sampler deals out to one process, padding included."""

from __future__ import annotations

import math

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def dealt_to(rank, processes, count):
    """The images of one process."""
    images = []
    place = rank
    rounds = math.ceil(count / processes)
    for _ in range(rounds):
        images.append(place % count)
        place += processes
    return images


def deal_cases() -> list[tuple]:
    """One process to six, first, middle and last; counts that go round, that do not, and below the processes."""

    def make(generator: torch.Generator, i: int) -> tuple:
        processes = (2, 3, 4, 1, 5, 6)[i % 6]
        count = (7, 6, 10, 3, 2, 8, 1, 9)[i % 8]
        rank = (processes - 1, 0, processes // 2)[(i + i // 3) % 3]
        return rank, processes, count

    return drawn(make, count=30)


def _padded(processes: int, count: int) -> list[int]:
    total = -(-count // processes) * processes
    return [place % count for place in range(total)]


def _first(count: int) -> list[int]:
    return list(range(count))


DEAL_SLIPS = {
    "Nothing is padded: a process can get fewer images than another, which waits for it.": (
        lambda rank, processes, count: list(range(rank, count, processes))
    ),
    "You cut off what does not go round. Here images are appended, so that none is left out.": (
        lambda rank, processes, count: list(range(rank, count // processes * processes, processes))
    ),
    "Your process gets images that stand side by side. It gets every `processes`-th, from place `rank` on.": (
        lambda rank, processes, count: _padded(processes, count)[rank * len(_padded(processes, count)) // processes :][
            : len(_padded(processes, count)) // processes
        ]
    ),
    "You pad even where the images go round already: then a round too many is dealt out.": (
        lambda rank, processes, count: [(rank + k * processes) % count for k in range(count // processes + 1)]
    ),
    "You return places beyond the last image. After it the first ones come again: take the place modulo `count`.": (
        lambda rank, processes, count: [rank + k * processes for k in range(-(-count // processes))]
    ),
    "You pad with the last image. Begin again at the first.": lambda rank, processes, count: [
        min(rank + k * processes, count - 1) for k in range(-(-count // processes))
    ],
    "You pad with image 0 alone. The first images are appended in their order: 0, 1, 2 and so on.": (
        lambda rank, processes, count: [
            place if place < count else 0 for place in range(rank, len(_padded(processes, count)), processes)
        ]
    ),
    "You pad with the process's own first images. What is appended to the list of *all* images comes from its beginning.": (
        lambda rank, processes, count: (
            (list(range(rank, count, processes)) + list(range(rank, count, processes))[:1])[: -(-count // processes)]
            if rank < count
            else []
        )
    ),
    "Padding goes once through the images in yours. With more processes than twice the images, begin again and again.": (
        lambda rank, processes, count: (list(range(count)) * 2)[: len(_padded(processes, count))][rank::processes]
    ),
    "You count processes from 1. The first is process 0, and it gets image 0 first.": (
        lambda rank, processes, count: _padded(processes, count)[(rank - 1) % processes :: processes]
    ),
    "You pad even where the images go round already: then nothing is to be appended.": (
        lambda rank, processes, count: (_first(count) + _first(count)[: processes - count % processes])[rank::processes]
    ),
    "You pad with the last images. Begin again at the first.": (
        lambda rank, processes, count: (
            _first(count) + (_first(count)[-(-count % processes) :] if count % processes else [])
        )[rank::processes]
    ),
    "You append all images again. Append only until the number can be divided.": (
        lambda rank, processes, count: (_first(count) * (processes // math.gcd(count, processes)))[rank::processes]
    ),
    "You append one image. Append until the number of places can be divided by the processes.": (
        lambda rank, processes, count: (_first(count) + ([0] if count % processes else []))[rank::processes]
    ),
    "You return the images of all processes. Which of them belong to process `rank`?": (
        lambda rank, processes, count: _padded(processes, count)
    ),
}

EXERCISE = Exercise(
    solution=dealt_to,
    cases=deal_cases,
    slips=DEAL_SLIPS,
    returns="a list of numbers of images",
    why="With padding the number of places is the count rounded up to a multiple of the processes, so each gets "
    "count / processes, rounded up. A place at or beyond the count stands for the image at place modulo count.",
    notice="PyTorch's `DistributedSampler` does the same, after a shuffle. The images dealt out twice are others in "
    "each epoch then, as long as somebody calls `set_epoch`.",
    hints=(
        "How many images does each process get? All get equally many, and none is left out.",
        "The count divided by the processes, rounded up. Its k-th place is `rank + k * processes`.",
        "A place may lie beyond the last image. What remains after division by `count` is the image there.",
    ),
)
