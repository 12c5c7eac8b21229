"""Page 02: gradient descent on a loss of two weights: learning rate, momentum and start."""

from __future__ import annotations

import itertools
import math

import torch
from contourpy import contour_generator
from ipywidgets import BoundedFloatText, HBox, VBox
from torch import Tensor

from helpers.explorers.base import BLUE, ORANGE, Scene, few_ticks, live, new_scene, with_slider
from helpers.picture import name_axes, plain_style
from helpers.plots import INK, RULE

STEPS = 40
DEEP, RIDGE, SHALLOW = -1.0379, 0.0805, 0.9574  # where weight 1 has slope 0: two valleys and the ridge between
LOWEST = 0.25 * (DEEP**2 - 1) ** 2 + 0.08 * DEEP
LEVELS = (0.02, 0.05, 0.1, 0.2, 0.35, 0.6, 1, 1.6, 2.5, 4)
Point = tuple[float, float]


def loss_at(w1: float | Tensor, w2: float | Tensor) -> float | Tensor:
    """Two valleys in weight 1, a deep one left and a shallow one right; steep walls in weight 2."""
    return 0.25 * (w1**2 - 1) ** 2 + 0.08 * w1 + 5 * w2**2 - LOWEST


def gradient_at(w1: float, w2: float) -> Point:
    return w1 * (w1**2 - 1) + 0.08, 10 * w2


def descend(lr: float, momentum: float, start: Point, steps: int = STEPS) -> list[Point]:
    """The start and the weights after each step; ends early where they leave for infinity."""
    path, velocity = [start], (0.0, 0.0)
    for _ in range(steps):
        if max(map(abs, path[-1])) > 1e6:
            break
        velocity = tuple(momentum * v + g for v, g in zip(velocity, gradient_at(*path[-1]), strict=True))
        path.append(tuple(w - lr * v for w, v in zip(path[-1], velocity, strict=True)))
    return path


@plain_style
def descent_picture(
    lr: float = 0.05, momentum: float = 0.0, start_1: float = 1.7, start_2: float = 0.7, steps: int = STEPS
) -> Scene:
    """Page 02: the path of gradient descent, drawn on the curve of one weight and on the surface of two.

    Args:
        lr: learning rate.
        momentum: share of the last step's velocity that is kept; 0 is plain descent.
        start_1, start_2: the weights at the start.
    """
    path = descend(lr, momentum, (start_1, start_2), steps)
    picture = new_scene(7.2, 2.9, _tell(path, lr, momentum, steps))
    w1, w2 = (torch.tensor(weights, dtype=torch.float64) for weights in zip(*path, strict=True))
    curve = picture.add_axes((0.075, 0.19, 0.37, 0.72))
    grid = torch.linspace(-2, 2, 161, dtype=torch.float64)
    curve.plot(grid.numpy(), loss_at(grid, torch.zeros(())).numpy(), color=RULE, linewidth=1.8)
    _draw_path(curve, w1, loss_at(w1, torch.zeros(())))
    curve.set_xlim(-2, 2)
    curve.set_ylim(-0.1, 2.7)
    few_ticks(curve, (-2, -1, 0, 1, 2), (0, 1, 2))
    name_axes(curve, "weight 1", "loss, where weight 2 is 0")
    surface = picture.add_axes((0.56, 0.19, 0.42, 0.72))
    surface.plot(*_level_lines().T.numpy(), color=RULE, linewidth=0.8)
    _draw_path(surface, w1, w2)
    surface.set_xlim(-2, 2)
    surface.set_ylim(-1, 1)
    few_ticks(surface, (-2, -1, 0, 1, 2), (-1, 0, 1))
    name_axes(surface, "weight 1", "weight 2; grey: equal loss")
    return picture


def descent_explorer() -> VBox:
    """Page 02: move the learning rate, the momentum and the start; see `descent_picture`."""
    controls = {
        "lr": _field("learning rate", 0.05, 0.0, 0.5, 0.005),
        "momentum": _field("momentum", 0.0, 0.0, 0.99, 0.01),
        "start_1": _field("start, weight 1", 1.7, -2.0, 2.0, 0.1),
        "start_2": _field("start, weight 2", 0.7, -1.0, 1.0, 0.1),
    }
    moved = [with_slider(field) for field in controls.values()]
    return live(descent_picture, controls, [HBox(moved[:2]), HBox(moved[2:])])


def _field(description: str, value: float, low: float, high: float, step: float) -> BoundedFloatText:
    return BoundedFloatText(value, min=low, max=high, step=step, description=description, layout={"width": "190px"})


def _tell(path: list[Point], lr: float, momentum: float, steps: int) -> str:
    """What happened, as somebody would tell it who sees the picture."""
    (w1, w2), before, after = path[-1], loss_at(*path[0]), loss_at(*path[-1])
    told = (
        f"Learning rate {lr:g}, momentum {momentum:g}, start at ({path[0][0]:g}, {path[0][1]:g}), loss {before:.2f}; "
        "the left curve is drawn as if weight 2 were 0. "
    )
    gone = next((step for step, w in enumerate(path) if max(map(abs, w)) > 10), None)
    if gone is not None:
        return (
            told + f"It flies away: at step {gone} a weight is beyond 10, far outside the picture. Steps are too long."
        )
    heights = [loss_at(*w) for w in path]
    if after > before and max(heights[len(path) // 2 :]) > max(heights[: len(path) // 2]):
        return told + f"It flies away: after {steps} steps its loss is {after:.1f}, and it grows. Steps are too long."
    crossed = _crossings([w[1] for w in path])
    ridge = _crossings([w[0] - RIDGE for w in path])
    told += f"After {steps} steps it is at ({w1:.2f}, {w2:.2f}), loss {after:.3f}. "
    told += f"It crossed the valleys' middle line, weight 2 = 0, {_times(crossed)}, "
    told += f"and the ridge between the valleys {_times(ridge)}. "
    if path[-1] == path[0]:
        return told + "It did not move."
    if math.hypot(*gradient_at(w1, w2)) > 0.05 or math.dist(path[-1], path[-2]) > 0.02:
        return told + ("It still swings." if crossed + ridge >= 5 else "It is still on its way.")
    valleys = {"left, deeper valley": DEEP, "right, shallower valley": SHALLOW}
    nearest = min(valleys, key=lambda name: abs(valleys[name] - w1))
    if abs(valleys[nearest] - w1) > 0.1:
        return told + "It hardly moves: it is on the ridge, where there is no slope."
    return told + f"It rests in the {nearest}."


def _crossings(values: list[float]) -> int:
    """How often the sign changes, as far as somebody could see it."""
    signs = [value > 0 for value in values if abs(value) > 0.02]  # of a pixel or two
    return sum(a != b for a, b in itertools.pairwise(signs))


def _times(count: int) -> str:
    return {0: "not once", 1: "once"}.get(count, f"{count} times")


def _draw_path(axes, x: Tensor, y: Tensor) -> None:
    """The steps in order, the start as a ring and the end as a dot; what is far outside is cut off."""
    x, y = x.clamp(-50, 50).numpy(), y.clamp(-50, 50).numpy()
    axes.plot(x, y, color=BLUE, linewidth=1.2, marker=".", markersize=5)
    axes.plot(x[:1], y[:1], marker="o", markersize=10, markerfacecolor="none", markeredgecolor=INK)
    axes.plot(x[-1:], y[-1:], marker="o", markersize=9, markerfacecolor=ORANGE, markeredgecolor=INK)


def _level_lines() -> Tensor:
    """All lines of equal loss as one line (n, 2) with gaps."""
    if not _LINES:
        w1, w2 = torch.linspace(-2, 2, 121, dtype=torch.float64), torch.linspace(-1, 1, 61, dtype=torch.float64)
        lines = contour_generator(w1.numpy(), w2.numpy(), loss_at(w1[None, :], w2[:, None]).numpy())
        gap = torch.full((1, 2), math.nan, dtype=torch.float64)
        for level in LEVELS:
            _LINES.extend(part for line in lines.lines(level) for part in (torch.from_numpy(line), gap))
    return torch.cat(_LINES)


_LINES: list[Tensor] = []
