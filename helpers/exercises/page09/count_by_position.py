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
    """Two small state dicts: other names, some shapes alike, lengths that differ either way, none alike, all alike.

    Two more have names as those of a BatchNorm, and tensors of several kinds of numbers.
    """

    def state(generator: torch.Generator, names: str, shapes: list) -> dict[str, Tensor]:
        return {
            f"{name}.{'bias' if len(shape) == 1 and name in 'bqx' else 'weight'}": (
                torch.randn(shape, generator=generator).round(decimals=1)
            )
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

    norm = {"bn.weight": torch.ones(3), "bn.running_mean": torch.zeros(3), "bn.num_batches_tracked": torch.tensor(7)}
    other = {"norm.weight": torch.ones(3), "norm.mean": torch.ones(3), "norm.seen": torch.tensor(0)}
    half = {"a.weight": torch.ones(3).half(), "b.weight": torch.ones(2)}
    whole = {"p.weight": torch.zeros(3), "q.weight": torch.ones(2).long()}
    return [*drawn(make), (norm, other), (half, whole)]


def _skipping(skips: object) -> object:
    """A slip that passes over tensors of the file: a function of name and tensor."""

    def slip(saved: dict, wanted: dict) -> tuple[int, int]:
        pairs = zip(saved.items(), wanted.values(), strict=False)
        fitting = [a.numel() for (name, a), b in pairs if a.shape == b.shape and not skips(name, a)]
        return len(fitting), sum(fitting)

    return slip


def _second(number_of: object) -> object:
    """A slip in the second result alone: what a list of the fitting tensors of the file gives."""

    def slip(saved: dict, wanted: dict) -> tuple[int, int]:
        fitting = [a for a, b in zip(saved.values(), wanted.values(), strict=False) if a.shape == b.shape]
        return len(fitting), number_of(fitting)

    return slip


def _paired(turn: object) -> object:
    """A slip that brings the tensors into another order first: a function of a list of (name, tensor)."""

    def slip(saved: dict, wanted: dict) -> tuple[int, int]:
        pairs = zip(turn(saved, 0), turn(wanted, 1), strict=False)
        fitting = [a.numel() for (_, a), (_, b) in pairs if a.shape == b.shape]
        return len(fitting), sum(fitting)

    return slip


def _last(fitting: list[Tensor]) -> int:
    return fitting[-1].numel() if fitting else 0


def _each_with_each(saved: dict, wanted: dict) -> tuple[int, int]:
    fitting = [a.numel() for a in saved.values() for b in wanted.values() if a.shape == b.shape]
    return len(fitting), sum(fitting)


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
    "You compare each tensor of one with every tensor of the other (a loop inside a loop). Go through both side by side.": (
        _each_with_each
    ),
    "The first pair is left out: positions begin at 0.": _paired(lambda state, _: list(state.items())[1:]),
    "The last pair is left out. Does your `range` end too early?": lambda saved, wanted: count_by_position(
        *(dict(list(state.items())[: min(len(saved), len(wanted)) - 1]) for state in (saved, wanted))
    ),
    "You sort by name first. The order in the dictionaries is the one that counts.": _paired(
        lambda state, _: sorted(state.items())
    ),
    "One of the two runs backwards in yours: the first tensor belongs to the first, not to the last.": _paired(
        lambda state, side: list(state.items())[:: -1 if side else 1]
    ),
    "Only the last pair that fits counts. Is `=`, or `=+`, in your loop where `+=` belongs?": lambda saved, wanted: (
        min(count_by_position(saved, wanted)[0], 1),
        _second(_last)(saved, wanted)[1],
    ),
    "It is the numbers of the last fitting tensor alone. Is `=`, or `=+`, in your loop where `+=` belongs?": _second(
        _last
    ),
    "No pair counts in yours, whatever the shapes. Are shapes compared by `is`, where `==` belongs? Or is something "
    "else asked for, such as `requires_grad`, that no tensor of a state dict has?": lambda saved, wanted: (0, 0),
    "You add up the sizes of the shapes. A tensor of 2 x 3 holds 6 numbers, not 5: `numel()`.": _second(
        lambda fitting: sum(sum(a.shape) for a in fitting)
    ),
    "You leave out the first size of each shape. All of them count: `numel()`.": _second(
        lambda fitting: sum(a.shape[1:].numel() for a in fitting)
    ),
    "You give up where one is longer than the other. The rest of the longer one is left out, and the pairs count.": (
        lambda saved, wanted: count_by_position(saved, wanted) if len(saved) == len(wanted) else (0, 0)
    ),
    "Sizes may change places in yours. A tensor of 2 x 1 does not fit one of 1 x 2.": lambda saved, wanted: _counts(
        saved, wanted, lambda a, b: sorted(a.shape) == sorted(b.shape)
    ),
    "Tensors of a single number, of shape (), are left out. They count, too, with one number each.": _skipping(
        lambda name, a: a.dim() == 0
    ),
    "A tensor of shape () holds one number, and yours counts none.": _second(
        lambda fitting: sum(a.numel() for a in fitting if a.dim())
    ),
    "You count the numbers that are not 0. Zeros are numbers of the tensor, too: `numel()`.": _second(
        lambda fitting: sum(int((a != 0).sum()) for a in fitting)
    ),
    "You leave out tensors by their names. Whatever their names are, all pairs count.": _skipping(
        lambda name, a: not name.endswith("weight")
    ),
    "You leave out `num_batches_tracked`. All pairs count, whatever they hold.": _skipping(
        lambda name, a: "num_batches_tracked" in name
    ),
    "You leave out the buffers of BatchNorm. Whatever their names are, all pairs count.": _skipping(
        lambda name, a: "running" in name or "num_batches_tracked" in name
    ),
    "You ask for the same kind of numbers (`dtype`) as well. Only the shapes need to agree.": lambda saved, wanted: (
        _counts(saved, wanted, lambda a, b: a.shape == b.shape and a.dtype == b.dtype)
    ),
    "You count only tensors of fractions. All kinds of numbers count.": _skipping(
        lambda name, a: not a.is_floating_point()
    ),
    "You matched by name, as on page 6. Here names tell nothing: the first tensor of the one belongs to the first of the other, whatever they are called.": _by_name,
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
