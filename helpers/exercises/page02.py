"""Page 02: a step by hand, gradients that add up, a learning rate chosen, and Adam's correction."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


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


def _error(weight: float, x: Tensor, y: Tensor) -> Tensor:
    return weight * x - y


STEP_SLIPS = {
    "Your step goes uphill: the slope points to where the loss grows, so subtract it.": lambda w, x, y, lr: (
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
    "The sizes of the errors count in yours, not their squares: the slope of a square is 2 times the error.": (
        lambda w, x, y, lr: w - lr * (_error(w, x, y).sign() * x).mean()
    ),
}


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
    "The slopes still add up: each step follows the sum of all slopes so far. Who forgets the old one?": (
        lambda w, x, y, lr, steps: _walk(w, x, y, lr, steps, keep=1.0)
    ),
    "The weight has not moved. If the gradient is set to zero, that must come before `backward()`, not behind it.": (
        lambda w, x, y, lr, steps: w
    ),
    "It takes a single step. Does a `return` stand inside the loop?": lambda w, x, y, lr, steps: _walk(w, x, y, lr, 1),
    "It takes one step too few.": lambda w, x, y, lr, steps: _walk(w, x, y, lr, steps - 1),
    "It takes one step too many.": lambda w, x, y, lr, steps: _walk(w, x, y, lr, steps + 1),
    "It goes uphill: subtract the slope.": lambda w, x, y, lr, steps: _walk(w, x, y, -lr, steps),
    "It follows the slope of the sum of the squared errors; the loss is their mean.": lambda w, x, y, lr, steps: _walk(
        w, x, y, lr * len(x), steps
    ),
    "The learning rate is missing in its steps.": lambda w, x, y, lr, steps: _walk(w, x, y, 1.0, steps),
}


def best_rate(histories):
    """The learning rate whose loss ends lowest; a run whose losses hold nan or inf has diverged."""
    ends = {rate: losses[-1] for rate, losses in histories.items() if all(math.isfinite(loss) for loss in losses)}
    return min(ends, key=ends.get)


def curve_cases() -> list[tuple]:
    """Three rates each; among them curves that dip in the middle, that diverge, and that come back from inf."""
    nan, inf = math.nan, math.inf
    by_hand = [
        {0.1: [2.0, 1.0, 0.5], 1.0: [2.0, nan, nan], 0.01: [2.0, 1.9, 1.8]},
        {1.0: [nan, nan], 0.1: [2.0, 0.9], 0.01: [2.0, 1.5]},
        {0.01: [2.0, 1.7, 1.4], 0.1: [2.0, 0.3, 1.9], 1.0: [2.0, 3.0, 9.0]},
        {0.3: [2.0, inf, 0.1], 0.03: [2.0, 1.0, 0.7], 0.003: [2.0, 1.5, 1.2]},
        {0.5: [2.0, 9.0, 0.2], 0.05: [1.0, 0.8, 0.6], 0.005: [1.5, 1.0, 0.9]},
        {0.02: [0.9, 0.8, 0.7], 0.2: [2.0, 0.9, 0.6], 2.0: [2.0, 4.0, inf]},
    ]

    def make(generator: torch.Generator, i: int) -> tuple:
        losses = torch.randint(1, 30, (3, 2 + i % 3), generator=generator).div(10)
        losses[:, -1] += torch.tensor([0.01, 0.02, 0.03])  # no ties at the end
        order = torch.randperm(3, generator=generator).tolist()
        rates = [(0.001, 0.01, 0.1)[place] for place in order]
        return ({rate: [round(v, 2) for v in row] for rate, row in zip(rates, losses.tolist(), strict=True)},)

    return [(histories,) for histories in by_hand] + drawn(make, 14)


def _finite(histories: dict) -> dict:
    return {rate: losses for rate, losses in histories.items() if all(map(math.isfinite, losses))}


CURVE_SLIPS = {
    "A comparison with nan is always false, so `min` can stop at a curve that diverged. Leave those out first.": (
        lambda histories: min(histories, key=lambda rate: histories[rate][-1])
    ),
    "You leave out curves that *end* in nan or inf. One that was there on the way has diverged as well.": lambda histories: (
        min((r for r in histories if math.isfinite(histories[r][-1])), key=lambda r: histories[r][-1])
    ),
    "You look for the lowest loss anywhere. The model that you keep is the one at the *end* of its curve.": (
        lambda histories: min(_finite(histories), key=lambda rate: min(histories[rate]))
    ),
    "You look for the lowest loss anywhere, and a curve with nan is still among them.": lambda histories: min(
        histories, key=lambda rate: min(histories[rate])
    ),
    "You take the mean of each curve. The model that you keep is the one at the *end* of its curve.": lambda histories: (
        min(_finite(histories), key=lambda rate: sum(histories[rate]) / len(histories[rate]))
    ),
    "You look at the first loss of each curve, before anything was learnt.": lambda histories: min(
        _finite(histories), key=lambda rate: histories[rate][0]
    ),
    "That rate ends highest. Lower is better.": lambda histories: max(
        _finite(histories), key=lambda r: histories[r][-1]
    ),
    "You take the curve that fell most. What counts is where it ends.": lambda histories: max(
        _finite(histories), key=lambda rate: histories[rate][0] - histories[rate][-1]
    ),
    "That is the loss; wanted is the learning rate that it belongs to.": lambda histories: min(
        losses[-1] for losses in _finite(histories).values()
    ),
    "That is the smallest rate, whatever the losses say.": min,
    "That is the largest rate, whatever the losses say.": max,
    "That is the first rate, whatever the losses say.": lambda histories: next(iter(histories)),
    "That is the largest rate that does not diverge. It need not end lowest.": lambda histories: max(
        _finite(histories)
    ),
    "That is the smallest rate that does not diverge. It need not end lowest.": lambda histories: min(
        _finite(histories)
    ),
}


def corrected_means(slopes, beta):
    """Adam's running mean of the slopes after each step, corrected for its start at 0."""
    running, corrected = 0.0, []
    for i, slope in enumerate(slopes):
        running = beta * running + (1 - beta) * slope
        corrected.append(running / (1 - beta ** (i + 1)))
    return corrected


def slope_cases() -> list[tuple]:
    def make(generator: torch.Generator, i: int) -> tuple:
        slopes = torch.randint(-8, 9, (1 + i // 4,), generator=generator).double()
        return (slopes / 2).tolist(), (0.9, 0.5, 0.75, 0.8)[i % 4]

    return drawn(make)


def _running(slopes: list, beta: float, start: float = 0.0) -> list:
    means, running = [], start
    for slope in slopes:
        running = beta * running + (1 - beta) * slope
        means.append(running)
    return means


def _swapped(slopes: list, beta: float) -> list:
    return [mean / (1 - beta ** (i + 1)) for i, mean in enumerate(_running(slopes, 1 - beta))]


CORRECTION_SLIPS = {
    "That is the running mean without its correction: near the start it is too close to 0.": _running,
    "The correction counts the steps from 0. After the first step, t is 1.": lambda slopes, beta: [
        mean / (1 - beta**i) if i else math.inf * mean for i, mean in enumerate(_running(slopes, beta))
    ],
    "The correction is one step too far: after the first step, t is 1.": lambda slopes, beta: [
        mean / (1 - beta ** (i + 2)) for i, mean in enumerate(_running(slopes, beta))
    ],
    "The correction is the same at each step in yours: divide by 1 minus beta to the power of t, the number of steps.": (
        lambda slopes, beta: [mean / (1 - beta) for mean in _running(slopes, beta)]
    ),
    "You divide by beta to the power of t; it is 1 minus that.": lambda slopes, beta: [
        mean / beta ** (i + 1) for i, mean in enumerate(_running(slopes, beta))
    ],
    "You multiply by the correction. Divide by it: the mean is too small near the start.": lambda slopes, beta: [
        mean * (1 - beta ** (i + 1)) for i, mean in enumerate(_running(slopes, beta))
    ],
    "beta and 1 - beta have changed places: beta keeps the old mean, 1 - beta takes in the new slope.": lambda slopes, beta: [
        mean / (1 - beta ** (i + 1)) for i, mean in enumerate(_running(slopes, 1 - beta))
    ],
    "You divide by beta times t in the correction; it is beta to the *power* of t.": lambda slopes, beta: [
        mean / (1 - beta * (i + 1)) for i, mean in enumerate(_running(slopes, beta))
    ],
    "That is only the last of them. Wanted is one for each step.": lambda slopes, beta: (
        _running(slopes, beta)[-1] / (1 - beta ** len(slopes))
    ),
    "That is the ordinary mean of the slopes so far. In Adam's, old slopes count less and less.": lambda slopes, beta: [
        sum(slopes[: i + 1]) / (i + 1) for i in range(len(slopes))
    ],
    "Your running mean starts at the first slope. Adam's starts at 0, and is corrected for it.": lambda slopes, beta: (
        _running(slopes, beta, start=slopes[0])
    ),
    "The corrected mean is carried on to the next step. Keep the uncorrected one for that.": lambda slopes, beta: (
        _carried(slopes, beta)
    ),
    "The new slope comes in whole; its part is 1 - beta.": lambda slopes, beta: [
        mean / (1 - beta) / (1 - beta ** (i + 1)) for i, mean in enumerate(_running(slopes, beta))
    ],
}


def _carried(slopes: list, beta: float) -> list:
    means, running = [], 0.0
    for i, slope in enumerate(slopes):
        running = (beta * running + (1 - beta) * slope) / (1 - beta ** (i + 1))
        means.append(running)
    return means


EXERCISES = {
    "2.1": Exercise(
        solution=one_step,
        cases=step_cases,
        slips=STEP_SLIPS,
        returns="one number, the weight after the step",
        why="The slope of the mean squared error is the mean of 2 * error * x. A step goes against it, times `lr`.",
        notice="Every training of the course repeats this line, with more weights.",
        hints=(
            "Three steps: the error of each example, the slope of the loss, and the step against it.",
            "The page derived the slope for one example: which three factors has it? Over the examples take the mean.",
            "With `slope` found, the new weight is the old one minus the learning rate times the slope.",
        ),
    ),
    "2.2": Exercise(
        solution=best_rate,
        cases=curve_cases,
        slips=CURVE_SLIPS,
        returns="one of the learning rates",
        why="Curves with nan or inf go first, because comparisons with nan are always false. Of the others, the end counts.",
        notice="Where losses of images that are not trained on are at hand, choose by those: page 7 says why.",
        hints=(
            "Two questions for each curve: is it whole, and where does it end?",
            "`math.isfinite(loss)` is False for nan and for inf. `all(...)` asks it of every loss of a curve.",
            "Keep the last loss of each curve that is whole, by its rate. `min` takes a `key` to compare by.",
        ),
    ),
    "2.3": Exercise(
        solution=walk_down,
        cases=walk_cases,
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
    ),
    "2.4": Exercise(
        solution=corrected_means,
        cases=slope_cases,
        slips=CORRECTION_SLIPS,
        returns="a list with one number for each slope",
        why="The mean starts at 0. After t steps the slopes have the weight 1 - beta ** t in it, so it is divided by that.",
        notice="For slopes that are equal, the corrected mean is that slope from the first step on.",
        hints=(
            "Go through the slopes with a loop. Two things are kept: the running mean, and the list of corrected ones.",
            "The running mean keeps beta of itself, and takes in 1 - beta of the new slope. It starts at 0.",
            "The correction divides by 1 - beta to the power of t, where t is the number of steps so far, from 1 on.",
        ),
    ),
}
