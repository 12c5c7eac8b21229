"""Exercise 2.3. The weight after so many steps down the mean squared error of w * x against y."""

from __future__ import annotations

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn
from helpers.exercises.page02.shared import _error


def walk_down(w, x, y, lr, steps):
    """The weight after so many steps down the mean squared error of w * x against y."""
    w = w.clone().requires_grad_()
    for _ in range(steps):
        w.grad = None
        loss = ((w * x - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w -= lr * w.grad
    return w.detach()


def faulty_walk_down(w, x, y, lr, steps):
    """As the stub in the page."""
    w = w.clone().requires_grad_()
    for _ in range(steps):
        loss = ((w * x - y) ** 2).mean()
        loss.backward()
        with torch.no_grad():
            w -= lr * w.grad
    return w.detach()


def _walk(weight: Tensor, x: Tensor, y: Tensor, lr: float, steps: int, keep: float = 0.0) -> Tensor:
    """By the slope's formula; `keep` of the slopes so far is added to each."""
    gathered = torch.zeros(())
    for _ in range(steps):
        gathered = keep * gathered + (2 * _error(weight, x, y) * x).mean()
        weight = weight - lr * gathered
    return weight


def walk_cases() -> list[tuple]:
    def make(generator: torch.Generator, i: int) -> tuple:
        x, y = (torch.randint(1, 4, (1 + i % 3,), generator=generator).float() for _ in range(2))
        return torch.tensor((0.0, 2.0, -1.0)[i % 3]), x, y, (0.05, 0.02)[i % 2], 1 + i % 4

    return drawn(make, 12)


WALK_SLIPS = {
    "The slopes still add up: each step follows the sum of all slopes so far. Which line empties "
    "`.grad`, in each step and before `backward()`?": (lambda w, x, y, lr, steps: _walk(w, x, y, lr, steps, keep=1.0)),
    "The weight has not moved. If the gradient is set to zero, that must come before `backward()`, not behind it.": (
        lambda w, x, y, lr, steps: w
    ),
    "It takes a single step. Does a `return` or a `break` stand inside the loop, or does each round begin at the start "
    "again?": lambda w, x, y, lr, steps: _walk(w, x, y, lr, 1),
    "All steps follow the slope at the start: does the loss, or `backward()`, stand before the loop? At each new weight the "
    "slope is another.": lambda w, x, y, lr, steps: _walk(w, x, y, lr * steps, 1),
    "Each round begins at a weight of 0: it is the gradient that is to be emptied, not the weight.": (
        lambda w, x, y, lr, steps: _walk(0 * w, x, y, lr * steps, 1)
    ),
    "Each round begins at a weight of 0, so only the last step is left. Empty the gradient, not the weight.": (
        lambda w, x, y, lr, steps: _walk(0 * w, x, y, lr, 1)
    ),
    "Half of the old slope is still in each new one. The gradient must be emptied in full.": (
        lambda w, x, y, lr, steps: _walk(w, x, y, lr, steps, keep=0.5)
    ),
    "The 2 of the slope is missing: the square of the error has the slope 2 times the error.": (
        lambda w, x, y, lr, steps: _walk(w, x, y, lr / 2, steps)
    ),
    "Each step is divided by the number of steps. They are not shared out: each is `lr` times the slope.": (
        lambda w, x, y, lr, steps: _walk(w, x, y, lr / steps, steps)
    ),
    "Each step is divided by the number of steps, and the slopes still add up. Empty `.grad` instead.": (
        lambda w, x, y, lr, steps: _walk(w, x, y, lr / steps, steps, keep=1.0)
    ),
    "That is the slope at the last step; wanted is the weight.": lambda w, x, y, lr, steps: (
        2 * _error(_walk(w, x, y, lr, steps - 1), x, y) * x
    ).mean(),
    "That is the loss; wanted is the weight.": lambda w, x, y, lr, steps: (
        _error(_walk(w, x, y, lr, steps - 1), x, y).square().mean()
    ),
    "That is the loss at the end; wanted is the weight.": lambda w, x, y, lr, steps: (
        _error(_walk(w, x, y, lr, steps), x, y).square().mean()
    ),
    "These are the weights after each step; wanted is the last of them, alone.": lambda w, x, y, lr, steps: [
        _walk(w, x, y, lr, step + 1) for step in range(steps)
    ],
    "Two slips: it goes uphill, so subtract the slope; and the loss is the *mean* of the squared errors, not their sum.": (
        lambda w, x, y, lr, steps: _walk(w, x, y, -lr * len(x), steps)
    ),
    "It takes one step too few.": lambda w, x, y, lr, steps: _walk(w, x, y, lr, steps - 1),
    "It takes one step too many.": lambda w, x, y, lr, steps: _walk(w, x, y, lr, steps + 1),
    "It goes uphill: subtract the slope.": lambda w, x, y, lr, steps: _walk(w, x, y, -lr, steps),
    "It follows the slope of the sum of the squared errors; the loss is their mean.": lambda w, x, y, lr, steps: _walk(
        w, x, y, lr * len(x), steps
    ),
    "The learning rate is missing in its steps.": lambda w, x, y, lr, steps: _walk(w, x, y, 1.0, steps),
}


EXERCISE = Exercise(
    solution=walk_down,
    cases=walk_cases,
    seconds=15.0,  # the first optimizer imports for seconds
    slips=WALK_SLIPS,
    returns="the weight, a tensor with one number",
    unfinished=faulty_walk_down,
    why="`backward` adds the new slope to `w.grad`. Set to None before it, the gradient begins anew in each step.",
    notice="One line, and no error told you that it was missing.",
    hints=(
        "Run it with `steps=1` and `steps=2`, and compare with two steps by hand. From which step on is it wrong?",
        "`backward()` does not replace `w.grad`. What did the page show about two calls of it?",
        "Before each `backward()`, something must make `w.grad` None or 0.",
    ),
)
