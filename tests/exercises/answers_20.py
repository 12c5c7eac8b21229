"""Answers to page 20: a second right one for each exercise, and typical wrong ones with their diagnosis."""

import math

import numpy as np
import torch
from exercise_answers import Answers
from torch.utils.data import DistributedSampler


def by_parts(weights, kept, batch, states, bits):
    parts = {"weights": weights, "gradients": weights, "optimizer": states * weights, "activations": kept * batch}
    return sum(parts.values()) * (bits // 8)


def by_average(gradients, sizes):
    return np.average(np.stack([g.numpy() for g in gradients]), axis=0, weights=sizes)


def by_sampler(rank, processes, count):
    return list(DistributedSampler(range(count), processes, rank, shuffle=False))


def by_sums(sizes, losses, at):
    """By sums, and logarithms to the base of ten."""
    x, y = ([math.log10(value) for value in values] for values in (sizes, losses))
    mean_x, mean_y = sum(x) / len(x), sum(y) / len(y)
    products = sum((u - mean_x) * (v - mean_y) for u, v in zip(x, y, strict=True))
    slope = products / sum((u - mean_x) ** 2 for u in x)
    return -slope, 10 ** (mean_y + slope * (math.log10(at) - mean_x))


def line(x, y):
    return np.polyfit(x, y, 1) if len(x) > 1 else (0.0, y[0])


def weighted(gradients, weights):
    return sum(weight * gradient for weight, gradient in zip(weights, gradients, strict=True))


ANSWERS = {
    "20.1": Answers(
        right=by_parts,
        wrong={
            "Those are bits": lambda w, k, b, s, bits: ((2 + s) * w + b * k) * bits,
            "not bytes": lambda w, k, b, s, bits: w * (2 + s) + k * b,
            "gradients are missing": lambda w, k, b, s, bits: (w + s * w + b * k) * bits / 8,
            "*each weight*": lambda w, k, b, s, bits: (2 * w + s + b * k) * bits / 8,
            "those of one example": lambda w, k, b, s, bits: ((2 + s) * w + k) * bits / 8,
            "everything by the batch": lambda w, k, b, s, bits: ((2 + s) * w + k) * b * bits / 8,
            "count for each example": lambda w, k, b, s, bits: (w + b * w + s * w + b * k) * bits / 8,
            "activations are numbers still": lambda w, k, b, s, bits: w * bits / 8 * (2 + s) + k * b,
            "always take 4 bytes": lambda weights, kept, batch, states, bits: (
                4 * ((2 + states) * weights + batch * kept)
            ),
            "always take Adam's": lambda weights, kept, batch, states, bits: (4 * weights + batch * kept) * bits / 8,
        },
    ),
    "20.2": Answers(
        right=by_average,
        wrong={
            "mean of the parts' gradients": lambda gradients, sizes: torch.stack(gradients).mean(dim=0),
            "as they are": lambda gradients, sizes: sum(gradients),
            "of a *sum* of losses": lambda gradients, sizes: weighted(gradients, sizes),
            "by the number of parts": lambda gradients, sizes: weighted(gradients, sizes) / len(gradients),
            "It is a mean already": lambda gradients, sizes: weighted(gradients, [1 / n for n in sizes]),
            "first times its size": lambda gradients, sizes: sum(gradients) / sum(sizes),
            "one behind the other": lambda gradients, sizes: (
                torch.cat([n * g for g, n in zip(gradients, sizes, strict=True)]) / sum(sizes)
            ),
            "size of the first one": lambda gradients, sizes: weighted(gradients, [sizes[0] / sum(sizes)] * len(sizes)),
            "last part": lambda gradients, sizes: gradients[-1],
        },
    ),
    "20.3": Answers(
        right=by_sampler,
        wrong={
            "Nothing is padded": lambda rank, processes, count: [i for i in range(count) if i % processes == rank],
            "cut off": lambda rank, processes, count: list(range(rank, count - count % processes, processes)),
            "side by side": lambda rank, processes, count: [
                (rank * math.ceil(count / processes) + k) % count for k in range(math.ceil(count / processes))
            ],
            "go round already": lambda rank, processes, count: [
                (rank + k * processes) % count for k in range(count // processes + 1)
            ],
            "beyond the last image": lambda rank, processes, count: [
                rank + k * processes for k in range(math.ceil(count / processes))
            ],
            "pad with the last image": lambda rank, processes, count: [
                min(rank + k * processes, count - 1) for k in range(math.ceil(count / processes))
            ],
            "image 0 alone": lambda rank, processes, count: [
                place if place < count else 0
                for place in range(rank, math.ceil(count / processes) * processes, processes)
            ],
            "append all images again": lambda rank, processes, count: (
                [*range(count)] * (math.lcm(count, processes) // count)
            )[rank::processes],
            "append one image": lambda rank, processes, count: [*range(count), *([0] if count % processes else [])][
                rank::processes
            ],
            "images of all processes": lambda rank, processes, count: [
                place % count for place in range(math.ceil(count / processes) * processes)
            ],
        },
    ),
    "20.4": Answers(
        right=by_sums,
        wrong={
            "without logarithms": lambda sizes, losses, at: (
                -line(sizes, losses)[0],
                np.polyval(line(sizes, losses), at),
            ),
            "sizes alone": lambda sizes, losses, at: (
                -line(np.log(sizes), losses)[0],
                np.polyval(line(np.log(sizes), losses), np.log(at)),
            ),
            "losses alone": lambda sizes, losses, at: (
                -line(sizes, np.log(losses))[0],
                np.exp(np.polyval(line(sizes, np.log(losses)), at)),
            ),
            "wrong sign": lambda sizes, losses, at: (
                -by_sums(sizes, losses, at)[0],
                by_sums(sizes, losses, at)[1],
            ),
            "predict the logarithm": lambda sizes, losses, at: (
                by_sums(sizes, losses, at)[0],
                np.log(by_sums(sizes, losses, at)[1]),
            ),
            "base of ten": lambda sizes, losses, at: (
                by_sums(sizes, losses, at)[0],
                math.exp(math.log10(by_sums(sizes, losses, at)[1])),
            ),
            "the first and the last point": lambda sizes, losses, at: by_sums(
                [sizes[0], sizes[-1]], [losses[0], losses[-1]], at
            ),
            "starts from the last loss": lambda sizes, losses, at: (
                by_sums(sizes, losses, at)[0],
                losses[-1] * (sizes[-1] / at) ** by_sums(sizes, losses, at)[0],
            ),
            "another order": lambda sizes, losses, at: by_sums(sizes, losses, at)[::-1],
        },
    ),
}
EQUIVALENT = {
    "20.2": {
        "zip(gradients, sizes, strict=False)": "as many sizes as gradients",
        "zip(gradients, sizes)": "as many sizes as gradients",
        "gradients[-1]": "only its shape counts",
        "zip(sizes, gradients, strict=True)": "a product",
    },
}
