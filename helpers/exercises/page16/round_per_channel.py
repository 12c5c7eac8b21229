"""Exercise 16.2. A weight after rounding each output channel with a scale of its own."""

from __future__ import annotations

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn, same

SHAPES = ((2, 3), (3, 2), (1, 4), (2, 2, 2), (3, 1, 2), (2, 1, 2, 2), (4, 1))


def round_per_channel(weight, bits):
    """The weight after rounding each output channel with a scale of its own."""
    most = 2 ** (bits - 1) - 1
    restored = torch.zeros_like(weight)
    for k, channel in enumerate(weight):
        size = channel.abs().max()
        if size > 0:
            scale = size / most
            restored[k] = (channel / scale).round() * scale
    return restored


def weight_cases() -> list[tuple]:
    """Two dimensions to four, channels of unlike sizes, one of zeros at any place, one whose largest size is below 0."""

    def make(generator: torch.Generator, i: int) -> tuple:
        shape = SHAPES[i % len(SHAPES)]
        weight = torch.randn(shape, generator=generator)
        weight = weight * (0.2 * 6 ** torch.arange(len(weight)).float()).view(-1, *[1] * (len(shape) - 1))
        weight[0].view(-1)[0] = -1.3 * weight[0].abs().max()
        if i % 3 == 1 and len(weight) > 1:
            weight[(0 if len(weight) == 2 else 1) if i % 2 else -1] = 0
        weight, bits = (100 * weight).round() / 100, (3, 2, 4, 8, 5)[i % 5]
        while _near_a_tie(weight, bits):
            weight = (100 * weight * 0.97).round() / 100
        return weight, bits

    return drawn(make)


def _with(weight: Tensor, sizes: Tensor, bits: int, restore: bool = True) -> Tensor:
    """Rounded with given sizes (any shape that fits); a size of 0 leaves 0."""
    scale = sizes.abs().clamp(min=1e-12) / (2 ** (bits - 1) - 1)
    return (weight / scale).round() * (scale if restore else 1)


def _own(weight: Tensor, sizes: Tensor) -> Tensor:
    return sizes.view(-1, *[1] * (weight.dim() - 1))


def _in_steps(weight: Tensor, steps: int) -> Tensor:
    scale = _own(weight, weight.abs().flatten(1).amax(dim=1).clamp(min=1e-12)) / steps
    return (weight / scale).round() * scale


def _unsigned(weight: Tensor, bits: int) -> Tensor:
    flat = weight.flatten(1)
    wide = (flat.amax(dim=1).clamp(min=0) - flat.amin(dim=1).clamp(max=0)).clamp(min=1e-12) / (2**bits - 1)
    return (weight / _own(weight, wide)).round() * _own(weight, wide)


def _near_a_tie(weight: Tensor, bits: int) -> bool:
    """Whether a number lies so near the middle of two codes that another order of operations rounds it otherwise."""
    most = 2 ** (bits - 1) - 1
    steps = weight / _own(weight, weight.abs().flatten(1).amax(dim=1).clamp(min=1e-12)) * most
    return bool(((steps.frac().abs() - 0.5).abs() < 0.01).any())


def _until_zeros(weight: Tensor, bits: int, restored: Tensor | None = None) -> Tensor:
    """Nothing is done from the first channel of zeros on."""
    zeros = (weight.flatten(1) == 0).all(dim=1).nonzero()
    end = int(zeros[0]) if len(zeros) else len(weight)
    restored = torch.zeros_like(weight) if restored is None else restored
    restored[:end] = round_per_channel(weight[:end], bits)
    return restored


def same_tensor(got: object, right: object) -> bool:
    """Whether both hold the same numbers, and neither alone is a list."""
    return isinstance(got, list | tuple) == isinstance(right, list | tuple) and same(got, right)


CHANNEL_SLIPS = {
    "Yours is a list. `torch.stack` makes one tensor of several.": (
        lambda weight, bits: list(round_per_channel(weight, bits))
    ),
    "You stop at the first channel of zeros. Go on with the next: `continue`, not `break` or `return`.": _until_zeros,
    "You stop at the first channel of zeros; what follows is not rounded. Go on with the next: `continue`, not `break` or "
    "`return`.": lambda weight, bits: _until_zeros(weight, bits, weight.clone()),
    "You divide the largest size by 2^bits - 1, the steps of a range from 0 up. Here the codes go to both sides, and the "
    "largest size has the code 2^(bits - 1) - 1.": lambda weight, bits: _in_steps(weight, 2**bits - 1),
    "You divide the largest size by 2^(bits - 1). Its code is one less: 127 for 8 bits.": (
        lambda weight, bits: _in_steps(weight, 2 ** (bits - 1))
    ),
    "You take one scale for the whole weight. Each output channel `weight[k]` has its own.": (
        lambda weight, bits: _with(weight, weight.abs().max(), bits)
    ),
    "Those are the codes. Multiply each by its channel's scale again.": (
        lambda weight, bits: _with(weight, _own(weight, weight.abs().flatten(1).amax(dim=1)), bits, restore=False)
    ),
    "You take the largest number of a channel, not the largest *size*: -3 is larger in size than 2.": (
        lambda weight, bits: _with(weight, _own(weight, weight.flatten(1).amax(dim=1)), bits)
    ),
    "A channel that is 0 everywhere becomes NaN in yours: its scale is 0, and 0 / 0 is no number. Leave it at 0.": (
        lambda weight, bits: torch.where(
            _own(weight, weight.abs().flatten(1).amax(dim=1)) > 0, round_per_channel(weight, bits), torch.nan
        )
    ),
    "Your scales belong to the inputs: you look for the largest size over the first dimension. Keep the first "
    "dimension, and look over all the others.": (
        lambda weight, bits: _with(weight, weight.abs().amax(dim=0, keepdim=True), bits)
    ),
    "Your scales belong to the rows of the last dimension. A channel `weight[k]` may have more dimensions: all its "
    "numbers share one scale.": lambda weight, bits: _with(weight, weight.abs().amax(dim=-1, keepdim=True), bits),
    "You look for the largest size over one dimension, `dim=1`. A channel may have more: flatten all but the first "
    "dimension.": lambda weight, bits: _with(weight, weight.abs().amax(dim=1, keepdim=True), bits),
    "Your step is the width of the range over 2^bits - 1, as in exercise 16.1. Here it is the largest size over "
    "2^(bits - 1) - 1.": _unsigned,
}

EXERCISE = Exercise(
    solution=round_per_channel,
    cases=weight_cases,
    slips=CHANNEL_SLIPS,
    same=same_tensor,
    returns="the restored weight, a tensor of the same shape",
    why="Each channel's largest size gets the largest code, so a channel of small weights has small steps.",
    notice="With 2 bits only -1, 0 and 1 are left in each channel, times its scale.",
    hints=(
        "Write it for one channel first: its scale, its codes, codes times scale.",
        "Go through the channels with `for k, channel in enumerate(weight)`, and fill a new tensor.",
        "What is the scale of a channel of zeros, and what would you divide by?",
    ),
)
