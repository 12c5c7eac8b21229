"""Exercise 15.4. A list for somebody who has liked and disliked a few items."""

from __future__ import annotations

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def from_likes(vectors, liked, disliked, k):
    """The k best items that the user has not answered, best first."""
    likes = vectors[liked].sum(dim=0) / max(1, len(liked))
    dislikes = vectors[disliked].sum(dim=0) / max(1, len(disliked))
    profile = likes - dislikes
    order = (vectors @ profile).argsort(descending=True).tolist()
    return [item for item in order if item not in liked + disliked][:k]


def like_cases() -> list[tuple]:
    """Four to seven items; one to three answers of either kind, or of one kind; lists that run out. No scores tie."""

    def make(generator: torch.Generator, i: int) -> tuple:
        count, size = (5, 4, 6, 7)[i % 4], (2, 3, 1)[i % 3]
        likes, dislikes = ((1, 1), (2, 1), (0, 1), (1, 0), (2, 0), (1, 2), (0, 2))[i % 7]
        while True:
            vectors = torch.randn(count, size, generator=generator).round(decimals=1)
            order = torch.randperm(count, generator=generator).tolist()
            liked, disliked = order[:likes], order[likes : likes + dislikes]
            scores = vectors @ (_mean(vectors, liked) - _mean(vectors, disliked))
            if count < 2 or scores.sort().values.diff().min() > 0.02:
                return vectors, liked, disliked, (2, 3, 1, 5)[(i + i // 4) % 4]

    return drawn(make)


def _mean(vectors: Tensor, items: list[int]) -> Tensor:
    return vectors[items].mean(dim=0) if items else torch.zeros(vectors.shape[1])


def _listed(scores: Tensor, without: list[int], k: int) -> list[int]:
    return [item for item in scores.argsort(descending=True).tolist() if item not in without][:k]


def _scores(vectors: Tensor, liked: list[int], disliked: list[int]) -> Tensor:
    return vectors @ (_mean(vectors, liked) - _mean(vectors, disliked))


def _top(scores: Tensor, answered: list[int], k: int, of_answered: float = -torch.inf, left: bool = True) -> list[int]:
    """The best k by `topk`, where the answered ones have the score `of_answered`; k at most what is left, or all."""
    scores[answered] = of_answered
    return scores.topk(min(k, len(scores) - left * len(answered))).indices.tolist()


LIKE_SLIPS = {
    "The liked and disliked items stand on your list, too. Leave them out: the user knows them.": (
        lambda vectors, liked, disliked, k: _listed(vectors @ (_mean(vectors, liked) - _mean(vectors, disliked)), [], k)
    ),
    "The disliked items stand on your list. Leave them out, too.": lambda vectors, liked, disliked, k: _listed(
        vectors @ (_mean(vectors, liked) - _mean(vectors, disliked)), liked, k
    ),
    "The list is cut to k before the answered items leave it, so it can be short. Leave them out first, then cut.": (
        lambda vectors, liked, disliked, k: [
            item
            for item in _listed(vectors @ (_mean(vectors, liked) - _mean(vectors, disliked)), [], k)
            if item not in liked + disliked
        ]
    ),
    "The dislikes do not count in your profile. Subtract the mean of their vectors.": (
        lambda vectors, liked, disliked, k: _listed(vectors @ _mean(vectors, liked), liked + disliked, k)
    ),
    "The dislikes are added to the profile. Subtract their mean.": lambda vectors, liked, disliked, k: _listed(
        vectors @ (_mean(vectors, liked) + _mean(vectors, disliked)), liked + disliked, k
    ),
    "You add up the vectors of each kind. Take their mean, so that two likes do not outweigh one dislike.": (
        lambda vectors, liked, disliked, k: _listed(
            vectors @ (vectors[liked].sum(dim=0) - vectors[disliked].sum(dim=0)), liked + disliked, k
        )
    ),
    "Your answer can be wrong where one list is empty: is the mean of no rows nan, or the profile 0?": (
        lambda vectors, liked, disliked, k: _listed(
            vectors @ (vectors[liked].mean(dim=0) - vectors[disliked].mean(dim=0)), liked + disliked, k
        )
    ),
    "Your answer can be wrong where one list is empty: the mean of no rows is nan, and so are its scores.": (
        lambda vectors, liked, disliked, k: _top(
            vectors @ (vectors[liked].mean(dim=0) - vectors[disliked].mean(dim=0)), liked + disliked, k
        )
    ),
    "Answered items get the score 0, and others fall below it. Leave them out, or give them minus infinity.": (
        lambda vectors, liked, disliked, k: _top(
            _scores(vectors, liked, disliked), liked + disliked, k, of_answered=0.0
        )
    ),
    "Where fewer than k are left, answered items fill up your list. Leave them out there, too.": (
        lambda vectors, liked, disliked, k: _top(_scores(vectors, liked, disliked), liked + disliked, k, left=False)
    ),
    "A place among the unanswered items is taken for an item's number. When the others are cut out, these move up: keep "
    "their numbers.": lambda vectors, liked, disliked, k: (
        _scores(vectors, liked, disliked)[[item for item in range(len(vectors)) if item not in liked + disliked]]
        .argsort(descending=True)
        .tolist()[:k]
    ),
    "You take one mean of liked and disliked items together. The disliked ones have a mean of their own, which is "
    "subtracted.": lambda vectors, liked, disliked, k: _listed(
        vectors @ _mean(vectors, liked + disliked), liked + disliked, k
    ),
    "You order by the cosine, which divides by each vector's length. The score is the dot product.": (
        lambda vectors, liked, disliked, k: _top(
            torch.cosine_similarity(vectors, _mean(vectors, liked)[None] - _mean(vectors, disliked)[None]),
            liked + disliked,
            k,
        )
    ),
    "You take one mean of all numbers. The mean over the items, `dim=0`, keeps Z numbers.": (
        lambda vectors, liked, disliked, k: _listed(
            vectors
            @ (
                torch.zeros(vectors.shape[1])
                + (vectors[liked].mean() if liked else 0)
                - (vectors[disliked].mean() if disliked else 0)
            ),
            liked + disliked,
            k,
        )
    ),
    "Where there are likes, dislikes do not count in your profile: does `else`, `return` or `=` hide them? Subtract them always.": lambda vectors, liked, disliked, k: (
        _listed(vectors @ (_mean(vectors, liked) if liked else -_mean(vectors, disliked)), liked + disliked, k)
    ),
    "You return scores. Wanted are the numbers of the items, so that it is known what to show.": (
        lambda vectors, liked, disliked, k: (
            (vectors @ (_mean(vectors, liked) - _mean(vectors, disliked))).sort(descending=True).values[:k]
        )
    ),
    "Only the first item of each list counts in your profile. Take the mean of all of them.": (
        lambda vectors, liked, disliked, k: _listed(
            vectors @ (_mean(vectors, liked[:1]) - _mean(vectors, disliked[:1])), liked + disliked, k
        )
    ),
    "You order by the distance to the profile. The score is the dot product with it.": (
        lambda vectors, liked, disliked, k: _listed(
            -(vectors - _mean(vectors, liked) + _mean(vectors, disliked)).square().sum(dim=1), liked + disliked, k
        )
    ),
    "The lowest scores come first on your list.": lambda vectors, liked, disliked, k: _listed(
        -vectors @ (_mean(vectors, liked) - _mean(vectors, disliked)), liked + disliked, k
    ),
}


EXERCISE = Exercise(
    solution=from_likes,
    cases=like_cases,
    slips=LIKE_SLIPS,
    returns="a list of items' numbers, best first",
    why="The mean of the liked vectors points where the user's likes are, and the mean of the disliked ones is taken "
    "away from it. The dot product with it orders all other items.",
    notice="Nothing was trained for this user: vectors that were pretrained for items serve anybody who has given one "
    "answer.",
    hints=(
        "The mean of no rows is nan. Ask first whether a list is empty, or divide the sum by `max(1, len(liked))`.",
        "Subtract the disliked mean from the liked one; all scores are `vectors @ profile`.",
        "`argsort(descending=True)` has the numbers, best first. Skip the answered ones, then keep k.",
    ),
)
