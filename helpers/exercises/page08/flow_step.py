"""Exercise 8.2. The flow (N, K) after one more step along the graph (N, N)."""

from __future__ import annotations

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def flow_step(graph, flow, start, keep):
    """The flow (N, K) after one more step along the graph (N, N)."""
    return keep * (graph @ flow) + (1 - keep) * start


def flow_cases() -> list[tuple]:
    """One to four points, classes as many or more or fewer; a graph whose two directions differ."""

    def make(generator: torch.Generator, i: int) -> tuple:
        points, classes = (1, 2, 3, 2, 4, 3)[i % 6], (2, 3, 2, 2, 3, 3)[i % 6]
        keep = (0.9, 0.75, 0.5, 0.99, 0.2)[i % 5]

        def tenths(*shape: int) -> Tensor:
            return torch.randint(1, 10, shape, generator=generator) / 10

        start = tenths(points, classes)
        if points > 1:
            start[int(torch.randint(points, (), generator=generator))] = 0  # a point without a label
        return tenths(points, points), tenths(points, classes), start, keep

    return drawn(make)


def _one_by_one(graph: Tensor, flow: Tensor, start: Tensor, keep: float) -> Tensor:
    new = flow.clone()
    for i in range(len(graph)):
        new[i] = keep * (graph[i] @ new) + (1 - keep) * start[i]
    return new


def _repeated(graph: Tensor, flow: Tensor, start: Tensor, keep: float, times: int) -> Tensor:
    for _ in range(times):
        flow = keep * (graph @ flow) + (1 - keep) * start
    return flow


FLOW_SLIPS = {
    "That is what the neighbours have, and the labelled points get nothing again: `start` is missing.": (
        lambda graph, flow, start, keep: keep * graph @ flow
    ),
    "That is what arrives from the neighbours, in full. `keep` weighs it, and the rest of the weight is for `start`.": (
        lambda graph, flow, start, keep: graph @ flow
    ),
    "What arrives counts in full in yours. Multiply it by `keep`.": lambda graph, flow, start, keep: (
        graph @ flow + (1 - keep) * start
    ),
    "You add `start` in full. Its part is what `keep` leaves over: 1 - keep.": lambda graph, flow, start, keep: (
        keep * (graph @ flow) + start
    ),
    "What arrives and `start` both count in full in yours, and `keep` is not used.": lambda graph, flow, start, keep: (
        graph @ flow + start
    ),
    "`keep` and 1 - keep have changed places.": lambda graph, flow, start, keep: (
        (1 - keep) * (graph @ flow) + keep * start
    ),
    "`start` is weighed by `keep` as well. Its part is what `keep` leaves over: 1 - keep.": (
        lambda graph, flow, start, keep: keep * (graph @ flow) + keep * start
    ),
    "You sent `start` along the graph, too. Only the flow moves on; `start` is added afterwards, times 1 - keep.": (
        lambda graph, flow, start, keep: graph @ (keep * flow + (1 - keep) * start)
    ),
    "The graph is the wrong way round: row i says whom point i listens to.": lambda graph, flow, start, keep: (
        keep * (graph.T @ flow) + (1 - keep) * start
    ),
    "The graph is the wrong way round, and `keep` and 1 - keep have changed places.": lambda graph, flow, start, keep: (
        (1 - keep) * (graph.T @ flow) + keep * start
    ),
    "Nothing has moved along the graph: multiply it with the *flow*, as matrices.": lambda graph, flow, start, keep: (
        keep * flow + (1 - keep) * start
    ),
    "You sent the `start` along the graph, and the flow is not there. It is the *flow* that moves on.": (
        lambda graph, flow, start, keep: keep * (graph @ start) + (1 - keep) * start
    ),
    "`flow` and `start` have changed places.": lambda graph, flow, start, keep: (
        keep * (graph @ start) + (1 - keep) * flow
    ),
    "You kept a part of the old flow. The part beside `keep` is for `start`.": lambda graph, flow, start, keep: (
        keep * (graph @ flow) + (1 - keep) * flow
    ),
    "The old flow is still there in full, and what arrives comes on top. What arrives *takes its place*.": (
        lambda graph, flow, start, keep: flow + keep * (graph @ flow) + (1 - keep) * start
    ),
    "You took the mean over the neighbours. A point adds up what they have.": lambda graph, flow, start, keep: (
        keep * (graph @ flow) / len(graph) + (1 - keep) * start
    ),
    "Each row was divided by its sum. The page does that after the last step, and this is one step.": (
        lambda graph, flow, start, keep: (
            (keep * (graph @ flow) + (1 - keep) * start)
            / (keep * (graph @ flow) + (1 - keep) * start).sum(dim=1, keepdim=True)
        )
    ),
    "Nothing is added up over the neighbours: `*` multiplies entry by entry. A product of matrices is `@`.": (
        lambda graph, flow, start, keep: keep * (graph * flow) + (1 - keep) * start
    ),
    "`flow @ graph` is the other way round: the graph stands on the left, and each of its rows adds up rows of the flow.": (
        lambda graph, flow, start, keep: keep * (flow @ graph) + (1 - keep) * start
    ),
    "Brackets are missing: without them only `start` is multiplied by `keep`, and 1 is added. Write `(1 - keep) * start`.": (
        lambda graph, flow, start, keep: keep * (graph @ flow) + 1 - keep * start
    ),
    "Your brackets end too late: `keep` weighs what arrives, and not `start`, too.": lambda graph, flow, start, keep: (
        keep * (graph @ flow + (1 - keep) * start)
    ),
    "`start` is divided by the number of points. Its weight is 1 - keep alone.": lambda graph, flow, start, keep: (
        keep * (graph @ flow) + (1 - keep) * start / len(graph)
    ),
    "These are the two parts of the new flow, one by one. Wanted is their sum.": lambda graph, flow, start, keep: (
        keep * (graph @ flow),
        (1 - keep) * start,
    ),
    "1 - keep is added to all entries. It is the weight of `start`: multiply the two.": lambda graph, flow, start, keep: (
        keep * (graph @ flow) + (1 - keep)
    ),
    "Only the last neighbour counts in yours: each one replaces the one before. Add up, with `+=`.": (
        lambda graph, flow, start, keep: keep * graph[:, -1:] * flow[-1] + (1 - keep) * start
    ),
    "Only the first neighbour counts in yours. Add up over all of them.": lambda graph, flow, start, keep: (
        keep * graph[:, :1] * flow[0] + (1 - keep) * start
    ),
    "`start` is added once for each neighbour, inside the loop. Add it once.": lambda graph, flow, start, keep: (
        keep * (graph @ flow) + len(graph) * (1 - keep) * start
    ),
    "Each point listens only to those before it. Let the inner loop run over all points.": lambda graph, flow, start, keep: (
        keep * (graph.tril(-1) @ flow) + (1 - keep) * start
    ),
    "Each point listens only to those before it and to itself. Let the inner loop run over all points.": (
        lambda graph, flow, start, keep: keep * (graph.tril() @ flow) + (1 - keep) * start
    ),
    "Later points listen to the *new* flow of earlier ones: you write into what you still read. Write into another tensor.": (
        _one_by_one
    ),
    "The labelled points keep their own label in full in yours. They take part like all others; `start` has the weight "
    "1 - keep.": lambda graph, flow, start, keep: torch.where(
        start > 0, start, keep * (graph @ flow) + (1 - keep) * start
    ),
    "You repeat the step many times. One is wanted.": lambda graph, flow, start, keep: _repeated(
        graph, flow, start, keep, 256
    ),
    "You repeat the step a hundred times. One is wanted.": lambda graph, flow, start, keep: _repeated(
        graph, flow, start, keep, 100
    ),
    "The step is done twice. One is wanted.": lambda graph, flow, start, keep: (
        keep * (graph @ (keep * (graph @ flow) + (1 - keep) * start)) + (1 - keep) * start
    ),
    "`keep` is 0.99 in yours, whatever was asked: use the argument.": lambda graph, flow, start, keep: (
        0.99 * (graph @ flow) + 0.01 * start
    ),
    "`start` is taken off, where it is to be added.": lambda graph, flow, start, keep: (
        keep * (graph @ flow) - (1 - keep) * start
    ),
    "You made the graph the same in both directions, by a mean. Here it need not be: leave it as it is.": (
        lambda graph, flow, start, keep: keep * ((graph + graph.T) / 2 @ flow) + (1 - keep) * start
    ),
    "You made the graph the same in both directions (`maximum`), as the page does where it builds one. Here it need not be: "
    "leave it as it is.": lambda graph, flow, start, keep: (
        keep * (torch.maximum(graph, graph.T) @ flow) + (1 - keep) * start
    ),
    "You took a mean of the neighbours: the links of each row are divided by their sum. Leave the graph as it is, and add "
    "up.": lambda graph, flow, start, keep: keep * (graph / graph.sum(dim=1, keepdim=True) @ flow) + (1 - keep) * start,
    "The numbers in the graph do not count in yours. What a neighbour has is multiplied by the number in the graph.": (
        lambda graph, flow, start, keep: keep * ((graph > 0).double() @ flow.double()) + (1 - keep) * start
    ),
    "Each point gets its *own* flow, times the sum of its links. Row i of the graph "
    "weighs the rows of the flow; sum over the neighbours.": lambda graph, flow, start, keep: (
        keep * graph.sum(dim=1, keepdim=True) * flow + (1 - keep) * start
    ),
    "Only the strongest neighbour counts in yours, by a maximum. Add up what all of them have.": (
        lambda graph, flow, start, keep: keep * (graph[:, :, None] * flow[None]).amax(dim=1) + (1 - keep) * start
    ),
    "Each point leaves itself out in yours, as if the graph's diagonal were 0. Here it is not: leave nobody out.": (
        lambda graph, flow, start, keep: keep * ((graph - graph.diagonal().diag()) @ flow) + (1 - keep) * start
    ),
    "The weight of `start` is 0.01 in yours, whatever `keep` is. It is 1 - keep.": lambda graph, flow, start, keep: (
        keep * (graph @ flow) + 0.01 * start
    ),
    "You took a softmax at the end. The flow itself is wanted, as it comes.": lambda graph, flow, start, keep: (
        keep * (graph @ flow) + (1 - keep) * start
    ).softmax(dim=1),
    "The last neighbour is left out of the sum. `range(len(flow))` reaches it, too.": lambda graph, flow, start, keep: (
        keep * (graph[:, :-1] @ flow[:-1]) + (1 - keep) * start
    ),
    "The first neighbour is left out of the sum: positions begin at 0.": lambda graph, flow, start, keep: (
        keep * (graph[:, 1:] @ flow[1:]) + (1 - keep) * start
    ),
    "`keep` is multiplied in twice. Once is enough.": lambda graph, flow, start, keep: (
        keep * keep * (graph @ flow) + (1 - keep) * start
    ),
    "These are the new flow and its classes. Only the flow is wanted.": lambda graph, flow, start, keep: (
        keep * (graph @ flow) + (1 - keep) * start,
        (keep * (graph @ flow) + (1 - keep) * start).argmax(dim=1),
    ),
    "You cut the flow off at 1. It may be larger: return it as it comes.": lambda graph, flow, start, keep: (
        keep * (graph @ flow) + (1 - keep) * start
    ).clamp(max=1),
    "Where `start` is above 0, nothing arrives from the neighbours in yours. Add both parts everywhere.": (
        lambda graph, flow, start, keep: torch.where(start > 0, (1 - keep) * start, keep * (graph @ flow))
    ),
    "The new flow is rounded to two decimals. Return it as it is.": lambda graph, flow, start, keep: (
        keep * (graph @ flow) + (1 - keep) * start
    ).round(decimals=2),
    "`start` counts as 1 wherever it is above 0. Use its own numbers.": lambda graph, flow, start, keep: (
        keep * (graph @ flow) + (1 - keep) * (start > 0)
    ),
    "The graph is the wrong way round, and `start` is added in full: its part is 1 - keep.": (
        lambda graph, flow, start, keep: keep * (graph.T @ flow) + start
    ),
    "Each row of the flow was divided by its sum *before* the step. Take the flow as it is.": (
        lambda graph, flow, start, keep: keep * (graph @ (flow / flow.sum(dim=1, keepdim=True))) + (1 - keep) * start
    ),
    "The flow goes along two links at once (`graph @ graph`). One step goes along one.": (
        lambda graph, flow, start, keep: keep * (graph @ graph @ flow) + (1 - keep) * start
    ),
    "The old flow is taken off what arrives. What arrives simply takes its place.": lambda graph, flow, start, keep: (
        keep * (graph @ flow - flow) + (1 - keep) * start
    ),
    "The old flow is still there, times `keep`. What arrives takes its place.": lambda graph, flow, start, keep: (
        keep * ((graph + torch.eye(len(graph))) @ flow) + (1 - keep) * start
    ),
    "These are the classes with the most flow. Wanted is the flow itself.": lambda graph, flow, start, keep: (
        keep * (graph @ flow) + (1 - keep) * start
    ).argmax(dim=1),
}


EXERCISE = Exercise(
    solution=flow_step,
    cases=flow_cases,
    slips=FLOW_SLIPS,
    returns="a tensor of the shape of `flow`",
    why="A matrix product adds up what the neighbours have; the rest of the weight goes to where the labels came from.",
    notice="The page repeats this step. With keep = 1 nothing would hold the labelled points to their own labels.",
    hints=(
        "A point takes over what its neighbours have: row i of `graph`, times `flow`, added up over the neighbours.",
        "For all points at once that is a product of two matrices, and `@` computes it.",
        "Multiply what arrives by `keep`, and add `start` times what is left of 1.",
    ),
)
