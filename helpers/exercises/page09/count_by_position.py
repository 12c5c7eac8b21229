"""Exercise 9.1. How many tensors fit by position and shape, and how many numbers these hold."""

from __future__ import annotations

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def count_by_position(saved, wanted):
    """How many tensors fit by position and shape, and how many numbers these hold."""
    pairs = zip(saved.values(), wanted.values(), strict=False)
    fitting = [a.numel() for a, b in pairs if a.shape == b.shape]
    return len(fitting), sum(fitting)


SHAPES = ((2, 3), (3, 2), (3,), (2,), (6,), (1,), (), (2, 1), (1, 2), (2, 3))


def state_cases() -> list[tuple]:
    """Two small state dicts: other names, some shapes alike, lengths that differ either way, none alike, all alike."""

    def state(generator: torch.Generator, names: str, shapes: list) -> dict[str, Tensor]:
        return {
            f"{name}.weight": torch.randn(shape, generator=generator).round(decimals=1)
            for name, shape in zip(names, shapes, strict=False)
        }

    def make(generator: torch.Generator, i: int) -> tuple:
        n, m = (1, 2, 3, 3, 2, 4)[i % 6], (1, 2, 3, 2, 4, 4)[i % 6]
        first = [SHAPES[k] for k in torch.randint(len(SHAPES), (n,), generator=generator)]
        second = [SHAPES[k] for k in torch.randint(len(SHAPES), (m,), generator=generator)]
        for place in range(min(n, m)):
            if torch.rand((), generator=generator) < 0.55:
                second[place] = first[place]
        if i % 5 == 4:
            second = second[::-1]  # the same shapes at other places
        mine = "abcd" if i % 3 else "ab_d"  # at times a name is the same, at another place or shape
        return state(generator, mine, first), state(generator, "a_xb" if i % 2 else "pqrs", second)

    return drawn(make)


def _counts(saved: dict, wanted: dict, fits: object) -> tuple[int, int]:
    fitting = [a.numel() for a, b in zip(saved.values(), wanted.values(), strict=False) if fits(a, b)]
    return len(fitting), sum(fitting)


def _by_name(saved: dict, wanted: dict) -> tuple[int, int]:
    fitting = [t.numel() for name, t in saved.items() if name in wanted and wanted[name].shape == t.shape]
    return len(fitting), sum(fitting)


def _anywhere(saved: dict, wanted: dict) -> tuple[int, int]:
    fitting = [t.numel() for t in saved.values() if t.shape in {other.shape for other in wanted.values()}]
    return len(fitting), sum(fitting)


def _by_name_alone(saved: dict, wanted: dict) -> tuple[int, int]:
    both = [name for name in saved if name in wanted]
    return len(both), sum(saved[name].numel() for name in both)


def _as_a_set(saved: dict, wanted: dict) -> tuple[int, int]:
    both = {t.shape for t in saved.values()} & {t.shape for t in wanted.values()}
    return len(both), sum(shape.numel() for shape in both)


def _with_the_rest(saved: dict, wanted: dict) -> tuple[int, int]:
    shorter = min(len(saved), len(wanted))
    rest = [t.numel() for t in [*list(saved.values())[shorter:], *list(wanted.values())[shorter:]]]
    tensors, numbers = count_by_position(saved, wanted)
    return tensors + len(rest), numbers + sum(rest)


def _until_first(saved: dict, wanted: dict) -> tuple[int, int]:
    fitting = []
    for a, b in zip(saved.values(), wanted.values(), strict=False):
        if a.shape != b.shape:
            break
        fitting.append(a.numel())
    return len(fitting), sum(fitting)


COUNT_SLIPS = {
    "You matched by name, as on page 6. Here the names differ on purpose: the first tensor of the one belongs to the "
    "first of the other, whatever they are called.": _by_name,
    "You count the names that both have, and neither place nor shape plays a part. Pair the first tensor with the "
    "first, whatever they are called.": _by_name_alone,
    "You collect the shapes in sets, so that place and number are lost. Go through both side by side.": _as_a_set,
    "You count the rest of the longer one, too. What has no partner is left out.": _with_the_rest,
    "The second result counts the tensors once more. Wanted is how many numbers they hold.": lambda saved, wanted: (
        count_by_position(saved, wanted)[0],
        count_by_position(saved, wanted)[0],
    ),
    "The second result is the largest tensor alone. Add up the numbers of all that fit.": lambda saved, wanted: (
        count_by_position(saved, wanted)[0],
        max(
            (a.numel() for a, b in zip(saved.values(), wanted.values(), strict=False) if a.shape == b.shape), default=0
        ),
    ),
    "The first result says whether all of the model was filled. Wanted is how many tensors fit.": lambda saved, wanted: (
        count_by_position(saved, wanted)[0] == len(wanted),
        count_by_position(saved, wanted)[1],
    ),
    "You count a tensor as soon as its shape stands somewhere in the model. Wanted is the same *place*: first with "
    "first, second with second.": _anywhere,
    "You stop at the first pair that does not fit. The pairs behind it count, too.": _until_first,
    "You compare how many numbers the two tensors hold. A tensor of 2 x 3 does not fit one of 3 x 2: compare the "
    "shapes.": lambda saved, wanted: _counts(saved, wanted, lambda a, b: a.numel() == b.numel()),
    "You compare how many axes the two tensors have. Their sizes must agree, too.": lambda saved, wanted: _counts(
        saved, wanted, lambda a, b: a.dim() == b.dim()
    ),
    "You compare the first size alone. All sizes of the shape must agree.": lambda saved, wanted: _counts(
        saved, wanted, lambda a, b: a.shape[:1] == b.shape[:1]
    ),
    "You count the pairs that do *not* fit.": lambda saved, wanted: _counts(
        saved, wanted, lambda a, b: a.shape != b.shape
    ),
    "You count every pair. A pair counts only if both shapes are the same.": lambda saved, wanted: _counts(
        saved, wanted, lambda a, b: True
    ),
    "That is the whole file. Count the tensors that have a partner of the same shape.": lambda saved, wanted: (
        len(saved),
        sum(t.numel() for t in saved.values()),
    ),
    "That is the whole model. Count the tensors that have a partner of the same shape.": lambda saved, wanted: (
        len(wanted),
        sum(t.numel() for t in wanted.values()),
    ),
    "You compare the values. A file and a fresh model hold other values: whether a tensor fits is a matter of its "
    "shape.": lambda saved, wanted: _counts(saved, wanted, torch.equal),
    "You add up the values of the tensors. Wanted is how many numbers they hold: `numel()`.": lambda saved, wanted: (
        count_by_position(saved, wanted)[0],
        sum(a.sum().item() for a, b in zip(saved.values(), wanted.values(), strict=False) if a.shape == b.shape),
    ),
    "You count the rows of the tensors. Wanted is how many numbers they hold: `numel()`.": lambda saved, wanted: (
        count_by_position(saved, wanted)[0],
        sum(
            len(a) if a.dim() else 1
            for a, b in zip(saved.values(), wanted.values(), strict=False)
            if a.shape == b.shape
        ),
    ),
    "You count the numbers of the whole file. Wanted are those of the tensors that fit.": lambda saved, wanted: (
        count_by_position(saved, wanted)[0],
        sum(t.numel() for t in saved.values()),
    ),
    "You count the numbers of the whole model. Wanted are those of the tensors that fit.": lambda saved, wanted: (
        count_by_position(saved, wanted)[0],
        sum(t.numel() for t in wanted.values()),
    ),
    "You return shares. Wanted are two counts.": lambda saved, wanted: (
        count_by_position(saved, wanted)[0] / len(wanted),
        count_by_position(saved, wanted)[1] / sum(t.numel() for t in wanted.values()),
    ),
}


EXERCISE = Exercise(
    solution=count_by_position,
    cases=state_cases,
    slips=COUNT_SLIPS,
    returns="two whole numbers: how many tensors fit, and how many numbers these hold",
    why="`zip` pairs the first with the first and ends with the shorter of the two. A pair fits if the shapes are "
    "the same; `numel()` says how many numbers a tensor holds.",
    notice="Shapes that fit are needed, and they prove nothing: two tensors of one shape may have changed places.",
    hints=(
        "Two dictionaries keep their tensors in an order. How do you go through two of them side by side?",
        "`saved.values()` are the tensors without their names, and `zip` pairs them. When does a pair fit?",
        "Collect `numel()` of each tensor whose `shape` equals that of its partner: how many are there, what is their sum?",
    ),
)
