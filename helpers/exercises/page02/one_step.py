"""Exercise 2.1. The weight after one step down the mean squared error of w * x against y."""

from __future__ import annotations

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn
from helpers.exercises.page02.shared import _error


def one_step(w, x, y, lr):
    """The weight after one step down the mean squared error of w * x against y."""
    slope = (2 * (w * x - y) * x).mean()
    return w - lr * slope


def step_cases() -> list[tuple]:
    def make(generator: torch.Generator, i: int) -> tuple:
        n = (1, 2, 3, 4)[i % 4]
        x, y = (torch.randint(-4, 5, (n,), generator=generator).float() for _ in range(2))
        weight = torch.randint(-6, 7, (), generator=generator).item() / 2
        return weight, x, y, (0.1, 0.5, 0.05)[i % 3]

    return drawn(make)


STEP_SLIPS = {
    "The square is still there: the slope of a square is 2 times what is squared, without the square.": lambda w, x, y, lr: (
        w - lr * (2 * _error(w, x, y) ** 2 * x).mean()
    ),
    "Brackets are missing: x multiplies the whole difference, w * x - y.": lambda w, x, y, lr: (
        w - lr * (2 * w * x - y * x).mean()
    ),
    "You divide by the learning rate. The step is the slope *times* `lr`.": lambda w, x, y, lr: (
        w - (2 * _error(w, x, y) * x).mean() / lr
    ),
    "Your step goes uphill: the slope points to where the loss grows. Is it added, or its sign turned round before?": lambda w, x, y, lr: (
        w + lr * (2 * _error(w, x, y) * x).mean()
    ),
    "Your step goes uphill, because the difference is taken the other way round: it is w * x minus y.": (
        lambda w, x, y, lr: w - lr * (2 * (y - w * x) * x).mean()
    ),
    "That is the slope; wanted is the weight after the step.": lambda w, x, y, lr: (2 * _error(w, x, y) * x).mean(),
    "That is how far the step goes; wanted is where it arrives.": lambda w, x, y, lr: (
        lr * (2 * _error(w, x, y) * x).mean()
    ),
    "That is how far the step goes, with its sign; wanted is where it arrives.": lambda w, x, y, lr: (
        -lr * (2 * _error(w, x, y) * x).mean()
    ),
    "The learning rate is missing: the step is the slope times `lr`.": lambda w, x, y, lr: (
        w - (2 * _error(w, x, y) * x).mean()
    ),
    "The 2 of the slope is missing: the square of the error has the slope 2 times the error.": lambda w, x, y, lr: (
        w - lr * (_error(w, x, y) * x).mean()
    ),
    "The last factor is missing: where w moves by 1, w * x moves by x.": lambda w, x, y, lr: (
        w - lr * (2 * _error(w, x, y)).mean()
    ),
    "That follows the slope of the *sum* of the squared errors. The loss is their mean.": lambda w, x, y, lr: (
        w - lr * (2 * _error(w, x, y) * x).sum()
    ),
    "You subtract the loss itself; the step follows its slope.": lambda w, x, y, lr: (
        w - lr * _error(w, x, y).square().mean()
    ),
    "You take the mean of the errors and of x each for itself. First the product, then the mean.": (
        lambda w, x, y, lr: w - lr * 2 * _error(w, x, y).mean() * x.mean()
    ),
    "That is one weight for each example; the slope is a mean over the examples.": lambda w, x, y, lr: (
        w - lr * 2 * _error(w, x, y) * x
    ),
    "That is the loss; wanted is the weight after the step.": lambda w, x, y, lr: _error(w, x, y).square().mean(),
    "The mean is taken, and then divided by the number of examples once more. A mean has divided already.": (
        lambda w, x, y, lr: w - lr * (2 * _error(w, x, y) * x).mean() / len(x)
    ),
    "Your slope is a quarter of what it should be: you divide by 2 * N, and the 2 of the slope is missing as well. Here the "
    "loss is the mean, without a half before it.": lambda w, x, y, lr: w - lr * (_error(w, x, y) * x).mean() / 2,
    "Your slope is half of what it should be for each example, and summed: its 2 is missing, and a mean is wanted.": (
        lambda w, x, y, lr: w - lr * (_error(w, x, y) * x).sum()
    ),
    "The learning rate multiplies the old weight, too. It belongs to the slope alone: look at your brackets.": (
        lambda w, x, y, lr: lr * (w - (2 * _error(w, x, y) * x).mean())
    ),
    "The old weight multiplies the step, too: look at your brackets. The step is `lr` times the slope.": (
        lambda w, x, y, lr: w * (1 - lr * (2 * _error(w, x, y) * x).mean())
    ),
    "Only the sign of the slope is left in your step. A steeper slope makes a longer step.": (
        lambda w, x, y, lr: w - lr * (2 * _error(w, x, y) * x).mean().sign()
    ),
    "Yours takes two steps. One is wanted.": lambda w, x, y, lr: one_step(one_step(w, x, y, lr), x, y, lr),
    "The sizes of the errors count in yours, not their squares: the slope of a square is 2 times the error.": (
        lambda w, x, y, lr: w - lr * (_error(w, x, y).sign() * x).mean()
    ),
}


EXERCISE = Exercise(
    solution=one_step,
    cases=step_cases,
    seconds=15.0,  # the first optimizer imports for seconds
    slips=STEP_SLIPS,
    returns="one number, the weight after the step",
    why="The slope of the mean squared error is the mean of 2 * error * x. A step goes against it, times `lr`.",
    notice="Exercise 4.4 takes such steps, with more weights.",
    hints=(
        "Three steps: the error of each example, the slope of the loss, and the step against it.",
        "The page derived the slope for one example: which three factors has it? Over the examples take the mean.",
        "With `slope` found, the new weight is the old one minus the learning rate times the slope.",
    ),
)
