"""Answers to page 02: a second right one for each exercise, and typical wrong ones with their diagnosis."""

import math

import torch
import torch.nn.functional as F
from exercise_answers import Answers
from torch import nn


def step_by_autograd(weight, x, y, lr):
    weight = torch.tensor(weight, requires_grad=True)
    slope = torch.autograd.grad(F.mse_loss(weight * x, y), weight)[0]
    return weight.detach() - lr * slope


def by_sgd(weight, x, y, lr, steps):
    layer = nn.Linear(1, 1, bias=False)
    nn.init.constant_(layer.weight, weight.item())
    optimizer = torch.optim.SGD(layer.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        F.mse_loss(layer(x[:, None])[:, 0], y).backward()
        optimizer.step()
    return layer.weight.item()


def zero_too_late(weight, x, y, lr, steps):
    weight = weight.clone().requires_grad_()
    for _ in range(steps):
        ((weight * x - y) ** 2).mean().backward()
        weight.grad.zero_()
        with torch.no_grad():
            weight -= lr * weight.grad
    return weight.detach()


def one_round(weight, x, y, lr, steps):
    for _ in range(steps):
        weight = weight - lr * (2 * (weight * x - y) * x).mean()
        break
    return weight


def still_adding(weight, x, y, lr, steps):
    weight = weight.clone().requires_grad_()
    weight.grad = None
    for _ in range(steps):
        ((weight * x - y) ** 2).mean().backward()
        with torch.no_grad():
            weight -= lr * weight.grad
    return weight.detach()


def best_by_loop(histories):
    best, lowest = None, math.inf
    for rate, losses in histories.items():
        if not any(loss != loss or loss == math.inf for loss in losses) and losses[-1] < lowest:
            best, lowest = rate, losses[-1]
    return best


def by_torch_adam(slopes, beta):
    """Adam with a second moment that does nothing: its step is then the corrected mean."""
    weight = torch.zeros(1, dtype=torch.double, requires_grad=True)
    optimizer = torch.optim.Adam([weight], lr=1.0, betas=(beta, 0.0), eps=1.0)
    means = []
    for slope in slopes:
        before = weight.item()
        weight.grad = torch.tensor([slope], dtype=torch.double)
        optimizer.step()
        means.append((before - weight.item()) * (abs(slope) + 1))
    return means


def _from_the_first_slope(slopes, beta):
    mean, result = slopes[0], []
    for t, slope in enumerate(slopes, start=1):
        mean = beta * mean + (1 - beta) * slope
        result.append(mean / (1 - beta**t))
    return result


ANSWERS = {
    "2.1": Answers(
        right=step_by_autograd,
        wrong={
            "goes uphill": lambda w, x, y, lr: w + lr * (2 * (w * x - y) * x).mean(),
            "wanted is the weight after the step": lambda w, x, y, lr: (2 * (w * x - y) * x).mean(),
            "where it arrives": lambda w, x, y, lr: lr * (2 * (w * x - y) * x).mean(),
            "learning rate is missing": lambda w, x, y, lr: w - (2 * (w * x - y) * x).mean(),
            "2 of the slope": lambda w, x, y, lr: w - lr * ((w * x - y) * x).mean(),
            "last factor": lambda w, x, y, lr: w - lr * (2 * (w * x - y)).mean(),
            "*sum*": lambda w, x, y, lr: w - lr * (2 * (w * x - y) * x).sum(),
            "the loss itself": lambda w, x, y, lr: w - lr * ((w * x - y) ** 2).mean(),
        },
    ),
    "2.2": Answers(
        right=best_by_loop,
        wrong={
            "`<` with nan": lambda histories: min(histories, key=lambda rate: histories[rate][-1]),
            "on the way": lambda histories: min(
                (rate for rate in histories if math.isfinite(histories[rate][-1])), key=lambda rate: histories[rate][-1]
            ),
            "lowest loss anywhere": lambda histories: min(histories, key=lambda rate: min(histories[rate])),
            "belongs to": lambda histories: min(
                losses[-1] for losses in histories.values() if all(map(math.isfinite, losses))
            ),
            "You drop single losses": lambda histories: min(
                histories, key=lambda rate: [9.9, *(loss for loss in histories[rate] if math.isfinite(loss))][-1]
            ),
            "though only *some*": lambda histories: min(
                (rate for rate in histories if any(map(math.isfinite, histories[rate]))),
                key=lambda rate: histories[rate][-1],
            ),
            "first rate that does not diverge": lambda histories: next(
                rate for rate, losses in histories.items() if all(map(math.isfinite, losses))
            ),
            "first rate, ": lambda histories: list(histories)[0],  # noqa: RUF015
            "smallest rate": lambda histories: sorted(histories)[0],
        },
    ),
    "2.3": Answers(
        right=by_sgd,
        wrong={
            "still add up": still_adding,
            "has not moved": zero_too_late,
            "It takes a single step": one_round,
            "uphill": lambda w, x, y, lr, steps: by_sgd(w, x, y, -lr, steps) if lr < 0 else _uphill(w, x, y, lr, steps),
            "slope at the start": lambda w, x, y, lr, steps: w - lr * steps * (2 * (w * x - y) * x).mean(),
            "2 of the slope": lambda w, x, y, lr, steps: by_sgd(w, x, y, lr / 2, steps),
            "one step too few": lambda w, x, y, lr, steps: by_sgd(w, x, y, lr, steps - 1),
        },
    ),
    "2.4": Answers(
        right=by_torch_adam,
        wrong={
            "without its correction": lambda slopes, beta: _means(slopes, beta, lambda t: 1),
            "one step too far": lambda slopes, beta: _means(slopes, beta, lambda t: 1 - beta ** (t + 1)),
            "or takes the slope in whole": lambda slopes, beta: _means(slopes, beta, lambda t: 1 - beta),
            "1 minus that": lambda slopes, beta: _means(slopes, beta, lambda t: beta**t),
            "You multiply": lambda slopes, beta: _means(slopes, beta, lambda t: 1 / (1 - beta**t)),
            "only the last": lambda slopes, beta: _means(slopes, beta, lambda t: 1 - beta**t)[-1],
            "one number too many": lambda slopes, beta: [0.0, *_means(slopes, beta, lambda t: 1 - beta**t)],
            "corrected all the same": _from_the_first_slope,
            "ordinary mean": lambda slopes, beta: [sum(slopes[:t]) / t for t in range(1, len(slopes) + 1)],
        },
    ),
}
EQUIVALENT = {
    "2.3": {
        "w": "what was detached still has the same value",
        "(y - w * x) ** 2": "the square of a difference has no direction",
    },
    "2.4": {"(0.0, [])": "0.0 times 2 and 0.0 / 2 are 0.0"},
}


def _uphill(weight, x, y, lr, steps):
    for _ in range(steps):
        weight = weight + lr * (2 * (weight * x - y) * x).mean()
    return weight


def _means(slopes, beta, divisor):
    mean, result = 0, []
    for t, slope in enumerate(slopes, start=1):
        mean = beta * mean + (1 - beta) * slope
        result.append(mean / divisor(t))
    return result
