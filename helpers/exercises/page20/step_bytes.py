"""Exercise 20.1. The bytes of weights, gradients, optimizer and activations of one training step."""

from __future__ import annotations

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def step_bytes(weights, kept, batch, states, bits):
    """Bytes of weights, gradients, optimizer states and activations."""
    per_weight = 2 + states  # the weight, its gradient, and what the optimizer keeps
    numbers = per_weight * weights + batch * kept
    return numbers * bits / 8


def step_cases() -> list[tuple]:
    """Small networks and large batches, and the other way round; no states, one and two; 16, 32 and 64 bits."""

    def make(generator: torch.Generator, i: int) -> tuple:
        weights, kept, batch = (int(n) for n in torch.randint(2, 40, (3,), generator=generator))
        batch = 1 if i % 5 == 0 else batch
        return 10 * weights, kept, batch, (2, 0, 1, 3)[i % 4], (32, 16, 64)[(i + i // 4) % 3]

    return drawn(make)


STEP_SLIPS = {
    "Those are bits: 8 of them are a byte.": lambda w, k, b, s, bits: ((2 + s) * w + b * k) * bits,
    "Those are numbers, not bytes. Each takes `bits` bits, and 8 bits are a byte.": (
        lambda w, k, b, s, bits: (2 + s) * w + b * k
    ),
    "Weights or gradients are missing: count one number for each weight, twice.": lambda w, k, b, s, bits: (
        ((1 + s) * w + b * k) * bits / 8
    ),
    "Weights and gradients are missing: you count only the optimizer and the activations.": (
        lambda w, k, b, s, bits: (s * w + b * k) * bits / 8
    ),
    "The optimizer keeps `states` numbers for *each weight*: multiply the two.": (
        lambda w, k, b, s, bits: (2 * w + s + b * k) * bits / 8
    ),
    "Your activations are those of one example. A batch keeps them for each of its examples.": (
        lambda w, k, b, s, bits: ((2 + s) * w + k) * bits / 8
    ),
    "You multiply everything by the batch. Weights, gradients and optimizer are there once, however large the batch is.": (
        lambda w, k, b, s, bits: ((2 + s) * w + k) * b * bits / 8
    ),
    "Weights, or gradients, count for each example in yours. A batch has them once: its gradients are added up.": (
        lambda w, k, b, s, bits: ((1 + s) * w + b * (k + w)) * bits / 8
    ),
    "You count the activations twice. Their own gradients are made and dropped layer by layer, and not counted here.": (
        lambda w, k, b, s, bits: ((2 + s) * w + 2 * b * k) * bits / 8
    ),
    "The activations are numbers still. Each of them takes `bits` bits, too.": (
        lambda w, k, b, s, bits: (2 + s) * w * bits / 8 + b * k
    ),
    "You always take 4 bytes for a number. How many it takes, `bits` says.": (
        lambda w, k, b, s, bits: 4 * ((2 + s) * w + b * k)
    ),
    "You always take Adam's two numbers for each weight. How many the optimizer keeps, `states` says.": (
        lambda w, k, b, s, bits: (4 * w + b * k) * bits / 8
    ),
}

EXERCISE = Exercise(
    solution=step_bytes,
    cases=step_cases,
    slips=STEP_SLIPS,
    returns="one number, the bytes",
    why="For each weight there are the weight, its gradient and the optimizer's numbers, however large the batch is. "
    "The activations are kept for each example. All of them take bits / 8 bytes.",
    notice="For large networks and small batches the first part rules, and sharding helps; for small networks and "
    "large batches the activations rule, and recomputing or a smaller part helps.",
    hints=(
        "Count numbers first, and make bytes of them at the end.",
        "How many numbers are there for each weight? The weight itself is one of them, and its gradient another.",
        "Add `batch * kept` to what belongs to the weights. A number takes `bits / 8` bytes.",
    ),
)
