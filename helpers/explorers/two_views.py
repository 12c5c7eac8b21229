"""Page 17: two random views of each of eight images, the cosines between them, and the loss of finding the partner."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from ipywidgets import BoundedFloatText, VBox
from torch import Tensor, nn

from helpers.data.augment import change_stroke, warp
from helpers.explorers.base import Scene, few_ticks, live, new_scene, show_image, whole_number, with_slider
from helpers.picture import name_axes, plain_style
from helpers.plots import INK, PAPER


def two_views(images: Tensor, turn: float = 15.0, shift: float = 0.1, seed: int = 0) -> tuple[Tensor, Tensor]:
    """Two random views of each image: stretched, slanted, bent, bolder or thinner, and turned and moved as asked.

    Args:
        images: (N, 1, H, W).
        turn: most degrees either way.
        shift: most movement, as a share of half the image's size.
        seed: which views; the same seed makes the same ones.
    """
    generator = torch.Generator().manual_seed(seed)
    views = [change_stroke(warp(images, rotation=turn, shift=shift, generator=generator), generator) for _ in range(2)]
    return views[0], views[1]


def losses_of(cosines: Tensor, temperature: float) -> Tensor:
    """The loss (N,) of finding, for each first view (row), the second view of its own image: the diagonal.

    Example:
        >>> import torch
        >>> from helpers.explorers.two_views import losses_of
        >>> losses_of(torch.zeros(2, 2), temperature=0.5)  # two others, equally likely: log 2
        tensor([0.6931, 0.6931])
    """
    return F.cross_entropy(cosines / temperature, torch.arange(len(cosines)), reduction="none")


@plain_style
def two_views_picture(
    model: nn.Module,
    images: Tensor,
    names: Sequence[str],
    turn: float = 15.0,
    shift: float = 0.1,
    temperature: float = 0.2,
    seed: int = 0,
) -> Scene:
    """Page 17: two views of each image, the cosines between first and second views, and the loss of each row.

    Args:
        model: images -> projections; used in `eval()` mode, and left as it was.
        images: (N, 1, H, W).
        names: N short names.
        turn, shift: of the views; see `two_views`.
        temperature: divides the cosines.
        seed: which views.
    """
    first, second = two_views(images, turn, shift, seed)
    cosines = _cosines(model, first, second)
    losses = losses_of(cosines, temperature)
    picture = new_scene(7.2, 3.9, _tell(cosines, losses, names, turn, shift, temperature))
    count = len(images)
    for column, (views, told) in enumerate(((first, "first"), (second, "second"))):
        axes = picture.add_axes((0.05 + 0.1 * column, 0.15, 0.085, 0.75), anchor="N")
        wide = F.pad(views[:, 0], (0, 0, 1, 1), value=0.6)  # a line between two
        show_image(axes, wide.reshape(-1, views.shape[-1]))
        axes.set_aspect("auto")
        picture.text(0.0925 + 0.1 * column, 0.92, told, fontsize=9, color=INK, ha="center")
    for row, name in enumerate(names):
        picture.text(0.035, 0.9 - 0.75 * (row + 0.5) / count, name, fontsize=9, color=INK, ha="center", va="center")
    axes = picture.add_axes((0.3, 0.15, 0.43, 0.75))
    axes.imshow(cosines.numpy(), cmap="Blues", vmin=-1, vmax=1, aspect="auto")
    others = cosines.clone().fill_diagonal_(-2).argmax(dim=1).tolist()
    for i, other in enumerate(others):  # few numbers: each takes time to draw
        for j in (i, other):
            value = cosines[i, j].item()
            look = {"color": PAPER if value > 0.5 else INK, "fontweight": "bold" if i == j else "normal"}
            axes.text(j, i, f"{value:.2f}", ha="center", va="center", fontsize=8, **look)
    few_ticks(axes, range(count), (), x_names=list(names))
    name_axes(axes, "second view of", "first view of (as at the left)")
    picture.text(0.515, 0.92, "cosines: partners bold, largest others", fontsize=9, color=INK, ha="center")
    axes = picture.add_axes((0.8, 0.15, 0.15, 0.75))
    axes.barh(range(count), losses.tolist(), color=INK, height=0.55)
    axes.set_ylim(count - 0.5, -0.5)
    axes.set_xlim(0, max(1.0, losses.max().item()) * 1.02)
    few_ticks(axes, (0, math.floor(axes.get_xlim()[1])), ())
    name_axes(axes, "loss", "")
    picture.text(0.875, 0.92, "loss of the row", fontsize=9, color=INK, ha="center")
    return picture


def two_views_explorer(model: nn.Module, images: Tensor, names: Sequence[str]) -> VBox:
    """Page 17: choose how far views are turned and moved, the temperature, and other views; see `two_views_picture`."""
    controls = {
        "turn": whole_number("turned by at most (degrees)", 15, 0, 180),
        "shift": BoundedFloatText(0.1, min=0, max=0.6, step=0.05, description="moved by at most (share)"),
        "temperature": BoundedFloatText(0.2, min=0.05, max=2, step=0.05, description="temperature"),
        "seed": whole_number("views number", 0, 0, 99),
    }
    for control in controls.values():
        control.layout.width = "260px"

    def render(turn: float, shift: float, temperature: float, seed: int) -> Scene:
        return two_views_picture(model, images, names, turn, shift, temperature, seed)

    return live(render, controls, [with_slider(control) for control in controls.values()])


@torch.no_grad()
def _cosines(model: nn.Module, first: Tensor, second: Tensor) -> Tensor:
    """(N, N) cosines of the projections; the model's mode is put back."""
    training = model.training
    projections = F.normalize(model.eval()(torch.cat([first, second])), dim=1)
    model.train(training)
    return projections[: len(first)] @ projections[len(first) :].T


def _tell(cosines: Tensor, losses: Tensor, names: Sequence[str], turn: float, shift: float, temperature: float) -> str:
    """What the picture shows, in words."""
    count, best = len(cosines), cosines.argmax(dim=1).tolist()
    wrong = [f"{names[i]} with {names[j]}" for i, j in enumerate(best) if i != j]
    taken = f"Taken for partners by mistake: {', '.join(wrong)}. " if wrong else ""
    worst = int(losses.argmax())
    return (
        f"Views turned by at most {turn:g} degrees and moved by at most {shift:g}. For {count - len(wrong)} of {count} "
        f"first views the partner has the largest cosine of its row. {taken}Mean cosine of partners "
        f"{cosines.diagonal().mean():.2f}, of others {_others(cosines):.2f}. At temperature {temperature:g} the mean "
        f"loss is {losses.mean():.2f} (guessing: {torch.tensor(float(count)).log():.2f}); the largest is that of "
        f"{names[worst]}, {losses[worst]:.2f}."
    )


def _others(cosines: Tensor) -> float:
    count = len(cosines)
    return ((cosines.sum() - cosines.diagonal().sum()) / (count * count - count)).item()
