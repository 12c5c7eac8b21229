"""Page 05: floors, rivals, corruptions, and an encoder of your own."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn
from helpers.exercises.own_encoder import MOST_LATENTS, judge_my_encoder
from helpers.exercises.squares import judge_hide_square


def lowest_error(target, low, high):
    """The smallest mean squared error that any output between low and high can have."""
    return F.mse_loss(target.clamp(low, high), target).item()


def target_cases() -> list[tuple]:
    """Targets of few numbers, some within the limits, some beyond one limit or both."""
    shapes, limits = ((2,), (3,), (1,), (2, 2), (1, 1, 2, 3)), ((0.0, 1.0), (-1.0, 1.0), (0.5, 2.0), (-2.0, -0.5))

    def make(generator: torch.Generator, i: int) -> tuple:
        return ((2 * torch.randn(shapes[i % 5], generator=generator)).round(decimals=1), *limits[i % 4])

    return [*drawn(make), (torch.tensor([0.2, 0.7]), 0.0, 1.0), (torch.tensor([-3.0, 2.5]), -1.0, 2.0)]


def _miss(target: Tensor, low: float, high: float) -> Tensor:
    """By how much the best output misses each number."""
    return target - target.clip(low, high)


LOWEST_SLIPS = {
    "That is 0 for every target, as if each could be reached. Is the clamped target compared with itself?": (
        lambda target, low, high: 0.0
    ),
    "These are the squared distances of the single numbers; wanted is their mean.": lambda t, low, high: _miss(
        t, low, high
    ).square(),
    "You divided by the length of the first axis. The mean is over all numbers, `target.numel()` of them.": (
        lambda t, low, high: _miss(t, low, high).square().sum() / len(t)
    ),
    "You took one mean of those below and one of those above, each over its own. Divide both sums by all numbers.": (
        lambda t, low, high: (t[t < low] - low).square().mean() + (t[t > high] - high).square().mean()
    ),
    "That is the sum over the numbers; wanted is their mean.": lambda t, low, high: _miss(t, low, high).square().sum(),
    "That is the mean distance. Each distance must be squared before the mean.": lambda t, low, high: (
        _miss(t, low, high).abs().mean()
    ),
    "That is the root of the mean squared error. Leave the root out.": lambda t, low, high: (
        _miss(t, low, high).square().mean().sqrt()
    ),
    "The distances are not squared, so those below and those above cancel. Square each before the mean.": (
        lambda t, low, high: _miss(t, low, high).mean()
    ),
    "The distances are not squared, so those above and those below cancel. Square each before the mean.": (
        lambda t, low, high: -_miss(t, low, high).mean()
    ),
    "That is the square of the mean distance. Square each distance first, then take the mean.": lambda t, low, high: (
        _miss(t, low, high).mean().square()
    ),
    "Your limits are 0 and 1, whatever is asked. Use `low` and `high`.": lambda t, low, high: (
        _miss(t, 0, 1).square().mean()
    ),
    "Only what lies below `low` counts in yours. The output may not go above `high` either.": lambda t, low, high: (
        (t - t.clip(min=low)).square().mean()
    ),
    "Only what lies above `high` counts in yours. The output may not go below `low` either.": lambda t, low, high: (
        (t - t.clip(max=high)).square().mean()
    ),
    "That is the error of answering `low` everywhere. Are the two limits swapped? The lower one comes first.": (
        lambda t, low, high: (t - low).square().mean()
    ),
    "That is the error of answering `high` everywhere. Are the two limits swapped, or `min` and `max`?": (
        lambda t, low, high: (t - high).square().mean()
    ),
    "That is the error of answering 0 everywhere. The output may be another number for each number of the target.": (
        lambda t, low, high: t.square().mean()
    ),
    "That is the error of answering the middle of the limits everywhere. Which output is nearest to each number?": (
        lambda t, low, high: (t - (low + high) / 2).square().mean()
    ),
    "That is the error of answering the mean of the target. The output may be another number for each of them.": (
        lambda t, low, high: (t - t.mean()).square().mean()
    ),
    "Your mean leaves out the numbers that can be reached. They count too, with an error of 0.": lambda t, low, high: (
        _miss(t, low, high)[_miss(t, low, high) != 0].square().mean()
    ),
    "Where the target is below `low`, you squared the target itself. On the page `low` was 0; here it must come off.": (
        lambda t, low, high: torch.cat([t[t < low], t[t > high] - high]).square().sum() / t.numel()
    ),
    "The numbers 0 and 1 of the page are still there: `low` comes off where the target is below it, `high` where it is "
    "above.": lambda t, low, high: torch.cat([t[t < low], t[t > high] - 1]).square().sum() / t.numel(),
    "Where the target is out of reach you answer 0. The nearest limit is closer.": lambda t, low, high: (
        t[_miss(t, low, high) != 0].square().sum() / t.numel()
    ),
    "Where the target is at a limit or out of reach you answer 0. The nearest limit is closer.": lambda t, low, high: (
        t[(t <= low) | (t >= high)].square().sum() / t.numel()
    ),
    "The limits are the wrong way round: below `low` you answer `high`, and above `high` you answer `low`.": (
        lambda t, low, high: (t - t.clip(low, high).where(t >= low, high).where(t <= high, low)).square().mean()
    ),
    "You chose the better of two outputs, `low` everywhere or `high` everywhere. Choose for each number on its own.": (
        lambda t, low, high: min((t - low).square().mean(), (t - high).square().mean())
    ),
    "You stretched the target to fit between the limits. The best output is the target itself, wherever that can be "
    "reached.": lambda t, low, high: (t - low - (high - low) * (t - t.min()) / (t.max() - t.min())).square().mean(),
    "You measured the distance to the nearest limit everywhere. A number between the limits is hit exactly.": (
        lambda t, low, high: torch.minimum((t - low).square(), (t - high).square()).mean()
    ),
    "The best output is not a sigmoid of the target: it is the target itself, wherever that can be reached.": (
        lambda t, low, high: (t - low - (high - low) * t.sigmoid()).square().mean()
    ),
    "These are the best outputs; wanted is how far they miss the target, as one number.": lambda t, low, high: t.clip(
        low, high
    ),
    "That is the share of numbers that are out of reach. Wanted is by how much they are missed, squared.": (
        lambda t, low, high: (_miss(t, low, high) != 0).double().mean()
    ),
    "That is the mean square of the best outputs. Wanted is that of their distance from the target.": (
        lambda t, low, high: t.clip(low, high).square().mean()
    ),
    "Out of reach you squared the target itself. What is squared is its distance from the nearest limit.": (
        lambda t, low, high: t[_miss(t, low, high) != 0].square().mean()
    ),
    "You looked only at what can be reached. The error comes from the rest.": lambda t, low, high: (
        0 * t[_miss(t, low, high) == 0].mean()
    ),
    "You took the mean of the target first. Find the distance of each number first, then take the mean.": (
        lambda t, low, high: _miss(t.mean(), low, high).square()
    ),
    "You answer one number for the whole target. The output may be another number for each of them.": (
        lambda t, low, high: (t - t.mean().clip(low, high)).square().mean()
    ),
    "Everything that is not below `low` is measured from `high`. What lies between the two is hit exactly.": (
        lambda t, low, high: torch.where(t < low, t - low, t - high).square().mean()
    ),
    "Everything that is not above `high` is measured from `low`. What lies between the two is hit exactly.": (
        lambda t, low, high: torch.where(t > high, t - high, t - low).square().mean()
    ),
    "Only the distances below `low` are squared. Square those above `high`, too.": lambda t, low, high: (
        (t - t.clip(min=low)).square().mean() + (t - t.clip(max=high)).mean()
    ),
    "Only the distances above `high` are squared. Square those below `low`, too.": lambda t, low, high: (
        (t.clip(min=low) - t).mean() + (t - t.clip(max=high)).square().mean()
    ),
    "That is the largest squared distance; wanted is their mean.": lambda t, low, high: (
        _miss(t, low, high).square().max()
    ),
}


def rival_error(train_images, val_images):
    """The mean squared error on val_images of answering the mean of train_images, always."""
    mean_image = train_images.mean(dim=0)
    return (val_images - mean_image).square().mean().item()


def rival_cases() -> list[tuple]:
    """One image and several, one channel and two, higher than wide and the reverse."""
    sizes = ((1, 1, 2), (1, 2, 1), (2, 1, 2), (1, 2, 3), (2, 3, 1))

    def make(generator: torch.Generator, i: int) -> tuple:
        counts = (2, 1, 3, 4)[i % 4], (1, 2, 3)[i % 3]
        return tuple(torch.rand(n, *sizes[i % 5], generator=generator).round(decimals=1) for n in counts)

    return drawn(make)


RIVAL_SLIPS = {
    "Your rival is the mean of the validation images: it has seen the answers. It may learn from the training images.": (
        lambda train, val: (val - val.mean(dim=0)).square().mean()
    ),
    "Your rival is the mean of both sets: it has seen the answers. It may learn from the training images only.": (
        lambda train, val: (val - torch.cat([train, val]).mean(dim=0)).square().mean()
    ),
    "Your rival is one grey for all pixels. Take the mean over the images only, pixel by pixel.": lambda train, val: (
        (val - train.mean()).square().mean()
    ),
    "Your rival is one grey in each channel. Take the mean over the images only, pixel by pixel.": lambda train, val: (
        (val - train.mean((0, 2, 3), True)).square().mean()
    ),
    "Each validation image got a grey of its own. Take the mean over the training images, pixel by pixel.": (
        lambda train, val: (val - val.mean((1, 2, 3), True)).square().mean()
    ),
    "That is the error on the training images. The rival must answer the validation images.": lambda train, val: (
        (train - train.mean(dim=0)).square().mean()
    ),
    "The two sets have changed places: your rival learns from the validation images and answers the training images.": (
        lambda train, val: (train - val.mean(dim=0)).square().mean()
    ),
    "There is no mean image in yours: the images are compared one by one. First take the mean of the training images.": (
        lambda train, val: (val - train).square().mean()
    ),
    "You compared the first two images. Take the mean of all training images, and measure it on all validation images.": (
        lambda train, val: (val[0] - train[0]).square().mean()
    ),
    "Each training image was averaged over its channels. The images are counted along the first axis, `dim=0`.": (
        lambda train, val: (val - train.mean(dim=1, keepdim=True)).square().mean()
    ),
    "Each training image was averaged along its rows. The images are counted along the first axis, `dim=0`.": (
        lambda train, val: (val - train.mean(dim=-1, keepdim=True)).square().mean()
    ),
    "Each training image was averaged along its columns. The images are counted along the first axis, `dim=0`.": (
        lambda train, val: (val - train.mean(dim=-2, keepdim=True)).square().mean()
    ),
    "You divided by the number of training images minus 1 to get the mean image.": lambda train, val: (
        (val - train.sum(dim=0) / (len(train) - 1)).square().mean()
    ),
    "You divided by the number of training images. The mean is over the validation images.": lambda train, val: (
        (val - train.mean(dim=0)).square().mean() * len(val) / len(train)
    ),
    "The first validation image is left out: positions begin at 0.": lambda train, val: (
        (val - train.mean(dim=0))[1:].square().sum() / val.numel()
    ),
    "Each channel of each validation image got a grey of its own. Take the mean over the training images.": (
        lambda train, val: (val - val.mean((2, 3), True)).square().mean()
    ),
    "You averaged over the channels. The images are counted along the first axis of (N, C, H, W).": lambda train, val: (
        (val - train.mean(dim=1)).square().mean()
    ),
    "Your rival is the sum of the training images; wanted is their mean.": lambda train, val: (
        (val - train.sum(dim=0)).square().mean()
    ),
    "Your rival is the median of the training images; wanted is their mean.": lambda train, val: (
        (val - train.median(dim=0).values).square().mean()
    ),
    "Your rival is the last training image. It should be the mean of all of them.": lambda train, val: (
        (val - train[-1]).square().mean()
    ),
    "Only the last validation image is measured. Does each round of your loop replace the one before?": lambda train, val: (
        (val[-1] - train.mean(dim=0)).square().mean()
    ),
    "That is the largest error of a single image; wanted is the mean over all.": lambda train, val: (
        (val - train.mean(dim=0)).square().mean(dim=(1, 2, 3)).max()
    ),
    "That is the smallest error of a single image; wanted is the mean over all.": lambda train, val: (
        (val - train.mean(dim=0)).square().mean(dim=(1, 2, 3)).min()
    ),
    "These are errors pixel by pixel, averaged over the images only. Take the mean over the pixels, too.": (
        lambda train, val: (val - train.mean(dim=0)).square().mean(dim=0)
    ),
    "These are errors of the single images and channels. Take the mean over all of them.": lambda train, val: (
        (val - train.mean(dim=0)).square().mean(dim=(2, 3))
    ),
    "You divided by the pixels of one channel. The mean runs over images, channels and pixels, all of them.": (
        lambda train, val: (val - train.mean(dim=0)).square().sum() / val[0, 0].numel()
    ),
    "You squared first and subtracted then. Subtract the mean image from each image, and square the difference.": (
        lambda train, val: val.square().mean() - train.mean(dim=0).square().mean()
    ),
    "Your rival is the first training image. It should be the mean of all of them.": lambda train, val: (
        (val - train[0]).square().mean()
    ),
    "You compared every training image with every validation image. First make one mean image, then compare.": (
        lambda train, val: (val[:, None] - train).square().mean()
    ),
    "You compared two mean images. The rival is measured on each validation image.": lambda train, val: (
        (val.mean(dim=0) - train.mean(dim=0)).square().mean()
    ),
    "That is the error of an all-black answer. The rival answers the mean image: subtract it first.": lambda train, val: (
        val.square().mean()
    ),
    "That is a sum; wanted is the mean over all images and pixels.": lambda train, val: (
        (val - train.mean(dim=0)).square().sum()
    ),
    "You added up over the pixels of an image. The mean runs over images and pixels.": lambda train, val: (
        (val - train.mean(dim=0)).square().sum(dim=(1, 2, 3)).mean()
    ),
    "That is the root of the mean squared error. Leave the root out.": lambda train, val: (
        (val - train.mean(dim=0)).square().mean().sqrt()
    ),
    "That is the mean distance; each must be squared before the mean.": lambda train, val: (
        (val - train.mean(dim=0)).abs().mean()
    ),
    "The differences are not squared, so those above and those below cancel.": lambda train, val: (
        val - train.mean(dim=0)
    ).mean(),
    "The differences are not squared, so those below and those above cancel.": lambda train, val: (
        train.mean(dim=0) - val
    ).mean(),
    "That is the square of the mean difference. Square each difference first, then take the mean.": lambda train, val: (
        (val - train.mean(dim=0)).mean().square()
    ),
    "Only the first channel is measured. Take all of them.": lambda train, val: (
        (val - train.mean(dim=0))[:, 0].square().mean()
    ),
    "Only the first validation image is measured. Take the mean over all of them.": lambda train, val: (
        (val[0] - train.mean(dim=0)).square().mean()
    ),
    "That is the mean image itself; wanted is its error on the validation images, one number.": lambda train, val: (
        train.mean(dim=0)
    ),
    "That is the mean image itself. Wanted is its error on the validation images, one number.": lambda train, val: (
        train.mean(dim=0, keepdim=True)
    ),
    "These are the errors of the single images; wanted is their mean.": lambda train, val: (
        (val - train.mean(dim=0)).square().mean(dim=(1, 2, 3))
    ),
    "These are the squared differences of all pixels; wanted is their mean, one number.": lambda train, val: (
        val - train.mean(dim=0)
    ).square(),
    "That is a cross-entropy. The *squared* error is asked for.": lambda train, val: F.binary_cross_entropy(
        train.mean(dim=0).expand_as(val), val
    ),
}


def hide_square(images, size):
    """A copy of the images in which a random square, size x size, is black in each."""
    hidden = images.clone()
    height, width = hidden.shape[2:]
    for image in hidden:
        top, left = torch.randint(height - size + 1, ()), torch.randint(width - size + 1, ())
        image[:, top : top + size, left : left + size] = 0
    return hidden


def my_encoder():
    """An encoder for images (N, 1, 32, 32), small and with a short latent vector."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, stride=2, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(16 * 8 * 8, 32),
    )


EXERCISES = {
    "5.1": Exercise(
        solution=lowest_error,
        cases=target_cases,
        slips=LOWEST_SLIPS,
        returns="one number, the smallest mean squared error",
        why="The best reachable answer is the target moved to the nearest limit. What is left is the floor.",
        notice="You can now tell before any training what no training can reach.",
        hints=(
            "If the target is 3 and the output ends at 1, which output comes nearest? And if the target is 0.5?",
            "What lies within the limits is hit exactly. What lies outside is missed by its distance to the nearest limit.",
            "`target.clamp(low, high)` moves every number that is outside to the nearest limit. How far is that from "
            "`target`, as a mean squared error?",
        ),
    ),
    "5.2": Exercise(
        solution=rival_error,
        cases=rival_cases,
        slips=RIVAL_SLIPS,
        returns="one number, the mean squared error on all validation images and pixels",
        why="The rival may learn from the training images only, as every model may; it is judged on the others.",
        notice="Compute this number first, whenever a loss looks small.",
        hints=(
            "Two steps: the mean image of which images? Its error on which images?",
            "The mean image has a height and a width of its own: average over the axis that counts the images, the first "
            "of (N, C, H, W).",
            "`mean(dim=0)` averages over the images. Subtracting one image from many works at once. Then square, and take "
            "the mean over everything.",
        ),
    ),
    "5.3": Exercise(
        judge=judge_hide_square,
        solution=hide_square,
        why="The copy keeps the target clean. Of `height` rows a square of `size` can begin in `height - size + 1`.",
        notice=(
            "Try it as a task: in a copy of `pretrain_warped` put `lambda images: hide_square(images, 12)` for `warp`, "
            "and ask `worth` of its encoder."
        ),
        hints=(
            "Make a copy first, and change only the copy. A loop over its images is good enough.",
            "In 6 pixels a square of 3 can begin at 0, 1, 2 or 3. In how many places can it begin in `height` pixels? "
            "`torch.randint(n, ())` draws from 0 to n - 1.",
            "For each image draw `top` and `left`, then set the rows from `top` and the columns from `left` to 0: "
            "`image[:, top : top + size, left : left + size] = 0`.",
        ),
    ),
    "5.4": Exercise(
        judge=judge_my_encoder,
        solution=my_encoder,
        why="Convolutions are cheap, so most of the budget goes to the last layer, which does the squeezing.",
        notice=f"At most {MOST_LATENTS} numbers for each image, and the decoder draws nearer to it than the mean image is.",
        seconds=10.0,
        hints=(
            "`nn.Sequential(...)` is enough: layers that halve the image, `nn.Flatten()`, and a last `nn.Linear`.",
            "A convolution of stride 2 halves 32 to 16, then 8. With C channels, C * 8 * 8 numbers are left.",
            "`nn.Linear(a, b)` has a * b + b weights. With C = 16 it is 16 * 8 * 8 = 1,024 to 32: within the budget.",
        ),
    ),
}
