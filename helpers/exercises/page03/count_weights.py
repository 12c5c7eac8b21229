"""Exercise 3.3. All numbers that a chain of convolutions learns; a layer is (c_in, c_out, k)."""

from __future__ import annotations

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def count_weights(layers):
    """All numbers that a chain of convolutions learns; a layer is (c_in, c_out, k)."""
    return sum(c_out * (c_in * k * k + 1) for c_in, c_out, k in layers)


def layer_cases() -> list[tuple]:
    def make(generator: torch.Generator, i: int) -> tuple:
        widths = torch.randint(1, 7, (2 + i // 6,), generator=generator).tolist()
        kernels = torch.randint(1, 6, (len(widths) - 1,), generator=generator).tolist()
        return ([(a, b, k) for a, b, k in zip(widths[:-1], widths[1:], kernels, strict=True)],)

    return drawn(make)


WEIGHT_SLIPS = {
    "The biases are missing: one for each output channel.": lambda layers: sum(i * o * k * k for i, o, k in layers),
    "One bias for each *output* channel, not for each input channel.": lambda layers: sum(
        i * (o * k * k + 1) for i, o, k in layers
    ),
    "One bias for each output channel; yours has one for each layer.": lambda layers: sum(
        i * o * k * k + 1 for i, o, k in layers
    ),
    "A bias belongs to an output channel, not to each of its kernels.": lambda layers: sum(
        i * o * (k * k + 1) for i, o, k in layers
    ),
    "A kernel has k * k weights, not k.": lambda layers: sum(o * (i * k + 1) for i, o, k in layers),
    "A kernel has k * k weights, not 2 * k.": lambda layers: sum(o * (i * 2 * k + 1) for i, o, k in layers),
    "Each output channel has a kernel for *each* input channel.": lambda layers: sum(
        o * (k * k + 1) for i, o, k in layers
    ),
    "Each *output* channel has kernels of its own: multiply by `c_out` too.": lambda layers: sum(
        i * k * k + 1 for i, o, k in layers
    ),
    "That is the first layer only. Add up over all of them.": lambda layers: (
        layers[0][1] * (layers[0][0] * layers[0][2] ** 2 + 1)
    ),
    "That is the last layer only. Add up over all of them.": lambda layers: (
        layers[-1][1] * (layers[-1][0] * layers[-1][2] ** 2 + 1)
    ),
    "These are the numbers of each layer; wanted is their sum.": lambda layers: [
        o * (i * k * k + 1) for i, o, k in layers
    ],
}


EXERCISE = Exercise(
    solution=count_weights,
    cases=layer_cases,
    slips=WEIGHT_SLIPS,
    returns="one whole number",
    why="An output channel has a k x k kernel for each input channel and one bias; there are c_out of them.",
    notice="The size of the image is nowhere in it: the same weights are used at every place.",
    hints=(
        "Start with one output channel: how many kernels has it, and how many biases?",
        "One output channel learns `c_in * k * k + 1` numbers.",
        "Times `c_out`, added up over the layers: `sum(... for c_in, c_out, k in layers)`.",
    ),
)
