"""Exercise 19.2. Integrated gradients from the gradients on the way, and what of the change they leave."""

from __future__ import annotations

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def share_out(gradients, inputs, baseline, change):
    """The integrated gradients, and the part of the change that they do not explain."""
    shares = (inputs - baseline) * gradients.mean(dim=0)
    return shares, change - shares.sum()


def way_cases() -> list[tuple]:
    """One step and several, one input and several, baselines of 0 and of others, and changes of both signs."""

    def make(generator: torch.Generator, i: int) -> tuple:
        steps, count = (2, 1, 4, 3, 5)[i % 5], (3, 2, 1, 4)[i % 4]
        gradients = torch.randint(-3, 5, (steps, count), generator=generator).float()
        inputs = torch.randint(-2, 6, (count,), generator=generator).float()
        baseline = torch.randint(-2, 3, (count,), generator=generator).float() * (i % 3 > 0)
        change = ((inputs - baseline) * gradients.mean(dim=0)).sum().item() + (0, 0.5, -1.5, 2)[i % 4]
        return gradients, inputs, baseline, round(change, 2)

    return drawn(make, count=24)


SHARE_SLIPS = {
    "You multiply by the inputs alone. Multiply by how far they are from the baseline.": (
        lambda gradients, inputs, baseline, change: _with_rest(inputs * gradients.mean(dim=0), change)
    ),
    "You add the gradients up. Take their mean over the S points: the way is walked once.": (
        lambda gradients, inputs, baseline, change: _with_rest((inputs - baseline) * gradients.sum(dim=0), change)
    ),
    "You average over the inputs. Average over the S points, which are the rows, so that D numbers stay.": (
        lambda gradients, inputs, baseline, change: _with_rest((inputs - baseline) * gradients.mean(dim=1), change)
    ),
    "You take one mean for all inputs. Each input has its own mean gradient.": (
        lambda gradients, inputs, baseline, change: _with_rest((inputs - baseline) * gradients.mean(), change)
    ),
    "You use the last gradient alone, that near the inputs. Average over the whole way.": (
        lambda gradients, inputs, baseline, change: _with_rest((inputs - baseline) * gradients[-1], change)
    ),
    "You use the first gradient alone, that near the baseline. Average over the whole way.": (
        lambda gradients, inputs, baseline, change: _with_rest((inputs - baseline) * gradients[0], change)
    ),
    "You weigh the ends half. The S points are middles of equal steps: take the plain mean.": (
        lambda gradients, inputs, baseline, change: _with_rest((inputs - baseline) * _ends_half(gradients), change)
    ),
    "A sign is turned round: subtract the baseline from the inputs, and the sum of the shares from `change`.": (
        lambda gradients, inputs, baseline, change: _with_rest((baseline - inputs) * gradients.mean(dim=0), change)
    ),
    "Your second result is what the shares add up to. Return what of `change` they leave: change minus that sum.": (
        lambda gradients, inputs, baseline, change: (
            (inputs - baseline) * gradients.mean(dim=0),
            ((inputs - baseline) * gradients.mean(dim=0)).sum(),
        )
    ),
    "Your second result has lost its sign. What is left may be below 0, if the shares add up to too much.": (
        lambda gradients, inputs, baseline, change: (
            (inputs - baseline) * gradients.mean(dim=0),
            (change - ((inputs - baseline) * gradients.mean(dim=0)).sum()).abs(),
        )
    ),
}


def _with_rest(shares: torch.Tensor, change: float) -> tuple:
    return shares, change - shares.sum()


def _ends_half(gradients: torch.Tensor) -> torch.Tensor:
    """The mean under straight lines between the points."""
    return torch.trapezoid(gradients, dim=0) / max(1, len(gradients) - 1)


EXERCISE = Exercise(
    solution=share_out,
    cases=way_cases,
    slips=SHARE_SLIPS,
    returns="two results: the integrated gradients (D,), and one number, what of the change they leave",
    why="Average the gradients over the points, one mean for each input, and multiply by how far that input went. The "
    "sum of these should be the change; what is missing comes from too few steps.",
    notice="A rest that is not small says: take more steps.",
    hints=(
        "The rows of `gradients` are the S points. Which mean leaves D numbers?",
        "Multiply the mean gradient of each input by how far it went: `inputs - baseline`.",
        "The second result is `change` minus the sum of the first.",
    ),
)
