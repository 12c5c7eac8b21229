"""Exercise 19.3. The Grad-CAM map of one image from its last maps and their gradients."""

from __future__ import annotations

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def cam_of(maps, gradients):
    """The Grad-CAM map of one image from its last maps and their gradients."""
    weights = gradients.mean(dim=(1, 2))
    return (weights[:, None, None] * maps).sum(dim=0).relu()


def map_cases() -> list[tuple]:
    """One channel to three, one place to six, height unlike width, as many channels as rows, and sums below 0."""

    def make(generator: torch.Generator, i: int) -> tuple:
        channels = (2, 1, 3)[i % 3]
        height, width = ((2, 2), (2, 3), (1, 2), (3, 2), (1, 1))[i % 5]
        maps = torch.randint(0, 5, (channels, height, width), generator=generator).float()
        return maps, torch.randint(-4, 5, maps.shape, generator=generator).float()

    return drawn(make, count=26)


CAM_SLIPS = {
    "You multiply place by place: that is HiResCAM. Grad-CAM first averages the gradient of each channel over places.": (
        lambda maps, gradients: (gradients * maps).sum(dim=0).relu()
    ),
    "You multiply place by place, and cut before you add. First one mean for each channel; the relu comes last.": (
        lambda maps, gradients: (gradients * maps).relu().sum(dim=0)
    ),
    "You add up the gradients of a channel. Take their mean over the places.": (
        lambda maps, gradients: (gradients.sum(dim=(1, 2), keepdim=True) * maps).sum(dim=0).relu()
    ),
    "You average over the channels. Add them up: the formula has a sum.": (
        lambda maps, gradients: (gradients.mean(dim=(1, 2), keepdim=True) * maps).mean(dim=0).relu()
    ),
    "What is below 0 is still there. It speaks against the class: the relu comes at the end.": (
        lambda maps, gradients: (gradients.mean(dim=(1, 2), keepdim=True) * maps).sum(dim=0)
    ),
    "You cut channels, or weights, off at 0 before you add. Only the sum is cut.": (
        lambda maps, gradients: (gradients.mean(dim=(1, 2), keepdim=True) * maps).relu().sum(dim=0)
    ),
    "You cut the gradients off at 0. They keep their sign; only the sum is cut.": (
        lambda maps, gradients: (gradients.relu().mean(dim=(1, 2), keepdim=True) * maps).sum(dim=0).relu()
    ),
    "You cut the weights off at 0. A channel may speak against the class; only the sum is cut.": (
        lambda maps, gradients: (gradients.mean(dim=(1, 2), keepdim=True).relu() * maps).sum(dim=0).relu()
    ),
    "You average the maps over places and multiply by the gradients. It is the other way round.": (
        lambda maps, gradients: (maps.mean(dim=(1, 2), keepdim=True) * gradients).sum(dim=0).relu()
    ),
    "You take one mean of all gradients. Each channel has its own: the mean over its places.": (
        lambda maps, gradients: (gradients.mean() * maps).sum(dim=0).relu()
    ),
    "Your map is scaled so that its largest number is 1. Return it as it is.": (
        lambda maps, gradients: cam_of(maps, gradients) / cam_of(maps, gradients).max().clamp(min=1e-12)
    ),
}

EXERCISE = Exercise(
    solution=cam_of,
    cases=map_cases,
    slips=CAM_SLIPS,
    returns="one map (h, w), nowhere below 0",
    why="One weight for each channel, the mean of its gradient over the places; then the weighted sum of the maps, and "
    "what is below 0 cut off at the end.",
    notice="A channel whose gradient is up here and as far down there has weight 0, and vanishes from the map.",
    hints=(
        "A channel's weight is one number. Over which two dimensions of `gradients` do you average?",
        "Give the C weights the shape (C, 1, 1), multiply by the maps, and add up over the channels.",
        "The relu comes last, after the sum over channels.",
    ),
)
