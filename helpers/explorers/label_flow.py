"""Page 08: labels flow from a few labelled points along a graph of neighbours."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from ipywidgets import Dropdown, VBox
from matplotlib.collections import LineCollection
from torch import Tensor

from helpers.explorers.base import BLUE, ORANGE, Scene, live, new_scene, with_slider
from helpers.picture import plain_style
from helpers.plots import INK, RULE

STEPS = (0, 1, 2, 4, 8, 16, 32, 64, 128, 256)
LOOKS = ((BLUE, "o"), (ORANGE, "^"))


def flow_after(graph: Tensor, start: Tensor, steps: int, keep: float = 0.99) -> Tensor:
    """What has arrived at each point (N, K) after so many steps along the graph (N, N)."""
    flow = start
    for _ in range(steps):
        flow = keep * (graph @ flow) + (1 - keep) * start
    return flow


@plain_style
def label_flow_picture(points: Tensor, graph: Tensor, start: Tensor, steps: Sequence[int] = (0, 4, 16, 256)) -> Scene:
    """Page 08: two classes of points in the plane, and which label has reached each after so many steps.

    Args:
        points: (N, 2).
        graph: (N, N) how strongly two points are linked; 0 is not at all.
        start: (N, 2), a one for the class of each labelled point, zeros elsewhere.
        steps: one panel for each.
    """
    flows = {n: flow_after(graph.double(), start.double(), n) for n in steps}
    columns, rows = min(2, len(steps)), -(-len(steps) // 2)
    words = " ".join(_tell(n, flow) for n, flow in flows.items())
    picture = new_scene(3.6 * columns + 0.6 * (columns == 1), 2.2 * rows + 0.4 * (rows == 1), words)
    one, two = graph.triu().nonzero().T
    links = torch.stack([points[one], points[two]], dim=1).numpy()
    width, height = 1 / columns, 1 / rows
    for i, (n, flow) in enumerate(flows.items()):
        left, bottom = i % columns * width, 1 - (i // columns + 1) * height
        axes = picture.add_axes((left + 0.02, bottom + 0.02, width - 0.04, 0.82 * height))
        axes.set_axis_off()
        axes.add_collection(LineCollection(links, colors=RULE, linewidths=0.4, alpha=0.6))
        reached, winner = flow.sum(dim=1) > 0, flow.argmax(dim=1)
        axes.plot(*points[~reached].T.numpy(), ".", color=RULE, markersize=3)
        for label, (colour, marker) in enumerate(LOOKS):
            own, labelled = reached & (winner == label), start[:, label] > 0
            axes.plot(*points[own].T.numpy(), marker, color=colour, markersize=4, linestyle="")
            axes.plot(
                *points[labelled].T.numpy(), marker, color=colour, markersize=11, markeredgecolor=INK, markeredgewidth=2
            )
        axes.set_title(f"{n} steps", fontsize=10, color=INK)
    return picture


def label_flow_explorer(points: Tensor, graph: Tensor, start: Tensor) -> VBox:
    """Page 08: choose how many steps the labels have flowed; see `label_flow_picture`."""
    field = Dropdown(options=STEPS, value=8, description="steps")
    return live(
        lambda steps: label_flow_picture(points, graph, start, (steps,)), {"steps": field}, [with_slider(field)]
    )


def _tell(steps: int, flow: Tensor) -> str:
    reached = flow.sum(dim=1) > 0
    circles, triangles = (int((flow[reached].argmax(dim=1) == label).sum()) for label in (0, 1))
    return f"After {steps} steps: {circles} circles, {triangles} triangles, {int((~reached).sum())} points not reached."
