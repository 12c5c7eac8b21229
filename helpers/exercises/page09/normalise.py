"""Exercise 9.3. Bytes (H, W, 3) from 0 to 255 -> (3, H, W), less the mean and divided by the deviation of each channel."""

from __future__ import annotations

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn, same


def normalise(pixels, mean, std):
    """Bytes (H, W, 3) from 0 to 255 -> (3, H, W), less the mean and divided by the deviation of each channel."""
    channels_first = pixels.permute(2, 0, 1) / 255
    return (channels_first - mean.view(3, 1, 1)) / std.view(3, 1, 1)


def pixel_cases() -> list[tuple]:
    """Height and width that differ, and both equal to 3, where a wrong broadcast raises no error."""

    def make(generator: torch.Generator, i: int) -> tuple:
        height, width = ((1, 2), (2, 1), (3, 3), (2, 3), (1, 1), (3, 2))[i % 6]
        pixels = torch.randint(256, (height, width, 3), generator=generator, dtype=torch.uint8)
        mean = (0.3 + 0.4 * torch.rand(3, generator=generator)).round(decimals=2)
        std = (0.15 + 0.4 * torch.rand(3, generator=generator)).round(decimals=2)
        return pixels, mean, std

    return drawn(make)


def same_pixels(got: object, right: object) -> bool:
    """One tensor or array; a list or a tuple of channels is none yet."""
    if isinstance(got, list | tuple) or isinstance(right, tuple):
        return isinstance(got, list | tuple) and isinstance(right, tuple) and same(tuple(got), right)
    return same(got, right)


def _column(numbers: Tensor) -> Tensor:
    return numbers.view(3, 1, 1)


def _first(pixels: Tensor) -> Tensor:
    return pixels.permute(2, 0, 1).float()


def _last_axis(pixels: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    """Normalised, with the channels still behind."""
    return (pixels / 255 - mean) / std


def _without_last_channel(pixels: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    result = normalise(pixels, mean, std)
    result[2] = 0
    return result


def _own(pixels: Tensor, mean: Tensor, std: Tensor) -> Tensor:
    own = _first(pixels) / 255
    return (own - own.mean()) / own.std()


ARTICLE = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
PIXEL_SLIPS = {
    "`reshape` and `view` only cut the row of numbers anew, after normalising too: red, green and blue get mixed. `permute` "
    "moves an axis.": lambda pixels, mean, std: _last_axis(pixels, mean, std).reshape(3, *pixels.shape[:2]),
    "The channels stand in the middle, (H, 3, W). The model wants them first: which axis goes to the front?": (
        lambda pixels, mean, std: _last_axis(pixels, mean, std).permute(0, 2, 1)
    ),
    "Height and width have changed places, and the channels are still the last axis. Bring the *third* axis to the front.": (
        lambda pixels, mean, std: _last_axis(pixels, mean, std).transpose(0, 1)
    ),
    "You used the article's numbers of the page, and not the arguments.": lambda pixels, mean, std: normalise(
        pixels, *ARTICLE
    ),
    "You took one mean and one deviation of this whole photo. They are arguments, a number for each channel.": _own,
    "You divided by the largest number of this photo. Divide by 255, whatever the photo is.": lambda pixels, mean, std: (
        (_first(pixels) / pixels.max() - _column(mean)) / _column(std)
    ),
    "Your result is turned back to bytes, or stored in a tensor of bytes. Normalised pixels are fractions, also below 0.": (
        lambda pixels, mean, std: normalise(pixels, mean, std).byte()
    ),
    "Your result is cut off to whole numbers. Normalised pixels are fractions.": lambda pixels, mean, std: normalise(
        pixels, mean, std
    ).trunc(),
    "The result is cut to -1 to 1. Normalised pixels may lie beyond.": lambda pixels, mean, std: normalise(
        pixels, mean, std
    ).clamp(-1, 1),
    "The pixels are divided by 255 twice, or mean and deviation are times 255 as well. Once is enough.": (
        lambda pixels, mean, std: normalise(pixels, 255 * mean, 255 * std)
    ),
    "The division by 255 is missing, or mean and deviation are divided by it as well; they are meant for pixels from 0 to 1. "
    "And the channels are not first.": lambda pixels, mean, std: _last_axis(pixels, mean / 255, std / 255),
    "You brought the pixels to -1 to 1 first. Mean and deviation are meant for pixels from 0 to 1.": (
        lambda pixels, mean, std: (_first(pixels) / 127.5 - 1 - _column(mean)) / _column(std)
    ),
    "You took the mean over all pixels first. Each pixel stays: the *arguments* are subtracted and divided by.": (
        lambda pixels, mean, std: ((_first(pixels) / 255).mean() - mean) / std
    ),
    "Your function returns three results. Only the photo is wanted.": lambda pixels, mean, std: (
        normalise(pixels, mean, std),
        mean,
        std,
    ),
    "Your function returns the channels one by one, in a list or a tuple. A model takes one tensor of shape (3, H, W): "
    "`torch.stack` makes one of them.": lambda pixels, mean, std: tuple(normalise(pixels, mean, std)),
    "The numbers stand in one row. Keep the axes: (3, H, W).": lambda pixels, mean, std: _last_axis(
        pixels, mean, std
    ).flatten(),
    "The pixels are rounded to 0 and 1 after the division. Leave the fractions.": lambda pixels, mean, std: (
        ((_first(pixels) / 255).round() - _column(mean)) / _column(std)
    ),
    "The channels are averaged to one grey. Each of the three stays.": lambda pixels, mean, std: normalise(
        pixels, mean, std
    ).mean(0),
    "The channels are averaged to one grey, and the axis is kept. Each of the three stays.": lambda pixels, mean, std: (
        normalise(pixels, mean, std).mean(0, keepdim=True)
    ),
    "The third channel is left at 0. Does your `range` end too early?": _without_last_channel,
    "The photo stands on its head.": lambda pixels, mean, std: normalise(pixels, mean, std).flip(1),
    "The result went through a sigmoid. Leave it out.": lambda pixels, mean, std: normalise(
        pixels, mean, std
    ).sigmoid(),
    "The division by 255 is missing, or mean and deviation are divided by it as well: they are meant for pixels from 0 to "
    "1, as they are.": lambda pixels, mean, std: (_first(pixels) - _column(mean)) / _column(std),
    "You divided by 256. The largest byte is 255, and it becomes 1.": lambda pixels, mean, std: (
        (_first(pixels) / 256 - _column(mean)) / _column(std)
    ),
    "The axes are still (H, W, 3). The model wants the channels first.": lambda pixels, mean, std: (
        (pixels / 255 - mean) / std
    ),
    "The mean came off before the division by 255. It is meant for pixels from 0 to 1: divide first.": (
        lambda pixels, mean, std: (_first(pixels) - _column(mean)) / _column(std) / 255
    ),
    "Only 0 or 1 is left of each byte, as by `//`. Keep the fractions of `/`.": lambda pixels, mean, std: (
        (_first(pixels) // 255 - _column(mean)) / _column(std)
    ),
    "The axes stand in another order than (3, H, W). Which axis is first in yours?": lambda pixels, mean, std: (
        (pixels / 255 - mean) / std
    ).permute(1, 2, 0),
    "Height and width have changed places: `permute(2, 0, 1)` keeps the rows rows.": lambda pixels, mean, std: (
        (_first(pixels) / 255 - _column(mean)) / _column(std)
    ).transpose(1, 2),
    "`view` and `reshape` only cut the row of numbers anew: red, green and blue get mixed. `permute` moves an axis.": (
        lambda pixels, mean, std: (pixels.reshape(3, *pixels.shape[:2]) / 255 - _column(mean)) / _column(std)
    ),
    "The channels have changed places: blue is first in yours.": lambda pixels, mean, std: (
        (_first(pixels) / 255 - _column(mean)) / _column(std)
    ).flip(0),
    "The channels of the photo have changed places before the mean was subtracted.": lambda pixels, mean, std: (
        (_first(pixels).flip(0) / 255 - _column(mean)) / _column(std)
    ),
    "Mean and deviation have changed places.": lambda pixels, mean, std: (
        (_first(pixels) / 255 - _column(std)) / _column(mean)
    ),
    "The deviation is missing: divide by it.": lambda pixels, mean, std: _first(pixels) / 255 - _column(mean),
    "The mean is missing: subtract it first.": lambda pixels, mean, std: _first(pixels) / 255 / _column(std),
    "Mean and deviation are missing: so far, the pixels are only divided by 255.": lambda pixels, mean, std: (
        _first(pixels) / 255
    ),
    "You multiplied by the deviation. Divide by it.": lambda pixels, mean, std: (
        (_first(pixels) / 255 - _column(mean)) * _column(std)
    ),
    "Only the mean is divided by the deviation: brackets go around the difference.": lambda pixels, mean, std: (
        _first(pixels) / 255 - _column(mean) / _column(std)
    ),
    "The mean is added. Subtract it.": lambda pixels, mean, std: (_first(pixels) / 255 + _column(mean)) / _column(std),
    "You divided by the square of the deviation.": lambda pixels, mean, std: (
        (_first(pixels) / 255 - _column(mean)) / _column(std).square()
    ),
    "You bring all to -1 to 1, and do not use the arguments.": lambda pixels, mean, std: (
        (_first(pixels) / 255 - 0.5) / 0.5
    ),
    "You took the mean and the deviation of this photo. They are arguments: the model was trained with fixed ones.": (
        lambda pixels, mean, std: (
            (_first(pixels) / 255 - (_first(pixels) / 255).mean((1, 2), keepdim=True))
            / (_first(pixels) / 255).std((1, 2), keepdim=True)
        )
    ),
    "All channels got the mean and the deviation of the first one. Each has its own.": lambda pixels, mean, std: (
        (_first(pixels) / 255 - mean[0]) / std[0]
    ),
    "The numbers of the channels were averaged: each channel has a mean and a deviation of its own.": (
        lambda pixels, mean, std: (_first(pixels) / 255 - mean.mean()) / std.mean()
    ),
    "The mean was subtracted along the width, not along the channels: a mean of shape (3,) stands at the last axis. Give it "
    "the shape (3, 1, 1).": lambda pixels, mean, std: (_first(pixels) / 255 - mean) / std,
    "The result is cut to 0 to 1. Normalised pixels lie below 0, too.": lambda pixels, mean, std: (
        (_first(pixels) / 255 - _column(mean)) / _column(std)
    ).clamp(0, 1),
}


EXERCISE = Exercise(
    solution=normalise,
    cases=pixel_cases,
    slips=PIXEL_SLIPS,
    returns="a tensor of shape (3, H, W)",
    same=same_pixels,
    why="`permute` moves the channels to the front, 255 brings the bytes to 0 to 1, and mean and deviation need the "
    "shape (3, 1, 1) to stand beside the channels.",
    notice="In a photo of 3 x 3 pixels, a mean of shape (3,) would raise no error and go along the width.",
    hints=(
        "Four things happen: the axes move, the bytes become 0 to 1, the mean comes off, the deviation divides.",
        "`permute(2, 0, 1)` brings the third axis to the front. The mean has the shape (3,): beside which axis does it "
        "stand then?",
        "`view(3, 1, 1)` gives mean and deviation an axis for the rows and one for the columns.",
    ),
)
