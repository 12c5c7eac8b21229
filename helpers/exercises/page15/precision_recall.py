"""Exercise 15.3. Precision and recall of the list of the best unseen items."""

from __future__ import annotations

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def precision_recall(scores, seen, relevant, k):
    """Precision and recall of the list of the k best unseen items."""
    order = scores.argsort(descending=True).tolist()
    listed = [item for item in order if item not in seen][:k]
    hits = len([item for item in listed if item in relevant])
    return hits / len(listed), hits / len(relevant)


def list_cases() -> list[tuple]:
    """Three to seven items, none or some of them seen, also the best; lists shorter and longer than what is left."""

    def make(generator: torch.Generator, i: int) -> tuple:
        count = (5, 4, 6, 3, 7)[i % 5]
        scores = (torch.randperm(3 * count, generator=generator)[:count] / 10).float() - 0.5
        order = torch.randperm(count, generator=generator).tolist()
        known = min(count - 2, (1, 0, 2, 3)[i % 4])
        seen, rest = order[:known], order[known:]
        if i % 3 == 0 and known:  # the best one is seen
            best = int(scores.argmax())
            seen = [best, *[item for item in order if item != best]][:known]
            rest = [item for item in order if item not in seen]
        return scores, seen, rest[: min(len(rest), (1, 2, 3)[(i + i // 3) % 3])], (2, 3, 1, 4, 6)[(i + i // 5) % 5]

    return drawn(make)


def _measured(listed: list[int], relevant: list[int], below: int) -> tuple[float, float]:
    hits = sum(item in relevant for item in listed)
    return hits / max(1, below), hits / len(relevant)


def _ranked(scores: torch.Tensor, seen: list[int], best_first: bool = True) -> list[int]:
    order = scores.argsort(descending=best_first).tolist()
    return [item for item in order if item not in seen]


def _seen_at_zero(scores: torch.Tensor, seen: list[int], k: int) -> list[int]:
    scores = scores.clone()
    scores[seen] = 0.0
    return scores.topk(k).indices.tolist()


LIST_SLIPS = {
    "Seen items stand on your list. Take them out before you take the k best.": lambda scores, seen, relevant, k: (
        _measured(_ranked(scores, [])[:k], relevant, len(_ranked(scores, [])[:k]))
    ),
    "Seen items leave your list after it was cut to k, so it can be short. Take them out first, then cut.": (
        lambda scores, seen, relevant, k: _measured(
            [item for item in _ranked(scores, [])[:k] if item not in seen],
            relevant,
            len([item for item in _ranked(scores, [])[:k] if item not in seen]),
        )
    ),
    "Your list is cut to k while seen items stand on it, and precision is divided by k. Take them out first, then cut.": lambda scores, seen, relevant, k: (
        _measured([item for item in _ranked(scores, [])[:k] if item not in seen], relevant, k)
    ),
    "Precision is divided by the number of all unseen items. Divide by the length of the list, k at most.": (
        lambda scores, seen, relevant, k: _measured(_ranked(scores, seen)[:k], relevant, len(_ranked(scores, seen)))
    ),
    "Only one hit counts: does a `return` stand inside your loop?": lambda scores, seen, relevant, k: tuple(
        min(1.0, share * n) / n
        for share, n in zip(
            precision_recall(scores, seen, relevant, k),
            (len(_ranked(scores, seen)[:k]), len(relevant)),
            strict=True,
        )
    ),
    "Your list has the first unseen items by their numbers. The scores decide which are on it.": (
        lambda scores, seen, relevant, k: _measured(
            sorted(_ranked(scores, seen))[:k], relevant, len(_ranked(scores, seen)[:k])
        )
    ),
    "Recall is divided by k where more items are relevant. Divide by the number of all relevant items.": (
        lambda scores, seen, relevant, k: (
            precision_recall(scores, seen, relevant, k)[0],
            precision_recall(scores, seen, relevant, k)[1] * len(relevant) / min(k, len(relevant)),
        )
    ),
    "Precision is divided by k, also where fewer items are left. Divide by the length of the list.": (
        lambda scores, seen, relevant, k: _measured(_ranked(scores, seen)[:k], relevant, k)
    ),
    "Where fewer than k are left, precision is divided by seen items, too: do they fill up your list? Leave them out.": (
        lambda scores, seen, relevant, k: _measured(_ranked(scores, seen)[:k], relevant, min(k, len(scores)))
    ),
    "Seen items get the score 0, and others fall below it. Leave them out, or give them minus infinity.": (
        lambda scores, seen, relevant, k: _measured(
            _seen_at_zero(scores, seen, min(k, len(scores) - len(seen))), relevant, min(k, len(scores) - len(seen))
        )
    ),
    "Your list holds the items with the lowest scores.": lambda scores, seen, relevant, k: _measured(
        _ranked(scores, seen, best_first=False)[:k], relevant, len(_ranked(scores, seen)[:k])
    ),
    "You count the hits. Precision and recall are shares: of the list, and of the relevant items.": (
        lambda scores, seen, relevant, k: (
            sum(item in relevant for item in _ranked(scores, seen)[:k]),
            sum(item in relevant for item in _ranked(scores, seen)[:k]),
        )
    ),
    "A place among the unseen scores is taken for an item's number. When the seen ones are cut out, the others move "
    "up: keep their numbers.": lambda scores, seen, relevant, k: _measured(
        scores[[item for item in range(len(scores)) if item not in seen]].argsort(descending=True).tolist()[:k],
        relevant,
        len(_ranked(scores, seen)[:k]),
    ),
}


EXERCISE = Exercise(
    solution=precision_recall,
    cases=list_cases,
    slips=LIST_SLIPS,
    returns="two numbers, precision and recall",
    why="The same hits are divided by two lengths: that of the list, and that of what was relevant.",
    notice="A longer list can only raise recall, and mostly lowers precision: so both are told with their k.",
    hints=(
        "`scores.argsort(descending=True)` has the items' numbers, the best first.",
        "Walk along it, skip what is in `seen`, and stop after k items or at the end.",
        "Count the listed items that are in `relevant`. Divide once by the length of your list, once by that of "
        "`relevant`.",
    ),
)
