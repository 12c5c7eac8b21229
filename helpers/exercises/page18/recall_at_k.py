"""Exercise 18.3. Recall at k from pictures to names, and from names to pictures."""

from __future__ import annotations

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def recall_at_k(scores, label, k):
    """Recall at k from pictures to names, and from names to pictures."""
    best_names = scores.topk(k, dim=1).indices
    to_names = (best_names == label[:, None]).any(dim=1)
    best_pictures = scores.topk(k, dim=0).indices
    to_pictures = (label[best_pictures] == torch.arange(scores.shape[1])).any(dim=0)
    return to_names.float().mean(), to_pictures.float().mean()


def recall_cases() -> list[tuple]:
    """Two names to four, up to seven pictures, in any order; names with one picture and with several."""

    def make(generator: torch.Generator, i: int) -> tuple:
        names, more = 2 + i % 3, (1, 0, 3, 2)[i % 4]
        label = torch.cat([torch.arange(names), torch.randint(names, (more,), generator=generator)])
        label = label[torch.randperm(len(label), generator=generator)]
        places = torch.randperm(len(label) * names, generator=generator)
        scores = (places.view(len(label), names) / 10 - 0.7).float()
        return scores, label, (1, 2, 1, min(3, names))[(i + i // 4) % 4]

    return drawn(make, count=28)


def _names(scores: Tensor, label: Tensor, k: int) -> Tensor:
    return (scores.topk(k, dim=1).indices == label[:, None]).any(dim=1).float().mean()


def _found(scores: Tensor, label: Tensor, k: int) -> Tensor:
    """Which pictures are among the k best of their own name (M,)."""
    best = scores.topk(k, dim=0).indices
    return torch.tensor([i in best[:, own].tolist() for i, own in enumerate(label.tolist())]).float()


def _pictures(scores: Tensor, label: Tensor, k: int) -> Tensor:
    best = scores.topk(k, dim=0).indices
    return (label[best] == torch.arange(scores.shape[1])).any(dim=0).float().mean()


RECALL_SLIPS = {
    "The second number is the share of *pictures* that are among the k best of their name. It is asked of each name "
    "whether it finds at least one.": lambda scores, label, k: (
        _names(scores, label, k),
        _found(scores, label, k).mean(),
    ),
    "k plays no part: you look at the best alone.": lambda scores, label, k: (
        _names(scores, label, 1),
        _pictures(scores, label, 1),
    ),
    "A name counts as found in yours only if *all* its pictures are among the k best; one is enough.": (
        lambda scores, label, k: (
            _names(scores, label, k),
            torch.stack([_found(scores, label, k)[label == j].min() for j in range(scores.shape[1])]).mean(),
        )
    ),
    "For the second number you count hits, and divide by all k places of the lists (that is a precision). Ask of each "
    "name whether there is a hit.": lambda scores, label, k: (
        _names(scores, label, k),
        (label[scores.topk(k, dim=0).indices] == torch.arange(scores.shape[1])).float().mean(),
    ),
    "For the first number you divide the hits by k, too. Of k names one at most is the picture's.": (
        lambda scores, label, k: (_names(scores, label, k) / k, _pictures(scores, label, k))
    ),
    "The second number is the first one again. For the names go along the columns.": lambda scores, label, k: (
        _names(scores, label, k),
        _names(scores, label, k),
    ),
    "For the second number each hit counts, also several of one name. Count a name once.": lambda scores, label, k: (
        _names(scores, label, k),
        _found(scores, label, k).sum() / scores.shape[1],
    ),
    "The second number is divided by the number of pictures. It is a share of the names.": lambda scores, label, k: (
        _names(scores, label, k),
        _pictures(scores, label, k) * scores.shape[1] / len(scores),
    ),
    "You compare scores with `label`. Compare the *places* of the best: `.indices`.": lambda scores, label, k: (
        (scores.topk(k, dim=1).values == label[:, None]).any(dim=1).float().mean(),
        _pictures(scores, label, k),
    ),
    "For the second number you compare places with labels of the first pictures. Take the label of each picture that "
    "is among the best.": lambda scores, label, k: (
        _names(scores, label, k),
        (scores.topk(k, dim=0).indices == label[: scores.shape[1]]).any(dim=0).float().mean(),
    ),
    "You take the lowest scores. Nearest means the largest score.": lambda scores, label, k: (
        _names(-scores, label, k),
        _pictures(-scores, label, k),
    ),
    "You count them. Return shares, from 0 to 1.": lambda scores, label, k: (
        _names(scores, label, k) * len(label),
        _pictures(scores, label, k) * scores.shape[1],
    ),
    "The second number compares places of pictures with places of names. A place in a column is a picture: `label` "
    "tells to which name it belongs.": lambda scores, label, k: (
        _names(scores, label, k),
        (scores.topk(k, dim=0).indices == torch.arange(scores.shape[1])).any(dim=0).float().mean(),
    ),
}

EXERCISE = Exercise(
    solution=recall_at_k,
    cases=recall_cases,
    slips=RECALL_SLIPS,
    returns="two numbers: the share of pictures, then the share of names",
    why="Along a row stand the names of one picture, along a column the pictures of one name. Each picture has one own "
    "name; a name can have several pictures, and one among the k best is enough.",
    notice="The two directions need not agree: one picture can be the best for many names.",
    hints=(
        "`scores.topk(k, dim=1).indices` (M, k) are the k best names of each picture. In which rows does `label` stand?",
        "For the names go along the columns: `scores.topk(k, dim=0).indices` (k, L) are pictures. To which name does each "
        "belong?",
        "`label[best_pictures]` are the owners of these pictures, (k, L). Compare column j with j, and ask for any.",
    ),
)
