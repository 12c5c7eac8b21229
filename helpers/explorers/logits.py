"""Page 04: softmax, cross-entropy and its gradient, moved logit by logit."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from ipywidgets import BoundedFloatText, Dropdown, HBox, VBox

from helpers.explorers.base import BLUE, Scene, few_ticks, live, new_scene, with_slider
from helpers.picture import name_axes, plain_style
from helpers.plots import COLOURS, RULE


@plain_style
def logits_picture(values: Sequence[float] = (2.0, 1.0, 0.0, -1.0), target: int = 0, temperature: float = 1.0) -> Scene:
    """Page 04: softmax, cross-entropy and its gradient, and beside it what the squared error would say.

    Args:
        values: one logit per class.
        target: number of the true class.
        temperature: the logits are divided by it first.
    """
    z = torch.tensor(list(values), dtype=torch.float64, requires_grad=True)
    log_probs = F.log_softmax(z / temperature, dim=0)
    probs = log_probs.exp()
    truth = F.one_hot(torch.tensor(target), len(z)).double()
    losses = {"cross-entropy": -log_probs[target], "squared error": (probs - truth).square().sum()}
    slopes = {name: torch.autograd.grad(loss, z, retain_graph=True)[0] for name, loss in losses.items()}
    p = probs.detach()
    words = f"Class {target} is right and gets {100 * p[target]:.1f} %. " + " ".join(
        f"{name.capitalize()} {abs(loss.item()):.3g}; its gradient at the right logit is {slopes[name][target]:.2g}."
        for name, loss in losses.items()
    )
    picture = new_scene(7.2, 2.8, words)
    left = picture.add_axes((0.08, 0.19, 0.38, 0.72))
    left.bar(range(len(z)), p.tolist(), color=[BLUE if i == target else RULE for i in range(len(z))], width=0.6)
    for i, prob in enumerate(p.tolist()):
        left.text(i, prob + 0.02, f"{prob:.2f}" + ("\nright" if i == target else ""), ha="center", fontsize=9)
    left.set_ylim(0, 1.3)
    few_ticks(left, range(len(z)), (0, 0.5, 1))
    name_axes(left, "class", "probability")
    right = picture.add_axes((0.56, 0.19, 0.42, 0.72))
    most = max(1.3, 1.3 * max(slope.abs().max().item() for slope in slopes.values()))
    for row, (name, slope) in enumerate(slopes.items()):
        x = [i - 0.15 + 0.3 * row for i in range(len(z))]
        zeros, pushes = [0] * len(z), (-slope).tolist()  # a step goes against the gradient
        right.quiver(x, zeros, zeros, pushes, color=COLOURS[row], angles="xy", scale_units="xy", scale=1, width=0.012)
        told = f"{name}: loss {abs(losses[name].item()):.3g}"
        right.text(
            row, 1.03, told, color=COLOURS[row], fontsize=9, ha=("left", "right")[row], transform=right.transAxes
        )
    right.axhline(0, color=RULE, linewidth=0.8)
    right.set_xlim(-0.5, len(z) - 0.5)
    right.set_ylim(-most, most)
    few_ticks(right, range(len(z)), (-1, 0, 1))
    name_axes(right, "class", "push on the logit")
    return picture


def logits_explorer(values: Sequence[float] = (2.0, 1.0, 0.0, -1.0)) -> VBox:
    """Page 04: move the logits, the true class and the temperature; see `logits_picture`."""
    fields = {
        f"z{i}": BoundedFloatText(
            value, min=-1e4, max=1e4, step=0.5, description=f"logit {i}", layout={"width": "150px"}
        )
        for i, value in enumerate(values)
    }
    target = Dropdown(options=range(len(values)), description="right class")
    temperature = BoundedFloatText(1.0, min=0.1, max=10.0, step=0.1, description="temperature")

    def render(target: int, temperature: float, **logits: float) -> Scene:
        return logits_picture(list(logits.values()), target, temperature)

    moved = [with_slider(field, -10.0, 10.0) for field in fields.values()]
    rows = [HBox(moved[i : i + 2]) for i in range(0, len(moved), 2)]  # two in a row: all fits a projector
    controls = fields | {"target": target, "temperature": temperature}
    return live(render, controls, [*rows, HBox([target, with_slider(temperature)])])
