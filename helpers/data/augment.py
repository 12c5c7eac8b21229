"""Change images at random so that they stay what they are: another hand, another pen."""

from __future__ import annotations

import math
from functools import cache

import torch
import torch.nn.functional as F
from torch import Generator, Tensor


def warp(
    images: Tensor,
    *,
    rotation: float = 15.0,
    scale: float = 0.15,
    shear: float = 0.2,
    shift: float = 0.1,
    elastic: float = 0.08,
    generator: Generator | None = None,
) -> Tensor:
    """Turn, stretch, slant, move and bend each image at random: the same digit, another hand.

    Args:
        images: (N, C, H, W).
        rotation: most degrees either way.
        scale: most stretch or shrink of each axis, as the logarithm of the factor.
        shear: most slant, pixels sideways for each pixel down.
        shift: most movement, as a share of half the image's size.
        elastic: standard deviation of a smooth random displacement, in the same unit.
        generator: where the random numbers come from; torch's global one if not given.

    Returns:
        images of the same shape, black where nothing came from.

    Source: Simard, Steinkraus and Platt 2003, "Best practices for convolutional neural networks applied
    to visual document analysis".
    """

    def symmetric(*shape: int) -> Tensor:
        return 2 * torch.rand(*shape, device=images.device, generator=generator) - 1

    count = len(images)
    angle = symmetric(count) * math.radians(rotation)
    stretch_x, stretch_y = torch.exp(symmetric(2, count) * scale)
    theta = torch.stack(
        [
            torch.stack([stretch_x * angle.cos(), symmetric(count) * shear - stretch_x * angle.sin()], dim=1),
            torch.stack([stretch_y * angle.sin(), stretch_y * angle.cos()], dim=1),
        ],
        dim=1,
    )  # (N, 2, 2)
    theta = torch.cat([theta, symmetric(count, 2, 1) * shift], dim=2)  # (N, 2, 3)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)  # (N, H, W, 2)
    if elastic:
        coarse = elastic * torch.randn(count, 2, 5, 5, device=images.device, generator=generator)
        down, across = (_bicubic(5, size).to(images.device) for size in images.shape[2:])
        grid = grid + (down @ coarse @ across.T).permute(0, 2, 3, 1)
    return F.grid_sample(images, grid, align_corners=False)


def change_stroke(images: Tensor, generator: Generator | None = None) -> Tensor:
    """Make a third of the images bolder and a third thinner, chosen at random.

    Shape:
        images (N, C, H, W) -> the same, white on black
    """
    bolder = _brightest_neighbour(images)
    thinner = (images - _brightest_neighbour(-images)) / 2
    chance = torch.rand(len(images), 1, 1, 1, device=images.device, generator=generator)
    return torch.where(chance < 1 / 3, bolder, torch.where(chance < 2 / 3, thinner, images))


def redraw(images: Tensor, generator: Generator | None = None) -> Tensor:
    """The same characters by another hand and another pen: `warp`, then `change_stroke`.

    Shape:
        images (N, C, H, W) -> the same, white on black

    Built on page 01.
    """
    return change_stroke(warp(images, generator=generator), generator)


def crop_and_flip(images: Tensor, size: int, *, least: float = 0.4, generator: Generator | None = None) -> Tensor:
    """A random part of each photo, `least` of its area or more, mirrored half of the time: another look at the same.

    Args:
        size: pixels on each side of the result.
        least: smallest share of the area.
        generator: where the random numbers come from; torch's global one if not given.

    Shape:
        images (N, C, H, W) -> (N, C, size, size)

    Example:
        >>> import torch
        >>> from helpers.data.augment import crop_and_flip
        >>> crop_and_flip(torch.rand(2, 3, 64, 64), 32).shape
        torch.Size([2, 3, 32, 32])

    Source: after Szegedy et al. 2015, "Going deeper with convolutions". Built on page 10.
    """
    count = len(images)
    side = (least + (1 - least) * torch.rand(count, generator=generator)).sqrt()
    corner = (2 * torch.rand(2, count, generator=generator) - 1) * (1 - side)
    mirrored = torch.where(torch.rand(count, generator=generator) < 0.5, -1.0, 1.0)
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0], theta[:, 1, 1], theta[:, :, 2] = side * mirrored, side, corner.T
    grid = F.affine_grid(theta.to(images.device), [count, images.shape[1], size, size], align_corners=False)
    return F.grid_sample(images, grid, align_corners=False)


@cache
def _bicubic(few: int, many: int) -> Tensor:
    """The matrix (many, few) of bicubic interpolation: 20 times as fast as `F.interpolate` on small images."""
    return F.interpolate(torch.eye(few)[None, None], size=(many, few), mode="bicubic", align_corners=True)[0, 0]


def _brightest_neighbour(images: Tensor) -> Tensor:
    """The maximum over each pixel's 3x3 neighbourhood: sideways, then down; `F.max_pool2d` takes ten times as long."""
    height, width = images.shape[-2:]
    padded = F.pad(images, (1, 1, 1, 1), mode="replicate")
    left, middle, right = (padded[..., i : i + width] for i in range(3))
    wide = torch.maximum(torch.maximum(left, middle), right)
    above, middle, below = (wide[..., i : i + height, :] for i in range(3))
    return torch.maximum(torch.maximum(above, middle), below)
