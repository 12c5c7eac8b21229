"""Exercise 6.1. How many tensors of the state dict `saved` fit into `wanted`: by name, and by shape."""

from __future__ import annotations

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn, same


def count_matching(saved, wanted):
    """How many tensors of the state dict `saved` fit into `wanted`: by name, and by shape."""
    count = 0
    for name, tensor in saved.items():
        if name in wanted and tensor.shape == wanted[name].shape:
            count += 1
    return count


def load_cases() -> list[tuple]:
    """Two small state dicts: some names are in both, some of those with another shape; either may be empty."""
    shapes = {
        "encoder.0.weight": (2, 3),
        "encoder.0.bias": (2,),
        "encoder.1.weight": (3, 2),
        "0.weight": (2, 3),
        "fc.weight": (1, 2),
        "bn.num_batches_tracked": (),
    }
    others = {
        (2, 3): ((3, 2), (1, 3)),
        (3, 2): ((2, 3), (6,)),
        (2,): ((3,), (2, 1)),
        (1, 2): ((2,), (1, 3)),
        (): ((1,),),
    }

    def net(names: list[str], odd: Tensor, value: float) -> dict[str, Tensor]:
        fitted = [others[shapes[n]][i % len(others[shapes[n]])] if odd[i] else shapes[n] for i, n in enumerate(names)]
        return {name: torch.full(shape, value) for name, shape in zip(names, fitted, strict=True)}

    def make(generator: torch.Generator, i: int) -> tuple:
        sides = []
        for side in range(2):
            order = [list(shapes)[place] for place in torch.randperm(len(shapes), generator=generator)]
            names = order[: 1 + int(torch.randint(5, (), generator=generator))]
            odd = (torch.rand(len(names), generator=generator) < 0.4) & (side == 0)
            sides.append(net(names, odd, float(side + i % 2)))
        return tuple(sides)

    def both(*names: str, odd: tuple[int, ...] = ()) -> tuple:
        mark = torch.tensor([i in odd for i in range(len(names))])
        return net(list(names), mark, 1.0), net(list(names), mark & False, 1.0)

    halves, doubles = (
        {"fc.weight": torch.ones(1, 2, dtype=kind), "encoder.0.bias": torch.ones(2)}
        for kind in (torch.half, torch.double)
    )
    return [
        (halves, doubles),
        both("0.weight"),
        both("0.weight", odd=(0,)),
        both("fc.weight", "encoder.0.bias", odd=(1,)),
        both("encoder.0.bias", "encoder.0.weight", "bn.num_batches_tracked"),
        ({"0.weight": torch.ones(2, 3)}, {"encoder.0.weight": torch.ones(2, 3)}),
        ({"encoder.0.weight": torch.ones(2, 3)}, {"0.weight": torch.ones(2, 3)}),
        ({}, {"0.weight": torch.ones(2, 3)}),
        ({"0.weight": torch.ones(2, 3)}, {}),
        *drawn(make, 22),
    ]


def same_count(got: object, right: object) -> bool:
    """As `same`; a slip may also return a list of names, in any order."""
    if isinstance(right, list):
        return isinstance(got, list | tuple | set) and sorted(map(str, got)) == sorted(right)
    return same(got, right)


def _fitting(saved: dict, wanted: dict) -> list[str]:
    return [name for name in saved if name in wanted and saved[name].shape == wanted[name].shape]


def _stripped(state: dict) -> dict:
    return {name.removeprefix("encoder."): tensor for name, tensor in state.items()}


def _pairs(saved: dict, wanted: dict) -> list[tuple]:
    return list(zip(saved.items(), wanted.items(), strict=False))


def _shapes(state: dict) -> set:
    return {tensor.shape for tensor in state.values()}


def _end(name: str) -> str:
    return name.split(".")[-1]


def _ends(state: dict) -> dict:
    return {_end(name): tensor.shape for name, tensor in state.items()}


LOAD_SLIPS = {
    "You counted equal names. A tensor of another shape does not fit: compare the shapes too.": lambda saved, wanted: (
        len(set(saved) & set(wanted))
    ),
    "You counted equal shapes. A load goes by name first: is there one of the same *name*?": lambda saved, wanted: sum(
        tensor.shape in [other.shape for other in wanted.values()] for tensor in saved.values()
    ),
    "You compared the numbers of the tensors. A tensor fits if its name and its *shape* are the same.": (
        lambda saved, wanted: sum(torch.equal(saved[name], wanted[name]) for name in set(saved) & set(wanted))
    ),
    "You compared the kind of the numbers (dtype) as well. Name and shape decide: a load turns the numbers into the model's "
    "kind.": lambda saved, wanted: sum(saved[n].dtype == wanted[n].dtype for n in _fitting(saved, wanted)),
    "You compared how many numbers a tensor has. A shape says more: (2, 3) and (3, 2) both hold six.": (
        lambda saved, wanted: sum(saved[n].numel() == wanted[n].numel() for n in set(saved) & set(wanted))
    ),
    "You compared how many axes a tensor has. Compare the shapes: how long each axis is.": lambda saved, wanted: sum(
        saved[name].dim() == wanted[name].dim() for name in set(saved) & set(wanted)
    ),
    "You compared the first axis only. The whole shapes must be equal.": lambda saved, wanted: sum(
        saved[name].shape[:1] == wanted[name].shape[:1] for name in set(saved) & set(wanted)
    ),
    "You left an axis out of the comparison. The whole shapes must be equal.": lambda saved, wanted: sum(
        saved[name].shape[1:] == wanted[name].shape[1:] for name in set(saved) & set(wanted)
    ),
    "You left the last axis out of the comparison. The whole shapes must be equal.": lambda saved, wanted: sum(
        saved[name].shape[:-1] == wanted[name].shape[:-1] for name in set(saved) & set(wanted)
    ),
    "Yours is 0 for every input. If you count in a loop, print the two things that you compare in it. (Is `is` there? It asks "
    "whether two things are one and the same, and two shapes never are: write `==`.)": lambda saved, wanted: 0,
    "You took the missing names off the number of all tensors. A counter (`num_batches_tracked`) that is missing was not "
    "told, and one of another shape is not missing either. Count those that fit.": lambda saved, wanted: (
        len(wanted) - sum(n not in saved and not n.endswith("num_batches_tracked") for n in wanted)
    ),
    "You looked for the names and for the shapes on their own. One tensor of the model must have both: the same name, and "
    "under that name the same shape.": lambda saved, wanted: min(
        len(set(saved) & set(wanted)), len(_shapes(saved) & _shapes(wanted))
    ),
    "You looked for the name and for the shape on their own. One tensor of the model must have both: ask for the shape of "
    "`wanted[name]`.": lambda saved, wanted: sum(n in wanted and t.shape in _shapes(wanted) for n, t in saved.items()),
    "You compared the last part of each name only (`weight`, `bias`). The whole names must be the same.": (
        lambda saved, wanted: sum(_ends(wanted).get(_end(n)) == t.shape for n, t in saved.items())
    ),
    "You compared the last part of each name, such as `weight`. The whole names must be the same.": (
        lambda saved, wanted: sum(
            any(_end(n) == _end(m) and a.shape == b.shape for m, b in wanted.items()) for n, a in saved.items()
        )
    ),
    "You compared the last axis only. The whole shapes must be equal.": lambda saved, wanted: sum(
        saved[name].shape[-1:] == wanted[name].shape[-1:] for name in set(saved) & set(wanted)
    ),
    "You sorted the numbers of a shape before you compared. (2, 3) and (3, 2) are two shapes.": lambda saved, wanted: (
        sum(sorted(saved[name].shape) == sorted(wanted[name].shape) for name in set(saved) & set(wanted))
    ),
    "A tensor that fits counts twice: once for its name, and once for its shape. Count it if both are true.": (
        lambda saved, wanted: len(set(saved) & set(wanted)) + len(_fitting(saved, wanted))
    ),
    "You take 1 away for each tensor that does not fit. Just do not count it.": lambda saved, wanted: (
        2 * len(_fitting(saved, wanted)) - len(saved)
    ),
    "You counted what is in the file or in the model (`|`). Count what is in both (`&`).": lambda saved, wanted: (
        len(saved) + len(wanted) - len(_fitting(saved, wanted))
    ),
    "That is the difference between two numbers of tensors. Which tensors are they?": lambda saved, wanted: (
        len(wanted) - len(saved)
    ),
    "That is the difference of two numbers of tensors. Which tensors are they?": lambda saved, wanted: abs(
        len(wanted) - len(saved)
    ),
    "That says whether all names are known. Wanted is how many tensors fit.": lambda saved, wanted: all(
        name in wanted for name in saved
    ),
    "You compared the types: both are tensors, always. Compare their shapes.": lambda saved, wanted: sum(
        type(saved[name]) is type(wanted[name]) for name in set(saved) & set(wanted)
    ),
    "You counted all tensors of the file. Which of them does the model know?": lambda saved, wanted: len(saved),
    "You counted all tensors of the model. Which of them are in the file?": lambda saved, wanted: len(wanted),
    "You counted the tensors of both together. Count those that are in both, and fit.": lambda saved, wanted: (
        len(saved) + len(wanted)
    ),
    "You counted the different names of both together. Count those that are in both, and fit.": lambda saved, wanted: (
        len(set(saved) | set(wanted))
    ),
    "That is how many tensors of the model stay empty. Count those that arrive.": lambda saved, wanted: (
        len(wanted) - len(_fitting(saved, wanted))
    ),
    "That is how many tensors of the model have no namesake in the file. Count those that arrive.": (
        lambda saved, wanted: len(set(wanted) - set(saved))
    ),
    "That is how many tensors of the file do not fit. Count those that do.": lambda saved, wanted: (
        len(saved) - len(_fitting(saved, wanted))
    ),
    "That is how many tensors of the file have no namesake in the model. Count those that fit.": (
        lambda saved, wanted: len(set(saved) - set(wanted))
    ),
    "You counted equal names whose shapes differ: `!=` where `==` is needed.": lambda saved, wanted: (
        len(set(saved) & set(wanted)) - len(_fitting(saved, wanted))
    ),
    "One condition is enough for you, the name or the shape. Both are needed: `and`.": lambda saved, wanted: sum(
        name in wanted or tensor.shape in [other.shape for other in wanted.values()] for name, tensor in saved.items()
    ),
    "You counted single weights. Count tensors: 1 for each that fits, however large it is.": lambda saved, wanted: sum(
        saved[name].numel() for name in _fitting(saved, wanted)
    ),
    "You took `encoder.` off the names. They must be the same as they stand.": lambda saved, wanted: len(
        _fitting(_stripped(saved), _stripped(wanted))
    ),
    "You took `encoder.` off the names of the file. They must be the same as they stand.": lambda saved, wanted: len(
        _fitting(_stripped(saved), wanted)
    ),
    "You put `encoder.` before the names. They must be the same as they stand.": lambda saved, wanted: sum(
        f"encoder.{name}" in saved and saved[f"encoder.{name}"].shape == tensor.shape for name, tensor in wanted.items()
    ),
    "You compared the two in their order, the first with the first and so on. Ask for each name: the order may differ.": (
        lambda saved, wanted: sum(n == m and a.shape == b.shape for (n, a), (m, b) in _pairs(saved, wanted))
    ),
    "You compared the shapes in their order, the first with the first and so on. A load goes by name.": (
        lambda saved, wanted: sum(a.shape == b.shape for (_, a), (_, b) in _pairs(saved, wanted))
    ),
    "You counted the *weights* that fit. A bias, and whatever else stands there, is a tensor of its own.": (
        lambda saved, wanted: sum(name.endswith("weight") for name in _fitting(saved, wanted))
    ),
    "You left out the biases. Each is a tensor of its own.": lambda saved, wanted: sum(
        not name.endswith("bias") for name in _fitting(saved, wanted)
    ),
    "You left out the counters (`num_batches_tracked`). Here they are tensors like all others: count them too.": (
        lambda saved, wanted: sum("num_batches" not in name for name in _fitting(saved, wanted))
    ),
    "These are the names of the tensors that fit; wanted is how many there are.": _fitting,
    "These are the names that both have. Wanted is how many tensors fit, by name and by shape.": lambda saved, wanted: (
        [name for name in saved if name in wanted]
    ),
    "You returned how many fit, and a second number. Only the first is wanted.": lambda saved, wanted: (
        (len(_fitting(saved, wanted)), len(wanted) - len(_fitting(saved, wanted)))
    ),
    "A name of the file need only be part of another. They must be the same: `==`, or `in` a dictionary, not in a text.": (
        lambda saved, wanted: sum(n in m and a.shape == b.shape for n, a in saved.items() for m, b in wanted.items())
    ),
    "`0.weight` is not `encoder.0.weight` for a load. The whole names must be the same.": (
        lambda saved, wanted: sum(
            (n.endswith(m) or m.endswith(n)) and a.shape == b.shape for n, a in saved.items() for m, b in wanted.items()
        )
    ),
    "You compared the names in their order, the first with the first and so on. Ask for each name, and for its shape.": (
        lambda saved, wanted: sum(n == m for (n, _), (m, _) in _pairs(saved, wanted))
    ),
    "You sorted both and compared the first with the first and so on. One name more on a side moves all behind it.": (
        lambda saved, wanted: sum(
            n == m and saved[n].shape == wanted[m].shape for n, m in zip(sorted(saved), sorted(wanted), strict=False)
        )
    ),
    "You counted only names that begin with `encoder.`. All names count.": lambda saved, wanted: sum(
        name.startswith("encoder.") for name in _fitting(saved, wanted)
    ),
    "You counted the different shapes that both have. Count tensors, by name and by shape.": lambda saved, wanted: len(
        _shapes(saved) & _shapes(wanted)
    ),
    "You took the smaller of the two numbers of tensors. Look at their names and shapes.": lambda saved, wanted: min(
        len(saved), len(wanted)
    ),
    "The first tensor of the file is left out: positions begin at 0.": lambda saved, wanted: len(
        _fitting(dict(list(saved.items())[1:]), wanted)
    ),
    "The last tensor of the file is left out.": lambda saved, wanted: len(
        _fitting(dict(list(saved.items())[:-1]), wanted)
    ),
    "That is the share of the model that is filled, in per cent. Wanted is how many tensors fit.": lambda saved, wanted: (
        100 * len(_fitting(saved, wanted)) / max(len(wanted), 1)
    ),
    "That is the share of the model that is filled. Wanted is how many tensors fit.": lambda saved, wanted: (
        len(_fitting(saved, wanted)) / len(wanted)
    ),
    "That is the share of the file that fits. Wanted is how many tensors fit.": lambda saved, wanted: (
        len(_fitting(saved, wanted)) / len(saved)
    ),
    "Your count never goes beyond 1. Does it grow with each tensor that fits (`+= 1`), and does a `return` inside the loop "
    "end it at the first?": lambda saved, wanted: bool(_fitting(saved, wanted)),
    "That says whether any name is known. Wanted is how many tensors fit.": lambda saved, wanted: any(
        name in wanted for name in saved
    ),
    "That says whether all tensors fit. Wanted is how many do.": lambda saved, wanted: (
        len(_fitting(saved, wanted)) == len(saved)
    ),
    "Your loop ends at the first tensor that does not fit. Go on: later ones may fit.": lambda saved, wanted: next(
        (i for i, name in enumerate(saved) if name not in _fitting(saved, wanted)), len(saved)
    ),
    "Your loop ends at the first name that the model does not know. Go on: later ones may fit.": lambda saved, wanted: (
        len(
            _fitting(
                dict(list(saved.items())[: next((i for i, n in enumerate(saved) if n not in wanted), None)]), wanted
            )
        )
    ),
}


EXERCISE = Exercise(
    solution=count_matching,
    cases=load_cases,
    slips=LOAD_SLIPS,
    returns="one whole number, how many tensors fit",
    same=same_count,
    why="A tensor arrives if the model has one of the same name, and of the same shape.",
    notice="Assert this number under every load, and an empty one cannot pass unseen.",
    hints=(
        "A state dict maps names to tensors. What must be true of a tensor of the file, so that it fits?",
        "`for name, tensor in saved.items():` goes through them. Two conditions must both hold; count where they do.",
        "`name in wanted` asks for the name. Only where it is there can you ask for the shape of `wanted[name]`.",
    ),
)
