"""Exercise 13.4. Attention in which no place looks ahead."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def causal_attention(queries, keys, values):
    """Attention in which each place sees itself and what stands before it: (T, e)."""
    scores = queries @ keys.T / keys.shape[1] ** 0.5
    later = torch.ones(len(scores), len(scores)).triu(1).bool()
    return scores.masked_fill(later, -math.inf).softmax(dim=1) @ values


def attention_cases() -> list[tuple]:
    """One place and several, d other than T and e, d of 4 and of 1, and scores so large that exp needs care."""

    def make(generator: torch.Generator, i: int) -> tuple:
        t, d, e = ((1, 2, 2), (2, 2, 3), (3, 2, 1), (2, 4, 2), (3, 1, 2), (4, 3, 2), (3, 3, 3))[i % 7]
        queries, keys, values = (torch.randn(t, k, generator=generator).round(decimals=1) for k in (d, d, e))
        return (40 * queries if i % 7 == 5 else queries), keys, values

    return drawn(make, count=28)


def _attended(scores: Tensor, values: Tensor, hidden: Tensor | None = None, dim: int = 1) -> Tensor:
    if hidden is not None:
        scores = scores.masked_fill(hidden, -math.inf)
    return scores.softmax(dim=dim) @ values


def _scores(queries: Tensor, keys: Tensor) -> Tensor:
    return queries @ keys.T / keys.shape[1] ** 0.5


def _later(queries: Tensor, diagonal: int = 1) -> Tensor:
    return torch.ones(len(queries), len(queries)).triu(diagonal).bool()


def _weights(queries: Tensor, keys: Tensor) -> Tensor:
    return _attended(_scores(queries, keys), torch.eye(len(keys)), _later(queries))


def _columns_of_one(weights: Tensor) -> Tensor:
    return weights / weights.sum(dim=0)


ATTENTION_SLIPS = {
    "Each place sees the later ones, too. Their scores must be minus infinity before the softmax.": lambda q, k, v: (
        _attended(_scores(q, k), v)
    ),
    "The scores are not divided by the root of d, the length of a query.": lambda q, k, v: _attended(
        q @ k.T, v, _later(q)
    ),
    "You divide by d. It is its root.": lambda q, k, v: _attended(q @ k.T / k.shape[1], v, _later(q)),
    "You divide by the root of the number of places. It is the root of d, the length of a query.": lambda q, k, v: (
        _attended(q @ k.T / len(k) ** 0.5, v, _later(q))
    ),
    "You divide by the root of e, the width of the values. It is the root of d, the length of a query.": (
        lambda q, k, v: _attended(q @ k.T / v.shape[1] ** 0.5, v, _later(q))
    ),
    "No place sees itself in yours, and the first sees nothing. Hide the later places only: `triu(1)`.": (
        lambda q, k, v: _attended(_scores(q, k), v, _later(q, 0))
    ),
    "Places see the next one in yours. Hide from the next one on.": lambda q, k, v: _attended(
        _scores(q, k), v, _later(q, 2)
    ),
    "Each place sees itself and the later ones: the mask is the wrong way round.": lambda q, k, v: _attended(
        _scores(q, k), v, _later(q).T
    ),
    "The mask is the wrong way round, and the last place sees nothing: `tril()` is True where a place may look. Hide "
    "`triu(1)`.": lambda q, k, v: _attended(_scores(q, k), v, _later(q, 0).T),
    "You hide every score that is 0. A score may be 0 where looking is allowed: hide by place, not by value.": (
        lambda q, k, v: _attended(_scores(q, k).tril(), v, _scores(q, k).tril() == 0)
    ),
    "You hide by a score of 0. That still has a weight, as e to the power 0 is 1: take minus infinity.": (
        lambda q, k, v: _attended(_scores(q, k).tril(), v)
    ),
    "You set weights to 0 after the softmax, so the others no longer add up to 1. Hide before it.": lambda q, k, v: (
        _scores(q, k).softmax(dim=1).tril() @ v
    ),
    "The softmax runs over the queries. For each query, the weights over the keys add up to 1: dimension 1.": (
        lambda q, k, v: _attended(_scores(q, k), v, _later(q), dim=0)
    ),
    "The softmax runs over the queries, and before the later places are hidden. Hide first, then take it over the "
    "keys, dimension 1.": lambda q, k, v: _scores(q, k).softmax(dim=0).tril() @ v,
    "You hide by a score of -1. That still has a weight: take minus infinity.": lambda q, k, v: (
        _scores(q, k).masked_fill(_later(q), -1).softmax(dim=1) @ v
    ),
    "You hide by a score of -9. That still has a weight: take minus infinity.": lambda q, k, v: (
        _scores(q, k).masked_fill(_later(q), -9).softmax(dim=1) @ v
    ),
    "You bring the weights back to a sum of 1 along the wrong dimension. It is each row that adds up to 1: `dim=1`.": (
        lambda q, k, v: _columns_of_one(_scores(q, k).softmax(dim=1).tril()) @ v
    ),
    "No place sees itself in yours: `[:t]` ends before place t. Take `[: t + 1]`.": lambda q, k, v: _attended(
        _scores(q, k), v, _later(q, 0)
    ).nan_to_num(0),
    "The softmax is missing: the scores are no weights yet.": lambda q, k, v: _scores(q, k).tril() @ v,
    "You return the weights. Multiply them by the values.": lambda q, k, v: _weights(q, k),
    "Queries and keys have changed places: row t belongs to query t.": lambda q, k, v: _attended(
        _scores(k, q), v, _later(q)
    ),
    "You weigh the keys. The weighted mean is one of the values.": lambda q, k, v: _weights(q, k) @ k,
    "You weigh the queries. The weighted mean is one of the values.": lambda q, k, v: _weights(q, k) @ q,
    "That is the answer of the last place alone. Each place has one.": lambda q, k, v: (_weights(q, k) @ v)[-1],
    "All places before count equally in yours: that is a running mean, without queries and keys.": lambda q, k, v: (
        v.cumsum(dim=0) / torch.arange(1, len(v) + 1)[:, None]
    ),
    "The weights are transposed before they meet the values.": lambda q, k, v: _weights(q, k).T @ v,
}

EXERCISE = Exercise(
    solution=causal_attention,
    cases=attention_cases,
    slips=ATTENTION_SLIPS,
    returns="a tensor (T, e)",
    why="As attention above, with the scores of later places set to minus infinity before the softmax: e to that "
    "power is 0, so the weights of the others still add up to 1.",
    notice="The first place sees only itself, so its answer is its own value.",
    hints=(
        "Without the rule about later places, it is the attention above without the first dimension, N.",
        "Scores have shape (T, T): row t belongs to query t, column s to key s. Which columns must row t not see?",
        "`torch.ones(T, T).triu(1).bool()` is True where the column is later than the row.",
        "`scores.masked_fill(later, -math.inf)` before `softmax(dim=1)`, then `@ values`.",
    ),
)
