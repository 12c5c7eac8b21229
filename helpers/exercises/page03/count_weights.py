"""Exercise 3.3. All numbers that a chain of convolutions learns; a layer is (c_in, c_out, k)."""

from __future__ import annotations

import itertools
import math

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

    alike = [(2, 2, 3), (2, 2, 3)], [(3, 3, 1), (3, 3, 1), (3, 3, 1)]  # in each, all layers have the same count
    return [(layers,) for layers in alike] + drawn(make)


ORDERS = {
    f"A layer is (c_in, c_out, k), in this order. Yours takes it as ({', '.join(order)}).": lambda layers, order=order: (
        count_weights([tuple(layer[order.index(name)] for name in ("c_in", "c_out", "k")) for layer in layers])
    )
    for order in itertools.permutations(("c_in", "c_out", "k"))
    if order not in (("c_in", "c_out", "k"), ("c_out", "c_in", "k"))
}
NO_POWER = "`^` is no power in Python, and raises no error: `5 ^ 2` is 7. Write `k ** 2` or `k * k`"
WEIGHT_SLIPS = {
    "The biases are missing: one for each output channel.": lambda layers: sum(i * o * k * k for i, o, k in layers),
    "One bias for each *output* channel, not for each input channel. (Or have `c_in` and `c_out` changed places?)": lambda layers: (
        sum(i * (o * k * k + 1) for i, o, k in layers)
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
    "That is the first layer only, and without biases. Add up over all layers.": lambda layers: (
        math.prod(layers[0]) * layers[0][2]
    ),
    "That is the last layer only (is `=` where `+=` should be?), and without biases.": lambda layers: (
        math.prod(layers[-1]) * layers[-1][2]
    ),
    "The numbers of the layers are multiplied. Add them up.": lambda layers: math.prod(
        o * (i * k * k + 1) for i, o, k in layers
    ),
    "Two slips: a kernel has k * k weights, not k; and each *output* channel has a bias, not each layer.": (
        lambda layers: sum(i * o * k + 1 for i, o, k in layers)
    ),
    "Two slips: a kernel has k * k weights, not k; and the biases are missing.": lambda layers: sum(
        i * o * k for i, o, k in layers
    ),
    "These are weights and biases apart; wanted is one number, their sum.": lambda layers: [
        sum(i * o * k * k for i, o, k in layers),
        sum(o for _, o, _ in layers),
    ],
    "That is how many *tensors* are learnt, two in each layer. How many numbers are in them?": lambda layers: (
        2 * len(layers)
    ),
    "Those are the biases alone: the weights of the kernels are missing.": lambda layers: sum(o for _, o, _ in layers),
    "Layers that are alike are counted once: a set (or the keys of a dictionary) holds each thing only once. Add up in a list, or in a loop.": lambda layers: (
        sum({o * (i * k * k + 1) for i, o, k in layers})
    ),
    "That is how many layers there are. How many numbers does each of them learn?": len,
    "Yours has 9 weights in each kernel, whatever `k` is: 3 x 3 is one size among others.": lambda layers: sum(
        o * (i * 9 + 1) for i, o, k in layers
    ),
    "Two slips: each output channel has a kernel for *each* input channel, and the biases are missing.": lambda layers: (
        sum(o * k * k for i, o, k in layers)
    ),
    "The biases of the last layer alone are counted. Each layer has some.": lambda layers: (
        sum(i * o * k * k for i, o, k in layers) + layers[-1][1]
    ),
    "The biases of the first layer alone are counted. Each layer has some.": lambda layers: (
        sum(i * o * k * k for i, o, k in layers) + layers[0][1]
    ),
    "A kernel has k * k weights, a square, and not k * k * k.": lambda layers: sum(
        o * (i * k**3 + 1) for i, o, k in layers
    ),
    "A 1 x 1 layer has biases, too.": lambda layers: sum(i * o * k * k + (o if k > 1 else 0) for i, o, k in layers),
    "That holds for odd kernels only: an even k becomes k + 1 in yours. A kernel has k * k weights.": lambda layers: (
        sum(o * (i * (2 * (k // 2) + 1) ** 2 + 1) for i, o, k in layers)
    ),
    "There is a kernel for each *pair* of an input and an output channel: multiply `c_in` and `c_out`, do not add them.": (
        lambda layers: sum((i + o) * k * k + o for i, o, k in layers)
    ),
    "Yours is 1 too much for each layer. Its biases, one for each output channel, are all there already.": lambda layers: (
        sum(o * (i * k * k + 1) + 1 for i, o, k in layers)
    ),
    "Input channels have no biases of their own. Output channels have: one each.": lambda layers: sum(
        i * o * k * k + i + o for i, o, k in layers
    ),
    f"{NO_POWER}.": lambda layers: sum(o * (i * (k ^ 2) + 1) for i, o, k in layers),
    f"{NO_POWER}; `^` also comes after `*` and `+`.": lambda layers: sum(o * (i * k ^ 2 + 1) for i, o, k in layers),
    f"{NO_POWER}; `^` also comes after `*`.": lambda layers: sum(o * ((i * k ^ 2) + 1) for i, o, k in layers),
    f"{NO_POWER}; `^` comes after `*` and `+`, too.": lambda layers: sum(i * o * k ^ 2 + o for i, o, k in layers),
    f"{NO_POWER}. And the biases are missing.": lambda layers: sum(i * o * k ^ 2 for i, o, k in layers),
    **ORDERS,
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
