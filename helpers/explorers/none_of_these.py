"""Page 10: where a model should answer "none of these", and what that costs."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from ipywidgets import BoundedFloatText, HBox, VBox
from torch import Tensor

from helpers.explorers.base import BLUE, ORANGE, Scene, few_ticks, live, new_scene, with_slider
from helpers.picture import name_axes, plain_style
from helpers.plots import INK, RULE

SHOWN = 5  # photos below the threshold


@plain_style
def none_of_these_picture(
    probs: Tensor,
    labels: Tensor,
    classes: Sequence[str],
    images: Tensor,
    at: float = 0.8,
    wrong: float = 5.0,
    ask: float = 1.0,
) -> Scene:
    """Page 10: what a threshold on the confidence answers, what it passes to a person, and what both cost.

    Args:
        probs: (N, K) of the photos.
        labels: (N,) their classes.
        classes: K names.
        images: (N, 3, H, W) the photos, from 0 to 1.
        at: a photo is answered from this confidence on.
        wrong, ask: cost of a wrong name, and of asking a person.
    """
    confidence, answers = probs.max(dim=1)
    right, asked = answers == labels, confidence < at
    thresholds, costs = _costs(confidence, right, wrong, ask)
    answered, errors = int((~asked).sum()), int((~asked & ~right).sum())
    cost = wrong * errors + ask * int(asked.sum())
    words = (
        f"At {at:.2f}: {answered} of {len(labels)} photos are answered, {answered - errors} of them right; "
        f"{len(labels) - answered} are passed to a person, {int((asked & right).sum())} of which were right. "
        f"Cost {wrong:g}·{errors} + {ask:g}·{len(labels) - answered} = {cost:g}. Answering all costs "
        f"{wrong * int((~right).sum()):g}, asking always {ask * len(labels):g}. Cheapest on these photos: "
        f"{_cheapest(thresholds, costs)}."
    )
    if 0 < ask < wrong:
        words += f" The formula says {1 - ask / wrong:.2f}."
    picture = new_scene(7.2, 2.7, words)
    axes = picture.add_axes((0.09, 0.2, 0.3, 0.68))
    axes.step(thresholds.numpy(), costs.numpy(), where="pre", color=BLUE, linewidth=1.8)
    if 0 < ask < wrong:
        axes.axvline(1 - ask / wrong, color=RULE, linestyle="--", linewidth=1.2)
    axes.plot(at, cost, marker="o", markersize=10, markerfacecolor=ORANGE, markeredgecolor=INK, clip_on=False)
    axes.set_xlim(0, 1.01)
    most = max(costs.max().item(), 1.0)
    axes.set_ylim(0, 1.08 * most)
    few_ticks(axes, (0, 0.5, 1), (0, round(most)))
    name_axes(axes, "answered from this confidence on", "cost")
    below = asked.nonzero().flatten()
    below = below[confidence[below].argsort(descending=True)][:SHOWN].tolist()
    title = "passed to a person, the surest first" if below else "no photo is passed to a person"
    picture.text(0.43, 0.9, title, fontsize=9, color=INK)
    if below:
        _strip(picture, images[below], [f"{classes[answers[i]]}\n{confidence[i]:.2f}" for i in below], right[below])
    return picture


def none_of_these_explorer(probs: Tensor, labels: Tensor, classes: Sequence[str], images: Tensor) -> VBox:
    """Page 10: move the threshold and what a wrong name and asking cost; see `none_of_these_picture`."""
    controls = {
        "at": BoundedFloatText(0.8, min=0, max=1.01, step=0.01, description="answered from confidence"),
        "wrong": BoundedFloatText(5, min=0, max=1000, step=1, description="a wrong name costs"),
        "ask": BoundedFloatText(1, min=0, max=1000, step=1, description="asking costs"),
    }

    def render(at: float, wrong: float, ask: float) -> Scene:
        return none_of_these_picture(probs, labels, classes, images, at, wrong, ask)

    return live(render, controls, [with_slider(controls["at"]), HBox([controls["wrong"], controls["ask"]])])


def _costs(confidence: Tensor, right: Tensor, wrong: float, ask: float) -> tuple[Tensor, Tensor]:
    """Thresholds from 0 to above 1, and the total cost at each; between two of them it is that of the upper one."""
    thresholds = torch.cat([torch.zeros(1), confidence.sort().values, torch.tensor([1.01])])
    asked = confidence < thresholds[:, None]  # (thresholds, photos)
    return thresholds, (ask * asked.double() + wrong * (~asked & ~right).double()).sum(dim=1)


def _cheapest(thresholds: Tensor, costs: Tensor) -> str:
    """The lowest range of thresholds with the smallest cost, in words."""
    best = int(costs.argmin())
    cost = f"cost {costs[best]:g}"
    if best == len(costs) - 1:
        return f"asking always, {cost}"
    if best == 0 or (best == 1 and costs[0] == costs[1]):
        return f"answering all, {cost}"
    return f"above {thresholds[best - 1]:.2f}, up to {thresholds[best]:.2f}, {cost}"


def _strip(picture: Scene, images: Tensor, titles: Sequence[str], right: Tensor) -> None:
    """Photos side by side in one image, which is drawn faster than many; "right" or "wrong" stands below each."""
    height, width = images.shape[-2:]
    gap = width // 8
    strip = torch.ones(3, height, SHOWN * (width + gap))
    for i, image in enumerate(images):
        strip[:, :, i * (width + gap) : i * (width + gap) + width] = image
    axes = picture.add_axes((0.43, 0.2, 0.56, 0.45), anchor="NW")
    axes.imshow(strip.permute(1, 2, 0).numpy(), interpolation="nearest")
    axes.set_axis_off()
    for i, title in enumerate(titles):
        axes.text(i * (width + gap), -0.06 * height, title, fontsize=8, color=INK, va="bottom")
        axes.text(i * (width + gap), 1.06 * height, "right" if right[i] else "wrong", fontsize=8, color=INK, va="top")
