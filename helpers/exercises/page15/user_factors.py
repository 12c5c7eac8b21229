"""Exercise 15.2. The factors of one user by the closed formula, while all items' factors stand still."""

from __future__ import annotations

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def user_factors(item_factors, items, left, penalty):
    """The factors of one user, shape (Z,)."""
    own = item_factors[items]
    square = own.T @ own + penalty * torch.eye(own.shape[1])
    return torch.linalg.solve(square, own.T @ left)


def factor_cases() -> list[tuple]:
    """One to three factors of two to five items; none, one or several rated, in any order."""

    def make(generator: torch.Generator, i: int) -> tuple:
        size, count = (2, 1, 3)[i % 3], (3, 4, 5, 2)[i % 4]
        rated = min(count, (2, 1, 3, 0, 4)[i % 5])
        item_factors = torch.randn(count, size, generator=generator).round(decimals=1)
        items = torch.randperm(count, generator=generator)[:rated]
        left = torch.randn(rated, generator=generator).round(decimals=1)
        return item_factors, items, left, (0.5, 2.0, 1.0, 5.0)[(i + i // 4) % 4]

    return drawn(make)


def _solved(own: Tensor, left: Tensor, weight: Tensor | float) -> Tensor:
    """The formula with any weight of the identity."""
    return torch.linalg.solve(own.T @ own + weight * torch.eye(own.shape[1]), own.T @ left)


def _everywhere(own: Tensor, left: Tensor, penalty: float) -> Tensor:
    """The formula with the penalty on every number; zeros where that has no inverse, as without ratings."""
    try:
        return torch.linalg.solve(own.T @ own + penalty, own.T @ left)
    except torch.linalg.LinAlgError:
        return torch.zeros(own.shape[1])


FACTOR_SLIPS = {
    "The penalty stands on every number of the matrix. It belongs on the diagonal alone: the penalty times the "
    "identity, `torch.eye`.": lambda item_factors, items, left, penalty: _everywhere(
        item_factors[items], left, penalty
    ),
    "The identity has a row for each factor, `torch.eye(Q.shape[1])`, not one for each rating.": (
        lambda item_factors, items, left, penalty: torch.linalg.solve(
            item_factors[items].T @ item_factors[items] + penalty * torch.eye(len(items)), item_factors[items].T @ left
        )
    ),
    "Without ratings you return one number. Wanted are Z zeros.": lambda item_factors, items, left, penalty: (
        user_factors(item_factors, items, left, penalty) if len(items) else 0.0
    ),
    "All items are in the square matrix. Only those that the user has rated belong there: `item_factors[items]`.": (
        lambda item_factors, items, left, penalty: torch.linalg.solve(
            item_factors.T @ item_factors + penalty * torch.eye(item_factors.shape[1]), item_factors[items].T @ left
        )
    ),
    "You take the first items of the table, as many as there are ratings. Which items were rated stands in `items`.": (
        lambda item_factors, items, left, penalty: _solved(item_factors[: len(items)], left, penalty)
    ),
    "You multiply by the square matrix. The formula has its inverse: solve, do not multiply.": (
        lambda item_factors, items, left, penalty: (
            (item_factors[items].T @ item_factors[items] + penalty * torch.eye(item_factors.shape[1]))
            @ (item_factors[items].T @ left)
        )
    ),
    "The penalty counts once for each rating. It counts once.": lambda item_factors, items, left, penalty: _solved(
        item_factors[items], left, max(1, len(items)) * penalty
    ),
    "Each item is solved on its own, and the results are added. All rated items share one square matrix.": (
        lambda item_factors, items, left, penalty: sum(
            (_solved(q[None], e[None], penalty) for q, e in zip(item_factors[items], left, strict=True)),
            torch.zeros(item_factors.shape[1]),
        )
    ),
    "You divide by one number, the sum of all squares plus the penalty. With several factors, Q'Q is a matrix: solve "
    "with it.": lambda item_factors, items, left, penalty: (
        item_factors[items].T @ left / (item_factors[items].square().sum() + penalty)
    ),
    "You solve with Q Q', which has a row for each rated item, and so you have a number for each rating. Q'Q has a row "
    "for each factor.": lambda item_factors, items, left, penalty: torch.linalg.solve(
        item_factors[items] @ item_factors[items].T + penalty * torch.eye(len(items)), left
    ),
    "The square matrix is missing: this is the sum of the rated items' factors, each times what is left.": (
        lambda item_factors, items, left, penalty: item_factors[items].T @ left
    ),
    "You return what these factors predict for the rated items. Wanted are the factors themselves, Z numbers.": (
        lambda item_factors, items, left, penalty: (
            item_factors[items] @ user_factors(item_factors, items, left, penalty)
        )
    ),
}


EXERCISE = Exercise(
    solution=user_factors,
    cases=factor_cases,
    slips=FACTOR_SLIPS,
    returns="Z numbers, the user's factors",
    why="With the items standing still, the loss of one user is quadratic in their factors. Its gradient is 0 where "
    "(Q'Q + penalty I) p = Q' left, with a row of Q for each rated item.",
    notice="A new user needs no new training: a few ratings and one small system of equations place them among the "
    "items.",
    hints=(
        "Q holds only the rows of `item_factors` that are named in `items`. What is its shape?",
        "Q'Q has the shape (Z, Z). Add `penalty` to its diagonal: `penalty * torch.eye(Z)`.",
        "`torch.linalg.solve(matrix, vector)` finds p with matrix @ p = vector; the vector is Q' times `left`.",
        "Without ratings Q has no row, and the same lines give zeros: nothing is special about it.",
    ),
)
