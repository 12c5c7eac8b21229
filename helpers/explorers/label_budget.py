"""Page 01: how much a pretrained model gains with so many labels per digit."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cache

from ipywidgets import Dropdown, VBox
from torch import Tensor

from helpers.checkpoints import shipped_results
from helpers.explorers.base import BLUE, ORANGE, Scene, few_ticks, image_row, live, new_scene, with_slider
from helpers.intervals import mean_interval
from helpers.picture import name_axes, plain_style
from helpers.plots import INK, RULE

CONTENDERS = {"scratch": "scratch strong", "pretrained": "letters"}  # on page 01 -> in the stored race
BUDGETS = (1, 2, 5, 10, 50)
Examples = Mapping[int, tuple[Tensor, Sequence[str]]]  # labels per digit -> images (n, 1, 32, 32) and their titles


def accuracies(contender: str, budget: int) -> list[float]:
    """Validation accuracy in percent of page 08's stored race, one number for each draw of labels.

    Where a draw was run with several pretrainings, their mean.

    Args:
        contender: "scratch" or "pretrained" as page 01 names them, or a name of the race.
        budget: labels per digit, one of BUDGETS.

    Example:
        >>> from helpers.explorers.label_budget import accuracies
        >>> sum(accuracies("pretrained", 1)) > sum(accuracies("scratch", 1))
        True
    """
    draws = _race()[CONTENDERS.get(contender, contender)][str(budget)]
    return [sum(draw) / len(draw) if isinstance(draw, list) else draw for draw in draws]


@cache
def _race() -> dict:
    """The stored race, read once; names without commas."""
    race = shipped_results("label_budget")["val"]
    return {name.replace(",", ""): by_budget for name, by_budget in race.items()}


def paired_gain(budget: int) -> tuple[float, float]:
    """Points that pretrained is above scratch, draw by draw: the mean and the half width of its interval."""
    pairs = zip(accuracies("pretrained", budget), accuracies("scratch", budget), strict=True)
    return mean_interval([pretrained - scratch for pretrained, scratch in pairs])


def errors_taken(budget: int) -> float:
    """The share of scratch's errors that pretraining takes away, from the mean accuracies of both.

    Example:
        >>> from helpers.explorers.label_budget import errors_taken
        >>> 0 < errors_taken(1) < 1
        True
    """
    scratch, _ = mean_interval(accuracies("scratch", budget))
    return paired_gain(budget)[0] / (100 - scratch)


@plain_style
def label_budget_picture(per_class: int = 1, examples: Examples | None = None) -> Scene:
    """Page 01: accuracy from scratch and pretrained with so many labels per digit, and the gain, draw by draw.

    The accuracies are those of page 08's race on validation images. The intervals are over draws of labels.

    Args:
        per_class: one of BUDGETS.
        examples: images that the pretrained model gets right and the other wrong, where the page has some.
    """
    values = {name: [mean_interval(accuracies(name, n)) for n in BUDGETS] for name in CONTENDERS}
    now = {name: intervals[BUDGETS.index(per_class)] for name, intervals in values.items()}
    budget = f"{per_class} label{'s' if per_class > 1 else ''} per digit"
    words = f"With {budget}: " + ", ".join(f"{name} {mean:.1f} % ± {half:.1f}" for name, (mean, half) in now.items())
    gain, half = paired_gain(per_class)
    share = 100 * errors_taken(per_class)
    words += f". Draw by draw, pretraining gains {gain:.1f} ± {half:.1f} points, {share:.0f} % of scratch's errors. "
    words += "± is a 95 % interval over draws of labels."
    images, titles = (examples or {}).get(per_class, ((), ()))
    words += " Below: images that only the pretrained model reads." if len(images) else ""
    picture = new_scene(7.2, 3.6 if examples else 2.3, words)
    tall = 2.3 / picture.get_figheight()  # share of the height that the upper part takes
    left = picture.add_axes((0.12, 1 - 0.78 * tall, 0.36, 0.68 * tall))
    for row, (mean, half) in enumerate(now.values()):
        left.barh(row, mean, color=(ORANGE, BLUE)[row], height=0.55)
        left.plot([mean - half, mean + half], [row, row], color=INK, marker="|", markersize=9)
        left.text(3, row, f"{mean:.1f} ± {half:.1f}", color="white", va="center", fontsize=10, weight="bold")
    left.set_ylim(1.5, -0.5)
    left.set_xlim(0, 100)
    few_ticks(left, (0, 50, 100), (0, 1), y_names=list(now))
    name_axes(left, f"accuracy with {budget} (%)", "")
    right = picture.add_axes((0.6, 1 - 0.78 * tall, 0.36, 0.68 * tall))
    places = [math.log(n) for n in BUDGETS]  # a log scale of its own: matplotlib's costs more than the rest
    for row, (name, intervals) in enumerate(values.items()):
        means = [mean for mean, _ in intervals]
        style = {"color": (ORANGE, BLUE)[row], "linestyle": ("--", "-")[row], "marker": "os"[row], "markersize": 4}
        right.plot(places, means, **style)
        right.text(places[2], means[2] + (-9, 4)[row], name, color=style["color"], ha="center", fontsize=9)
    right.axvline(math.log(per_class), color=RULE, linewidth=6, alpha=0.35)
    right.set_ylim(60, 102)
    few_ticks(right, places, (60, 80, 100), x_names=[str(n) for n in BUDGETS])
    name_axes(right, "labels per digit, on a log scale", "accuracy (%)")
    if len(images):
        image_row(picture, images[:8], titles[:8], height=0.9)
    return picture


def label_budget_explorer(examples: Examples | None = None) -> VBox:
    """Page 01: move the number of labels per digit; see `label_budget_picture`."""
    field = Dropdown(options=BUDGETS, description="labels per digit")
    return live(lambda per_class: label_budget_picture(per_class, examples), {"per_class": field}, [with_slider(field)])
